/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>

#include "rules/host.h"

/*
 * vfio-pci.ids: cards that vfio-pci is told to take when the machine starts, and why it may not get
 * them. Hotseat needs none of it; people who come from guides have it. One lost card makes one
 * finding, under the rule that names the cause.
 */

struct told {
	GString *ids;        /* comma between them */
	GString *soft;       /* drivers that wait for vfio-pci, blank around each */
	gboolean in_files;   /* from modprobe.d, rather than the command line alone */
	gboolean on_command; /* on the command line */
};

static void told_clear(struct told *told)
{
	g_string_free(told->ids, TRUE);
	g_string_free(told->soft, TRUE);
}

static char *underscored(const char *name)
{
	return g_strdelimit(g_strdup(name), "-", '_');
}

static gboolean is_vfio_pci(const char *word)
{
	return g_str_equal(word, "vfio-pci") || g_str_equal(word, "vfio_pci");
}

/* "options vfio-pci ids=..." and "softdep nvidia pre: vfio-pci" */
static void read_line(const char *file, const char *line, gpointer data)
{
	g_auto(GStrv) words = g_strsplit_set(line, " \t", -1);
	guint n = g_strv_length(words);
	struct told *told = data;

	if (n > 2 && g_str_equal(words[0], "options") && is_vfio_pci(words[1])) {
		for (guint i = 2; i < n; i++) {
			if (!g_str_has_prefix(words[i], "ids="))
				continue;
			g_string_append_printf(told->ids, ",%s", words[i] + strlen("ids="));
			told->in_files = TRUE;
		}
	}
	if (n > 3 && g_str_equal(words[0], "softdep") && g_str_equal(words[2], "pre:")) {
		g_autofree char *driver = underscored(words[1]);

		for (guint i = 3; i < n; i++) {
			if (is_vfio_pci(words[i]))
				g_string_append_printf(told->soft, " %s ", driver);
		}
	}
}

static void read_told(const struct machine *machine, struct told *told)
{
	g_autofree char *given = host_argument(machine, "vfio-pci.ids");

	told->ids = g_string_new(given);
	told->soft = g_string_new(NULL);
	told->on_command = given != NULL;
	host_for_each_line(machine, "etc/modprobe.d", read_line, told);
}

#define TOLD(told, machine)                                                                        \
	__attribute__((cleanup(told_clear))) struct told told = { 0 };                             \
	read_told(machine, &(told))

/* vendor:device[:subvendor[:subdevice[:class[:mask]]]]; what is left out is anything */
static gboolean entry_matches(const char *entry, const struct pcidev *dev)
{
	unsigned int vendor, device, subvendor, subdevice;
	int n = sscanf(entry, "%4x:%4x:%x:%x", &vendor, &device, &subvendor, &subdevice);

	return n >= 2 && vendor == dev->vendor && device == dev->device &&
	       (n < 3 || subvendor == G_MAXUINT32 || subvendor == dev->subsystem_vendor) &&
	       (n < 4 || subdevice == G_MAXUINT32 || subdevice == dev->subsystem_device);
}

static gboolean is_told(const struct told *told, const struct pcidev *dev)
{
	g_auto(GStrv) entries = g_strsplit(told->ids->str, ",", -1);

	for (guint i = 0; entries[i] != NULL; i++) {
		if (entry_matches(entries[i], dev))
			return TRUE;
	}
	return FALSE;
}

/* The card's display function, where vfio-pci was told to take it and another driver has it. */
static const struct pcidev *lost_card(const struct machine *machine, const struct told *told,
				      guint number)
{
	const struct pcidev *dev = card_display(g_ptr_array_index(machine->cards, number));

	return dev->driver != NULL && !host_on_vfio(dev) && is_told(told, dev) ? dev : NULL;
}

enum cause {
	CAUSE_VFIO_BUILT_IN,   /* BD-03 */
	CAUSE_DRIVER_BUILT_IN, /* BD-09 */
	CAUSE_NO_ORDER,        /* BD-04 */
	CAUSE_OTHER,           /* BD-08 */
};

static enum cause find_cause(const struct machine *machine, const struct told *told,
			     const struct pcidev *dev)
{
	g_autofree char *driver = underscored(dev->driver);
	g_autofree char *wanted = g_strdup_printf(" %s ", driver);

	if (machine->kernel->vfio_pci == MODULE_BUILT_IN && told->in_files && !told->on_command)
		return CAUSE_VFIO_BUILT_IN;
	if (kernel_module_state(machine->root, machine->kernel, driver) == MODULE_BUILT_IN)
		return CAUSE_DRIVER_BUILT_IN;
	if (machine->kernel->vfio_pci != MODULE_BUILT_IN &&
	    strstr(told->soft->str, wanted) == NULL && strstr(told->soft->str, " drm ") == NULL)
		return CAUSE_NO_ORDER;
	return CAUSE_OTHER;
}

static void judge_lost(const struct rule *rule, const struct machine *machine, GPtrArray *findings,
		       enum cause cause, const char *message,
		       char *(*fix)(const struct machine *machine, const struct pcidev *dev))
{
	TOLD(told, machine);

	for (guint i = 0; i < machine->cards->len; i++) {
		const struct pcidev *dev = lost_card(machine, &told, i);

		if (dev == NULL || find_cause(machine, &told, dev) != cause)
			continue;
		host_say(findings, rule, dev->address,
			 g_strdup_printf("vfio-pci was told to take %04x:%04x, and %s has it",
					 dev->vendor, dev->device, dev->driver),
			 message, fix(machine, dev));
	}
}

static char *fix_argument(const struct machine *machine, const struct pcidev *dev)
{
	g_autofree char *argument =
		g_strdup_printf("vfio-pci.ids=%04x:%04x", dev->vendor, dev->device);

	return advice_add_argument(machine, argument);
}

static char *fix_order(const struct machine *machine, const struct pcidev *dev)
{
	g_autofree char *rebuild = advice_for(machine, ADVICE_INITRAMFS);
	g_autofree char *module =
		g_strdup(host_has_driver(dev, "nvidia-gpu") ? "i2c_nvidia_gpu" : dev->driver);

	return g_strdup_printf(
		"echo 'softdep %s pre: vfio-pci' | sudo tee -a /etc/modprobe.d/vfio.conf\n%s",
		module, rebuild);
}

static char *fix_by_hotseat(const struct machine *machine, const struct pcidev *dev)
{
	return g_strdup(
		"Take the id out: hotseat up hands the card over by its address, when a "
		"guest wants it.");
}

static char *fix_rebuild(const struct machine *machine, const struct pcidev *dev)
{
	g_autofree char *rebuild = advice_for(machine, ADVICE_INITRAMFS);

	return g_strdup_printf(
		"If the file is newer than the initramfs, build that anew, and boot:\n"
		"%s",
		rebuild);
}

static void judge_vfio_built_in(const struct rule *rule, const struct machine *machine,
				GPtrArray *findings)
{
	judge_lost(rule, machine, findings, CAUSE_VFIO_BUILT_IN,
		   "This kernel has vfio-pci built in, so nothing in /etc/modprobe.d reaches it.",
		   fix_argument);
}

static void judge_driver_built_in(const struct rule *rule, const struct machine *machine,
				  GPtrArray *findings)
{
	judge_lost(rule, machine, findings, CAUSE_DRIVER_BUILT_IN,
		   "The card's driver is built into the kernel and is probably there first, "
		   "whatever the order of modules.",
		   fix_by_hotseat);
}

static void judge_order(const struct rule *rule, const struct machine *machine, GPtrArray *findings)
{
	judge_lost(rule, machine, findings, CAUSE_NO_ORDER,
		   "Nothing makes that driver wait for vfio-pci, and it was there first.",
		   fix_order);
}

static void judge_not_bound(const struct rule *rule, const struct machine *machine,
			    GPtrArray *findings)
{
	judge_lost(rule, machine, findings, CAUSE_OTHER,
		   "The list of ids was not heeded when the machine started.", fix_rebuild);
}

/* twin - a card after this one that the same entry means */
static const struct pcidev *twin(const struct machine *machine, const char *entry, guint after)
{
	for (guint i = after + 1; i < machine->cards->len; i++) {
		const struct pcidev *dev = card_display(g_ptr_array_index(machine->cards, i));

		if (entry_matches(entry, dev))
			return dev;
	}
	return NULL;
}

static void judge_entry_of_twins(const struct rule *rule, const struct machine *machine,
				 const char *entry, GPtrArray *findings)
{
	for (guint i = 0; i < machine->cards->len; i++) {
		const struct pcidev *dev = card_display(g_ptr_array_index(machine->cards, i));
		const struct pcidev *other =
			entry_matches(entry, dev) ? twin(machine, entry, i) : NULL;
		gboolean differ;

		if (other == NULL)
			continue;
		differ = dev->subsystem_vendor != other->subsystem_vendor ||
			 dev->subsystem_device != other->subsystem_device;
		host_say(findings, rule, dev->address,
			 g_strdup_printf("vfio-pci.ids has %s, which means %s and %s", entry,
					 dev->address, other->address),
			 "vfio-pci takes every card of that id, the host's as well.",
			 differ ? g_strdup_printf("Name the board too: %04x:%04x:%04x:%04x is %s.",
						  dev->vendor, dev->device, dev->subsystem_vendor,
						  dev->subsystem_device, dev->address)
				: g_strdup("Take the id out: only an address tells these cards "
					   "apart, and hotseat up goes by addresses."));
		return;
	}
}

static void judge_twins(const struct rule *rule, const struct machine *machine, GPtrArray *findings)
{
	TOLD(told, machine);
	g_auto(GStrv) entries = g_strsplit(told.ids->str, ",", -1);

	for (guint i = 0; entries[i] != NULL; i++)
		judge_entry_of_twins(rule, machine, entries[i], findings);
}

static void judge_bridges(const struct rule *rule, const struct machine *machine,
			  GPtrArray *findings)
{
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	TOLD(told, machine);

	for (guint i = 0; i < machine->devices->len; i++) {
		const struct pcidev *dev = g_ptr_array_index(machine->devices, i);
		g_autofree char *id = g_strdup_printf("%04x:%04x", dev->vendor, dev->device);

		if (!pcidev_is_bridge(dev) || !is_told(&told, dev) ||
		    !g_hash_table_add(seen, g_strdup(id)))
			continue;
		host_say(
			findings, rule, dev->address,
			g_strdup_printf("vfio-pci.ids has %s, which is %s", id, dev->name),
			"vfio-pci takes no bridges, and a bridge need not be taken: it stays where "
			"it is.",
			g_strdup_printf("Find the list, and take %s out:\n"
					"sudo grep -rn 'ids=' /etc/modprobe.d /etc/default/grub "
					"/proc/cmdline",
					id));
	}
}

static const struct rule rules[] = {
	{ "BD-02", SEVERITY_RISKY, 'V', "vfio-pci.ids means one card",
	  "An id without the board's own takes all cards of a kind. Identical boards differ in "
	  "their "
	  "address only.",
	  "name the board in vfio-pci.ids", "Linux drivers/vfio/pci/vfio_pci.c", judge_twins },
	{ "BD-03", SEVERITY_RISKY, 'V', "vfio-pci's options reach it",
	  "Files in modprobe.d are for modules. What is built in listens to the command line "
	  "alone.",
	  "put vfio-pci.ids on the command line",
	  "Linux drivers/vfio/pci/vfio_pci.c, github.com/pop-os/pop issue 968",
	  judge_vfio_built_in },
	{ "BD-04", SEVERITY_RISKY, 'D', "vfio-pci is there before the card's driver",
	  "A softdep line makes modprobe load vfio-pci first. It acts only where the file is: in "
	  "the "
	  "initramfs too, if the driver is loaded there.",
	  "make the driver wait for vfio-pci", "ArchWiki PCI passthrough via OVMF", judge_order },
	{ "BD-08", SEVERITY_RISKY, 'D', "vfio-pci has the cards that it was told to take",
	  "The link from the function to its driver is what holds, not the configuration.",
	  "build the initramfs anew", "ArchWiki PCI passthrough via OVMF", judge_not_bound },
	{ "BD-09", SEVERITY_STYLE, 'U', "no built-in driver races with vfio-pci",
	  "No order of modules helps against a driver that is no module.",
	  "hand the card over by address", "none: experience", judge_driver_built_in },
	{ "GR-05", SEVERITY_STYLE, 'V', "vfio-pci is not told to take bridges",
	  "vfio-pci refuses whatever has not header type 0, and bridges need not be taken.",
	  "drop the bridge's id", "Linux drivers/vfio/pci/vfio_pci_core.c", judge_bridges },
};

const struct rule_set host_rules_ids = { rules, G_N_ELEMENTS(rules) };
