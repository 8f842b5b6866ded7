/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>

#include "core/size.h"
#include "rules/host.h"

/* Where a card's memory is seen, how much of it, through how wide a link, and who else claims it.
 */

#define GIB ((guint64)1 << 30)
#define FOUR_GIB (4 * GIB)

/* The window that games profit from: the largest that could be larger. NULL: none could. */
static const struct bar *small_bar(const struct hardware *hardware)
{
	const struct bar *found = NULL;

	for (guint i = 0; i < hardware->bars->len; i++) {
		const struct bar *bar = &g_array_index(hardware->bars, struct bar, i);

		if (bar->prefetchable && bar_largest(bar) > bar->size &&
		    (found == NULL || bar_largest(bar) > bar_largest(found)))
			found = bar;
	}
	return found;
}

/* All below 4 GiB, although there is one that could be 1 GiB or more: no room was left above. */
static gboolean is_squeezed(const struct hardware *hardware)
{
	const struct bar *small = small_bar(hardware);

	for (guint i = 0; i < hardware->bars->len; i++) {
		const struct bar *bar = &g_array_index(hardware->bars, struct bar, i);

		if (bar->prefetchable && bar->start >= FOUR_GIB)
			return FALSE;
	}
	return small != NULL && bar_largest(small) >= GIB;
}

static char *sizes_evidence(const struct hardware *hardware, const struct bar *bar)
{
	g_autofree char *size = size_format(bar->size);
	g_autofree char *largest = size_format(bar_largest(bar));

	return g_strdup_printf("BAR %u of %s is %s at 0x%" G_GINT64_MODIFIER "x and could be %s",
			       bar->number, card_display(hardware->card)->address, size, bar->start,
			       largest);
}

static guint largest_bit(const struct bar *bar)
{
	guint bit = 0;

	while (((guint64)1 << (20 + bit)) < bar_largest(bar))
		bit++;
	return bit;
}

static void judge_resizable(const struct rule *rule, const struct machine *machine,
			    GPtrArray *findings)
{
	for (guint i = 0; i < machine->hardware->len; i++) {
		const struct hardware *hardware = host_wanted(machine, i);
		const struct bar *bar = hardware == NULL ? NULL : small_bar(hardware);

		if (bar == NULL || is_squeezed(hardware))
			continue;
		host_say(
			findings, rule, card_display(hardware->card)->address,
			sizes_evidence(hardware, bar),
			"The guest sees the card's memory through a window of the size that it has "
			"when the guest starts, and cannot change it.",
			g_strdup_printf(
				"In the firmware setup turn on \"Resizable BAR\" (AMD: "
				"\"Smart Access Memory\"). Or, while the card has no driver:\n"
				"echo %u | sudo tee "
				"/sys/bus/pci/devices/%s/resource%u_resize",
				largest_bit(bar), card_display(hardware->card)->address,
				bar->number));
	}
}

static void judge_above_4g(const struct rule *rule, const struct machine *machine,
			   GPtrArray *findings)
{
	for (guint i = 0; i < machine->hardware->len; i++) {
		const struct hardware *hardware = host_wanted(machine, i);

		if (hardware == NULL || !is_squeezed(hardware))
			continue;
		host_say(findings, rule, card_display(hardware->card)->address,
			 sizes_evidence(hardware, small_bar(hardware)),
			 "The firmware keeps the card's memory below 4 GiB, where there is no room "
			 "for a large window.",
			 g_strdup("In the firmware setup turn on \"Above 4G Decoding\", with CSM "
				  "off; then \"Resizable BAR\"."));
	}
}

static void judge_huge_bars(const struct rule *rule, const struct machine *machine,
			    GPtrArray *findings)
{
	for (guint i = 0; i < machine->hardware->len; i++) {
		const struct hardware *hardware = host_wanted(machine, i);
		guint64 sum = 0;

		for (guint j = 0; hardware != NULL && j < hardware->bars->len; j++)
			sum += g_array_index(hardware->bars, struct bar, j).size;
		if (sum > 32 * GIB)
			host_say(findings, rule, card_display(hardware->card)->address,
				 g_strdup_printf("its windows are %" G_GUINT64_FORMAT
						 " GiB together",
						 sum / GIB),
				 "The guest's firmware must find room for such windows, which it "
				 "does from the number of address bits that it is shown.",
				 g_strdup("Give the guest <cpu mode='host-passthrough'> and a "
					  "current OVMF, as hotseat new does."));
	}
}

/* The names that the firmware's framebuffer goes by in proc/iomem, whoever drives it. */
static gboolean is_framebuffer(const char *name)
{
	static const char *const names[] = { "BOOTFB", "efifb",     "simplefb",           "vesafb",
					     "simple", "simpledrm", "simple-framebuffer", NULL };

	return g_strv_contains(names, name);
}

/*
 * framebuffer_in - does the firmware's framebuffer lie in one of the card's windows?
 *
 * Other users see zeros for addresses, and then it is not known.
 */
static enum known framebuffer_in(const struct machine *machine, const struct hardware *hardware)
{
	g_autofree char *text = root_read(machine->root, NULL, "proc/iomem");
	g_auto(GStrv) lines = g_strsplit(text == NULL ? "" : text, "\n", -1);
	enum known answer = text == NULL ? NOT_KNOWN : KNOWN_NO;

	for (guint i = 0; lines[i] != NULL; i++) {
		const char *colon = strstr(lines[i], " : ");
		unsigned long long start, end;

		if (colon == NULL || !is_framebuffer(colon + 3) ||
		    sscanf(lines[i], " %llx-%llx", &start, &end) != 2)
			continue;
		if (end == 0)
			return NOT_KNOWN;
		for (guint j = 0; j < hardware->bars->len; j++) {
			const struct bar *bar = &g_array_index(hardware->bars, struct bar, j);

			if (start >= bar->start && start < bar->start + bar->size)
				answer = KNOWN_YES;
		}
	}
	return answer;
}

/* A VGA card is freed by vfio-pci itself, for certain since 6.1; not so once it has the card. */
static gboolean is_freed(const struct machine *machine, const struct pcidev *dev)
{
	return host_kernel_since(machine, 6, 1) && PCIDEV_CLASS_SUB(dev->class) == 0x0300 &&
	       !host_on_vfio(dev);
}

static void judge_framebuffer(const struct rule *rule, const struct machine *machine,
			      GPtrArray *findings)
{
	for (guint i = 0; i < machine->hardware->len; i++) {
		const struct hardware *hardware = host_wanted(machine, i);
		const struct pcidev *dev = hardware == NULL ? NULL : card_display(hardware->card);

		if (dev == NULL || machine->desktop->boot_framebuffer == NULL ||
		    is_freed(machine, dev))
			continue;
		switch (framebuffer_in(machine, hardware)) {
		case KNOWN_NO:
			break;
		case NOT_KNOWN:
			host_add_unknown(rule, findings, dev->address,
					 "/proc/iomem shows its addresses to root only");
			break;
		case KNOWN_YES:
			host_say(findings, rule, dev->address,
				 g_strdup_printf("/proc/iomem has the framebuffer of %s in the "
						 "card's memory",
						 machine->desktop->boot_framebuffer),
				 "The kernel's first console still claims this card's memory, and "
				 "nobody takes it away: guests fail with \"can't reserve\".",
				 advice_add_argument(machine, "initcall_blacklist=sysfb_init"));
			break;
		}
	}
}

static void judge_link(const struct rule *rule, const struct machine *machine, GPtrArray *findings)
{
	for (guint i = 0; i < machine->hardware->len; i++) {
		const struct hardware *hardware = host_wanted(machine, i);
		const struct slot *slot = hardware == NULL ? NULL : hardware->slot;

		/* Half of the lanes costs games next to nothing. */
		if (slot == NULL || slot->width == 0 || slot->width * 2 >= slot->max_width)
			continue;
		host_say(findings, rule, card_display(hardware->card)->address,
			 g_strdup_printf("its link has %u of %u lanes; the port above it has %u",
					 slot->width, slot->max_width, slot->port_width),
			 slot->port_width > slot->width
				 ? "Card and slot could do more than they agreed on. Dirt, a riser "
				   "cable or a card that sits badly are the usual causes."
				 : "The slot has fewer lanes than the card could use.",
			 g_strdup(slot->port_width > slot->width
					  ? "Switch the machine off, and seat the card anew."
					  : "Put the card in a wider slot, if there is one."));
	}
}

static const struct rule rules[] = {
	{ "FW-17", SEVERITY_RISKY, 'V', "nothing else claims the card's memory",
	  "The firmware's framebuffer lies in the memory of the card that showed it. vfio-pci "
	  "evicts "
	  "it from VGA cards when it takes them, and from no others.",
	  "turn the firmware's framebuffer off",
	  "Linux drivers/pci/pci.c, drivers/firmware/sysfb.c", judge_framebuffer },
	{ "FW-13", SEVERITY_SLOW, 'D', "the card's memory may lie above 4 GiB",
	  "Large windows have no room below 4 GiB.", "turn on Above 4G Decoding",
	  "Linux Documentation/admin-guide/kernel-parameters.txt (pci=realloc)", judge_above_4g },
	{ "FW-12", SEVERITY_SLOW, 'V', "the card's window is as large as it can be",
	  "QEMU shows guests a resizable BAR that offers the one size that it has on the host.",
	  "turn on Resizable BAR",
	  "QEMU hw/vfio/pci.c vfio_setup_rebar_ecap, Linux "
	  "Documentation/ABI/testing/sysfs-bus-pci",
	  judge_resizable },
	{ "HS-12", SEVERITY_SLOW, 'V', "the card has the lanes that it can use",
	  "A link trains to what both ends and the way between them can do.", "seat the card anew",
	  "Linux Documentation/ABI/testing/sysfs-bus-pci (current_link_width)", judge_link },
	{ "FW-14", SEVERITY_STYLE, 'V', "the card's windows fit a guest's address space",
	  "OVMF sizes its window for 64-bit memory from the guest's physical address bits.",
	  "show the guest the processor's address bits",
	  "edk2 OvmfPkg/Library/PlatformInitLib/MemDetect.c", judge_huge_bars },
};

const struct rule_set host_rules_bars = { rules, G_N_ELEMENTS(rules) };
