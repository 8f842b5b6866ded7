/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "helper/notice.h"

#define NAME "org.freedesktop.Notifications"
#define PATH "/org/freedesktop/Notifications"

/* Desktop Notifications Specification 1.2, org.freedesktop.Notifications.Notify */
void notice_show(GDBusConnection *bus, const char *summary, const char *body)
{
	g_autofree char *valid = g_utf8_make_valid(body, -1);
	g_autofree char *marked_up = g_markup_escape_text(valid, -1);
	GVariantBuilder actions, hints;

	g_message("%s: %s", summary, valid);
	g_variant_builder_init(&actions, G_VARIANT_TYPE_STRING_ARRAY);
	g_variant_builder_init(&hints, G_VARIANT_TYPE_VARDICT);
	/* Where no desktop shows notifications, the journal has it. */
	g_dbus_connection_call(bus, NAME, PATH, NAME, "Notify",
			       g_variant_new("(susssasa{sv}i)", "Hotseat", 0U, "input-keyboard",
					     summary, marked_up, &actions, &hints, -1),
			       NULL, G_DBUS_CALL_FLAGS_NONE, -1, NULL, NULL, NULL);
}
