/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hotseatd/session.h"

#include <gio/gunixfdlist.h>
#include <string.h>
#include <unistd.h>

#define LOGIND "org.freedesktop.login1"
#define LOGIND_PATH "/org/freedesktop/login1"
#define LOGIND_SEAT LOGIND ".Seat"
#define LOGIND_SESSION LOGIND ".Session"
#define PROPERTIES "org.freedesktop.DBus.Properties"
#define TIMEOUT_MS 5000
#define AGAIN_MS 2000 /* before logind is asked again that did not answer */

struct session {
	GDBusConnection *bus;
	GCancellable *cancellable;
	char *seat_path;
	void (*changed)(gboolean present, void *data);
	void *data;
	guint subscriptions[3];
	int present; /* -1: not said yet */
	gboolean sleeping;
	gboolean unlocked; /* a user's session is active and not locked */
	gboolean holding;  /* idle shall be held off */
	int idle;          /* logind's descriptor; -1: not held off */
	guint again;       /* source; 0: logind has answered */
};

static void look(struct session *session);

static void say(struct session *session)
{
	gboolean present = session->unlocked && !session->sleeping;

	if (session->present == present)
		return;
	session->present = present;
	session->changed(present, session->data);
}

static gboolean look_again(gpointer data)
{
	struct session *session = data;

	session->again = 0;
	look(session);
	return G_SOURCE_REMOVE;
}

/*
 * logind is there and does not say who sits there. Until it does, nobody's keyboard is watched: the
 * session may be locked.
 */
static void not_said(struct session *session)
{
	session->unlocked = FALSE;
	if (session->again == 0)
		session->again = g_timeout_add(AGAIN_MS, look_again, session);
	say(session);
}

/* Nobody is there to ask, or has heard of this seat. */
static gboolean is_nobodys(const GError *error)
{
	static const GDBusError absent[] = {
		G_DBUS_ERROR_SERVICE_UNKNOWN, G_DBUS_ERROR_NAME_HAS_NO_OWNER,
		G_DBUS_ERROR_UNKNOWN_OBJECT,  G_DBUS_ERROR_SPAWN_SERVICE_NOT_FOUND,
		G_DBUS_ERROR_UNKNOWN_METHOD, /* GLib's word for an object that is not there */
	};

	for (gsize i = 0; i < G_N_ELEMENTS(absent); i++) {
		if (g_error_matches(error, G_DBUS_ERROR, (int)absent[i]))
			return TRUE;
	}
	return FALSE;
}

/* One property of several: GetAll's answer, (a{sv}) */
static gboolean flag(GVariant *properties, const char *name, gboolean otherwise)
{
	gboolean value = otherwise;

	g_variant_lookup(properties, name, "b", &value);
	return value;
}

static void on_session(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GVariant) reply =
		g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, &error);
	g_autoptr(GVariant) properties = NULL;
	const char *class = "";
	struct session *session = data;

	if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
		return;
	if (reply == NULL && !is_nobodys(error)) {
		not_said(session);
		return;
	}
	session->unlocked = FALSE; /* gone while we asked */
	if (reply != NULL) {
		properties = g_variant_get_child_value(reply, 0);
		g_variant_lookup(properties, "Class", "&s", &class);
		/* from systemd 256 on root's class is user-early */
		session->unlocked = g_str_has_prefix(class, "user") &&
				    flag(properties, "Active", FALSE) &&
				    !flag(properties, "LockedHint", FALSE);
	}
	say(session);
}

static void call(struct session *session, const char *path, const char *method, GVariant *arguments,
		 GAsyncReadyCallback callback)
{
	g_dbus_connection_call(session->bus, LOGIND, path, PROPERTIES, method, arguments, NULL,
			       G_DBUS_CALL_FLAGS_NONE, TIMEOUT_MS, session->cancellable, callback,
			       session);
}

static void on_active(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GVariant) reply =
		g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, &error);
	g_autoptr(GVariant) value = NULL;
	const char *id = NULL, *path = NULL;
	struct session *session = data;

	if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
		return;
	if (reply == NULL && !is_nobodys(error)) {
		not_said(session);
		return;
	}
	if (reply == NULL) {
		session->unlocked = TRUE;
		say(session);
		return;
	}
	g_variant_get(reply, "(v)", &value);
	if (g_variant_is_of_type(value, G_VARIANT_TYPE("(so)")))
		g_variant_get(value, "(&s&o)", &id, &path);
	if (id == NULL || id[0] == '\0') {
		session->unlocked = FALSE;
		say(session);
		return;
	}
	call(session, path, "GetAll", g_variant_new("(s)", LOGIND_SESSION), on_session);
}

static void look(struct session *session)
{
	call(session, session->seat_path, "Get",
	     g_variant_new("(ss)", LOGIND_SEAT, "ActiveSession"), on_active);
}

static void on_properties(GDBusConnection *bus, const char *sender, const char *path,
			  const char *interface, const char *signal, GVariant *parameters,
			  gpointer data)
{
	look(data);
}

static void on_sleep(GDBusConnection *bus, const char *sender, const char *path,
		     const char *interface, const char *signal, GVariant *parameters, gpointer data)
{
	struct session *session = data;

	if (!g_variant_is_of_type(parameters, G_VARIANT_TYPE("(b)")))
		return;
	g_variant_get(parameters, "(b)", &session->sleeping);
	say(session);
}

/* logind's names of seats in object paths: letters and digits as they are, others as _xx */
static char *seat_path(const char *seat)
{
	GString *path = g_string_new(LOGIND_PATH "/seat/");

	for (const char *c = seat; *c != '\0'; c++) {
		if (g_ascii_isalnum(*c))
			g_string_append_c(path, *c);
		else
			g_string_append_printf(path, "_%02x", (guint8)*c);
	}
	return g_string_free(path, FALSE);
}

static guint subscribe(struct session *session, const char *interface, const char *signal,
		       const char *argument, GDBusSignalCallback callback)
{
	return g_dbus_connection_signal_subscribe(session->bus, LOGIND, interface, signal, NULL,
						  argument, G_DBUS_SIGNAL_FLAGS_NONE, callback,
						  session, NULL);
}

struct session *session_new(GDBusConnection *bus, const char *seat,
			    void (*changed)(gboolean present, void *data), void *data)
{
	struct session *session = g_new0(struct session, 1);

	session->bus = g_object_ref(bus);
	session->cancellable = g_cancellable_new();
	session->seat_path = seat_path(seat);
	session->changed = changed;
	session->data = data;
	session->present = -1;
	session->idle = -1;
	/* The first argument of both is the interface whose properties changed. */
	session->subscriptions[0] =
		subscribe(session, PROPERTIES, "PropertiesChanged", LOGIND_SEAT, on_properties);
	session->subscriptions[1] =
		subscribe(session, PROPERTIES, "PropertiesChanged", LOGIND_SESSION, on_properties);
	session->subscriptions[2] =
		subscribe(session, LOGIND ".Manager", "PrepareForSleep", NULL, on_sleep);
	look(session);
	return session;
}

void session_free(struct session *session)
{
	if (session == NULL)
		return;
	g_cancellable_cancel(session->cancellable);
	if (session->again != 0)
		g_source_remove(session->again);
	for (guint i = 0; i < G_N_ELEMENTS(session->subscriptions); i++)
		g_dbus_connection_signal_unsubscribe(session->bus, session->subscriptions[i]);
	session_hold_off_idle(session, NULL);
	g_object_unref(session->cancellable);
	g_object_unref(session->bus);
	g_free(session->seat_path);
	g_free(session);
}

static void on_inhibited(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GUnixFDList) fds = NULL;
	g_autoptr(GVariant) reply = g_dbus_connection_call_with_unix_fd_list_finish(
		G_DBUS_CONNECTION(source), &fds, result, &error);
	struct session *session = data;

	if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
		return;
	if (reply == NULL || fds == NULL) {
		g_message("idle cannot be held off: %s",
			  error != NULL ? error->message : "no answer");
		return;
	}
	if (session->idle >= 0)
		close(session->idle);
	session->idle = g_unix_fd_list_get(fds, 0, NULL);
	if (!session->holding) /* not any more */
		session_hold_off_idle(session, NULL);
}

void session_hold_off_idle(struct session *session, const char *why)
{
	session->holding = why != NULL;
	if (why == NULL) {
		if (session->idle >= 0)
			close(session->idle);
		session->idle = -1;
		return;
	}
	g_dbus_connection_call_with_unix_fd_list(
		session->bus, LOGIND, LOGIND_PATH, LOGIND ".Manager", "Inhibit",
		g_variant_new("(ssss)", "idle", "Hotseat", why, "block"), G_VARIANT_TYPE("(h)"),
		G_DBUS_CALL_FLAGS_NONE, TIMEOUT_MS, NULL, session->cancellable, on_inhibited,
		session);
}
