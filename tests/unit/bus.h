/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <gio/gio.h>

/* A test's own message bus: whoever is on it beside the program that is tested. */

/* bus_connect - a new connection */
GDBusConnection *bus_connect(GTestDBus *bus);

/* bus_own - have a name, at once */
void bus_own(GDBusConnection *connection, const char *name);

/* bus_be_polkit - own polkit's name; @on_check gets each call of CheckAuthorization */
void bus_be_polkit(GDBusConnection *connection, GDBusInterfaceMethodCallFunc on_check);
