/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest/domain-edit.h"

#include <libxml/xpathInternals.h>
#include <string.h>

#include "core/error.h"
#include "guest/domain-edit-internal.h"
#include "guest/domain.h"

static gboolean has_name(const xmlNode *node, const char *name)
{
	return node->type == XML_ELEMENT_NODE && xmlStrEqual(node->name, XML_STRING(name));
}

xmlNode *domain_edit_child(xmlNode *parent, const char *name)
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
	static const char *const with_spice[] = { "channel", "redirdev", "smartcard" };
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

/* Blank lines where something was are not the reader's. */
void domain_edit_remove(xmlNode *node)
{
	xmlNode *before = node->prev;

	if (before != NULL && xmlIsBlankNode(before)) {
		xmlUnlinkNode(before);
		xmlFreeNode(before);
	}
	xmlUnlinkNode(node);
	xmlFreeNode(node);
}

/* A copy declares its namespace anew. Elements of ours are empty: nothing below refers to it. */
static void use_namespace_of(xmlNode *parent, xmlNode *copy)
{
	xmlNs *namespace = copy->ns == NULL || copy->children != NULL
				   ? NULL
				   : xmlSearchNsByHref(parent->doc, parent, copy->ns->href);

	if (namespace == NULL)
		return;
	copy->ns = namespace;
	g_clear_pointer(&copy->nsDef, xmlFreeNsList);
}

/* Each on a line of its own, as deep as what stands there. */
static void add_node(xmlNode *parent, xmlNode *before, xmlNode *node, const char *indent)
{
	xmlNode *copy = xmlDocCopyNode(node, parent->doc, 1);

	if (before != NULL)
		xmlAddPrevSibling(before, copy);
	else
		xmlAddChild(parent, copy);
	/* After the copy is in its place: texts that meet are made one. */
	xmlAddPrevSibling(copy, xmlNewDocText(parent->doc, XML_STRING(indent)));
	use_namespace_of(parent, copy);
}

static guint depth_of(const xmlNode *node)
{
	guint depth = 0;

	for (; node->parent != NULL && node->parent->type == XML_ELEMENT_NODE; node = node->parent)
		depth++;
	return depth;
}

static char *indent_below(const xmlNode *parent)
{
	g_autofree char *blanks = g_strnfill((depth_of(parent) + 1) * 2, ' ');

	return g_strconcat("\n", blanks, NULL);
}

static void remove_screen(xmlNode *devices)
{
	xmlNode *next;

	for (xmlNode *node = devices->children; node != NULL; node = next) {
		next = node->next;
		if (node->type == XML_ELEMENT_NODE && belongs_to_screen(node))
			domain_edit_remove(node);
	}
}

/* Last in the devices, where libvirt looks for it as well as anywhere. */
void domain_edit_append(xmlNode *devices, xmlNode *node)
{
	gboolean blank = devices->last != NULL && xmlIsBlankNode(devices->last);
	g_autofree char *indent = indent_below(devices);

	add_node(devices, blank ? devices->last : NULL, node, indent);
	xmlFreeNode(node);
}

static void add_screen(xmlNode *devices, const char *window)
{
	xmlNode *video = xmlNewNode(NULL, XML_STRING("video"));
	xmlNode *model = xmlNewChild(video, NULL, XML_STRING("model"), NULL);

	if (window != NULL) {
		xmlNode *graphics = xmlNewNode(NULL, XML_STRING("graphics"));

		xmlNewProp(graphics, XML_STRING("type"), XML_STRING(window));
		xmlNewProp(graphics, XML_STRING("autoport"), XML_STRING("yes"));
		xmlNewProp(graphics, XML_STRING("listen"), XML_STRING("127.0.0.1"));
		domain_edit_append(devices, graphics);
	}
	xmlNewProp(model, XML_STRING("type"), XML_STRING(window != NULL ? "vga" : "none"));
	domain_edit_append(devices, video);
}

/*
 * Sound of SPICE has nowhere to go without it. libvirt's own choice would be silence too, but of
 * another type each time (AU-02).
 */
static void move_sound(xmlNode *devices, const char *from, const char *to)
{
	for (xmlNode *node = devices->children; node != NULL; node = node->next) {
		g_autofree char *type = NULL;

		if (!has_name(node, "audio"))
			continue;
		type = (char *)xmlGetProp(node, XML_STRING("type"));
		if (g_strcmp0(type, from) == 0)
			xmlSetProp(node, XML_STRING("type"), XML_STRING(to));
	}
}

xmlDoc *domain_edit_open(const char *xml, GError **error)
{
	const char *why = NULL;
	g_autoptr(xmlDoc) document = xml_parse(xml, &why);

	if (document != NULL &&
	    domain_edit_child(xmlDocGetRootElement(document), "devices") != NULL)
		return g_steal_pointer(&document);
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_UNREADABLE,
		    "libvirt's XML of this guest cannot be changed: %s",
		    why == NULL ? "it has no devices" : why);
	return NULL;
}

char *domain_edit_dump(xmlDoc *document)
{
	xmlChar *text = NULL;
	char *result;
	int size = 0;

	xmlDocDumpMemory(document, &text, &size);
	result = g_strndup((const char *)text, (gsize)size);
	xmlFree(text);
	return result;
}

char *domain_edit_print(const char *xml)
{
	g_autoptr(xmlDoc) document = domain_edit_open(xml, NULL);

	return document != NULL ? domain_edit_dump(document) : NULL;
}

char *domain_edit_screen(const char *xml, const char *window, GError **error)
{
	gboolean spice = g_strcmp0(window, "spice") == 0;
	g_autoptr(xmlDoc) document = domain_edit_open(xml, error);
	xmlNode *devices;

	if (document == NULL)
		return NULL;
	devices = domain_edit_child(xmlDocGetRootElement(document), "devices");
	move_sound(devices, spice ? "none" : "spice", spice ? "spice" : "none");
	remove_screen(devices);
	add_screen(devices, window);
	return domain_edit_dump(document);
}

xmlXPathContext *domain_edit_context(xmlDoc *document)
{
	xmlXPathContext *context = xmlXPathNewContext(document);

	xmlXPathRegisterNs(context, XML_STRING("hotseat"), XML_STRING(DOMAIN_METADATA_URI));
	return context;
}

/* "metadata/hotseat:guest/hotseat:lend" has the parent "/domain/metadata/hotseat:guest". */
static char *parent_path(const char *path)
{
	const char *bracket = strchr(path, '[');
	g_autofree char *plain =
		bracket != NULL ? g_strndup(path, (gsize)(bracket - path)) : g_strdup(path);
	char *slash = strrchr(plain, '/');

	if (slash == NULL)
		return g_strdup("/domain");
	*slash = '\0';
	return g_strconcat("/domain/", plain, NULL);
}

static gboolean replace_one(xmlXPathContext *here, xmlXPathContext *there, const char *path)
{
	g_autofree char *full = g_strconcat("/domain/", path, NULL);
	g_autofree char *above = parent_path(path);
	g_autoptr(xmlXPathObject) old = xml_find(here, full);
	g_autoptr(xmlXPathObject) new = xml_find(there, full);
	g_autoptr(xmlXPathObject) parents = xml_find(here, above);
	g_autofree char *indent = NULL;
	xmlNode *parent, *before = NULL;

	if (xml_found_count(parents) == 0)
		return xml_found_count(new) == 0;
	parent = parents->nodesetval->nodeTab[0];
	indent = indent_below(parent);
	if (xml_found_count(old) > 0)
		before = old->nodesetval->nodeTab[xml_found_count(old) - 1]->next;
	else
		before = parent->last != NULL && xmlIsBlankNode(parent->last) ? parent->last : NULL;
	for (guint i = 0; i < xml_found_count(old); i++)
		domain_edit_remove(old->nodesetval->nodeTab[i]);
	for (guint i = 0; i < xml_found_count(new); i++)
		add_node(parent, before, new->nodesetval->nodeTab[i], indent);
	return TRUE;
}

char *domain_edit_replace(const char *xml, const char *other, const char *const *paths,
			  GError **error)
{
	g_autoptr(xmlDoc) document = domain_edit_open(xml, error);
	g_autoptr(xmlDoc) source = document != NULL ? domain_edit_open(other, error) : NULL;
	g_autoptr(xmlXPathContext) here = NULL;
	g_autoptr(xmlXPathContext) there = NULL;

	if (source == NULL)
		return NULL;
	here = domain_edit_context(document);
	there = domain_edit_context(source);
	for (guint i = 0; paths[i] != NULL; i++) {
		if (replace_one(here, there, paths[i]))
			continue;
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_UNREADABLE,
			    "libvirt's XML of this guest has no place for <%s>", paths[i]);
		return NULL;
	}
	return domain_edit_dump(document);
}

char *domain_edit_toggle(const char *xml, const char *toggle, GError **error)
{
	g_autoptr(xmlDoc) document = domain_edit_open(xml, error);
	g_autoptr(xmlXPathContext) context = NULL;
	g_autoptr(xmlXPathObject) found = NULL;

	if (document == NULL)
		return NULL;
	context = domain_edit_context(document);
	found = xml_find(context, "/domain/devices/input[@type='evdev']/source[@grab='all']");
	if (xml_found_count(found) == 0) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED,
			    "this guest has no keyboard of the host's, which the chord would move");
		return NULL;
	}
	xmlSetProp(found->nodesetval->nodeTab[0], XML_STRING("grabToggle"), XML_STRING(toggle));
	return domain_edit_dump(document);
}
