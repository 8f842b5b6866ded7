/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hotseatd/client.h"

#include <glib-unix.h>

#include "core/error.h"
#include "hotseatd/interface.h"
#include "lend/signals.h"

/* The bus answers at once; starting the service takes a moment, under a full load some seconds. */
#define CONNECT_SECONDS 10
#define START_MS 30000
#define LOOK_MS 5000 /* what is only looked at is not waited for */

struct waiting {
	GMainContext *context;
	GMainLoop *loop;
	GCancellable *cancellable; /* the deadline cancels */
	GAsyncResult *result;
};

static void on_ready(GObject *source, GAsyncResult *result, gpointer data)
{
	struct waiting *waiting = data;

	waiting->result = g_object_ref(result);
	g_main_loop_quit(waiting->loop);
}

static gboolean on_deadline(gpointer data)
{
	struct waiting *waiting = data;

	g_cancellable_cancel(waiting->cancellable);
	return G_SOURCE_REMOVE;
}

static void waiting_init(struct waiting *waiting)
{
	*waiting = (struct waiting){ .context = g_main_context_new() };
	waiting->loop = g_main_loop_new(waiting->context, FALSE);
	waiting->cancellable = g_cancellable_new();
	g_main_context_push_thread_default(waiting->context);
}

static void waiting_clear(struct waiting *waiting)
{
	g_main_context_pop_thread_default(waiting->context);
	g_clear_object(&waiting->result);
	g_object_unref(waiting->cancellable);
	g_main_loop_unref(waiting->loop);
	g_main_context_unref(waiting->context);
}

static GSource *attach(struct waiting *waiting, GSource *source, GSourceFunc callback, void *data)
{
	g_source_set_callback(source, callback, data, NULL);
	g_source_attach(source, waiting->context);
	return source;
}

static void drop(GSource *source)
{
	g_source_destroy(source);
	g_source_unref(source);
}

/* Answers and signals come by the context of whoever opened the connection. */
static GDBusConnection *open_bus(struct waiting *waiting, GError **error)
{
	g_autofree char *address = g_dbus_address_get_for_bus_sync(G_BUS_TYPE_SYSTEM, NULL, error);
	GSource *deadline;

	if (address == NULL)
		return NULL;
	deadline = attach(waiting, g_timeout_source_new_seconds(CONNECT_SECONDS), on_deadline,
			  waiting);
	g_dbus_connection_new_for_address(address,
					  G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
						  G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
					  NULL, waiting->cancellable, on_ready, waiting);
	g_main_loop_run(waiting->loop);
	drop(deadline);
	return g_dbus_connection_new_for_address_finish(waiting->result, error);
}

static GVariant *ask_bus(GDBusConnection *bus, const char *method, GVariant *arguments,
			 GError **error)
{
	return g_dbus_connection_call_sync(bus, "org.freedesktop.DBus", "/org/freedesktop/DBus",
					   "org.freedesktop.DBus", method, arguments, NULL,
					   G_DBUS_CALL_FLAGS_NONE, START_MS, NULL, error);
}

static gboolean is_running(GDBusConnection *bus, gboolean *runs, GError **error)
{
	g_autoptr(GVariant) owned =
		ask_bus(bus, "NameHasOwner", g_variant_new("(s)", HOTSEATD_NAME), error);

	if (owned == NULL)
		return FALSE;
	g_variant_get(owned, "(b)", runs);
	return TRUE;
}

/*
 * find_service - is there somebody to ask?
 * @start: let the bus start it, if it does not run
 *
 * By itself, and not with the call, because a service that could not be started has not been asked
 * for anything: root can then do without.
 */
static gboolean find_service(GDBusConnection *bus, gboolean start, GError **error)
{
	g_autoptr(GVariant) started = NULL;
	gboolean runs = FALSE;

	if (!is_running(bus, &runs, error))
		return FALSE;
	if (runs)
		return TRUE;
	if (!start) {
		g_set_error(error, G_DBUS_ERROR, G_DBUS_ERROR_NAME_HAS_NO_OWNER, "it does not run");
		return FALSE;
	}
	started =
		ask_bus(bus, "StartServiceByName", g_variant_new("(su)", HOTSEATD_NAME, 0U), error);
	return started != NULL;
}

struct conversation {
	GDBusConnection *bus;
	const struct lend_report *report;
	guint told; /* to stop, so many times */
};

static void on_progress(GDBusConnection *bus, const char *sender, const char *path,
			const char *interface, const char *signal, GVariant *parameters,
			gpointer data)
{
	struct conversation *conversation = data;
	const char *kind, *text;

	if (!g_variant_is_of_type(parameters, G_VARIANT_TYPE("(uss)")))
		return;
	g_variant_get(parameters, "(u&s&s)", NULL, &kind, &text);
	lend_say(conversation->report, interface_line_find(kind), "%s", text);
}

static gboolean on_stop_signal(gpointer data)
{
	struct conversation *conversation = data;

	if (++conversation->told > 1)
		_exit(128 + SIGINT);
	g_dbus_connection_call(conversation->bus, HOTSEATD_NAME, HOTSEATD_PATH, HOTSEATD_INTERFACE,
			       "Cancel", NULL, NULL, G_DBUS_CALL_FLAGS_NO_AUTO_START, -1, NULL,
			       NULL, NULL);
	return G_SOURCE_CONTINUE;
}

static GVariant *converse(struct waiting *waiting, GDBusConnection *bus, const char *method,
			  GVariant *arguments, int timeout_ms, const struct lend_report *report,
			  GError **error)
{
	static const int stop_signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct conversation conversation = { .bus = bus, .report = report };
	GSource *sources[G_N_ELEMENTS(stop_signals)];
	guint subscription = g_dbus_connection_signal_subscribe(
		bus, HOTSEATD_NAME, HOTSEATD_INTERFACE, "Progress", HOTSEATD_PATH, NULL,
		G_DBUS_SIGNAL_FLAGS_NONE, on_progress, &conversation, NULL);

	for (guint i = 0; i < G_N_ELEMENTS(stop_signals); i++)
		sources[i] = attach(waiting, g_unix_signal_source_new(stop_signals[i]),
				    on_stop_signal, &conversation);
	g_clear_object(&waiting->result);
	g_dbus_connection_call(
		bus, HOTSEATD_NAME, HOTSEATD_PATH, HOTSEATD_INTERFACE, method, arguments, NULL,
		G_DBUS_CALL_FLAGS_NO_AUTO_START | G_DBUS_CALL_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION,
		timeout_ms, NULL, on_ready, waiting);
	g_main_loop_run(waiting->loop);
	for (guint i = 0; i < G_N_ELEMENTS(sources); i++)
		drop(sources[i]);
	g_dbus_connection_signal_unsubscribe(bus, subscription);
	return g_dbus_connection_call_finish(bus, waiting->result, error);
}

/* The service was asked, and there will be no answer. */
static gboolean is_lost(const GError *error)
{
	return g_error_matches(error, G_DBUS_ERROR, G_DBUS_ERROR_NO_REPLY) ||
	       g_error_matches(error, G_DBUS_ERROR, G_DBUS_ERROR_TIMED_OUT) ||
	       g_error_matches(error, G_DBUS_ERROR, G_DBUS_ERROR_TIMEOUT) ||
	       g_error_matches(error, G_DBUS_ERROR, G_DBUS_ERROR_DISCONNECTED) ||
	       g_error_matches(error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT) ||
	       g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CLOSED);
}

static void set_error(GError **error, GError *theirs)
{
	if (is_lost(theirs)) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_NOT_BACK,
			    "hotseatd went away before it was done; when it is back, it puts right "
			    "what it left. See: hotseat status");
		g_error_free(theirs);
		return;
	}
	g_dbus_error_strip_remote_error(theirs);
	g_propagate_error(error, theirs);
}

static GVariant *converse_with_service(const char *method, GVariant *arguments, int timeout_ms,
				       gboolean start, const struct lend_report *report,
				       GError **error)
{
	g_autoptr(GVariant) sunk = arguments == NULL ? NULL : g_variant_ref_sink(arguments);
	g_autoptr(GDBusConnection) bus = NULL;
	struct waiting waiting;
	GVariant *reply = NULL;
	GError *failure = NULL;
	sigset_t before;

	interface_register_errors();
	waiting_init(&waiting);
	before = signals_block();
	bus = open_bus(&waiting, error);
	signals_restore(&before);
	if (bus != NULL && find_service(bus, start, error)) {
		reply = converse(&waiting, bus, method, sunk, timeout_ms, report, &failure);
		if (reply == NULL)
			set_error(error, failure);
	}
	if (bus != NULL)
		g_dbus_connection_close_sync(bus, NULL, NULL);
	waiting_clear(&waiting);
	return reply;
}

static GVariant *ask(const char *method, GVariant *arguments, int timeout_ms,
		     const struct lend_report *report, GError **error)
{
	return converse_with_service(method, arguments, timeout_ms, TRUE, report, error);
}

gboolean client_call(const char *method, enum arguments_method kind, const char *guest,
		     const struct lend_options *options, const struct lend_report *report,
		     GError **error)
{
	g_autoptr(GVariant) reply =
		ask(method, arguments_pack(kind, guest == NULL ? "" : guest, options), G_MAXINT,
		    report, error);

	return reply != NULL;
}

gboolean client_hook(const char *method, const char *uuid, const char *xml, guint seconds,
		     const struct lend_report *report, GError **error)
{
	g_autoptr(GVariant) reply =
		ask(method, g_variant_new("(ss)", uuid, xml), (int)seconds * 1000, report, error);

	return reply != NULL;
}

static gboolean is_answer(GVariant *reply, const char *type, GError **error)
{
	if (g_variant_is_of_type(reply, G_VARIANT_TYPE(type)))
		return TRUE;
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_UNREADABLE,
		    "hotseatd is of another version; restart it with: sudo systemctl restart "
		    "hotseatd");
	return FALSE;
}

GPtrArray *client_states(GError **error)
{
	g_autoptr(GVariant) reply = ask("Status", NULL, START_MS, NULL, error);
	g_autoptr(GVariant) states = NULL;

	if (reply == NULL)
		return NULL;
	if (!is_answer(reply, "(a(ssbbia(ssss)))", error))
		return NULL;
	states = g_variant_get_child_value(reply, 0);
	return interface_unpack_states(states);
}

gboolean client_swap(const char *seat, const char *side, GError **error)
{
	g_autoptr(GVariant) reply =
		ask("Swap", g_variant_new("(ss)", seat, side), START_MS, NULL, error);

	return reply != NULL;
}

static void seat_free(gpointer data)
{
	struct client_seat *seat = data;

	g_free(seat->name);
	g_free(seat->side);
	g_free(seat);
}

GPtrArray *client_seats(gboolean start, GError **error)
{
	g_autoptr(GVariant) reply = converse_with_service("Seats", NULL, start ? START_MS : LOOK_MS,
							  start, NULL, error);
	GPtrArray *seats;
	struct client_seat seat;
	GVariantIter *iter;

	if (reply == NULL || !is_answer(reply, "(a(ssb))", error))
		return NULL;
	seats = g_ptr_array_new_with_free_func(seat_free);
	g_variant_get(reply, "(a(ssb))", &iter);
	while (g_variant_iter_next(iter, "(ssb)", &seat.name, &seat.side, &seat.watched))
		g_ptr_array_add(seats, g_memdup2(&seat, sizeof(seat)));
	g_variant_iter_free(iter);
	return seats;
}

/* What is not the service's own word, nor its loss in the middle, is the bus's: nobody is there. */
gboolean client_is_absent(const GError *error)
{
	return error != NULL && error->domain != HOTSEAT_ERROR;
}
