/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <glib.h>

/*
 * A timer of systemd's own that runs a command of ours later. Nothing of it is in our processes, so
 * nothing that happens to them stops it.
 */
struct systemd_timer {
	const char *unit;           /* name of timer and service, without suffix */
	const char *about;          /* the timer's description */
	const char *about_service;  /* the service's */
	const char *const *command; /* without the program, which is hotseat; NULL-terminated */
	guint seconds;
};

/**
 * systemd_timer_start - have the command run in so many seconds
 *
 * One of that name that waits is replaced. Waits 5 s for systemd at most. Return: FALSE with
 * whatever error the bus gave.
 */
gboolean systemd_timer_start(const struct systemd_timer *timer, GError **error);

/* systemd_timer_waits - is there a timer of this name that has not run out? */
gboolean systemd_timer_waits(const char *unit);

/* systemd_timer_stop - stop it, if there is one */
gboolean systemd_timer_stop(const char *unit, GError **error);
