/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/plain.h"

#include <string.h>

static const struct {
	const char *from, *to;
} replaced[] = {
	/* entities */
	{ "&#39;", "'" },
	{ "&#039;", "'" },
	{ "&apos;", "'" },
	{ "&quot;", "\"" },
	{ "&#34;", "\"" },
	{ "&lt;", "<" },
	{ "&gt;", ">" },
	{ "&amp;", "&" },
	{ "&nbsp;", " " },
	/* what JSON and shells escape; a backslash before it is another one */
	{ "\\\"", "\"" },
	{ "\\n", " " },
	{ "\\t", " " },
	{ "\\r", " " },
	/* marks of Markdown */
	{ "`", "" },
	{ "**", "" },
	/* quotes ‘ ’ ‚ ‛ “ ” „ ‹ › « » ′ */
	{ "\xe2\x80\x98", "'" },
	{ "\xe2\x80\x99", "'" },
	{ "\xe2\x80\x9a", "'" },
	{ "\xe2\x80\x9b", "'" },
	{ "\xe2\x80\x9c", "\"" },
	{ "\xe2\x80\x9d", "\"" },
	{ "\xe2\x80\x9e", "\"" },
	{ "\xe2\x80\xb9", "'" },
	{ "\xe2\x80\xba", "'" },
	{ "\xc2\xab", "\"" },
	{ "\xc2\xbb", "\"" },
	{ "\xc2\xb4", "'" },
	{ "\xe2\x80\xb2", "'" },
	/* dashes and the minus sign */
	{ "\xe2\x80\x90", "-" },
	{ "\xe2\x80\x91", "-" },
	{ "\xe2\x80\x92", "-" },
	{ "\xe2\x80\x93", "-" },
	{ "\xe2\x80\x94", "-" },
	{ "\xe2\x88\x92", "-" },
	/* spaces that do not break, and those without width */
	{ "\xc2\xa0", " " },
	{ "\xe2\x80\xaf", " " },
	{ "\xe2\x80\x89", " " },
	{ "\xe2\x80\x8b", "" },
	{ "\xe2\x81\xa0", "" },
	{ "\xc2\xad", "" },
	{ "\xef\xbb\xbf", "" },
};

/* How logs write the escape character. */
static const char *const escapes[] = { "\x1b", "\\u001b", "\\x1b", "\\033", "\\e", "#033", "^[" };

gboolean plain_is_unclean(char byte)
{
	return byte != '\0' && strchr("\x1b&`\\*#^\xc2\xe2\xef", byte) != NULL;
}

/* colour_length - of a control sequence at the start of the text; 0: none */
static gsize colour_length(const char *text, const char *end)
{
	for (gsize i = 0; i < G_N_ELEMENTS(escapes); i++) {
		gsize length = strlen(escapes[i]);
		const char *c = text + length;

		if ((gsize)(end - text) < length + 2 || memcmp(text, escapes[i], length) != 0 ||
		    *c++ != '[')
			continue;
		while (c < end && (g_ascii_isdigit(*c) || *c == ';' || *c == '?'))
			c++;
		return c < end && g_ascii_isalpha(*c) ? (gsize)(c + 1 - text) : 0;
	}
	return 0;
}

static void append_words(GString *to, const char *words)
{
	for (; *words != '\0'; words++) {
		char c = g_ascii_iscntrl(*words) ? ' ' : g_ascii_tolower(*words);

		if (c != ' ' || (to->len > 0 && to->str[to->len - 1] != ' '))
			g_string_append_c(to, c);
	}
}

/* append_replaced - what stands at the start of the text; returns its length, 0: nothing of it */
static gsize append_replaced(GString *to, const char *text, const char *end)
{
	for (gsize i = 0; i < G_N_ELEMENTS(replaced); i++) {
		gsize length = strlen(replaced[i].from);

		if ((gsize)(end - text) < length || memcmp(text, replaced[i].from, length) != 0)
			continue;
		append_words(to, replaced[i].to);
		return length;
	}
	return 0;
}

void plain_append(GString *to, const char *text, gsize length)
{
	const char *end = text + length;

	while (text < end && strchr("> |\t", *text) != NULL && *text != '\0')
		text++;
	while (text < end) {
		const char one[] = { *text, '\0' };
		gsize taken = 0;

		if (plain_is_unclean(*text)) {
			taken = colour_length(text, end);
			if (taken == 0)
				taken = append_replaced(to, text, end);
		}
		if (taken == 0) {
			append_words(to, one[0] != '\0' ? one : " ");
			taken = 1;
		}
		text += taken;
	}
}
