/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <gio/gio.h>

#include "lend/lend.h"

/*
 * What hotseatd says and hears on the system bus. Ordinary callers give the name of a guest and
 * flags, never addresses, values, paths, XML or steps: the service reads and plans again as root.
 *
 *	Up, Down, Recover, Confirm (s guest, a{sv} options)
 *	Status () -> a(ssbbia(ssss))
 *	Swap (s seat, s side)           "" for the usual seat, the other side
 *	Seats () -> a(ssb)               seat, side, are there chords
 *	Cancel ()                       the caller's own calls
 *	Prepare, Release (s uuid, s xml) root only: libvirt's hook, with what libvirt gave it
 *	signal Progress (u job, s kind, s text)
 *	signal SeatChanged (s seat, s side, s why)  why: empty; else it did not move there
 *	signal MonitorStays (s seat, s monitor, s why)  it could not be switched with the seat
 *
 * A call is answered when it is done, which can take as long as a guest takes to shut down. Until
 * then its caller, and nobody else, gets a Progress signal for each line; job is the serial of the
 * call. Who leaves the bus has cancelled: as with Ctrl+C, what can still go back goes back.
 *
 * An error is org.hotseat.Error.NAME, one for each code of HOTSEAT_ERROR, and arrives at a caller
 * that uses GDBus as that.
 */
#define HOTSEATD_NAME "org.hotseat.Hotseat1"
#define HOTSEATD_PATH "/org/hotseat/Hotseat1"
#define HOTSEATD_INTERFACE "org.hotseat.Hotseat1"

#define HOTSEATD_STATES_TYPE G_VARIANT_TYPE("a(ssbbia(ssss))")

/* interface_info - the description of the interface; never freed */
GDBusInterfaceInfo *interface_info(void);

/* interface_register_errors - before the first error is sent or received; any number of times */
void interface_register_errors(void);

/* interface_line_name - "step", "said", "warning"; _find: the other way, LEND_STEP if unknown */
const char *interface_line_name(enum lend_line kind);
enum lend_line interface_line_find(const char *name);

/* interface_pack_states - open journals as a floating GVariant of HOTSEATD_STATES_TYPE */
GVariant *interface_pack_states(const GPtrArray *states);

/* interface_unpack_states - array of struct handover_state */
GPtrArray *interface_unpack_states(GVariant *packed);
