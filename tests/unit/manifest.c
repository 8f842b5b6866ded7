/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manifest.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "core/manifest.h"

static void remove_tree(const char *path)
{
	if (!manifest_remove_tree(path))
		g_error("cannot remove %s: %s", path, g_strerror(errno));
}

void manifest_add(struct manifest *manifest, const char *text)
{
	g_autoptr(GError) error = NULL;
	int fd = open(manifest->folder, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || !manifest_unpack(text, fd, NULL, &error))
		g_error("%s", error == NULL ? "no folder" : error->message);
	close(fd);
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
