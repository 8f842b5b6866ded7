/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "rules/host.h"

/* The cards and their IOMMU groups: which can be lent, and what the desktop keeps. */

static void judge_cards_exist(const struct rule *rule, const struct machine *machine,
			      GPtrArray *findings)
{
	struct finding *finding;

	if (machine->cards->len > 0)
		return;
	/* a folder of processors alone says nothing about cards */
	if (!root_exists(machine->root, "sys/bus/pci")) {
		host_add_unknown(rule, findings, "host", "/sys/bus/pci is not there");
		return;
	}
	finding = finding_add(findings, rule, "host");
	finding->evidence =
		g_strdup_printf("%u PCI functions, none of class 03", machine->devices->len);
	finding->message = g_strdup("It has no graphics card to hand over.");
}

/* What it costs to take a blocker away from the host, by its class. */
static const char *blocker_caution(const struct pcidev *dev)
{
	static const struct {
		guint32 class; /* base class and, where it is not 0xff, subclass */
		guint8 sub;
		const char *caution;
	} cautions[] = {
		{ 0x01, 0xff, "its disks must not be in use by the host" },
		{ 0x02, 0xff, "the host loses this network connection" },
		{ 0x03, 0xff, "the host loses this display" },
		{ 0x0c, 0x03, "the host loses what is plugged in there, maybe its keyboard" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cautions); i++) {
		if (PCIDEV_CLASS_BASE(dev->class) == cautions[i].class &&
		    (cautions[i].sub == 0xff ||
		     (PCIDEV_CLASS_SUB(dev->class) & 0xff) == cautions[i].sub))
			return cautions[i].caution;
	}
	return "the host loses this device";
}

static char *unbind_command(const struct pcidev *dev)
{
	return g_strdup_printf("echo %s | sudo tee /sys/bus/pci/drivers/%s/unbind", dev->address,
			       dev->driver);
}

/* Mounted disks are nothing to experiment with: for them, no command is offered. */
char *host_way_out(const struct card *card)
{
	g_autoptr(GString) fix = g_string_new(
		"Put the card in another slot, best one that the "
		"processor itself feeds; or try a newer kernel.");

	for (guint i = 0; i < card->blockers->len; i++) {
		const struct card_blocker *blocker = g_ptr_array_index(card->blockers, i);
		const struct pcidev *dev = blocker->dev;
		g_autofree char *command = NULL;

		if (PCIDEV_CLASS_BASE(dev->class) == 0x01) {
			g_string_append_printf(fix,
					       "\nOr move what hangs on %s (%s) to another "
					       "controller.",
					       dev->address, dev->driver);
			continue;
		}
		command = unbind_command(dev);
		g_string_append_printf(fix,
				       "\nOr, until the next boot, leave %s without driver "
				       "(%s):\n%s",
				       dev->address, blocker_caution(dev), command);
	}
	g_string_append(fix,
			"\nA kernel with the patch for pcie_acs_override= would split the group, "
			"but only in name: a guest could still reach the memory of what is "
			"beside the card (FW-09).");
	return g_string_free(g_steal_pointer(&fix), FALSE);
}

static char *blockers_evidence(const struct card *card)
{
	g_autoptr(GString) evidence = g_string_new(NULL);

	for (guint i = 0; i < card->blockers->len; i++) {
		const struct pcidev *dev =
			((const struct card_blocker *)card->blockers->pdata[i])->dev;

		g_string_append_printf(
			evidence, "%s%s %s is in the card's IOMMU group %s and driven by %s",
			i == 0 ? "" : "; ", dev->address, dev->name, dev->group, dev->driver);
	}
	return g_string_free(g_steal_pointer(&evidence), FALSE);
}

static void add_blocked(const struct rule *rule, const struct machine *machine,
			const struct card *card, GPtrArray *findings)
{
	struct finding *finding = finding_add(findings, rule, card_display(card)->address);

	/* Where another card can go, this machine works; it is this card alone that does not. */
	if (host_has_other_spare(machine, card))
		finding->severity = SEVERITY_RISKY;
	finding->evidence = blockers_evidence(card);
	finding->message = g_strdup_printf(
		"%s cannot be lent while the host's drivers use other "
		"devices of its group.",
		card_display(card)->name);
	finding->fix = host_way_out(card);
}

static void add_not_known(const struct rule *rule, const struct card *card, GPtrArray *findings)
{
	struct finding *finding = finding_add_unknown(findings, rule, card_display(card)->address);
	g_autoptr(GString) evidence = g_string_new("not readable: the driver of");

	for (guint i = 0; i < card->companions->len; i++) {
		const struct pcidev *dev = g_ptr_array_index(card->companions, i);

		if (dev->driver_known != KNOWN_YES)
			g_string_append_printf(evidence, " %s", dev->address);
	}
	finding->evidence = g_string_free(g_steal_pointer(&evidence), FALSE);
	finding->message = g_strdup_printf("Whether the kernel would lend %s is not known.",
					   card_display(card)->name);
}

/* An IOMMU that is off altogether is the matter of other rules. */
static void add_without_group(const struct rule *rule, const struct machine *machine,
			      const struct card *card, GPtrArray *findings)
{
	struct finding *finding;

	if (!host_iommu_works(machine))
		return;
	finding = finding_add(findings, rule, card_display(card)->address);
	if (host_has_other_spare(machine, card))
		finding->severity = SEVERITY_STYLE;
	finding->evidence = g_strdup_printf("/sys/bus/pci/devices/%s has no iommu_group",
					    card_display(card)->address);
	finding->message = g_strdup_printf("%s is behind no IOMMU, so it cannot be lent.",
					   card_display(card)->name);
	/* Kernels such as Debian's leave the processor's own graphics out unless told (FW-04). */
	if (machine->firmware.dmar == KNOWN_YES && card_display(card)->vendor == 0x8086)
		finding->fix = advice_add_argument(machine, "intel_iommu=on");
	else
		finding->fix = g_strdup("Put the card in another slot, or update the BIOS.");
}

static void add_bridge(const struct rule *rule, const struct machine *machine,
		       const struct card *card, GPtrArray *findings)
{
	const struct pcidev *bridge = host_forbidden_bridge(machine, card);
	struct finding *finding;

	if (bridge == NULL)
		return;
	finding = finding_add(findings, rule, bridge->address);
	if (host_has_other_spare(machine, card))
		finding->severity = SEVERITY_RISKY;
	finding->evidence = g_strdup_printf("bridge %s in group %s is bound to %s", bridge->address,
					    bridge->group, bridge->driver);
	finding->message = g_strdup_printf(
		"That driver makes the kernel refuse the whole group of "
		"%s; pcieport, or none, would not.",
		card_display(card)->name);
	finding->fix = unbind_command(bridge);
}

static void judge_viability(const struct rule *rule, const struct machine *machine,
			    GPtrArray *findings)
{
	for (guint i = 0; i < machine->cards->len; i++) {
		const struct card *card = g_ptr_array_index(machine->cards, i);

		switch (card->verdict) {
		case CARD_READY:
			break;
		case CARD_BLOCKED:
			add_blocked(rule, machine, card, findings);
			break;
		case CARD_UNKNOWN:
			add_not_known(rule, card, findings);
			break;
		case CARD_NO_GROUP:
			add_without_group(rule, machine, card, findings);
			break;
		}
		add_bridge(rule, machine, card, findings);
	}
}

static void judge_only_display(const struct rule *rule, const struct machine *machine,
			       GPtrArray *findings)
{
	const struct card *card;
	struct finding *finding;

	/* The usual desktop, where another card is there to be lent, is no news. */
	if (!host_all_cards_sole(machine))
		return;
	card = g_ptr_array_index(machine->cards, 0);
	finding = finding_add(findings, rule, card_display(card)->address);
	host_card_sole(machine, card, &finding->evidence);
	finding->message = g_strdup_printf(
		"Without %s the desktop has no display. It is lent only "
		"on your word.",
		card_display(card)->name);
	finding->fix = g_strdup(
		"Add a second graphics card, or turn on the processor's own in the "
		"firmware setup. To lend this one all the same:\n"
		"sudo hotseat up GUEST --take-last-display");
}

static char *take_over_command(const struct pcidev *dev)
{
	return g_strdup_printf(
		"echo vfio-pci | sudo tee /sys/bus/pci/devices/%s/driver_override\n"
		"echo %s | sudo tee /sys/bus/pci/devices/%s/driver/unbind\n"
		"echo %s | sudo tee /sys/bus/pci/drivers_probe",
		dev->address, dev->address, dev->address, dev->address);
}

/* One function is on vfio-pci, and the host still drives another. */
static void judge_half_card(const struct rule *rule, const struct machine *machine,
			    GPtrArray *findings)
{
	for (guint i = 0; i < machine->cards->len; i++) {
		const struct card *card = g_ptr_array_index(machine->cards, i);
		const struct pcidev *left = NULL;
		gboolean taken = FALSE;

		for (guint j = 0; j < card->functions->len; j++) {
			const struct pcidev *dev = g_ptr_array_index(card->functions, j);

			if (host_on_vfio(dev))
				taken = TRUE;
			else if (pcidev_driver_allowed(dev, machine->kernel->dma_ownership_model) ==
				 KNOWN_NO)
				left = dev;
		}
		if (taken && left != NULL)
			host_say(findings, rule, left->address,
				 g_strdup_printf("%s is on %s, and another function of the card on "
						 "vfio-pci",
						 left->address, left->driver),
				 "A guest needs all functions of the card: without this one the "
				 "kernel refuses the group, or cannot reset the card.",
				 take_over_command(left));
	}
}

/* Only PCI Express has links. Where no device shows one, the folder does not say. */
static gboolean is_conventional(const struct machine *machine, const struct pcidev *dev)
{
	if (root_exists(machine->root, "sys/bus/pci/devices/%s/max_link_width", dev->address))
		return FALSE;
	for (guint i = 0; i < machine->devices->len; i++) {
		const struct pcidev *other = g_ptr_array_index(machine->devices, i);

		if (root_exists(machine->root, "sys/bus/pci/devices/%s/max_link_width",
				other->address))
			return TRUE;
	}
	return FALSE;
}

static void judge_conventional(const struct rule *rule, const struct machine *machine,
			       GPtrArray *findings)
{
	for (guint i = 0; i < machine->cards->len; i++) {
		const struct card *card = g_ptr_array_index(machine->cards, i);
		const struct pcidev *dev = card_display(card);

		/* what sits on the root bus is part of the chipset and has a group of its own */
		if (card->verdict != CARD_BLOCKED || g_str_has_prefix(dev->address, "0000:00:") ||
		    !is_conventional(machine, dev))
			continue;
		host_say(findings, rule, dev->address,
			 g_strdup_printf("%s has no PCI Express link, and shares group %s",
					 dev->address, dev->group),
			 "Behind a bridge to old PCI all devices speak with one voice. No kernel "
			 "and "
			 "no option can tell them apart.",
			 g_strdup("Use a card in a PCI Express slot."));
	}
}

static void judge_boot_card(const struct rule *rule, const struct machine *machine,
			    GPtrArray *findings)
{
	const struct pcidev *boot = NULL;

	for (guint i = 0; i < machine->cards->len; i++) {
		const struct card *card = g_ptr_array_index(machine->cards, i);

		if (!host_card_spare(machine, card))
			continue;
		/* another card can go, and the firmware does not show itself on that one */
		if (card_display(card)->boot_vga != KNOWN_YES)
			return;
		boot = card_display(card);
	}
	if (boot == NULL)
		return;
	host_say(findings, rule, boot->address, g_strdup("its boot_vga is 1"),
		 "The only card that can be lent is the one on which the firmware shows itself. "
		 "Guests may need a file with its ROM then, and the first console is on it.",
		 g_strdup("In the firmware setup choose the other card as primary display, or swap "
			  "the slots."));
}

static const struct rule rules[] = {
	{ "HS-11", SEVERITY_BROKEN, 'V', "there is a graphics card",
	  "It is what Hotseat hands over.", NULL, "Linux Documentation/ABI/testing/sysfs-bus-pci",
	  judge_cards_exist },
	{ "GR-02", SEVERITY_BROKEN, 'V',
	  "nothing else in the card's group has a driver of the host",
	  "The kernel lends a device only if every member of its IOMMU group has no driver, or one "
	  "that leaves DMA alone: vfio-pci and its variants, pci-stub, pcieport. The others need "
	  "not go to the guest; they must only be left without a driver.",
	  "free the card's IOMMU group", "Linux drivers/iommu/iommu.c, drivers/pci/pci-driver.c",
	  judge_viability },
	{ "GR-09", SEVERITY_RISKY, 'V', "the card is on PCI Express",
	  "Devices behind a bridge to conventional PCI share the bridge's own id on the bus.",
	  "use a PCI Express slot", "Linux drivers/pci/pci.c pci_acs_enabled", judge_conventional },
	{ "GR-07", SEVERITY_RISKY, 'V', "a card is taken whole",
	  "Sound, USB and serial functions of a card are in its group, and a bus reset needs them "
	  "all.",
	  "bind the whole card", "Linux drivers/iommu/iommu.c, drivers/i2c/busses/i2c-nvidia-gpu.c",
	  judge_half_card },
	{ "FW-16", SEVERITY_RISKY, 'V', "the firmware shows itself on the desktop's card",
	  "The firmware may change the ROM of the card that it shows itself on, and the console's "
	  "framebuffer lies in its memory.",
	  "choose the other card as primary display",
	  "Linux Documentation/ABI/testing/sysfs-class-drm, ArchWiki PCI passthrough via OVMF",
	  judge_boot_card },
	{ "UB-05", SEVERITY_RISKY, 'V', "the desktop keeps a display",
	  "A desktop whose only card is lent goes dark, and its programs die, until the card is "
	  "back.",
	  "give the desktop another display", "Linux drivers/firmware/sysfb.c",
	  judge_only_display },
};

const struct rule_set host_rules_groups = { rules, G_N_ELEMENTS(rules) };
