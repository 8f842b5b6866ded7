/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <gio/gio.h>

#include "monitor/monitor.h"
#include "monitor/switch.h"

/*
 * The thread that speaks to monitors, one thing after the other. Monitors take their time, some
 * hang the bus for seconds; who asks gets an answer within the time that was given, whatever they
 * do. What waits in the queue when its time is over is not begun any more, so that no monitor
 * changes long after it was reported that it did not.
 */
struct worker;

/* worker_make_ddc - makes what speaks to monitors; called once, in the worker's thread */
typedef struct ddc *(*worker_make_ddc)(gpointer data, GError **error);

/**
 * worker_new - start the thread
 * @make: ddcutil_new() with its data left out if NULL
 * @learned: file of what was learned; copied
 */
struct worker *worker_new(worker_make_ddc make, gpointer data, const char *learned);

/* worker_free - end it; waits for the monitor that is spoken to this moment */
void worker_free(struct worker *worker);
AUTOPTR_DEFINE(worker)

/**
 * worker_list_async - look for monitors
 * @milliseconds: until the callback at the latest
 * @callback: called in the caller's thread-default main context, with NULL as source object
 */
void worker_list_async(struct worker *worker, guint milliseconds, GAsyncReadyCallback callback,
		       gpointer data);

/* worker_list_finish - array of struct monitor, the caller's; their cables are not for use */
GPtrArray *worker_list_finish(GAsyncResult *result, GError **error);

/**
 * monitor_switch_async - let a monitor show an input
 * @monitor, @input: as a user says them, see monitors_find() and model_find_input()
 *
 * Monitors that were found before are not looked for again, unless this one does not answer.
 */
void monitor_switch_async(struct worker *worker, const char *monitor, const char *input,
			  guint milliseconds, GAsyncReadyCallback callback, gpointer data);

/* monitor_switch_finish - FALSE with an error of switch_input(), or HOTSEAT_ERROR_FAILED: too late
 */
gboolean monitor_switch_finish(GAsyncResult *result, enum switch_outcome *outcome, GError **error);
