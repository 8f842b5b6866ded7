/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/error.h"
#include "setup/setup.h"
#include "setup/store.h"

/* The programs that setup runs, and the one that shows what it writes. */

/* The last lines of what a program said: why it failed stands there. */
static char *last_lines(const char *text, guint most)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	guint count = g_strv_length(lines);

	return g_strjoinv("\n", lines + (count > most ? count - most : 0));
}

gboolean setup_host_run(struct setup_host *host, char **argv, GError **error)
{
	g_autofree char *said = NULL;
	g_autofree char *complaint = NULL;
	g_autofree char *tail = NULL;
	g_autoptr(GError) failure = NULL;
	int status = 0;

	if (g_spawn_sync("/", argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, &said, &complaint, &status,
			 &failure) &&
	    g_spawn_check_wait_status(status, &failure))
		return TRUE;
	tail = last_lines(complaint == NULL ? "" : g_strstrip(complaint), 4);
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_FAILED, "%s failed: %s%s%s", argv[0],
		    failure->message, tail[0] == '\0' ? "" : "\n", tail);
	return FALSE;
}

/* diff says 1 where there is a difference, and 2 for trouble. */
char *setup_diff(const struct root *root, const char *now, GBytes *then, GError **error)
{
	g_autofree char *label_now = g_strconcat("a/", now, NULL);
	g_autofree char *label_then =
		g_strconcat(then == NULL ? "/dev/null" : "b/", then == NULL ? "" : now, NULL);
	g_autofree char *path = g_build_filename(root_path(root), now, NULL);
	const char *from = g_file_test(path, G_FILE_TEST_EXISTS) ? path : "/dev/null";
	g_autoptr(GBytes) nothing = g_bytes_new_static("", 0);
	g_autoptr(GSubprocess) diff = g_subprocess_new(
		G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE |
			G_SUBPROCESS_FLAGS_STDERR_SILENCE,
		error, "diff", "-u", "--label", from == path ? label_now : "/dev/null", "--label",
		label_then, "--", from, "-", NULL);
	g_autoptr(GBytes) out = NULL;
	gsize length = 0;
	const char *text;

	if (diff == NULL ||
	    !g_subprocess_communicate(diff, then == NULL ? nothing : then, NULL, &out, NULL, error))
		return NULL;
	text = g_bytes_get_data(out, &length);
	return g_strndup(text == NULL ? "" : text, length);
}
