/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/root.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/error.h"
#include "core/manifest.h"

#define ROOT_READ_MAX (4 << 20)
/* More than one is rare, more than ten was never seen; the bound is for attackers. */
#define OPEN_TRIES 1000

struct root {
	int fd;
	gboolean live;
	char *path;
	char *unpacked; /* temporary folder of a recording, removed with the root; NULL: none */
};

/*
 * glibc has no openat2(). RESOLVE_IN_ROOT (Linux 5.6) takes absolute links and ".." as chroot()
 * would; the live root needs no such walls, and plain openat() is quicker.
 *
 * The kernel gives up with EAGAIN when anything anywhere on the machine was renamed or mounted
 * while it went through a "..", because it can then not be sure to have stayed inside.
 * Source: openat2(2), fs/namei.c handle_dots().
 */
static int open_below(const struct root *root, const char *path, int flags)
{
	struct open_how how = {
		.flags = (guint64)(flags | O_CLOEXEC),
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};

	if (path[0] == '\0')
		path = ".";
	if (root->live)
		return openat(root->fd, path, flags | O_CLOEXEC);
	for (int tries = 0; tries < OPEN_TRIES; tries++) {
		int fd = (int)syscall(SYS_openat2, root->fd, path, &how, sizeof(how));

		if (fd >= 0 || errno != EAGAIN)
			return fd;
	}
	return -1;
}

static void set_read_error(GError **error, int saved_errno, const struct root *root,
			   const char *path)
{
	hotseat_error_set_errno(error, saved_errno, "cannot read %s%s%s", root->path,
				g_str_has_suffix(root->path, "/") ? "" : "/", path);
	if (error != NULL && hotseat_error_is(*error, HOTSEAT_ERROR_FAILED))
		(*error)->code = HOTSEAT_ERROR_UNREADABLE;
}

static struct root *root_new(int fd, gboolean live, char *path)
{
	struct root *root = g_new0(struct root, 1);

	root->fd = fd;
	root->live = live;
	root->path = path;
	return root;
}

/*
 * A recording becomes a folder again while it is read: hwloc and others want one, and what reads a
 * folder is what reads the machine.
 */
static struct root *open_recording(const char *path, GError **error)
{
	g_autofree char *text = NULL;
	g_autofree char *folder = NULL;
	g_autoptr(GError) failure = NULL;
	struct root *root;
	int fd;

	if (!g_file_get_contents(path, &text, NULL, &failure)) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_UNREADABLE, "%s", failure->message);
		return NULL;
	}
	folder = g_dir_make_tmp("hotseat-recording-XXXXXX", &failure);
	fd = folder == NULL ? -1 : open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_UNREADABLE,
			    "cannot unpack the recording %s: %s", path,
			    failure == NULL ? g_strerror(errno) : failure->message);
		return NULL;
	}
	root = root_new(fd, FALSE, g_strdup(path));
	root->unpacked = g_steal_pointer(&folder);
	if (!manifest_unpack(text, fd, error)) {
		g_prefix_error(error, "%s: ", path);
		root_free(root);
		return NULL;
	}
	return root;
}

struct root *root_open(const char *path, GError **error)
{
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 && errno == ENOTDIR)
		return open_recording(path, error);
	if (fd < 0) {
		int saved_errno = errno;

		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_UNREADABLE,
			    "cannot open %s as a root folder: %s", path, g_strerror(saved_errno));
		return NULL;
	}
	return root_new(fd, g_str_equal(path, "/"), g_strdup(path));
}

#define FORMAT_PATH(path, format)                                                                  \
	g_autofree char *path = NULL;                                                              \
	va_list path##_args;                                                                       \
	va_start(path##_args, format);                                                             \
	path = g_strdup_vprintf(format, path##_args);                                              \
	va_end(path##_args)

struct root *root_enter(const struct root *root, GError **error, const char *format, ...)
{
	FORMAT_PATH(path, format);
	int fd = open_below(root, path, O_PATH | O_DIRECTORY);

	if (fd < 0) {
		set_read_error(error, errno, root, path);
		return NULL;
	}
	return root_new(fd, root->live, g_build_filename(root->path, path, NULL));
}

void root_free(struct root *root)
{
	if (root == NULL)
		return;
	close(root->fd);
	if (root->unpacked != NULL)
		(void)manifest_remove_tree(root->unpacked); /* only clutter in a temporary folder */
	g_free(root->unpacked);
	g_free(root->path);
	g_free(root);
}

gboolean root_is_live(const struct root *root)
{
	return root->live;
}

const char *root_path(const struct root *root)
{
	return root->path;
}

int root_fd(const struct root *root)
{
	return root->fd;
}

/*
 * sysfs reports a size of 4096 for every attribute and proc a size of 0, so the size is no help:
 * read until the end. A first buffer of one page makes the usual attribute one read() plus the one
 * that sees its end.
 */
static GByteArray *read_all(const struct root *root, const char *path, gsize max, gboolean one_read,
			    GError **error)
{
	g_autoptr(GByteArray) bytes = g_byte_array_sized_new(256);
	int fd = open_below(root, path, O_RDONLY | O_NONBLOCK);
	int saved_errno = 0;

	if (fd < 0) {
		set_read_error(error, errno, root, path);
		return NULL;
	}
	while (bytes->len < max) {
		guint8 page[4096];
		ssize_t n = read(fd, page, MIN(sizeof(page), max - bytes->len));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			saved_errno = errno;
		if (n <= 0)
			break;
		g_byte_array_append(bytes, page, (guint)n);
		if (one_read && (gsize)n < sizeof(page))
			break;
	}
	close(fd);
	if (saved_errno != 0) {
		set_read_error(error, saved_errno, root, path);
		return NULL;
	}
	return g_steal_pointer(&bytes);
}

/* An empty line feed at the end goes, and what would end a C string early becomes one. */
static char *text_from_bytes(GByteArray *bytes)
{
	for (guint i = 0; i < bytes->len; i++) {
		if (bytes->data[i] == '\0')
			bytes->data[i] = '\n';
	}
	g_byte_array_append(bytes, (const guint8 *)"", 1);
	return g_strchomp((char *)g_byte_array_free(bytes, FALSE));
}

char *root_read(const struct root *root, GError **error, const char *format, ...)
{
	FORMAT_PATH(path, format);
	GByteArray *bytes = read_all(root, path, ROOT_READ_MAX, FALSE, error);

	return bytes == NULL ? NULL : text_from_bytes(bytes);
}

char *root_read_attribute(const struct root *root, GError **error, const char *format, ...)
{
	FORMAT_PATH(path, format);
	GByteArray *bytes = read_all(root, path, ROOT_READ_MAX, TRUE, error);

	return bytes == NULL ? NULL : text_from_bytes(bytes);
}

GBytes *root_read_bytes(const struct root *root, gsize max, GError **error, const char *format, ...)
{
	FORMAT_PATH(path, format);
	GByteArray *bytes = read_all(root, path, MIN(max, ROOT_READ_MAX), FALSE, error);

	return bytes == NULL ? NULL : g_byte_array_free_to_bytes(bytes);
}

gboolean root_read_number(const struct root *root, int base, guint64 *number, GError **error,
			  const char *format, ...)
{
	FORMAT_PATH(path, format);
	/* a number is one record, which even /proc does not cut in two */
	g_autofree char *text = root_read_attribute(root, error, "%s", path);
	char *end = NULL;
	guint64 value;

	if (text == NULL)
		return FALSE;
	errno = 0;
	value = g_ascii_strtoull(text, &end, (guint)base);
	if (errno != 0 || end == text || *end != '\0' || strchr(text, '-') != NULL) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_UNREADABLE,
			    "%s/%s holds \"%.40s\", not a number", root->path, path, text);
		return FALSE;
	}
	*number = value;
	return TRUE;
}

/*
 * readlinkat() itself would walk the folders above the link freely; below a foreign root they are
 * opened with walls first. A name in the folder itself has none to walk.
 */
static char *read_link(const struct root *root, const char *path, GError **error)
{
	char target[PATH_MAX];
	ssize_t n;

	if (root->live || strchr(path, '/') == NULL) {
		n = readlinkat(root->fd, path, target, sizeof(target) - 1);
	} else {
		int fd = open_below(root, path, O_PATH | O_NOFOLLOW);

		n = fd < 0 ? -1 : readlinkat(fd, "", target, sizeof(target) - 1);
		if (fd >= 0) {
			int saved_errno = errno;

			close(fd);
			errno = saved_errno;
		}
	}
	if (n < 0) {
		set_read_error(error, errno, root, path);
		return NULL;
	}
	return g_strndup(target, (gsize)n);
}

char *root_read_link_target(const struct root *root, GError **error, const char *format, ...)
{
	FORMAT_PATH(path, format);

	return read_link(root, path, error);
}

char *root_read_link(const struct root *root, GError **error, const char *format, ...)
{
	FORMAT_PATH(path, format);
	g_autofree char *target = read_link(root, path, error);

	return target == NULL ? NULL : g_path_get_basename(target);
}

static int compare_names(gconstpointer a, gconstpointer b)
{
	return strverscmp(*(const char *const *)a, *(const char *const *)b);
}

char **root_list(const struct root *root, GError **error, const char *format, ...)
{
	FORMAT_PATH(path, format);
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	int fd = open_below(root, path, O_RDONLY | O_DIRECTORY);
	const struct dirent *entry;
	DIR *dir;

	if (fd < 0) {
		set_read_error(error, errno, root, path);
		return NULL;
	}
	dir = fdopendir(fd);
	if (dir == NULL) {
		set_read_error(error, errno, root, path);
		close(fd);
		return NULL;
	}
	while ((entry = readdir(dir)) != NULL) {
		if (!g_str_equal(entry->d_name, ".") && !g_str_equal(entry->d_name, ".."))
			g_ptr_array_add(names, g_strdup(entry->d_name));
	}
	closedir(dir);
	g_ptr_array_sort(names, compare_names);
	g_ptr_array_add(names, NULL);
	return (char **)g_ptr_array_free(g_steal_pointer(&names), FALSE);
}

gboolean root_exists(const struct root *root, const char *format, ...)
{
	FORMAT_PATH(path, format);
	int fd = open_below(root, path, O_PATH);

	if (fd < 0)
		return FALSE;
	close(fd);
	return TRUE;
}

gboolean root_stat(const struct root *root, struct statx *info, GError **error, const char *format,
		   ...)
{
	FORMAT_PATH(path, format);
	const int flags = AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT;
	const unsigned int mask = STATX_TYPE | STATX_MODE;
	struct statx found;
	int result, fd;

	if (root->live) {
		result = statx(root->fd, path, flags, mask, &found);
	} else {
		int saved_errno;

		fd = open_below(root, path, O_PATH);
		result = fd < 0 ? -1 : statx(fd, "", flags | AT_EMPTY_PATH, mask, &found);
		saved_errno = errno;
		if (fd >= 0)
			close(fd);
		errno = saved_errno;
	}
	if (result < 0) {
		set_read_error(error, errno, root, path);
		return FALSE;
	}
	*info = found;
	return TRUE;
}
