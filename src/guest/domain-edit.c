/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest/domain-edit.h"

#include <libxml/parser.h>
#include <libxml/tree.h>
#include <string.h>

#include "core/error.h"

#define NAME(text) ((const xmlChar *)(text))

static gboolean has_name(const xmlNode *node, const char *name)
{
	return node->type == XML_ELEMENT_NODE && xmlStrEqual(node->name, NAME(name));
}

static xmlNode *find_child(xmlNode *parent, const char *name)
{
	for (xmlNode *node = parent->children; node != NULL; node = node->next) {
		if (has_name(node, name))
			return node;
	}
	return NULL;
}

/* The elements that make up a screen; a SPICE channel or redirection cannot stay without SPICE. */
static gboolean belongs_to_screen(xmlNode *node)
{
	static const char *const always[] = { "graphics", "video" };
	static const char *const with_spice[] = { "channel", "redirdev", "smartcard", "audio" };
	g_autofree char *type = (char *)xmlGetProp(node, NAME("type"));

	for (guint i = 0; i < G_N_ELEMENTS(always); i++) {
		if (has_name(node, always[i]))
			return TRUE;
	}
	for (guint i = 0; i < G_N_ELEMENTS(with_spice); i++) {
		if (has_name(node, with_spice[i]) && type != NULL &&
		    g_str_has_prefix(type, "spice"))
			return TRUE;
	}
	return FALSE;
}

static void remove_screen(xmlNode *devices)
{
	xmlNode *next;

	for (xmlNode *node = devices->children; node != NULL; node = next) {
		next = node->next;
		if (node->type == XML_ELEMENT_NODE && belongs_to_screen(node)) {
			xmlUnlinkNode(node);
			xmlFreeNode(node);
		}
	}
}

static void add_screen(xmlNode *devices, gboolean window)
{
	xmlNode *video;
	xmlNode *model;

	if (window) {
		xmlNode *graphics = xmlNewChild(devices, NULL, NAME("graphics"), NULL);

		xmlNewProp(graphics, NAME("type"), NAME("spice"));
		xmlNewProp(graphics, NAME("autoport"), NAME("yes"));
	}
	video = xmlNewChild(devices, NULL, NAME("video"), NULL);
	model = xmlNewChild(video, NULL, NAME("model"), NULL);
	xmlNewProp(model, NAME("type"), NAME(window ? "vga" : "none"));
}

char *domain_edit_screen(const char *xml, gboolean window, GError **error)
{
	xmlDoc *document = xmlReadMemory(xml, (int)strlen(xml), "domain.xml", NULL,
					 XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
	xmlNode *domain = document == NULL ? NULL : xmlDocGetRootElement(document);
	xmlNode *devices = domain == NULL ? NULL : find_child(domain, "devices");
	xmlChar *text = NULL;
	char *result = NULL;
	int size = 0;

	if (devices == NULL) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_UNREADABLE,
			    "libvirt's XML of this guest has no devices");
	} else {
		remove_screen(devices);
		add_screen(devices, window);
		xmlDocDumpMemory(document, &text, &size);
		result = g_strndup((const char *)text, (gsize)size);
		xmlFree(text);
	}
	xmlFreeDoc(document);
	return result;
}
