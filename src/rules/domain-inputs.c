/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "rules/domain.h"

/* Keyboards and mice by evdev, as libvirt's element or by hand. */

struct evdev {
	const struct element *element;
	char *path;
	gboolean grab_all, repeat, by_hand;
};

static void evdev_clear(gpointer data)
{
	g_free(((struct evdev *)data)->path);
}

static void add_element(struct judging *judging, GArray *devices, const struct element *input)
{
	const char *path = document_text(judging->document, input, "source/@dev");
	const char *grab = document_text(judging->document, input, "source/@grab");
	const char *repeat = document_text(judging->document, input, "source/@repeat");
	struct evdev device = { .element = input,
				.path = g_strdup(path),
				.grab_all = g_strcmp0(grab, "all") == 0,
				.repeat = g_strcmp0(repeat, "on") == 0 };

	g_array_append_val(devices, device);
}

/* "input-linux,id=kbd1,evdev=/dev/input/event10,grab_all=on,repeat=on" */
static void add_argument(struct judging *judging, GArray *devices, const struct element *argument)
{
	const char *value = element_attribute(judging->document, argument, "value");
	g_auto(GStrv) options = g_strsplit(value, ",", 32);
	struct evdev device = { .element = argument, .by_hand = TRUE };

	for (guint i = 0; options[i] != NULL; i++) {
		if (device.path == NULL && g_str_has_prefix(options[i], "evdev="))
			device.path = g_strdup(options[i] + strlen("evdev="));
		device.grab_all |= g_str_equal(options[i], "grab_all=on") ||
				   g_str_equal(options[i], "grab_all=yes") ||
				   g_str_equal(options[i], "grab_all=true");
		device.repeat |= g_str_has_prefix(options[i], "repeat=on") ||
				 g_str_has_prefix(options[i], "repeat=yes");
	}
	g_array_append_val(devices, device);
}

static GArray *evdevs(struct judging *judging)
{
	g_autoptr(GPtrArray) inputs =
		document_find(judging->document, NULL, "devices/input[@type='evdev']");
	g_autoptr(GPtrArray) arguments =
		document_find(judging->document, NULL,
			      "qemu:commandline/qemu:arg[starts-with(@value, 'input-linux')]");
	GArray *devices = g_array_new(FALSE, FALSE, sizeof(struct evdev));

	g_array_set_clear_func(devices, evdev_clear);
	for (guint i = 0; i < inputs->len; i++)
		add_element(judging, devices, g_ptr_array_index(inputs, i));
	for (guint i = 0; i < arguments->len; i++)
		add_argument(judging, devices, g_ptr_array_index(arguments, i));
	return devices;
}

static void judge_grab(const struct domain_rule *rule, struct judging *judging)
{
	g_autoptr(GArray) devices = evdevs(judging);
	guint grabs = 0;

	for (guint i = 0; i < devices->len; i++)
		grabs += g_array_index(devices, struct evdev, i).grab_all ? 1 : 0;
	if (devices->len < 2 || grabs == 1)
		return;
	finding_say(
		domain_blame(rule, judging, g_array_index(devices, struct evdev, 0).element),
		grabs == 0
			? "No device takes the others with it: the keys switch the keyboard, and "
			  "the mouse stays where it is."
			: "%u devices grab all: the switch passes over those, and a mouse among "
			  "them stays in the guest.",
		grabs);
}

static void judge_unstable(const struct domain_rule *rule, struct judging *judging)
{
	g_autoptr(GArray) devices = evdevs(judging);

	for (guint i = 0; i < devices->len; i++) {
		const struct evdev *device = &g_array_index(devices, struct evdev, i);

		if (device->path != NULL && g_str_has_prefix(device->path, "/dev/input/event"))
			domain_blame(rule, judging, device->element);
	}
}

/* The nodes of the old mouse and joystick interfaces stand beside those of evdev. */
static gboolean is_legacy(const char *path)
{
	static const char *const prefixes[] = { "/dev/input/mouse", "/dev/input/mice",
						"/dev/input/js" };

	for (gsize i = 0; i < G_N_ELEMENTS(prefixes); i++) {
		if (g_str_has_prefix(path, prefixes[i]))
			return TRUE;
	}
	if (!g_str_has_prefix(path, "/dev/input/by-"))
		return FALSE;
	return (g_str_has_suffix(path, "-mouse") && !g_str_has_suffix(path, "-event-mouse")) ||
	       (g_str_has_suffix(path, "-joystick") && !g_str_has_suffix(path, "-event-joystick"));
}

static void judge_legacy(const struct domain_rule *rule, struct judging *judging)
{
	g_autoptr(GArray) devices = evdevs(judging);

	for (guint i = 0; i < devices->len; i++) {
		const struct evdev *device = &g_array_index(devices, struct evdev, i);

		if (device->path != NULL && is_legacy(device->path))
			domain_blame(rule, judging, device->element);
	}
}

static void judge_repeat(const struct domain_rule *rule, struct judging *judging)
{
	g_autoptr(GArray) devices = evdevs(judging);

	for (guint i = 0; i < devices->len; i++) {
		const struct evdev *device = &g_array_index(devices, struct evdev, i);

		if (device->path != NULL && !device->repeat && device->grab_all &&
		    strstr(device->path, "kbd") != NULL)
			domain_blame(rule, judging, device->element);
	}
}

#define QEMU_INPUT "QEMU ui/input-linux.c"

static const struct domain_rule table[] = {
	{ .rule = { "IN-01", SEVERITY_OBSOLETE, 'V', "evdev by libvirt's own element",
		    "libvirt opens the way for it: cgroup, labels, the private /dev.", NULL,
		    "libvirt docs/formatdomain.rst, src/qemu/qemu_cgroup.c" },
	  .rule.versions = "libvirt 7.4",
	  .find = "qemu:commandline/qemu:arg[starts-with(@value, 'input-linux')]",
	  .message = "By hand QEMU gets this device past libvirt's cgroup and labels, and "
		     "cgroup_device_acl has to be edited for it.",
	  .fix = "<input type='evdev'><source dev='/dev/input/by-id/…-event-kbd' grab='all' "
		 "grabToggle='ctrl-ctrl' repeat='on'/></input>" },
	{ .rule = { "IN-01", SEVERITY_BROKEN, 'V', "an evdev input has a path",
		    "There is nothing to open without one.", NULL,
		    "libvirt src/conf/domain_conf.c" },
	  .find = "devices/input[@type='evdev'][not(source/@dev)]",
	  .message = "The path is missing: libvirt refuses.",
	  .fix = "<source dev='/dev/input/by-id/…-event-kbd'/>" },
	{ .rule = { "IN-02", SEVERITY_RISKY, 'V', "one device grabs all",
		    "The switch goes from the device that grabs all to those that do not.", NULL,
		    QEMU_INPUT },
	  .needs = DOMAIN_EVDEV,
	  .judge = judge_grab,
	  .message = "Exactly one device should grab all.",
	  .fix = "grab='all' on the keyboard, and on it alone" },
	{ .rule = { "IN-03", SEVERITY_STYLE, 'V', "the keyboard repeats",
		    "Repeated keys are dropped unless asked for.", NULL, QEMU_INPUT },
	  .needs = DOMAIN_EVDEV,
	  .judge = judge_repeat,
	  .message = "Held keys do not repeat in the guest.",
	  .fix = "repeat='on' on the keyboard" },
	{ .rule = { "IN-04", SEVERITY_RISKY, 'V', "inputs have paths that last",
		    "The kernel numbers event devices as it finds them.", NULL,
		    "ArchWiki; " QEMU_INPUT },
	  .needs = DOMAIN_EVDEV,
	  .judge = judge_unstable,
	  .message = "eventN can be another device after the next boot or replug.",
	  .fix = "The same device's path below /dev/input/by-id that has -event- in it" },
	{ .rule = { "IN-04", SEVERITY_BROKEN, 'V', "inputs are event devices",
		    "The old mouse interface has nodes beside evdev's.", NULL, QEMU_INPUT },
	  .needs = DOMAIN_EVDEV,
	  .judge = judge_legacy,
	  .message = "This is not an event device: QEMU does not start.",
	  .fix = "The path with -event- in it" },
	{ .rule = { "IN-07", SEVERITY_STYLE, 'V', "no tablet beside evdev",
		    "A tablet's absolute position takes the pointer from a relative mouse.", NULL,
		    "ArchWiki; Looking Glass documentation" },
	  .needs = DOMAIN_EVDEV,
	  .find = "devices/input[@type='tablet']",
	  .message = "The tablet takes the pointer away from the mouse.",
	  .fix = "Take the tablet out." },
};

const struct domain_rules domain_input_rules = DOMAIN_RULES(table);
