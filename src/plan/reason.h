/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "plan/plan.h"

/* reasons_new - an empty array of struct reason that owns them */
GPtrArray *reasons_new(void);

/**
 * reason_add - one more reason
 * @reasons:    array of struct reason
 * @about:      "gpu", "cpus", "memory", "keyboard", "mouse"
 * @instead_of: what it beat, taken over; NULL: there was no alternative
 * @format:     a sentence without a final full stop
 */
void reason_add(GPtrArray *reasons, const char *about, char *instead_of, const char *format, ...)
	G_GNUC_PRINTF(4, 5);
