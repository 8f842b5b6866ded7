/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "monitor/ddc.h"
#include "monitor/model.h"

/* How far a switch was seen to be done. */
enum switch_outcome {
	SWITCH_ALREADY, /* it showed that input before */
	SWITCH_SEEN,    /* the monitor says that it shows it */
	SWITCH_SILENT,  /* the monitor took it and has not answered since: many do so on this cable,
			   while another input shows */
	SWITCH_UNSEEN,  /* the monitor took it, and never says what it shows */
};

/**
 * switch_input - tell a monitor to show an input, and look whether it does
 * @model:    what @input is of
 * @deadline: in @ddc's time; passed by no more than the last answer that is waited for
 *
 * Waits, so not for a main loop. Tells it again where nothing came of it.
 *
 * Return: TRUE with @outcome set; HOTSEAT_ERROR_REFUSED for an input that is only offered, which
 * was not told; HOTSEAT_ERROR_ABSENT if the monitor takes nothing; HOTSEAT_ERROR_FAILED if it shows
 * something else at the end.
 */
gboolean switch_input(struct ddc *ddc, const struct ddc_cable *cable, const struct model *model,
		      const struct monitor_input *input, gint64 deadline,
		      enum switch_outcome *outcome, GError **error);

/**
 * switch_try_input - switch_input() for learning: also to what is only offered
 */
gboolean switch_try_input(struct ddc *ddc, const struct ddc_cable *cable, const struct model *model,
			  const struct monitor_input *input, gint64 deadline,
			  enum switch_outcome *outcome, GError **error);

/* switch_outcome_name - "already", "seen", "silent", "unseen" */
const char *switch_outcome_name(enum switch_outcome outcome);
