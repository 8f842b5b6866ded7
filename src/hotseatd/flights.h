/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <glib.h>

/*
 * Guests that are being started: their card is lent, and nobody has it open yet. They look exactly
 * like guests that are gone, and only who starts them knows better. Any thread may call.
 */
struct flights;

struct flights *flights_new(void);
void flights_free(struct flights *flights);

/* flights_begin, _end - between the two the guest (by name or UUID) is being started */
void flights_begin(struct flights *flights, const char *guest);
void flights_end(struct flights *flights, const char *guest);

/* flights_expect - libvirt was told to go on; count the guest as being started for some seconds */
void flights_expect(struct flights *flights, const char *guest, guint seconds);

/* flights_forget - it has ended after all */
void flights_forget(struct flights *flights, const char *guest);

gboolean flights_has(struct flights *flights, const char *guest);
