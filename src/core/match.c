/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/match.h"

#include <string.h>

static void add(const struct root *root, const char *folder, char **steps, GPtrArray *paths)
{
	gboolean any = steps[0] != NULL && strpbrk(steps[0], "*?") != NULL;
	g_auto(GStrv) names = NULL;

	if (steps[0] == NULL) {
		g_ptr_array_add(paths, g_strdup(folder));
		return;
	}
	if (!any) {
		g_autofree char *below = g_build_filename(folder, steps[0], NULL);

		add(root, below, steps + 1, paths);
		return;
	}
	names = root_list(root, NULL, "%s", folder);
	for (guint i = 0; names != NULL && names[i] != NULL; i++) {
		if (g_pattern_match_simple(steps[0], names[i])) {
			g_autofree char *below = g_build_filename(folder, names[i], NULL);

			add(root, below, steps + 1, paths);
		}
	}
}

char **match_paths(const struct root *root, const char *pattern)
{
	g_auto(GStrv) steps = g_strsplit(pattern, "/", -1);
	g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);

	g_assert(steps[0] != NULL);
	add(root, steps[0], steps + 1, paths);
	g_ptr_array_add(paths, NULL);
	return (char **)g_ptr_array_free(g_steal_pointer(&paths), FALSE);
}
