/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "helper/inhibit.h"

#define TIMEOUT_MS 10000
#define APPLICATION "org.hotseat"
#define FLAG_IDLE 8U /* the same with GNOME's session manager and the portal */

struct way {
	const char *name, *path, *interface;
	GVariant *(*ask)(const char *why);
	const char *answer;  /* type of the answer to "Inhibit" */
	const char *release; /* with the answer as its arguments; NULL: a request */
};

static GVariant *ask_screen_saver(const char *why)
{
	return g_variant_new("(ss)", APPLICATION, why);
}

static GVariant *ask_gnome(const char *why)
{
	return g_variant_new("(susu)", APPLICATION, 0U, why, FLAG_IDLE);
}

static GVariant *ask_portal(const char *why)
{
	GVariantBuilder options;

	g_variant_builder_init(&options, G_VARIANT_TYPE_VARDICT);
	g_variant_builder_add(&options, "{sv}", "reason", g_variant_new_string(why));
	return g_variant_new("(sua{sv})", "", FLAG_IDLE, &options);
}

/*
 * Sources: freedesktop.org idle-inhibition-spec; gnome-session's org.gnome.SessionManager.xml;
 * xdg-desktop-portal's org.freedesktop.portal.Inhibit.xml, where the answer is a request that holds
 * until it is closed.
 */
static const struct way ways[] = {
	{ "org.freedesktop.ScreenSaver", "/org/freedesktop/ScreenSaver",
	  "org.freedesktop.ScreenSaver", ask_screen_saver, "(u)", "UnInhibit" },
	{ "org.gnome.SessionManager", "/org/gnome/SessionManager", "org.gnome.SessionManager",
	  ask_gnome, "(u)", "Uninhibit" },
	{ "org.freedesktop.portal.Desktop", "/org/freedesktop/portal/desktop",
	  "org.freedesktop.portal.Inhibit", ask_portal, "(o)", NULL },
};

struct hold {
	struct inhibit *inhibit;
	const struct way *way;
	guint watch;
	gboolean there;
	GCancellable *asking; /* NULL: no answer is waited for */
	GVariant *held;       /* the answer; NULL: not held */
};

struct inhibit {
	GDBusConnection *bus;
	char *why; /* NULL: nothing shall be held */
	struct hold holds[G_N_ELEMENTS(ways)];
};

static void settle(struct hold *hold);

static void on_answer(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GVariant) answer =
		g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, &error);
	struct hold *hold = data;

	if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
		return;
	g_clear_object(&hold->asking);
	if (answer == NULL) {
		g_message("%s does not hold the screen saver off: %s", hold->way->name,
			  error->message);
		return;
	}
	hold->held = g_steal_pointer(&answer);
	settle(hold);
}

static void ask(struct hold *hold)
{
	hold->asking = g_cancellable_new();
	g_dbus_connection_call(hold->inhibit->bus, hold->way->name, hold->way->path,
			       hold->way->interface, "Inhibit", hold->way->ask(hold->inhibit->why),
			       G_VARIANT_TYPE(hold->way->answer), G_DBUS_CALL_FLAGS_NO_AUTO_START,
			       TIMEOUT_MS, hold->asking, on_answer, hold);
}

static void release(struct hold *hold)
{
	g_autoptr(GVariant) held = g_steal_pointer(&hold->held);
	const struct way *way = hold->way;
	const char *path = way->path, *interface = way->interface, *method = way->release;
	GVariant *arguments = held;

	if (method == NULL) {
		g_variant_get(held, "(&o)", &path);
		interface = "org.freedesktop.portal.Request";
		method = "Close";
		arguments = NULL;
	}
	g_dbus_connection_call(hold->inhibit->bus, way->name, path, interface, method, arguments,
			       NULL, G_DBUS_CALL_FLAGS_NO_AUTO_START, TIMEOUT_MS, NULL, NULL, NULL);
}

/* An answer that is under way is waited for: what it holds could not be let go otherwise. */
static void settle(struct hold *hold)
{
	if (!hold->there || hold->asking != NULL)
		return;
	if (hold->inhibit->why != NULL && hold->held == NULL)
		ask(hold);
	else if (hold->inhibit->why == NULL && hold->held != NULL)
		release(hold);
}

static void forget(struct hold *hold)
{
	hold->there = FALSE;
	g_cancellable_cancel(hold->asking);
	g_clear_object(&hold->asking);
	g_clear_pointer(&hold->held, g_variant_unref);
}

static void on_there(GDBusConnection *bus, const char *name, const char *owner, gpointer data)
{
	struct hold *hold = data;

	forget(hold); /* what another owner of the name held */
	hold->there = TRUE;
	settle(hold);
}

static void on_gone(GDBusConnection *bus, const char *name, gpointer data)
{
	forget(data);
}

struct inhibit *inhibit_new(GDBusConnection *bus)
{
	struct inhibit *inhibit = g_new0(struct inhibit, 1);

	inhibit->bus = g_object_ref(bus);
	for (guint i = 0; i < G_N_ELEMENTS(ways); i++) {
		struct hold *hold = &inhibit->holds[i];

		hold->inhibit = inhibit;
		hold->way = &ways[i];
		hold->watch = g_bus_watch_name_on_connection(bus, ways[i].name,
							     G_BUS_NAME_WATCHER_FLAGS_NONE,
							     on_there, on_gone, hold, NULL);
	}
	return inhibit;
}

void inhibit_free(struct inhibit *inhibit)
{
	if (inhibit == NULL)
		return;
	inhibit_hold(inhibit, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(ways); i++) {
		g_bus_unwatch_name(inhibit->holds[i].watch);
		forget(&inhibit->holds[i]);
	}
	g_object_unref(inhibit->bus);
	g_free(inhibit->why);
	g_free(inhibit);
}

void inhibit_hold(struct inhibit *inhibit, const char *why)
{
	char *copy = g_strdup(why);

	g_free(inhibit->why);
	inhibit->why = copy;
	for (guint i = 0; i < G_N_ELEMENTS(ways); i++)
		settle(&inhibit->holds[i]);
}
