/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "setup/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "core/error.h"

/* Configuration that somebody wrote by hand is kilobytes; a megabyte is a mistake. */
#define STORE_MAX (1 << 20)
/* Beside the file, where rename() is atomic. A name with a dot is skipped by every *.conf. */
#define BESIDE ".%s.hotseat-new"

void store_file_clear(struct store_file *file)
{
	g_clear_pointer(&file->bytes, g_bytes_unref);
	g_clear_pointer(&file->attributes, g_strfreev);
}

char *store_sum(GBytes *bytes)
{
	return g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, bytes);
}

/* open_folder - the folder that holds the path; -1 with *@absent if there is none */
static int open_folder(const struct root *root, const char *path, gboolean *absent, GError **error)
{
	g_autofree char *folder = g_path_get_dirname(path);
	g_autoptr(GError) failure = NULL;
	autoptr(root) entered = root_enter(root, &failure, "%s", folder);
	int fd = -1;

	if (entered != NULL)
		fd = openat(root_fd(entered), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	else if (absent != NULL && hotseat_error_is(failure, HOTSEAT_ERROR_ABSENT))
		*absent = TRUE;
	else
		g_propagate_error(error, g_steal_pointer(&failure));
	if (entered != NULL && fd < 0)
		hotseat_error_set_errno(error, errno, "cannot open /%s", folder);
	return fd;
}

static gboolean fail(GError **error, const char *what, const char *path)
{
	hotseat_error_set_errno(error, errno, "cannot %s /%s", what, path);
	return FALSE;
}

/* An attribute that vanishes meanwhile is none. */
static void read_attribute(int fd, const char *name, GPtrArray *attributes)
{
	char value[4096];
	ssize_t length = fgetxattr(fd, name, value, sizeof(value));

	if (length < 0)
		return;
	g_ptr_array_add(attributes, g_strdup(name));
	g_ptr_array_add(attributes, g_base64_encode((const guchar *)value, (gsize)length));
}

static char **read_attributes(int fd)
{
	g_autoptr(GPtrArray) attributes = g_ptr_array_new_with_free_func(g_free);
	char names[4096];
	ssize_t length = flistxattr(fd, names, sizeof(names));

	for (ssize_t at = 0; at < length; at += (ssize_t)strlen(names + at) + 1)
		read_attribute(fd, names + at, attributes);
	if (attributes->len == 0)
		return NULL;
	g_ptr_array_add(attributes, NULL);
	return (char **)g_ptr_array_free(g_steal_pointer(&attributes), FALSE);
}

static gboolean read_open(int fd, const char *path, struct store_file *file, GError **error)
{
	g_autofree char *text = g_malloc(STORE_MAX);
	gsize length = 0;
	struct stat info;
	ssize_t got = 1;

	if (fstat(fd, &info) != 0)
		return fail(error, "look at", path);
	if (!S_ISREG(info.st_mode) || info.st_size >= STORE_MAX) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED,
			    "/%s is no ordinary file of configuration, and is left alone", path);
		return FALSE;
	}
	while (got > 0 && length < STORE_MAX) {
		got = read(fd, text + length, STORE_MAX - length);
		length += got > 0 ? (gsize)got : 0;
	}
	if (got < 0)
		return fail(error, "read", path);
	file->bytes = g_bytes_new(text, length);
	file->mode = info.st_mode & 07777;
	file->uid = info.st_uid;
	file->gid = info.st_gid;
	file->attributes = read_attributes(fd);
	return TRUE;
}

gboolean store_read(const struct root *root, const char *path, struct store_file *file,
		    GError **error)
{
	g_autofree char *name = g_path_get_basename(path);
	gboolean absent = FALSE, read;
	int folder = open_folder(root, path, &absent, error), fd, saved_errno;

	memset(file, 0, sizeof(*file));
	if (folder < 0)
		return absent;
	fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	saved_errno = errno;
	close(folder);
	if (fd < 0 && saved_errno == ENOENT)
		return TRUE;
	if (fd < 0 && saved_errno == ELOOP) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED,
			    "/%s is a symbolic link, so somebody else keeps this file; change it "
			    "where it is kept",
			    path);
		return FALSE;
	}
	errno = saved_errno;
	if (fd < 0)
		return fail(error, "open", path);
	read = read_open(fd, path, file, error);
	close(fd);
	return read;
}

static gboolean write_all(int fd, GBytes *bytes)
{
	gsize length = 0, done = 0;
	const char *data = g_bytes_get_data(bytes, &length);

	while (done < length) {
		ssize_t wrote = write(fd, data + done, length - done);

		if (wrote < 0 && errno != EINTR)
			return FALSE;
		done += wrote > 0 ? (gsize)wrote : 0;
	}
	return TRUE;
}

static gboolean set_attributes(int fd, char **attributes)
{
	for (guint i = 0; attributes != NULL && attributes[i] != NULL; i += 2) {
		gsize length = 0;
		g_autofree guchar *value = g_base64_decode(attributes[i + 1], &length);

		if (fsetxattr(fd, attributes[i], value, length, 0) != 0)
			return FALSE;
	}
	return TRUE;
}

/* The owner before the mode: a change of owner takes set-id bits away. */
static gboolean fill(int fd, const struct store_file *file)
{
	return write_all(fd, file->bytes) && fchown(fd, file->uid, file->gid) == 0 &&
	       fchmod(fd, file->mode) == 0 && set_attributes(fd, file->attributes) &&
	       fsync(fd) == 0;
}

static gboolean replace_in(int folder, const char *name, const struct store_file *file)
{
	g_autofree char *beside = g_strdup_printf(BESIDE, name);
	int fd =
		openat(folder, beside, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	gboolean filled;
	int saved_errno;

	if (fd < 0)
		return FALSE;
	filled = fill(fd, file);
	saved_errno = errno;
	close(fd);
	if (filled && renameat(folder, beside, folder, name) == 0 && fsync(folder) == 0)
		return TRUE;
	saved_errno = filled ? errno : saved_errno;
	(void)unlinkat(folder, beside, 0); /* store_clean() has the last word */
	errno = saved_errno;
	return FALSE;
}

gboolean store_replace(const struct root *root, const char *path, const struct store_file *file,
		       GError **error)
{
	g_autofree char *name = g_path_get_basename(path);
	int folder = open_folder(root, path, NULL, error);
	gboolean done;

	if (folder < 0)
		return FALSE;
	done = replace_in(folder, name, file) || fail(error, "write", path);
	close(folder);
	return done;
}

/* remove_name - flags as unlinkat() */
static gboolean remove_name(const struct root *root, const char *path, const char *name, int flags,
			    GError **error)
{
	gboolean absent = FALSE, done;
	int folder = open_folder(root, path, &absent, error);

	if (folder < 0)
		return absent;
	done = unlinkat(folder, name, flags) == 0 ? fsync(folder) == 0 : errno == ENOENT;
	done = done || ((flags & AT_REMOVEDIR) != 0 && (errno == ENOTEMPTY || errno == EEXIST)) ||
	       fail(error, "remove", path);
	close(folder);
	return done;
}

gboolean store_remove(const struct root *root, const char *path, GError **error)
{
	g_autofree char *name = g_path_get_basename(path);

	return remove_name(root, path, name, 0, error);
}

gboolean store_clean(const struct root *root, const char *path, GError **error)
{
	g_autofree char *name = g_path_get_basename(path);
	g_autofree char *beside = g_strdup_printf(BESIDE, name);

	return remove_name(root, path, beside, 0, error);
}

char *store_beside(const char *path)
{
	g_autofree char *folder = g_path_get_dirname(path);
	g_autofree char *name = g_path_get_basename(path);

	return g_strdup_printf("%s/" BESIDE, folder, name);
}

gboolean store_take_beside(const struct root *root, const char *path, GError **error)
{
	g_autofree char *name = g_path_get_basename(path);
	g_autofree char *beside = g_strdup_printf(BESIDE, name);
	int folder = open_folder(root, path, NULL, error);
	gboolean done;

	if (folder < 0)
		return FALSE;
	done = renameat(folder, beside, folder, name) == 0 ? fsync(folder) == 0 : errno == ENOENT;
	done = done || fail(error, "replace", path);
	close(folder);
	return done;
}

gboolean store_make_folder(const struct root *root, const char *path, GError **error)
{
	g_autofree char *name = g_path_get_basename(path);
	int folder = open_folder(root, path, NULL, error);
	gboolean done;

	if (folder < 0)
		return FALSE;
	done = mkdirat(folder, name, 0755) == 0 ? fsync(folder) == 0 : errno == EEXIST;
	done = done || fail(error, "make", path);
	close(folder);
	return done;
}

gboolean store_remove_folder(const struct root *root, const char *path, GError **error)
{
	g_autofree char *name = g_path_get_basename(path);

	return remove_name(root, path, name, AT_REMOVEDIR, error);
}
