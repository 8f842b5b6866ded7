/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest/xml.h"

#include <libxml/parser.h>
#include <string.h>

#define XML_MAX ((gsize)4 * 1024 * 1024)

xmlDoc *xml_parse(const char *text, const char **why)
{
	const int options = XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING;
	gsize length = strlen(text);
	g_autoptr(xmlDoc) doc = NULL;

	if (length > XML_MAX) {
		*why = "it is larger than 4 MiB";
		return NULL;
	}
	doc = xmlReadMemory(text, (int)length, "domain.xml", NULL, options);
	if (doc == NULL || xmlDocGetRootElement(doc) == NULL) {
		*why = "it is not well-formed";
		return NULL;
	}
	if (doc->intSubset != NULL || doc->extSubset != NULL) {
		*why = "it has a document type, which libvirt never writes";
		return NULL;
	}
	return g_steal_pointer(&doc);
}

xmlXPathObject *xml_find(xmlXPathContext *context, const char *path)
{
	xmlXPathObject *found = xmlXPathEvalExpression(XML_STRING(path), context);

	g_assert(found != NULL && found->type == XPATH_NODESET);
	return found;
}

guint xml_found_count(const xmlXPathObject *found)
{
	return found->nodesetval != NULL ? (guint)found->nodesetval->nodeNr : 0;
}

gboolean xml_has(xmlXPathContext *context, const char *path)
{
	g_autoptr(xmlXPathObject) found = xml_find(context, path);

	return xml_found_count(found) > 0;
}

static char *node_text(xmlNode *node)
{
	xmlChar *content = xmlNodeGetContent(node);
	char *text = g_strdup(content != NULL ? (const char *)content : "");

	xmlFree(content);
	return text;
}

char *xml_find_text(xmlXPathContext *context, const char *path)
{
	g_autoptr(xmlXPathObject) found = xml_find(context, path);

	return xml_found_count(found) > 0 ? node_text(found->nodesetval->nodeTab[0]) : NULL;
}

char **xml_find_texts(xmlXPathContext *context, const char *path)
{
	g_autoptr(xmlXPathObject) found = xml_find(context, path);
	g_autoptr(GPtrArray) texts = g_ptr_array_new();

	for (guint i = 0; i < xml_found_count(found); i++)
		g_ptr_array_add(texts, node_text(found->nodesetval->nodeTab[i]));
	g_ptr_array_add(texts, NULL);
	return (char **)g_ptr_array_free(g_steal_pointer(&texts), FALSE);
}

/*
 * The writer fails only when memory ends, and then GLib ends us too, so results are not looked at
 * one by one: domain_xml() checks what came out.
 */
static void start(xmlTextWriter *xml, const char *name, va_list pairs)
{
	const char *key;

	xmlTextWriterStartElement(xml, XML_STRING(name));
	while ((key = va_arg(pairs, const char *)) != NULL) {
		const char *value = va_arg(pairs, const char *);

		if (value != NULL)
			xmlTextWriterWriteAttribute(xml, XML_STRING(key), XML_STRING(value));
	}
}

void xml_open(xmlTextWriter *xml, const char *name, ...)
{
	va_list pairs;

	va_start(pairs, name);
	start(xml, name, pairs);
	va_end(pairs);
}

void xml_close(xmlTextWriter *xml)
{
	xmlTextWriterEndElement(xml);
}

void xml_empty(xmlTextWriter *xml, const char *name, ...)
{
	va_list pairs;

	va_start(pairs, name);
	start(xml, name, pairs);
	va_end(pairs);
	xmlTextWriterEndElement(xml);
}

void xml_text(xmlTextWriter *xml, const char *name, const char *text, ...)
{
	va_list pairs;

	va_start(pairs, text);
	start(xml, name, pairs);
	va_end(pairs);
	xmlTextWriterWriteString(xml, XML_STRING(text));
	xmlTextWriterEndElement(xml);
}
