/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <gio/gio.h>

#include "core/autoptr.h"
#include "relay/control.h"
#include "seat/uinput.h"

/*
 * The other end of the relay's control socket: it opens event nodes, makes the guests' devices,
 * and goes on doing so: a node that is plugged in again is passed again, a relay that was
 * restarted gets everything anew, with the host on the seat.
 *
 * Runs on the thread-default GLib main context. Requests are sent without waiting; what became of
 * them comes with the reports.
 */
struct controller;

/* One word of the relay, already noted by the controller itself. */
typedef void (*controller_listener)(const struct relay_report *report, void *data);

/**
 * controller_new - for one relay
 * @socket: path of its control socket; it may not be there yet
 * @seat: "seat0", for the names of the guests' devices
 */
struct controller *controller_new(const char *socket, const char *seat,
				  controller_listener listener, void *data);
void controller_free(struct controller *controller);
AUTOPTR_DEFINE(controller)

/**
 * controller_add_input - a keyboard or mouse by its lasting path, which need not exist yet
 *
 * Return: the number under which the relay speaks of it.
 */
guint32 controller_add_input(struct controller *controller, const char *path);

/* controller_remove_input - the relay gives it back, and it is forgotten */
void controller_remove_input(struct controller *controller, guint32 number);

/* controller_input_path - the path of a number; NULL: no such */
const char *controller_input_path(const struct controller *controller, guint32 number);

/**
 * controller_add_guest - make the devices of a guest, if the relay has none of it
 * @side: 1 to 8
 * @flags: enum relay_flags
 *
 * Blocks for as long as udev needs for two devices, which is not long, and for a relay that is just
 * being started, at most five seconds; where there is none yet the devices are made when it comes.
 */
gboolean controller_add_guest(struct controller *controller, guint side, guint flags,
			      GError **error);

/* controller_set_repairs - another guest has this side's devices now; @flags as above */
void controller_set_repairs(struct controller *controller, guint side, guint flags);

/* controller_set_chords, controller_move, controller_watch - see control.h */
void controller_set_chords(struct controller *controller, const struct chord *chords, guint count);
void controller_move(struct controller *controller, guint side);
void controller_watch(struct controller *controller, gboolean on);

/**
 * controller_connect - now, or again and again until there is a relay
 *
 * Return: FALSE if there is none yet; it goes on trying.
 */
gboolean controller_connect(struct controller *controller);

/**
 * chord_parse - "leftctrl+rightctrl", with the kernel's names of keys
 *
 * Return: FALSE with HOTSEAT_ERROR_USAGE.
 */
gboolean chord_parse(const char *text, struct chord *chord, GError **error);
