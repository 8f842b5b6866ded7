/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fix/edit.h"

#include <string.h>

/* Bytes of the text and what comes in their place. */
struct splice {
	guint start, end;
	guint order; /* of those at one place */
	char *text;
};

struct edit {
	struct document *document;
	const char *text;
	GArray *splices;
	gboolean impossible; /* an element does not stand in the text */
};

static void splice_clear(gpointer data)
{
	g_free(((struct splice *)data)->text);
}

struct edit *edit_new(struct document *document)
{
	struct edit *edit = g_new0(struct edit, 1);

	edit->document = document;
	edit->text = document_text_of(document);
	edit->splices = g_array_new(FALSE, FALSE, sizeof(struct splice));
	g_array_set_clear_func(edit->splices, splice_clear);
	return edit;
}

void edit_free(struct edit *edit)
{
	if (edit == NULL)
		return;
	g_array_unref(edit->splices);
	g_free(edit);
}

struct document *edit_document(const struct edit *edit)
{
	return edit->document;
}

static void splice(struct edit *edit, guint start, guint end, char *text)
{
	struct splice one = { start, end, edit->splices->len, text };

	g_array_append_val(edit->splices, one);
}

static gboolean span_of(struct edit *edit, const struct element *element, struct span *span)
{
	if (element != NULL && element_span(edit->document, element, span))
		return TRUE;
	edit->impossible = TRUE;
	return FALSE;
}

/* line_start - where the line begins that @at is in */
static guint line_start(const char *text, guint at)
{
	while (at > 0 && text[at - 1] != '\n')
		at--;
	return at;
}

static gboolean is_blank(const char *text, guint start, guint end)
{
	for (; start < end; start++) {
		if (text[start] != ' ' && text[start] != '\t')
			return FALSE;
	}
	return TRUE;
}

/* indent_of - the blanks before an element that begins its line; NULL: it does not */
static char *indent_of(const char *text, guint start)
{
	guint line = line_start(text, start);

	return is_blank(text, line, start) ? g_strndup(text + line, start - line) : NULL;
}

/* An attribute in a start tag: from the blanks before its name to behind its last quote. */
struct attribute_span {
	guint start, value, value_end, end;
	char quote;
};

/* next_attribute - FALSE at the end of the tag; @at is moved behind it */
static gboolean next_attribute(const char *text, guint *at, guint end, const char **name,
			       gsize *length, struct attribute_span *span)
{
	guint here = *at;

	span->start = here;
	here += (guint)strspn(text + here, " \t\r\n");
	*name = text + here;
	*length = strcspn(text + here, "= \t\r\n/>");
	here += (guint)*length;
	here += (guint)strspn(text + here, " \t\r\n");
	if (here >= end || text[here] != '=')
		return FALSE;
	here += 1 + (guint)strspn(text + here + 1, " \t\r\n");
	span->quote = text[here];
	span->value = here + 1;
	span->value_end = span->value;
	while (span->value_end < end && text[span->value_end] != span->quote)
		span->value_end++;
	span->end = span->value_end + 1;
	*at = span->end;
	return span->end <= end;
}

static gboolean find_attribute(const struct edit *edit, const struct span *span, const char *name,
			       struct attribute_span *found)
{
	guint at = span->start + 1;
	const char *here;
	gsize length;

	at += (guint)strcspn(edit->text + at, " \t\r\n/>");
	while (next_attribute(edit->text, &at, span->inside, &here, &length, found)) {
		if (length == strlen(name) && strncmp(here, name, length) == 0)
			return TRUE;
	}
	return FALSE;
}

/* The quote that the document's first attribute has, for those that are added. */
static char favourite_quote(const struct edit *edit)
{
	const char *sign = strchr(edit->text, '=');

	return sign != NULL && sign[1 + strspn(sign + 1, " ")] == '"' ? '"' : '\'';
}

void edit_set(struct edit *edit, const struct element *element, const char *name, const char *value)
{
	g_autofree char *escaped = value != NULL ? g_markup_escape_text(value, -1) : NULL;
	struct attribute_span found;
	struct span span;
	guint end;

	if (!span_of(edit, element, &span))
		return;
	if (find_attribute(edit, &span, name, &found)) {
		if (value == NULL)
			splice(edit, found.start, found.end, g_strdup(""));
		else
			splice(edit, found.value, found.value_end, g_steal_pointer(&escaped));
		return;
	}
	if (value == NULL)
		return;
	end = span.inside - (edit->text[span.inside - 2] == '/' ? 2 : 1);
	while (g_ascii_isspace(edit->text[end - 1]))
		end--;
	splice(edit, end, end,
	       g_strdup_printf(" %s=%c%s%c", name, favourite_quote(edit), escaped,
			       favourite_quote(edit)));
}

/* is_closed - <x/>: there is nothing between tags, because there is one only */
static gboolean is_closed(const struct span *span)
{
	return span->inside == span->end;
}

void edit_text(struct edit *edit, const struct element *element, const char *text)
{
	g_autofree char *escaped = g_markup_escape_text(text, -1);
	struct span span;

	if (span_of(edit, element, &span) && !is_closed(&span))
		splice(edit, span.inside, span.outside, g_steal_pointer(&escaped));
	else
		edit->impossible = TRUE;
}

void edit_remove_content(struct edit *edit, const struct element *element)
{
	struct span span;

	if (span_of(edit, element, &span) && !is_closed(&span))
		splice(edit, span.inside, span.outside, g_strdup(""));
}

void edit_remove(struct edit *edit, const struct element *element)
{
	struct span span;
	guint line, end;

	if (!span_of(edit, element, &span))
		return;
	line = line_start(edit->text, span.start);
	end = span.end + (guint)strspn(edit->text + span.end, " \t\r");
	if (is_blank(edit->text, line, span.start) && edit->text[end] == '\n')
		splice(edit, line, end + 1, g_strdup(""));
	else
		splice(edit, span.start, span.end, g_strdup(""));
}

/* indented - each line of @xml below @indent */
static char *indented(const char *xml, const char *indent)
{
	g_auto(GStrv) lines = g_strsplit(xml, "\n", -1);
	g_autofree char *between = g_strconcat("\n", indent, NULL);

	return g_strjoinv(between, lines);
}

/* child_indent - how the children of an element are indented; NULL: they have no lines of theirs */
static char *child_indent(struct edit *edit, const struct element *element, const struct span *span)
{
	const struct element *child = document_first(edit->document, element, "*[last()]");
	g_autofree char *own = indent_of(edit->text, span->start);
	struct span inner;

	if (child != NULL && element_span(edit->document, child, &inner))
		return indent_of(edit->text, inner.start);
	return own != NULL ? g_strconcat(own, "  ", NULL) : NULL;
}

/* requoted - our own XML with the quotes that the document has */
static char *requoted(const struct edit *edit, const char *xml)
{
	return g_strdelimit(g_strdup(xml), "'", favourite_quote(edit));
}

void edit_append(struct edit *edit, const struct element *element, const char *xml)
{
	g_autofree char *quoted = requoted(edit, xml);
	g_autofree char *indent = NULL, *block = NULL, *own = NULL;
	struct span span;

	if (!span_of(edit, element, &span))
		return;
	indent = child_indent(edit, element, &span);
	own = indent_of(edit->text, span.start);
	block = indented(quoted, indent != NULL ? indent : "");
	if (is_closed(&span)) {
		g_autofree char *title = element_title(element);
		guint slash = span.inside - 2;

		while (g_ascii_isspace(edit->text[slash - 1]))
			slash--;
		title[strlen(title) - 1] = '\0'; /* "<cpu>" without its ">" */
		splice(edit, slash, span.inside,
		       indent != NULL ? g_strdup_printf(">\n%s%s\n%s</%s>", indent, block,
							own != NULL ? own : "", title + 1)
				      : g_strdup_printf(">%s</%s>", block, title + 1));
		return;
	}
	if (indent == NULL) {
		splice(edit, span.outside, span.outside, g_steal_pointer(&block));
		return;
	}
	/* before the blanks of the end tag, if that has a line of its own */
	if (is_blank(edit->text, line_start(edit->text, span.outside), span.outside)) {
		guint line = line_start(edit->text, span.outside);

		splice(edit, line, line, g_strdup_printf("%s%s\n", indent, block));
	} else {
		splice(edit, span.outside, span.outside,
		       g_strdup_printf("\n%s%s\n%s", indent, block, own != NULL ? own : ""));
	}
}

void edit_insert_before(struct edit *edit, const struct element *element, const char *xml)
{
	g_autofree char *quoted = requoted(edit, xml);
	g_autofree char *indent = NULL, *block = NULL;
	struct span span;

	if (!span_of(edit, element, &span))
		return;
	indent = indent_of(edit->text, span.start);
	block = indented(quoted, indent != NULL ? indent : "");
	splice(edit, span.start, span.start,
	       indent != NULL ? g_strdup_printf("%s\n%s", block, indent) : g_steal_pointer(&block));
}

/* find_child - like document_first(), for names that are not constants */
static const struct element *find_child(struct edit *edit, const struct element *parent,
					const char *name)
{
	g_autoptr(GPtrArray) children = document_find(edit->document, parent, "*");

	for (guint i = 0; i < children->len; i++) {
		const struct element *child = g_ptr_array_index(children, i);

		if (g_str_equal(element_name(child), name))
			return child;
	}
	return NULL;
}

void edit_put(struct edit *edit, const char *parent, const char *xml)
{
	g_auto(GStrv) names = g_strsplit(parent, "/", -1);
	const struct element *at = document_domain(edit->document);
	g_autofree char *block = g_strdup(xml);
	guint depth = 0;

	for (; names[depth] != NULL; depth++) {
		const struct element *child = find_child(edit, at, names[depth]);

		if (child == NULL)
			break;
		at = child;
	}
	for (guint i = g_strv_length(names); i > depth; i--) {
		g_autofree char *inner = indented(block, "  ");
		char *outer =
			g_strdup_printf("<%s>\n  %s\n</%s>", names[i - 1], inner, names[i - 1]);

		g_free(block);
		block = outer;
	}
	edit_append(edit, at, block);
}

static int compare_splices(gconstpointer a, gconstpointer b)
{
	const struct splice *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

char *edit_apply(struct edit *edit)
{
	g_autoptr(GString) out = g_string_new(NULL);
	guint at = 0;

	if (edit->impossible)
		return NULL;
	g_array_sort(edit->splices, compare_splices);
	for (guint i = 0; i < edit->splices->len; i++) {
		const struct splice *one = &g_array_index(edit->splices, struct splice, i);

		if (one->start < at)
			return NULL;
		g_string_append_len(out, edit->text + at, one->start - at);
		g_string_append(out, one->text);
		at = one->end;
	}
	g_string_append(out, edit->text + at);
	return g_string_free(g_steal_pointer(&out), FALSE);
}
