/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct outfile {
	char *path;
	char *beside; /* NULL once it is in place */
	int fd;
};

gboolean outfile_check_free(const char *path, gboolean force, GError **error)
{
	if (force || access(path, F_OK) != 0)
		return TRUE;
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED,
		    "%s exists; take another name, or replace it with --force", path);
	return FALSE;
}

struct outfile *outfile_begin(const char *path, guint mode, GError **error)
{
	autoptr(outfile) outfile = g_new0(struct outfile, 1);

	outfile->path = g_strdup(path);
	outfile->beside = g_strconcat(path, ".XXXXXX", NULL);
	outfile->fd = g_mkstemp_full(outfile->beside, O_RDWR | O_CLOEXEC, (int)mode);
	if (outfile->fd >= 0)
		return g_steal_pointer(&outfile);
	hotseat_error_set_errno(error, errno, "cannot write %s", path);
	g_clear_pointer(&outfile->beside, g_free);
	return NULL;
}

int outfile_fd(const struct outfile *outfile)
{
	return outfile->fd;
}

gboolean outfile_keep(struct outfile *outfile, gboolean force, GError **error)
{
	/* link() instead of rename() keeps what is there. */
	int result = fsync(outfile->fd);

	if (result == 0)
		result = force ? rename(outfile->beside, outfile->path)
			       : link(outfile->beside, outfile->path);
	if (result != 0) {
		hotseat_error_set_errno(error, errno, "cannot write %s", outfile->path);
		return FALSE;
	}
	if (!force)
		(void)unlink(outfile->beside); /* a second name of a file that is in place */
	g_clear_pointer(&outfile->beside, g_free);
	return TRUE;
}

void outfile_free(struct outfile *outfile)
{
	if (outfile == NULL)
		return;
	if (outfile->fd >= 0)
		close(outfile->fd);
	if (outfile->beside != NULL)
		(void)unlink(outfile->beside); /* clutter at worst */
	g_free(outfile->path);
	g_free(outfile->beside);
	g_free(outfile);
}

static gboolean write_all(const struct outfile *outfile, const char *text, GError **error)
{
	gsize left = strlen(text);

	while (left > 0) {
		ssize_t n = write(outfile->fd, text, left);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			hotseat_error_set_errno(error, errno, "cannot write %s", outfile->path);
			return FALSE;
		}
		text += n;
		left -= (gsize)n;
	}
	return TRUE;
}

gboolean outfile_write(const char *path, const char *text, gboolean force, GError **error)
{
	autoptr(outfile) outfile = outfile_begin(path, 0644, error);

	return outfile != NULL && write_all(outfile, text, error) &&
	       outfile_keep(outfile, force, error);
}
