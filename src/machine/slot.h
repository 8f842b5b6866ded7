/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "machine/pcidev.h"

/* What a function's slot gives it: its link and its power. 0 and NULL: not known, or not PCIe. */
struct slot {
	guint speed, max_speed; /* in tenths of GT/s: 80 is PCIe 3.0 */
	guint width, max_width; /* lanes */
	guint port_width;       /* lanes that the port above it has */
	char *power_state;      /* "D0", "D3hot", "D3cold" */
	char *runtime_status;   /* "active", "suspended" */
	enum known d3cold_allowed;
};

/* slot_read - a new slot, to be freed with slot_free(); wakes nothing that sleeps */
struct slot *slot_read(const struct root *root, const struct pcidev *dev);
void slot_free(struct slot *slot);
AUTOPTR_DEFINE(slot)
