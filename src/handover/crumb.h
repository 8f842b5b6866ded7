/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "handover/step.h"

/**
 * crumb_drop - write the breadcrumb (machine/breadcrumb.h) for a step, and wait for the disk
 * @number: how many were dropped before in this handover
 *
 * It helps to explain a hang; that it cannot be written is no reason to refuse a card. A handover
 * waits for the disk a few times only; later steps of the same card then share the last line.
 */
void crumb_drop(struct host *host, const char *guest, const struct step *step, gboolean back,
		guint number);

/* crumb_sweep - remove it, all is well */
void crumb_sweep(struct host *host);
