/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "monitor/place.h"

#include <string.h>
#include <unistd.h>

#include "core/error.h"
#include "machine/pcidev.h"
#include "monitor/ddc.h"

#define CLASS_DISPLAY "0x03"

void place_clear(struct place *place)
{
	g_clear_pointer(&place->card, g_free);
	g_clear_pointer(&place->connector, g_free);
}

static gboolean is_pci_address(const char *text)
{
	return g_regex_match_simple("^[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\\.[0-7]$", text, 0, 0);
}

/* The last PCI device on the way to something in sysfs: "…/0000:00:06.0/0000:01:00.0/i2c-3" */
static char *find_card(const struct root *root, const char *path)
{
	g_autofree char *target = root_read_link_target(root, NULL, "%s", path);
	g_auto(GStrv) parts = target == NULL ? NULL : g_strsplit(target, "/", -1);
	const char *last = NULL;

	for (guint i = 0; parts != NULL && parts[i] != NULL; i++) {
		if (is_pci_address(parts[i]))
			last = parts[i];
	}
	return g_strdup(last);
}

static gboolean has_edid(const struct root *root, const char *connector, const guint8 *edid)
{
	g_autoptr(GBytes) bytes =
		root_read_bytes(root, DDC_EDID_SIZE, NULL, "sys/class/drm/%s/edid", connector);
	gsize length = 0;
	const guint8 *data = bytes == NULL ? NULL : g_bytes_get_data(bytes, &length);

	return length == DDC_EDID_SIZE && memcmp(data, edid, DDC_EDID_SIZE) == 0;
}

/* Source: Linux drivers/gpu/drm/drm_sysfs.c (ddc), drm_dp_helper.c (the aux bus is a child). */
static gboolean leads_to(const struct root *root, const char *connector, const char *bus)
{
	g_autofree char *ddc = root_read_link(root, NULL, "sys/class/drm/%s/ddc", connector);

	return g_strcmp0(ddc, bus) == 0 || root_exists(root, "sys/class/drm/%s/%s", connector, bus);
}

static gboolean is_of_card(const struct root *root, const char *connector, const char *card)
{
	g_autofree char *path = g_strconcat("sys/class/drm/", connector, NULL);
	g_autofree char *other = find_card(root, path);

	return card != NULL && g_strcmp0(other, card) == 0;
}

/* "DP-1" of "card1-DP-1" */
static char *short_name(const char *connector)
{
	const char *dash = strchr(connector, '-');

	return g_strdup(dash != NULL ? dash + 1 : connector);
}

void place_find(const struct root *root, int bus, const guint8 *edid, struct place *place)
{
	g_autofree char *name = g_strdup_printf("i2c-%d", bus);
	g_autofree char *path = g_strdup_printf("sys/bus/i2c/devices/i2c-%d", bus);
	g_auto(GStrv) connectors = root_list(root, NULL, "sys/class/drm");
	const char *same_monitor = NULL, *same_bus = NULL;

	*place = (struct place){ .card = find_card(root, path) };
	for (guint i = 0; connectors != NULL && connectors[i] != NULL; i++) {
		if (strchr(connectors[i], '-') == NULL)
			continue;
		if (leads_to(root, connectors[i], name))
			same_bus = connectors[i];
		else if (is_of_card(root, connectors[i], place->card) &&
			 has_edid(root, connectors[i], edid))
			same_monitor = connectors[i];
	}
	if (same_bus != NULL || same_monitor != NULL)
		place->connector = short_name(same_bus != NULL ? same_bus : same_monitor);
}

static gboolean is_of_display(const struct root *root, const char *bus)
{
	g_autofree char *path = g_strdup_printf("sys/class/i2c-dev/%s", bus);
	g_autofree char *card = find_card(root, path);
	g_autofree char *class =
		card == NULL
			? NULL
			: root_read_attribute(root, NULL, "sys/bus/pci/devices/%s/class", card);

	return class != NULL && g_str_has_prefix(class, CLASS_DISPLAY);
}

gboolean place_check_access(const struct root *root, GError **error)
{
	g_auto(GStrv) buses = root_list(root, NULL, "sys/class/i2c-dev");
	guint of_displays = 0;

	for (guint i = 0; buses != NULL && buses[i] != NULL; i++) {
		g_autofree char *node = g_strconcat("/dev/", buses[i], NULL);

		if (!is_of_display(root, buses[i]))
			continue;
		if (access(node, R_OK | W_OK) == 0)
			return TRUE;
		of_displays++;
	}
	if (of_displays > 0)
		g_set_error(
			error, HOTSEAT_ERROR, HOTSEAT_ERROR_DENIED,
			"You may not speak to monitors: /dev/i2c-* is not yours. Run it with sudo, "
			"or join the group that may (it comes with the package i2c-tools) and log "
			"in "
			"again: sudo usermod -aG i2c %s",
			g_get_user_name());
	else if (buses == NULL || buses[0] == NULL)
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_ABSENT,
			    "There is no /dev/i2c-*, over which monitors are spoken to. Load what "
			    "makes it: sudo modprobe i2c-dev (and for every start: echo i2c-dev | "
			    "sudo tee /etc/modules-load.d/i2c-dev.conf)");
	else
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_ABSENT,
			    "No graphics card offers a bus to its monitors. Virtual ones do not; "
			    "NVIDIA's 340 driver does not either");
	return FALSE;
}
