/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "corpus.h"

#include <string.h>

char *corpus_path(const char *name)
{
	const char *beside = g_getenv("HOTSEAT_CORPUS");
	g_autofree char *path =
		beside != NULL
			? g_build_filename(beside, name, NULL)
			: g_test_build_filename(G_TEST_DIST, "../../../shared/corpus", name, NULL);

	return g_file_test(path, G_FILE_TEST_EXISTS) ? g_steal_pointer(&path) : NULL;
}

char *corpus_read(const char *name)
{
	g_autofree char *path = corpus_path(name);
	char *text = NULL;

	if (path != NULL)
		g_file_get_contents(path, &text, NULL, NULL);
	return text;
}

static int compare_names(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

char **corpus_list(const char *name)
{
	g_autofree char *path = corpus_path(name);
	g_autoptr(GDir) dir = path == NULL ? NULL : g_dir_open(path, 0, NULL);
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	const char *entry;

	if (dir == NULL)
		return NULL;
	while ((entry = g_dir_read_name(dir)) != NULL)
		g_ptr_array_add(names, g_strdup(entry));
	g_ptr_array_sort(names, compare_names);
	g_ptr_array_add(names, NULL);
	return (char **)g_ptr_array_free(g_steal_pointer(&names), FALSE);
}
