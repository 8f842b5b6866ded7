/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/text.h"

void text_print_wrapped(FILE *out, const char *text, int indent, int column)
{
	g_auto(GStrv) words = g_strsplit_set(text, " \n", -1);
	gboolean first = TRUE;

	for (guint i = 0; words[i] != NULL; i++) {
		int width = (int)g_utf8_strlen(words[i], -1);

		if (width == 0)
			continue;
		if (!first && column + 1 + width > TEXT_WIDTH) {
			fprintf(out, "\n%*s", indent, "");
			column = indent;
			first = TRUE;
		}
		fprintf(out, "%s%s", first ? "" : " ", words[i]);
		column += width + (first ? 0 : 1);
		first = FALSE;
	}
	fputc('\n', out);
}

/* "\302\200" to "\302\237" are the control characters of ISO 8859-1 in UTF-8, CSI among them. */
static gboolean is_high_control(const char *text)
{
	return (guint8)text[0] == 0xc2 && (guint8)text[1] >= 0x80 && (guint8)text[1] < 0xa0;
}

void text_disarm(char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '\r')
			*text = ' ';
		else if (g_ascii_iscntrl(*text) && *text != '\t' && *text != '\n')
			*text = '?';
		else if (is_high_control(text))
			text[0] = text[1] = '?';
	}
}

const GRegex *text_pattern(const char *pattern)
{
	static GMutex mutex;
	static GHashTable *known;
	GRegex *regex;

	g_mutex_lock(&mutex);
	if (known == NULL)
		known = g_hash_table_new(NULL, NULL);
	regex = g_hash_table_lookup(known, pattern);
	if (regex == NULL) {
		g_autoptr(GError) error = NULL;

		regex = g_regex_new(pattern, G_REGEX_OPTIMIZE, 0, &error);
		g_assert_no_error(error);
		g_hash_table_insert(known, (gpointer)(guintptr)pattern, regex);
	}
	g_mutex_unlock(&mutex);
	return regex;
}
