/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "machine/displays.h"

#include <string.h>

void connector_free(struct connector *connector)
{
	if (connector == NULL)
		return;
	g_free(connector->name);
	g_free(connector->edid_hash);
	edid_free(connector->edid);
	g_free(connector);
}

#define MHZ G_GUINT64_CONSTANT(1000000)

/*
 * Two links of DVI carry 330 MHz; that a card has but one is not told, and a cable for 1440p has
 * both. HDMI is as quick as its two ends, of which the monitor's is in its EDID. What DisplayPort
 * carries is agreed upon when it is plugged in, and monitors name no mode that it cannot.
 */
static const struct link links[] = {
	{ "DP", "DisplayPort", FALSE, 4, 0 },    { "HDMI", "HDMI", FALSE, 3, 0 },
	{ "USB", "USB-C", FALSE, 3, 0 },         { "DVI-D", "DVI", FALSE, 2, 330 * MHZ },
	{ "DVI-I", "DVI", FALSE, 2, 330 * MHZ }, { "DVI-A", "analogue DVI", FALSE, 1, 210 * MHZ },
	{ "VGA", "VGA", FALSE, 1, 210 * MHZ },   { "eDP", "the panel", TRUE, 0, 0 },
	{ "LVDS", "the panel", TRUE, 0, 0 },     { "DSI", "the panel", TRUE, 0, 0 },
	{ "Virtual", "no cable", TRUE, 0, 0 },   { "Writeback", "no cable", TRUE, 0, 0 },
	{ "", "a connector", FALSE, 0, 0 },
};

const char *connector_port(const struct connector *connector)
{
	const char *dash = strchr(connector->name, '-');

	return dash != NULL ? dash + 1 : connector->name;
}

const struct link *connector_link(const struct connector *connector)
{
	const char *port = connector_port(connector);
	gsize i = 0;

	while (!g_str_has_prefix(port, links[i].prefix))
		i++;
	return &links[i];
}

/* HDMI 1.2, whose monitors say nothing about a limit, ends there: HDMI 1.4b, 8.3.2. */
#define TMDS_SILENT (165 * MHZ)

/* What keeps a cable from carrying more, in words; 0: nothing that we know of. */
static guint64 limit_of(const struct connector *connector, const char **words)
{
	const struct link *link = connector_link(connector);
	const struct edid *edid = connector->edid;

	if (g_str_equal(link->words, "HDMI") && edid->hdmi && !edid->frl) {
		*words = "its HDMI input takes no more";
		return edid->tmds_hz != 0 ? edid->tmds_hz : TMDS_SILENT;
	}
	*words = g_str_has_prefix(link->prefix, "DVI") ? "DVI carries no more"
						       : "VGA carries no more";
	return link->clock_hz;
}

char *connector_best(const struct connector *connector, const char **limit)
{
	const char *words;
	guint64 most;
	struct edid_mode mode;

	if (connector->edid == NULL || connector->edid->best.width == 0)
		return NULL;
	mode = connector->edid->best;
	most = limit_of(connector, &words);
	if (most != 0 && mode.clock_hz > most && edid_best_within(connector->edid, most, &mode) &&
	    limit != NULL)
		*limit = words;
	return edid_format_mode(&mode);
}

static void free_connector(gpointer connector)
{
	connector_free(connector);
}

/* What both files say for an answer; anything else ("unknown", "") is not known. */
static enum known read_word(const struct root *root, const char *folder, const char *file,
			    const char *yes, const char *no)
{
	g_autofree char *text = root_read(root, NULL, "%s/%s", folder, file);

	if (g_strcmp0(text, yes) == 0)
		return KNOWN_YES;
	return g_strcmp0(text, no) == 0 ? KNOWN_NO : NOT_KNOWN;
}

/* 256 blocks are what the byte that counts them can say. The file is there and empty for none. */
#define EDID_MAX (256 * 128)

static void read_edid(const struct root *root, const char *folder, struct connector *connector)
{
	g_autoptr(GBytes) bytes = root_read_bytes(root, EDID_MAX, NULL, "%s/edid", folder);
	gsize length = 0;
	const guint8 *data = bytes == NULL ? NULL : g_bytes_get_data(bytes, &length);

	if (length == 0)
		return;
	connector->edid = edid_parse(data, length);
	connector->edid_hash = g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, bytes);
}

/* Source: Linux drivers/gpu/drm/drm_sysfs.c, status_show(), enabled_show() */
static void read_connectors(const struct root *root, const char *folder, const char *drm_card,
			    GPtrArray *connectors)
{
	g_autofree char *prefix = g_strconcat(drm_card, "-", NULL);
	g_auto(GStrv) names = root_list(root, NULL, "%s/%s", folder, drm_card);

	for (guint i = 0; names != NULL && names[i] != NULL; i++) {
		g_autofree char *path = NULL;
		struct connector *connector;

		if (!g_str_has_prefix(names[i], prefix))
			continue;
		path = g_strdup_printf("%s/%s/%s", folder, drm_card, names[i]);
		connector = g_new0(struct connector, 1);
		connector->name = g_strdup(names[i]);
		connector->connected = read_word(root, path, "status", "connected", "disconnected");
		connector->enabled = read_word(root, path, "enabled", "enabled", "disabled");
		read_edid(root, path, connector);
		g_ptr_array_add(connectors, connector);
	}
}

static char *drm_folder(const struct pcidev *dev)
{
	return g_strdup_printf("sys/bus/pci/devices/%s/drm", dev->address);
}

GPtrArray *displays_read(const struct root *root, const struct pcidev *dev)
{
	GPtrArray *connectors = g_ptr_array_new_with_free_func(free_connector);
	g_autofree char *folder = drm_folder(dev);
	g_auto(GStrv) names = root_list(root, NULL, "%s", folder);

	for (guint i = 0; names != NULL && names[i] != NULL; i++) {
		if (g_str_has_prefix(names[i], "card"))
			read_connectors(root, folder, names[i], connectors);
	}
	return connectors;
}

static gboolean has_drm(const struct root *root, const struct card *card)
{
	g_autofree char *folder = drm_folder(card_display(card));

	return root_exists(root, "%s", folder);
}

/* A driver that shows pictures, or may: bound, and none of those that only keep the place. */
static enum known has_display_driver(const struct root *root, const struct card *card)
{
	if (has_drm(root, card))
		return KNOWN_YES;
	switch (pcidev_driver_allowed(card_display(card), TRUE)) {
	case KNOWN_YES:
		return KNOWN_NO;
	case KNOWN_NO:
		return KNOWN_YES;
	case NOT_KNOWN:
		break;
	}
	return NOT_KNOWN;
}

/*
 * Does this card drive a monitor now? A card with a driver but without a DRM device (NVIDIA's
 * without modeset) may, and sysfs does not say.
 */
static enum known is_lit(const struct root *root, const struct card *card)
{
	g_autoptr(GPtrArray) connectors = displays_read(root, card_display(card));
	enum known lit = KNOWN_NO;

	if (!has_drm(root, card))
		return has_display_driver(root, card) == KNOWN_NO ? KNOWN_NO : NOT_KNOWN;
	for (guint i = 0; i < connectors->len; i++) {
		const struct connector *connector = g_ptr_array_index(connectors, i);

		if (connector->enabled == KNOWN_YES)
			return KNOWN_YES;
		if (connector->enabled == NOT_KNOWN)
			lit = NOT_KNOWN;
	}
	return lit;
}

/* What can be said of all the other cards together. */
struct others {
	enum known lit;    /* one of them drives a monitor */
	enum known driver; /* one of them could */
};

static void merge(enum known *all, enum known one)
{
	if (*all != KNOWN_YES && one != KNOWN_NO)
		*all = one;
}

static struct others look_at_others(const struct root *root, const GPtrArray *cards,
				    GPtrArray *lent)
{
	struct others others = { .lit = KNOWN_NO, .driver = KNOWN_NO };

	for (guint i = 0; i < cards->len; i++) {
		const struct card *other = g_ptr_array_index(cards, i);

		if (g_ptr_array_find(lent, other, NULL))
			continue;
		merge(&others.lit, is_lit(root, other));
		merge(&others.driver, has_display_driver(root, other));
	}
	return others;
}

/* What can be said of the cards that go. */
struct going {
	enum known lit, boot;      /* one of them drives a monitor; is the firmware's display */
	const char *firmware;      /* the address of the latter */
	GPtrArray *all, *lit_ones; /* addresses */
};

static void look_at_going(const struct root *root, const GPtrArray *lent, struct going *going)
{
	for (guint i = 0; i < lent->len; i++) {
		const struct card *card = g_ptr_array_index(lent, i);
		const struct pcidev *dev = card_display(card);
		enum known lit = is_lit(root, card);

		merge(&going->lit, lit);
		merge(&going->boot, dev->boot_vga);
		if (dev->boot_vga == KNOWN_YES)
			going->firmware = dev->address;
		g_ptr_array_add(going->all, dev->address);
		if (lit == KNOWN_YES)
			g_ptr_array_add(going->lit_ones, dev->address);
	}
}

/* "0000:01:00.0 drives", "0000:01:00.0 and 0000:02:00.0 drive" */
static char *they_drive(const GPtrArray *addresses)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < addresses->len; i++)
		g_string_append_printf(text, "%s%s", i == 0 ? "" : " and ",
				       (const char *)g_ptr_array_index(addresses, i));
	g_string_append(text, addresses->len == 1 ? " drives" : " drive");
	return g_string_free(text, FALSE);
}

static enum known judge(const struct going *going, const struct others *others, char **why)
{
	g_autofree char *all = they_drive(going->all);
	g_autofree char *lit = they_drive(going->lit_ones);

	if (others->lit == KNOWN_YES) {
		*why = g_strdup("another card drives a monitor");
		return KNOWN_NO;
	}
	if (going->boot == KNOWN_YES && others->driver == KNOWN_NO) {
		*why = g_strdup_printf(
			"%s is the firmware's display, and no other card has a "
			"driver that could show the desktop",
			going->firmware);
		return KNOWN_YES;
	}
	if (going->lit == KNOWN_YES && others->lit == KNOWN_NO) {
		*why = g_strdup_printf("%s the only monitor%s on", lit,
				       going->lit_ones->len == 1 ? " that is" : "s that are");
		return KNOWN_YES;
	}
	if (going->lit == KNOWN_NO && (going->boot == KNOWN_NO || others->driver == KNOWN_YES)) {
		*why = g_strdup_printf("%s no monitor", all);
		return KNOWN_NO;
	}
	*why = g_strdup_printf("sysfs does not say which card drives a monitor: %s",
			       going->lit == NOT_KNOWN
				       ? "this one has a driver without a DRM device"
				       : "another one has a driver without a DRM device");
	return NOT_KNOWN;
}

enum known displays_are_only(const struct root *root, const GPtrArray *cards, GPtrArray *lent,
			     char **why)
{
	g_autoptr(GPtrArray) all = g_ptr_array_new();
	g_autoptr(GPtrArray) lit_ones = g_ptr_array_new();
	struct others others = look_at_others(root, cards, lent);
	struct going going = { KNOWN_NO, KNOWN_NO, NULL, all, lit_ones };

	look_at_going(root, lent, &going);
	return judge(&going, &others, why);
}

enum known displays_is_only(const struct root *root, const GPtrArray *cards,
			    const struct card *card, char **why)
{
	g_autoptr(GPtrArray) lent = g_ptr_array_new();

	g_ptr_array_add(lent, (gpointer)(guintptr)card);
	return displays_are_only(root, cards, lent, why);
}
