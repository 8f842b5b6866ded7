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

/* How all of these begin, in few letters: whoever looks for them pays for each. */
const char *const plain_unclean[] = {
	"&#",   "&apos",  "&quot", "&lt",   "&gt",      "&amp",     "&nbsp",    "\\\"", "\\n",
	"\\t",  "\\r",    "`",     "**",    "\xe2\x80", "\xe2\x81", "\xe2\x88", "\xc2", "\xef\xbb",
	"\x1b", "\\u001", "\\x1b", "\\033", "\\e[",     "#033",     "^[",       NULL,
};

/* colour_length - of a control sequence at the start of the text; 0: none */
static gsize colour_length(const char *text, const char *end)
{
	for (gsize i = 0; i < G_N_ELEMENTS(escapes); i++) {
		gsize length = strlen(escapes[i]);
		const char *c = text + length;

		if (escapes[i][0] != *text || (gsize)(end - text) < length + 2 ||
		    memcmp(text, escapes[i], length) != 0 || *c++ != '[')
			continue;
		while (c < end && (g_ascii_isdigit(*c) || *c == ';' || *c == '?'))
			c++;
		return c < end && g_ascii_isalpha(*c) ? (gsize)(c + 1 - text) : 0;
	}
	return 0;
}

/* replacement - for what stands at the start of the text, and its length; NULL: nothing of it */
static const char *replacement(const char *text, const char *end, gsize *length)
{
	*length = colour_length(text, end);
	if (*length > 0)
		return "";
	for (gsize i = 0; i < G_N_ELEMENTS(replaced); i++) {
		*length = strlen(replaced[i].from);
		if (replaced[i].from[0] == *text && (gsize)(end - text) >= *length &&
		    memcmp(text, replaced[i].from, *length) == 0)
			return replaced[i].to;
	}
	return NULL;
}

/* What becomes of a byte: itself in lower case, a space, or a look at what begins with it: 0. */
static guint8 letters[256];

static gpointer letters_new(G_GNUC_UNUSED gpointer data)
{
	for (guint i = 1; i < 256; i++)
		letters[i] = g_ascii_iscntrl((char)i) ? ' ' : (guint8)g_ascii_tolower((char)i);
	for (const char *c = "&\\`*#^\x1b\xc2\xe2\xef"; *c != '\0'; c++)
		letters[(guint8)*c] = 0;
	return letters;
}

/* append_letters - until the text ends or there is something to look at; returns how many */
static gsize append_letters(GString *to, const char *text, const char *end)
{
	gsize before = to->len;
	const char *from = text;
	char *out, last = before > 0 ? to->str[before - 1] : ' ';

	g_string_set_size(to, before + (gsize)(end - text));
	out = to->str + before;

	for (; from < end && letters[(guint8)*from] != 0; from++) {
		char c = (char)letters[(guint8)*from];

		*out = c;
		out += c != ' ' || last != ' ';
		last = c;
	}
	g_string_truncate(to, (gsize)(out - to->str));
	return (gsize)(from - text);
}

static void append_letter(GString *to, char c)
{
	if (c != ' ' || (to->len > 0 && to->str[to->len - 1] != ' '))
		g_string_append_c(to, c);
}

void plain_append(GString *to, const char *text, gsize length)
{
	static GOnce once = G_ONCE_INIT;
	const char *end = text + length;

	g_once(&once, letters_new, NULL);
	while (text < end && memchr("> |\t", *text, 4) != NULL)
		text++;
	while (text < end) {
		const char *words;
		gsize taken;

		text += append_letters(to, text, end);
		if (text == end)
			break;
		words = replacement(text, end, &taken);
		if (words == NULL) {
			append_letter(to, *text != '\0' ? *text : ' ');
			text++;
			continue;
		}
		for (; *words != '\0'; words++)
			append_letter(to, *words);
		text += taken;
	}
}
