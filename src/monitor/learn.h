/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "monitor/monitor.h"

/* Who sits before the monitor. */
struct learn_user {
	gpointer data;

	/* say - tell a line or two */
	void (*say)(gpointer data, const char *text);

	/* confirm - TRUE as soon as the user says yes; FALSE after @seconds without, or interrupted
	 */
	gboolean (*confirm)(gpointer data, guint seconds);

	/* stopped - the user wants no more: take back what was changed, and go */
	gboolean (*stopped)(gpointer data);
};

struct learn_wish {
	const char *input; /* learn this one only; NULL: all that are known of, but not tried */
	const char *home;  /* the input that shows, where the monitor does not say it; or NULL */
	gboolean by_hand;  /* @input is a new name: the user selects it, we read its value */
	guint seconds;     /* for the user to confirm */
};

/**
 * learn_monitor - find out with the user what a monitor can, in both directions
 *
 * Each input is tried once: the monitor is told to show it, the user says whether it does, it is
 * told to come back, and what it says of itself on either side is noted. Without the user's word
 * within @wish->seconds it is taken back all the same, and nothing is learned. Inputs for which no
 * way back is known are not tried.
 *
 * Return: TRUE with @learned, how many inputs of @monitor's model were taught; they are not saved.
 * HOTSEAT_ERROR_ABSENT, HOTSEAT_ERROR_REFUSED if it cannot be done; HOTSEAT_ERROR_NOT_BACK if the
 * monitor was left at another input than it was found at.
 */
gboolean learn_monitor(struct ddc *ddc, struct monitor *monitor, const struct learn_wish *wish,
		       const struct learn_user *user, guint *learned, GError **error);
