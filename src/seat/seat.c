/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "seat/seat.h"

#include <errno.h>

/* What one read takes at most; a keyboard's whole queue in the kernel. */
#define READ_BATCH 64

void seat_init(struct seat *seat, const struct evdev_calls *calls,
	       const struct seat_listener *listener)
{
	memset(seat, 0, sizeof(*seat));
	seat->calls = calls;
	seat->listener = listener;
	for (unsigned int side = 0; side < SEAT_SIDES; side++) {
		for (unsigned int kind = 0; kind < SINK_KINDS; kind++)
			sink_init(&seat->sides[side].sinks[kind]);
	}
}

/* What may wake us while the host has the seat. */
static const struct keys *host_keys(const struct seat *seat)
{
	return seat->watching ? &seat->chord_keys : &seat->no_keys;
}

static void tell_moved(struct seat *seat, unsigned int side, enum seat_cause cause, int error)
{
	seat->listener->moved(seat->listener->data, side, cause, error);
}

static void tell_source(struct seat *seat, const struct source *source)
{
	seat->listener->source(seat->listener->data, source->id, source->state, source->fd);
}

/* ---- sinks --------------------------------------------------------------------------------- */

static struct sink *sink_for(struct seat *seat, unsigned int code)
{
	return &seat->sides[seat->side].sinks[evdev_is_button(code) ? SINK_MOUSE : SINK_KEYBOARD];
}

static bool side_listens(const struct seat *seat, unsigned int number)
{
	const struct seat_side *side;

	if (number == SEAT_HOST || number >= SEAT_SIDES || !seat->sides[number].there)
		return false;
	side = &seat->sides[number];
	for (unsigned int kind = 0; kind < SINK_KINDS; kind++) {
		if (side->sinks[kind].fd >= 0 && !sink_held(&side->sinks[kind], seat->calls))
			return false;
	}
	return true;
}

/* After a failed write there is nobody to type to, and the host can have its keyboard. */
static void check_sink(struct seat *seat, int result)
{
	if (result < 0 && seat->side != SEAT_HOST)
		seat_move(seat, SEAT_HOST, SEAT_SINK_LOST);
}

static void flush(struct seat *seat)
{
	int result = 0;

	if (seat->side == SEAT_HOST)
		return;
	for (unsigned int kind = 0; kind < SINK_KINDS; kind++) {
		int flushed = sink_flush(&seat->sides[seat->side].sinks[kind], seat->calls);

		result = result < 0 ? result : flushed;
	}
	check_sink(seat, result);
}

static void end_report(struct seat *seat)
{
	for (unsigned int kind = 0; kind < SINK_KINDS; kind++)
		sink_end_report(&seat->sides[seat->side].sinks[kind]);
}

static void release_side(struct seat *seat)
{
	/* what can no longer be written to has nothing down either */
	for (unsigned int kind = 0; kind < SINK_KINDS; kind++)
		(void)sink_release_all(&seat->sides[seat->side].sinks[kind], seat->calls);
}

int seat_set_sink(struct seat *seat, unsigned int number, const int fds[SINK_KINDS],
		  const int nodes[SINK_KINDS], const bool repairs[SINK_KINDS])
{
	struct seat_side *side;

	if (number == SEAT_HOST || number >= SEAT_SIDES)
		return -EINVAL;
	side = &seat->sides[number];
	if (side->there)
		return -EEXIST;
	for (unsigned int kind = 0; kind < SINK_KINDS; kind++) {
		sink_init(&side->sinks[kind]);
		side->sinks[kind].fd = fds[kind];
		side->sinks[kind].node = nodes[kind];
		side->sinks[kind].repairs = repairs[kind];
		sink_adopt(&side->sinks[kind], seat->calls);
	}
	side->there = true;
	return 0;
}

int seat_set_repairs(struct seat *seat, unsigned int number, const bool repairs[SINK_KINDS])
{
	if (number == SEAT_HOST || number >= SEAT_SIDES || !seat->sides[number].there)
		return -ENOENT;
	for (unsigned int kind = 0; kind < SINK_KINDS; kind++) {
		struct sink *sink = &seat->sides[number].sinks[kind];

		/* what was let go of before anybody said that it may be repeated */
		sink->stirred = sink->stirred || (repairs[kind] && !sink->repairs);
		sink->repairs = repairs[kind];
	}
	return 0;
}

int seat_remove_sink(struct seat *seat, unsigned int number)
{
	if (number == SEAT_HOST || number >= SEAT_SIDES || !seat->sides[number].there)
		return -ENOENT;
	if (seat->side == number)
		seat_move(seat, SEAT_HOST, SEAT_SINK_LOST);
	for (unsigned int kind = 0; kind < SINK_KINDS; kind++)
		sink_init(&seat->sides[number].sinks[kind]);
	seat->sides[number].there = false;
	if (seat->last_guest == number)
		seat->last_guest = SEAT_HOST;
	return 0;
}

void seat_read_node(struct seat *seat, unsigned int side, enum sink_kind kind)
{
	struct input_event events[READ_BATCH];
	int fd = seat->sides[side].sinks[kind].node;

	/* an echo of our own writing: the reader that had grabbed the device is gone */
	while (seat->calls->read(fd, events, READ_BATCH) == READ_BATCH)
		;
	if (seat->side == side && side != SEAT_HOST && !side_listens(seat, side))
		seat_move(seat, SEAT_HOST, SEAT_SINK_LOST);
}

void seat_read_sink(struct seat *seat, unsigned int side, enum sink_kind kind)
{
	struct input_event events[READ_BATCH];
	int count = seat->calls->read(seat->sides[side].sinks[kind].fd, events, READ_BATCH);

	for (int i = 0; i < count; i++) {
		if (events[i].type != EV_LED || events[i].code > LED_MAX || side != seat->side)
			continue;
		for (unsigned int j = 0; j < SEAT_SOURCES; j++) {
			const struct source *source = &seat->sources[j];

			if (source->state == SOURCE_TAKEN && source->has_leds)
				source_set_led(source, seat->calls, events[i].code,
					       events[i].value != 0);
		}
	}
}

/* ---- sources ------------------------------------------------------------------------------- */

static bool down_elsewhere(const struct seat *seat, const struct source *but, unsigned int code)
{
	for (unsigned int i = 0; i < SEAT_SOURCES; i++) {
		const struct source *source = &seat->sources[i];

		if (source != but && source->state == SOURCE_TAKEN && keys_has(&source->down, code))
			return true;
	}
	return false;
}

/* What only this source had down is let go of, before the source itself goes. */
static void release_source(struct seat *seat, struct source *source)
{
	for (unsigned int code = keys_next(&source->down, 0);
	     code < KEY_CNT && source->state == SOURCE_TAKEN;
	     code = keys_next(&source->down, code + 1)) {
		if (!down_elsewhere(seat, source, code))
			check_sink(seat, sink_key(sink_for(seat, code), seat->calls, code, false));
	}
	keys_clear(&source->down);
	end_report(seat);
	flush(seat);
}

static void drop_source(struct seat *seat, struct source *source)
{
	release_source(seat, source);
	/* a guest's device that failed meanwhile has taken the seat, and this source, along */
	if (source->state == SOURCE_FREE)
		return;
	source->state = SOURCE_FREE;
	tell_source(seat, source);
	source->fd = -1;
}

static unsigned int count_taken(const struct seat *seat)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < SEAT_SOURCES; i++)
		count += seat->sources[i].state == SOURCE_TAKEN;
	return count;
}

static struct source *find_source(struct seat *seat, unsigned int id)
{
	for (unsigned int i = 0; i < SEAT_SOURCES; i++) {
		if (seat->sources[i].state != SOURCE_FREE && seat->sources[i].id == id)
			return &seat->sources[i];
	}
	return NULL;
}

static struct source *free_source(struct seat *seat)
{
	for (unsigned int i = 0; i < SEAT_SOURCES; i++) {
		if (seat->sources[i].state == SOURCE_FREE)
			return &seat->sources[i];
	}
	return NULL;
}

int seat_add_source(struct seat *seat, unsigned int id, int fd, bool keyboard)
{
	struct source *source = free_source(seat);
	int result;

	if (find_source(seat, id) != NULL)
		return -EEXIST;
	if (source == NULL)
		return -ENOSPC;
	memset(source, 0, sizeof(*source));
	source->id = id;
	source->fd = fd;
	source->keyboard = keyboard;
	result = source_watch(source, seat->calls, host_keys(seat));
	if (result < 0)
		return result;
	if (seat->side != SEAT_HOST)
		result = source_take(source, seat->calls, host_keys(seat));
	/* busy, or a key that will not go up: it stays with the host, which is no reason to fail */
	if (result == -ENODEV) {
		source->state = SOURCE_FREE;
		return result;
	}
	tell_source(seat, source);
	return 0;
}

int seat_remove_source(struct seat *seat, unsigned int id)
{
	struct source *source = find_source(seat, id);

	if (source == NULL)
		return -ENOENT;
	release_source(seat, source);
	if (source->state == SOURCE_TAKEN)
		(void)source_give(source, seat->calls, host_keys(seat));
	drop_source(seat, source);
	return 0;
}

/* ---- the switch ---------------------------------------------------------------------------- */

static void give_all(struct seat *seat)
{
	for (unsigned int i = 0; i < SEAT_SOURCES; i++) {
		struct source *source = &seat->sources[i];

		if (source->state == SOURCE_FREE)
			continue;
		if (source_give(source, seat->calls, host_keys(seat)) == -ENODEV)
			drop_source(seat, source);
		else
			tell_source(seat, source);
	}
}

/* Have other programs all the keyboards that there are? */
static bool keyboards_are_foreign(const struct seat *seat)
{
	bool foreign = false;

	for (unsigned int i = 0; i < SEAT_SOURCES; i++) {
		const struct source *source = &seat->sources[i];

		if (source->keyboard && source->state == SOURCE_TAKEN)
			return false;
		foreign = foreign || (source->keyboard && source->state == SOURCE_FOREIGN);
	}
	return foreign;
}

/* From the host. Return: 0 if enough could be taken, else why not. */
static int take_all(struct seat *seat)
{
	int why = -ENODEV;

	for (unsigned int i = 0; i < SEAT_SOURCES; i++) {
		struct source *source = &seat->sources[i];
		int result;

		if (source->state == SOURCE_FREE)
			continue;
		result = source_take(source, seat->calls, host_keys(seat));
		if (result == -EAGAIN)
			return result;
		why = result == 0 || why == -ENODEV ? result : why;
		if (result == -ENODEV)
			drop_source(seat, source);
		else
			tell_source(seat, source);
	}
	if (count_taken(seat) == 0)
		return why;
	return keyboards_are_foreign(seat) ? -EBUSY : 0;
}

static int take_from_host(struct seat *seat)
{
	int result = take_all(seat);

	if (result < 0)
		give_all(seat);
	return result;
}

int seat_move(struct seat *seat, unsigned int side, enum seat_cause cause)
{
	unsigned int from = seat->side;
	int result = 0;

	if (side == from)
		return 0;
	if (side != SEAT_HOST && !seat->watching)
		result = -EPERM;
	else if (side != SEAT_HOST && !side_listens(seat, side))
		result = -ENOTCONN;
	if (result < 0) {
		tell_moved(seat, side, cause, result);
		return result;
	}
	if (from != SEAT_HOST)
		release_side(seat);
	/* before anything is given back: a failure in there must not lead here again */
	seat->side = SEAT_HOST;
	if (side == SEAT_HOST)
		give_all(seat);
	else if (from == SEAT_HOST)
		result = take_from_host(seat);
	if (result == 0 && side != SEAT_HOST) {
		seat->side = side;
		seat->last_guest = side;
	}
	tell_moved(seat, side, cause, result);
	return result;
}

void seat_watch(struct seat *seat, bool on)
{
	if (seat->watching == on)
		return;
	seat->watching = on;
	if (seat->side != SEAT_HOST)
		seat_move(seat, SEAT_HOST, SEAT_UNWATCHED);
	else
		give_all(seat);
}

/* ---- chords -------------------------------------------------------------------------------- */

int seat_set_chords(struct seat *seat, const struct chord *chords, unsigned int count)
{
	if (chords_check(chords, count) != NULL)
		return -EINVAL;
	keys_clear(&seat->chord_keys);
	for (unsigned int i = 0; i < count; i++) {
		seat->chords[i] = chords[i];
		for (unsigned int j = 0; j < chords[i].n_keys; j++)
			keys_add(&seat->chord_keys, chords[i].keys[j]);
	}
	seat->n_chords = count;
	if (seat->side == SEAT_HOST)
		give_all(seat);
	return 0;
}

static unsigned int next_side(const struct seat *seat)
{
	if (seat->side != SEAT_HOST)
		return SEAT_HOST;
	if (seat->last_guest != SEAT_HOST && side_listens(seat, seat->last_guest))
		return seat->last_guest;
	for (unsigned int side = 1; side < SEAT_SIDES; side++) {
		if (side_listens(seat, side))
			return side;
	}
	return seat->last_guest == SEAT_HOST ? 1 : seat->last_guest;
}

static const struct chord *find_chord(const struct seat *seat, unsigned int code)
{
	struct keys down = { 0 };

	for (unsigned int i = 0; i < SEAT_SOURCES; i++) {
		if (seat->sources[i].state == SOURCE_FREE)
			continue;
		for (unsigned int word = 0; word < KEYS_WORDS; word++)
			down.words[word] |= seat->sources[i].down.words[word];
	}
	for (unsigned int i = 0; i < seat->n_chords; i++) {
		if (chord_has(&seat->chords[i], code) && chord_held(&seat->chords[i], &down))
			return &seat->chords[i];
	}
	return NULL;
}

/* ---- events -------------------------------------------------------------------------------- */

/* Return: has the seat moved? */
static bool key_event(struct seat *seat, struct source *source, unsigned int code, bool down)
{
	const struct chord *chord;
	unsigned int from = seat->side;

	if (keys_has(&source->down, code) == down)
		return false;
	if (down)
		keys_add(&source->down, code);
	else
		keys_remove(&source->down, code);
	if (down && keys_has(&seat->chord_keys, code) && seat->watching) {
		chord = find_chord(seat, code);
		if (chord != NULL)
			seat_move(seat, chord->action == CHORD_NEXT ? next_side(seat) : chord->side,
				  SEAT_BY_CHORD);
		if (seat->side != from)
			return true;
	}
	if (source->state == SOURCE_TAKEN && !down_elsewhere(seat, source, code))
		check_sink(seat, sink_key(sink_for(seat, code), seat->calls, code, down));
	return seat->side != from;
}

/*
 * The queue ran over: what is down now, and what of it is news? The answer is newer than whatever
 * was read together with the notice.
 */
static void resync(struct seat *seat, struct source *source)
{
	struct keys now, before = source->down;
	bool moved = false;

	source->dropped = false;
	if (seat->calls->keys(source->fd, &now) < 0)
		return;
	for (unsigned int pass = 0; pass < 2; pass++) {
		/* releases first, so that no chord is seen that was not held */
		const struct keys *from = pass == 0 ? &before : &now;
		const struct keys *to = pass == 0 ? &now : &before;

		for (unsigned int code = keys_next(from, 0); code < KEY_CNT && !moved;
		     code = keys_next(from, code + 1)) {
			if (keys_has(to, code))
				continue;
			if (seat->side == SEAT_HOST && !keys_has(&seat->chord_keys, code))
				continue;
			moved = key_event(seat, source, code, pass == 1);
		}
	}
	if (!moved && seat->side != SEAT_HOST)
		end_report(seat);
}

/* Return: is the rest of what was read of the past, because the seat has moved or was resynced? */
static bool one_event(struct seat *seat, struct source *source, const struct input_event *event)
{
	if (event->type == EV_SYN && event->code == SYN_DROPPED) {
		source->dropped = true;
	} else if (event->type == EV_SYN && event->code == SYN_REPORT) {
		if (source->dropped) {
			resync(seat, source);
			return true;
		}
		if (seat->side != SEAT_HOST)
			end_report(seat);
	} else if (source->dropped) {
		return false;
	} else if (event->type == EV_KEY && event->code < KEY_CNT && event->value != 2) {
		/* repeats are made by whoever gets the key */
		return key_event(seat, source, event->code, event->value != 0);
	} else if (event->type == EV_REL && source->state == SOURCE_TAKEN &&
		   event->code < REL_CNT) {
		check_sink(seat, sink_move(&seat->sides[seat->side].sinks[SINK_MOUSE], seat->calls,
					   event->code, event->value));
		return seat->side == SEAT_HOST;
	}
	return false;
}

void seat_read(struct seat *seat, struct source *source)
{
	/* clearing what is then read over takes as long as all the rest */
	struct input_event events[READ_BATCH] __attribute__((uninitialized));
	int count = seat->calls->read(source->fd, events, READ_BATCH);

	if (count == -EAGAIN || count == -EINTR)
		return;
	if (count < 0) {
		drop_source(seat, source);
		return;
	}
	for (int i = 0; i < count; i++) {
		if (one_event(seat, source, &events[i]))
			break;
	}
	flush(seat);
}

uint64_t seat_settle(struct seat *seat, uint64_t now)
{
	uint64_t soonest = 0;

	for (unsigned int side = 1; side < SEAT_SIDES; side++) {
		for (unsigned int kind = 0; seat->sides[side].there && kind < SINK_KINDS; kind++) {
			struct sink *sink = &seat->sides[side].sinks[kind];
			uint64_t due = sink->fd < 0 ? 0 : sink_settle(sink, seat->calls, now);

			if (due != 0 && (soonest == 0 || due < soonest))
				soonest = due;
		}
	}
	return soonest;
}
