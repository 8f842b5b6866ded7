/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Protects: what the program itself says and how it ends, whatever it is given: one sentence that
 * helps, the status of the contract, and no success where the output was lost. It is run as people
 * run it.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/command.h"
#include "core/manifest.h"
#include "manifest.h"

#define HUGE "1000000000000000000000000000000"

/* What becomes of standard output. */
enum output {
	KEPT,
	CLOSED,
	FULL,
	ABANDONED, /* nobody reads it any more */
};

static void set_output(gpointer data)
{
	int pipes[2];

	switch (*(const enum output *)data) {
	case KEPT:
		break;
	case CLOSED:
		close(STDOUT_FILENO);
		break;
	case FULL:
		dup2(open("/dev/full", O_WRONLY | O_CLOEXEC), STDOUT_FILENO);
		break;
	case ABANDONED:
		if (pipe(pipes) == 0)
			dup2(pipes[1], STDOUT_FILENO);
		close(pipes[0]);
		close(pipes[1]);
		break;
	}
}

/* run - its exit status, or -1 where a signal ended it; what it said */
static int run(const char *const *words, enum output output, char **said, char **complained)
{
	g_autoptr(GPtrArray) argv = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GError) error = NULL;
	int status;

	g_ptr_array_add(argv, g_strdup(g_getenv("HOTSEAT_PROGRAM")));
	for (guint i = 0; words[i] != NULL; i++)
		g_ptr_array_add(argv, g_strdup(words[i]));
	g_ptr_array_add(argv, NULL);
	g_spawn_sync(NULL, (char **)argv->pdata, NULL, G_SPAWN_DEFAULT, set_output, &output, said,
		     complained, &status, &error);
	g_assert_no_error(error);
	g_test_message("%s: %d, %s", words[0], status, *complained);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* A sentence of ours and no word of a library's about its own insides. */
static void expect_sentence(const char *complained)
{
	static const char *const inside[] = { "CRITICAL", "WARNING", "assertion", "(null)" };

	g_assert_true(g_str_has_prefix(complained, "hotseat: "));
	for (gsize i = 0; i < G_N_ELEMENTS(inside); i++)
		g_assert_null(strstr(complained, inside[i]));
	g_assert_true(g_utf8_validate(complained, -1, NULL));
}

static const struct bad {
	const char *words[6];
	int status;
	const char *said;
} bad[] = {
	{ { "chekc" }, 2, "did you mean \"check\"?" },
	{ { "help", "nothing" }, 2, "there is no command" },
	{ { "--root" }, 2, "--root" },
	{ { "up" }, 2, "needs GUEST" },
	{ { "up", "" }, 2, "cannot be a guest's name" },
	{ { "up", "../../etc/passwd" }, 2, "cannot be a guest's name" },
	{ { "up", "a b" }, 2, "cannot be a guest's name" },
	{ { "up", "\xff" }, 2, "cannot be a guest's name" },
	{ { "up", "one", "two" }, 2, "\"two\"" },
	{ { "up", "w", "--dead-man", HUGE }, 2, "out of range" },
	{ { "up", "w", "--dead-man", "-1" }, 2, "0 to" },
	{ { "down", "\xff" }, 2, "cannot be a guest's name" },
	{ { "down", "w", "--timeout", "soon" }, 2, "soon" },
	{ { "confirm", "\xff" }, 2, "cannot be a guest's name" },
	{ { "swap", "\xff" }, 2, "cannot be a guest's name" },
	{ { "set", "-w", "memory=1G" }, 2, "Unknown option" },
	{ { "set", "\xff", "memory=1G" }, 2, "cannot be a guest's name" },
	{ { "selftest", "../x" }, 2, "cannot be a guest's name" },
	{ { "selftest", "w", "--rounds", "0" }, 2, "1 to" },
	{ { "snapshot", "list", "\xff" }, 2, "cannot be a guest's name" },
	{ { "snapshot", "frobnicate", "w" }, 2, "create, list, revert, delete and thaw" },
	{ { "snapshot", "create", "w", "a/b" }, 2, "cannot be a snapshot's name" },
	{ { "snapshot", "revert", "w", "a b" }, 2, "cannot be a snapshot's name" },
	{ { "snapshot", "list", "w", "x" }, 2, "nothing else, not \"x\"" },
	{ { "recover", "--guest", "../x" }, 2, "cannot be a guest's name" },
	{ { "recover", "--guest", "" }, 2, "cannot be a guest's name" },
	{ { "recover", "--end-guest" }, 2, "needs --guest" },
	{ { "new", "\xff" }, 2, "cannot be a guest's name" },
	{ { "new", "w", "--gpu", "\xff" }, 2, "no text in" },
	{ { "new", "w", "--memory", HUGE }, 2, "is not a size" },
	{ { "plan", "--guests", "-3" }, 2, "1 to" },
	{ { "plan", "--vcpus", HUGE }, 2, "out of range" },
	{ { "map", "-o", "/nowhere/at/all.svg" }, 1, "No such file" },
	{ { "record", "/nowhere/at/all" }, 1, "No such file" },
	{ { "check", "--root", "/nowhere/at/all" }, 5, "No such file" },
	{ { "check", "--root", "/dev/null/x" }, 5, "Not a directory" },
	{ { "devices", "--listing", "/nowhere/at/all" }, 5, "No such file" },
	{ { "lint", "/nowhere/at/all" }, 5, "No such file" },
	{ { "lint", "/dev" }, 5, "Is a directory" },
	{ { "fix", "/dev" }, 5, "Is a directory" },
	{ { "fix", "/dev/null" }, 5, "no <domain>" },
	{ { "import", "/dev/null" }, 5, "no <domain>" },
	{ { "explain", "/dev" }, 5, "Is a directory" },
	{ { "media" }, 2, "--print" },
	{ { "media", "/dev/null" }, 1, "exists" },
	{ { "monitor", "frobnicate" }, 2, "list, switch and learn" },
	{ { "input", "frobnicate" }, 2, "\"list\" or \"watch\"" },
};

static void test_bad_words(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autofree char *said = NULL;
		g_autofree char *complained = NULL;

		g_assert_cmpint(run(bad[i].words, KEPT, &said, &complained), ==, bad[i].status);
		expect_sentence(complained);
		g_assert_cmpstr(said, ==, "");
		g_assert_nonnull(strstr(complained, bad[i].said));
	}
}

/* Every command explains itself, and says so where it is not understood. */
static void test_every_command(void)
{
	for (gsize i = 0; command_table[i] != NULL; i++) {
		const char *const name = command_table[i]->name;
		const char *const help[] = { name, "--help", NULL };
		const char *const no_option[] = { name, "--no-such-option", NULL };
		g_autofree char *first = g_strdup_printf("hotseat %s - ", name);
		g_autofree char *way = g_strdup_printf("Try: hotseat %s --help\n", name);
		g_autofree char *said = NULL;
		g_autofree char *complained = NULL;
		g_autofree char *nothing = NULL;
		g_autofree char *refused = NULL;

		g_assert_cmpint(run(help, KEPT, &said, &complained), ==, 0);
		g_assert_true(g_str_has_prefix(said, first));
		g_assert_cmpstr(complained, ==, "");
		g_assert_cmpint(run(no_option, KEPT, &nothing, &refused), ==, 2);
		expect_sentence(refused);
		g_assert_true(g_str_has_suffix(refused, way));
		g_assert_cmpstr(nothing, ==, "");
	}
}

/* What was to be shown and was not is no success; a reader that has had enough is no failure. */
static void test_lost_output(void)
{
	autoptr(manifest) manifest = manifest_build_file("intel-desktop");
	const char *const ways[][5] = {
		{ "--help" },
		{ "--version" },
		{ "help", "up" },
		{ "devices", "--root", manifest->folder },
		{ "devices", "--json", "--root", manifest->folder },
		{ "record", "-", "--root", manifest->folder },
		{ "media", "--print" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(ways); i++) {
		for (enum output output = CLOSED; output <= ABANDONED; output++) {
			g_autofree char *said = NULL;
			g_autofree char *complained = NULL;
			int status = run(ways[i], output, &said, &complained);

			if (output == ABANDONED) {
				g_assert_cmpint(status, ==, 0);
				g_assert_cmpstr(complained, ==, "");
				continue;
			}
			g_assert_cmpint(status, ==, 3);
			expect_sentence(complained);
			g_assert_nonnull(strstr(complained, "output"));
		}
	}
}

#define DOMAIN                                                                                     \
	"<domain type='kvm'><name>w</name><memory unit='GiB'>8</memory><currentMemory "            \
	"unit='GiB'>4</currentMemory><vcpu>2</vcpu><os><type arch='x86_64' "                       \
	"machine='pc-q35-9.2'>hvm</type></os><devices><hostdev mode='subsystem' "                  \
	"type='pci'><source><address domain='0' bus='1' slot='0' function='0'/></source>"          \
	"</hostdev></devices></domain>\n"

/*
 * A file that is opened must not get the number of a closed output: what is printed would be
 * written into it. fix does both.
 */
static void test_output_hits_no_file(void)
{
	g_autofree char *folder = g_dir_make_tmp("hotseat-command-XXXXXX", NULL);
	g_autofree char *file = g_build_filename(folder, "w.xml", NULL);
	const char *const words[] = { "fix", file, "--yes", NULL };
	g_autofree char *kept = NULL;
	g_autofree char *closed = NULL;

	for (enum output output = KEPT; output <= CLOSED; output++) {
		g_autofree char *said = NULL;
		g_autofree char *complained = NULL;

		g_assert_true(g_file_set_contents(file, DOMAIN, -1, NULL));
		g_assert_cmpint(run(words, output, &said, &complained), ==, output == KEPT ? 0 : 3);
		g_assert_true(
			g_file_get_contents(file, output == KEPT ? &kept : &closed, NULL, NULL));
	}
	g_assert_cmpstr(kept, !=, DOMAIN);
	g_assert_cmpstr(kept, ==, closed);
	manifest_remove_tree(folder);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	if (g_getenv("HOTSEAT_PROGRAM") == NULL) {
		g_printerr("HOTSEAT_PROGRAM names no program\n");
		return 77;
	}
	g_test_add_func("/command/bad-words", test_bad_words);
	g_test_add_func("/command/every-command", test_every_command);
	g_test_add_func("/command/lost-output", test_lost_output);
	g_test_add_func("/command/output-hits-no-file", test_output_hits_no_file);
	return g_test_run();
}
