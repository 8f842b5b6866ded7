/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/tree.h"

#include <string.h>

static void free_entry(gpointer data)
{
	struct tree_entry *entry = data;

	g_free(entry->target);
	g_clear_pointer(&entry->data, g_bytes_unref);
	g_free(entry);
}

struct tree *tree_new(void)
{
	struct tree *tree = g_new0(struct tree, 1);

	tree->entries = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_entry);
	return tree;
}

void tree_free(struct tree *tree)
{
	if (tree == NULL)
		return;
	g_hash_table_unref(tree->entries);
	g_free(tree);
}

struct tree_entry *tree_find(const struct tree *tree, const char *path)
{
	return g_hash_table_lookup(tree->entries, path);
}

struct tree_entry *tree_need(struct tree *tree, const char *path)
{
	struct tree_entry *entry = tree_find(tree, path);

	if (entry == NULL) {
		entry = g_new0(struct tree_entry, 1);
		g_hash_table_insert(tree->entries, g_strdup(path), entry);
	}
	return entry;
}

/* strverscmp() with the slash below all other characters */
static gint compare_paths(gconstpointer a, gconstpointer b)
{
	const char *first = *(const char *const *)a;
	const char *second = *(const char *const *)b;

	for (;;) {
		gsize n = strcspn(first, "/"), m = strcspn(second, "/");
		g_autofree char *step = g_strndup(first, n);
		g_autofree char *other = g_strndup(second, m);
		int order = strverscmp(step, other);

		if (order != 0 || first[n] == '\0' || second[m] == '\0')
			return order != 0 ? order : (first[n] != '\0') - (second[m] != '\0');
		first += n + 1;
		second += m + 1;
	}
}

GPtrArray *tree_paths(const struct tree *tree)
{
	GPtrArray *paths = g_ptr_array_new();
	GHashTableIter iter;
	gpointer path;

	g_hash_table_iter_init(&iter, tree->entries);
	while (g_hash_table_iter_next(&iter, &path, NULL))
		g_ptr_array_add(paths, path);
	g_ptr_array_sort(paths, compare_paths);
	return paths;
}
