/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Protects: what is the user's follows the seat. The screen saver is held off exactly while a guest
 * has it, by whatever the desktop has for that and whenever that comes or goes; the user's command
 * runs once for each move, the last one last; what failed is shown; the seats of other users are
 * left alone. The bus is a real one, the desktop's services and hotseatd are models.
 */
#include <glib/gstdio.h>
#include <string.h>

#include "bus.h"
#include "helper/errand.h"
#include "helper/helper.h"
#include "hotseatd/interface.h"

static const char interfaces[] =
	"<node>"
	"<interface name='" HOTSEATD_INTERFACE
	"'><method name='Seats'>"
	"<arg type='a(ssb)' direction='out'/></method></interface>"
	"<interface name='org.freedesktop.ScreenSaver'>"
	"<method name='Inhibit'><arg type='s' direction='in'/><arg type='s' direction='in'/>"
	"<arg type='u' direction='out'/></method>"
	"<method name='UnInhibit'><arg type='u' direction='in'/></method></interface>"
	"<interface name='org.gnome.SessionManager'>"
	"<method name='Inhibit'><arg type='s' direction='in'/><arg type='u' direction='in'/>"
	"<arg type='s' direction='in'/><arg type='u' direction='in'/>"
	"<arg type='u' direction='out'/></method>"
	"<method name='Uninhibit'><arg type='u' direction='in'/></method></interface>"
	"<interface name='org.freedesktop.portal.Inhibit'>"
	"<method name='Inhibit'><arg type='s' direction='in'/><arg type='u' direction='in'/>"
	"<arg type='a{sv}' direction='in'/><arg type='o' direction='out'/></method></interface>"
	"<interface name='org.freedesktop.portal.Request'><method name='Close'/></interface>"
	"<interface name='org.freedesktop.Notifications'><method name='Notify'>"
	"<arg type='s' direction='in'/><arg type='u' direction='in'/><arg type='s' direction='in'/>"
	"<arg type='s' direction='in'/><arg type='s' direction='in'/>"
	"<arg type='as' direction='in'/><arg type='a{sv}' direction='in'/>"
	"<arg type='i' direction='in'/><arg type='u' direction='out'/></method></interface>"
	"</node>";

#define REQUEST "/org/freedesktop/portal/desktop/request/1"

static const struct {
	const char *name, *path, *interface;
} services[] = {
	{ HOTSEATD_NAME, HOTSEATD_PATH, HOTSEATD_INTERFACE },
	{ "org.freedesktop.ScreenSaver", "/org/freedesktop/ScreenSaver",
	  "org.freedesktop.ScreenSaver" },
	{ "org.gnome.SessionManager", "/org/gnome/SessionManager", "org.gnome.SessionManager" },
	{ "org.freedesktop.portal.Desktop", "/org/freedesktop/portal/desktop",
	  "org.freedesktop.portal.Inhibit" },
	{ "org.freedesktop.portal.Desktop", REQUEST, "org.freedesktop.portal.Request" },
	{ "org.freedesktop.Notifications", "/org/freedesktop/Notifications",
	  "org.freedesktop.Notifications" },
};

struct stage {
	GTestDBus *bus;
	GDBusConnection *desktop, *ours;
	struct helper *helper;
	char *folder, *settings, *ran;
	const char *side; /* what Seats says of seat0 */
	GString *heard;   /* by the models, one call a line */
	gboolean sits;
};

static GVariant *answer(const struct stage *stage, const char *interface, const char *method)
{
	if (g_str_equal(method, "Seats"))
		return g_variant_new_parsed("([('seat0', %s, true)],)", stage->side);
	if (!g_str_equal(method, "Inhibit"))
		return g_str_equal(method, "Notify") ? g_variant_new("(u)", 1U) : NULL;
	if (g_str_has_prefix(interface, "org.freedesktop.portal"))
		return g_variant_new("(o)", REQUEST);
	return g_variant_new("(u)", 77U);
}

static void on_call(GDBusConnection *bus, const char *sender, const char *path,
		    const char *interface, const char *method, GVariant *parameters,
		    GDBusMethodInvocation *invocation, gpointer data)
{
	struct stage *stage = data;
	g_autofree char *text = g_variant_print(parameters, FALSE);

	if (!g_str_equal(method, "Seats"))
		g_string_append_printf(stage->heard, "%s.%s%s\n", strrchr(interface, '.') + 1,
				       method, text);
	g_dbus_method_invocation_return_value(invocation, answer(stage, interface, method));
}

static void name_service(struct stage *stage, const char *name, gboolean own)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GVariant) reply = g_dbus_connection_call_sync(
		stage->desktop, "org.freedesktop.DBus", "/org/freedesktop/DBus",
		"org.freedesktop.DBus", own ? "RequestName" : "ReleaseName",
		own ? g_variant_new("(su)", name, 4U) : g_variant_new("(s)", name), NULL,
		G_DBUS_CALL_FLAGS_NONE, -1, NULL, &error);

	g_assert_no_error(error);
}

static void start_desktop(struct stage *stage)
{
	static const GDBusInterfaceVTable vtable = { .method_call = on_call };
	g_autoptr(GDBusNodeInfo) node = g_dbus_node_info_new_for_xml(interfaces, NULL);

	stage->desktop = bus_connect(stage->bus);
	for (guint i = 0; i < G_N_ELEMENTS(services); i++) {
		GDBusInterfaceInfo *info =
			g_dbus_node_info_lookup_interface(node, services[i].interface);

		g_assert_cmpuint(g_dbus_connection_register_object(stage->desktop, services[i].path,
								   info, &vtable, stage, NULL,
								   NULL),
				 !=, 0);
	}
}

static gboolean sits_at(const char *seat, void *data)
{
	return ((struct stage *)data)->sits && g_str_equal(seat, "seat0");
}

static void start_helper(struct stage *stage)
{
	const struct helper_world world = { .system = stage->ours,
					    .session = stage->ours,
					    .settings = stage->settings,
					    .sits_at = sits_at,
					    .data = stage };

	stage->helper = helper_new(&world);
}

static void stage_up(struct stage *stage, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	stage->bus = g_test_dbus_new(G_TEST_DBUS_NONE);
	g_test_dbus_up(stage->bus);
	stage->folder = g_dir_make_tmp("hotseat-helper-XXXXXX", &error);
	g_assert_no_error(error);
	stage->settings = g_build_filename(stage->folder, "helper.conf", NULL);
	stage->ran = g_build_filename(stage->folder, "ran", NULL);
	stage->heard = g_string_new(NULL);
	stage->side = "host";
	stage->sits = TRUE;
	stage->ours = bus_connect(stage->bus);
	start_desktop(stage);
}

static void stage_down(struct stage *stage, gconstpointer data)
{
	helper_free(stage->helper);
	g_object_unref(stage->desktop);
	g_object_unref(stage->ours);
	g_test_dbus_stop(stage->bus);
	g_object_unref(stage->bus);
	g_unlink(stage->settings);
	g_unlink(stage->ran);
	g_rmdir(stage->folder);
	g_free(stage->folder);
	g_free(stage->settings);
	g_free(stage->ran);
	g_string_free(stage->heard, TRUE);
}

static void write_settings(struct stage *stage, const char *text)
{
	g_assert_true(g_file_set_contents(stage->settings, text, -1, NULL));
}

/* Commands that write down what they are told. */
static void write_commands(struct stage *stage)
{
	g_autofree char *text = g_strdup_printf(
		"[commands]\n"
		"host=sh -c 'echo $HOTSEAT_SEAT $HOTSEAT_SIDE $0 >> %s' \"to host\"\n"
		"win11=sh -c 'echo $HOTSEAT_SEAT $HOTSEAT_SIDE >> %s'\n"
		"broken=sh -c 'exit 3'\n"
		"missing=/nonexistent/command\n",
		stage->ran, stage->ran);

	write_settings(stage, text);
}

static void say(struct stage *stage, const char *signal, const char *seat, const char *side,
		const char *why)
{
	g_dbus_connection_emit_signal(stage->desktop, NULL, HOTSEATD_PATH, HOTSEATD_INTERFACE,
				      signal, g_variant_new("(sss)", seat, side, why), NULL);
}

static void move(struct stage *stage, const char *side)
{
	say(stage, "SeatChanged", "seat0", side, "");
}

static void wait_heard(struct stage *stage, const char *text)
{
	while (!g_str_equal(stage->heard->str, text)) {
		if (!g_str_has_prefix(text, stage->heard->str))
			g_assert_cmpstr(stage->heard->str, ==, text);
		g_main_context_iteration(NULL, TRUE);
	}
	g_string_truncate(stage->heard, 0);
}

static void wait_ran(struct stage *stage, const char *wanted)
{
	g_autofree char *text = NULL;

	while (!g_file_get_contents(stage->ran, &text, NULL, NULL) || !g_str_equal(text, wanted)) {
		if (text != NULL && !g_str_has_prefix(wanted, text))
			g_assert_cmpstr(text, ==, wanted);
		g_clear_pointer(&text, g_free);
		g_main_context_iteration(NULL, FALSE);
		g_usleep(1000);
	}
}

/* Everything that was sent has been dealt with, on both connections. */
static void settle(struct stage *stage)
{
	GDBusConnection *const both[] = { stage->desktop, stage->ours, stage->desktop };

	for (guint i = 0; i < G_N_ELEMENTS(both); i++) {
		g_autoptr(GVariant) reply = g_dbus_connection_call_sync(
			both[i], "org.freedesktop.DBus", "/org/freedesktop/DBus",
			"org.freedesktop.DBus.Peer", "Ping", NULL, NULL, G_DBUS_CALL_FLAGS_NONE, -1,
			NULL, NULL);

		g_assert_nonnull(reply);
		while (g_main_context_iteration(NULL, FALSE))
			;
	}
}

static void test_screen_saver(struct stage *stage, gconstpointer data)
{
	name_service(stage, "org.freedesktop.ScreenSaver", TRUE);
	name_service(stage, HOTSEATD_NAME, TRUE);
	start_helper(stage);
	settle(stage);
	move(stage, "win11");
	wait_heard(stage, "ScreenSaver.Inhibit('org.hotseat', 'win11 has keyboard and mouse')\n");
	move(stage, "win10"); /* from one guest to the other: it is held still */
	settle(stage);
	move(stage, "host");
	wait_heard(stage, "ScreenSaver.UnInhibit(77,)\n");
	settle(stage);
	wait_heard(stage, "");
}

/* A move that is taken back before the screen saver has answered leaves nothing behind. */
static void test_quick(struct stage *stage, gconstpointer data)
{
	name_service(stage, "org.freedesktop.ScreenSaver", TRUE);
	name_service(stage, HOTSEATD_NAME, TRUE);
	start_helper(stage);
	settle(stage);
	move(stage, "win11");
	move(stage, "host");
	wait_heard(stage,
		   "ScreenSaver.Inhibit('org.hotseat', 'win11 has keyboard and mouse')\n"
		   "ScreenSaver.UnInhibit(77,)\n");
}

static void test_other_desktops(struct stage *stage, gconstpointer data)
{
	name_service(stage, "org.gnome.SessionManager", TRUE);
	name_service(stage, HOTSEATD_NAME, TRUE);
	start_helper(stage);
	settle(stage);
	move(stage, "win11");
	wait_heard(stage,
		   "SessionManager.Inhibit('org.hotseat', 0, 'win11 has keyboard and mouse', 8)\n");
	/* One that comes while the guest has the seat is told; one that has gone is not. */
	name_service(stage, "org.freedesktop.portal.Desktop", TRUE);
	wait_heard(stage, "Inhibit.Inhibit('', 8, {'reason': <'win11 has keyboard and mouse'>})\n");
	name_service(stage, "org.gnome.SessionManager", FALSE);
	settle(stage);
	move(stage, "host");
	wait_heard(stage, "Request.Close()\n");
	settle(stage);
	wait_heard(stage, "");
}

static void test_commands(struct stage *stage, gconstpointer data)
{
	name_service(stage, HOTSEATD_NAME, TRUE);
	write_commands(stage);
	start_helper(stage);
	settle(stage);
	move(stage, "win11");
	wait_ran(stage, "seat0 win11\n");
	move(stage, "linux"); /* which has no command */
	settle(stage);
	move(stage, "host");
	wait_ran(stage, "seat0 win11\nseat0 host to host\n");
}

/* Started in the middle of a game: nothing has moved, so nothing runs, but the saver is held. */
static void test_started_late(struct stage *stage, gconstpointer data)
{
	stage->side = "win11";
	write_commands(stage);
	name_service(stage, "org.freedesktop.ScreenSaver", TRUE);
	name_service(stage, HOTSEATD_NAME, TRUE);
	start_helper(stage);
	wait_heard(stage, "ScreenSaver.Inhibit('org.hotseat', 'win11 has keyboard and mouse')\n");
	/* hotseatd is away while the relay moves the seat, and says so when it is back. */
	name_service(stage, HOTSEATD_NAME, FALSE);
	settle(stage);
	stage->side = "host";
	name_service(stage, HOTSEATD_NAME, TRUE);
	wait_heard(stage, "ScreenSaver.UnInhibit(77,)\n");
	wait_ran(stage, "seat0 host to host\n");
}

static void test_others(struct stage *stage, gconstpointer data)
{
	write_commands(stage);
	name_service(stage, "org.freedesktop.ScreenSaver", TRUE);
	name_service(stage, "org.freedesktop.Notifications", TRUE);
	name_service(stage, HOTSEATD_NAME, TRUE);
	start_helper(stage);
	settle(stage);
	say(stage, "SeatChanged", "seat1", "win11", "");
	say(stage, "SeatChanged", "seat1", "win11", "a key is held down");
	/* Who has left is still given back what was done for the guest. */
	move(stage, "win11");
	wait_heard(stage, "ScreenSaver.Inhibit('org.hotseat', 'win11 has keyboard and mouse')\n");
	stage->sits = FALSE;
	move(stage, "host");
	wait_heard(stage, "ScreenSaver.UnInhibit(77,)\n");
	wait_ran(stage, "seat0 win11\nseat0 host to host\n");
	move(stage, "win11");
	settle(stage);
	wait_heard(stage, "");
}

/* Signals that hotseatd has not sent are nobody's. */
static void test_impostor(struct stage *stage, gconstpointer data)
{
	name_service(stage, "org.freedesktop.ScreenSaver", TRUE);
	start_helper(stage);
	settle(stage);
	move(stage, "win11");
	settle(stage);
	wait_heard(stage, "");
}

static void test_said(struct stage *stage, gconstpointer data)
{
	write_commands(stage);
	name_service(stage, "org.freedesktop.Notifications", TRUE);
	name_service(stage, HOTSEATD_NAME, TRUE);
	start_helper(stage);
	settle(stage);
	say(stage, "SeatChanged", "seat0", "win11", "a key is held down");
	wait_heard(stage,
		   "Notifications.Notify('Hotseat', 0, 'input-keyboard', 'Keyboard and mouse "
		   "stay', 'win11 does not get them: a key is held down', [], {}, -1)\n");
	say(stage, "MonitorStays", "seat0", "Dell", "it is <silent>");
	wait_heard(stage,
		   "Notifications.Notify('Hotseat', 0, 'input-keyboard', 'The monitor Dell "
		   "stays', 'it is &lt;silent&gt;', [], {}, -1)\n");
	move(stage, "broken");
	wait_heard(stage,
		   "Notifications.Notify('Hotseat', 0, 'input-keyboard', 'Your command for the "
		   "seat failed', '&quot;sh -c &apos;exit 3&apos;&quot;: its exit status is "
		   "3. See: journalctl --user -u hotseat-helper', [], {}, -1)\n");
	move(stage, "missing");
	while (strstr(stage->heard->str, "No such file") == NULL)
		g_main_context_iteration(NULL, TRUE);
	g_string_truncate(stage->heard, 0);
	write_settings(stage, "host=no group\n");
	move(stage, "host");
	while (strstr(stage->heard->str, "cannot be read") == NULL)
		g_main_context_iteration(NULL, TRUE);
}

/* ---- commands alone ------------------------------------------------------------------------- */

struct failures {
	GString *text;
	guint count;
};

static void on_failed(const char *command, const char *why, void *data)
{
	struct failures *failures = data;

	g_string_append_printf(failures->text, "%s: %s\n", command, why);
	failures->count++;
}

/* Of those that wait for one that runs, only the last is run, and two never run at once. */
static void test_last_wins(void)
{
	g_autofree char *folder = g_dir_make_tmp("hotseat-errand-XXXXXX", NULL);
	g_autofree char *go = g_build_filename(folder, "go", NULL);
	g_autofree char *ran = g_build_filename(folder, "ran", NULL);
	g_autofree char *first = g_strdup_printf(
		"sh -c 'until [ -e %s ]; do sleep 0.01; done; echo first >> %s'", go, ran);
	g_autofree char *second = g_strdup_printf("sh -c 'echo second >> %s'", ran);
	g_autofree char *third = g_strdup_printf("sh -c 'echo third >> %s'", ran);
	struct failures failures = { .text = g_string_new(NULL) };
	struct errand *errand = errand_new(on_failed, &failures);
	g_autofree char *text = NULL;

	errand_run(errand, first, "seat0", "win11");
	errand_run(errand, second, "seat0", "host");
	errand_run(errand, third, "seat0", "win11");
	g_assert_true(g_file_set_contents(go, "", 0, NULL));
	while (!g_file_get_contents(ran, &text, NULL, NULL) || strstr(text, "third") == NULL) {
		g_clear_pointer(&text, g_free);
		g_main_context_iteration(NULL, FALSE);
		g_usleep(1000);
	}
	g_assert_cmpstr(text, ==, "first\nthird\n");
	g_assert_cmpstr(failures.text->str, ==, "");
	errand_free(errand);
	g_string_free(failures.text, TRUE);
	g_unlink(go);
	g_unlink(ran);
	g_rmdir(folder);
}

/* One that hangs is ended with what it has started, and the next one has its turn. */
static void test_hangs(void)
{
	g_autofree char *folder = g_dir_make_tmp("hotseat-errand-XXXXXX", NULL);
	g_autofree char *pid = g_build_filename(folder, "pid", NULL);
	g_autofree char *hang = g_strdup_printf("sh -c 'sleep 1000 & echo $! > %s; wait'", pid);
	struct failures failures = { .text = g_string_new(NULL) };
	struct errand *errand = errand_new(on_failed, &failures);
	g_autofree char *child = NULL;
	g_autofree char *status = NULL;
	g_autofree char *text = NULL;

	errand_set_deadline(errand, 1000);
	errand_run(errand, hang, "seat0", "win11");
	errand_run(errand, "false", "seat0", "host");
	while (failures.count < 2)
		g_main_context_iteration(NULL, TRUE);
	g_assert_nonnull(strstr(failures.text->str, "it was ended after 1 s\n"));
	g_assert_true(g_str_has_suffix(failures.text->str, "false: its exit status is 1\n"));
	g_assert_true(g_file_get_contents(pid, &child, NULL, NULL));
	status = g_strdup_printf("/proc/%s/stat", g_strstrip(child));
	/* Whoever inherits it may not have asked for its end yet. */
	while (g_file_get_contents(status, &text, NULL, NULL) && strstr(text, ") Z ") == NULL) {
		g_clear_pointer(&text, g_free);
		g_usleep(1000);
	}
	errand_free(errand);
	g_string_free(failures.text, TRUE);
	g_unlink(pid);
	g_rmdir(folder);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *path;
		void (*run)(struct stage *stage, gconstpointer data);
	} tests[] = {
		{ "/helper/screen-saver", test_screen_saver },
		{ "/helper/quick", test_quick },
		{ "/helper/other-desktops", test_other_desktops },
		{ "/helper/commands", test_commands },
		{ "/helper/started-late", test_started_late },
		{ "/helper/others", test_others },
		{ "/helper/impostor", test_impostor },
		{ "/helper/said", test_said },
	};

	g_test_init(&argc, &argv, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add(tests[i].path, struct stage, NULL, stage_up, tests[i].run, stage_down);
	g_test_add_func("/helper/errand/last-wins", test_last_wins);
	g_test_add_func("/helper/errand/hangs", test_hangs);
	return g_test_run();
}
