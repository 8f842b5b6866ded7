/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <gio/gio.h>
#include <sys/mman.h>
#include <unistd.h>

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

/* update-grub and update-initramfs find their other halves by PATH, and that of a root who came by
 * su has no sbin. */
static char **environment(void)
{
	return g_environ_setenv(g_get_environ(), "PATH",
				"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
				TRUE);
}

gboolean setup_host_run(struct setup_host *host, char **argv, GError **error)
{
	g_auto(GStrv) variables = environment();
	g_autofree char *said = NULL;
	g_autofree char *complaint = NULL;
	g_autofree char *tail = NULL;
	g_autoptr(GError) failure = NULL;
	int status = 0;

	if (g_spawn_sync("/", argv, variables, G_SPAWN_DEFAULT, NULL, NULL, &said, &complaint,
			 &status, &failure) &&
	    g_spawn_check_wait_status(status, &failure))
		return TRUE;
	tail = last_lines(complaint == NULL ? "" : g_strstrip(complaint), 4);
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_FAILED, "%s failed: %s%s%s", argv[0],
		    failure->message, tail[0] == '\0' ? "" : "\n", tail);
	return FALSE;
}

/* For diff to read: the file may be below a root whose links lead elsewhere for diff. */
static int in_memory(GBytes *bytes)
{
	int fd = memfd_create("former", MFD_CLOEXEC);
	gsize length = 0;
	const char *data = bytes == NULL ? NULL : g_bytes_get_data(bytes, &length);

	if (fd >= 0 &&
	    (write(fd, data, length) != (ssize_t)length || lseek(fd, 0, SEEK_SET) != 0)) {
		close(fd);
		return -1;
	}
	return fd;
}

/* diff says 1 where there is a difference, and 2 for trouble. */
static char *run_diff(int former, const char *label_now, const char *label_then, GBytes *then,
		      GError **error)
{
	g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new(
		G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE);
	g_autoptr(GBytes) nothing = g_bytes_new_static("", 0);
	g_autoptr(GSubprocess) diff = NULL;
	g_autoptr(GBytes) out = NULL;
	gsize length = 0;
	const char *text;

	g_subprocess_launcher_take_fd(launcher, former, 3);
	diff = g_subprocess_launcher_spawn(launcher, error, "diff", "-u", "--label", label_now,
					   "--label", label_then, "--", "/dev/fd/3", "-", NULL);
	if (diff == NULL ||
	    !g_subprocess_communicate(diff, then == NULL ? nothing : then, NULL, &out, NULL, error))
		return NULL;
	text = g_bytes_get_data(out, &length);
	return g_strndup(text == NULL ? "" : text, length);
}

char *setup_diff(const struct root *root, const char *path, GBytes *then, GError **error)
{
	auto_store_file now = { 0 };
	g_autofree char *label_now = NULL;
	g_autofree char *label_then = NULL;
	int former;

	if (!store_read(root, path, &now, error))
		return NULL;
	label_now = now.bytes == NULL ? g_strdup("/dev/null") : g_strconcat("a/", path, NULL);
	label_then = then == NULL ? g_strdup("/dev/null") : g_strconcat("b/", path, NULL);
	former = in_memory(now.bytes);
	if (former < 0) {
		hotseat_error_set_errno(error, errno, "cannot show /%s", path);
		return NULL;
	}
	return run_diff(former, label_now, label_then, then, error);
}
