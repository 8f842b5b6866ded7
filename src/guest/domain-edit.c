/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest/domain-edit.h"

#include "core/error.h"
#include "guest/xml.h"

static gboolean has_name(const xmlNode *node, const char *name)
{
	return node->type == XML_ELEMENT_NODE && xmlStrEqual(node->name, XML_STRING(name));
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
	g_autofree char *type = (char *)xmlGetProp(node, XML_STRING("type"));

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
		xmlNode *graphics = xmlNewChild(devices, NULL, XML_STRING("graphics"), NULL);

		xmlNewProp(graphics, XML_STRING("type"), XML_STRING("spice"));
		xmlNewProp(graphics, XML_STRING("autoport"), XML_STRING("yes"));
		xmlNewProp(graphics, XML_STRING("listen"), XML_STRING("127.0.0.1"));
	}
	video = xmlNewChild(devices, NULL, XML_STRING("video"), NULL);
	model = xmlNewChild(video, NULL, XML_STRING("model"), NULL);
	xmlNewProp(model, XML_STRING("type"), XML_STRING(window ? "vga" : "none"));
}

char *domain_edit_screen(const char *xml, gboolean window, GError **error)
{
	const char *why = NULL;
	g_autoptr(xmlDoc) document = xml_parse(xml, &why);
	xmlNode *devices =
		document == NULL ? NULL : find_child(xmlDocGetRootElement(document), "devices");
	xmlChar *text = NULL;
	char *result;
	int size = 0;

	if (devices == NULL) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_UNREADABLE,
			    "libvirt's XML of this guest cannot be changed: %s",
			    why == NULL ? "it has no devices" : why);
		return NULL;
	}
	remove_screen(devices);
	add_screen(devices, window);
	xmlDocDumpMemory(document, &text, &size);
	result = g_strndup((const char *)text, (gsize)size);
	xmlFree(text);
	return result;
}
