/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <gio/gio.h>

#include "core/autoptr.h"

/*
 * What root must not do when a seat moves, done as the user who sits there: the desktop's screen
 * saver is held off while a guest has the seat, the user's own command runs, and what failed is
 * shown. hotseatd says where a seat is; nothing is ever said to it.
 *
 * The user's commands are in a file, which is read at each move:
 *
 *	[commands]
 *	host=my-monitor hdmi1
 *	win11=my-monitor dp1
 */
struct helper;

struct helper_world {
	GDBusConnection *system, *session;
	const char *settings; /* path of the file, which need not exist */
	/* Does this user's session have the screen of the seat? */
	gboolean (*sits_at)(const char *seat, void *data);
	void *data;
};

/* helper_new - @world is copied, and what it points to outlives the helper. Lives on the main loop.
 */
struct helper *helper_new(const struct helper_world *world);
void helper_free(struct helper *helper);
AUTOPTR_DEFINE(helper)
