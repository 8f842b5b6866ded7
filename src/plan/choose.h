/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "plan/plan.h"

/* The single decisions of plan_make(), one file each. All add to @reasons. */

/**
 * choose_card - the card that was asked for, or the one that is best lent
 *
 * Return: a card of @machine, or NULL: HOTSEAT_ERROR_ABSENT (there is none, or none like that),
 * HOTSEAT_ERROR_REFUSED (it cannot be lent; names the device and driver in the way).
 */
const struct card *choose_card(const struct machine *machine, const char *gpu, GPtrArray *reasons,
			       GError **error);

/**
 * choose_memory - the guest's memory in KiB, a multiple of 2 MiB
 * @wanted_kib: 0 chooses
 *
 * VFIO pins all of it when the guest starts (MM-01), so it must be had in full. Return: KiB, or 0
 * with HOTSEAT_ERROR_REFUSED and numbers, HOTSEAT_ERROR_UNREADABLE if the size of the machine's
 * memory is not known.
 */
guint64 choose_memory(const struct memory *memory, guint64 wanted_kib, GPtrArray *reasons,
		      GError **error);

/**
 * choose_input - the keyboard or mouse that moves to the guest
 * @inputs: struct input
 *
 * Return: one with a stable path (IN-04), or NULL, which is not an error: a reason says so.
 */
const struct input *choose_input(const GPtrArray *inputs, enum input_kind kind, GPtrArray *reasons);
