/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "monitor/capabilities.h"

#include <string.h>

#include "monitor/model.h"

/* Source: VESA MCCS 2.2a, 6 (capabilities string) */

static gboolean is_hex_pair(const char *text)
{
	return g_ascii_isxdigit(text[0]) && g_ascii_isxdigit(text[1]);
}

static guint8 read_hex_pair(const char *text)
{
	return (guint8)(g_ascii_xdigit_value(text[0]) << 4 | g_ascii_xdigit_value(text[1]));
}

/* What is behind the parenthesis that @text begins with closes; at the end if nothing closes it. */
static const char *skip_group(const char *text)
{
	guint depth = 0;

	for (; *text != '\0'; text++) {
		if (*text == '(')
			depth++;
		else if (*text == ')' && --depth == 0)
			return text + 1;
	}
	return text;
}

/* What is inside the parentheses of "vcp(…)", which may itself be inside a pair; or NULL */
static const char *find_features(const char *text)
{
	if (*text == '(')
		text++;
	while (*text != '\0') {
		const char *word = text;
		gsize length = strcspn(text, "( )");

		text += length;
		text += strspn(text, " )");
		if (*text != '(')
			continue;
		/* a name before may have lost its parentheses: "UM69vcp(…)" */
		if (length >= 3 && g_ascii_strncasecmp(word + length - 3, "vcp", 3) == 0)
			return text + 1;
		text = skip_group(text);
	}
	return NULL;
}

static void take_value(guint8 value, GByteArray *values)
{
	if (values->len == 0 || memchr(values->data, value, values->len) == NULL)
		g_byte_array_append(values, &value, 1);
}

static void take_word(const char *word, gsize length, GByteArray *values)
{
	if (length == 1 && g_ascii_isxdigit(word[0]))
		take_value((guint8)g_ascii_xdigit_value(word[0]), values);
	for (gsize at = 0; length % 2 == 0 && at < length && is_hex_pair(word + at); at += 2)
		take_value(read_hex_pair(word + at), values);
}

/*
 * Words of two digits, or one, as ddcutil reads them: what is longer has lost a blank, or got a
 * digit too many. A digit alone where the text breaks off may be half of a word. But some monitors
 * know no blanks at all, and a list of these is one word, "60(010F1112)", of which ddcutil makes
 * nothing.
 */
static void take_values(const char *text, GByteArray *values)
{
	gboolean one_word;

	text += strspn(text, " ");
	one_word = text[strcspn(text, " ()")] == ')';
	for (; *text != '\0' && *text != ')' && *text != '('; text += strspn(text, " ")) {
		gsize length = strcspn(text, " ()");
		gboolean broken_off = length == 1 && text[length] == '\0';

		if ((length <= 2 || one_word) && !broken_off)
			take_word(text, length, values);
		text += length;
	}
}

GBytes *capabilities_inputs(const char *text)
{
	g_autoptr(GByteArray) values = g_byte_array_new();
	const char *at = find_features(text);
	int feature = -1;

	while (at != NULL && *at != '\0' && *at != ')') {
		if (*at == '(') {
			if (feature == MONITOR_FEATURE_INPUT)
				take_values(at + 1, values);
			at = skip_group(at);
			feature = -1;
		} else if (is_hex_pair(at)) {
			feature = read_hex_pair(at);
			at += 2;
		} else {
			at++;
		}
	}
	return g_byte_array_free_to_bytes(g_steal_pointer(&values));
}
