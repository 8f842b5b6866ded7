/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "seat/sink.h"

#include <errno.h>

#define MILLISECONDS 1000000ULL

/* Keys of one part of a repair: 17 events of the kernel's 64, 16 slots of QEMU's 64. */
#define PART 8
#define BETWEEN_PARTS (20 * MILLISECONDS)

/* Long enough after the last key that the queues have drained, were there a stall or not. */
static const uint64_t repair_after[] = {
	300 * MILLISECONDS,
	2000 * MILLISECONDS,
	10000 * MILLISECONDS,
};

#define REPAIRS (sizeof(repair_after) / sizeof(repair_after[0]))

void sink_init(struct sink *sink)
{
	memset(sink, 0, sizeof(*sink));
	sink->fd = -1;
	sink->node = -1;
}

void sink_adopt(struct sink *sink, const struct evdev_calls *calls)
{
	if (sink->fd < 0 || sink->node < 0 || calls->keys(sink->node, &sink->down) < 0)
		return;
	sink->used = sink->down;
	/* a device that is gone holds nothing */
	(void)sink_release_all(sink, calls);
}

int sink_flush(struct sink *sink, const struct evdev_calls *calls)
{
	unsigned int count = sink->n_out;

	sink->n_out = 0;
	if (count == 0)
		return 0;
	return sink->fd < 0 ? -ENODEV : calls->write(sink->fd, sink->out, count);
}

/* Room for one more event and the end of its report. */
static int need_room(struct sink *sink, const struct evdev_calls *calls)
{
	return sink->n_out + 2 <= SINK_BATCH ? 0 : sink_flush(sink, calls);
}

static int put(struct sink *sink, const struct evdev_calls *calls, struct input_event event)
{
	int result = need_room(sink, calls);

	sink->out[sink->n_out++] = event;
	sink->open_report = true;
	return result;
}

int sink_key(struct sink *sink, const struct evdev_calls *calls, unsigned int code, bool down)
{
	if (keys_has(&sink->down, code) == down)
		return 0;
	if (down) {
		keys_add(&sink->down, code);
		keys_add(&sink->used, code);
	} else {
		keys_remove(&sink->down, code);
	}
	sink->stirred = true;
	return put(sink, calls, evdev_event(EV_KEY, code, down));
}

int sink_move(struct sink *sink, const struct evdev_calls *calls, unsigned int axis, int value)
{
	return put(sink, calls, evdev_event(EV_REL, axis, value));
}

void sink_end_report(struct sink *sink)
{
	if (!sink->open_report)
		return;
	sink->out[sink->n_out++] = evdev_event(EV_SYN, SYN_REPORT, 0);
	sink->open_report = false;
}

int sink_release_all(struct sink *sink, const struct evdev_calls *calls)
{
	int result = 0, flushed;

	sink_end_report(sink);
	for (unsigned int code = keys_next(&sink->down, 0); code < KEY_CNT;
	     code = keys_next(&sink->down, code)) {
		int put_result = sink_key(sink, calls, code, false);

		result = result < 0 ? result : put_result;
	}
	sink_end_report(sink);
	flushed = sink_flush(sink, calls);
	return result < 0 ? result : flushed;
}

bool sink_held(const struct sink *sink, const struct evdev_calls *calls)
{
	if (sink->node < 0)
		return true;
	if (calls->grab(sink->node, true) == -EBUSY)
		return true;
	calls->grab(sink->node, false);
	return false;
}

/* One part of a repair. Return: are there more? */
static bool repair_part(struct sink *sink, const struct evdev_calls *calls)
{
	struct input_event part[2 * PART + 1];
	unsigned int count = 0, code = sink->next;

	while (count < 2 * PART && (code = keys_next(&sink->used, code)) < KEY_CNT) {
		if (!keys_has(&sink->down, code)) {
			part[count++] = evdev_event(EV_KEY, code, 3);
			part[count++] = evdev_event(EV_KEY, code, 0);
		}
		code++;
	}
	if (count > 0) {
		part[count++] = evdev_event(EV_SYN, SYN_REPORT, 0);
		/* a device that is gone is noticed at the next event that matters */
		(void)calls->write(sink->fd, part, count);
	}
	sink->next = code;
	return keys_next(&sink->used, code) < KEY_CNT;
}

uint64_t sink_settle(struct sink *sink, const struct evdev_calls *calls, uint64_t now)
{
	if (sink->stirred) {
		sink->stirred = false;
		sink->repair = 0;
		sink->next = 0;
		sink->repair_at = sink->repairs ? now + repair_after[0] : 0;
	}
	if (sink->repair_at == 0 || now < sink->repair_at || sink->open_report)
		return sink->repair_at;
	if (!sink_held(sink, calls)) {
		/* who comes next has lost nothing */
		keys_clear(&sink->used);
		sink->repair_at = 0;
	} else if (repair_part(sink, calls)) {
		sink->repair_at = now + BETWEEN_PARTS;
	} else {
		sink->next = 0;
		sink->repair++;
		sink->repair_at = sink->repair < REPAIRS ? now + repair_after[sink->repair] : 0;
	}
	return sink->repair_at;
}
