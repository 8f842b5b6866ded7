/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "seat/chord.h"
#include "seat/sink.h"
#include "seat/source.h"

/*
 * One person's keyboards and mice, and the sides that can have them: the host, which is side 0,
 * and guests. What the relay does is in here; the relay itself is the process around it.
 *
 * Pure but for the table of calls: no clock, no allocation, no thread. Whoever embeds it waits for
 * the descriptors, and calls in.
 *
 * A report that says that the host has the seat is made after the last grab is gone.
 */
#define SEAT_SOURCES 32
#define SEAT_SIDES 9
#define SEAT_HOST 0

enum sink_kind {
	SINK_KEYBOARD,
	SINK_MOUSE,
	SINK_KINDS,
};

/* Why the seat moved, or did not. */
enum seat_cause {
	SEAT_BY_CHORD,
	SEAT_BY_REQUEST,
	SEAT_SINK_LOST, /* nobody reads the guest's devices any more, or they are gone */
	SEAT_UNWATCHED, /* the session is locked or not on the screen */
};

struct seat_side {
	bool there;
	struct sink sinks[SINK_KINDS];
};

/* What the seat tells; called from inside its functions, so it must not call back. */
struct seat_listener {
	/* moved - @side has the seat now; or, where @error is set, did not get it */
	void (*moved)(void *data, unsigned int side, enum seat_cause cause, int error);
	/* source - the state of a source has changed; SOURCE_FREE: it is gone, close @fd */
	void (*source)(void *data, unsigned int id, enum source_state state, int fd);
	void *data;
};

struct seat {
	const struct evdev_calls *calls;
	const struct seat_listener *listener;
	unsigned int side;
	unsigned int last_guest; /* who gets it by CHORD_NEXT; 0: whoever is there */
	bool watching;
	struct keys chord_keys; /* of all chords */
	struct keys no_keys;
	unsigned int n_chords;
	struct chord chords[CHORDS_MAX];
	struct source sources[SEAT_SOURCES];
	struct seat_side sides[SEAT_SIDES];
};

/* seat_init - an empty seat that the host has; both must live as long */
void seat_init(struct seat *seat, const struct evdev_calls *calls,
	       const struct seat_listener *listener);

/* seat_set_chords - 0, or -EINVAL (see chords_check()), and nothing was changed */
int seat_set_chords(struct seat *seat, const struct chord *chords, unsigned int count);

/**
 * seat_add_source - a node was plugged in; it goes to the side that has the seat
 * @id: any number that is not in use
 * @keyboard: chords can be typed on it
 *
 * Return: 0 (the descriptor is the seat's until listener->source says that it is gone); or
 * -EEXIST, -ENOSPC, or what the kernel said of it: it stays the caller's.
 */
int seat_add_source(struct seat *seat, unsigned int id, int fd, bool keyboard);

/* seat_remove_source - 0 or -ENOENT */
int seat_remove_source(struct seat *seat, unsigned int id);

/**
 * seat_set_sink - the devices of a guest; the descriptors are the seat's from now on
 *
 * Return: 0; -EINVAL for no such side or the host; -EEXIST if it has devices already.
 */
int seat_set_sink(struct seat *seat, unsigned int side, const int fds[SINK_KINDS],
		  const int nodes[SINK_KINDS], const bool repairs[SINK_KINDS]);

/* seat_set_repairs - what of a guest's devices may be repeated, see sink.h; 0 or -ENOENT */
int seat_set_repairs(struct seat *seat, unsigned int side, const bool repairs[SINK_KINDS]);

/* seat_remove_sink - the guest is gone; the descriptors are the caller's again. 0 or -ENOENT */
int seat_remove_sink(struct seat *seat, unsigned int side);

/**
 * seat_move - give the seat to a side
 *
 * No mouse goes where no keyboard can follow because other programs have them all: there would be
 * no chord to bring it back.
 *
 * Return: 0; -EPERM while nobody watches; -ENOTCONN if nobody listens there; -EBUSY or -EAGAIN if
 * no keyboard, or nothing at all, could be taken, and the host has the seat
 */
int seat_move(struct seat *seat, unsigned int side, enum seat_cause cause);

/* seat_watch - without watching there are no chords, and the host has the seat */
void seat_watch(struct seat *seat, bool on);

/* seat_read - a source's descriptor is readable */
void seat_read(struct seat *seat, struct source *source);

/* seat_read_node - a sink's node is readable, which it is only if nobody has grabbed it */
void seat_read_node(struct seat *seat, unsigned int side, enum sink_kind kind);

/* seat_read_sink - a guest has written LEDs into its keyboard */
void seat_read_sink(struct seat *seat, unsigned int side, enum sink_kind kind);

/**
 * seat_settle - what is to be done when time has passed; call after whatever was read
 * @now: nanoseconds, monotonic
 *
 * Return: when to call again at the latest; 0: no need
 */
uint64_t seat_settle(struct seat *seat, uint64_t now);
