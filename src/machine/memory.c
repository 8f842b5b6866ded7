/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "machine/memory.h"

#include <string.h>

#include "core/error.h"

static const struct {
	const char *key;
	gsize offset;
} meminfo_lines[] = {
	{ "MemTotal:", G_STRUCT_OFFSET(struct memory, total_kib) },
	{ "MemAvailable:", G_STRUCT_OFFSET(struct memory, available_kib) },
	{ "Hugepagesize:", G_STRUCT_OFFSET(struct memory, hugepage_kib) },
	{ "HugePages_Total:", G_STRUCT_OFFSET(struct memory, hugepages_total) },
	{ "HugePages_Free:", G_STRUCT_OFFSET(struct memory, hugepages_free) },
};

static void parse_line(const char *line, struct memory *memory)
{
	for (guint i = 0; i < G_N_ELEMENTS(meminfo_lines); i++) {
		gsize length = strlen(meminfo_lines[i].key);

		if (strncmp(line, meminfo_lines[i].key, length) == 0)
			G_STRUCT_MEMBER(guint64, memory, meminfo_lines[i].offset) =
				g_ascii_strtoull(line + length, NULL, 10);
	}
}

static enum known read_transparent(const struct root *root)
{
	g_autofree char *text = root_read(root, NULL, "sys/kernel/mm/transparent_hugepage/enabled");

	if (text == NULL)
		return NOT_KNOWN;
	return known_from(strstr(text, "[always]") != NULL || strstr(text, "[madvise]") != NULL);
}

gboolean memory_read(const struct root *root, struct memory *memory, GError **error)
{
	g_autofree char *text = root_read(root, error, "proc/meminfo");
	g_auto(GStrv) lines = NULL;
	struct memory found = { 0 };

	if (text == NULL) {
		if (error != NULL)
			(*error)->code = HOTSEAT_ERROR_UNREADABLE;
		return FALSE;
	}
	lines = g_strsplit(text, "\n", -1);
	for (guint i = 0; lines[i] != NULL; i++)
		parse_line(lines[i], &found);
	if (found.total_kib == 0) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_UNREADABLE,
			    "%s/proc/meminfo does not say how much memory there is",
			    root_path(root));
		return FALSE;
	}
	found.transparent = read_transparent(root);
	*memory = found;
	return TRUE;
}
