/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <gio/gio.h>

/*
 * Who calls, and may they? The user is the bus's answer, the permission polkit's, asked for by the
 * caller's unique name on the bus: a process id could be another process's by then.
 */
struct caller_question {
	GDBusConnection *bus;
	const char *sender;
	const char *actions[3]; /* all must be allowed; NULL-terminated */
	const char *guest;      /* what polkit's dialogue may show */
	gboolean interactive;   /* polkit may ask for a password */
	guint root;             /* the user who needs no permission: 0 but in tests */
	gboolean root_only;
};

/* @error: NULL if the caller may; HOTSEAT_ERROR_DENIED and why. Called once, on the main loop. */
typedef void (*caller_answer)(const GError *error, void *data);

/* caller_ask - the answer comes later; @question is copied */
void caller_ask(const struct caller_question *question, caller_answer answer, void *data);
