/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "machine/reset.h"

#include <string.h>

void reset_free(struct reset *reset)
{
	if (reset == NULL)
		return;
	g_strfreev(reset->methods);
	g_free(reset);
}

/*
 * A device that cannot be reset has no such file, and a kernel before 5.15 has none at all. Nearly
 * every machine has a device that can be reset, so that the file's absence everywhere means that
 * nobody says anything. Source: Linux drivers/pci/pci.c, pci_dev_reset_method_attr_is_visible().
 */
static gboolean kernel_tells(const struct root *root, const GPtrArray *devices)
{
	for (guint i = 0; i < devices->len; i++) {
		const struct pcidev *dev = g_ptr_array_index(devices, i);

		if (root_exists(root, "sys/bus/pci/devices/%s/reset_method", dev->address))
			return TRUE;
	}
	return FALSE;
}

static char **read_methods(const struct root *root, const GPtrArray *devices,
			   const struct pcidev *dev)
{
	g_autofree char *text =
		root_read(root, NULL, "sys/bus/pci/devices/%s/reset_method", dev->address);

	if (text == NULL)
		return kernel_tells(root, devices) ? g_new0(char *, 1) : NULL;
	return text[0] == '\0' ? g_new0(char *, 1) : g_strsplit(text, " ", -1);
}

/* "0000:01:" of "0000:01:00.0" */
static gboolean same_bus(const struct pcidev *a, const struct pcidev *b)
{
	const char *colon = strrchr(a->address, ':');

	return colon != NULL &&
	       strncmp(a->address, b->address, (gsize)(colon - a->address) + 1) == 0;
}

static gboolean alone_on_bus(const GPtrArray *devices, const struct card *card, gboolean any)
{
	const struct pcidev *display = card_display(card);

	for (guint i = 0; i < devices->len; i++) {
		struct pcidev *dev = g_ptr_array_index(devices, i);
		gboolean own = any ? g_ptr_array_find(card->functions, dev, NULL) : dev == display;

		if (!own && same_bus(display, dev))
			return FALSE;
	}
	return TRUE;
}

/* Below a root bus there is no port whose secondary bus could be reset. */
static gboolean has_port(const struct pcidev *dev)
{
	const char *slash = strchr(dev->path, '/');

	return slash != NULL && strchr(slash + 1, '/') != NULL;
}

static enum known function_resets(const GPtrArray *devices, const struct card *card, char **methods)
{
	if (methods == NULL)
		return NOT_KNOWN;
	for (guint i = 0; methods[i] != NULL; i++) {
		if (!g_str_equal(methods[i], "bus") || alone_on_bus(devices, card, FALSE))
			return KNOWN_YES;
	}
	return KNOWN_NO;
}

struct reset *reset_read(const struct root *root, const GPtrArray *devices, const struct card *card)
{
	struct reset *reset = g_new0(struct reset, 1);

	reset->methods = read_methods(root, devices, card_display(card));
	reset->function = function_resets(devices, card, reset->methods);
	/* a path of one component was not readable rather than short */
	if (strchr(card_display(card)->path, '/') != NULL)
		reset->bus = known_from(has_port(card_display(card)) &&
					alone_on_bus(devices, card, TRUE));
	return reset;
}
