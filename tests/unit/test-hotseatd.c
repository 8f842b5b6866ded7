/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Protects: what goes over the bus. Who may not, does not get through, whatever is sent; steps and
 * errors arrive as they were said; a caller that leaves stops its call; one that loses the service
 * in the middle is told the truth. The bus is a real one, what the calls do is a model.
 */
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "bus.h"
#include "core/error.h"
#include "handover/step.h"
#include "hotseatd/client.h"
#include "hotseatd/interface.h"
#include "hotseatd/service.h"

#define NOT_ROOT 4242 /* the service's "root", so that the caller, who may be root, is none */

static struct {
	GMutex mutex;
	gboolean hold; /* calls wait until this is FALSE, or they are interrupted */
	guint calls, interrupted;
	int code; /* of HOTSEAT_ERROR, to fail with; -1: none */
	struct lend_options options;
	char *guest;
} model;

static void model_reset(void)
{
	g_mutex_lock(&model.mutex);
	model.hold = FALSE;
	model.calls = model.interrupted = 0;
	model.code = -1;
	g_clear_pointer(&model.guest, g_free);
	g_mutex_unlock(&model.mutex);
}

static guint model_get(const guint *value)
{
	guint got;

	g_mutex_lock(&model.mutex);
	got = *value;
	g_mutex_unlock(&model.mutex);
	return got;
}

static gboolean model_is_held(void)
{
	gboolean held;

	g_mutex_lock(&model.mutex);
	held = model.hold;
	g_mutex_unlock(&model.mutex);
	return held;
}

static gboolean model_act(const char *guest, const struct lend_options *options,
			  const struct lend_report *report, GError **error)
{
	int code;

	/* Whoever asks for whatever: only such a name gets here. */
	g_assert_true(guest[0] == '\0' || guest_name_valid(guest));
	g_assert_cmpuint(options->dead_man, <=, LEND_SECONDS_MOST);
	g_assert_cmpuint(options->timeout, <=, LEND_SECONDS_MOST);
	g_mutex_lock(&model.mutex);
	model.calls++;
	g_free(model.guest);
	model.guest = g_strdup(guest);
	model.options = *options;
	code = model.code;
	g_mutex_unlock(&model.mutex);

	while (model_is_held()) {
		if (step_interrupted()) {
			g_mutex_lock(&model.mutex);
			model.interrupted++;
			g_mutex_unlock(&model.mutex);
			break;
		}
		g_usleep(1000);
	}
	lend_say(report, LEND_STEP, "bind \xff 0000:01:00.0");
	lend_say(report, LEND_SAID, "%s is up.", guest);
	lend_say(report, LEND_WARNING, "the hook is not there");
	if (code < 0)
		return TRUE;
	g_set_error(error, HOTSEAT_ERROR, code, "no %s, \xfe", guest);
	return FALSE;
}

static gboolean model_confirm(const char *guest, const struct lend_report *report, GError **error)
{
	const struct lend_options usual = LEND_OPTIONS_DEFAULT;

	return model_act(guest, &usual, report, error);
}

static gboolean model_hook(const char *xml, const struct lend_report *report, GError **error)
{
	return model_confirm("hook", report, error);
}

static GPtrArray *model_states(GError **error)
{
	static char what[] = "bind 0000:01:00.0", former[] = "bochs-drm", wanted[] = "vfio-pci",
		    now[] = "none";
	static struct handover_step_state step = { what, former, wanted, now };
	GPtrArray *steps = g_ptr_array_new();
	GPtrArray *states = g_ptr_array_new_with_free_func((GDestroyNotify)handover_state_free);
	struct handover_state *state = g_new0(struct handover_state, 1);

	g_ptr_array_add(steps, &step);
	state->uuid = g_strdup("11111111-2222-3333-4444-555555555555");
	state->name = g_strdup("win11");
	state->complete = TRUE;
	state->pid = 7;
	state->steps = steps;
	g_ptr_array_add(states, state);
	return states;
}

static struct service_work work = {
	.up = model_act,
	.down = model_act,
	.recover = model_act,
	.confirm = model_confirm,
	.prepare = model_hook,
	.release = model_hook,
	.read_states = model_states,
};

/* -- polkit, as far as it is asked ---------------------------------------------------------- */

static struct {
	const char *allows; /* of the actions, separated by blanks */
	char *subject;      /* the last one asked about */
	guint asked;
} polkit;

static void on_check(GDBusConnection *bus, const char *sender, const char *path,
		     const char *interface, const char *method, GVariant *parameters,
		     GDBusMethodInvocation *invocation, gpointer data)
{
	g_autoptr(GVariant) subject = NULL;
	g_auto(GStrv) allowed = g_strsplit(polkit.allows, " ", 0);
	GVariantBuilder details;
	const char *kind, *action, *name = NULL;

	g_variant_get(parameters, "((&s@a{sv})&sa{ss}us)", &kind, &subject, &action, NULL, NULL,
		      NULL);
	g_assert_cmpstr(kind, ==, "system-bus-name");
	g_assert_true(g_variant_lookup(subject, "name", "&s", &name));
	g_free(polkit.subject);
	polkit.subject = g_strdup(name);
	polkit.asked++;
	g_variant_builder_init(&details, G_VARIANT_TYPE("a{ss}"));
	g_dbus_method_invocation_return_value(
		invocation,
		g_variant_new("((bba{ss}))", g_strv_contains((const char *const *)allowed, action),
			      FALSE, &details));
}

/* -- the bus, the service, callers ------------------------------------------------------------ */

struct stage {
	GTestDBus *bus;
	GDBusConnection *connection, *polkit;
	struct flights *flights;
	struct service *service;
	guint changed;
};

static void on_changed(void *data)
{
	((struct stage *)data)->changed++;
}

static void start_polkit(struct stage *stage)
{
	stage->polkit = bus_connect(stage->bus);
	bus_be_polkit(stage->polkit, on_check);
}

static void start_service(struct stage *stage)
{
	g_autoptr(GError) error = NULL;

	stage->connection = bus_connect(stage->bus);
	stage->flights = flights_new();
	stage->service =
		service_new(stage->connection, &work, stage->flights, on_changed, stage, &error);
	g_assert_no_error(error);
	bus_own(stage->connection, HOTSEATD_NAME);
}

static void stage_up(struct stage *stage, gconstpointer data)
{
	model_reset();
	work.root = geteuid();
	polkit.allows = "";
	polkit.asked = 0;
	stage->bus = g_test_dbus_new(G_TEST_DBUS_NONE);
	g_test_dbus_up(stage->bus);
	g_setenv("DBUS_SYSTEM_BUS_ADDRESS", g_test_dbus_get_bus_address(stage->bus), TRUE);
	start_service(stage);
}

static void stage_down(struct stage *stage, gconstpointer data)
{
	service_free(stage->service);
	flights_free(stage->flights);
	g_clear_object(&stage->polkit);
	g_clear_object(&stage->connection);
	g_test_dbus_stop(stage->bus);
	g_object_unref(stage->bus);
	g_clear_pointer(&polkit.subject, g_free);
}

/* A caller has a thread, because it waits; the service has the main loop. */
struct caller {
	const char *method, *guest;
	enum arguments_method kind;
	struct lend_options options;
	GString *said;
	gboolean ok;
	GError *error;
	gint done;
};

static void hear(enum lend_line kind, const char *text, void *data)
{
	struct caller *caller = data;

	g_string_append_printf(caller->said, "%s: %s\n", interface_line_name(kind), text);
}

static gpointer call_in_thread(gpointer data)
{
	struct caller *caller = data;
	const struct lend_report report = { .line = hear, .data = caller };

	if (g_str_equal(caller->method, "Prepare") || g_str_equal(caller->method, "Release"))
		caller->ok = client_hook(caller->method, caller->guest, "<domain/>", 20, &report,
					 &caller->error);
	else
		caller->ok = client_call(caller->method, caller->kind, caller->guest,
					 &caller->options, &report, &caller->error);
	g_atomic_int_set(&caller->done, 1);
	g_main_context_wakeup(NULL);
	return NULL;
}

static GThread *caller_begin(struct caller *caller)
{
	caller->said = g_string_new(NULL);
	return g_thread_new("caller", call_in_thread, caller);
}

static void caller_end(struct caller *caller, GThread *thread)
{
	while (!g_atomic_int_get(&caller->done))
		g_main_context_iteration(NULL, TRUE);
	g_thread_join(thread);
}

static void caller_clear(struct caller *caller)
{
	g_string_free(caller->said, TRUE);
	g_clear_error(&caller->error);
}

static struct caller ask(const char *method, enum arguments_method kind, const char *guest,
			 struct lend_options options)
{
	struct caller caller = {
		.method = method, .kind = kind, .guest = guest, .options = options
	};
	GThread *thread = caller_begin(&caller);

	caller_end(&caller, thread);
	return caller;
}

static void iterate_until(const guint *value, guint wanted)
{
	while (model_get(value) < wanted) {
		g_main_context_iteration(NULL, FALSE);
		g_usleep(1000);
	}
}

static void test_said(struct stage *stage, gconstpointer data)
{
	struct lend_options options = LEND_OPTIONS_DEFAULT;
	struct caller caller;

	options.take_last_display = TRUE;
	options.dead_man = 17;
	caller = ask("Up", ARGUMENTS_UP, "win11", options);
	g_assert_no_error(caller.error);
	g_assert_true(caller.ok);
	/* in order, each once, and in the UTF-8 that the bus insists on */
	g_assert_cmpstr(caller.said->str, ==,
			"step: bind \357\277\275 0000:01:00.0\nsaid: win11 is up.\n"
			"warning: the hook is not there\n");
	g_assert_cmpstr(model.guest, ==, "win11");
	g_assert_true(model.options.take_last_display);
	g_assert_cmpuint(model.options.dead_man, ==, 17);
	g_assert_cmpuint(model.options.timeout, ==, LEND_DOWN_SECONDS);
	g_assert_cmpuint(stage->changed, ==, 1);
	g_assert_cmpuint(polkit.asked, ==, 0);
	caller_clear(&caller);
}

/* An exit status is made of the code: it must be the same with and without the service. */
static void test_errors(struct stage *stage, gconstpointer data)
{
	for (int code = HOTSEAT_ERROR_USAGE; code <= HOTSEAT_ERROR_UNREADABLE; code++) {
		struct caller caller;

		model.code = code;
		caller = ask("Down", ARGUMENTS_DOWN, "win11", LEND_OPTIONS_DEFAULT);
		g_assert_error(caller.error, HOTSEAT_ERROR, code);
		g_assert_cmpstr(caller.error->message, ==, "no win11, \357\277\275");
		g_assert_false(client_is_absent(caller.error));
		caller_clear(&caller);
	}
}

static void expect_denied(const char *method, enum arguments_method kind, const char *guest,
			  struct lend_options options, const char *word)
{
	guint calls = model.calls;
	struct caller caller = ask(method, kind, guest, options);

	g_assert_error(caller.error, HOTSEAT_ERROR, HOTSEAT_ERROR_DENIED);
	g_assert_nonnull(strstr(caller.error->message, word));
	g_assert_cmpuint(model.calls, ==, calls);
	caller_clear(&caller);
}

static void test_permission(struct stage *stage, gconstpointer data)
{
	const char *const uuid = "11111111-2222-3333-4444-555555555555";
	struct lend_options options = LEND_OPTIONS_DEFAULT;
	struct caller caller;

	work.root = NOT_ROOT;
	expect_denied("Up", ARGUMENTS_UP, "win11", options, "polkit cannot say");
	start_polkit(stage);
	expect_denied("Up", ARGUMENTS_UP, "win11", options, "org.hotseat.up");
	expect_denied("Down", ARGUMENTS_DOWN, "win11", options, "org.hotseat.down");
	expect_denied("Recover", ARGUMENTS_RECOVER, "", options, "org.hotseat.recover");
	expect_denied("Confirm", ARGUMENTS_CONFIRM, "win11", options, "org.hotseat.confirm");
	/* the hook's are root's, whatever polkit thinks */
	polkit.allows = "org.hotseat.up org.hotseat.down";
	polkit.asked = 0;
	expect_denied("Prepare", 0, uuid, options, "only root");
	expect_denied("Release", 0, uuid, options, "only root");
	g_assert_cmpuint(polkit.asked, ==, 0);

	caller = ask("Up", ARGUMENTS_UP, "win11", options);
	g_assert_no_error(caller.error);
	caller_clear(&caller);
	g_assert_true(g_dbus_is_unique_name(polkit.subject));
	g_assert_cmpstr(polkit.subject, !=, g_dbus_connection_get_unique_name(stage->connection));
	/* what costs more needs more */
	options.take_last_display = TRUE;
	expect_denied("Up", ARGUMENTS_UP, "win11", options, "org.hotseat.take-last-display");
	options = LEND_OPTIONS_DEFAULT;
	options.force = TRUE;
	expect_denied("Down", ARGUMENTS_DOWN, "win11", options, "org.hotseat.end-guest");
}

static void test_hook_of_root(struct stage *stage, gconstpointer data)
{
	const char *const uuid = "11111111-2222-3333-4444-555555555555";
	struct caller caller = ask("Prepare", 0, uuid, LEND_OPTIONS_DEFAULT);

	g_assert_no_error(caller.error);
	caller_clear(&caller);
	/* the card is lent and nobody has it open: not gone, but being started */
	g_assert_true(flights_has(stage->flights, uuid));
	caller = ask("Release", 0, uuid, LEND_OPTIONS_DEFAULT);
	g_assert_no_error(caller.error);
	caller_clear(&caller);
	g_assert_false(flights_has(stage->flights, uuid));
}

/* Calls as somebody writes them who means no good; none of them may get as far as the model. */
static void test_hostile(struct stage *stage, gconstpointer data)
{
	g_autofree char *long_name = g_strnfill(100000, 'a');
	g_autofree char *no_option = g_strdup_printf("('a', {'%s': <true>})", long_name);
	g_autofree char *no_name = g_strdup_printf("('%s', @a{sv} {})", long_name);
	const char *const calls[][2] = {
		{ "Up", "('a',)" },
		{ "Up", "(1, 2)" },
		{ "Up", "(['a'], @a{sv} {})" },
		{ "Up", "('', @a{sv} {})" },
		{ "Up", "('a/b', @a{sv} {})" },
		{ "Up", "('a\\nb', @a{sv} {})" },
		{ "Up", "('-a', @a{sv} {})" },
		{ "Up", "('ä', @a{sv} {})" },
		{ "Up", no_name },
		{ "Up", no_option },
		{ "Up", "('a', {'force': <true>})" },
		{ "Up", "('a', {'dead_man': <true>})" },
		{ "Up", "('a', {'dead_man': <uint32 86401>})" },
		{ "Up", "('a', {'take_last_display': <'yes'>})" },
		{ "Up", "('a', {'take_last_display': <<<true>>>})" },
		{ "Down", "('a', {'timeout': <int32 -1>})" },
		{ "Recover", "('a b', @a{sv} {})" },
		{ "Recover", "('a', {'dead_man_acts': <true>})" },
		{ "Confirm", "('', @a{sv} {})" },
		{ "Prepare", "('a', '<domain/>')" },
		{ "Prepare", "('', '')" },
		{ "Swap", "('../seat0', 'win11')" },
		{ "Swap", "('seat0', 'a/b')" },
		{ "Swap", "('seat0', '-')" },
		{ "Swap", "('seat0',)" },
		{ "Seats", "('seat0',)" },
		{ "Status", "('a',)" },
		{ "Reboot", "()" },
	};
	g_autoptr(GDBusConnection) stranger = bus_connect(stage->bus);

	for (guint i = 0; i < G_N_ELEMENTS(calls); i++) {
		g_autoptr(GError) error = NULL;
		GVariant *arguments = g_variant_parse(NULL, calls[i][1], NULL, NULL, &error);
		g_autoptr(GDBusMessage) message = g_dbus_message_new_method_call(
			HOTSEATD_NAME, HOTSEATD_PATH, HOTSEATD_INTERFACE, calls[i][0]);

		g_assert_no_error(error);
		g_dbus_message_set_body(message, arguments);
		g_dbus_connection_send_message(stranger, message, G_DBUS_SEND_MESSAGE_FLAGS_NONE,
					       NULL, &error);
		g_assert_no_error(error);
	}
	/* One that is sound comes last, and is answered: the service lives, and has seen them all.
	 */
	g_assert_true(ask("Up", ARGUMENTS_UP, "last", LEND_OPTIONS_DEFAULT).ok);
	g_assert_cmpuint(model.calls, ==, 1);
	g_assert_cmpstr(model.guest, ==, "last");
}

static void set_true(void *data)
{
	*(gboolean *)data = TRUE;
}

/* -- calls made of dice ---------------------------------------------------------------------- */

static char *random_text(void)
{
	static const char *const texts[] = { "",
					     "win11",
					     "host",
					     "seat0",
					     "../../etc",
					     "a\nb",
					     "-",
					     ".",
					     "%s%n",
					     "force",
					     "dead_man",
					     "timeout",
					     "take_last_display",
					     "end_guest",
					     "\xc3\xa4" };
	guint length = g_test_rand_bit() ? 0 : (guint)g_test_rand_int_range(1, 30);
	g_autoptr(GString) text = g_string_new(NULL);

	if (length == 0)
		return g_strdup(texts[g_test_rand_int_range(0, G_N_ELEMENTS(texts))]);
	if (g_test_rand_int_range(0, 50) == 0)
		return g_strnfill(100000, 'x');
	for (guint i = 0; i < length; i++)
		g_string_append_unichar(text, (gunichar)g_test_rand_int_range(1, 0xd7ff));
	return g_strdup(text->str);
}

static GVariant *random_value(guint depth);

static GVariant *random_options(guint depth)
{
	GVariantBuilder options;

	g_variant_builder_init(&options, G_VARIANT_TYPE_VARDICT);
	for (int i = g_test_rand_int_range(0, 4); i > 0; i--) {
		g_autofree char *name = random_text();

		g_variant_builder_add(&options, "{sv}", name, random_value(depth));
	}
	return g_variant_builder_end(&options);
}

static GVariant *random_tuple(guint depth)
{
	GVariantBuilder tuple;

	g_variant_builder_init(&tuple, G_VARIANT_TYPE_TUPLE);
	for (int i = g_test_rand_int_range(depth == 0 ? 0 : 1, 4); i > 0; i--)
		g_variant_builder_add_value(&tuple, random_value(depth));
	return g_variant_builder_end(&tuple);
}

static GVariant *random_value(guint depth)
{
	g_autofree char *text = random_text();

	switch (g_test_rand_int_range(0, depth >= 4 ? 6 : 9)) {
	case 0:
		return g_variant_new_boolean(g_test_rand_bit());
	case 1:
		return g_variant_new_uint32((guint32)g_test_rand_int());
	case 2:
		return g_variant_new_uint32((guint32)g_test_rand_int_range(0, 1000));
	case 3:
		return g_variant_new_int64(-1);
	case 4:
		return g_variant_new_double(g_test_rand_double());
	case 5:
		return g_variant_new_string(text);
	case 6:
		return g_variant_new_variant(random_value(depth + 1));
	case 7:
		return random_options(depth + 1);
	default:
		return random_tuple(depth + 1);
	}
}

/* Often as the method wants it, so that it gets further. */
static GVariant *random_arguments(void)
{
	g_autofree char *one = random_text();
	g_autofree char *other = random_text();

	switch (g_test_rand_int_range(0, 5)) {
	case 0:
		return g_variant_new("()");
	case 1:
		return g_variant_new("(ss)", one, other);
	case 2:
		return g_variant_new("(ss)", "11111111-2222-3333-4444-555555555555", other);
	case 3:
		return g_variant_new("(s@a{sv})", one, random_options(1));
	default:
		return random_tuple(0);
	}
}

static void on_answer(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(GVariant) answer G_GNUC_UNUSED =
		g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, NULL);

	*(guint *)data -= 1;
}

static void call_at_random(GDBusConnection *connection, guint *waiting)
{
	static const char *const methods[] = { "Up",      "Down",    "Recover", "Confirm",
					       "Prepare", "Release", "Swap",    "Status",
					       "Seats",   "Cancel",  "Reboot",  "GetAll" };
	gboolean elsewhere = g_test_rand_int_range(0, 20) == 0;

	*waiting += 1;
	g_dbus_connection_call(connection, HOTSEATD_NAME, elsewhere ? "/" : HOTSEATD_PATH,
			       g_test_rand_int_range(0, 20) == 0 ? "org.freedesktop.DBus.Properties"
								 : HOTSEATD_INTERFACE,
			       methods[g_test_rand_int_range(0, G_N_ELEMENTS(methods))],
			       random_arguments(), NULL, G_DBUS_CALL_FLAGS_NONE, G_MAXINT, NULL,
			       on_answer, waiting);
}

/* rattle - many calls by callers that come and go, each of which is answered or has left */
static void rattle(struct stage *stage, guint calls)
{
	GDBusConnection *connection = bus_connect(stage->bus);
	guint waiting = 0;

	for (guint i = 0; i < calls; i++) {
		call_at_random(connection, &waiting);
		while (waiting > 12)
			g_main_context_iteration(NULL, TRUE);
		if (g_test_rand_int_range(0, 100) != 0)
			continue;
		g_dbus_connection_close_sync(connection, NULL, NULL);
		while (waiting > 0)
			g_main_context_iteration(NULL, TRUE);
		g_object_unref(connection);
		connection = bus_connect(stage->bus);
	}
	while (waiting > 0)
		g_main_context_iteration(NULL, TRUE);
	g_object_unref(connection);
}

/*
 * Calls with any name, any types and any values, HOTSEAT_TEST_CALLS of them: of somebody who may
 * nothing, none gets to the model; of root, only what has a sense does (see model_act()).
 */
static void test_random(struct stage *stage, gconstpointer data)
{
	const char *wanted = g_getenv("HOTSEAT_TEST_CALLS");
	guint calls = wanted == NULL ? 500 : (guint)g_ascii_strtoull(wanted, NULL, 10);
	gboolean stopped = FALSE;

	work.root = NOT_ROOT;
	start_polkit(stage);
	rattle(stage, calls);
	g_assert_cmpuint(model.calls, ==, 0);
	work.root = geteuid();
	rattle(stage, calls);
	g_test_message("%u calls, of which %u made sense", calls, model.calls);
	g_assert_cmpuint(model.calls, >, 0);
	g_assert_true(ask("Up", ARGUMENTS_UP, "last", LEND_OPTIONS_DEFAULT).ok);
	/* Calls of callers that have left are not over before their threads are. */
	service_stop(stage->service, set_true, &stopped);
	while (!stopped)
		g_main_context_iteration(NULL, TRUE);
}

static void test_flood(struct stage *stage, gconstpointer data)
{
	g_autoptr(GPtrArray) connections = g_ptr_array_new_with_free_func(g_object_unref);
	struct caller caller;

	model.hold = TRUE;
	for (guint i = 0; i < 20; i++) {
		GDBusConnection *connection = bus_connect(stage->bus);

		g_ptr_array_add(connections, connection);
		for (guint j = 0; j < 20; j++)
			g_dbus_connection_call(connection, HOTSEATD_NAME, HOTSEATD_PATH,
					       HOTSEATD_INTERFACE, "Up",
					       g_variant_new("(sa{sv})", "win11", NULL), NULL,
					       G_DBUS_CALL_FLAGS_NONE, -1, NULL, NULL, NULL);
	}
	iterate_until(&model.calls, 32);
	/* full: said so, at once */
	caller = ask("Up", ARGUMENTS_UP, "win11", LEND_OPTIONS_DEFAULT);
	g_assert_error(caller.error, HOTSEAT_ERROR, HOTSEAT_ERROR_BUSY);
	caller_clear(&caller);
	/* libvirt waits for its hook, which gets in all the same */
	model.hold = FALSE;
	caller = ask("Prepare", 0, "11111111-2222-3333-4444-555555555555", LEND_OPTIONS_DEFAULT);
	g_assert_no_error(caller.error);
	caller_clear(&caller);
	/* 6 of one caller and 32 in all have got through, and the hook */
	while (stage->changed < 33)
		g_main_context_iteration(NULL, TRUE);
	g_assert_cmpuint(model.calls, ==, 33);
}

/* Who leaves has cancelled; so has who says so, and then learns how it went. */
static void test_cancelled(struct stage *stage, gconstpointer data)
{
	GDBusConnection *stranger = bus_connect(stage->bus);

	model.hold = TRUE;
	g_dbus_connection_call(stranger, HOTSEATD_NAME, HOTSEATD_PATH, HOTSEATD_INTERFACE, "Up",
			       g_variant_new("(sa{sv})", "win11", NULL), NULL,
			       G_DBUS_CALL_FLAGS_NONE, -1, NULL, NULL, NULL);
	iterate_until(&model.calls, 1);
	g_assert_true(flights_has(stage->flights, "win11"));
	g_dbus_connection_close_sync(stranger, NULL, NULL);
	iterate_until(&model.interrupted, 1);
	while (stage->changed < 1)
		g_main_context_iteration(NULL, TRUE);
	g_assert_false(flights_has(stage->flights, "win11"));
	g_object_unref(stranger);
}

static void on_status(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(GVariant) answer =
		g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, NULL);

	g_assert_nonnull(answer);
	*(gboolean *)data = TRUE;
}

/* A call that the kernel does not let go of keeps nobody else waiting. */
static void test_answers_meanwhile(struct stage *stage, gconstpointer data)
{
	struct caller hangs = { .method = "Up", .kind = ARGUMENTS_UP, .guest = "win11" };
	GDBusConnection *other = bus_connect(stage->bus);
	GThread *thread;

	model.hold = TRUE;
	thread = caller_begin(&hangs);
	iterate_until(&model.calls, 1);
	for (guint i = 0; i < 20; i++) {
		gboolean answered = FALSE;

		g_dbus_connection_call(other, HOTSEATD_NAME, HOTSEATD_PATH, HOTSEATD_INTERFACE,
				       "Status", NULL, NULL, G_DBUS_CALL_FLAGS_NONE, -1, NULL,
				       on_status, &answered);
		while (!answered)
			g_main_context_iteration(NULL, TRUE);
		g_assert_false(g_atomic_int_get(&hangs.done));
	}
	g_mutex_lock(&model.mutex);
	model.hold = FALSE;
	g_mutex_unlock(&model.mutex);
	caller_end(&hangs, thread);
	g_assert_true(hangs.ok);
	caller_clear(&hangs);
	g_object_unref(other);
}

static void test_absent(struct stage *stage, gconstpointer data)
{
	struct caller caller;

	g_dbus_connection_close_sync(stage->connection, NULL, NULL);
	caller = ask("Up", ARGUMENTS_UP, "win11", LEND_OPTIONS_DEFAULT);
	g_assert_true(client_is_absent(caller.error));
	caller_clear(&caller);
	g_setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nowhere", TRUE);
	caller = ask("Up", ARGUMENTS_UP, "win11", LEND_OPTIONS_DEFAULT);
	g_assert_true(client_is_absent(caller.error));
	caller_clear(&caller);
	g_assert_false(client_is_absent(NULL));
}

/* Killed in the middle: it must not look as if nothing had been asked, nor as if all were well. */
static void test_lost(struct stage *stage, gconstpointer data)
{
	struct caller caller = { .method = "Up",
				 .kind = ARGUMENTS_UP,
				 .guest = "win11",
				 .options = LEND_OPTIONS_DEFAULT };
	GThread *thread = caller_begin(&caller);

	model.hold = TRUE;
	iterate_until(&model.calls, 1);
	g_dbus_connection_close_sync(stage->connection, NULL, NULL);
	caller_end(&caller, thread);
	g_assert_error(caller.error, HOTSEAT_ERROR, HOTSEAT_ERROR_NOT_BACK);
	g_assert_false(client_is_absent(caller.error));
	caller_clear(&caller);
	model.hold = FALSE;
	while (stage->changed < 1)
		g_main_context_iteration(NULL, TRUE);
}

/* Being stopped, it ends what it does and takes nothing new; who asks then does without. */
static void test_stopped(struct stage *stage, gconstpointer data)
{
	struct caller first = { .method = "Up",
				.kind = ARGUMENTS_UP,
				.guest = "win11",
				.options = LEND_OPTIONS_DEFAULT };
	struct caller second;
	GThread *thread = caller_begin(&first);
	gboolean stopped = FALSE;

	model.hold = TRUE;
	iterate_until(&model.calls, 1);
	service_stop(stage->service, set_true, &stopped);
	g_assert_false(stopped);
	second = ask("Down", ARGUMENTS_DOWN, "win11", LEND_OPTIONS_DEFAULT);
	g_assert_true(client_is_absent(second.error));
	caller_clear(&second);
	model.hold = FALSE;
	caller_end(&first, thread);
	g_assert_no_error(first.error);
	caller_clear(&first);
	while (!stopped)
		g_main_context_iteration(NULL, TRUE);
}

static gpointer read_in_thread(gpointer data)
{
	GPtrArray *states = client_states(NULL);

	g_atomic_int_set((gint *)data, 1);
	g_main_context_wakeup(NULL);
	return states;
}

static void test_states(struct stage *stage, gconstpointer data)
{
	g_autoptr(GPtrArray) states = NULL;
	const struct handover_state *state;
	const struct handover_step_state *step;
	gint done = 0;
	GThread *thread;

	/* for everybody: nobody is asked */
	work.root = NOT_ROOT;
	thread = g_thread_new("reader", read_in_thread, &done);
	while (!g_atomic_int_get(&done))
		g_main_context_iteration(NULL, TRUE);
	states = g_thread_join(thread);
	g_assert_nonnull(states);
	g_assert_cmpuint(states->len, ==, 1);
	state = g_ptr_array_index(states, 0);
	g_assert_cmpstr(state->name, ==, "win11");
	g_assert_true(state->complete);
	g_assert_false(state->hook_seen);
	g_assert_cmpint(state->pid, ==, 7);
	g_assert_cmpuint(state->steps->len, ==, 1);
	step = g_ptr_array_index(state->steps, 0);
	g_assert_cmpstr(step->what, ==, "bind 0000:01:00.0");
	g_assert_cmpstr(step->former, ==, "bochs-drm");
	g_assert_cmpstr(step->wanted, ==, "vfio-pci");
	g_assert_cmpstr(step->now, ==, "none");
}

/* Who only looks does not start a service; who has to know does. */
static void test_looking_starts_nothing(void)
{
	g_autofree char *folder = g_dir_make_tmp("hotseat-XXXXXX", NULL);
	g_autofree char *file = g_build_filename(folder, HOTSEATD_NAME ".service", NULL);
	g_autofree char *mark = g_build_filename(folder, "started", NULL);
	g_autofree char *text = g_strdup_printf(
		"[D-BUS Service]\nName=" HOTSEATD_NAME "\nExec=/usr/bin/touch %s\n", mark);
	GTestDBus *bus = g_test_dbus_new(G_TEST_DBUS_NONE);
	g_autoptr(GError) error = NULL;

	g_assert_true(g_file_set_contents(file, text, -1, NULL));
	g_test_dbus_add_service_dir(bus, folder);
	g_test_dbus_up(bus);
	g_setenv("DBUS_SYSTEM_BUS_ADDRESS", g_test_dbus_get_bus_address(bus), TRUE);
	g_assert_null(client_seats(FALSE, &error));
	g_assert_true(client_is_absent(error));
	g_assert_false(g_file_test(mark, G_FILE_TEST_EXISTS));
	g_clear_error(&error);
	g_assert_null(client_states(&error));
	g_assert_true(client_is_absent(error));
	g_assert_true(g_file_test(mark, G_FILE_TEST_EXISTS));
	g_test_dbus_down(bus);
	g_object_unref(bus);
	unlink(mark);
	unlink(file);
	rmdir(folder);
}

static void test_flights(void)
{
	struct flights *flights = flights_new();

	g_assert_false(flights_has(flights, "a"));
	flights_begin(flights, "a");
	flights_begin(flights, "a");
	flights_end(flights, "a");
	g_assert_true(flights_has(flights, "a"));
	flights_end(flights, "a");
	g_assert_false(flights_has(flights, "a"));
	flights_expect(flights, "a", 100);
	g_assert_true(flights_has(flights, "a"));
	flights_expect(flights, "a", 0);
	g_assert_false(flights_has(flights, "a"));
	flights_expect(flights, "a", 100);
	flights_forget(flights, "a");
	flights_forget(flights, "never seen");
	g_assert_false(flights_has(flights, "a"));
	flights_free(flights);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *path;
		void (*test)(struct stage *stage, gconstpointer data);
	} tests[] = {
		{ "/hotseatd/said", test_said },
		{ "/hotseatd/errors", test_errors },
		{ "/hotseatd/permission", test_permission },
		{ "/hotseatd/hook-of-root", test_hook_of_root },
		{ "/hotseatd/hostile", test_hostile },
		{ "/hotseatd/random", test_random },
		{ "/hotseatd/flood", test_flood },
		{ "/hotseatd/cancelled", test_cancelled },
		{ "/hotseatd/absent", test_absent },
		{ "/hotseatd/lost", test_lost },
		{ "/hotseatd/stopped", test_stopped },
		{ "/hotseatd/states", test_states },
		{ "/hotseatd/answers-meanwhile", test_answers_meanwhile },
	};
	sigset_t interrupt;

	/* as hotseatd does, before there are threads */
	sigemptyset(&interrupt);
	sigaddset(&interrupt, SIGINT);
	pthread_sigmask(SIG_BLOCK, &interrupt, NULL);
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/hotseatd/flights", test_flights);
	g_test_add_func("/hotseatd/looking-starts-nothing", test_looking_starts_nothing);
	for (guint i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add(tests[i].path, struct stage, NULL, stage_up, tests[i].test, stage_down);
	return g_test_run();
}
