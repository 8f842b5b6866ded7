/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "core/autoptr.h"
#include "core/error.h"

/*
 * What a seat's file, /etc/hotseat/SEAT.conf, says of one guest: its own chord, and the monitors
 * that go with it. hotseatd reads the file again when it changes.
 */
struct seat_file;

/**
 * seat_file_read - the file as it is; one that is not there says nothing
 *
 * Return: NULL with HOTSEAT_ERROR_UNREADABLE or HOTSEAT_ERROR_DENIED.
 */
struct seat_file *seat_file_read(const char *seat, const char *guest, GError **error);
void seat_file_free(struct seat_file *file);
AUTOPTR_DEFINE(seat_file)

/* seat_file_chord - "leftmeta+f1", newly allocated; "none": the seat's own chord alone */
char *seat_file_chord(const struct seat_file *file);

/* seat_file_set_chord - @chord: as above; HOTSEAT_ERROR_USAGE if it is none, or another's */
gboolean seat_file_set_chord(struct seat_file *file, const char *chord, GError **error);

/* seat_file_monitors - "Dell S2716DG:dp1", newly allocated; "none" */
char *seat_file_monitors(const struct seat_file *file);

/**
 * seat_file_set_monitors - which monitors go with the guest, and what they show then
 * @text: MONITOR:INPUT[/HOST], more of them after commas, or "none". MONITOR and INPUT as "hotseat
 *        monitor switch" takes them; HOST is what it shows for the host, where that is not what it
 *        says it shows now
 *
 * Looks for the monitors, which takes seconds. None is told anything.
 */
gboolean seat_file_set_monitors(struct seat_file *file, const char *text, GError **error);

/* seat_file_difference - of the file and what it would be, as diff -u; "" if nothing changes */
char *seat_file_difference(const struct seat_file *file);

/* seat_file_write - as a whole or not at all; nothing if nothing changes */
gboolean seat_file_write(const struct seat_file *file, GError **error);
