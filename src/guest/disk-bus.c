/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest/disk-bus.h"

#include "core/error.h"
#include "guest/domain-edit-internal.h"

#define HELPER "/domain/devices/disk[alias/@name='" DISK_BUS_HELPER "']"
#define SYSTEM                                                                                     \
	"/domain/devices/disk[not(@device) or @device='disk']"                                     \
	"[not(alias/@name='" DISK_BUS_HELPER "')]"

static xmlNode *find_first(xmlXPathContext *context, const char *path)
{
	g_autoptr(xmlXPathObject) found = xml_find(context, path);

	return xml_found_count(found) > 0 ? found->nodesetval->nodeTab[0] : NULL;
}

/* The first name that no disk has: "vdb" for the prefix "vd". */
static char *free_target(xmlXPathContext *context, const char *prefix)
{
	for (char letter = 'a'; letter <= 'z'; letter++) {
		g_autofree char *name = g_strdup_printf("%s%c", prefix, letter);
		g_autofree char *path =
			g_strdup_printf("/domain/devices/disk/target[@dev='%s']", name);

		if (!xml_has(context, path))
			return g_steal_pointer(&name);
	}
	return g_strdup_printf("%saa", prefix);
}

static xmlNode *add_child(xmlNode *parent, const char *name, const char *key, const char *value)
{
	xmlNode *child = xmlNewChild(parent, NULL, XML_STRING(name), NULL);

	xmlNewProp(child, XML_STRING(key), XML_STRING(value));
	return child;
}

char *disk_bus_add_helper(const char *xml, const char *path, GError **error)
{
	g_autoptr(xmlDoc) document = domain_edit_open(xml, error);
	g_autoptr(xmlXPathContext) context = NULL;
	g_autofree char *target = NULL;
	xmlNode *disk;

	if (document == NULL)
		return NULL;
	context = domain_edit_context(document);
	target = free_target(context, "vd");
	disk = xmlNewNode(NULL, XML_STRING("disk"));
	xmlNewProp(disk, XML_STRING("type"), XML_STRING("file"));
	xmlNewProp(disk, XML_STRING("device"), XML_STRING("disk"));
	xmlNewProp(add_child(disk, "driver", "name", "qemu"), XML_STRING("type"),
		   XML_STRING("qcow2"));
	add_child(disk, "source", "file", path);
	xmlNewProp(add_child(disk, "target", "dev", target), XML_STRING("bus"),
		   XML_STRING("virtio"));
	add_child(disk, "alias", "name", DISK_BUS_HELPER);
	domain_edit_append(domain_edit_child(xmlDocGetRootElement(document), "devices"), disk);
	return domain_edit_dump(document);
}

char *disk_bus_drop_helper(const char *xml, GError **error)
{
	g_autoptr(xmlDoc) document = domain_edit_open(xml, error);
	g_autoptr(xmlXPathContext) context = NULL;
	xmlNode *helper;

	if (document == NULL)
		return NULL;
	context = domain_edit_context(document);
	helper = find_first(context, HELPER);
	if (helper != NULL)
		domain_edit_remove(helper);
	return domain_edit_dump(document);
}

/* libvirt gives it a place on the new bus. A thread of its own is virtio's alone (ST-05). */
static void leave_bus(xmlNode *disk, gboolean to_virtio)
{
	xmlNode *address = domain_edit_child(disk, "address");
	xmlNode *driver = domain_edit_child(disk, "driver");

	if (address != NULL)
		domain_edit_remove(address);
	if (driver != NULL && !to_virtio)
		xmlUnsetProp(driver, XML_STRING("iothread"));
}

char *disk_bus_move(const char *xml, const char *bus, GError **error)
{
	static const struct {
		const char *bus, *prefix;
	} names[] = { { "virtio", "vd" }, { "sata", "sd" }, { "ide", "hd" } };
	g_autoptr(xmlDoc) document = domain_edit_open(xml, error);
	g_autoptr(xmlXPathContext) context = NULL;
	xmlNode *disk, *target;

	if (document == NULL)
		return NULL;
	context = domain_edit_context(document);
	disk = find_first(context, SYSTEM);
	target = disk != NULL ? domain_edit_child(disk, "target") : NULL;
	if (target == NULL) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED,
			    "this guest has no disk whose bus could be changed");
		return NULL;
	}
	for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *name = NULL;

		if (!g_str_equal(names[i].bus, bus))
			continue;
		name = free_target(context, names[i].prefix);
		xmlSetProp(target, XML_STRING("dev"), XML_STRING(name));
	}
	xmlSetProp(target, XML_STRING("bus"), XML_STRING(bus));
	leave_bus(disk, g_str_equal(bus, "virtio"));
	return domain_edit_dump(document);
}
