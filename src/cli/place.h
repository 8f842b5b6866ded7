/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "plan/plan.h"

/**
 * place_choose - the seat that gives a guest its keyboard and mouse
 * @wanted: its name; "none": libvirt does it, and both Ctrl keys are QEMU's; NULL: seat0 where it
 *          can serve
 * @plan:   the reason is added, and those for one keyboard and one mouse go, which it does not need
 *
 * A seat can serve where logind knows it, so that there is somebody to whom it belongs, and where
 * hotseatd answers for it.
 *
 * Return: NULL for none.
 */
const char *place_choose(const char *wanted, const struct plan *plan);
