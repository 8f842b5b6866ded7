/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "machine/displays.h"
#include "rules/host.h"

/* The cards, their IOMMU groups, and what keeps other drivers on or off. */

gboolean host_card_sole(const struct machine *machine, const struct card *card, char **why)
{
	g_autofree char *reason = NULL;
	enum known only = displays_is_only(machine->root, machine->cards, card, &reason);

	if (why != NULL)
		*why = g_steal_pointer(&reason);
	return only == KNOWN_YES;
}

/* Functions of one card may be in groups of their own; all of them are lent. */
static gboolean has_group(const struct card *card, const char *group)
{
	for (guint i = 0; i < card->functions->len; i++) {
		const struct pcidev *function = g_ptr_array_index(card->functions, i);

		if (group != NULL && g_strcmp0(function->group, group) == 0)
			return TRUE;
	}
	return FALSE;
}

/*
 * The verdict of a card leaves bridges out. The kernel does not: a port under shpchp, which manages
 * no DMA ownership, makes its group as unfit as any other driver.
 */
static const struct pcidev *forbidden_bridge(const struct machine *machine, const struct card *card)
{
	for (guint i = 0; i < machine->devices->len; i++) {
		const struct pcidev *dev = g_ptr_array_index(machine->devices, i);

		if (pcidev_is_bridge(dev) && has_group(card, dev->group) &&
		    pcidev_driver_allowed(dev, machine->kernel->dma_ownership_model) == KNOWN_NO)
			return dev;
	}
	return NULL;
}

gboolean host_card_spare(const struct machine *machine, const struct card *card)
{
	return card->verdict == CARD_READY && forbidden_bridge(machine, card) == NULL &&
	       !host_card_sole(machine, card, NULL);
}

gboolean host_has_other_spare(const struct machine *machine, const struct card *card)
{
	for (guint i = 0; i < machine->cards->len; i++) {
		const struct card *other = g_ptr_array_index(machine->cards, i);

		if (other != card && host_card_spare(machine, other))
			return TRUE;
	}
	return FALSE;
}

void host_judge_cards_exist(const struct rule *rule, const struct machine *machine,
			    GPtrArray *findings)
{
	struct finding *finding;

	if (machine->cards->len > 0)
		return;
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
static char *blockers_fix(const struct card *card)
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
	finding->fix = blockers_fix(card);
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
	const struct pcidev *bridge = forbidden_bridge(machine, card);
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

void host_judge_viability(const struct rule *rule, const struct machine *machine,
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

/* id_list - the ids that vfio-pci was told to take, from the command line and modprobe.d */
static char *id_list(const struct machine *machine)
{
	g_autofree char *given = machine->kernel->command_line == NULL
					 ? NULL
					 : kernel_argument(machine->kernel, "vfio-pci.ids");
	g_autoptr(GString) ids = g_string_new(given);
	g_auto(GStrv) files = root_list(machine->root, NULL, "etc/modprobe.d");

	for (guint i = 0; files != NULL && files[i] != NULL; i++) {
		g_autofree char *text =
			root_read(machine->root, NULL, "etc/modprobe.d/%s", files[i]);
		g_auto(GStrv) lines = g_strsplit(text == NULL ? "" : text, "\n", -1);

		for (guint j = 0; lines[j] != NULL; j++) {
			g_auto(GStrv) words = g_strsplit_set(g_strstrip(lines[j]), " \t", -1);
			gboolean ours = g_strv_length(words) > 2 &&
					g_str_equal(words[0], "options") &&
					(g_str_equal(words[1], "vfio-pci") ||
					 g_str_equal(words[1], "vfio_pci"));

			for (guint k = 2; ours && words[k] != NULL; k++) {
				if (g_str_has_prefix(words[k], "ids="))
					g_string_append_printf(ids, ",%s", words[k] + 4);
			}
		}
	}
	return g_string_free(g_steal_pointer(&ids), FALSE);
}

void host_judge_bridge_ids(const struct rule *rule, const struct machine *machine,
			   GPtrArray *findings)
{
	g_autofree char *ids = id_list(machine);
	g_auto(GStrv) entries = g_strsplit(ids, ",", -1);
	g_autoptr(GHashTable) told = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (guint i = 0; i < machine->devices->len; i++) {
		const struct pcidev *dev = g_ptr_array_index(machine->devices, i);
		g_autofree char *id = g_strdup_printf("%04x:%04x", dev->vendor, dev->device);
		struct finding *finding;

		if (!pcidev_is_bridge(dev) || !g_strv_contains((const char *const *)entries, id) ||
		    !g_hash_table_add(told, g_strdup(id)))
			continue;
		finding = finding_add(findings, rule, dev->address);
		finding->evidence =
			g_strdup_printf("vfio-pci.ids has %s, which is %s", id, dev->name);
		finding->message = g_strdup(
			"vfio-pci takes no bridges, and a bridge need not be "
			"taken: it stays where it is.");
		finding->fix = g_strdup_printf(
			"Find the list, and take %s out:\n"
			"sudo grep -rn 'ids=' /etc/modprobe.d "
			"/etc/default/grub /proc/cmdline",
			id);
	}
}

void host_judge_no_iommu(const struct rule *rule, const struct machine *machine,
			 GPtrArray *findings)
{
	struct finding *finding;

	if (!host_parameter_is_set(machine, "vfio", "enable_unsafe_noiommu_mode"))
		return;
	finding = finding_add(findings, rule, "host");
	finding->evidence = g_strdup("/sys/module/vfio/parameters/enable_unsafe_noiommu_mode is Y");
	finding->message = g_strdup(
		"This mode is for programs such as DPDK. No guest can use it, "
		"and devices may then write anywhere in memory.");
	finding->fix = g_strdup(
		"echo N | sudo tee "
		"/sys/module/vfio/parameters/enable_unsafe_noiommu_mode\n"
		"sudo grep -rn noiommu /etc/modprobe.d /proc/cmdline");
}

/* idle_twin - a card of this vendor that has no driver, where the vendor has several cards */
static const struct pcidev *idle_twin(const struct machine *machine, guint16 vendor)
{
	const struct pcidev *idle = NULL;
	guint cards = 0;

	for (guint i = 0; i < machine->cards->len; i++) {
		const struct pcidev *dev = card_display(g_ptr_array_index(machine->cards, i));

		if (dev->vendor != vendor)
			continue;
		cards++;
		if (dev->driver == NULL && dev->driver_known == KNOWN_YES)
			idle = dev;
	}
	return cards > 1 ? idle : NULL;
}

/* nouveau is not in the list: NVIDIA's own packages rightly keep it away. */
static void judge_blacklist_line(const struct rule *rule, const struct machine *machine,
				 const char *file, const char *line, GPtrArray *findings)
{
	static const struct {
		const char *module;
		guint16 vendor;
	} drivers[] = {
		{ "nvidia", 0x10de }, { "amdgpu", 0x1002 }, { "radeon", 0x1002 },
		{ "i915", 0x8086 },   { "xe", 0x8086 },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(drivers); i++) {
		g_autofree char *wanted = g_strdup_printf("blacklist %s", drivers[i].module);
		g_autofree char *rebuild = NULL;
		const struct pcidev *idle;
		struct finding *finding;

		if (!g_str_equal(line, wanted))
			continue;
		idle = idle_twin(machine, drivers[i].vendor);
		if (idle == NULL)
			return;
		finding = finding_add(findings, rule, idle->address);
		finding->evidence = g_strdup_printf(
			"/etc/modprobe.d/%s has \"%s\", and %s has no "
			"driver",
			file, line, idle->name);
		finding->message = g_strdup(
			"The line keeps the driver from every card of this "
			"maker, the host's own too. It is not needed: a card "
			"is taken by its address.");
		rebuild = advice_for(machine, ADVICE_INITRAMFS);
		finding->fix = g_strdup_printf("sudo sed -i '/^%s$/d' /etc/modprobe.d/%s\n%s", line,
					       file, rebuild);
	}
}

void host_judge_blacklist(const struct rule *rule, const struct machine *machine,
			  GPtrArray *findings)
{
	g_auto(GStrv) files = root_list(machine->root, NULL, "etc/modprobe.d");

	for (guint i = 0; files != NULL && files[i] != NULL; i++) {
		g_autofree char *text =
			root_read(machine->root, NULL, "etc/modprobe.d/%s", files[i]);
		g_auto(GStrv) lines = g_strsplit(text == NULL ? "" : text, "\n", -1);

		for (guint j = 0; lines[j] != NULL; j++)
			judge_blacklist_line(rule, machine, files[i], g_strstrip(lines[j]),
					     findings);
	}
}

/* names_module - does a line that is no comment name this module as a word? */
static gboolean names_module(const char *text, const char *module)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	for (guint i = 0; lines[i] != NULL; i++) {
		g_auto(GStrv) words = g_strsplit_set(lines[i], " \t\"'()=+,", -1);

		if (g_strstrip(lines[i])[0] != '#' &&
		    g_strv_contains((const char *const *)words, module))
			return TRUE;
	}
	return FALSE;
}

static void judge_module_list(const struct rule *rule, const struct machine *machine,
			      const char *file, GPtrArray *findings)
{
	g_autofree char *text = root_read(machine->root, NULL, "%s", file);
	g_autofree char *rebuild = NULL;
	struct finding *finding;

	if (text == NULL || !names_module(text, "vfio_virqfd"))
		return;
	rebuild = advice_for(machine, ADVICE_INITRAMFS);
	finding = finding_add(findings, rule, "vfio_virqfd");
	finding->evidence = g_strdup_printf("/%s names it", file);
	finding->message = g_strdup(
		"There is no such module since Linux 6.2, and an initramfs that "
		"asks for it may fail to build.");
	finding->fix =
		g_strdup_printf("sudo sed -i 's/\\bvfio_virqfd\\b//' /%s\n%s", file, rebuild);
}

void host_judge_virqfd(const struct rule *rule, const struct machine *machine, GPtrArray *findings)
{
	static const char *const files[] = { "etc/mkinitcpio.conf", "etc/initramfs-tools/modules",
					     "etc/modules" };
	static const char *const folders[] = { "etc/mkinitcpio.conf.d", "etc/dracut.conf.d",
					       "etc/modules-load.d" };

	if (machine->kernel->major < 6 ||
	    (machine->kernel->major == 6 && machine->kernel->minor < 2))
		return;
	for (gsize i = 0; i < G_N_ELEMENTS(files); i++)
		judge_module_list(rule, machine, files[i], findings);
	for (gsize i = 0; i < G_N_ELEMENTS(folders); i++) {
		g_auto(GStrv) names = root_list(machine->root, NULL, "%s", folders[i]);

		for (guint j = 0; names != NULL && names[j] != NULL; j++) {
			g_autofree char *file = g_build_filename(folders[i], names[j], NULL);

			judge_module_list(rule, machine, file, findings);
		}
	}
}

gboolean host_all_cards_sole(const struct machine *machine)
{
	for (guint i = 0; i < machine->cards->len; i++) {
		if (!host_card_sole(machine, g_ptr_array_index(machine->cards, i), NULL))
			return FALSE;
	}
	return machine->cards->len > 0;
}

void host_judge_only_display(const struct rule *rule, const struct machine *machine,
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
