/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <gio/gio.h>

#include "hotseatd/arguments.h"
#include "lend/lend.h"

/*
 * How the command line and libvirt's hook speak to hotseatd, which the bus starts if need be. All
 * wait for the answer, and hand on what the service says meanwhile. Signals that ask the process to
 * stop are passed on: the service goes back as far as it can and says how that went; the second one
 * ends the process.
 *
 * An error of the service's is returned as it would be without it. client_is_absent() tells when
 * there is no service to answer: not installed, no bus, or ended before it began. One that is lost
 * in the middle is HOTSEAT_ERROR_NOT_BACK, since nobody can tell how far it came.
 */
gboolean client_call(const char *method, enum arguments_method kind, const char *guest,
		     const struct lend_options *options, const struct lend_report *report,
		     GError **error);

/* client_hook - Prepare or Release, with a deadline */
gboolean client_hook(const char *method, const char *uuid, const char *xml, guint seconds,
		     const struct lend_report *report, GError **error);

/* client_states - open journals, as handover_read_states() */
GPtrArray *client_states(GError **error);

/* client_swap - give a seat to a side, see seats_move(); returns when it has it */
gboolean client_swap(const char *seat, const char *side, GError **error);

struct client_seat {
	char *name, *side;
	gboolean watched; /* there are chords: its session is on the screen and not locked */
};

/**
 * client_seats - array of struct client_seat
 * @start: the service, if it does not run; else only one that runs is asked, and not for long
 */
GPtrArray *client_seats(gboolean start, GError **error);

/* client_is_absent - so that root can do without; FALSE for NULL */
gboolean client_is_absent(const GError *error);
