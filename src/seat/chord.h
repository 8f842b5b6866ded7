/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "seat/keys.h"

/*
 * Keys that are held together, in whatever order and on whichever keyboards of the seat, and what
 * that means. Other keys may be down as well: whoever plays holds some.
 */
#define CHORD_KEYS 4
#define CHORDS_MAX 16

enum chord_action {
	CHORD_NEXT, /* between the host and the guest that had the seat last */
	CHORD_SIDE, /* straight to one side; side 0 is the host: the panic chord */
};

struct chord {
	enum chord_action action;
	unsigned int side;
	unsigned int n_keys;
	unsigned int keys[CHORD_KEYS];
};

/**
 * chords_check - do these chords make sense together?
 *
 * Each has one to four different keys, no key of a mouse, and none contains another: the smaller
 * would always be there first.
 * Return: NULL, or the reason why not, a constant.
 */
const char *chords_check(const struct chord *chords, unsigned int count);

/* chord_held - are all its keys in @down? */
bool chord_held(const struct chord *chord, const struct keys *down);

/* chord_has - is @code one of its keys? */
bool chord_has(const struct chord *chord, unsigned int code);
