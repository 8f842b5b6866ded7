/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "guest/virt.h"
#include "plan/plan.h"

/* Who gives a new guest keyboard and mouse. */
struct place {
	const char *seat; /* whose relay; NULL: QEMU has one of each, and moves them */
	guint side;       /* which of the seat's guests it is, from 1 on */
	const char *why_not;
};

/**
 * place_choose - the seat that gives a guest its keyboard and mouse
 * @wanted: its name; "none": libvirt does it, and both Ctrl keys are QEMU's; NULL: seat0 where it
 *          can serve
 *
 * A seat can serve where logind knows it, so that there is somebody to whom it belongs, where
 * hotseatd answers for it, and while it has room for one more guest.
 *
 * Return: FALSE with HOTSEAT_ERROR_REFUSED if the seat that was asked for has no room.
 */
gboolean place_choose(const char *wanted, struct virt *virt, struct place *place, GError **error);

/* place_explain - add the reason to the plan's */
void place_explain(const struct place *place, struct plan *plan);

/**
 * place_side - which of a seat's guests one more is to be, from 1 on
 *
 * Return: 0 with HOTSEAT_ERROR_REFUSED if there are as many as its relay has room for.
 */
guint place_side(const char *seat, struct virt *virt, GError **error);
