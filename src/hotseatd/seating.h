/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <gio/gio.h>

#include "core/autoptr.h"
#include "core/error.h"

/*
 * One seat as the service looks after it: its inputs go to the relay as they come and go, guests
 * get their devices, the session decides whether there are chords, monitors follow. The relay
 * moves keys without us; whatever takes its time here, keys have moved before.
 *
 * Runs on the main loop. Only the making of a guest's devices waits, a moment, for udev.
 */
struct seating;

/* Who is told, on the main loop. */
struct seating_listener {
	/* The seat went to @side ("host", or a guest), or an attempt failed and why is set. */
	void (*moved)(const char *seat, const char *side, const char *why, void *data);
	/* A monitor could not follow. */
	void (*monitor_stays)(const char *seat, const char *monitor, const char *why, void *data);
	void *data;
};

/* seating_new - @settings: the file; @listener outlives the seat */
struct seating *seating_new(GDBusConnection *bus, const char *seat, const char *settings,
			    const struct seating_listener *listener);
void seating_free(struct seating *seating);
AUTOPTR_DEFINE(seating)

const char *seating_seat(const struct seating *seating);

/* seating_side - who has the seat: "host" or the name of a guest */
const char *seating_side(const struct seating *seating);

/* seating_knows - was this guest started with devices of this seat? */
gboolean seating_knows(const struct seating *seating, const char *guest);

/* seating_has_guests - was any? */
gboolean seating_has_guests(const struct seating *seating);

/* seating_is_watched - are there chords now? Not while the session is locked or not active. */
gboolean seating_is_watched(const struct seating *seating);

/* A guest, as far as its seat is concerned. */
struct seating_guest {
	const char *name;
	guint side;       /* number in the names of its devices */
	gboolean windows; /* lost releases of the mouse can be repeated, see seat/sink.h */
	gboolean alone;   /* the desktop is stopped while it runs, and nobody's session with it */
};

/**
 * seating_prepare - a guest is about to start: its devices must be there
 *
 * HOTSEAT_ERROR_BUSY if another guest has that number.
 */
gboolean seating_prepare(struct seating *seating, const struct seating_guest *guest,
			 GError **error);

/* seating_leave - a guest has ended; who sits there decides again whether there are chords */
void seating_leave(struct seating *seating, const char *guest);

/* Called once: @error is NULL if @side has the seat now. */
typedef void (*seating_moved)(const GError *error, void *data);

/**
 * seating_move - give the seat to a side
 * @side: "host", a guest, or "" for the other one
 */
void seating_move(struct seating *seating, const char *side, seating_moved moved, void *data);
