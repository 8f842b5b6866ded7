/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <glib.h>
#include <libxml/xmlwriter.h>
#include <libxml/xpath.h>

G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlDoc, xmlFreeDoc)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlXPathContext, xmlXPathFreeContext)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlXPathObject, xmlXPathFreeObject)

/* libxml2's own BAD_CAST takes the const away. */
#define XML_STRING(text) ((const xmlChar *)(text))

/**
 * xml_parse - a document from anybody
 * @why: set to what is wrong with it, a constant, if NULL is returned
 *
 * XML comes from libvirt, from users and, through the hook, from whoever may define a domain: so
 * nothing is fetched, no entity is expanded, a document type is refused, and 4 MiB are the limit.
 */
xmlDoc *xml_parse(const char *text, const char **why);

/* xml_find - the nodes of an XPath expression of ours, which must be valid */
xmlXPathObject *xml_find(xmlXPathContext *context, const char *path);
guint xml_found_count(const xmlXPathObject *found);

/* xml_has - is there such a node? */
gboolean xml_has(xmlXPathContext *context, const char *path);

/* xml_find_text - text of the first such node, newly allocated; NULL: there is none */
char *xml_find_text(xmlXPathContext *context, const char *path);

/* xml_find_texts - the texts of all, NULL-terminated, for g_strfreev() */
char **xml_find_texts(xmlXPathContext *context, const char *path);

/* Writing: elements in a line each, on top of libxml2's writer, which escapes. */

/* xml_open - <name key='value' …>; pairs of strings, then NULL; a pair with a NULL value is left
 * out */
void xml_open(xmlTextWriter *xml, const char *name, ...) G_GNUC_NULL_TERMINATED;

/* xml_close - </…> of what was opened last; <…/> if nothing is inside */
void xml_close(xmlTextWriter *xml);

/* xml_empty - <name key='value' …/> */
void xml_empty(xmlTextWriter *xml, const char *name, ...) G_GNUC_NULL_TERMINATED;

/* xml_text - <name key='value' …>text</name> */
void xml_text(xmlTextWriter *xml, const char *name, const char *text, ...) G_GNUC_NULL_TERMINATED;
