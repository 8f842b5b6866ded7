/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "core/root.h"

/* Where an I2C bus leads: out of which card, and out of which connector of it. */
struct place {
	char *card;      /* "0000:01:00.0"; NULL: no PCI device, or sysfs does not say */
	char *connector; /* "DP-1"; NULL: the card's driver has no DRM connectors, or none fits */
};

void place_clear(struct place *place);

/**
 * place_find - where /dev/i2c-@bus leads
 * @edid: first block of the monitor at its end: connectors whose driver does not name their bus are
 *        known by their monitor
 */
void place_find(const struct root *root, int bus, const guint8 *edid, struct place *place);

/**
 * place_check_access - may we speak on the buses of graphics cards?
 *
 * Return: TRUE if on one of them at least; HOTSEAT_ERROR_ABSENT or HOTSEAT_ERROR_DENIED with what
 * to do about it. Of the live machine.
 */
gboolean place_check_access(const struct root *root, GError **error);
