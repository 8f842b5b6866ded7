/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <glib.h>
#include <linux/input.h>

/*
 * What keyboards and mice say, live, a line for each key and ten a second for motion:
 *
 *	   1.203  host   QEMU QEMU USB Keyboard  key pressed
 *	   1.900  win11  QEMU QEMU USB Mouse     left button released
 *	   2.000  host   QEMU QEMU USB Mouse     moved, 98 reports
 *
 * Keys have no names unless they are asked for, and none while the session is locked: what is shown
 * may be copied to somebody, and typed passwords with it.
 *
 * While a guest has the seat its relay is the only one who gets events. Then the kernel is asked,
 * fifty times a second, which keys and buttons are down; motion is not seen.
 */
struct watch_options {
	double seconds; /* 0: until interrupted */
	guint lines;    /* 0: any number */
	gboolean names; /* of keys */
};

/* watch_inputs - print what there is until the end; takes root. FALSE with HOTSEAT_ERROR_DENIED,
 * _ABSENT (no keyboard and no mouse) */
gboolean watch_inputs(const struct watch_options *options, GError **error);

/**
 * watch_describe - an event for people: "key pressed", "key A pressed", "left button released"
 * @names: of keys; buttons of mice always have theirs
 *
 * Return: newly allocated text; NULL for what is no line of its own.
 */
char *watch_describe(const struct input_event *event, gboolean names);
