/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hotseatd/service.h"

#include <signal.h>
#include <string.h>

#include "core/error.h"
#include "hotseatd/arguments.h"
#include "hotseatd/caller.h"
#include "hotseatd/interface.h"

/*
 * A call lives from its arrival to its answer. It is looked at on the main loop only, but for the
 * time that its thread runs; the thread touches nothing but its own call, and hands it back to the
 * main loop.
 *
 * Stopping a call. The handover looks for pending signals between its steps, so a call is told to
 * stop by a SIGINT to its thread, where it is blocked and stays pending until the thread ends. All
 * calls are told by the SIGTERM that the process got, which nobody takes off before the end.
 */
#define CALLS_MOST 32
#define CALLS_MOST_OF_ONE 6
#define HOOK_XML_MOST (4 << 20)
#define FLIGHT_SECONDS 120 /* from the hook's "prepare" to a QEMU that has the group open */

struct method;

struct call {
	struct service *service;
	const struct method *method;
	GDBusMethodInvocation *invocation;
	const char *sender; /* the invocation's */
	guint job;
	guint watch;

	char *guest; /* or the UUID, or the side */
	char *xml;
	char *seat;
	struct lend_options options;

	GMutex mutex;
	gboolean running; /* thread may be told to stop */
	gboolean cancelled;
	pthread_t thread;

	GVariant *answer;
	GError *error;
};

struct service {
	GDBusConnection *bus;
	const struct service_work *work;
	struct flights *flights;
	struct seats *seats; /* NULL: none */
	guint registration;
	GHashTable *calls; /* struct call, a set */
	void (*changed)(void *data);
	void *changed_data;
	gboolean stopping;
	void (*stopped)(void *data);
	void *stopped_data;
};

struct method {
	const char *name;
	enum arguments_method arguments; /* 0: none, or those of the hook */
	gboolean hook;                   /* root only */
	gboolean seat;                   /* names a seat and a side */
	gboolean open;                   /* for everybody */
	const char *action;              /* polkit's */
	gboolean (*run)(struct call *call, const struct lend_report *report, GError **error);
};

/* A guest that is up and cannot be typed to is still up. */
static void give_seat(struct call *call, const struct lend_report *report)
{
	g_autoptr(GError) error = NULL;

	if (call->service->seats == NULL ||
	    seats_move(call->service->seats, "", call->guest, &error))
		return;
	if (!hotseat_error_is(error, HOTSEAT_ERROR_ABSENT)) /* it has inputs of its own */
		lend_say(report, LEND_WARNING, "%s", error->message);
}

static gboolean run_up(struct call *call, const struct lend_report *report, GError **error)
{
	struct service *service = call->service;
	gboolean ok;

	flights_begin(service->flights, call->guest);
	ok = service->work->up(call->guest, &call->options, report, error);
	flights_end(service->flights, call->guest);
	if (ok)
		give_seat(call, report);
	return ok;
}

static gboolean run_down(struct call *call, const struct lend_report *report, GError **error)
{
	return call->service->work->down(call->guest, &call->options, report, error);
}

static gboolean run_recover(struct call *call, const struct lend_report *report, GError **error)
{
	return call->service->work->recover(call->guest, &call->options, report, error);
}

static gboolean run_confirm(struct call *call, const struct lend_report *report, GError **error)
{
	return call->service->work->confirm(call->guest, report, error);
}

static gboolean run_prepare(struct call *call, const struct lend_report *report, GError **error)
{
	struct service *service = call->service;
	gboolean ok;

	flights_begin(service->flights, call->guest);
	ok = (service->seats == NULL || seats_prepare(service->seats, call->xml, error)) &&
	     service->work->prepare(call->xml, report, error);
	if (ok)
		flights_expect(service->flights, call->guest, FLIGHT_SECONDS);
	flights_end(service->flights, call->guest);
	return ok;
}

static gboolean run_release(struct call *call, const struct lend_report *report, GError **error)
{
	flights_forget(call->service->flights, call->guest);
	if (call->service->seats != NULL)
		seats_leave(call->service->seats, call->xml);
	return call->service->work->release(call->xml, report, error);
}

static gboolean run_status(struct call *call, const struct lend_report *report, GError **error)
{
	g_autoptr(GPtrArray) states = call->service->work->read_states(error);

	if (states == NULL)
		return FALSE;
	call->answer = g_variant_ref_sink(
		g_variant_new("(@a(ssbbia(ssss)))", interface_pack_states(states)));
	return TRUE;
}

static gboolean check_seats(const struct service *service, GError **error)
{
	if (service->seats != NULL)
		return TRUE;
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED,
		    "this service looks after no seat");
	return FALSE;
}

static gboolean run_swap(struct call *call, const struct lend_report *report, GError **error)
{
	return check_seats(call->service, error) &&
	       seats_move(call->service->seats, call->seat, call->guest, error);
}

static gboolean run_seats(struct call *call, const struct lend_report *report, GError **error)
{
	if (!check_seats(call->service, error))
		return FALSE;
	call->answer = g_variant_ref_sink(
		g_variant_new("(@a(ssb))", seats_describe(call->service->seats)));
	return TRUE;
}

static const struct method methods[] = {
	{ "Up", .arguments = ARGUMENTS_UP, .action = "org.hotseat.up", .run = run_up },
	{ "Down", .arguments = ARGUMENTS_DOWN, .action = "org.hotseat.down", .run = run_down },
	{ "Recover", .arguments = ARGUMENTS_RECOVER, .action = "org.hotseat.recover",
	  .run = run_recover },
	{ "Confirm", .arguments = ARGUMENTS_CONFIRM, .action = "org.hotseat.confirm",
	  .run = run_confirm },
	{ "Prepare", .hook = TRUE, .run = run_prepare },
	{ "Release", .hook = TRUE, .run = run_release },
	{ "Swap", .seat = TRUE, .action = "org.hotseat.swap", .run = run_swap },
	{ "Status", .open = TRUE, .run = run_status },
	{ "Seats", .open = TRUE, .run = run_seats },
};

static const struct method *find_method(const char *name)
{
	for (guint i = 0; i < G_N_ELEMENTS(methods); i++) {
		if (g_str_equal(methods[i].name, name))
			return &methods[i];
	}
	return NULL;
}

static void call_free(struct call *call)
{
	if (call->watch != 0)
		g_bus_unwatch_name(call->watch);
	g_mutex_clear(&call->mutex);
	g_free(call->guest);
	g_free(call->xml);
	g_free(call->seat);
	g_clear_pointer(&call->answer, g_variant_unref);
	g_clear_error(&call->error);
	g_object_unref(call->invocation);
	g_free(call);
}

static void check_stopped(struct service *service)
{
	if (service->stopping && g_hash_table_size(service->calls) == 0 && service->stopped != NULL)
		service->stopped(service->stopped_data);
}

/* What comes from files and from libvirt need not be the UTF-8 that the bus insists on. */
static void answer_error(struct call *call, const GError *error)
{
	g_autofree char *message = g_utf8_make_valid(error->message, -1);

	g_object_ref(call->invocation);
	g_dbus_method_invocation_return_error_literal(
		call->invocation, HOTSEAT_ERROR,
		error->domain == HOTSEAT_ERROR ? error->code : (int)HOTSEAT_ERROR_FAILED, message);
}

static void finish(struct call *call)
{
	struct service *service = call->service;

	if (call->error != NULL) {
		answer_error(call, call->error);
	} else {
		g_object_ref(call->invocation);
		g_dbus_method_invocation_return_value(call->invocation, call->answer);
	}
	g_hash_table_remove(service->calls, call);
	call_free(call);
	check_stopped(service);
}

static gboolean finish_on_main(gpointer data)
{
	struct call *call = data;
	struct service *service = call->service;
	gboolean may_have_changed = !call->method->open;

	finish(call);
	if (may_have_changed && !service->stopping)
		service->changed(service->changed_data);
	return G_SOURCE_REMOVE;
}

static void report_line(enum lend_line kind, const char *text, void *data)
{
	struct call *call = data;
	g_autofree char *valid = g_utf8_make_valid(text, -1);

	g_dbus_connection_emit_signal(
		call->service->bus, call->sender, HOTSEATD_PATH, HOTSEATD_INTERFACE, "Progress",
		g_variant_new("(uss)", call->job, interface_line_name(kind), valid), NULL);
}

static gpointer call_thread(gpointer data)
{
	struct call *call = data;
	const struct lend_report report = { .line = report_line, .data = call };
	GError *error = NULL;

	g_mutex_lock(&call->mutex);
	call->thread = pthread_self();
	call->running = TRUE;
	if (call->cancelled)
		pthread_kill(call->thread, SIGINT);
	g_mutex_unlock(&call->mutex);

	if (!call->method->run(call, &report, &error))
		call->error = error;

	g_mutex_lock(&call->mutex);
	call->running = FALSE;
	g_mutex_unlock(&call->mutex);
	g_idle_add_full(G_PRIORITY_DEFAULT, finish_on_main, call, NULL);
	return NULL;
}

static void cancel(struct call *call)
{
	g_mutex_lock(&call->mutex);
	call->cancelled = TRUE;
	if (call->running)
		pthread_kill(call->thread, SIGINT);
	g_mutex_unlock(&call->mutex);
}

static void on_vanished(GDBusConnection *bus, const char *name, gpointer data)
{
	cancel(data);
}

static void on_allowed(const GError *refusal, void *data)
{
	struct call *call = data;
	GThread *thread;

	if (refusal == NULL && (call->service->stopping || call->cancelled))
		g_set_error(&call->error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED,
			    "stopped before it began; nothing was changed");
	if (refusal != NULL)
		call->error = g_error_copy(refusal);
	if (call->error != NULL) {
		finish(call);
		return;
	}
	thread = g_thread_try_new(call->method->name, call_thread, call, &call->error);
	if (thread == NULL)
		finish(call);
	else
		g_thread_unref(thread);
}

static void ask_permission(struct call *call)
{
	const struct lend_options *options = &call->options;
	GDBusMessage *message = g_dbus_method_invocation_get_message(call->invocation);
	const char *second = options->take_last_display ? "org.hotseat.take-last-display" : NULL;
	struct caller_question question = {
		.bus = call->service->bus,
		.sender = call->sender,
		.actions = { call->method->action, NULL, NULL },
		.guest = call->guest != NULL ? call->guest : "",
		.interactive = (g_dbus_message_get_flags(message) &
				G_DBUS_MESSAGE_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION) != 0,
		.root = call->service->work->root,
		.root_only = call->method->hook,
	};

	if (options->force || options->end_guest)
		second = "org.hotseat.end-guest";
	question.actions[1] = second;
	if (call->method->open)
		on_allowed(NULL, call);
	else
		caller_ask(&question, on_allowed, call);
}

/* Both are names like those of guests, or empty. */
static gboolean parse_seat(struct call *call, GVariant *parameters, GError **error)
{
	g_variant_get(parameters, "(ss)", &call->seat, &call->guest);
	if ((call->seat[0] == '\0' || guest_name_valid(call->seat)) &&
	    (call->guest[0] == '\0' || guest_name_valid(call->guest)))
		return TRUE;
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_USAGE,
		    "a seat and a side are named like guests; \"host\" is the host");
	return FALSE;
}

static gboolean parse(struct call *call, GVariant *parameters, GError **error)
{
	if (call->method->arguments != 0)
		return arguments_parse(parameters, call->method->arguments, &call->guest,
				       &call->options, error);
	if (call->method->seat)
		return parse_seat(call, parameters, error);
	if (!call->method->hook)
		return TRUE;
	g_variant_get(parameters, "(ss)", &call->guest, &call->xml);
	if (g_uuid_string_is_valid(call->guest) && strlen(call->xml) <= HOOK_XML_MOST)
		return TRUE;
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_USAGE, "these are no words of a hook's");
	return FALSE;
}

static guint count_calls(struct service *service, const char *sender)
{
	GHashTableIter iter;
	gpointer key;
	guint count = 0;

	g_hash_table_iter_init(&iter, service->calls);
	while (g_hash_table_iter_next(&iter, &key, NULL)) {
		const struct call *call = key;

		count += g_str_equal(call->sender, sender) ? 1 : 0;
	}
	return count;
}

static void cancel_calls_of(struct service *service, const char *sender)
{
	GHashTableIter iter;
	gpointer key;

	g_hash_table_iter_init(&iter, service->calls);
	while (g_hash_table_iter_next(&iter, &key, NULL)) {
		struct call *call = key;

		if (g_str_equal(call->sender, sender))
			cancel(call);
	}
}

/* Refused before there is a call. The hook always gets in: libvirt waits for it. */
static gboolean refuse(struct service *service, const struct method *method, const char *sender,
		       GDBusMethodInvocation *invocation)
{
	if (service->stopping) {
		g_dbus_method_invocation_return_error_literal(invocation, G_DBUS_ERROR,
							      G_DBUS_ERROR_NAME_HAS_NO_OWNER,
							      "hotseatd is being stopped");
		return TRUE;
	}
	if (method->hook || (g_hash_table_size(service->calls) < CALLS_MOST &&
			     count_calls(service, sender) < CALLS_MOST_OF_ONE))
		return FALSE;
	g_dbus_method_invocation_return_error_literal(
		invocation, HOTSEAT_ERROR, HOTSEAT_ERROR_BUSY,
		"too many calls at a time; wait for one to end");
	return TRUE;
}

static void on_method_call(GDBusConnection *bus, const char *sender, const char *path,
			   const char *interface, const char *name, GVariant *parameters,
			   GDBusMethodInvocation *invocation, gpointer data)
{
	struct service *service = data;
	const struct method *method = find_method(name);
	struct call *call;

	if (method == NULL) { /* Cancel, the only other one in the interface */
		cancel_calls_of(service, sender);
		g_dbus_method_invocation_return_value(invocation, NULL);
		return;
	}
	if (refuse(service, method, sender, invocation))
		return;
	call = g_new0(struct call, 1);
	g_mutex_init(&call->mutex);
	call->service = service;
	call->method = method;
	call->invocation = invocation; /* ours; answering takes one reference more */
	call->sender = g_dbus_method_invocation_get_sender(call->invocation);
	call->job =
		g_dbus_message_get_serial(g_dbus_method_invocation_get_message(call->invocation));
	g_hash_table_add(service->calls, call);
	if (!parse(call, parameters, &call->error)) {
		finish(call);
		return;
	}
	call->watch = g_bus_watch_name_on_connection(bus, sender, G_BUS_NAME_WATCHER_FLAGS_NONE,
						     NULL, on_vanished, call, NULL);
	ask_permission(call);
}

const struct service_work service_work_live = {
	.up = lend_up,
	.down = lend_down,
	.recover = lend_recover,
	.confirm = lend_confirm,
	.prepare = lend_prepare,
	.release = lend_release,
	.read_states = lend_read_states,
	.root = 0,
};

struct service *service_new(GDBusConnection *bus, const struct service_work *work,
			    struct flights *flights, void (*changed)(void *data), void *data,
			    GError **error)
{
	static const GDBusInterfaceVTable vtable = { .method_call = on_method_call };
	struct service *service = g_new0(struct service, 1);

	interface_register_errors();
	service->bus = g_object_ref(bus);
	service->work = work;
	service->flights = flights;
	service->changed = changed;
	service->changed_data = data;
	service->calls = g_hash_table_new(NULL, NULL);
	service->registration = g_dbus_connection_register_object(
		bus, HOTSEATD_PATH, interface_info(), &vtable, service, NULL, error);
	if (service->registration != 0)
		return service;
	service_free(service);
	return NULL;
}

void service_set_seats(struct service *service, struct seats *seats)
{
	service->seats = seats;
}

void service_stop(struct service *service, void (*stopped)(void *data), void *data)
{
	service->stopping = TRUE;
	service->stopped = stopped;
	service->stopped_data = data;
	check_stopped(service);
}

void service_free(struct service *service)
{
	if (service == NULL)
		return;
	g_assert(g_hash_table_size(service->calls) == 0);
	if (service->registration != 0)
		g_dbus_connection_unregister_object(service->bus, service->registration);
	g_hash_table_unref(service->calls);
	g_object_unref(service->bus);
	g_free(service);
}
