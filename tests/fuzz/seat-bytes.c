/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "seat-bytes.h"

#include <errno.h>
#include <glib.h>

static const uint8_t *bytes;
static size_t left;
static struct keys down;

void seat_bytes_set(const uint8_t *data, size_t size)
{
	bytes = data;
	left = size;
	keys_clear(&down);
}

bool seat_bytes_left(void)
{
	return left > 0;
}

uint8_t seat_bytes_next(void)
{
	if (left == 0)
		return 0;
	left--;
	return *bytes++;
}

/* Now and then a call fails, as calls do. */
static int outcome(void)
{
	static const int errors[] = { -ENODEV, -EBUSY, -EAGAIN, -EIO };
	uint8_t what = seat_bytes_next();

	return what < 8 && left > 0 ? errors[what % 4] : 0;
}

static int bytes_read(int fd, struct input_event *events, size_t count)
{
	size_t wanted = seat_bytes_next() % 8;
	int result = outcome();

	if (result < 0 || left == 0)
		return result < 0 ? result : -EAGAIN;
	wanted = wanted < count ? wanted : count;
	for (size_t i = 0; i < wanted; i++) {
		uint8_t type = seat_bytes_next(), low = seat_bytes_next(), high = seat_bytes_next();
		int8_t value = (int8_t)seat_bytes_next();

		/* mostly keys, buttons and ends of reports; sometimes anything */
		events[i] =
			evdev_event(type < 8     ? type
				    : type < 160 ? EV_KEY
						 : EV_SYN,
				    type < 200 ? low | (unsigned int)(high & 7) << 8 : 0, value);
	}
	return (int)wanted;
}

static int bytes_write(int fd, const struct input_event *events, size_t count)
{
	g_assert_cmpuint(count, <=, 96);
	for (size_t i = 0; fd == BYTES_SINK && i < count; i++) {
		if (events[i].type != EV_KEY || events[i].value == 3)
			continue;
		g_assert_cmpuint(events[i].code, <, KEY_CNT);
		g_assert_true(events[i].value == 0 || !keys_has(&down, events[i].code));
		if (events[i].value != 0)
			keys_add(&down, events[i].code);
		else
			keys_remove(&down, events[i].code);
	}
	return outcome();
}

static int bytes_keys(int fd, struct keys *keys)
{
	uint8_t count = seat_bytes_next() % 4;

	keys_clear(keys);
	for (uint8_t i = 0; i < count; i++)
		keys_add(keys, seat_bytes_next());
	return outcome();
}

static int bytes_grab(int fd, bool on)
{
	return outcome();
}

static int bytes_mask(int fd, const struct keys *keys)
{
	return outcome();
}

static int bytes_leds(int fd, uint32_t *lit)
{
	*lit = seat_bytes_next();
	return outcome();
}

const struct evdev_calls seat_bytes_calls = {
	.read = bytes_read,
	.write = bytes_write,
	.keys = bytes_keys,
	.grab = bytes_grab,
	.mask = bytes_mask,
	.leds = bytes_leds,
};
