/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <gio/gio.h>

#include "core/autoptr.h"

/*
 * Who sits at a seat, by logind: the seat's keyboards are ours to watch while a user's session is
 * active there and not locked. Not at the login screen, not on the console of a second user's
 * text login that is not ours, not while the machine goes to sleep.
 */
struct session;

/**
 * session_new - begin to look
 * @changed: called on the main loop, first for what is the case now
 *
 * A seat that logind does not know is watched always: nobody can log in there.
 */
struct session *session_new(GDBusConnection *bus, const char *seat,
			    void (*changed)(gboolean present, void *data), void *data);
void session_free(struct session *session);
AUTOPTR_DEFINE(session)

/**
 * session_hold_off_idle - blanking and locking wait while a guest is being played with
 * @why: for people; NULL: do not hold off any more
 */
void session_hold_off_idle(struct session *session, const char *why);
