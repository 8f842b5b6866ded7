/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "core/autoptr.h"
#include "core/known.h"
#include "machine/card.h"
#include "machine/edid.h"

/* Connectors of a card's DRM device, from sys/class/drm. */
struct connector {
	char *name;           /* "card0-HDMI-A-1" */
	enum known connected; /* a monitor answers */
	enum known enabled;   /* and is driven now */
	struct edid *edid;    /* what the monitor says of itself; NULL: nothing, or nothing sound */
	char *edid_hash;      /* the same for monitors that say exactly the same; NULL: no EDID */
};

/* What a connector's cable carries, by its name: Linux drivers/gpu/drm/drm_connector.c. */
struct link {
	const char *prefix; /* of the connector's name, "HDMI-A" */
	const char *words;  /* "HDMI" */
	gboolean inside;    /* a panel, or no cable at all */
	guint merit;        /* more carries more; 0: nobody plugs a monitor there */
	guint64 clock_hz;   /* the most pixels that it carries; 0: more than any monitor names, or
			       it depends on the card, which does not say */
};

/* connector_link - never NULL: what is not known is of no merit and without a limit */
const struct link *connector_link(const struct connector *connector);

/* connector_port - "DP-1" of "card1-DP-1" */
const char *connector_port(const struct connector *connector);

/**
 * connector_best - the best mode that its monitor gets by this cable
 * @limit: if not NULL, what keeps the monitor from its best, such as "DVI carries no more";
 *         unchanged if nothing does
 *
 * Return: "2560x1440 at 144 Hz", newly allocated; NULL: nothing is known of the monitor.
 */
char *connector_best(const struct connector *connector, const char **limit);

void connector_free(struct connector *connector);
AUTOPTR_DEFINE(connector)

/* displays_read - array of struct connector for one PCI function; empty if it has no DRM device */
GPtrArray *displays_read(const struct root *root, const struct pcidev *dev);

/**
 * displays_is_only - would lending this card leave the desktop without a display?
 *
 * So if it is the firmware's display and no other card has a DRM device or driver, or if it is the
 * only card with an enabled connector while another has none.
 */
enum known displays_is_only(const struct root *root, const GPtrArray *cards,
			    const struct card *card, char **why);

/* displays_are_only - the same for cards (struct card) that are lent together: what remains counts
 */
enum known displays_are_only(const struct root *root, const GPtrArray *cards, GPtrArray *lent,
			     char **why);
