/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "handover/profiles.h"

#include <gio/gio.h>

#define TIMEOUT_MS 5000

/* Interfaces are called as the service is. The first is its own since 0.20, beside the second. */
static const struct {
	const char *name, *path;
} services[] = {
	{ "org.freedesktop.UPower.PowerProfiles", "/org/freedesktop/UPower/PowerProfiles" },
	{ "net.hadess.PowerProfiles", "/net/hadess/PowerProfiles" },
};

GVariant *profiles_ask(struct host *host, const char *property)
{
	g_autoptr(GDBusConnection) bus = g_bus_get_sync(G_BUS_TYPE_SYSTEM, NULL, NULL);

	if (bus == NULL)
		return NULL;
	g_dbus_connection_set_exit_on_close(bus, FALSE);
	for (guint i = 0; i < G_N_ELEMENTS(services); i++) {
		g_autoptr(GVariant) value = NULL;
		g_autoptr(GVariant) answer = g_dbus_connection_call_sync(
			bus, services[i].name, services[i].path, "org.freedesktop.DBus.Properties",
			"Get", g_variant_new("(ss)", services[i].name, property),
			G_VARIANT_TYPE("(v)"), G_DBUS_CALL_FLAGS_NO_AUTO_START, TIMEOUT_MS, NULL,
			NULL);

		if (answer == NULL)
			continue;
		g_variant_get(answer, "(v)", &value);
		if (g_variant_is_of_type(value, G_VARIANT_TYPE("aa{sv}")))
			return g_steal_pointer(&value);
	}
	return NULL;
}

static gboolean has_one(struct host *host, const char *property, const char *key, const char *value)
{
	g_autoptr(GVariant) all = host->power_profiles(host, property);

	for (gsize i = 0; all != NULL && i < g_variant_n_children(all); i++) {
		g_autoptr(GVariant) one = g_variant_get_child_value(all, i);
		const char *found = NULL;

		if (g_variant_lookup(one, key, "&s", &found) && g_str_equal(found, value))
			return TRUE;
	}
	return FALSE;
}

gboolean profiles_offer(struct host *host, const char *profile)
{
	return has_one(host, "Profiles", "Profile", profile);
}

gboolean profiles_hold_for(struct host *host, const char *application)
{
	return has_one(host, "ActiveProfileHolds", "ApplicationId", application);
}
