/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "machine/desktop.h"
#include "manifest.h"

static void test_known(void)
{
	autoptr(manifest) manifest = manifest_build(
		"proc/1/comm = systemd\nproc/900/comm = nvidia-persiste\nproc/901/comm = "
		"gnome-shell\nproc/902/comm = input-remapper-\nproc/903/comm = keyder\n"
		"proc/self/comm = gnome-shell\n"
		"sys/class/vtconsole/vtcon0/name = (S) dummy device\n"
		"sys/class/vtconsole/vtcon0/bind = 0\n"
		"sys/class/vtconsole/vtcon1/name = (M) frame buffer device\n"
		"sys/class/vtconsole/vtcon1/bind = 1\n"
		"dir sys/bus/platform/devices/simple-framebuffer.0\n"
		"run/user/1000/pipewire-0 = socket\nrun/user/1000/pulse/native = socket\n"
		"dir run/user/110\n");
	autoptr(desktop) desktop = desktop_read(manifest->root);
	const struct console *console;
	const struct audio *audio;

	g_assert_cmpuint(desktop->processes->len, ==, 3);
	g_assert_cmpint(desktop->listed, ==, KNOWN_YES);
	/* the kernel cuts names after 15 characters; people do not */
	g_assert_cmpstr(desktop_process(desktop, PROCESS_PERSISTENCE)->name, ==,
			"nvidia-persistenced");
	g_assert_cmpint(desktop_process(desktop, PROCESS_GRABBER)->pid, ==, 902);
	g_assert_null(desktop_process(desktop, PROCESS_SCREAM));
	g_assert_true(desktop_is_compositor("gnome-shell"));
	g_assert_false(desktop_is_compositor("gnome-shell-cal"));
	g_assert_cmpuint(desktop->consoles->len, ==, 2);
	console = g_ptr_array_index(desktop->consoles, 1);
	g_assert_true(console->framebuffer);
	g_assert_cmpint(console->bound, ==, KNOWN_YES);
	g_assert_cmpstr(desktop->boot_framebuffer, ==, "simple-framebuffer.0");
	g_assert_cmpuint(desktop->audio->len, ==, 2);
	audio = &g_array_index(desktop->audio, struct audio, 1);
	g_assert_cmpuint(audio->uid, ==, 1000);
	g_assert_cmpint(audio->pipewire, ==, KNOWN_YES);
	g_assert_cmpint(audio->pulse, ==, KNOWN_YES);
	audio = &g_array_index(desktop->audio, struct audio, 0);
	g_assert_cmpint(audio->pipewire, ==, KNOWN_NO);
}

static void test_not_known(void)
{
	autoptr(manifest) manifest = manifest_build("dir sys\n");
	autoptr(desktop) desktop = desktop_read(manifest->root);

	g_assert_cmpint(desktop->listed, ==, NOT_KNOWN);
	g_assert_cmpuint(desktop->processes->len, ==, 0);
	g_assert_null(desktop->boot_framebuffer);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/desktop/known", test_known);
	g_test_add_func("/desktop/not-known", test_not_known);
	return g_test_run();
}
