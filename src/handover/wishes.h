/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "handover/handover.h"
#include "handover/step.h"

/**
 * wishes_build - the steps of a handover, in their order
 * @machine: may be NULL
 *
 * Looks at the host for what there is to be changed: governors that it has, services that run. What
 * belongs to the machine comes first, the cards last, so that they are away as short as can be.
 *
 * Return: array of struct step, not yet saved; or NULL with HOTSEAT_ERROR_REFUSED for a need that
 * this host cannot meet, or _UNREADABLE.
 */
GPtrArray *wishes_build(struct host *host, const struct handover_guest *guest,
			const struct machine *machine, const GPtrArray *cards, GError **error);
