/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "core/error.h"
#include "machine/displays.h"
#include "machine/inputs.h"
#include "rules/host.h"

/* The seat: keyboards that somebody holds, sound, and the monitors' own switches. */

#define SEAT_FILE "etc/hotseat/seat0.conf"

/* Does the seat have already what programs make of keyboards? */
static gboolean seat_has_programs(const struct root *root)
{
	g_autofree char *text = root_read(root, NULL, SEAT_FILE);
	g_autoptr(GKeyFile) file = g_key_file_new();

	return text != NULL &&
	       g_key_file_load_from_data(file, text, strlen(text), G_KEY_FILE_NONE, NULL) &&
	       g_key_file_has_key(file, "seat", "programs", NULL);
}

static void judge_grabber(const struct rule *rule, const struct machine *machine,
			  GPtrArray *findings)
{
	const struct process *process = desktop_process(machine->desktop, PROCESS_GRABBER);
	g_autoptr(GPtrArray) inputs = process == NULL ? NULL : inputs_read(machine->root, NULL);
	g_autofree char *programs = inputs == NULL ? NULL : inputs_programs(inputs);
	char *fix;

	if (process == NULL || seat_has_programs(machine->root))
		return;
	fix = programs == NULL
		      ? g_strdup(
				"Give the guest the virtual keyboard that it makes, or let it "
				"leave the guest's keyboard alone.")
		      : g_strdup_printf(
				"Give the seat what it makes: write \"programs=%s\" below "
				"[seat] in /" SEAT_FILE,
				programs);
	host_say(findings, rule, process->name,
		 g_strdup_printf("%s (%d) runs", process->name, process->pid),
		 "It keeps keyboards to itself and passes on what it likes. A guest that is given "
		 "such a keyboard hears nothing, and no error is shown.",
		 fix);
}

/* acl_of - what stands between the brackets of cgroup_device_acl, comments out; NULL: not set */
static char *acl_of(const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	g_autoptr(GString) list = NULL;

	for (guint i = 0; lines[i] != NULL; i++) {
		char *line = g_strstrip(lines[i]);

		if (list == NULL && g_str_has_prefix(line, "cgroup_device_acl"))
			list = g_string_new(NULL);
		if (list == NULL || line[0] == '#')
			continue;
		g_string_append(list, line);
		if (strchr(line, ']') != NULL)
			break;
	}
	return list == NULL ? NULL : g_string_free(g_steal_pointer(&list), FALSE);
}

/* qemu_conf - its text; NULL with *@denied if only root may read it */
static char *qemu_conf(const struct machine *machine, gboolean *denied)
{
	g_autoptr(GError) error = NULL;
	char *text = root_read(machine->root, &error, "etc/libvirt/qemu.conf");

	*denied = hotseat_error_is(error, HOTSEAT_ERROR_DENIED);
	return text;
}

static void judge_device_list(const struct rule *rule, const struct machine *machine,
			      GPtrArray *findings)
{
	/* libvirt src/qemu/qemu_cgroup.c, defaultDeviceACL */
	static const char *const defaults[] = { "/dev/null",   "/dev/full",       "/dev/zero",
						"/dev/random", "/dev/urandom",    "/dev/ptmx",
						"/dev/kvm",    "/dev/userfaultfd" };
	gboolean denied = FALSE;
	g_autofree char *text = qemu_conf(machine, &denied);
	g_autofree char *list = text == NULL ? NULL : acl_of(text);

	if (denied)
		host_add_unknown(rule, findings, "qemu.conf",
				 "/etc/libvirt/qemu.conf can be read by root only");
	for (gsize i = 0; list != NULL && i < G_N_ELEMENTS(defaults); i++) {
		g_autofree char *quoted = g_strdup_printf("\"%s\"", defaults[i]);

		if (strstr(list, quoted) != NULL)
			continue;
		host_say(findings, rule, "qemu.conf",
			 g_strdup_printf("cgroup_device_acl in /etc/libvirt/qemu.conf lacks %s",
					 defaults[i]),
			 "The list replaces libvirt's own, and guests miss what it leaves out. "
			 "Keyboards and mice need no entry in it any more.",
			 g_strdup("Comment the whole list out, then:\n"
				  "sudo systemctl restart libvirtd"));
		return;
	}
}

static void judge_relaxed_acs(const struct rule *rule, const struct machine *machine,
			      GPtrArray *findings)
{
	gboolean denied = FALSE;
	g_autofree char *text = qemu_conf(machine, &denied);

	/* who may not read it was told so by the rule above */
	if (text == NULL ||
	    !g_regex_match_simple("^\\s*relaxed_acs_check\\s*=\\s*1", text, G_REGEX_MULTILINE, 0))
		return;
	host_say(findings, rule, "qemu.conf",
		 g_strdup("/etc/libvirt/qemu.conf has relaxed_acs_check = 1"),
		 "It quietens an old check of libvirt's. The kernel's groups decide, and it does "
		 "not change them.",
		 g_strdup("Comment it out."));
}

static void judge_sound(const struct rule *rule, const struct machine *machine, GPtrArray *findings)
{
	const GArray *audio = machine->desktop->audio;

	for (guint i = 0; i < audio->len; i++) {
		const struct audio *user = &g_array_index(audio, struct audio, i);
		g_autofree char *subject = g_strdup_printf("user %u", user->uid);

		/* below are the users of services, such as a login screen's */
		if (user->uid < 1000 || user->pipewire != KNOWN_NO || user->pulse != KNOWN_NO)
			continue;
		host_say(
			findings, rule, subject,
			g_strdup_printf("/run/user/%u has neither pipewire-0 nor pulse/native",
					user->uid),
			"No sound server runs for this user, so a guest's sound would have to come "
			"out of the lent card's own output.",
			g_strdup("systemctl --user enable --now pipewire pipewire-pulse"));
	}
}

static void judge_scream(const struct rule *rule, const struct machine *machine,
			 GPtrArray *findings)
{
	const struct process *process = desktop_process(machine->desktop, PROCESS_SCREAM);

	if (process == NULL)
		return;
	host_say(
		findings, rule, process->name,
		g_strdup_printf("%s (%d) runs", process->name, process->pid),
		"QEMU itself can play into PipeWire today, with less delay and without a driver in "
		"the guest.",
		g_strdup("Use the guest's own sound card, as hotseat new sets it up."));
}

static gboolean is_cable(const struct connector *connector)
{
	return connector->connected == KNOWN_YES && !connector_link(connector)->inside;
}

typedef gboolean connector_test(const struct machine *machine, const struct hardware *hardware,
				const struct connector *connector);

/* The first monitor on a cable for which the test holds. */
static const struct connector *find_monitor(const struct machine *machine, connector_test *test)
{
	for (guint i = 0; i < machine->hardware->len; i++) {
		const struct hardware *hardware = g_ptr_array_index(machine->hardware, i);

		for (guint j = 0; j < hardware->connectors->len; j++) {
			const struct connector *connector =
				g_ptr_array_index(hardware->connectors, j);

			if (is_cable(connector) && test(machine, hardware, connector))
				return connector;
		}
	}
	return NULL;
}

static gboolean any_monitor(const struct machine *machine, const struct hardware *hardware,
			    const struct connector *connector)
{
	return TRUE;
}

static gboolean is_lg(const struct machine *machine, const struct hardware *hardware,
		      const struct connector *connector)
{
	return connector->edid != NULL && g_str_equal(connector->edid->manufacturer, "GSM");
}

/* Another connector of a card on NVIDIA's driver says exactly the same. */
static gboolean is_nvidia_twin(const struct machine *machine, const struct hardware *hardware,
			       const struct connector *connector)
{
	if (connector->edid_hash == NULL ||
	    !host_has_driver(card_display(hardware->card), "nvidia"))
		return FALSE;
	for (guint i = 0; i < hardware->connectors->len; i++) {
		const struct connector *other = g_ptr_array_index(hardware->connectors, i);

		if (other != connector && is_cable(other) &&
		    g_strcmp0(other->edid_hash, connector->edid_hash) == 0)
			return TRUE;
	}
	return FALSE;
}

static const char *monitor_name(const struct connector *connector)
{
	return connector->edid != NULL && connector->edid->name != NULL ? connector->edid->name
									: "a monitor";
}

static void judge_i2c(const struct rule *rule, const struct machine *machine, GPtrArray *findings)
{
	const struct connector *monitor = find_monitor(machine, any_monitor);

	if (monitor == NULL || root_exists(machine->root, "sys/class/i2c-dev") ||
	    kernel_module_state(machine->root, machine->kernel, "i2c_dev") != MODULE_AVAILABLE)
		return;
	host_say(findings, rule, monitor->name, g_strdup("the module i2c_dev is not loaded"),
		 "Without it no program can switch a monitor's input, and the button must.",
		 g_strdup("echo i2c-dev | sudo tee /etc/modules-load.d/i2c-dev.conf\n"
			  "sudo modprobe i2c-dev"));
}

static void judge_lg(const struct rule *rule, const struct machine *machine, GPtrArray *findings)
{
	const struct connector *monitor = find_monitor(machine, is_lg);

	if (monitor == NULL)
		return;
	host_say(findings, rule, monitor->name,
		 g_strdup_printf("%s is by LG", monitor_name(monitor)),
		 "Many LG monitors do not switch inputs by the usual command and want another one. "
		 "If nothing happens at a switch, that is why.",
		 NULL);
}

static void judge_twin_monitors(const struct rule *rule, const struct machine *machine,
				GPtrArray *findings)
{
	const struct connector *monitor = find_monitor(machine, is_nvidia_twin);

	if (monitor == NULL)
		return;
	host_say(
		findings, rule, monitor->name,
		g_strdup_printf("%s is there twice, and NVIDIA's driver runs both",
				monitor_name(monitor)),
		"Monitors that say exactly the same of themselves are mixed up on this driver when "
		"their inputs are switched.",
		g_strdup("Check after the first switch that the right one moved."));
}

static void judge_ddc_users(const struct rule *rule, const struct machine *machine,
			    GPtrArray *findings)
{
	const struct process *process = desktop_process(machine->desktop, PROCESS_DDC);

	if (process == NULL || !root_exists(machine->root, "sys/class/i2c-dev") ||
	    find_monitor(machine, any_monitor) == NULL)
		return;
	host_say(findings, rule, process->name,
		 g_strdup_printf("%s (%d) runs, and i2c-dev is there", process->name, process->pid),
		 "It talks to the same monitors. Where a switch fails now and then, this is a "
		 "likely cause.",
		 NULL);
}

static const struct rule rules[] = {
	{ "IN-08", SEVERITY_RISKY, 'V', "no program keeps keyboards to itself",
	  "Only one program can have an input device for itself. QEMU's own try fails silently.",
	  "let the remapper leave the keyboard alone", "QEMU ui/input-linux.c", judge_grabber },
	{ "IN-09", SEVERITY_RISKY, 'V', "libvirt's list of devices is whole",
	  "cgroup_device_acl replaces the default list. Lists from old guides lack newer entries.",
	  "drop cgroup_device_acl", "libvirt src/qemu/qemu_cgroup.c", judge_device_list },
	{ "AU-11", SEVERITY_OBSOLETE, 'D', "sound goes through QEMU",
	  "Scream carried sound over the network when QEMU's own way crackled.", "drop Scream",
	  "ArchWiki PCI passthrough via OVMF", judge_scream },
	{ "GR-10", SEVERITY_STYLE, 'V', "libvirt's ACS check is as it comes",
	  "relaxed_acs_check is about a check that VFIO's groups have made moot.",
	  "drop relaxed_acs_check", "libvirt src/util/virpci.c", judge_relaxed_acs },
	{ "AU-08", SEVERITY_STYLE, 'U', "the user's sound server runs",
	  "A guest finds the user's sound server by its socket, when it starts.", "start PipeWire",
	  "none: experience", judge_sound },
	{ "DD-05", SEVERITY_STYLE, 'V', "monitors can be talked to",
	  "The input of a monitor is switched over the I2C wires of its cable, which programs "
	  "reach "
	  "through i2c-dev.",
	  "load i2c-dev", "ddcutil data/usr/lib/udev/rules.d, data/usr/lib/modules-load.d",
	  judge_i2c },
	{ "DD-03", SEVERITY_STYLE, 'C', "the monitor switches by the usual command",
	  "LG's service command is F4, sent from another source address, with values of its own.",
	  "expect LG's own command", "github.com/rockowitz/ddcutil issues 100, 612", judge_lg },
	{ "DD-08", SEVERITY_STYLE, 'V', "monitors on NVIDIA's driver can be told apart",
	  "The driver offers buses that are told apart by what the monitors say.",
	  "check which monitor moves", "ddcutil CHANGELOG and man page", judge_twin_monitors },
	{ "DD-11", SEVERITY_STYLE, 'V', "nobody else talks to the monitors",
	  "Programs that set brightness share the bus. ddcutil locks it against other ddcutils.",
	  "stop the other program", "ddcutil man page", judge_ddc_users },
};

const struct rule_set host_rules_desktop = { rules, G_N_ELEMENTS(rules) };
