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
