/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/config.h"

#include <string.h>

#include "core/text.h"

static gboolean vfio_built_in(const struct machine *machine, G_GNUC_UNUSED const char *word)
{
	return machine->kernel != NULL && machine->kernel->vfio_pci == MODULE_BUILT_IN;
}

/* A display of this machine runs with the driver now. */
static gboolean drives_display(const struct machine *machine, const char *word)
{
	for (guint i = 0; machine->devices != NULL && i < machine->devices->len; i++) {
		const struct pcidev *dev = g_ptr_array_index(machine->devices, i);

		if (pcidev_is_display(dev) && g_strcmp0(dev->driver, word) == 0)
			return TRUE;
	}
	return FALSE;
}

#define VIRQFD "\\bvfio_virqfd\\b"

const struct config_rule config_rules[] = {
	/* scripts, most of them hooks that were copied from guides */
	{ { "BD-12", SEVERITY_RISKY, 'V', "no hook calls virsh",
	    "libvirt waits for its hook, and its documentation forbids to call back.", NULL,
	    "libvirt docs/hooks.rst" },
	  KIND(SCRIPT),
	  "(^|[;&|`(\\s])virsh\\s+(?!(-\\S+\\s+)*(start|create|define|undefine|console)\\b)",
	  NULL,
	  "A hook that asks libvirt something can wait for ever, and the guest with it.",
	  "Write to sysfs, or let Hotseat do it before the guest starts." },
	{ { "BD-12", SEVERITY_RISKY, 'V', "a hook acts on the words that it knows",
	    "libvirt also calls hooks with reconnect and migrate.", NULL,
	    "libvirt docs/hooks.rst" },
	  KIND(SCRIPT),
	  "^\\s*else\\b(?!\\s+if)",
	  "\\$\\{?[2A-Z_a-z]+\\}?.{0,6}={1,2}.{0,4}(prepare|start)|(prepare|started?)(/"
	  "begin)?\"?\\)|"
	  "^(?![\\s\\S]*\\$\\{?(2|OPERATION|COMMAND|HOOK_NAME)\\b)",
	  "Every word but one is taken for a start: when libvirt's daemon restarts, it says "
	  "reconnect, "
	  "and the running desktop is torn down.",
	  "Compare with prepare and release, and do nothing otherwise." },
	{ { "BD-01", SEVERITY_RISKY, 'V', "no script uses new_id",
	    "driver_override names one device and is undone by an empty line.", NULL,
	    "Linux Documentation/ABI/testing/sysfs-bus-pci" },
	  KIND(SCRIPT),
	  "/new_id\\b",
	  NULL,
	  "new_id makes the driver take every card of that id, the host's twin as well.",
	  "Write vfio-pci to driver_override, unbind, then write the address to drivers_probe." },
	{ { "UB-05", SEVERITY_RISKY, 'V', "consoles are found by name",
	    "vtcon0 is the dummy console on most machines, and the numbers differ.", NULL,
	    "Linux drivers/video/console; joeknock90/Single-GPU-Passthrough#18" },
	  KIND(SCRIPT),
	  "vtconsole/vtcon[0-9]|\\bvtcon[01]\\b",
	  NULL,
	  "The number of the framebuffer's console differs from machine to machine.",
	  "Every /sys/class/vtconsole/vtcon*/ whose name says frame buffer" },
	{ { "UB-05", SEVERITY_RISKY, 'V', "the firmware's framebuffer is looked for",
	    "simpledrm or the card's own driver may have taken its place.", NULL,
	    "Linux drivers/firmware/sysfb.c" },
	  KIND(SCRIPT),
	  "efi-framebuffer.*unbind|efi-framebuffer\\.0",
	  "-e\\s+\\S*efi-framebuffer",
	  "Where the framebuffer is not there any more, this write fails, and set -e ends the "
	  "hook.",
	  "Look first: [ -e /sys/bus/platform/drivers/efi-framebuffer/efi-framebuffer.0 ]" },
	{ { "UB-06", SEVERITY_STYLE, 'U', "scripts wait for conditions",
	    "What takes two seconds today takes three when the disk is busy.", NULL,
	    "none: experience" },
	  KIND(SCRIPT),
	  "(^|[;&|]|\\bdo|\\bthen)\\s*sleep\\s+[\"'$]?[\\w.]",
	  NULL,
	  "Waiting some seconds may hide a race that shows on another day.",
	  "Wait for what is meant, such as the driver's link being gone, with a limit." },
	{ { "UB-07", SEVERITY_RISKY, 'D', "no device is removed and scanned for",
	    "It enumerates anew and forgets driver_override.", NULL, "ArchWiki" },
	  KIND(SCRIPT),
	  "/sys/bus/pci/(rescan|devices/\\S+/remove)",
	  NULL,
	  "Removing a device and scanning anew may move its memory and hits its neighbours.",
	  "Unbind and bind instead." },
	{ { "PN-08", SEVERITY_STYLE, 'U', "no script calls cset",
	    "cset was written for the first version of control groups.", NULL, "none: experience" },
	  KIND(SCRIPT),
	  "(^|[;&|\\s])cset\\s",
	  NULL,
	  "cset knows only the first version of control groups.",
	  "systemctl set-property --runtime -- user.slice AllowedCPUs=..." },
	/* modules */
	{ { "BD-06", SEVERITY_OBSOLETE, 'V', "nothing loads vfio_virqfd",
	    "It is part of vfio since kernel 6.2.", NULL, "Linux drivers/vfio/Kconfig" },
	  KIND(MKINITCPIO) | KIND(DRACUT) | KIND(MODULES) | KIND(MODPROBE) | KIND(ARGUMENTS) |
		  KIND(SCRIPT),
	  VIRQFD,
	  NULL,
	  "This module does not exist since kernel 6.2; some initramfs builds fail.",
	  "Take the word out; vfio_pci vfio vfio_iommu_type1 is all." },
	{ { "BD-05", SEVERITY_RISKY, 'D', "no graphics driver is blacklisted",
	    "It keeps the driver from all cards, the host's own included.", NULL, "ArchWiki" },
	  KIND(MODPROBE),
	  "^\\s*blacklist\\s+(nvidia\\w*|amdgpu|radeon|i915|xe|snd_hda_intel)\\b",
	  NULL,
	  "Every card of this driver loses it, also the host's, and an explicit load still works.",
	  "softdep amdgpu pre: vfio-pci\nor let Hotseat bind the card when the guest starts." },
	{ { "BD-05", SEVERITY_RISKY, 'D', "no driver that a card here has is blacklisted",
	    "At the next boot the desktop's own card has no driver.", NULL, "ArchWiki" },
	  KIND(MODPROBE),
	  "^\\s*blacklist\\s+(nvidia|nouveau|amdgpu|radeon|i915|xe)\\b",
	  NULL,
	  "A display of this machine runs with this driver now.",
	  "Take the line out, then build the initramfs anew.",
	  drives_display },
	{ { "BD-03", SEVERITY_BROKEN, 'V', "options reach a vfio-pci that is built in",
	    "modprobe.d is read when a module is loaded; what is built in never is.", NULL,
	    "Linux Documentation/admin-guide/kernel-parameters.rst" },
	  KIND(MODPROBE),
	  "^\\s*(options\\s+vfio[-_]pci\\b|softdep\\s+\\S+\\s+pre:\\s*vfio[-_]pci\\b)",
	  NULL,
	  "vfio-pci is built into this kernel, which does not look here.",
	  "vfio-pci.ids=... among the kernel's arguments, or let Hotseat bind the card when the "
	  "guest starts.",
	  vfio_built_in },
	{ { "FW-07", SEVERITY_RISKY, 'V', "interrupts are remapped",
	    "Without remapping a guest can send any interrupt to the host.", NULL,
	    "Linux drivers/vfio/vfio_iommu_type1.c" },
	  KIND(MODPROBE) | KIND(ARGUMENTS),
	  "allow_unsafe_interrupts=(1|y|Y|on)",
	  NULL,
	  "A guest can send the host any interrupt.",
	  "Take it out where remapping is available." },
	{ { "BD-07", SEVERITY_RISKY, 'V', "mkinitcpio copies modprobe.d", "The hook modconf does.",
	    NULL, "ArchWiki" },
	  KIND(MKINITCPIO),
	  "^\\s*HOOKS=(?!.*\\bmodconf\\b)(?!.*\\bsystemd\\b.*\\bmodconf\\b)",
	  NULL,
	  "Without modconf what modprobe.d says about vfio-pci is not in the initramfs.",
	  "Add modconf to HOOKS, then: mkinitcpio -P" },
	{ { "BD-07", SEVERITY_RISKY, 'V', "dracut's lists have blanks inside the quotes",
	    "The lists are joined as they are.", NULL, "dracut man/dracut.conf.5" },
	  KIND(DRACUT),
	  "^\\s*(force|add)_drivers\\+=\"([^ \"]|[^\"]*[^ \"]\")",
	  NULL,
	  "Without blanks at both ends the words grow together with those of other files.",
	  "force_drivers+=\" vfio_pci vfio vfio_iommu_type1 \"" },
	/* kernel arguments */
	{ { "FW-05", SEVERITY_OBSOLETE, 'V', "no amd_iommu=on",
	    "There is no such value: AMD's IOMMU is on where the firmware offers it.", NULL,
	    "Linux drivers/iommu/amd/init.c" },
	  KIND(ARGUMENTS),
	  "\\bamd_iommu=on\\b",
	  NULL,
	  "The kernel knows no such value; the IOMMU is on anyway.",
	  "Take it out." },
	{ { "FW-06", SEVERITY_STYLE, 'V', "iommu=pt is not needed",
	    "It is about the host's own devices.", NULL,
	    "Linux Documentation/admin-guide/kernel-parameters.txt" },
	  KIND(ARGUMENTS),
	  "\\biommu=pt\\b",
	  NULL,
	  "It is neither needed for guests nor makes them quicker.",
	  "Keep it or take it out." },
	{ { "FW-09", SEVERITY_RISKY, 'V', "groups are as they are",
	    "The override is a patch that says devices are apart when they are not.", NULL,
	    "Linux drivers/pci/quirks.c has no such option" },
	  KIND(ARGUMENTS),
	  "\\bpcie_acs_override=",
	  NULL,
	  "The kernel has this only as a patch, and with it groups are made up: guests reach other "
	  "devices.",
	  "Another slot; hotseat devices shows the groups." },
	{ { "FW-18", SEVERITY_OBSOLETE, 'V', "no framebuffer is turned off",
	    "vfio-pci itself evicts the firmware's framebuffer.", NULL,
	    "Linux drivers/vfio/pci/vfio_pci_core.c" },
	  KIND(ARGUMENTS),
	  "\\befifb:off\\b|\\bvesafb:off\\b|\\bsimplefb:off\\b",
	  NULL,
	  "vfio-pci takes the framebuffer away itself, and simpledrm does not look at this.",
	  "Take it out." },
	{ { "PN-05", SEVERITY_OBSOLETE, 'V', "no isolcpus",
	    "It is documented as deprecated, and cannot be undone at run time.", NULL,
	    "Linux Documentation/admin-guide/kernel-parameters.txt" },
	  KIND(ARGUMENTS),
	  "\\bisolcpus=",
	  NULL,
	  "The processors are lost to the host also while no guest runs, and nothing balances "
	  "them.",
	  "AllowedCPUs= of systemd's slices while the guest runs; hotseat up does it." },
	/* qemu.conf */
	{ { "DX-03", SEVERITY_OBSOLETE, 'V', "qemu.conf lists no firmware",
	    "libvirt finds firmware by its descriptors.", NULL,
	    "libvirt docs/kbase/secureboot.rst" },
	  KIND(QEMU_CONF),
	  "^\\s*nvram\\s*=",
	  NULL,
	  "This list is from before firmware was described by the distribution.",
	  "Take it out." },
	{ { "IN-09", SEVERITY_RISKY, 'V', "the list of devices has the defaults",
	    "The list takes the place of the default one.", NULL, "libvirt src/qemu/qemu.conf.in" },
	  KIND(QEMU_CONF),
	  "^\\s*cgroup_device_acl\\s*=",
	  "(?m)^\\s*[^#\\n]*/dev/userfaultfd",
	  "The list lacks /dev/userfaultfd, which the default has.",
	  "Use <input type='evdev'>, which needs no list; else the default's entries and yours." },
	{ { "GR-10", SEVERITY_RISKY, 'V', "devices behind switches are kept apart",
	    "The check is there because such devices reach each other.", NULL,
	    "libvirt src/hypervisor/virhostdev.c" },
	  KIND(QEMU_CONF),
	  "^\\s*relaxed_acs_check\\s*=\\s*1",
	  NULL,
	  "Devices behind the same switch can read each other's memory.",
	  "Take it out." },
};

const gsize n_config_rules = G_N_ELEMENTS(config_rules);

const struct config_rule *config_script_rule(const char *id)
{
	gsize i = 0;

	while (!g_str_equal(config_rules[i].rule.id, id) || !(config_rules[i].kinds & KIND(SCRIPT)))
		g_assert(++i < n_config_rules);
	return &config_rules[i];
}

static void blame_line(const struct config_rule *rule, GPtrArray *findings, guint number,
		       guint column, const char *line)
{
	struct finding *finding = finding_add(findings, &rule->rule, "this line");

	finding->line = number;
	finding->column = column;
	finding->evidence = g_utf8_substring(line, 0, MIN(g_utf8_strlen(line, -1), 160));
	g_strdelimit(g_strstrip(finding->evidence), "\t\r\033", ' ');
	finding->message = g_strdup(rule->message);
	finding->fix = g_strdup(rule->fix);
}

static void judge_lines(const struct config_rule *rule, char **lines, const struct machine *machine,
			GPtrArray *findings)
{
	const GRegex *pattern = text_pattern(rule->pattern);

	for (guint i = 0; lines[i] != NULL; i++) {
		g_autoptr(GMatchInfo) match = NULL;
		g_autofree char *word = NULL;
		int start = 0;

		if (lines[i][strspn(lines[i], " \t")] == '#' ||
		    !g_regex_match(pattern, lines[i], 0, &match))
			continue;
		word = rule->holds != NULL ? g_match_info_fetch(match, 1) : NULL;
		if (rule->holds != NULL && !rule->holds(machine, word))
			continue;
		g_match_info_fetch_pos(match, 0, &start, NULL);
		blame_line(rule, findings, i + 1,
			   (guint)g_utf8_pointer_to_offset(lines[i], lines[i] + start) + 1,
			   lines[i]);
	}
}

void config_judge(const char *text, enum lint_kind kind, const struct machine *machine,
		  GPtrArray *findings)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	for (gsize i = 0; i < n_config_rules; i++) {
		const struct config_rule *rule = &config_rules[i];

		if (!(rule->kinds & (1u << kind)) || (rule->holds != NULL && machine == NULL) ||
		    (rule->unless != NULL &&
		     g_regex_match(text_pattern(rule->unless), text, 0, NULL)))
			continue;
		judge_lines(rule, lines, machine, findings);
	}
}
