/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <gio/gio.h>

#include "hotseatd/flights.h"
#include "hotseatd/seats.h"
#include "lend/lend.h"

/*
 * The object on the bus: takes calls, asks who may, runs each on a thread of its own, says what
 * happens, answers. The main loop never waits for anything but messages.
 */
struct service;

/* What the calls do: lend.h's functions; tests put a model here. Each runs on a thread. */
struct service_work {
	gboolean (*up)(const char *guest, const struct lend_options *options,
		       const struct lend_report *report, GError **error);
	gboolean (*down)(const char *guest, const struct lend_options *options,
			 const struct lend_report *report, GError **error);
	gboolean (*recover)(const char *guest, const struct lend_options *options,
			    const struct lend_report *report, GError **error);
	gboolean (*confirm)(const char *guest, const struct lend_report *report, GError **error);
	gboolean (*prepare)(const char *xml, const struct lend_report *report, GError **error);
	gboolean (*release)(const char *xml, const struct lend_report *report, GError **error);
	GPtrArray *(*read_states)(GError **error);
	guint root; /* the user who needs no permission of polkit's; 0 */
};

/* service_work_live - for the machine that we run on */
extern const struct service_work service_work_live;

/**
 * service_new - put the object on a bus
 * @changed: called on the main loop after a call that may have left something to look after
 *
 * SIGINT must be blocked in all threads: it is how a call is told to stop (see "Signals" in
 * handover.c). Return: NULL if the object is there already.
 */
struct service *service_new(GDBusConnection *bus, const struct service_work *work,
			    struct flights *flights, void (*changed)(void *data), void *data,
			    GError **error);

/* service_set_seats - whose keyboards are moved; without there are none. They outlive the service.
 */
void service_set_seats(struct service *service, struct seats *seats);

/**
 * service_stop - take no more calls; when all are answered, @stopped is called on the main loop
 *
 * Calls that are asked for from now on get the bus's own error for a service that is not there, so
 * that their callers do without.
 */
void service_stop(struct service *service, void (*stopped)(void *data), void *data);

/* service_free - none of its calls may be running */
void service_free(struct service *service);
