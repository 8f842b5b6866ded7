/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bus.h"

GDBusConnection *bus_connect(GTestDBus *bus)
{
	g_autoptr(GError) error = NULL;
	GDBusConnection *connection = g_dbus_connection_new_for_address_sync(
		g_test_dbus_get_bus_address(bus),
		G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
			G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
		NULL, NULL, &error);

	g_assert_no_error(error);
	return connection;
}

void bus_own(GDBusConnection *connection, const char *name)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GVariant) reply = g_dbus_connection_call_sync(
		connection, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
		"RequestName", g_variant_new("(su)", name, 4U), NULL, G_DBUS_CALL_FLAGS_NONE, -1,
		NULL, &error);

	g_assert_no_error(error);
}

static const char polkit_interface[] =
	"<node><interface name='org.freedesktop.PolicyKit1.Authority'>"
	"<method name='CheckAuthorization'><arg type='(sa{sv})' direction='in'/>"
	"<arg type='s' direction='in'/><arg type='a{ss}' direction='in'/>"
	"<arg type='u' direction='in'/><arg type='s' direction='in'/>"
	"<arg type='(bba{ss})' direction='out'/></method></interface></node>";

void bus_be_polkit(GDBusConnection *connection, GDBusInterfaceMethodCallFunc on_check)
{
	const GDBusInterfaceVTable vtable = { .method_call = on_check };
	g_autoptr(GDBusNodeInfo) node = g_dbus_node_info_new_for_xml(polkit_interface, NULL);

	g_assert_cmpuint(g_dbus_connection_register_object(
				 connection, "/org/freedesktop/PolicyKit1/Authority",
				 node->interfaces[0], &vtable, NULL, NULL, NULL),
			 !=, 0);
	bus_own(connection, "org.freedesktop.PolicyKit1");
}
