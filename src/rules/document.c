/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/document.h"

#include <libxml/parser.h>
#include <libxml/xpath.h>
#include <libxml/xpathInternals.h>
#include <string.h>

#include "core/error.h"
#include "core/text.h"
#include "rules/document-mend.h"
#include "rules/document-xml.h"

/*
 * With document-schema.c the only file of this room that includes libxml2. A struct element is
 * libxml2's node; its place in the text is found by its number among the start tags, which
 * node->_private carries.
 */
#define XML_STRING(text) ((const xmlChar *)(text))
#define TAG_SHOWN 160

G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlXPathObject, xmlXPathFreeObject)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlParserCtxt, xmlFreeParserCtxt)

struct document {
	char *text; /* valid UTF-8, no NUL inside */
	gsize length;
	GArray *lines; /* guint: offset of each line's beginning */
	xmlDoc *xml;
	xmlNode *domain;
	xmlXPathContext *xpath;
	GArray *places; /* struct tag_place, of the start tags in order */
	GPtrArray *losses;
	GStringChunk *strings;
	char *defect;
	guint defect_line, defect_column;
};

static const xmlNode *node_of(const struct element *element)
{
	return (const xmlNode *)(const void *)element;
}

static const struct element *element_of(const xmlNode *node)
{
	return (const struct element *)(const void *)node;
}

xmlDoc *document_xml(const struct document *document)
{
	return document->xml;
}

const struct element *element_of_node(const xmlNode *node)
{
	return element_of(node);
}

void document_free(struct document *document)
{
	if (document == NULL)
		return;
	xmlXPathFreeContext(document->xpath);
	xmlFreeDoc(document->xml);
	g_array_unref(document->lines);
	g_array_unref(document->places);
	g_ptr_array_unref(document->losses);
	g_string_chunk_free(document->strings);
	g_free(document->text);
	g_free(document->defect);
	g_free(document);
}

static void find_lines(struct document *document)
{
	guint start = 0;

	g_array_append_val(document->lines, start);
	for (const char *at = document->text; (at = strchr(at, '\n')) != NULL; at++) {
		start = (guint)(at - document->text) + 1;
		g_array_append_val(document->lines, start);
	}
}

static void place_of(const struct document *document, guint offset, guint *line, guint *column)
{
	guint low = 0, high = document->lines->len;
	const char *start;

	while (high - low > 1) {
		guint middle = (low + high) / 2;

		if (g_array_index(document->lines, guint, middle) <= offset)
			low = middle;
		else
			high = middle;
	}
	start = document->text + g_array_index(document->lines, guint, low);
	*line = low + 1;
	*column = (guint)g_utf8_strlen(start, document->text + offset - start) + 1;
}

/* skip_to - just behind the next @word, or the end */
static const char *skip_to(const char *at, const char *word)
{
	const char *found = strstr(at, word);

	return found == NULL ? at + strlen(at) : found + strlen(word);
}

/* tag_end - behind the ">" of a tag, which may also stand in an attribute */
static const char *tag_end(const char *at)
{
	for (; *at != '\0' && *at != '>'; at++) {
		const char *other = *at == '"' || *at == '\'' ? strchr(at + 1, *at) : NULL;

		if (other != NULL)
			at = other;
	}
	return *at == '>' ? at + 1 : at;
}

/* comment_defect - a double hyphen inside a comment, or NULL */
static const char *comment_defect(const char *comment)
{
	const char *hyphens = strstr(comment + strlen("<!--"), "--");

	return hyphens == NULL ? comment : hyphens[2] == '>' ? NULL : hyphens;
}

static const struct {
	const char *begin, *end;
} skipped[] = { { "<!--", "-->" }, { "<![CDATA[", "]]>" }, { "<?", "?>" }, { "</", ">" } };

/* past - behind what begins at a "<" that is no start tag; NULL: it is a start tag */
static const char *past(const char *at)
{
	for (gsize i = 0; i < G_N_ELEMENTS(skipped); i++) {
		if (g_str_has_prefix(at, skipped[i].begin))
			return skip_to(at + strlen(skipped[i].begin), skipped[i].end);
	}
	return NULL;
}

/*
 * find_tags - places of the start tags of well-formed text; FALSE: libxml2 must not see it
 * @defect: what is not well-formed; NULL if it is a document type, which would define entities
 *
 * Each double hyphen costs libxml2 as much as there was of the comment before it: a text of
 * nothing else would keep it busy for hours.
 */
static gboolean find_tags(const char *text, GArray *places, const char **defect)
{
	for (const char *at = strchr(text, '<'); at != NULL; at = strchr(at, '<')) {
		const char *behind = NULL;

		*defect = g_str_has_prefix(at, "<!--") ? comment_defect(at) : NULL;
		if (*defect != NULL)
			return FALSE;
		behind = past(at);
		if (behind == NULL && at[1] == '!')
			return FALSE;
		if (behind == NULL) {
			struct tag_place place = { (guint)(at - text), 0 };

			behind = tag_end(at);
			place.length = (guint)(behind - at);
			g_array_append_val(places, place);
		}
		at = behind;
	}
	return TRUE;
}

/* No DTD is loaded, no entity replaced, nothing fetched; libxml2's own limits stay on. */
#define PARSE_OPTIONS                                                                              \
	(XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_NOCDATA |           \
	 XML_PARSE_COMPACT)

static void keep_defect(struct document *document, const xmlError *error)
{
	g_autofree char *message = g_strdup(error->message != NULL ? error->message : "not XML");

	document->defect = g_strdup(g_strstrip(message));
	document->defect_line = error->line > 0 ? (guint)error->line : 1;
	document->defect_column = error->int2 > 0 ? (guint)error->int2 : 1;
}

/* read_strictly - as libvirt would; FALSE with the defect noted, where there is one */
static gboolean read_strictly(struct document *document)
{
	g_autoptr(xmlParserCtxt) context = xmlNewParserCtxt();
	xmlDoc *xml = xmlCtxtReadMemory(context, document->text, (int)document->length, NULL,
					"UTF-8", PARSE_OPTIONS);

	if (xml == NULL || xmlDocGetRootElement(xml) == NULL) {
		keep_defect(document, &context->lastError);
		xmlFreeDoc(xml);
		return FALSE;
	}
	if (!context->nsWellFormed) {
		loss_note(document->losses, LOSS_PREFIX,
			  g_array_index(document->lines, guint,
					MIN((guint)MAX(context->lastError.line, 1),
					    document->lines->len) -
						1),
			  context->lastError.str1 != NULL ? context->lastError.str1 : "prefix");
		xmlFreeDoc(xml);
		return FALSE;
	}
	document->xml = xml;
	return TRUE;
}

static void read_mended(struct document *document)
{
	autoptr(mended) mended = NULL;

	/* A byte order mark would be text before the document. */
	if (g_str_has_prefix(document->text, "\xef\xbb\xbf"))
		memset(document->text, ' ', 3);
	mended = document_mend(document->text, document->length);
	if (mended->text->len > 0)
		document->xml = xmlReadMemory(mended->text->str, (int)mended->text->len, NULL,
					      "UTF-8", PARSE_OPTIONS | XML_PARSE_RECOVER);
	for (guint i = 0; i < mended->losses->len; i++)
		g_ptr_array_add(document->losses, g_ptr_array_index(mended->losses, i));
	g_ptr_array_set_free_func(mended->losses, NULL);
	g_array_set_size(document->places, 0);
	g_array_append_vals(document->places, mended->places->data, mended->places->len);
}

static xmlNode *next_element(xmlNode *node, const xmlNode *root)
{
	xmlNode *next = node->children;

	for (;;) {
		while (next != NULL && next->type != XML_ELEMENT_NODE)
			next = next->next;
		if (next != NULL)
			return next;
		if (node == root)
			return NULL;
		next = node->next;
		node = node->parent;
	}
}

/* number_elements - let every element know which start tag it is; finds the <domain> as well */
static void number_elements(struct document *document)
{
	xmlNode *root = document->xml != NULL ? xmlDocGetRootElement(document->xml) : NULL;
	guintptr number = 0;

	for (xmlNode *node = root; node != NULL; node = next_element(node, root)) {
		node->_private = (void *)++number; // NOLINT: a number where libxml2 has a pointer
		if (document->domain == NULL && strcmp((const char *)node->name, "domain") == 0 &&
		    node->ns == NULL && (node == root || node->children != NULL))
			document->domain = node;
	}
}

static void prepare_xpath(struct document *document)
{
	if (document->xml == NULL)
		return;
	document->xpath = xmlXPathNewContext(document->xml);
	/* A hundred expressions for each document: their objects are used again. */
	xmlXPathContextSetCache(document->xpath, 1, -1, 0);
	xmlXPathRegisterNs(document->xpath, XML_STRING("qemu"),
			   XML_STRING("http://libvirt.org/schemas/domain/qemu/1.0"));
	xmlXPathRegisterNs(document->xpath, XML_STRING("libosinfo"),
			   XML_STRING("http://libosinfo.org/xmlns/libvirt/domain/1.0"));
}

/* unescape - what a page showed as text: &lt;domain&gt; */
static char *unescape(const char *text)
{
	static const char *const pairs[][2] = {
		{ "&lt;", "<" },  { "&gt;", ">" },   { "&quot;", "\"" },
		{ "&#39;", "'" }, { "&apos;", "'" }, { "&amp;", "&" },
	};
	g_autoptr(GString) out = g_string_new(text);

	for (gsize i = 0; i < G_N_ELEMENTS(pairs); i++)
		g_string_replace(out, pairs[i][0], pairs[i][1], 0);
	return g_string_free(g_steal_pointer(&out), FALSE);
}

/* says_encoding - does the document say itself that it is in something else than UTF-8? */
static gboolean says_encoding(const char *text)
{
	return g_regex_match(text_pattern("(?i)\\A(\xef\xbb\xbf)?<\\?xml\\s[^>]*encoding\\s*=\\s*"
					  "[\"'](?!utf-?8[\"'])"),
			     text, 0, NULL);
}

/*
 * note_bytes - bytes that are no text are a defect as others are
 *
 * What says that it is in another encoding may be right: of that only the signs are read that all
 * of them have.
 */
static void note_bytes(struct document *document, const char *text, gsize length)
{
	const char *end;

	if (document->defect != NULL || g_utf8_validate(text, (gssize)length, &end) ||
	    says_encoding(document->text))
		return;
	document->defect = g_strdup("bytes that are no UTF-8");
	place_of(document, MIN((guint)(end - text), (guint)document->length),
		 &document->defect_line, &document->defect_column);
}

/* take_text - valid UTF-8 without NUL, and of a page its text */
static void take_text(struct document *document, const char *text, gsize length)
{
	g_autofree char *copy = g_malloc(length + 1);

	memcpy(copy, text, length);
	copy[length] = '\0';
	for (gsize i = 0; i < length; i++) {
		if (copy[i] == '\0')
			copy[i] = ' ';
	}
	document->text = g_utf8_make_valid(copy, (gssize)length);
	if (strchr(document->text, '<') == NULL && strstr(document->text, "&lt;") != NULL) {
		g_autofree char *escaped = document->text;

		document->text = unescape(escaped);
		loss_note(document->losses, LOSS_ESCAPED, 0, "&lt;");
	}
	document->length = strlen(document->text);
}

/* The reader of damaged text counts in offsets. */
static void place_losses(struct document *document)
{
	for (guint i = 0; i < document->losses->len; i++) {
		struct loss *loss = g_ptr_array_index(document->losses, i);

		place_of(document, MIN(loss->line, (guint)document->length), &loss->line,
			 &loss->column);
	}
}

static void loss_destroy(gpointer data)
{
	struct loss *loss = data;

	g_free(loss->what);
	g_free(loss);
}

struct document *document_read(const char *text, gsize length, GError **error)
{
	struct document *document;
	const char *defect = NULL;

	if (length > DOCUMENT_MAX) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_UNREADABLE,
			    "it is larger than %u MiB", (guint)(DOCUMENT_MAX >> 20));
		return NULL;
	}
	document = g_new0(struct document, 1);
	document->lines = g_array_new(FALSE, FALSE, sizeof(guint));
	document->places = g_array_new(FALSE, FALSE, sizeof(struct tag_place));
	document->losses = g_ptr_array_new_with_free_func(loss_destroy);
	document->strings = g_string_chunk_new(1024);
	take_text(document, text, length);
	find_lines(document);
	if (!find_tags(document->text, document->places, &defect) || !read_strictly(document))
		read_mended(document);
	if (defect != NULL) {
		document->defect = g_strdup("double hyphen within a comment, or no end of it");
		place_of(document, (guint)(defect - document->text), &document->defect_line,
			 &document->defect_column);
	}
	note_bytes(document, text, length);
	number_elements(document);
	prepare_xpath(document);
	place_losses(document);
	return document;
}

const char *document_defect(const struct document *document, guint *line, guint *column)
{
	*line = document->defect_line;
	*column = document->defect_column;
	return document->defect;
}

const GPtrArray *document_losses(const struct document *document)
{
	return document->losses;
}

const struct element *document_domain(const struct document *document)
{
	return element_of(document->domain);
}

static const struct tag_place *tag_place_of(const struct document *document,
					    const struct element *element)
{
	static const struct tag_place nowhere;
	guintptr number = (guintptr)node_of(element)->_private;

	if (number == 0 || number > document->places->len)
		return &nowhere;
	return &g_array_index(document->places, struct tag_place, number - 1);
}

gboolean document_complete(const struct document *document)
{
	return document->domain != NULL &&
	       tag_place_of(document, element_of(document->domain))->length > 0;
}

/* Text beside elements is blanks, or what a page or a shell had there: libvirt has none. */
static void drop_loose_text(xmlNode *root)
{
	for (xmlNode *node = root; node != NULL; node = next_element(node, root)) {
		xmlNode *next = NULL;

		for (xmlNode *child = node->children; child != NULL; child = next) {
			next = child->next;
			if (xmlNodeIsText(child) && xmlChildElementCount(node) > 0) {
				xmlUnlinkNode(child);
				xmlFreeNode(child);
			}
		}
	}
}

char *document_rewritten(const struct document *document)
{
	xmlDoc *copy;
	xmlChar *text = NULL;
	char *result;
	int size = 0;

	if (document->domain == NULL)
		return NULL;
	copy = xmlNewDoc(XML_STRING("1.0"));
	xmlDocSetRootElement(copy, xmlDocCopyNode(document->domain, copy, 1));
	drop_loose_text(xmlDocGetRootElement(copy));
	xmlDocDumpFormatMemoryEnc(copy, &text, &size, "UTF-8", 1);
	result = g_strndup((const char *)text, (gsize)size);
	xmlFree(text);
	xmlFreeDoc(copy);
	return result;
}

const char *document_root_name(const struct document *document)
{
	const xmlNode *root = document->xml != NULL ? xmlDocGetRootElement(document->xml) : NULL;

	return root != NULL ? (const char *)root->name : NULL;
}

/* compiled - by address of the constant; stays for the life of the process */
static xmlXPathCompExpr *compiled(const char *path)
{
	static GHashTable *cache;
	xmlXPathCompExpr *expression;

	if (cache == NULL)
		cache = g_hash_table_new(NULL, NULL);
	expression = g_hash_table_lookup(cache, path);
	if (expression == NULL) {
		expression = xmlXPathCompile(XML_STRING(path));
		g_assert(expression != NULL);
		g_hash_table_insert(cache, (gpointer)(guintptr)path, expression);
	}
	return expression;
}

static xmlXPathObject *evaluate(struct document *document, const struct element *from,
				const char *path)
{
	xmlNode *node = (xmlNode *)(guintptr)node_of(from);
	xmlXPathObject *found;

	document->xpath->node = node != NULL ? node : document->domain;
	found = xmlXPathCompiledEval(compiled(path), document->xpath);
	g_assert(found != NULL);
	return found;
}

GPtrArray *document_find(struct document *document, const struct element *from, const char *path)
{
	GPtrArray *elements = g_ptr_array_new();
	g_autoptr(xmlXPathObject) found = NULL;

	if (document->domain == NULL)
		return elements;
	found = evaluate(document, from, path);
	for (int i = 0; found->nodesetval != NULL && i < found->nodesetval->nodeNr; i++) {
		if (found->nodesetval->nodeTab[i]->type == XML_ELEMENT_NODE)
			g_ptr_array_add(elements, found->nodesetval->nodeTab[i]);
	}
	return elements;
}

const struct element *document_first(struct document *document, const struct element *from,
				     const char *path)
{
	g_autoptr(GPtrArray) found = document_find(document, from, path);

	return found->len > 0 ? g_ptr_array_index(found, 0) : NULL;
}

gboolean document_true(struct document *document, const char *path)
{
	g_autoptr(xmlXPathObject) found = NULL;

	if (document->domain == NULL)
		return FALSE;
	found = evaluate(document, NULL, path);
	return xmlXPathCastToBoolean(found) == 1;
}

guint document_count(struct document *document, const char *path)
{
	g_autoptr(GPtrArray) found = document_find(document, NULL, path);

	return found->len;
}

static const char *keep(struct document *document, xmlChar *owned)
{
	const char *kept = NULL;

	if (owned != NULL)
		kept = g_string_chunk_insert_const(document->strings, (const char *)owned);
	xmlFree(owned);
	return kept;
}

const char *document_text(struct document *document, const struct element *from, const char *path)
{
	g_autoptr(xmlXPathObject) found = NULL;

	if (document->domain == NULL)
		return NULL;
	found = evaluate(document, from, path);
	if (found->nodesetval == NULL || found->nodesetval->nodeNr == 0)
		return NULL;
	return keep(document, xmlNodeGetContent(found->nodesetval->nodeTab[0]));
}

const char *element_name(const struct element *element)
{
	return (const char *)node_of(element)->name;
}

char *element_title(const struct element *element)
{
	const xmlNs *ns = node_of(element)->ns;
	const char *prefix = ns != NULL ? (const char *)ns->prefix : NULL;

	return g_strdup_printf("<%s%s%s>", prefix != NULL ? prefix : "", prefix != NULL ? ":" : "",
			       element_name(element));
}

const char *element_attribute(struct document *document, const struct element *element,
			      const char *name)
{
	return keep(document, xmlGetNoNsProp(node_of(element), XML_STRING(name)));
}

void element_place(const struct document *document, const struct element *element, guint *line,
		   guint *column)
{
	place_of(document, tag_place_of(document, element)->offset, line, column);
}

const char *document_text_of(const struct document *document)
{
	return document->text;
}

gboolean element_span(const struct document *document, const struct element *element,
		      struct span *span)
{
	const struct tag_place *place = tag_place_of(document, element);
	const char *text = document->text;
	guint depth = 0;

	if (document->defect != NULL || place->length == 0)
		return FALSE;
	/* what is not declared is in its place all the same */
	for (guint i = 0; i < document->losses->len; i++) {
		if (((struct loss *)g_ptr_array_index(document->losses, i))->kind != LOSS_PREFIX)
			return FALSE;
	}
	span->start = place->offset;
	span->inside = span->outside = span->end = place->offset + place->length;
	if (text[span->inside - 2] == '/')
		return TRUE;
	for (const char *at = strchr(text + span->inside, '<'); at != NULL; at = strchr(at, '<')) {
		const char *behind = past(at);

		if (behind == NULL) {
			behind = tag_end(at);
			depth += behind[-2] == '/' ? 0 : 1;
		} else if (at[1] == '/' && depth-- == 0) {
			span->outside = (guint)(at - text);
			span->end = (guint)(behind - text);
			return TRUE;
		}
		at = behind;
	}
	return FALSE;
}

char *element_tag(const struct document *document, const struct element *element)
{
	const struct tag_place *place = tag_place_of(document, element);
	const char *start = document->text + place->offset;
	g_autoptr(GString) tag = g_string_new(NULL);

	if (place->length == 0)
		return element_title(element);
	for (const char *at = start; at < start + place->length;
	     at = (at + g_utf8_skip[(guchar)*at])) {
		gboolean blank = g_ascii_isspace(*at) || g_ascii_iscntrl(*at);

		if (tag->len >= TAG_SHOWN) {
			g_string_append(tag, " …");
			break;
		}
		if (!blank || (tag->len > 0 && tag->str[tag->len - 1] != ' '))
			g_string_append_unichar(tag, blank ? ' ' : g_utf8_get_char(at));
	}
	return g_string_free(g_steal_pointer(&tag), FALSE);
}
