/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/manifest.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/error.h"

/* A path that stays below the folder by its text alone; links are the kernel's to refuse. */
static gboolean path_is_safe(const char *path)
{
	g_auto(GStrv) parts = g_strsplit(path, "/", -1);

	for (guint i = 0; parts[i] != NULL; i++) {
		if (parts[i][0] == '\0' || g_str_equal(parts[i], ".") ||
		    g_str_equal(parts[i], ".."))
			return FALSE;
	}
	return parts[0] != NULL;
}

/* open_folder - make and open the folders of @path, none of which may be a link */
static int open_folder(int folder, const char *path)
{
	const struct open_how how = {
		.flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS,
	};
	int fd = (int)syscall(SYS_openat2, folder, path, &how, sizeof(how));

	if (fd >= 0 || errno != ENOENT)
		return fd;
	for (const char *end = strchr(path, '/');; end = strchr(end + 1, '/')) {
		g_autofree char *prefix =
			end == NULL ? g_strdup(path) : g_strndup(path, (gsize)(end - path));
		g_autofree char *above = g_path_get_dirname(prefix);
		g_autofree char *name = g_path_get_basename(prefix);
		int parent = (int)syscall(SYS_openat2, folder, above, &how, sizeof(how));

		if (parent < 0)
			return -1;
		if (mkdirat(parent, name, 0755) != 0 && errno != EEXIST) {
			close(parent);
			return -1;
		}
		close(parent);
		if (end == NULL)
			break;
	}
	return (int)syscall(SYS_openat2, folder, path, &how, sizeof(how));
}

static gboolean write_file(int parent, const char *name, const char *data, gsize length)
{
	int fd;
	gboolean good;

	if (unlinkat(parent, name, 0) != 0 && errno != ENOENT)
		return FALSE;
	fd = openat(parent, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return FALSE;
	good = length == 0 || write(fd, data, length) == (ssize_t)length;
	return close(fd) == 0 && good;
}

static gboolean write_link(int parent, const char *name, const char *target)
{
	if (unlinkat(parent, name, 0) != 0 && errno != ENOENT)
		return FALSE;
	return target[0] != '\0' && symlinkat(target, parent, name) == 0;
}

static gboolean write_hex(int parent, const char *name, const char *text)
{
	g_autoptr(GByteArray) bytes = g_byte_array_new();

	for (; *text != '\0'; text++) {
		int high = g_ascii_xdigit_value(text[0]);
		int low = high < 0 ? -1 : g_ascii_xdigit_value(text[1]);
		guint8 byte = low < 0 ? 0 : (guint8)(high << 4 | low);

		if (*text == ' ')
			continue;
		if (low < 0) {
			errno = EILSEQ;
			return FALSE;
		}
		g_byte_array_append(bytes, &byte, 1);
		text++;
	}
	return write_file(parent, name, (const char *)bytes->data, bytes->len);
}

static gboolean write_value(int parent, const char *name, const char *text)
{
	g_autofree char *value = NULL;
	g_autofree char *line = NULL;

	while (*text == ' ')
		text++;
	value = g_strcompress(text);
	line = g_strconcat(value, "\n", NULL);
	return write_file(parent, name, line, strlen(line));
}

static const struct {
	const char *mark;
	gboolean (*write)(int parent, const char *name, const char *rest);
} kinds[] = {
	{ " -> ", write_link },
	{ " hex", write_hex },
	{ " =", write_value },
};

static gboolean unpack_folder(int folder, const char *path)
{
	int fd = path_is_safe(path) ? open_folder(folder, path) : -1;

	if (fd < 0)
		return FALSE;
	close(fd);
	return TRUE;
}

static gboolean unpack_file(int folder, const char *path, const char *rest)
{
	g_autofree char *above = g_path_get_dirname(path);
	g_autofree char *name = g_path_get_basename(path);
	gboolean good = FALSE;
	int parent;

	if (!path_is_safe(path))
		return FALSE;
	parent = open_folder(folder, above);
	for (gsize i = 0; parent >= 0 && i < G_N_ELEMENTS(kinds); i++) {
		if (g_str_has_prefix(rest, kinds[i].mark)) {
			good = kinds[i].write(parent, name, rest + strlen(kinds[i].mark));
			break;
		}
	}
	if (parent >= 0)
		close(parent);
	return good;
}

/* Paths of devices have no blanks, but those of modules and links by label may: "\040" as in fstab.
 */
static gboolean unpack_line(int folder, const char *line)
{
	const char *blank = strchr(line, ' ');
	g_autofree char *path = NULL;

	if (g_str_has_prefix(line, "dir ")) {
		path = g_strcompress(line + strlen("dir "));
		return unpack_folder(folder, path);
	}
	if (blank == NULL)
		return FALSE;
	path = g_strndup(line, (gsize)(blank - line));
	if (strchr(path, '\\') != NULL) {
		g_autofree char *escaped = g_steal_pointer(&path);

		path = g_strcompress(escaped);
	}
	return unpack_file(folder, path, blank);
}

gboolean manifest_unpack(const char *text, int folder, GError **error)
{
	guint number = 0;

	while (*text != '\0') {
		const char *end = strchrnul(text, '\n');
		g_autofree char *line = g_strchomp(g_strndup(text, (gsize)(end - text)));
		const char *start = line + strspn(line, " \t");

		number++;
		errno = 0;
		if (start[0] != '\0' && start[0] != '#' && !unpack_line(folder, start)) {
			int saved_errno = errno;

			g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_UNREADABLE,
				    "line %u of the recording makes no sense%s%s: %.60s", number,
				    saved_errno == 0 ? "" : ", ",
				    saved_errno == 0 ? "" : g_strerror(saved_errno), start);
			return FALSE;
		}
		text = *end == '\0' ? end : end + 1;
	}
	return TRUE;
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *where)
{
	return remove(path);
}

gboolean manifest_remove_tree(const char *path)
{
	return nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS) == 0 || errno == ENOENT;
}
