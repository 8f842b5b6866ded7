/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>
#include <unistd.h>

#include "rules/host.h"

/* The programs and files that we build on. What is not known is said to be so. */

/* A folder with sys and proc alone cannot say what is installed. */
static gboolean shows_programs(const struct machine *machine)
{
	return root_exists(machine->root, "usr");
}

static void judge_module(const struct rule *rule, const struct machine *machine, const char *name,
			 enum module_state state, GPtrArray *findings)
{
	struct finding *finding;

	switch (state) {
	case MODULE_AVAILABLE:
	case MODULE_LOADED:
	case MODULE_BUILT_IN:
		return;
	case MODULE_NOT_KNOWN:
		host_add_unknown(rule, findings, name, "/lib/modules could not be read");
		return;
	case MODULE_ABSENT:
		break;
	}
	finding = finding_add(findings, rule, name);
	finding->evidence =
		g_strdup_printf("neither loaded, nor built in, nor below /lib/modules/%s",
				machine->kernel->release == NULL ? "" : machine->kernel->release);
	finding->message = g_strdup_printf(
		"This kernel has no %s, so no device can be lent. If "
		"the kernel was just updated, boot anew first.",
		name);
	finding->fix = advice_for(machine, ADVICE_KERNEL);
}

static void judge_modules(const struct rule *rule, const struct machine *machine,
			  GPtrArray *findings)
{
	judge_module(rule, machine, "vfio_pci", machine->kernel->vfio_pci, findings);
	judge_module(rule, machine, "vfio_iommu_type1", machine->kernel->vfio_iommu_type1,
		     findings);
}

static void judge_qemu(const struct rule *rule, const struct machine *machine, GPtrArray *findings)
{
	struct finding *finding;

	if (machine->tools->qemu != NULL)
		return;
	if (!shows_programs(machine)) {
		host_add_unknown(rule, findings, "QEMU", "there is no /usr to look in");
		return;
	}
	finding = finding_add(findings, rule, "QEMU");
	finding->evidence = g_strdup("there is no qemu-system-x86_64");
	finding->message = g_strdup("QEMU, which runs the guest, is not installed.");
	finding->fix = advice_for(machine, ADVICE_QEMU);
}

static void judge_libvirt(const struct rule *rule, const struct machine *machine,
			  GPtrArray *findings)
{
	struct finding *finding;

	if (machine->tools->libvirtd != NULL)
		return;
	if (!shows_programs(machine)) {
		host_add_unknown(rule, findings, "libvirt", "there is no /usr to look in");
		return;
	}
	finding = finding_add(findings, rule, "libvirt");
	finding->evidence = g_strdup("there is neither libvirtd nor virtqemud");
	finding->message =
		g_strdup("libvirt, which keeps and starts the guests, is not installed.");
	finding->fix = advice_for(machine, ADVICE_LIBVIRT);
}

/* is_modular - one daemon for each driver, rather than the one libvirtd */
static gboolean is_modular(const struct tools *tools)
{
	return g_str_has_suffix(tools->libvirtd, "virtqemud");
}

static void judge_libvirt_running(const struct rule *rule, const struct machine *machine,
				  GPtrArray *findings)
{
	const struct tools *tools = machine->tools;
	struct finding *finding;

	if (tools->libvirtd == NULL || tools->libvirt_running == KNOWN_YES)
		return;
	if (tools->libvirt_running == NOT_KNOWN) {
		host_add_unknown(rule, findings, "libvirt", "/run/libvirt could not be seen");
		return;
	}
	finding = finding_add(findings, rule, "libvirt");
	finding->evidence = g_strdup_printf("/run/libvirt has no socket of %s",
					    is_modular(tools) ? "virtqemud" : "libvirtd");
	finding->message = g_strdup("libvirt is installed and does not run.");
	finding->fix = g_strdup(is_modular(tools) ? "sudo systemctl enable --now virtqemud.socket "
						    "virtnetworkd.socket virtstoraged.socket"
						  : "sudo systemctl enable --now libvirtd.socket");
}

static void judge_network(const struct rule *rule, const struct machine *machine,
			  GPtrArray *findings)
{
	static const char template[] = "usr/share/libvirt/networks/default.xml";
	const struct tools *tools = machine->tools;
	struct finding *finding;

	if (tools->libvirtd == NULL || tools->default_network == KNOWN_YES)
		return;
	if (tools->default_network == NOT_KNOWN) {
		host_add_unknown(rule, findings, "network default",
				 "/etc/libvirt/qemu/networks could not be read");
		return;
	}
	finding = finding_add(findings, rule, "network default");
	finding->evidence = g_strdup("/etc/libvirt/qemu/networks/default.xml does not exist");
	finding->message = g_strdup(
		"libvirt's default network is not defined; guests would have "
		"none.");
	if (!root_exists(machine->root, "%s", template)) {
		finding->fix = advice_for(machine, ADVICE_NETWORK);
		return;
	}
	finding->fix = g_strdup_printf(
		"sudo virsh net-define /%s\n"
		"sudo virsh net-autostart default\n"
		"sudo virsh net-start default",
		template);
}

static void judge_network_active(const struct rule *rule, const struct machine *machine,
				 GPtrArray *findings)
{
	const struct tools *tools = machine->tools;
	struct finding *finding;

	if (tools->default_network != KNOWN_YES || tools->libvirt_running != KNOWN_YES ||
	    tools->default_network_active == KNOWN_YES)
		return;
	if (tools->default_network_active == NOT_KNOWN) {
		host_add_unknown(rule, findings, "network default",
				 "/run/libvirt/network could not be read");
		return;
	}
	finding = finding_add(findings, rule, "network default");
	finding->evidence = g_strdup("the network is defined, and no bridge of it is up");
	finding->message = g_strdup("Guests do not start while their network is inactive.");
	finding->fix = g_strdup(
		"sudo virsh net-autostart default\n"
		"sudo virsh net-start default");
}

static void judge_uefi_firmware(const struct rule *rule, const struct machine *machine,
				GPtrArray *findings)
{
	struct finding *finding;

	if (machine->tools->uefi_firmware == KNOWN_YES)
		return;
	if (machine->tools->uefi_firmware == NOT_KNOWN) {
		host_add_unknown(rule, findings, "UEFI firmware",
				 "/usr/share/qemu/firmware could not be read");
		return;
	}
	finding = finding_add(findings, rule, "UEFI firmware");
	finding->evidence = g_strdup("/usr/share/qemu/firmware describes no UEFI for x86_64");
	finding->message = g_strdup(
		"The guest's firmware is not installed. Current cards and "
		"Windows 11 want UEFI.");
	finding->fix = advice_for(machine, ADVICE_UEFI);
}

static void judge_hook(const struct rule *rule, const struct machine *machine, GPtrArray *findings)
{
	const struct tools *tools = machine->tools;
	struct finding *finding;

	if (tools->libvirtd == NULL || tools->hook_installed == KNOWN_YES)
		return;
	if (tools->hook_installed == NOT_KNOWN) {
		host_add_unknown(rule, findings, "hook", "/etc/libvirt/hooks could not be read");
		return;
	}
	finding = finding_add(findings, rule, "hook");
	finding->evidence =
		g_strdup("/etc/libvirt/hooks/qemu.d/hotseat is not there, or cannot be executed");
	finding->message = g_strdup(
		"A guest that is shut down from inside keeps its card until you "
		"say: hotseat down GUEST.");
	finding->fix = g_strdup_printf(
		"Install Hotseat from its source folder, and let libvirt "
		"look for hooks:\n"
		"sudo make install\n"
		"sudo systemctl reload %s",
		is_modular(tools) ? "virtqemud" : "libvirtd");
}

/* libvirt_group - the number of the group libvirt, from etc/group */
static gboolean libvirt_group(const struct machine *machine, guint64 *gid)
{
	g_autofree char *text = root_read(machine->root, NULL, "etc/group");
	g_auto(GStrv) lines = g_strsplit(text == NULL ? "" : text, "\n", -1);

	for (guint i = 0; lines[i] != NULL; i++) {
		g_auto(GStrv) fields = g_strsplit(lines[i], ":", 4);

		if (g_strv_length(fields) >= 3 && g_str_equal(fields[0], "libvirt"))
			return g_ascii_string_to_unsigned(fields[2], 10, 0, G_MAXUINT32, gid, NULL);
	}
	return FALSE;
}

void host_judge_rights_of(const struct rule *rule, const struct machine *machine,
			  const struct host_user *user, GPtrArray *findings)
{
	struct finding *finding;
	guint64 gid = 0;

	if (user->uid == 0 || machine->tools->libvirtd == NULL || !libvirt_group(machine, &gid))
		return;
	for (gsize i = 0; i < user->n_groups; i++) {
		if (user->groups[i] == gid)
			return;
	}
	finding = finding_add(findings, rule, "you");
	finding->evidence = g_strdup_printf("user %u is not root and not in the group libvirt",
					    (guint)user->uid);
	finding->message = g_strdup(
		"libvirt asks for a password, or refuses, whenever a guest is "
		"made or looked at.");
	finding->fix = g_strdup(
		"Join the group, then log out and in again:\n"
		"sudo usermod -aG libvirt \"$USER\"");
}

static void judge_rights(const struct rule *rule, const struct machine *machine,
			 GPtrArray *findings)
{
	gid_t groups[1024];
	int n_groups = getgroups(G_N_ELEMENTS(groups), groups);
	const struct host_user user = { geteuid(), groups, n_groups < 0 ? 0 : (gsize)n_groups };

	/* Whoever looks at a folder or a recording is no user of that machine. */
	if (root_is_live(machine->root))
		host_judge_rights_of(rule, machine, &user, findings);
}

static gboolean has_sound_server(const struct desktop *desktop)
{
	for (guint i = 0; i < desktop->audio->len; i++) {
		const struct audio *audio = &g_array_index(desktop->audio, struct audio, i);

		if (audio->pipewire == KNOWN_YES || audio->pulse == KNOWN_YES)
			return TRUE;
	}
	return FALSE;
}

static void judge_qemu_sound(const struct rule *rule, const struct machine *machine,
			     GPtrArray *findings)
{
	struct finding *finding;

	if (machine->tools->qemu_pipewire != KNOWN_NO || machine->tools->qemu_pulse != KNOWN_NO ||
	    !has_sound_server(machine->desktop))
		return;
	finding = finding_add(findings, rule, "QEMU");
	finding->evidence = g_strdup("QEMU's modules have neither audio-pipewire nor audio-pa");
	finding->message = g_strdup(
		"A guest's sound can come out of its card's own outputs only, "
		"not of the desktop's.");
	finding->fix = advice_for(machine, ADVICE_SOUND);
}

static const struct rule rules[] = {
	{ "HS-02", SEVERITY_BROKEN, 'V', "the kernel has VFIO",
	  "vfio_pci takes devices from the host, vfio_iommu_type1 maps a guest's memory for them.",
	  "install a kernel with VFIO", "Linux drivers/vfio/Kconfig", judge_modules },
	{ "HS-03", SEVERITY_BROKEN, 'V', "QEMU is installed", "It is the guest's machine.",
	  "install QEMU", "QEMU docs/system/introduction.rst", judge_qemu },
	{ "HS-04", SEVERITY_BROKEN, 'V', "libvirt is installed",
	  "Guests are libvirt domains, so that virt-manager and virsh stay usable beside us.",
	  "install libvirt", "libvirt docs/daemons.rst", judge_libvirt },
	{ "HS-05", SEVERITY_BROKEN, 'V', "libvirt runs",
	  "Its socket answers when the daemon runs, or starts it.", "start libvirt",
	  "libvirt docs/daemons.rst", judge_libvirt_running },
	{ "HS-06", SEVERITY_BROKEN, 'V', "libvirt's default network is defined",
	  "New guests reach the world through it.", "define libvirt's default network",
	  "libvirt docs/formatnetwork.rst", judge_network },
	{ "HS-08", SEVERITY_BROKEN, 'V', "UEFI firmware for guests is installed",
	  "libvirt chooses it by the descriptions in /usr/share/qemu/firmware.",
	  "install the guests' UEFI firmware",
	  "QEMU docs/interop/firmware.json, libvirt docs/kbase/secureboot.rst",
	  judge_uefi_firmware },
	{ "HS-07", SEVERITY_RISKY, 'V', "libvirt's default network is active",
	  "libvirt starts no guest whose network is inactive.", "start libvirt's default network",
	  "libvirt docs/formatnetwork.rst", judge_network_active },
	{ "HS-09", SEVERITY_RISKY, 'V', "the hook is installed",
	  "libvirt calls it when a guest has ended, in whatever way, and it brings the card back.",
	  "install the hook", "libvirt docs/hooks.rst", judge_hook },
	{ "HS-10", SEVERITY_STYLE, 'V', "you may talk to libvirt",
	  "Members of the group libvirt need no password for making and starting guests.",
	  "join the group libvirt", "libvirt docs/auth.rst", judge_rights },
	{ "HS-17", SEVERITY_STYLE, 'V', "QEMU can play into the desktop's sound server",
	  "Each way of playing is a module of QEMU's, and distributions leave it to you.",
	  "install QEMU's module for PipeWire", "QEMU meson.build (audio modules)",
	  judge_qemu_sound },
};

const struct rule_set host_rules_tools = { rules, G_N_ELEMENTS(rules) };
