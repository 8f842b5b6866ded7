/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "machine/usb.h"

#include <string.h>

#define DEVICES "sys/bus/usb/devices"

static void usb_free(gpointer data)
{
	struct usb *usb = data;

	g_free(usb->name);
	g_free(usb->id);
	g_free(usb->node);
	g_free(usb);
}

static struct usb *read_one(const struct root *root, const char *name)
{
	guint64 vendor, product, bus, number;
	struct usb *usb;

	if (!root_read_number(root, 16, &vendor, NULL, DEVICES "/%s/idVendor", name) ||
	    !root_read_number(root, 16, &product, NULL, DEVICES "/%s/idProduct", name) ||
	    !root_read_number(root, 10, &bus, NULL, DEVICES "/%s/busnum", name) ||
	    !root_read_number(root, 10, &number, NULL, DEVICES "/%s/devnum", name))
		return NULL;
	usb = g_new0(struct usb, 1);
	usb->name = g_strdup(name);
	usb->id = g_strdup_printf("%04x:%04x", (guint16)vendor, (guint16)product);
	usb->node = g_strdup_printf("%u:%u", (guint)bus, (guint)number);
	return usb;
}

GPtrArray *usb_read(const struct root *root)
{
	GPtrArray *devices = g_ptr_array_new_with_free_func(usb_free);
	g_auto(GStrv) names = root_list(root, NULL, DEVICES);

	for (guint i = 0; names != NULL && names[i] != NULL; i++) {
		/* "1-2:1.0" is an interface of "1-2" */
		struct usb *usb = strchr(names[i], ':') == NULL ? read_one(root, names[i]) : NULL;

		if (usb != NULL)
			g_ptr_array_add(devices, usb);
	}
	return devices;
}

char **usb_driverless(const struct root *root, const struct usb *usb)
{
	g_autoptr(GStrvBuilder) found = g_strv_builder_new();
	g_autofree char *prefix = g_strconcat(usb->name, ":", NULL);
	g_auto(GStrv) names = root_list(root, NULL, DEVICES);

	for (guint i = 0; names != NULL && names[i] != NULL; i++) {
		g_autofree char *driver =
			root_read_link(root, NULL, DEVICES "/%s/driver", names[i]);

		if (driver == NULL && g_str_has_prefix(names[i], prefix))
			g_strv_builder_add(found, names[i]);
	}
	return g_strv_builder_end(found);
}
