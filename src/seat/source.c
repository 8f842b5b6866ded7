/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "seat/source.h"

#include <errno.h>

/* A hand cannot press keys faster than this gives up; what does is broken. */
#define TRIES 8

static int write_releases(int fd, const struct evdev_calls *calls, const struct keys *down)
{
	struct input_event events[32];
	unsigned int count = 0;
	int result = 0;

	for (unsigned int code = keys_next(down, 0); code < KEY_CNT && result == 0;
	     code = keys_next(down, code + 1)) {
		events[count++] = evdev_event(EV_KEY, code, 0);
		if (count == 31 || keys_next(down, code + 1) == KEY_CNT) {
			events[count++] = evdev_event(EV_SYN, SYN_REPORT, 0);
			result = calls->write(fd, events, count);
			count = 0;
		}
	}
	return result;
}

int source_forget_keys(struct source *source, const struct evdev_calls *calls)
{
	for (unsigned int i = 0; i < TRIES; i++) {
		struct keys down;
		int result = calls->keys(source->fd, &down);

		if (result < 0)
			return result;
		keys_clear(&source->down);
		if (keys_empty(&down))
			return 0;
		result = write_releases(source->fd, calls, &down);
		if (result < 0)
			return result;
	}
	return -EAGAIN;
}

int source_watch(struct source *source, const struct evdev_calls *calls, const struct keys *keys)
{
	int result = calls->mask(source->fd, keys);

	if (result == 0)
		result = calls->keys(source->fd, &source->down);
	if (result < 0)
		return result;
	for (unsigned int i = 0; i < KEYS_WORDS; i++)
		source->down.words[i] &= keys->words[i];
	source->dropped = false;
	source->state = SOURCE_WATCHED;
	return 0;
}

/*
 * What went down since the last look, though it may be up again. The rest of the queue is motion,
 * which the host has had.
 */
static int read_presses(const struct source *source, const struct evdev_calls *calls,
			struct keys *pressed)
{
	struct input_event events[64];
	int count;

	keys_clear(pressed);
	do {
		count = calls->read(source->fd, events, 64);
		for (int i = 0; i < count; i++) {
			if (events[i].type == EV_KEY && events[i].value == 1 &&
			    events[i].code < KEY_CNT)
				keys_add(pressed, events[i].code);
		}
	} while (count == 64);
	return count < 0 && count != -EAGAIN ? count : 0;
}

/*
 * The host may have seen a key go down and, because of the grab, not up; and the kernel lets no
 * release through for a key that is up. So it is pressed once more.
 */
static void write_taps(int fd, const struct evdev_calls *calls, const struct keys *pressed)
{
	for (unsigned int code = keys_next(pressed, 0); code < KEY_CNT;
	     code = keys_next(pressed, code + 1)) {
		struct input_event tap[] = {
			evdev_event(EV_KEY, code, 1),
			evdev_event(EV_SYN, SYN_REPORT, 0),
			evdev_event(EV_KEY, code, 0),
			evdev_event(EV_SYN, SYN_REPORT, 0),
		};

		/* an unplugged keyboard holds nothing */
		(void)calls->write(fd, tap, 4);
	}
}

/* Grab, and see whether a key went down between the last look and the grab; then not. */
static int grab_without_keys(struct source *source, const struct evdev_calls *calls)
{
	struct keys down, pressed;
	int result = calls->grab(source->fd, true);

	if (result < 0)
		return result;
	result = read_presses(source, calls, &pressed);
	if (result == 0)
		result = calls->keys(source->fd, &down);
	if (result == 0 && keys_empty(&down) && keys_empty(&pressed))
		return 0;
	calls->grab(source->fd, false);
	if (result == 0)
		write_taps(source->fd, calls, &pressed);
	return result < 0 ? result : -EAGAIN;
}

int source_take(struct source *source, const struct evdev_calls *calls, const struct keys *keys)
{
	int result;

	source->has_leds = calls->leds(source->fd, &source->leds) == 0;
	/* every key, so that none goes down unseen before the grab */
	result = calls->mask(source->fd, NULL);
	for (unsigned int i = 0; i < TRIES && (result == 0 || result == -EAGAIN); i++) {
		result = source_forget_keys(source, calls);
		if (result == 0)
			result = grab_without_keys(source, calls);
		if (result == 0)
			break;
	}
	source->dropped = false;
	if (result == 0) {
		source->state = SOURCE_TAKEN;
		return 0;
	}
	if (source_watch(source, calls, keys) < 0)
		return -ENODEV;
	if (result == -EBUSY)
		source->state = SOURCE_FOREIGN;
	return result;
}

static void restore_leds(const struct source *source, const struct evdev_calls *calls)
{
	uint32_t now = 0;

	if (!source->has_leds || calls->leds(source->fd, &now) < 0)
		return;
	for (unsigned int led = 0; led < 32; led++) {
		if ((now ^ source->leds) >> led & 1)
			source_set_led(source, calls, led, source->leds >> led & 1);
	}
}

int source_give(struct source *source, const struct evdev_calls *calls, const struct keys *keys)
{
	int result = 0;

	if (source->state == SOURCE_TAKEN) {
		/* whatever fails, the grab goes */
		(void)source_forget_keys(source, calls);
		restore_leds(source, calls);
		result = calls->mask(source->fd, keys);
		if (calls->grab(source->fd, false) < 0)
			result = -ENODEV;
	}
	source->state = SOURCE_WATCHED;
	keys_clear(&source->down);
	return result < 0 ? result : source_watch(source, calls, keys);
}

void source_set_led(const struct source *source, const struct evdev_calls *calls, unsigned int led,
		    bool lit)
{
	struct input_event events[] = {
		evdev_event(EV_LED, led, lit),
		evdev_event(EV_SYN, SYN_REPORT, 0),
	};

	/* a light that stays wrong harms nobody, and an unplugged keyboard is noticed elsewhere */
	(void)calls->write(source->fd, events, 2);
}
