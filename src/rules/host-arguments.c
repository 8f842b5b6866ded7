/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "rules/host.h"

/* Arguments of the kernel and its modules that guides hand down: of no use, or of another than
 * said. */

/* What an argument of no use looks like: a name, one word of its value, and what to say. */
static void judge_argument(const struct rule *rule, const struct machine *machine,
			   GPtrArray *findings, const char *name, const char *word,
			   const char *message)
{
	g_autofree char *value = host_argument(machine, name);
	g_autofree char *whole = g_strdup_printf("%s=%s", name, value == NULL ? "" : value);
	struct finding *finding;

	if (!host_value_lists(value, word))
		return;
	finding = finding_add(findings, rule, "host");
	finding->evidence = g_strdup_printf("/proc/cmdline has %s", whole);
	finding->message = g_strdup(message);
	finding->fix = advice_drop_argument(machine, whole);
}

static void judge_amd_argument(const struct rule *rule, const struct machine *machine,
			       GPtrArray *findings)
{
	judge_argument(rule, machine, findings, "amd_iommu", "on",
		       "The kernel knows no such value and only prints a notice. AMD's IOMMU is on "
		       "whenever the firmware offers it.");
	judge_argument(rule, machine, findings, "iommu", "1",
		       "The kernel documents no such value of iommu=; it does nothing.");
}

static void judge_identity_argument(const struct rule *rule, const struct machine *machine,
				    GPtrArray *findings)
{
	static const char message[] =
		"This gives the host's own devices unchecked access to memory. It is not needed to "
		"lend a card and does not speed up a guest. Keep it if you have a reason.";

	judge_argument(rule, machine, findings, "iommu", "pt", message);
	judge_argument(rule, machine, findings, "iommu.passthrough", "1", message);
}

static void judge_acs_override(const struct rule *rule, const struct machine *machine,
			       GPtrArray *findings)
{
	g_autofree char *value = host_argument(machine, "pcie_acs_override");
	g_autofree char *whole = NULL;
	struct finding *finding;

	if (value == NULL)
		return;
	whole = g_strdup_printf("pcie_acs_override=%s", value);
	finding = finding_add(findings, rule, "host");
	finding->evidence = g_strdup_printf("/proc/cmdline has %s", whole);
	finding->message = g_strdup(
		"On a kernel without the patch this does nothing. With it, groups look smaller "
		"than "
		"they are: devices \"split\" this way still reach each other's memory.");
	finding->fix = advice_drop_argument(machine, whole);
}

/* video_argument - the video= word of the command line that has @part in it, or NULL */
static char *video_argument(const struct machine *machine, const char *part)
{
	g_auto(GStrv) words = NULL;

	if (machine->kernel == NULL || machine->kernel->command_line == NULL)
		return NULL;
	words = g_strsplit(machine->kernel->command_line, " ", -1);
	for (guint i = 0; words[i] != NULL; i++) {
		if (g_str_has_prefix(words[i], "video=") && strstr(words[i], part) != NULL)
			return g_strdup(words[i]);
	}
	return NULL;
}

/* The option that once did what it says, alone as it must be. */
static void judge_framebuffer_argument(const struct rule *rule, const struct machine *machine,
				       GPtrArray *findings)
{
	g_autofree char *word = video_argument(machine, "efifb:off");
	const struct kernel *kernel = machine->kernel;
	struct finding *finding;

	if (word == NULL || !g_str_equal(word, "video=efifb:off"))
		return;
	/* From 6.1 on it is certain that vfio-pci evicts the framebuffer itself. */
	if (kernel->major < 6 || (kernel->major == 6 && kernel->minor < 1))
		return;
	finding = finding_add(findings, rule, "host");
	finding->evidence = g_strdup_printf("/proc/cmdline has %s, kernel %u.%u", word,
					    kernel->major, kernel->minor);
	finding->message = g_strdup(
		"This kernel frees a VGA card from the firmware's framebuffer by "
		"itself when vfio-pci takes it.");
	finding->fix = advice_drop_argument(machine, word);
}

/* The spells: drivers that take no such option, or two options in one. */
static void judge_framebuffer_ritual(const struct rule *rule, const struct machine *machine,
				     GPtrArray *findings)
{
	static const char *const spells[] = { "simplefb:off", "vesafb:off", "efifb:off," };

	for (gsize i = 0; i < G_N_ELEMENTS(spells); i++) {
		g_autofree char *word = video_argument(machine, spells[i]);
		struct finding *finding;

		if (word == NULL)
			continue;
		finding = finding_add(findings, rule, "host");
		finding->evidence = g_strdup_printf("/proc/cmdline has %s", word);
		finding->message = g_strdup("No driver of a current kernel understands this.");
		finding->fix = advice_drop_argument(machine, word);
		return;
	}
}

static void judge_ignored_msrs(const struct rule *rule, const struct machine *machine,
			       GPtrArray *findings)
{
	struct finding *finding;

	if (!host_parameter_is_set(machine, "kvm", "ignore_msrs"))
		return;
	finding = finding_add(findings, rule, "host");
	finding->evidence = g_strdup("/sys/module/kvm/parameters/ignore_msrs is Y");
	finding->message = g_strdup(
		"This hides real errors from guests. It was a workaround for "
		"Windows 10 of 2018 and for a few tools.");
	finding->fix = g_strdup(
		"Find the switch, and take it out:\n"
		"sudo grep -r ignore_msrs /etc/modprobe.d /proc/cmdline");
}

/* pci= takes several words: "pci=noats,config_acs=..." */
static void judge_config_acs(const struct rule *rule, const struct machine *machine,
			     GPtrArray *findings)
{
	static const char *const options[] = { "config_acs=", "disable_acs_redir=" };
	g_autofree char *value = host_argument(machine, "pci");

	for (gsize i = 0; value != NULL && i < G_N_ELEMENTS(options); i++) {
		g_autofree char *whole = NULL;

		if (strstr(value, options[i]) == NULL)
			continue;
		whole = g_strdup_printf("pci=%s", value);
		host_say(
			findings, rule, "host", g_strdup_printf("/proc/cmdline has %s", whole),
			"This sets bits that the hardware has; it cannot make groups smaller where "
			"there is no wall, and may make them larger.",
			advice_drop_argument(machine, whole));
		return;
	}
}

/* Arguments that are whole words: what they do to a desktop that lends a card. */
static const struct {
	const char *name, *message;
} harmful[] = {
	{ "nomodeset", "No graphics driver may run a screen then, the desktop's card included." },
	{ "nofb", "No driver of a current kernel understands this." },
	{ "rd.driver.blacklist",
	  "It keeps the driver from every card of its kind while the machine starts, the desktop's "
	  "too." },
	{ "module_blacklist",
	  "It keeps the module from every card of its kind, the desktop's too." },
};

static gboolean names_graphics(const char *value)
{
	static const char *const drivers[] = { "amdgpu", "radeon", "nvidia", "i915", "xe" };

	for (gsize i = 0; i < G_N_ELEMENTS(drivers); i++) {
		if (host_value_lists(value, drivers[i]))
			return TRUE;
	}
	return FALSE;
}

static void judge_harmful(const struct rule *rule, const struct machine *machine,
			  GPtrArray *findings)
{
	for (gsize i = 0; i < G_N_ELEMENTS(harmful); i++) {
		g_autofree char *value = host_argument(machine, harmful[i].name);
		g_autofree char *whole = NULL;

		/* nouveau is rightly kept away by NVIDIA's packages */
		if (value == NULL || (value[0] != '\0' && !names_graphics(value)))
			continue;
		whole = value[0] == '\0' ? g_strdup(harmful[i].name)
					 : g_strdup_printf("%s=%s", harmful[i].name, value);
		host_say(findings, rule, "host", g_strdup_printf("/proc/cmdline has %s", whole),
			 harmful[i].message, advice_drop_argument(machine, whole));
	}
}

static void judge_disable_vga(const struct rule *rule, const struct machine *machine,
			      GPtrArray *findings)
{
	if (!host_parameter_is_set(machine, "vfio_pci", "disable_vga"))
		return;
	host_say(findings, rule, "vfio-pci",
		 g_strdup("/sys/module/vfio_pci/parameters/disable_vga is Y"),
		 "It is about cards that SeaBIOS guests see as old VGA. Guests with UEFI do not.",
		 g_strdup("Find the switch, and take it out:\n"
			  "sudo grep -rn disable_vga /etc/modprobe.d /proc/cmdline"));
}

/* judge_setting - a finding for an argument, whatever its value */
static void judge_setting(const struct rule *rule, const struct machine *machine,
			  GPtrArray *findings, const char *name, const char *message)
{
	g_autofree char *value = host_argument(machine, name);
	g_autofree char *whole = g_strdup_printf("%s=%s", name, value == NULL ? "" : value);

	if (value != NULL)
		host_say(findings, rule, "host", g_strdup_printf("/proc/cmdline has %s", whole),
			 message, advice_drop_argument(machine, whole));
}

static void judge_isolcpus(const struct rule *rule, const struct machine *machine,
			   GPtrArray *findings)
{
	judge_setting(rule, machine, findings, "isolcpus",
		      "These processors are lost to the desktop even while no guest runs, and "
		      "threads that are put there pile up on one of them.");
}

static void judge_nohz(const struct rule *rule, const struct machine *machine, GPtrArray *findings)
{
	judge_setting(
		rule, machine, findings, "nohz_full",
		"Games gain next to nothing from it, and each call into the kernel costs more "
		"on these processors. Keep it if you measured a gain.");
}

static const struct rule rules[] = {
	{ "FW-09", SEVERITY_RISKY, 'V', "groups are what the hardware makes them",
	  "pcie_acs_override= is a patch outside the mainline. It makes the kernel believe in "
	  "walls "
	  "between devices that are not there.",
	  "drop pcie_acs_override=", "Linux tree has no such argument", judge_acs_override },
	{ "FW-10", SEVERITY_RISKY, 'V', "nobody fiddles with ACS bits",
	  "pci=config_acs= and pci=disable_acs_redir= change bits of a capability that is there. "
	  "The "
	  "kernel's own documents warn that groups may grow.",
	  "drop the argument", "Linux Documentation/admin-guide/kernel-parameters.txt",
	  judge_config_acs },
	{ "BL-19", SEVERITY_RISKY, 'V', "no argument turns the desktop's own driver off",
	  "Arguments work on all cards of a kind, while only one is to be lent.",
	  "drop the argument", "Linux Documentation/admin-guide/kernel-parameters.txt",
	  judge_harmful },
	{ "PN-05", SEVERITY_OBSOLETE, 'V', "processors are not isolated for good",
	  "isolcpus is documented as deprecated. Cpusets do the same while a guest runs, and can "
	  "be "
	  "undone.",
	  "drop isolcpus=", "Linux Documentation/admin-guide/kernel-parameters.txt",
	  judge_isolcpus },
	{ "FW-18", SEVERITY_OBSOLETE, 'V', "video=efifb:off is no longer needed",
	  "vfio-pci evicts the firmware's framebuffer from a VGA card when it takes it.",
	  "drop video=efifb:off", "Linux drivers/vfio/pci/vfio_pci_core.c vfio_pci_vga_init",
	  judge_framebuffer_argument },
	{ "FW-19", SEVERITY_OBSOLETE, 'V', "no framebuffer spells on the command line",
	  "simpledrm and its kin read no video= option, and one option names one driver. The "
	  "general "
	  "switch, if one is needed, is initcall_blacklist=sysfb_init.",
	  "drop the video= argument", "Linux drivers/firmware/sysfb.c, drivers/video/fbdev/efifb.c",
	  judge_framebuffer_ritual },
	{ "FW-22", SEVERITY_OBSOLETE, 'V', "KVM reports what guests ask in vain",
	  "ignore_msrs hides errors. The guests that needed it are of 2018.", "drop ignore_msrs",
	  "Linux Documentation/admin-guide/kernel-parameters.txt", judge_ignored_msrs },
	{ "BL-20", SEVERITY_STYLE, 'V', "disable_vga is for guests of old",
	  "It turns off access to legacy VGA regions, which matters with several VGA cards under "
	  "SeaBIOS.",
	  "drop disable_vga", "Linux drivers/vfio/pci/vfio_pci.c", judge_disable_vga },
	{ "PN-10", SEVERITY_STYLE, 'V', "nohz_full is a choice, not a need",
	  "It stops the tick where one thread runs alone, at the price of slower system calls.",
	  "drop nohz_full=", "Linux Documentation/admin-guide/kernel-parameters.txt", judge_nohz },
	{ "FW-05", SEVERITY_STYLE, 'V', "no amd_iommu=on, no iommu=1",
	  "The kernel knows neither. AMD's IOMMU is on whenever the firmware offers it.",
	  "drop the argument", "Linux drivers/iommu/amd/init.c parse_amd_iommu_options",
	  judge_amd_argument },
	{ "FW-06", SEVERITY_STYLE, 'V', "iommu=pt is a choice, not a need",
	  "It maps the host's own devices one to one. A lent device has its own mappings in any "
	  "case.",
	  "drop iommu=pt", "Linux drivers/iommu/iommu.c iommu_subsys_init",
	  judge_identity_argument },
};

const struct rule_set host_rules_arguments = { rules, G_N_ELEMENTS(rules) };
