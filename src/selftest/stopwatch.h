/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <glib.h>

#include "core/autoptr.h"

/*
 * How long the parts of a thing take that is done again and again. Some parts are told when they
 * are over ("bind 0000:01:00.0"), some when they begin ("starting win11").
 */
struct stopwatch;

struct stopwatch *stopwatch_new(void);
void stopwatch_free(struct stopwatch *stopwatch);
AUTOPTR_DEFINE(stopwatch)

/* stopwatch_start - a new run of the parts; @now as all times in microseconds */
void stopwatch_start(struct stopwatch *stopwatch, gint64 now);

/* stopwatch_done - a part is over; if another was begun, the time is that one's */
void stopwatch_done(struct stopwatch *stopwatch, const char *part, gint64 now);

/* stopwatch_begun - a part begins; the time until now is STOPWATCH_BETWEEN's if nobody else's */
#define STOPWATCH_BETWEEN "looking and asking"
void stopwatch_begun(struct stopwatch *stopwatch, const char *part, gint64 now);

/* stopwatch_add - a time that was taken otherwise */
void stopwatch_add(struct stopwatch *stopwatch, const char *part, gint64 time);

struct lap {
	char *part;
	GArray *times; /* gint64 */
};

/* stopwatch_laps - array of struct lap, in the order in which they were first met */
const GPtrArray *stopwatch_laps(const struct stopwatch *stopwatch);

/* lap_median, lap_worst - of at least one time */
gint64 lap_median(const struct lap *lap);
gint64 lap_worst(const struct lap *lap);
