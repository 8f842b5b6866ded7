/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <glib/gstdio.h>
#include <unistd.h>

#include "core/error.h"
#include "core/manifest.h"
#include "core/root.h"

struct fixture {
	char *folder;
	struct root *root;
};

static void put(const struct fixture *f, const char *path, const char *text, gssize length)
{
	g_autofree char *full = g_build_filename(f->folder, path, NULL);
	g_autofree char *dir = g_path_get_dirname(full);

	g_assert_cmpint(g_mkdir_with_parents(dir, 0755), ==, 0);
	g_assert_true(g_file_set_contents(full, text, length, NULL));
}

static void link_to(const struct fixture *f, const char *path, const char *target)
{
	g_autofree char *full = g_build_filename(f->folder, path, NULL);

	g_assert_cmpint(symlink(target, full), ==, 0);
}

static void set_up(struct fixture *f, gconstpointer data)
{
	f->folder = g_dir_make_tmp("hotseat-root-XXXXXX", NULL);
	f->root = root_open(f->folder, NULL);
	g_assert_nonnull(f->root);
}

static void tear_down(struct fixture *f, gconstpointer data)
{
	g_autofree char *command = g_strdup_printf("rm -rf '%s'", f->folder);

	root_free(f->root);
	g_assert_cmpint(system(command), ==, 0);
	g_free(f->folder);
}

static void test_reads_text(struct fixture *f, gconstpointer data)
{
	g_autofree char *text = NULL;

	put(f, "sys/a/vendor", "0x8086\n", -1);
	put(f, "proc/1/cmdline", "qemu\0-uuid\0", 11);
	text = root_read(f->root, NULL, "sys/%s/vendor", "a");
	g_assert_cmpstr(text, ==, "0x8086");
	g_clear_pointer(&text, g_free);
	text = root_read(f->root, NULL, "proc/1/cmdline");
	g_assert_cmpstr(text, ==, "qemu\n-uuid");
}

/* Garbage where a number should be must never become a number. */
static void test_numbers_are_whole(struct fixture *f, gconstpointer data)
{
	static const char *const bad[] = { "", "12x", "-1", "0x", "99999999999999999999", " " };
	guint64 number = 7;

	for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autoptr(GError) error = NULL;

		put(f, "n", bad[i], -1);
		g_assert_false(root_read_number(f->root, 0, &number, &error, "n"));
		g_assert_true(hotseat_error_is(error, HOTSEAT_ERROR_UNREADABLE));
		g_assert_cmpuint(number, ==, 7);
	}
	put(f, "n", "0x1af4\n", -1);
	g_assert_true(root_read_number(f->root, 0, &number, NULL, "n"));
	g_assert_cmpuint(number, ==, 0x1af4);
}

/* A stranger's folder must not make us read this machine. */
static void test_links_stay_inside(struct fixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *text = NULL;
	g_autofree char *name = NULL;

	put(f, "etc/hostname", "inside\n", -1);
	link_to(f, "absolute", "/etc/hostname");
	link_to(f, "above", "../../../../../../../../etc/hostname");
	text = root_read(f->root, NULL, "absolute");
	g_assert_cmpstr(text, ==, "inside");
	g_clear_pointer(&text, g_free);
	text = root_read(f->root, NULL, "above");
	g_assert_cmpstr(text, ==, "inside");
	name = root_read_link(f->root, NULL, "above");
	g_assert_cmpstr(name, ==, "hostname");
	g_assert_null(root_read_link(f->root, &error, "etc/hostname"));
}

static void test_absent_is_absent(struct fixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	g_assert_null(root_read(f->root, &error, "sys/none"));
	g_assert_true(hotseat_error_is(error, HOTSEAT_ERROR_ABSENT));
	g_assert_false(root_exists(f->root, "sys/none"));
	g_assert_null(root_list(f->root, NULL, "sys/none"));
}

static void test_lists_in_natural_order(struct fixture *f, gconstpointer data)
{
	g_auto(GStrv) names = NULL;
	autoptr(root) below = NULL;

	put(f, "groups/10/x", "", 0);
	put(f, "groups/2/x", "", 0);
	put(f, "groups/1/x", "", 0);
	names = root_list(f->root, NULL, "groups");
	g_assert_cmpint(g_strv_length(names), ==, 3);
	g_assert_cmpstr(names[0], ==, "1");
	g_assert_cmpstr(names[1], ==, "2");
	g_assert_cmpstr(names[2], ==, "10");
	below = root_enter(f->root, NULL, "groups/%d", 10);
	g_assert_true(root_exists(below, "x"));
	g_assert_false(root_is_live(below));
}

/* A recording is a stranger's text: it must not be able to write anywhere but below its folder. */
static void test_recordings_are_not_trusted(struct fixture *f, gconstpointer data)
{
	static const char *const bad[] = {
		"../escape = x",
		"/etc/escape = x",
		"a/../../escape = x",
		"a//b = x",
		"l -> /tmp\nl/x = 1",
		"config hex 8g",
		"config hex 123",
		"word",
		"dir ../x",
		"dir /x",
		"a = 1\na/b = 2",
		" = x",
		"./a = x",
		"a lists ../x",
		"a lists b/c",
		"a lists ..",
		"a is file",
		"a is wish 644",
		"a is file 77777",
		"a fails",
		"a fails EWHATEVER",
		"| a",
		". = x",
		"l -> /tmp\nl lists x",
		"l -> /tmp\nl/x is file 644",
	};
	g_autofree char *path = g_build_filename(f->folder, "recording", NULL);

	for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autoptr(GError) error = NULL;
		autoptr(root) root = NULL;

		put(f, "recording", bad[i], -1);
		root = root_open(path, &error);
		if (root != NULL)
			g_error("\"%s\" was unpacked", bad[i]);
		g_assert_true(hotseat_error_is(error, HOTSEAT_ERROR_UNREADABLE));
	}
}

static void test_recordings_read_like_folders(struct fixture *f, gconstpointer data)
{
	g_autofree char *path = g_build_filename(f->folder, "recording", NULL);
	g_autofree char *text = NULL;
	g_autofree char *name = NULL;
	g_autofree char *flags = NULL;
	g_autoptr(GBytes) bytes = NULL;
	autoptr(root) root = NULL;

	put(f, "recording",
	    "# hotseat recording 1\n"
	    "sys/bus/x -> ../devices/x\n"
	    "sys/devices/x/vendor = 0x1234\n"
	    "sys/devices/x/vendor = 0x8086\n"
	    "sys/devices/x/config hex 86 80ff\n"
	    "proc/cpuinfo = processor : 0\\nflags : vmx\n"
	    "dir sys/empty\n",
	    -1);
	root = root_open(path, NULL);
	g_assert_nonnull(root);
	text = root_read(root, NULL, "sys/bus/x/vendor");
	g_assert_cmpstr(text, ==, "0x8086");
	name = root_read_link(root, NULL, "sys/bus/x");
	g_assert_cmpstr(name, ==, "x");
	bytes = root_read_bytes(root, 64, NULL, "sys/bus/x/config");
	g_assert_cmpmem(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), "\x86\x80\xff", 3);
	flags = root_read(root, NULL, "proc/cpuinfo");
	g_assert_cmpstr(flags, ==, "processor : 0\nflags : vmx");
	g_assert_true(root_exists(root, "sys/empty"));
}

static enum hotseat_error code_of(const struct root *root, const char *path, gboolean list)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *text = list ? NULL : root_read(root, &error, "%s", path);
	g_auto(GStrv) names = list ? root_list(root, &error, "%s", path) : NULL;

	g_assert_null(text);
	g_assert_null(names);
	g_assert_nonnull(error);
	return (enum hotseat_error)error->code;
}

/* Who unpacks a recording may be root, to whom no file is closed: what was, must stay so. */
static void test_recordings_keep_failures(struct fixture *f, gconstpointer data)
{
	g_autofree char *path = g_build_filename(f->folder, "recording", NULL);
	g_autofree char *link = NULL;
	autoptr(root) root = NULL;
	autoptr(root) below = NULL;
	struct statx info;

	put(f, "recording",
	    "dir proc/1\n"
	    "proc/1/fd fails EACCES\n"
	    "sys/x/config is file 600\n"
	    "sys/x/config fails EACCES\n"
	    "sys/x/speed = \n"
	    "sys/x/speed fails EINVAL\n"
	    "sys/link -> x\n"
	    "sys/y lists a b/ with\\040blank\n",
	    -1);
	root = root_open(path, NULL);
	g_assert_nonnull(root);
	g_assert_cmpint(code_of(root, "proc/1/fd", TRUE), ==, HOTSEAT_ERROR_DENIED);
	g_assert_cmpint(code_of(root, "proc/1/fd/3", FALSE), ==, HOTSEAT_ERROR_DENIED);
	g_assert_cmpint(code_of(root, "proc/1/comm", FALSE), ==, HOTSEAT_ERROR_ABSENT);
	g_assert_false(root_stat(root, &info, NULL, "proc/1/fd"));
	g_assert_cmpint(code_of(root, "sys/x/config", FALSE), ==, HOTSEAT_ERROR_DENIED);
	g_assert_cmpint(code_of(root, "sys/link/config", FALSE), ==, HOTSEAT_ERROR_DENIED);
	g_assert_true(root_exists(root, "sys/link/config"));
	g_assert_true(root_stat(root, &info, NULL, "sys/link/config"));
	g_assert_cmpint(info.stx_mode, ==, S_IFREG | 0600);
	g_assert_cmpint(code_of(root, "sys/x/speed", FALSE), ==, HOTSEAT_ERROR_UNREADABLE);
	below = root_enter(root, NULL, "sys/link");
	g_assert_cmpint(code_of(below, "config", FALSE), ==, HOTSEAT_ERROR_DENIED);
	g_assert_cmpint(code_of(root, "sys/y/a", FALSE), ==, HOTSEAT_ERROR_UNREADABLE);
	g_assert_cmpint(code_of(root, "sys/y/b", TRUE), ==, HOTSEAT_ERROR_UNREADABLE);
	g_assert_cmpint(code_of(root, "sys/y/b/c", FALSE), ==, HOTSEAT_ERROR_UNREADABLE);
	g_assert_true(root_exists(root, "sys/y/with blank"));
	link = root_read_link(root, NULL, "sys/link");
	g_assert_cmpstr(link, ==, "x");
}

static void test_recordings_have_devices(struct fixture *f, gconstpointer data)
{
	g_autofree char *path = g_build_filename(f->folder, "recording", NULL);
	autoptr(root) root = NULL;
	struct statx info;

	put(f, "recording",
	    "dev/card0 is char 660 226:1\n"
	    "run/sock is socket 777\n"
	    "etc/hook = #!/bin/sh\n"
	    "etc/hook is file 755\n",
	    -1);
	root = root_open(path, NULL);
	g_assert_nonnull(root);
	g_assert_true(root_stat(root, &info, NULL, "dev/card0"));
	g_assert_true(S_ISCHR(info.stx_mode));
	g_assert_cmpuint(info.stx_rdev_major, ==, 226);
	g_assert_cmpuint(info.stx_rdev_minor, ==, 1);
	g_assert_true(root_stat(root, &info, NULL, "run/sock"));
	g_assert_true(S_ISSOCK(info.stx_mode));
	g_assert_true(root_stat(root, &info, NULL, "etc/hook"));
	g_assert_cmpint(info.stx_mode, ==, S_IFREG | 0755);
	g_assert_true(root_exists(root, "etc/hook"));
}

/* What is traced, written and unpacked again gives the same answers to the same questions. */
static void test_traces(struct fixture *f, gconstpointer data)
{
	g_autofree char *path = g_build_filename(f->folder, "recording", NULL);
	autoptr(tree) trace = tree_new();
	g_autofree char *text = NULL;
	g_autofree char *again = NULL;
	autoptr(root) below = NULL;
	struct statx info;

	put(f, "sys/devices/x/value", "  1\n\ttwo \n\n\"three\"\\\n", -1);
	put(f, "sys/devices/x/blob", "\0\1\2", 3);
	put(f, "sys/devices/x/unread", "secret", -1);
	put(f, "sys/devices/x/power/state", "D0", -1);
	put(f, "sys/bus/note", "", 0);
	link_to(f, "sys/bus/x", "../devices/x");
	root_trace(f->root, trace);
	below = root_enter(f->root, NULL, "sys/bus/x");
	g_free(root_read(below, NULL, "value"));
	g_bytes_unref(root_read_bytes(below, 64, NULL, "blob"));
	g_strfreev(root_list(f->root, NULL, "sys/bus/x"));
	g_assert_null(root_read(f->root, NULL, "sys/class/none"));
	g_assert_true(root_stat(f->root, &info, NULL, "sys/bus/note"));
	text = manifest_write(trace, NULL);
	g_assert_cmpstr(text, ==,
			"sys/bus/note is file 644\n"
			"sys/bus/x -> ../devices/x\n"
			"sys/devices/x lists power/ unread\n"
			"sys/devices/x/blob hex 00 01 02\n"
			"sys/devices/x/value =\n"
			"|   1\n"
			"| \ttwo\\040\n"
			"|\n"
			"| \"three\"\\\\\n");
	root_trace(f->root, NULL);
	put(f, "recording", text, -1);
	{
		autoptr(root) root = root_open(path, NULL);

		again = root_read(root, NULL, "sys/bus/x/value");
		g_assert_cmpstr(again, ==, "  1\n\ttwo \n\n\"three\"\\");
	}
}

static gpointer rename_for_ever(gpointer data)
{
	const struct fixture *f = data;
	g_autofree char *a = g_build_filename(f->folder, "a", NULL);
	g_autofree char *b = g_build_filename(f->folder, "b", NULL);

	while (g_rename(a, b) == 0 && g_rename(b, a) == 0)
		continue;
	return NULL;
}

/* Renaming anything on the machine makes openat2() fail where a link has "..": seen in CI. */
static void test_renames_elsewhere(struct fixture *f, gconstpointer data)
{
	g_autofree char *a = g_build_filename(f->folder, "a", NULL);
	g_autofree char *b = g_build_filename(f->folder, "b", NULL);
	GThread *thread;

	put(f, "etc/hostname", "inside\n", -1);
	put(f, "a", "", 0);
	link_to(f, "etc/link", "../etc/../etc/../etc/hostname");
	thread = g_thread_new("renames", rename_for_ever, f);
	for (guint i = 0; i < 20000; i++) {
		g_autofree char *text = root_read(f->root, NULL, "etc/link");

		g_assert_cmpstr(text, ==, "inside");
	}
	while (g_unlink(a) != 0 && g_unlink(b) != 0)
		continue;
	g_thread_join(thread);
}

static void test_stat(struct fixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	struct statx info;

	put(f, "etc/hook", "x", -1);
	link_to(f, "above", "../../../../../../etc/hook");
	g_assert_true(root_stat(f->root, &info, NULL, "above"));
	g_assert_true(S_ISREG(info.stx_mode));
	g_assert_false(root_stat(f->root, &info, &error, "none"));
	g_assert_true(hotseat_error_is(error, HOTSEAT_ERROR_ABSENT));
}

#define ADD(path, function) g_test_add(path, struct fixture, NULL, set_up, function, tear_down)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("/root/reads-text", test_reads_text);
	ADD("/root/numbers-are-whole", test_numbers_are_whole);
	ADD("/root/links-stay-inside", test_links_stay_inside);
	ADD("/root/absent-is-absent", test_absent_is_absent);
	ADD("/root/lists-in-natural-order", test_lists_in_natural_order);
	ADD("/root/recordings-are-not-trusted", test_recordings_are_not_trusted);
	ADD("/root/recordings-read-like-folders", test_recordings_read_like_folders);
	ADD("/root/recordings-keep-failures", test_recordings_keep_failures);
	ADD("/root/recordings-have-devices", test_recordings_have_devices);
	ADD("/root/traces", test_traces);
	ADD("/root/renames-elsewhere", test_renames_elsewhere);
	ADD("/root/stat", test_stat);
	return g_test_run();
}
