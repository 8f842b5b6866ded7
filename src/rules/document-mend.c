/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/document-mend.h"

#include <string.h>

/*
 * People paste domains out of web pages, shell scripts and chats: quotes turned, end tags gone,
 * wrappers without attributes swallowed by the page. libxml2's own recovery stops at the first end
 * tag too many and puts everything after a lost one inside it. So, for text that it refuses, tags
 * are read one by one and every element is put where libvirt's schema has it; libxml2 then reads
 * what came out. What had to be guessed is noted.
 */
#define MAX_DEPTH 64
#define MAX_NAME 128
#define MAX_VALUE 4096

struct mending {
	const char *text;
	gsize length, at;
	GPtrArray *open; /* names of open elements, owned */
	gboolean had_root;
	struct mended *out;
};

void mended_free(struct mended *mended)
{
	if (mended == NULL)
		return;
	g_string_free(mended->text, TRUE);
	g_array_unref(mended->places);
	g_ptr_array_unref(mended->losses);
	g_free(mended);
}

static void loss_free(gpointer data)
{
	struct loss *loss = data;

	g_free(loss->what);
	g_free(loss);
}

void loss_note(GPtrArray *losses, enum loss_kind kind, guint offset, const char *what)
{
	struct loss *loss = NULL;

	for (guint i = 0; i < losses->len && loss == NULL; i++) {
		struct loss *candidate = g_ptr_array_index(losses, i);

		loss = candidate->kind == kind ? candidate : NULL;
	}
	if (loss == NULL) {
		loss = g_new0(struct loss, 1);
		*loss = (struct loss){ .kind = kind, .line = offset, .what = g_strdup(what) };
		g_ptr_array_add(losses, loss);
	} else if (loss->count < 8) {
		g_autofree char *before = loss->what;

		loss->what = g_strconcat(before, ", ", what, NULL);
	} else if (loss->count == 8) {
		g_autofree char *before = loss->what;

		loss->what = g_strconcat(before, ", …", NULL);
	}
	loss->count++;
}

static void note(struct mending *mending, enum loss_kind kind, gsize offset, const char *what)
{
	loss_note(mending->out->losses, kind, (guint)offset, what);
}

static void note_tag(struct mending *mending, enum loss_kind kind, gsize offset, const char *name)
{
	g_autofree char *tag = g_strdup_printf("<%s%s>", kind == LOSS_START_TAGS ? "" : "/", name);

	note(mending, kind, offset, tag);
}

static gboolean ahead(const struct mending *mending, const char *word)
{
	gsize length = strlen(word);

	return mending->length - mending->at >= length &&
	       memcmp(mending->text + mending->at, word, length) == 0;
}

/* find_within - offset just behind the next @word before @end; @end if there is none */
static gsize find_within(const struct mending *mending, gsize from, gsize end, const char *word)
{
	gsize length = strlen(word);
	const char *found =
		from >= end ? NULL : memmem(mending->text + from, end - from, word, length);

	return found == NULL ? end : (gsize)(found - mending->text) + length;
}

static gsize find_after(const struct mending *mending, gsize from, const char *word)
{
	return find_within(mending, from, mending->length, word);
}

static const char *top(const struct mending *mending)
{
	return mending->open->len == 0 ? NULL
				       : g_ptr_array_index(mending->open, mending->open->len - 1);
}

static void pop(struct mending *mending)
{
	g_string_append_printf(mending->out->text, "</%s>", top(mending));
	g_ptr_array_set_size(mending->open, (int)mending->open->len - 1);
}

/* Some prefixes are known without being declared; the document's own declarations are dropped. */
#define KNOWN_PREFIXES                                                                             \
	" xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'"                                 \
	" xmlns:libosinfo='http://libosinfo.org/xmlns/libvirt/domain/1.0'"

static void append_escaped(GString *out, const char *text, gsize length)
{
	static const char *const kept[] = { "&amp;", "&lt;", "&gt;", "&quot;", "&apos;" };

	for (gsize i = 0; i < length; i++) {
		gboolean entity = FALSE;

		for (gsize k = 0; text[i] == '&' && k < G_N_ELEMENTS(kept) && !entity; k++) {
			gsize size = strlen(kept[k]);

			entity = size <= length - i && memcmp(text + i, kept[k], size) == 0;
		}
		if (text[i] == '<')
			g_string_append(out, "&lt;");
		else if (text[i] == '&' && !entity)
			g_string_append(out, "&amp;");
		else if (text[i] == '"')
			g_string_append(out, "&quot;");
		else if ((guchar)text[i] < ' ' && strchr("\t\n\r", text[i]) == NULL)
			g_string_append_c(out, ' ');
		else
			g_string_append_c(out, text[i]);
	}
}

/* emit - write a start tag and remember where it was */
static void emit(struct mending *mending, const char *name, const GPtrArray *attributes,
		 gboolean empty, struct tag_place place)
{
	GString *out = mending->out->text;

	g_string_append_printf(out, "<%s", name);
	if (mending->open->len == 0)
		g_string_append(out, KNOWN_PREFIXES);
	for (guint i = 0; attributes != NULL && i + 1 < attributes->len; i += 2) {
		const char *value = g_ptr_array_index(attributes, i + 1);

		g_string_append_printf(out, " %s=\"",
				       (const char *)g_ptr_array_index(attributes, i));
		append_escaped(out, value, strlen(value));
		g_string_append_c(out, '"');
	}
	g_string_append(out, empty ? "/>" : ">");
	g_array_append_val(mending->out->places, place);
	if (!empty)
		g_ptr_array_add(mending->open, g_strdup(name));
	mending->had_root = TRUE;
}

/* depth_of - index of the innermost open element among @names; -1: none is open */
static int depth_of(const struct mending *mending, const char *const *names)
{
	for (int i = (int)mending->open->len - 1; i >= 0; i--) {
		if (g_strv_contains(names, g_ptr_array_index(mending->open, i)))
			return i;
	}
	return -1;
}

/* close_down - end what is open above @depth, whose ends were lost */
static void close_down(struct mending *mending, int depth, gsize offset)
{
	while ((int)mending->open->len - 1 > depth) {
		note_tag(mending, LOSS_END_TAGS, offset, top(mending));
		pop(mending);
	}
}

/* make_home - end and begin elements until @name may stand here */
static void make_home(struct mending *mending, const char *name, const GPtrArray *attributes,
		      gsize offset)
{
	const char *const *parents = element_parents(name, attributes);
	int depth = parents == NULL ? (int)mending->open->len - 1 : depth_of(mending, parents);
	g_autoptr(GPtrArray) none = g_ptr_array_new();

	if (parents == NULL && mending->open->len > 0)
		return;
	if (depth >= 0) {
		close_down(mending, depth, offset);
		return;
	}
	if (parents == NULL || mending->open->len > MAX_DEPTH)
		return;
	if (!(mending->open->len == 0 && mending->had_root)) {
		make_home(mending, parents[0], none, offset);
		note_tag(mending, LOSS_START_TAGS, offset, parents[0]);
		emit(mending, parents[0], NULL, FALSE, (struct tag_place){ (guint)offset, 0 });
	}
}

static gboolean name_byte(char c)
{
	return g_ascii_isalnum(c) || strchr("_-.:", c) != NULL || (guchar)c >= 0x80;
}

/* read_name - a name at the cursor, or NULL; colons are left only in prefixes that we know */
static char *read_name(struct mending *mending)
{
	gsize start = mending->at;
	char *name;

	while (mending->at < mending->length && mending->text[mending->at] != '\0' &&
	       name_byte(mending->text[mending->at]) && mending->at - start < MAX_NAME)
		mending->at++;
	if (mending->at == start || !g_ascii_isalpha(mending->text[start]))
		return NULL;
	name = g_strndup(mending->text + start, mending->at - start);
	for (char *c = name; *c != '\0'; c++) {
		if ((guchar)*c >= 0x80 || (*c == ':' && !g_str_has_prefix(name, "qemu:") &&
					   !g_str_has_prefix(name, "libosinfo:")))
			*c = '.';
	}
	return name;
}

/* The quotes that pages, scripts and phones make of quotes. */
static const struct {
	const char *begin, *end;
} quotes[] = {
	{ "'", "'" }, { "\"", "\"" }, { "\\\"", "\\\"" }, { "\\'", "\\'" }, { "“", "”" },
	{ "”", "”" }, { "‘", "’" },   { "’", "’" },       { "″", "″" },     { "&quot;", "&quot;" },
};

/* read_value - the value at the cursor, as meant; @good: it stood in quotes of XML's own */
static char *read_value(struct mending *mending, gboolean *good)
{
	gsize start = mending->at;

	for (gsize i = 0; i < G_N_ELEMENTS(quotes); i++) {
		gsize from, behind, end;

		if (!ahead(mending, quotes[i].begin))
			continue;
		from = start + strlen(quotes[i].begin);
		/* Bounded, or a text of opening quotes would be searched once for each of them. */
		end = MIN(mending->length, from + MAX_VALUE);
		behind = find_within(mending, from, end, quotes[i].end);
		/* A tag inside a value: the quote at its end was lost. */
		if (behind == end || memchr(mending->text + from, '<', behind - from)) {
			mending->at = from;
			break;
		}
		*good = i < 2;
		mending->at = behind;
		return g_strndup(mending->text + from, behind - from - strlen(quotes[i].end));
	}
	*good = FALSE;
	start = mending->at;
	while (mending->at < mending->length && !ahead(mending, "/>") &&
	       strchr(" \t\r\n<>", mending->text[mending->at]) == NULL)
		mending->at++;
	return g_strndup(mending->text + start, mending->at - start);
}

static void skip_blanks(struct mending *mending)
{
	while (mending->at < mending->length &&
	       (g_ascii_isspace(mending->text[mending->at]) || ahead(mending, "\xc2\xa0")))
		mending->at += ahead(mending, "\xc2\xa0") ? 2 : 1;
}

static gboolean has_name(const GPtrArray *attributes, const char *name)
{
	for (guint i = 0; i < attributes->len; i += 2) {
		if (g_str_equal(g_ptr_array_index(attributes, i), name))
			return TRUE;
	}
	return FALSE;
}

/* read_attribute - FALSE where there is none: the cursor is at > or at something else */
static gboolean read_attribute(struct mending *mending, GPtrArray *attributes)
{
	gsize start = mending->at;
	g_autofree char *name = read_name(mending);
	g_autofree char *value = NULL;
	gboolean good;

	if (name == NULL)
		return FALSE;
	skip_blanks(mending);
	if (!ahead(mending, "=")) {
		note(mending, LOSS_ATTRIBUTES, start, name);
		return TRUE;
	}
	mending->at++;
	skip_blanks(mending);
	value = read_value(mending, &good);
	if (!good || has_name(attributes, name))
		note(mending, LOSS_ATTRIBUTES, start, name);
	if (has_name(attributes, name) || g_str_has_prefix(name, "xmlns"))
		return TRUE;
	g_ptr_array_add(attributes, g_steal_pointer(&name));
	g_ptr_array_add(attributes, g_steal_pointer(&value));
	return TRUE;
}

/* read_start - a start tag whose "<" is behind the cursor */
static void read_start(struct mending *mending, gsize start)
{
	g_autofree char *name = read_name(mending);
	g_autoptr(GPtrArray) attributes = g_ptr_array_new_with_free_func(g_free);
	gboolean empty = FALSE;
	gsize length;

	for (;;) {
		skip_blanks(mending);
		if (read_attribute(mending, attributes))
			continue;
		if (mending->at >= mending->length || ahead(mending, "<") || ahead(mending, ">"))
			break;
		empty = ahead(mending, "/>") || empty;
		mending->at++;
	}
	length = mending->at - start + (ahead(mending, ">") ? 1 : 0);
	mending->at += ahead(mending, ">") ? 1 : 0;
	if (mending->had_root && mending->open->len == 0)
		note_tag(mending, LOSS_START_TAGS, start, name);
	make_home(mending, name, attributes, start);
	if (mending->had_root && mending->open->len == 0)
		return;
	if (mending->open->len > MAX_DEPTH)
		empty = TRUE;
	emit(mending, name, attributes, empty, (struct tag_place){ (guint)start, (guint)length });
}

/*
 * An end of something that was never begun is left out. </domain> with more to come is one too: a
 * second root would be lost.
 */
static void read_end(struct mending *mending, gsize start)
{
	g_autofree char *name = read_name(mending);
	const char *const names[] = { name != NULL ? name : "", NULL };
	int depth = depth_of(mending, names);

	mending->at = find_after(mending, mending->at, ">");
	if (depth < 0) {
		note_tag(mending, LOSS_STRAY_ENDS, start, names[0]);
		return;
	}
	close_down(mending, depth, start);
	if (depth > 0)
		pop(mending);
}

/* skip_doctype - with its internal subset, whose entities we want nothing of */
static void skip_doctype(struct mending *mending)
{
	gsize end = find_after(mending, mending->at, ">");
	gsize bracket = find_within(mending, mending->at, end, "[");

	note(mending, LOSS_DOCTYPE, mending->at, "<!DOCTYPE");
	mending->at = bracket < end ? find_after(mending, bracket, "]") : end;
	if (bracket < end)
		mending->at = find_after(mending, mending->at, ">");
}

static void read_cdata(struct mending *mending)
{
	gsize from = mending->at + strlen("<![CDATA[");
	gsize behind = find_after(mending, from, "]]>");

	if (mending->open->len > 0 && behind >= from + 3)
		append_escaped(mending->out->text, mending->text + from, behind - 3 - from);
	mending->at = behind;
}

/* read_text - up to the next "<"; at the top level it is nobody's */
static void read_text(struct mending *mending)
{
	gsize start = mending->at;
	const char *found = memchr(mending->text + start + 1, '<', mending->length - start - 1);

	mending->at = found == NULL ? mending->length : (gsize)(found - mending->text);
	if (mending->open->len > 0) {
		append_escaped(mending->out->text, mending->text + start, mending->at - start);
		return;
	}
	for (gsize i = start; i < mending->at; i++) {
		g_autofree char *word = NULL;

		if (g_ascii_isspace(mending->text[i]))
			continue;
		word = g_strndup(mending->text + i, MIN(mending->at - i, 40));
		word[strcspn(word, "\r\n")] = '\0';
		g_utf8_validate(word, -1, (const char **)&found);
		word[found - word] = '\0';
		note(mending, LOSS_TEXT, i, word);
		return;
	}
}

static void read_next(struct mending *mending)
{
	gsize start = mending->at;

	if (ahead(mending, "<!--")) {
		mending->at = find_after(mending, start + 4, "-->");
	} else if (ahead(mending, "<![CDATA[")) {
		read_cdata(mending);
	} else if (ahead(mending, "<!")) {
		skip_doctype(mending);
	} else if (ahead(mending, "<?")) {
		mending->at = find_after(mending, start, ">");
	} else if (ahead(mending, "</")) {
		mending->at += 2;
		read_end(mending, start);
	} else if (ahead(mending, "<") && start + 1 < mending->length &&
		   g_ascii_isalpha(mending->text[start + 1])) {
		mending->at++;
		read_start(mending, start);
	} else {
		read_text(mending);
	}
}

struct mended *document_mend(const char *text, gsize length)
{
	struct mending mending = { .text = text, .length = length };
	g_autoptr(GPtrArray) open = g_ptr_array_new_with_free_func(g_free);
	struct mended *out = g_new0(struct mended, 1);

	out->text = g_string_sized_new(length);
	out->places = g_array_new(FALSE, FALSE, sizeof(struct tag_place));
	out->losses = g_ptr_array_new_with_free_func(loss_free);
	mending.open = open;
	mending.out = out;
	while (mending.at < length)
		read_next(&mending);
	/* The root's own end is held back so that nothing comes after it. */
	if (open->len > 1)
		close_down(&mending, 0, length);
	if (open->len == 1)
		pop(&mending);
	return out;
}
