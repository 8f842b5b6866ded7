/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Protects: a seat's keyboards are watched while a user's session is active there and not locked,
 * and at no other time: not at a greeter, not for the console of nobody, not while the machine goes
 * to sleep, not while logind does not say. The bus is a real one, logind is a model.
 */
#include <gio/gunixfdlist.h>
#include <unistd.h>

#include "bus.h"
#include "hotseatd/session.h"

#define LOGIND "org.freedesktop.login1"
#define LOGIND_PATH "/org/freedesktop/login1"
#define SEAT_PATH LOGIND_PATH "/seat/seat0"
#define SESSION_PATH LOGIND_PATH "/session/_3"
#define PROPERTIES "org.freedesktop.DBus.Properties"

/* logind, as far as it is asked. */
static struct {
	const char *active; /* path of the active session; "": none */
	const char *class;
	gboolean is_active, locked;
	gboolean refuses; /* to answer anything */
	guint asked;
	int inhibitor; /* our end; -1: none given */
} logind;

static const char interfaces[] =
	"<node><interface name='" PROPERTIES
	"'>"
	"<method name='Get'><arg type='s' direction='in'/><arg type='s' direction='in'/>"
	"<arg type='v' direction='out'/></method>"
	"<method name='GetAll'><arg type='s' direction='in'/>"
	"<arg type='a{sv}' direction='out'/></method></interface>"
	"<interface name='" LOGIND
	".Manager'><method name='Inhibit'>"
	"<arg type='s' direction='in'/><arg type='s' direction='in'/>"
	"<arg type='s' direction='in'/><arg type='s' direction='in'/>"
	"<arg type='h' direction='out'/></method></interface></node>";

static GVariant *active_session(void)
{
	return g_variant_new("(v)", g_variant_new("(so)", logind.active[0] != '\0' ? "3" : "",
						  logind.active[0] != '\0' ? logind.active : "/"));
}

static GVariant *session_properties(void)
{
	GVariantBuilder all;

	g_variant_builder_init(&all, G_VARIANT_TYPE_VARDICT);
	g_variant_builder_add(&all, "{sv}", "Class", g_variant_new_string(logind.class));
	g_variant_builder_add(&all, "{sv}", "Active", g_variant_new_boolean(logind.is_active));
	g_variant_builder_add(&all, "{sv}", "LockedHint", g_variant_new_boolean(logind.locked));
	return g_variant_new("(@a{sv})", g_variant_builder_end(&all));
}

/* answer_inhibit - one end of a pipe; the other tells when it is closed */
static void answer_inhibit(GVariant *parameters, GDBusMethodInvocation *invocation)
{
	g_autoptr(GUnixFDList) fds = g_unix_fd_list_new();
	const char *what, *who;
	int pipes[2];

	g_variant_get(parameters, "(&s&sss)", &what, &who, NULL, NULL);
	g_assert_cmpstr(what, ==, "idle");
	g_assert_cmpstr(who, ==, "Hotseat");
	g_assert_cmpint(pipe(pipes), ==, 0);
	g_unix_fd_list_append(fds, pipes[1], NULL);
	close(pipes[1]);
	logind.inhibitor = pipes[0];
	g_dbus_method_invocation_return_value_with_unix_fd_list(invocation, g_variant_new("(h)", 0),
								fds);
}

static void on_call(GDBusConnection *bus, const char *sender, const char *path,
		    const char *interface, const char *method, GVariant *parameters,
		    GDBusMethodInvocation *invocation, gpointer data)
{
	logind.asked++;
	if (logind.refuses)
		g_dbus_method_invocation_return_error_literal(invocation, G_DBUS_ERROR,
							      G_DBUS_ERROR_TIMEOUT, "too busy");
	else if (g_str_equal(method, "Inhibit"))
		answer_inhibit(parameters, invocation);
	else if (g_str_equal(method, "Get"))
		g_dbus_method_invocation_return_value(invocation, active_session());
	else
		g_dbus_method_invocation_return_value(invocation, session_properties());
}

struct stage {
	GTestDBus *bus;
	GDBusConnection *ours, *theirs;
	struct session *session;
	int present; /* -1: nothing was said */
	guint changes;
};

static void on_changed(gboolean present, void *data)
{
	struct stage *stage = data;

	stage->present = present;
	stage->changes++;
}

static void start_logind(struct stage *stage)
{
	static const GDBusInterfaceVTable vtable = { .method_call = on_call };
	static const char *const paths[] = { SEAT_PATH, SESSION_PATH, LOGIND_PATH };
	g_autoptr(GDBusNodeInfo) node = g_dbus_node_info_new_for_xml(interfaces, NULL);

	stage->theirs = bus_connect(stage->bus);
	for (gsize i = 0; i < G_N_ELEMENTS(paths); i++)
		g_assert_cmpuint(g_dbus_connection_register_object(stage->theirs, paths[i],
								   node->interfaces[i == 2],
								   &vtable, NULL, NULL, NULL),
				 !=, 0);
	bus_own(stage->theirs, LOGIND);
}

static void stage_up(struct stage *stage, gconstpointer data)
{
	logind.active = SESSION_PATH;
	logind.class = "user";
	logind.is_active = TRUE;
	logind.locked = logind.refuses = FALSE;
	logind.asked = 0;
	logind.inhibitor = -1;
	*stage = (struct stage){ .bus = g_test_dbus_new(G_TEST_DBUS_NONE), .present = -1 };
	g_test_dbus_up(stage->bus);
	stage->ours = bus_connect(stage->bus);
}

static void stage_down(struct stage *stage, gconstpointer data)
{
	session_free(stage->session);
	g_clear_object(&stage->theirs);
	g_clear_object(&stage->ours);
	g_test_dbus_stop(stage->bus);
	g_object_unref(stage->bus);
}

/* begin - look at a seat, until something was said of it */
static void begin(struct stage *stage, const char *seat)
{
	stage->session = session_new(stage->ours, seat, on_changed, stage);
	while (stage->changes == 0)
		g_main_context_iteration(NULL, TRUE);
}

static void emit(struct stage *stage, const char *path, const char *interface, const char *signal,
		 GVariant *parameters)
{
	g_autoptr(GError) error = NULL;

	g_dbus_connection_emit_signal(stage->theirs, NULL, path, interface, signal, parameters,
				      &error);
	g_assert_no_error(error);
}

static void tell_changed(struct stage *stage, const char *path, const char *interface)
{
	emit(stage, path, PROPERTIES, "PropertiesChanged",
	     g_variant_new("(sa{sv}as)", interface, NULL, NULL));
}

static void expect(struct stage *stage, gboolean present)
{
	while (stage->present != present)
		g_main_context_iteration(NULL, TRUE);
}

static void ping_bus(GDBusConnection *connection)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GVariant) reply = g_dbus_connection_call_sync(
		connection, "org.freedesktop.DBus", "/org/freedesktop/DBus",
		"org.freedesktop.DBus.Peer", "Ping", NULL, NULL, G_DBUS_CALL_FLAGS_NONE, -1, NULL,
		&error);

	g_assert_no_error(error);
}

/* expect_asked - logind was asked so often more, and its answers have been taken */
static void expect_asked(struct stage *stage, guint wanted)
{
	while (logind.asked < wanted)
		g_main_context_iteration(NULL, TRUE);
	/* The bus reads its sockets in any order: when it has answered logind, it has read all of
	 * logind's, and what it says to us then comes after that. */
	ping_bus(stage->theirs);
	ping_bus(stage->ours);
	while (g_main_context_iteration(NULL, FALSE))
		;
}

static void test_locked(struct stage *stage, gconstpointer data)
{
	start_logind(stage);
	begin(stage, "seat0");
	g_assert_cmpint(stage->present, ==, TRUE);
	for (guint i = 0; i < 3; i++) {
		logind.locked = TRUE;
		tell_changed(stage, SESSION_PATH, LOGIND ".Session");
		expect(stage, FALSE);
		logind.locked = FALSE;
		tell_changed(stage, SESSION_PATH, LOGIND ".Session");
		expect(stage, TRUE);
	}
	g_assert_cmpuint(stage->changes, ==, 7);
}

/* To another virtual terminal: a second user's session, a greeter, one without anybody, and back.
 */
static void test_switched(struct stage *stage, gconstpointer data)
{
	static const struct {
		const char *active, *class;
		gboolean is_active, present;
	} turns[] = {
		{ SESSION_PATH, "greeter", TRUE, FALSE },
		{ SESSION_PATH, "user", TRUE, TRUE },
		{ "", "user", TRUE, FALSE },
		/* the second user, who has the screen now and whose guest it may be */
		{ SESSION_PATH, "user", TRUE, TRUE },
		/* on its way out: still named by the seat, not active any more */
		{ SESSION_PATH, "user", FALSE, FALSE },
		/* root at a prompt, of systemd 256 and later */
		{ SESSION_PATH, "user-early", TRUE, TRUE },
		{ SESSION_PATH, "lock-screen", TRUE, FALSE },
		{ SESSION_PATH, "background", TRUE, FALSE },
	};

	start_logind(stage);
	begin(stage, "seat0");
	for (gsize i = 0; i < G_N_ELEMENTS(turns); i++) {
		guint asked = logind.asked;

		logind.active = turns[i].active;
		logind.class = turns[i].class;
		logind.is_active = turns[i].is_active;
		tell_changed(stage, SEAT_PATH, LOGIND ".Seat");
		expect_asked(stage, asked + (turns[i].active[0] != '\0' ? 2 : 1));
		g_assert_cmpint(stage->present, ==, turns[i].present);
	}
}

/* Not while the machine goes to sleep; afterwards only if the session is not locked by then. */
static void test_sleep(struct stage *stage, gconstpointer data)
{
	start_logind(stage);
	begin(stage, "seat0");
	emit(stage, LOGIND_PATH, LOGIND ".Manager", "PrepareForSleep", g_variant_new("(b)", TRUE));
	expect(stage, FALSE);
	emit(stage, LOGIND_PATH, LOGIND ".Manager", "PrepareForSleep", g_variant_new("(b)", FALSE));
	expect(stage, TRUE);
	/* as desktops do: the lock comes while it goes to sleep */
	emit(stage, LOGIND_PATH, LOGIND ".Manager", "PrepareForSleep", g_variant_new("(b)", TRUE));
	expect(stage, FALSE);
	logind.locked = TRUE;
	tell_changed(stage, SESSION_PATH, LOGIND ".Session");
	expect_asked(stage, logind.asked + 2);
	emit(stage, LOGIND_PATH, LOGIND ".Manager", "PrepareForSleep", g_variant_new("(b)", FALSE));
	emit(stage, LOGIND_PATH, LOGIND ".Manager", "PrepareForSleep", g_variant_new("(s)", "x"));
	tell_changed(stage, SESSION_PATH, LOGIND ".Session");
	expect_asked(stage, logind.asked + 2);
	g_assert_cmpint(stage->present, ==, FALSE);
}

/* A logind that does not answer may have a locked session: until it does, nobody is there. */
static void test_silent(struct stage *stage, gconstpointer data)
{
	start_logind(stage);
	logind.refuses = TRUE;
	begin(stage, "seat0");
	g_assert_cmpint(stage->present, ==, FALSE);
	/* asked again, without another word from it */
	logind.refuses = FALSE;
	expect(stage, TRUE);
	logind.refuses = TRUE;
	tell_changed(stage, SESSION_PATH, LOGIND ".Session");
	expect(stage, FALSE);
}

/* Where nobody can log in, by logind's own word or because there is none, all is watched. */
static void test_no_logind(struct stage *stage, gconstpointer data)
{
	begin(stage, "seat0");
	g_assert_cmpint(stage->present, ==, TRUE);
}

static void test_unknown_seat(struct stage *stage, gconstpointer data)
{
	start_logind(stage);
	begin(stage, "seat-two"); /* as a path: seat_2dtwo */
	g_assert_cmpint(stage->present, ==, TRUE);
	g_assert_cmpuint(logind.asked, ==, 0);
}

/* What somebody else says in logind's words is nobody's business. */
static void test_impostor(struct stage *stage, gconstpointer data)
{
	g_autoptr(GDBusConnection) impostor = NULL;
	guint asked;

	start_logind(stage);
	begin(stage, "seat0");
	asked = logind.asked;
	impostor = bus_connect(stage->bus);
	g_assert_true(g_dbus_connection_emit_signal(impostor, NULL, LOGIND_PATH, LOGIND ".Manager",
						    "PrepareForSleep", g_variant_new("(b)", TRUE),
						    NULL));
	ping_bus(impostor);
	expect_asked(stage, asked);
	g_assert_cmpint(stage->present, ==, TRUE);
	g_assert_cmpuint(stage->changes, ==, 1);
}

/* Idle is held off by a descriptor, and not any longer than it is wanted. */
static void test_idle(struct stage *stage, gconstpointer data)
{
	char byte;

	start_logind(stage);
	begin(stage, "seat0");
	session_hold_off_idle(stage->session, "win11 is being played with");
	while (logind.inhibitor < 0)
		g_main_context_iteration(NULL, TRUE);
	expect_asked(stage, logind.asked);
	session_hold_off_idle(stage->session, NULL);
	g_assert_cmpint(read(logind.inhibitor, &byte, 1), ==, 0);
	close(logind.inhibitor);
	/* taken back before logind has answered */
	logind.inhibitor = -1;
	session_hold_off_idle(stage->session, "again");
	session_hold_off_idle(stage->session, NULL);
	while (logind.inhibitor < 0)
		g_main_context_iteration(NULL, TRUE);
	expect_asked(stage, logind.asked);
	g_assert_cmpint(read(logind.inhibitor, &byte, 1), ==, 0);
	close(logind.inhibitor);
}

#define ADD(name, test) g_test_add(name, struct stage, NULL, stage_up, test, stage_down)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("/session/locked", test_locked);
	ADD("/session/switched", test_switched);
	ADD("/session/sleep", test_sleep);
	ADD("/session/silent", test_silent);
	ADD("/session/no-logind", test_no_logind);
	ADD("/session/unknown-seat", test_unknown_seat);
	ADD("/session/impostor", test_impostor);
	ADD("/session/idle", test_idle);
	return g_test_run();
}
