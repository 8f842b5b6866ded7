/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "core/root.h"
#include "monitor/ddc.h"
#include "monitor/model.h"
#include "monitor/place.h"

/*
 * A monitor at the end of one cable. One that hangs on two cards of this machine is there twice:
 * its EDID differs from input to input, and nothing sound says that the two are one.
 */
struct monitor {
	struct ddc_cable cable;
	struct place place;
	struct model *model;
	gint says;  /* what feature 60 says now; -1: nothing */
	char *name; /* "Dell S2716DG", or maker and product */
	char *why; /* why it cannot be switched over this cable now; NULL: it can, as far as it says
		    */
};

void monitor_free(struct monitor *monitor);
AUTOPTR_DEFINE(monitor)

/* monitor_shows - the input that shows, as far as the monitor says and it is known; or NULL */
const struct monitor_input *monitor_shows(const struct monitor *monitor);

/* monitor_format_place - "DP-1 of 0000:01:00.0", newly allocated */
char *monitor_format_place(const struct monitor *monitor);

/**
 * monitors_read - look for monitors and ask each what it can
 * @learned: file of what was learned (monitor/learned.h)
 *
 * Takes seconds. The monitors' cables are void after the next time.
 *
 * Return: new array of struct monitor, in the order of their buses.
 */
GPtrArray *monitors_read(struct ddc *ddc, const struct root *root, const char *learned,
			 GError **error);

/**
 * monitors_find - the monitor that a user means
 * @text: its number in the list from 1 on, its connector ("DP-1", or "0000:01:00.0/DP-1"), or a
 *        part of its name in any case
 *
 * Return: one of @monitors, or NULL with HOTSEAT_ERROR_ABSENT if none or more than one is meant.
 */
struct monitor *monitors_find(const GPtrArray *monitors, const char *text, GError **error);
