/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <glib.h>

#include "core/autoptr.h"

/*
 * A document of elements by anybody: read by libxml2 as it stands, or, if it is damaged, as far as
 * its author's meaning can be guessed, with a list of what was lost. Every element knows its line
 * and column. Nothing is ever fetched, no entity is expanded, and DOCUMENT_MAX is the limit.
 */
#define DOCUMENT_MAX ((gsize)4 * 1024 * 1024)

struct document;
struct element; /* owned by its document */

enum loss_kind {
	LOSS_START_TAGS, /* elements whose beginning had to be put in */
	LOSS_END_TAGS,   /* elements whose end had to be put in */
	LOSS_STRAY_ENDS, /* ends of nothing, left out */
	LOSS_TEXT,       /* what is no XML at all, left out */
	LOSS_ATTRIBUTES, /* values whose quotes were wrong, or given twice */
	LOSS_DOCTYPE,    /* a document type with what it defines, left out */
	LOSS_ESCAPED,    /* a web page's &lt;domain&gt;, turned back */
	LOSS_PREFIX,     /* qemu:arg without xmlns:qemu */
	N_LOSS_KINDS
};

struct loss {
	enum loss_kind kind;
	guint line, column; /* of the first of this kind */
	guint count;
	char *what; /* "<os>, <features>": the first few */
};

/**
 * document_read - read a document
 * @text: UTF-8 or not, with or without XML; not kept
 *
 * Return: a document, with or without a root; NULL with HOTSEAT_ERROR_UNREADABLE if it is too
 * large.
 */
struct document *document_read(const char *text, gsize length, GError **error);
void document_free(struct document *document);
AUTOPTR_DEFINE(document)

/* document_defect - why it is not well-formed, with its place; NULL: it is */
const char *document_defect(const struct document *document, guint *line, guint *column);

/* document_losses - array of struct loss, one of each kind at most; empty if nothing was lost */
const GPtrArray *document_losses(const struct document *document);

/* document_domain - its <domain>, at the root or inside a snapshot or status; NULL: none */
const struct element *document_domain(const struct document *document);

/* document_complete - the <domain> tag stands in the text, so that what is missing is missing */
gboolean document_complete(const struct document *document);

/**
 * document_rewritten - its <domain> as well-formed text, whatever it was read from
 *
 * Comments and blanks of damaged text are lost. Return: newly allocated; NULL if there is none.
 */
char *document_rewritten(const struct document *document);

/* document_root_name - "device", "network"; NULL: no element at all */
const char *document_root_name(const struct document *document);

/**
 * document_find - elements by an XPath expression of ours, which must be valid
 * @from: where it starts; NULL: the <domain>
 *
 * Expressions are compiled once for the process, by their address: pass string constants. The
 * prefixes qemu and libosinfo are known.
 * Return: array of struct element, not owning them, in the document's order, for
 * g_ptr_array_unref().
 */
GPtrArray *document_find(struct document *document, const struct element *from, const char *path);

/* document_first - the first of them, or NULL */
const struct element *document_first(struct document *document, const struct element *from,
				     const char *path);

/* document_true - an expression as a truth: any element found, a number that is not 0 */
gboolean document_true(struct document *document, const char *path);

/* document_count - how many elements */
guint document_count(struct document *document, const char *path);

/* document_text - text of the first element or attribute found, owned by the document; NULL */
const char *document_text(struct document *document, const struct element *from, const char *path);

const char *element_name(const struct element *element);

/* element_title - "<qemu:arg>"; to be freed */
char *element_title(const struct element *element);

/* element_attribute - owned by the document; NULL: it has none */
const char *element_attribute(struct document *document, const struct element *element,
			      const char *name);

/* element_place - line and column of its tag, from 1; of what made us put it in */
void element_place(const struct document *document, const struct element *element, guint *line,
		   guint *column);

/* Where an element stands, in bytes from the beginning of what document_text_of() gives. */
struct span {
	guint start;   /* of its start tag */
	guint inside;  /* behind its start tag */
	guint outside; /* of its end tag; as inside if it has none */
	guint end;     /* behind it */
};

/**
 * element_span - where an element stands in the text
 *
 * Return: FALSE if the text had to be mended, so that it does not stand there as it was read.
 */
gboolean element_span(const struct document *document, const struct element *element,
		      struct span *span);

/* document_text_of - the text as it was read; its own, and byte for byte what was given if that was
 * UTF-8 without NUL and without a byte order mark */
const char *document_text_of(const struct document *document);

/* element_tag - its start tag as it stands in the text, cut short; to be freed */
char *element_tag(const struct document *document, const struct element *element);
