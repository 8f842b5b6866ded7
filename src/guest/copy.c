/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest/copy.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/manifest.h"

#define BUFFER_SIZE ((gsize)1 << 20)
#define NEW_SUFFIX ".hotseat-new"

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

#define autofd __attribute__((cleanup(close_fd))) int

gboolean copy_can_clone(const char *path)
{
	g_autofree char *folder = g_path_get_dirname(path);
	autofd from = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	autofd to = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	return from >= 0 && to >= 0 && ioctl(to, FICLONE, from) == 0;
}

gboolean copy_sync_folder(const char *path, GError **error)
{
	g_autofree char *folder = g_path_get_dirname(path);
	autofd fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0 && fsync(fd) == 0)
		return TRUE;
	hotseat_error_set_errno(error, errno, "cannot write %s to the disk", folder);
	return FALSE;
}

gboolean copy_remove(const char *path, GError **error)
{
	if (unlink(path) == 0 || errno == ENOENT)
		return TRUE;
	hotseat_error_set_errno(error, errno, "cannot remove %s", path);
	return FALSE;
}

static gboolean write_all(int fd, const char *bytes, gsize length, off_t offset)
{
	while (length > 0) {
		ssize_t n = pwrite(fd, bytes, length, offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return FALSE;
		bytes += n;
		offset += n;
		length -= (gsize)n;
	}
	return TRUE;
}

/* The bytes between two holes. */
static gboolean copy_range(int from, int to, off_t start, off_t end, char *buffer)
{
	while (start < end) {
		gsize wanted = MIN((gsize)(end - start), BUFFER_SIZE);
		ssize_t n = pread(from, buffer, wanted, start);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0 || !write_all(to, buffer, (gsize)n, start))
			return FALSE;
		start += n;
	}
	return TRUE;
}

static gboolean copy_data(int from, int to, off_t size)
{
	g_autofree char *buffer = g_malloc(BUFFER_SIZE);
	off_t start = 0;

	while ((start = lseek(from, start, SEEK_DATA)) >= 0) {
		off_t end = lseek(from, start, SEEK_HOLE);

		if (end < 0 || !copy_range(from, to, start, end, buffer))
			return FALSE;
		start = end;
	}
	return errno == ENXIO && ftruncate(to, size) == 0;
}

static gboolean fill(int from, int to)
{
	struct stat info;

	if (fstat(from, &info) != 0)
		return FALSE;
	if (ioctl(to, FICLONE, from) != 0 && !copy_data(from, to, info.st_size))
		return FALSE;
	return fchown(to, info.st_uid, info.st_gid) == 0 && fchmod(to, info.st_mode & 07777) == 0 &&
	       fsync(to) == 0;
}

gboolean copy_file(const char *from, const char *to, GError **error)
{
	autofd in = open(from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	autofd out = -1;

	if (in < 0) {
		hotseat_error_set_errno(error, errno, "cannot read %s", from);
		return FALSE;
	}
	/* Readable by nobody else until it is complete: its folder may be open to all. */
	out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (out < 0) {
		hotseat_error_set_errno(error, errno, "cannot make %s", to);
		return FALSE;
	}
	if (fill(in, out))
		return TRUE;
	hotseat_error_set_errno(error, errno, "cannot copy %s to %s", from, to);
	unlink(to);
	return FALSE;
}

static gboolean copy_entry(const char *from, const char *to, GError **error)
{
	struct stat info;

	if (lstat(from, &info) != 0) {
		hotseat_error_set_errno(error, errno, "cannot look at %s", from);
		return FALSE;
	}
	if (S_ISDIR(info.st_mode))
		return copy_tree(from, to, error);
	return !S_ISREG(info.st_mode) || copy_file(from, to, error);
}

static gboolean make_folder(const char *from, const char *to, GError **error)
{
	struct stat info;

	if (lstat(from, &info) == 0 && mkdir(to, 0700) == 0 &&
	    chown(to, info.st_uid, info.st_gid) == 0 && chmod(to, info.st_mode & 07777) == 0)
		return TRUE;
	hotseat_error_set_errno(error, errno, "cannot copy the folder %s to %s", from, to);
	return FALSE;
}

gboolean copy_tree(const char *from, const char *to, GError **error)
{
	g_autoptr(GDir) folder = g_dir_open(from, 0, NULL);
	const char *name;

	if (folder == NULL) {
		hotseat_error_set_errno(error, errno, "cannot read the folder %s", from);
		return FALSE;
	}
	if (!make_folder(from, to, error))
		return FALSE;
	while ((name = g_dir_read_name(folder)) != NULL) {
		g_autofree char *one = g_build_filename(from, name, NULL);
		g_autofree char *other = g_build_filename(to, name, NULL);

		if (!copy_entry(one, other, error))
			return FALSE;
	}
	return TRUE;
}

gboolean copy_back_file(const char *from, const char *to, GError **error)
{
	g_autofree char *new = g_strconcat(to, NEW_SUFFIX, NULL);

	if (!copy_remove(new, error))
		return FALSE;
	if (from == NULL)
		return copy_remove(to, error) && copy_sync_folder(to, error);
	if (!copy_file(from, new, error))
		return FALSE;
	if (rename(new, to) != 0) {
		hotseat_error_set_errno(error, errno, "cannot put %s back", to);
		return FALSE;
	}
	return copy_sync_folder(to, error);
}

static gboolean remove_tree(const char *path, GError **error)
{
	struct stat info;

	if (lstat(path, &info) != 0 && errno == ENOENT)
		return TRUE;
	if (manifest_remove_tree(path))
		return TRUE;
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_FAILED, "cannot remove %s", path);
	return FALSE;
}

/* The old folder goes out of the way under the new one's name, in one step where it can. */
static gboolean swap(const char *new, const char *to, gboolean have_new)
{
	if (!have_new)
		return rename(to, new) == 0 || errno == ENOENT;
	return renameat2(AT_FDCWD, new, AT_FDCWD, to, RENAME_EXCHANGE) == 0 ||
	       (errno == ENOENT && rename(new, to) == 0);
}

gboolean copy_back_tree(const char *from, const char *to, GError **error)
{
	g_autofree char *new = g_strconcat(to, NEW_SUFFIX, NULL);

	if (!remove_tree(new, error))
		return FALSE;
	if (from != NULL && !copy_tree(from, new, error))
		return FALSE;
	if (!swap(new, to, from != NULL)) {
		hotseat_error_set_errno(error, errno, "cannot put %s back", to);
		return FALSE;
	}
	return copy_sync_folder(to, error) && remove_tree(new, error);
}
