/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "monitor/ddc.h"

/*
 * Monitors as they are met, on a bus that is not there and in a time that does not pass by itself.
 * What each vice means stands in lab/modules/monitors, where they are met for real.
 */
#define DOUBLE_MONITORS 2

struct double_monitor {
	guint8 shows, cable_input;
	guint8 listed[8];
	guint n_listed;
	guint8 sent[64]; /* values it was sent, in order, heeded or not */
	guint n_sent;
	gboolean wrong_value; /* it was sent what it does not have */

	gboolean ignores, without_60, vendor, away;
	gboolean constant; /* tells the same whatever shows */
	guint slow_switch_ms, away_after_ms, answer_ms, ignores_first;
	guint inactive; /* 1: no DDC/CI while another input shows */
	guint drops;    /* every so many answers one is lost */
	guint8 lies;

	/* inside */
	guint8 next;
	gint64 next_at, back_at;
	guint answers;
};

struct double_ddc {
	struct ddc ddc;
	gint64 time;
	struct double_monitor monitors[DOUBLE_MONITORS];
	guint n_monitors;
	guint scans;
	gboolean really_sleeps; /* for what waits in another thread */
};

/* double_new - one good monitor, that shows 0f of 0f, 11 and 12 and hangs on that cable */
struct double_ddc *double_new(void);

/* double_input - what a monitor shows now */
guint8 double_input(struct double_ddc *self, guint monitor);

/* double_press - someone presses its button */
void double_press(struct double_ddc *self, guint monitor, guint8 input);
