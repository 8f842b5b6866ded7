/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <gio/gio.h>

#include "core/autoptr.h"

/*
 * The desktop's own screen saver and lock wait while a guest has the seat: nobody touches the
 * desktop's keyboard meanwhile. Each service that desktops have for it is told as long as it is on
 * the session bus: some desktops have two, and no harm is done. All of them forget who leaves the
 * bus. logind's idle is hotseatd's business.
 */
struct inhibit;

struct inhibit *inhibit_new(GDBusConnection *bus);
void inhibit_free(struct inhibit *inhibit);
AUTOPTR_DEFINE(inhibit)

/* inhibit_hold - @why: for people; NULL: no more. Returns at once. */
void inhibit_hold(struct inhibit *inhibit, const char *why);
