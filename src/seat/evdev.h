/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "seat/keys.h"

/*
 * Everything that a seat asks of the kernel, in one table: a model can stand in for the input
 * core, and what is not in here cannot happen. All return 0 (or a count) or a negative errno. None
 * blocks: descriptors are non-blocking, and writing to the input core never waits for a reader.
 */
struct evdev_calls {
	/* read - up to @count events; their number, -EAGAIN if there are none, -ENODEV: unplugged
	 */
	int (*read)(int fd, struct input_event *events, size_t count);

	/* write - all of @count events, into an event node or a uinput device */
	int (*write)(int fd, const struct input_event *events, size_t count);

	/**
	 * keys - what is down; the key events that are still queued for us are thrown away
	 *
	 * So that state and queue agree: whatever is read afterwards happened after this.
	 * Source: Linux drivers/input/evdev.c, evdev_handle_get_val().
	 */
	int (*keys)(int fd, struct keys *down);

	/* grab - be the only reader of a node, or no longer; -EBUSY if somebody else is */
	int (*grab)(int fd, bool on);

	/**
	 * mask - which events wake us: of keys those in @keys, and nothing else
	 * @keys: NULL for every key and every relative axis
	 */
	int (*mask)(int fd, const struct keys *keys);

	/* leds - which are lit, a bit for each LED_ code; -errno if it has none */
	int (*leds)(int fd, uint32_t *lit);
};

/* evdev_kernel - the calls as Linux has them */
extern const struct evdev_calls evdev_kernel;

static inline struct input_event evdev_event(unsigned int type, unsigned int code, int value)
{
	return (struct input_event){
		.type = (__u16)type,
		.code = (__u16)code,
		.value = value,
	};
}

/* evdev_is_button - does a code belong to a mouse? As QEMU's input-linux tells them apart. */
static inline bool evdev_is_button(unsigned int code)
{
	return (code >= BTN_MISC && code < KEY_OK) || code >= BTN_TRIGGER_HAPPY;
}
