/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/manifest.h"
#include "core/root.h"
#include "folder.h"
#include "fuzz.h"

#define DEPTH_MAX 8

static void read_all(const struct root *root, const char *folder, guint depth)
{
	g_auto(GStrv) names = depth == 0 ? NULL : root_list(root, NULL, "%s", folder);

	for (guint i = 0; names != NULL && names[i] != NULL; i++) {
		g_autofree char *path = g_build_filename(folder, names[i], NULL);
		struct statx info;

		g_free(root_read_link_target(root, NULL, "%s", path));
		g_free(root_read(root, NULL, "%s", path));
		(void)root_stat(root, &info, NULL, "%s", path);
		(void)root_changed(root, "%s", path);
		read_all(root, path, depth - 1);
	}
}

/* trace_of - what is read of a manifest, written as one; NULL if it makes no sense */
static char *trace_of(const char *text)
{
	const char *folder = folder_fresh();
	g_autofree char *file = g_build_filename(folder, "recording", NULL);
	autoptr(tree) trace = tree_new();
	autoptr(root) root = NULL;

	g_assert_true(g_file_set_contents(file, text, -1, NULL));
	root = root_open(file, NULL);
	if (root == NULL)
		return NULL;
	root_trace(root, trace);
	read_all(root, "", DEPTH_MAX);
	return manifest_write(trace, NULL);
}

/* What we write of any manifest is one, and from then on it does not change any more. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *text = g_strndup((const char *)data, size);
	g_autofree char *first = trace_of(text);
	g_autofree char *second = first == NULL ? NULL : trace_of(first);

	if (first != NULL && g_strcmp0(first, second) != 0) {
		g_printerr("wrote:\n%s\nand then:\n%s", first, second);
		abort(); /* libFuzzer keeps the input for SIGABRT, not for g_error()'s SIGTRAP */
	}
	return 0;
}
