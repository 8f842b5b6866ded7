/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manifest.h"

#include <errno.h>
#include <ftw.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *where)
{
	return remove(path);
}

static void remove_tree(const char *path)
{
	if (nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0 && errno != ENOENT)
		g_error("cannot remove %s: %s", path, g_strerror(errno));
}

static GByteArray *parse_hex(const char *text)
{
	g_auto(GStrv) words = g_strsplit_set(text, " \t", -1);
	GByteArray *bytes = g_byte_array_new();

	for (guint i = 0; words[i] != NULL; i++) {
		guint8 byte = (guint8)g_ascii_strtoull(words[i], NULL, 16);

		if (words[i][0] != '\0')
			g_byte_array_append(bytes, &byte, 1);
	}
	return bytes;
}

static void put_file(const char *path, const void *data, gsize length)
{
	g_autoptr(GError) error = NULL;

	unlink(path);
	/* Not g_file_set_contents(): it waits for the disk, for each of hundreds of files. */
	if (!g_file_set_contents_full(path, data, (gssize)length, G_FILE_SET_CONTENTS_NONE, 0644,
				      &error))
		g_error("%s", error->message);
}

static void put_line(const char *folder, const char *line)
{
	const char *separator;
	g_autofree char *path = NULL;
	g_autofree char *parent = NULL;

	if (g_str_has_prefix(line, "dir ")) {
		path = g_build_filename(folder, line + strlen("dir "), NULL);
		g_assert_cmpint(g_mkdir_with_parents(path, 0755), ==, 0);
		return;
	}
	separator = strchr(line, ' ');
	if (separator == NULL)
		g_error("manifest line makes no sense: %s", line);
	path = g_strdup_printf("%s/%.*s", folder, (int)(separator - line), line);
	parent = g_path_get_dirname(path);
	g_assert_cmpint(g_mkdir_with_parents(parent, 0755), ==, 0);

	if (g_str_has_prefix(separator, " -> ")) {
		unlink(path);
		if (symlink(separator + strlen(" -> "), path) != 0)
			g_error("cannot link %s: %s", path, g_strerror(errno));
	} else if (g_str_has_prefix(separator, " hex ")) {
		g_autoptr(GByteArray) bytes = parse_hex(separator + strlen(" hex "));

		put_file(path, bytes->data, bytes->len);
	} else if (g_str_has_prefix(separator, " =")) {
		g_autofree char *value = g_strcompress(g_strchug(g_strdup(separator + 2)));
		g_autofree char *text = g_strconcat(value, "\n", NULL);

		put_file(path, text, strlen(text));
	} else {
		g_error("manifest line makes no sense: %s", line);
	}
}

void manifest_add(struct manifest *manifest, const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	for (guint i = 0; lines[i] != NULL; i++) {
		const char *line = g_strstrip(lines[i]);

		if (line[0] != '\0' && line[0] != '#')
			put_line(manifest->folder, line);
	}
}

/*
 * In memory where that can be had: hundreds of small files for each of hundreds of machines keep a
 * disk busy for minutes.
 */
static char *make_folder(void)
{
	g_autofree char *in_memory = g_strdup("/dev/shm/hotseat-machine-XXXXXX");
	char *folder = g_mkdtemp(in_memory) != NULL
			       ? g_steal_pointer(&in_memory)
			       : g_dir_make_tmp("hotseat-machine-XXXXXX", NULL);

	g_assert_nonnull(folder);
	return folder;
}

struct manifest *manifest_build(const char *text)
{
	struct manifest *manifest = g_new0(struct manifest, 1);

	manifest->folder = make_folder();
	manifest_add(manifest, text);
	manifest->root = root_open(manifest->folder, NULL);
	g_assert_nonnull(manifest->root);
	return manifest;
}

struct manifest *manifest_build_file(const char *name)
{
	g_autofree char *file = g_strconcat(name, ".manifest", NULL);
	g_autofree char *path = g_test_build_filename(G_TEST_DIST, "../machines", file, NULL);
	g_autofree char *text = NULL;
	g_autoptr(GError) error = NULL;

	if (!g_file_get_contents(path, &text, NULL, &error))
		g_error("%s", error->message);
	return manifest_build(text);
}

void manifest_remove(struct manifest *manifest, const char *path)
{
	g_autofree char *full = g_build_filename(manifest->folder, path, NULL);

	remove_tree(full);
}

void manifest_free(struct manifest *manifest)
{
	if (manifest == NULL)
		return;
	root_free(manifest->root);
	remove_tree(manifest->folder);
	g_free(manifest->folder);
	g_free(manifest);
}
