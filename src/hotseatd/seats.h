/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <gio/gio.h>

#include "core/autoptr.h"
#include "core/error.h"
#include "hotseatd/seating.h"

/*
 * All seats of this machine: seat0, and one for each further file /etc/hotseat/SEAT.conf. They
 * live on the main loop; the calls below may come from any other thread, and wait for it.
 */
struct seats;

/* seats_new - @listener: outlives the seats */
struct seats *seats_new(GDBusConnection *bus, const char *folder,
			const struct seating_listener *listener);
void seats_free(struct seats *seats);
AUTOPTR_DEFINE(seats)

/**
 * seats_prepare - libvirt is about to start a guest: what it names of a seat must be there
 * @xml: the domain; TRUE at once for one that names nothing of a seat
 *
 * HOTSEAT_ERROR_ABSENT for a seat that does not exist; as seating_prepare().
 */
gboolean seats_prepare(struct seats *seats, const char *xml, GError **error);

/* seats_leave - a guest has ended: if it had a seat, the host has it now. The relay would find out
 * by itself, but only from the next key on. */
void seats_leave(struct seats *seats, const char *xml);

/**
 * seats_adopt - guests that ran before this service did have their devices; learn whose they are
 *
 * Asks the journals and libvirt, on a thread of its own, which needs the main loop; @seats must
 * outlive it, as those of the service do but at its very end.
 */
void seats_adopt(struct seats *seats);

/**
 * seats_move - give a seat to a side, and wait until it has it
 * @seat: its name; "" for the one that the guest @side was started with, else seat0
 * @side: as for seating_move()
 */
gboolean seats_move(struct seats *seats, const char *seat, const char *side, GError **error);

#define SEATS_TYPE G_VARIANT_TYPE("a(ssb)")

/* seats_describe - SEATS_TYPE, floating: seat, who has it, whether there are chords; of those seats
 * that a guest was started with */
GVariant *seats_describe(struct seats *seats);
