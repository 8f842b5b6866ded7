/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "seat/evdev.h"

/*
 * A source is one event node of a keyboard or mouse. A device with several nodes is several
 * sources.
 *
 * While the host has the seat a source is open and no more, and its mask lets through nothing but
 * the keys of the chords. While a guest has it, it is grabbed.
 *
 * No key is ever down across a change. EVIOCGKEY tells what is; a release written into the node
 * itself reaches whoever had the key pressed, and the kernel, for which the key is then up,
 * swallows the physical release. Without that a desktop that lost the keyboard with a key down
 * repeats it for ever.
 */
enum source_state {
	SOURCE_FREE,    /* slot is not used */
	SOURCE_WATCHED, /* not grabbed: the host has it */
	SOURCE_TAKEN,   /* grabbed */
	SOURCE_FOREIGN, /* somebody else has grabbed it, so that it tells us nothing */
};

struct source {
	enum source_state state;
	int fd;
	unsigned int id;
	bool keyboard;    /* chords can be typed on it */
	bool dropped;     /* the kernel's queue ran over; nothing counts up to the end of report */
	struct keys down; /* as far as we were told */
	bool has_leds;
	uint32_t leds; /* how they were when we took it */
};

/**
 * source_watch - begin to watch a node that nobody of us has grabbed
 * @keys: what is to wake us; empty: nothing
 */
int source_watch(struct source *source, const struct evdev_calls *calls, const struct keys *keys);

/**
 * source_take - from the host
 * @keys: what is to wake us if that fails
 *
 * Return: 0; -EBUSY if somebody else has grabbed it (it is then SOURCE_FOREIGN); -EAGAIN if keys
 * went down all the while, and the host still has it; -ENODEV
 */
int source_take(struct source *source, const struct evdev_calls *calls, const struct keys *keys);

/* source_give - back to the host, with nothing down and LEDs as they were */
int source_give(struct source *source, const struct evdev_calls *calls, const struct keys *keys);

/* source_forget_keys - let nothing be down, neither for the kernel nor in what it has queued */
int source_forget_keys(struct source *source, const struct evdev_calls *calls);

/* source_set_led - as the guest wants it */
void source_set_led(const struct source *source, const struct evdev_calls *calls, unsigned int led,
		    bool lit);
