/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <glib.h>

#include "fuzz.h"
#include "seat-bytes.h"
#include "seat/seat.h"

static void ignore_moved(void *data, unsigned int side, enum seat_cause cause, int error)
{
}

static void ignore_source(void *data, unsigned int id, enum source_state state, int fd)
{
}

static const struct chord chords[] = {
	{ CHORD_NEXT, 0, 2, { KEY_LEFTCTRL, KEY_RIGHTCTRL } },
	{ CHORD_SIDE, 1, 1, { KEY_F1 } },
	{ CHORD_SIDE, SEAT_HOST, 1, { KEY_ESC } },
};

static void one_step(struct seat *seat, uint64_t *now)
{
	static const int fds[] = { BYTES_SINK, BYTES_SINK }, nodes[] = { 1, 2 };
	static const bool repairs[] = { true, true }, none[] = { false, false };
	uint8_t what = seat_bytes_next(), number = seat_bytes_next();

	switch (what % 8) {
	case 0:
		seat_add_source(seat, number % 40, number, number & 0x40);
		break;
	case 1:
		seat_remove_source(seat, number % 40);
		break;
	case 2:
		seat_set_sink(seat, number % 3, fds, nodes, repairs);
		break;
	case 3:
		seat_remove_sink(seat, number);
		break;
	case 4:
		seat_move(seat, number % 3, SEAT_BY_REQUEST);
		break;
	case 5:
		if (number & 0x80)
			seat_set_repairs(seat, number % 3, number & 0x40 ? repairs : none);
		else
			seat_watch(seat, number % 8 != 0);
		break;
	case 6:
		*now += (uint64_t)number * 50000000;
		seat_settle(seat, *now);
		break;
	default:
		if (seat->sources[number % SEAT_SOURCES].state != SOURCE_FREE)
			seat_read(seat, &seat->sources[number % SEAT_SOURCES]);
		break;
	}
}

/* Whatever devices say and whatever fails: each key of a guest alternates. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct seat_listener listener = { .moved = ignore_moved, .source = ignore_source };
	struct seat seat;
	uint64_t now = 1;

	seat_bytes_set(data, size);
	seat_init(&seat, &seat_bytes_calls, &listener);
	seat_set_chords(&seat, chords, G_N_ELEMENTS(chords));
	seat_watch(&seat, true);
	while (seat_bytes_left())
		one_step(&seat, &now);
	g_assert_true(seat.side == SEAT_HOST || seat.sides[seat.side].there);
	return 0;
}
