/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "setup/words.h"

#include <string.h>

GPtrArray *words_of_line(const char *text)
{
	GPtrArray *words = g_ptr_array_new_with_free_func(g_free);
	g_auto(GStrv) parts = g_strsplit_set(text, " \t\r\n", -1);

	for (guint i = 0; parts[i] != NULL; i++) {
		if (parts[i][0] != '\0')
			g_ptr_array_add(words, g_strdup(parts[i]));
	}
	return words;
}

/* assigned - what follows the = or += of one of the two variables; NULL: the line is another */
static const char *assigned(const char *line)
{
	static const char prefix[] = "GRUB_CMDLINE_LINUX", suffix[] = "_DEFAULT";

	line += strspn(line, " \t");
	if (g_str_has_prefix(line, "export "))
		line += strlen("export ");
	if (!g_str_has_prefix(line, prefix))
		return NULL;
	line += strlen(prefix);
	line += g_str_has_prefix(line, suffix) ? strlen(suffix) : 0;
	line += line[0] == '+';
	return line[0] == '=' ? line + 1 : NULL;
}

void words_of_grub(const char *text, GPtrArray *words)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	for (guint i = 0; lines[i] != NULL; i++) {
		const char *value = assigned(lines[i]);
		g_auto(GStrv) parts = NULL;
		g_autoptr(GPtrArray) found = NULL;

		/* as a shell would split it, comments at the end included */
		if (value == NULL || !g_shell_parse_argv(value, NULL, &parts, NULL))
			continue;
		found = words_of_line(parts[0]);
		for (guint j = 0; j < found->len; j++) {
			const char *word = g_ptr_array_index(found, j);

			if (word[0] != '$')
				g_ptr_array_add(words, g_strdup(word));
		}
	}
}

/* same_parameter - the value behind "name=" if the word is of this parameter; NULL: it is not */
static const char *value_of(const char *word, const char *name, gsize length)
{
	for (gsize i = 0; i < length; i++) {
		if ((word[i] == '_' ? '-' : word[i]) != (name[i] == '_' ? '-' : name[i]))
			return NULL;
	}
	return word[length] == '=' ? word + length + 1 : NULL;
}

const char *words_value(const GPtrArray *words, const char *name)
{
	const char *found = NULL;

	for (guint i = 0; i < words->len; i++) {
		const char *value = value_of(g_ptr_array_index(words, i), name, strlen(name));

		found = value == NULL ? found : value;
	}
	return found;
}

void words_set(GPtrArray *words, const char *word)
{
	gsize length = strcspn(word, "=");

	for (guint i = 0; i < words->len; i++) {
		char **place = (char **)&g_ptr_array_index(words, i);

		if (value_of(*place, word, length) == NULL)
			continue;
		g_free(*place);
		*place = g_strdup(word);
		return;
	}
	g_ptr_array_add(words, g_strdup(word));
}

/* Only what the kernel reads as an id: whatever else stands there must not reach a boot menu. */
static void add_ids(GPtrArray *ids, const char *list)
{
	g_auto(GStrv) each = g_strsplit(list == NULL ? "" : list, ",", -1);

	for (guint i = 0; each[i] != NULL; i++) {
		gsize length = strlen(each[i]);

		if (length == 0 || strspn(each[i], "0123456789abcdefABCDEF:") != length ||
		    g_ptr_array_find_with_equal_func(ids, each[i], g_str_equal, NULL))
			continue;
		g_ptr_array_add(ids, g_strdup(each[i]));
	}
}

char *words_join_ids(const char *a, const char *b)
{
	g_autoptr(GPtrArray) ids = g_ptr_array_new_with_free_func(g_free);

	add_ids(ids, a);
	add_ids(ids, b);
	g_ptr_array_add(ids, NULL);
	return g_strjoinv(",", (char **)ids->pdata);
}
