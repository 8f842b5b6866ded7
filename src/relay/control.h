/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdint.h>

/*
 * What is said between the relay and whoever controls it (hotseatd), over a unix socket of type
 * SOCK_SEQPACKET that systemd listens on and only root can reach.
 *
 * The controller opens devices, because it may; the relay gets descriptors (SCM_RIGHTS) and opens
 * nothing. Every request is one packet of one size, in the byte order of the machine, and is
 * answered by one RELAY_ANSWER. Reports come at any time; one that finds the socket full is lost,
 * because the relay waits for nobody: ask with RELAY_LIST.
 *
 * One controller at a time: a new one takes over from the old. When it is gone the relay goes on
 * with what it has. It greets a new one with all it has: each source, each sink, and RELAY_SIDE.
 */
#define RELAY_VERSION 1
#define RELAY_CHORDS 16
#define RELAY_CHORD_KEYS 4
#define RELAY_FDS 4

enum relay_verb {
	RELAY_LIST = 1,      /* report what there is */
	/* number: any that is not in use; flags: RELAY_KEYBOARD; fd: event node, read and write */
	RELAY_ADD_SOURCE,
	RELAY_REMOVE_SOURCE, /* number */
	/**
	 * number: side; flags: RELAY_REPAIR_...; fds: uinput keyboard, its event node, uinput
	 * mouse, its event node. The uinput descriptors are kept by the service manager as well, so
	 * that a relay that was restarted has the same devices.
	 */
	RELAY_ADD_SINK,
	RELAY_REMOVE_SINK, /* number: side */
	RELAY_SET_CHORDS,  /* number: how many; chords */
	RELAY_MOVE,        /* number: side */
	RELAY_WATCH,       /* number: 1 while the session is active and not locked, else 0 */
	RELAY_SET_REPAIRS, /* number: side; flags: RELAY_REPAIR_... of the guest that has it now */
};

enum relay_flags {
	/* releases may be repeated, see seat/sink.h */
	RELAY_REPAIR_KEYBOARD = 1 << 0,
	RELAY_REPAIR_MOUSE = 1 << 1,
	/* chords can be typed on this source */
	RELAY_KEYBOARD = 1 << 2,
};

/* As struct chord. */
struct relay_chord {
	uint16_t action; /* enum chord_action */
	uint16_t side;
	uint16_t n_keys;
	uint16_t keys[RELAY_CHORD_KEYS];
};

struct relay_request {
	uint16_t version;
	uint16_t verb;
	uint32_t number;
	uint32_t flags;
	struct relay_chord chords[RELAY_CHORDS];
};

enum relay_word {
	RELAY_ANSWER = 1, /* verb; error: 0 or an errno */
	RELAY_SOURCE,     /* number; state: enum source_state, 0 when it is gone */
	RELAY_SINK,       /* number: side that has devices here */
	RELAY_SIDE,       /* number: who has the seat now, by what (enum seat_cause) */
	RELAY_REFUSED,    /* number: who did not get it, by what, and why (error) */
};

struct relay_report {
	uint16_t version;
	uint16_t word;
	uint16_t verb;
	uint16_t state; /* enum source_state or enum seat_cause */
	uint32_t number;
	uint32_t error;
};
