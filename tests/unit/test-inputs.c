/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "cli/commands.h"
#include "cli/watch.h"
#include "core/error.h"
#include "machine/inputs.h"
#include "manifest.h"

static const struct input *find(const GPtrArray *inputs, const char *event)
{
	for (guint i = 0; i < inputs->len; i++) {
		const struct input *input = g_ptr_array_index(inputs, i);

		if (g_str_equal(input->event, event))
			return input;
	}
	g_error("no %s", event);
}

/* Kinds go by what a node can do, never by its name. */
static void test_kinds(void)
{
	static const struct {
		const char *event;
		enum input_kind kind;
		gboolean virtual_device;
	} cases[] = {
		{ "event0", INPUT_OTHER, FALSE },    /* power button */
		{ "event1", INPUT_KEYBOARD, FALSE }, /* gaming keyboard */
		{ "event2", INPUT_MORE, FALSE },     /* its media keys */
		{ "event3", INPUT_MOUSE, FALSE },    /* gaming mouse */
		{ "event4", INPUT_KEYBOARD, FALSE }, /* the mouse's macro keys */
		{ "event10", INPUT_OTHER, FALSE },   /* HDMI jack */
		{ "event11", INPUT_KEYBOARD, TRUE }, /* keyd */
	};
	autoptr(manifest) manifest = manifest_build_file("intel-desktop");
	g_autoptr(GPtrArray) inputs = inputs_read(manifest->root, NULL);

	g_assert_cmpuint(inputs->len, ==, G_N_ELEMENTS(cases));
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		const struct input *input = g_ptr_array_index(inputs, i);

		g_assert_cmpstr(input->event, ==, cases[i].event);
		g_assert_cmpint(input->kind, ==, cases[i].kind);
		g_assert_cmpint(input->virtual_device, ==, cases[i].virtual_device);
	}
}

static struct input *made_by_program(const char *name, enum input_kind kind)
{
	struct input *input = g_new0(struct input, 1);

	input->stable_path = g_build_filename("/dev/input/by-program", name, NULL);
	input->kind = kind;
	input->virtual_device = TRUE;
	return input;
}

/* IN-04: the path of the event node, not of the old mouse node beside it. */
static void test_stable_paths(void)
{
	autoptr(manifest) manifest = manifest_build_file("intel-desktop");
	g_autoptr(GPtrArray) inputs = inputs_read(manifest->root, NULL);

	g_assert_cmpstr(find(inputs, "event1")->stable_path, ==,
			"/dev/input/by-id/usb-Example_Gaming_Keyboard-event-kbd");
	g_assert_cmpstr(find(inputs, "event3")->stable_path, ==,
			"/dev/input/by-id/usb-Example_Gaming_Mouse-event-mouse");
	g_assert_cmpstr(find(inputs, "event4")->stable_path, ==,
			"/dev/input/by-path/pci-0000:00:14.0-usb-0:4:1.1-event-kbd");
	g_assert_null(find(inputs, "event0")->stable_path);
	g_assert_cmpstr(find(inputs, "event11")->stable_path, ==,
			"/dev/input/by-program/keyd_virtual_keyboard");
	g_assert_cmpstr(find(inputs, "event3")->name, ==, "Example Gaming Mouse");
	/* the macro keys belong to the mouse */
	g_assert_cmpstr(find(inputs, "event3")->phys, ==, find(inputs, "event4")->phys);
	g_assert_cmpstr(find(inputs, "event3")->phys, ==, "usb-0000:00:14.0-4");
}

/* What a seat can have in place of keyboards that a program keeps; mice alone replace none. */
static void test_programs(void)
{
	autoptr(manifest) manifest = manifest_build_file("intel-desktop");
	g_autoptr(GPtrArray) inputs = inputs_read(manifest->root, NULL);
	g_autofree char *keyboard = inputs_programs(inputs);
	g_autofree char *both = NULL;

	g_assert_cmpstr(keyboard, ==, "keyd_virtual_keyboard");
	g_ptr_array_add(inputs, made_by_program("keyd_virtual_pointer", INPUT_MOUSE));
	g_ptr_array_add(inputs, made_by_program("lid", INPUT_OTHER));
	both = inputs_programs(inputs);
	g_assert_cmpstr(both, ==, "keyd_virtual_keyboard;keyd_virtual_pointer");
	g_ptr_array_set_size(inputs, 0);
	g_ptr_array_add(inputs, made_by_program("keyd_virtual_pointer", INPUT_MOUSE));
	g_assert_null(inputs_programs(inputs));
}

static enum input_kind kind_of(const char *bits)
{
	g_autofree char *text = g_strdup_printf(
		"proc/bus/input/devices = N: Name=\"x\"\\nH: Handlers=event5 \\n"
		"S: Sysfs=/devices/virtual/misc/uhid/0005:1.2/input/input3\\n%s\n",
		bits);
	autoptr(manifest) manifest = manifest_build(text);
	g_autoptr(GPtrArray) inputs = inputs_read(manifest->root, NULL);
	const struct input *input = g_ptr_array_index(inputs, 0);

	/* Bluetooth devices live below virtual/ and are real */
	g_assert_false(input->virtual_device);
	return input->kind;
}

static void test_odd_devices(void)
{
	/* touchpad: BTN_TOUCH and absolute axes */
	g_assert_cmpint(kind_of("B: KEY=e520 10000 0 0 0 0\\nB: ABS=661800011000003"), ==,
			INPUT_OTHER);
	/* remote control: some keys, no letters */
	g_assert_cmpint(kind_of("B: KEY=fff 0 0 4200000000000000 108fc210"), ==, INPUT_OTHER);
	/* trackpoint: a mouse with three buttons */
	g_assert_cmpint(kind_of("B: KEY=70000 0 0 0 0\\nB: REL=3"), ==, INPUT_MOUSE);
	/* a wheel alone is no mouse */
	g_assert_cmpint(kind_of("B: KEY=70000 0 0 0 0\\nB: REL=100"), ==, INPUT_OTHER);
	/* pens and touch: where they are is not passed, so a relay must not take them */
	g_assert_cmpint(kind_of("B: KEY=400 1f0000 0 0 0 0\\nB: REL=1943\\nB: ABS=1000003"), ==,
			INPUT_OTHER);
	g_assert_cmpint(kind_of("B: KEY=c03 0 7 ff9f207ac14057ff febeffdfffefffff "
				"fffffffffffffffe\\nB: ABS=1000003"),
			==, INPUT_OTHER);
	/* a trackpoint that says that it knows places, as some keyboards do */
	g_assert_cmpint(kind_of("B: KEY=70000 0 0 0 0\\nB: REL=3\\nB: ABS=7"), ==, INPUT_MOUSE);
	/* media keys of nothing */
	g_assert_cmpint(kind_of("P: Phys=usb-1/input3\\nB: KEY=e000000000000 0"), ==, INPUT_OTHER);
	/* wireless keyboard with a pad, all in one node */
	g_assert_cmpint(kind_of("B: KEY=70000 0 0 7 ff9f207ac14057ff febeffdfffefffff "
				"fffffffffffffffe\\nB: REL=1943"),
			==, INPUT_KEYBOARD);
	g_assert_cmpint(kind_of("B: KEY=rubbish"), ==, INPUT_OTHER);
}

#define KEYS "B: KEY=7 ff9f207ac14057ff febeffdfffefffff fffffffffffffffe\\n\\n"
#define MEDIA "B: KEY=e000000000000 0\\n\\n"

/*
 * Two Bluetooth keyboards on one radio, and a headset there, whose keys are no keyboard's; none of
 * them has a name by udev's own rules.
 */
static void test_bluetooth(void)
{
	static const enum input_kind kinds[] = { INPUT_KEYBOARD, INPUT_MORE, INPUT_KEYBOARD,
						 INPUT_OTHER };
	autoptr(manifest) manifest = manifest_build(
		"proc/bus/input/devices = "
		"P: Phys=00:00:5e:00:53:01\\nU: Uniq=00:00:5e:00:53:02\\nH: Handlers=event0 "
		"\\n" KEYS
		"P: Phys=00:00:5e:00:53:01\\nU: Uniq=00:00:5e:00:53:02\\nH: Handlers=event1 "
		"\\n" MEDIA
		"P: Phys=00:00:5e:00:53:01\\nU: Uniq=00:00:5e:00:53:03\\nH: Handlers=event2 "
		"\\n" KEYS
		"P: Phys=00:00:5e:00:53:01\\nU: Uniq=00:00:5e:00:53:04\\nH: Handlers=event3 "
		"\\n" MEDIA
		"\n"
		"dev/input/by-device/00:00:5e:00:53:02-Keyboard -> ../event0\n");
	g_autoptr(GPtrArray) inputs = inputs_read(manifest->root, NULL);

	g_assert_cmpuint(inputs->len, ==, G_N_ELEMENTS(kinds));
	for (guint i = 0; i < G_N_ELEMENTS(kinds); i++)
		g_assert_cmpint(((const struct input *)inputs->pdata[i])->kind, ==, kinds[i]);
	g_assert_cmpstr(find(inputs, "event0")->stable_path, ==,
			"/dev/input/by-device/00:00:5e:00:53:02-Keyboard");
	g_assert_cmpstr(find(inputs, "event0")->own_path, ==,
			"/dev/input/by-device/00:00:5e:00:53:02-Keyboard");
	g_assert_true(input_same_device(find(inputs, "event0"), find(inputs, "event1")));
	g_assert_false(input_same_device(find(inputs, "event0"), find(inputs, "event2")));
}

static void test_none(void)
{
	autoptr(manifest) none = manifest_build("dir proc\n");
	autoptr(manifest) odd = manifest_build("dir proc/bus/input/devices\n");
	g_autoptr(GPtrArray) inputs = inputs_read(none->root, NULL);
	g_autoptr(GError) error = NULL;

	g_assert_cmpuint(inputs->len, ==, 0);
	g_assert_null(inputs_read(odd->root, &error));
	g_assert_true(hotseat_error_is(error, HOTSEAT_ERROR_UNREADABLE));
}

/* "hotseat input list": keyboards and mice alone, by the path that lasts. */
static void test_command(void)
{
	autoptr(manifest) manifest = manifest_build_file("intel-desktop");
	g_auto(GStrv) list = g_strsplit("list", " ", -1);
	g_auto(GStrv) watch = g_strsplit("watch", " ", -1);
	const struct invocation invocation = { .root_path = manifest->folder };
	g_autoptr(GError) error = NULL;

	if (g_test_subprocess()) {
		exit(command_input.run(&invocation, list, NULL));
		return;
	}
	g_assert_cmpint(command_input.run(&invocation, watch, &error), ==, -1);
	g_assert_true(hotseat_error_is(error, HOTSEAT_ERROR_USAGE));
	g_test_trap_subprocess(NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
	g_test_trap_assert_passed();
	g_test_trap_assert_stdout(
		"*keyboard   event1 *-event-kbd*more keys  event2 *mouse*event3 *event11*program*");
	g_test_trap_assert_stdout_unmatched("*event0 *");
}

/* Which key it was is for those alone who asked; what a watch shows is copied to strangers. */
static void test_watch(void)
{
	static const struct {
		guint type, code;
		int value;
		const char *plain, *named;
	} cases[] = {
		{ EV_KEY, KEY_A, 1, "key pressed", "key A pressed" },
		{ EV_KEY, KEY_A, 0, "key released", "key A released" },
		{ EV_KEY, KEY_A, 2, NULL, NULL },
		{ EV_KEY, KEY_LEFTCTRL, 1, "key pressed", "key LEFTCTRL pressed" },
		{ EV_KEY, KEY_MAX, 1, "button 767 pressed", "button 767 pressed" },
		{ EV_KEY, 0x2fe, 1, "button 766 pressed", "button 766 pressed" },
		{ EV_KEY, BTN_LEFT, 1, "left button pressed", "left button pressed" },
		{ EV_KEY, BTN_TASK, 0, "task button released", "task button released" },
		{ EV_KEY, BTN_0, 1, "button 256 pressed", "button 256 pressed" },
		{ EV_REL, REL_X, 5, NULL, NULL },
		{ EV_SYN, SYN_REPORT, 0, NULL, NULL },
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		const struct input_event event = { .type = (guint16)cases[i].type,
						   .code = (guint16)cases[i].code,
						   .value = cases[i].value };
		g_autofree char *plain = watch_describe(&event, FALSE);
		g_autofree char *named = watch_describe(&event, TRUE);

		g_assert_cmpstr(plain, ==, cases[i].plain);
		g_assert_cmpstr(named, ==, cases[i].named);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/inputs/kinds", test_kinds);
	g_test_add_func("/inputs/stable-paths", test_stable_paths);
	g_test_add_func("/inputs/programs", test_programs);
	g_test_add_func("/inputs/odd-devices", test_odd_devices);
	g_test_add_func("/inputs/bluetooth", test_bluetooth);
	g_test_add_func("/inputs/none", test_none);
	g_test_add_func("/inputs/watch", test_watch);
	g_test_add_func("/inputs/command", test_command);
	return g_test_run();
}
