/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "selftest/stopwatch.h"

struct stopwatch {
	GPtrArray *laps;
	char *open; /* the part that was begun */
	gint64 since;
};

static void lap_free(gpointer data)
{
	struct lap *lap = data;

	g_free(lap->part);
	g_array_unref(lap->times);
	g_free(lap);
}

struct stopwatch *stopwatch_new(void)
{
	struct stopwatch *stopwatch = g_new0(struct stopwatch, 1);

	stopwatch->laps = g_ptr_array_new_with_free_func(lap_free);
	return stopwatch;
}

void stopwatch_free(struct stopwatch *stopwatch)
{
	if (stopwatch == NULL)
		return;
	g_ptr_array_unref(stopwatch->laps);
	g_free(stopwatch->open);
	g_free(stopwatch);
}

void stopwatch_start(struct stopwatch *stopwatch, gint64 now)
{
	g_clear_pointer(&stopwatch->open, g_free);
	stopwatch->since = now;
}

void stopwatch_add(struct stopwatch *stopwatch, const char *part, gint64 time)
{
	struct lap *lap = NULL;

	for (guint i = 0; i < stopwatch->laps->len && lap == NULL; i++) {
		lap = g_ptr_array_index(stopwatch->laps, i);
		if (!g_str_equal(lap->part, part))
			lap = NULL;
	}
	if (lap == NULL) {
		lap = g_new0(struct lap, 1);
		lap->part = g_strdup(part);
		lap->times = g_array_new(FALSE, FALSE, sizeof(gint64));
		g_ptr_array_add(stopwatch->laps, lap);
	}
	g_array_append_val(lap->times, time);
}

void stopwatch_done(struct stopwatch *stopwatch, const char *part, gint64 now)
{
	stopwatch_add(stopwatch, stopwatch->open != NULL ? stopwatch->open : part,
		      now - stopwatch->since);
	stopwatch_start(stopwatch, now);
}

void stopwatch_begun(struct stopwatch *stopwatch, const char *part, gint64 now)
{
	stopwatch_done(stopwatch, STOPWATCH_BETWEEN, now);
	stopwatch->open = g_strdup(part);
}

const GPtrArray *stopwatch_laps(const struct stopwatch *stopwatch)
{
	return stopwatch->laps;
}

static int compare_times(gconstpointer a, gconstpointer b)
{
	gint64 one = *(const gint64 *)a, other = *(const gint64 *)b;

	return (one > other) - (one < other);
}

gint64 lap_median(const struct lap *lap)
{
	g_autoptr(GArray) sorted = g_array_copy(lap->times);

	g_array_sort(sorted, compare_times);
	return (g_array_index(sorted, gint64, (sorted->len - 1) / 2) +
		g_array_index(sorted, gint64, sorted->len / 2)) /
	       2;
}

gint64 lap_worst(const struct lap *lap)
{
	gint64 worst = 0;

	for (guint i = 0; i < lap->times->len; i++)
		worst = MAX(worst, g_array_index(lap->times, gint64, i));
	return worst;
}
