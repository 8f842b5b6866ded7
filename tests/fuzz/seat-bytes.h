/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "seat/evdev.h"

/*
 * An input core that says whatever the bytes say: events of any type, code and value, any keys
 * down, calls that fail. What is written to a guest's device is checked for what a seat promises:
 * each key alternates.
 */
enum {
	BYTES_SINK = 1000
};

void seat_bytes_set(const uint8_t *data, size_t size);

/* seat_bytes_next - one byte; 0 when there are no more */
uint8_t seat_bytes_next(void);

/* seat_bytes_left - are there more? */
bool seat_bytes_left(void);

extern const struct evdev_calls seat_bytes_calls;
