/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <gio/gio.h>

/* notice_show - tell the user by the desktop's notifications; the journal gets it as well */
void notice_show(GDBusConnection *bus, const char *summary, const char *body);
