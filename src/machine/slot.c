/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "machine/slot.h"

#include <stdio.h>

void slot_free(struct slot *slot)
{
	if (slot == NULL)
		return;
	g_free(slot->power_state);
	g_free(slot->runtime_status);
	g_free(slot);
}

/* "8.0 GT/s PCIe", or "Unknown" */
static guint read_speed(const struct root *folder, const char *file)
{
	g_autofree char *text = root_read(folder, NULL, "%s", file);
	unsigned int whole, tenth;

	if (text == NULL || sscanf(text, "%3u.%1u GT/s", &whole, &tenth) != 2)
		return 0;
	return whole * 10 + tenth;
}

/* 0 and 255 are what the register holds when nobody is there. */
static guint read_width(const struct root *root, const char *folder, const char *file)
{
	guint64 width = 0;

	if (!root_read_number(root, 10, &width, NULL, "%s/%s", folder, file) || width > 32)
		return 0;
	return (guint)width;
}

static enum known read_switch(const struct root *folder, const char *file)
{
	guint64 value;

	if (!root_read_number(folder, 10, &value, NULL, "%s", file))
		return NOT_KNOWN;
	return known_from(value != 0);
}

static char *port_folder(const struct pcidev *dev)
{
	g_autofree char *above = g_path_get_dirname(dev->path);

	return g_strconcat("sys/devices/", above, NULL);
}

/*
 * The link's files read configuration space, which would wake a card in D3cold; its link is down
 * then anyway. Source: Linux drivers/pci/pci-sysfs.c, current_link_speed_show().
 */
static void read_link(const struct root *root, const struct root *folder, const struct pcidev *dev,
		      struct slot *slot)
{
	g_autofree char *port = port_folder(dev);

	slot->speed = read_speed(folder, "current_link_speed");
	slot->max_speed = read_speed(folder, "max_link_speed");
	slot->width = read_width(folder, ".", "current_link_width");
	slot->max_width = read_width(folder, ".", "max_link_width");
	slot->port_width = read_width(root, port, "max_link_width");
}

struct slot *slot_read(const struct root *root, const struct pcidev *dev)
{
	struct slot *slot = g_new0(struct slot, 1);
	autoptr(root) folder = root_enter(root, NULL, "sys/bus/pci/devices/%s", dev->address);

	if (folder == NULL)
		return slot;
	slot->power_state = root_read(folder, NULL, "power_state");
	slot->runtime_status = root_read(folder, NULL, "power/runtime_status");
	slot->d3cold_allowed = read_switch(folder, "d3cold_allowed");
	if (g_strcmp0(slot->power_state, "D3cold") != 0)
		read_link(root, folder, dev, slot);
	return slot;
}
