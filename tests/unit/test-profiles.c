/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Protects: a profile of power-profiles-daemon is held while a guest wants it, and given back; and
 * nobody is told that one is held that is not. The daemon and its command are the real ones, on a
 * bus of their own; the processor is files. Skipped where they are not installed.
 */
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bus.h"
#include "core/error.h"
#include "handover/kinds.h"
#include "handover/profiles.h"
#include "handover/share.h"
#include "manifest.h"

#define DAEMON "/usr/libexec/power-profiles-daemon"
#define COMMAND "/usr/bin/powerprofilesctl"
#define UNIT "sys/fs/cgroup/system.slice/hotseat-profile.service"
#define POLICY "sys/devices/system/cpu/cpufreq/policy0/"

/* A core of Intel's that sets its own speed, by a preference. */
#define INTEL                                                                                      \
	"sys/devices/system/cpu/intel_pstate/status = active\n"                                    \
	"sys/devices/system/cpu/intel_pstate/no_turbo = 0\n"                                       \
	"sys/devices/system/cpu/intel_pstate/turbo_pct = 50\n" POLICY                              \
	"scaling_governor = powersave\n" POLICY                                                    \
	"energy_performance_preference = balance_performance\n"

/* One that power-profiles-daemon leaves alone. */
#define ACPI POLICY "scaling_governor = schedutil\n"

/* -- polkit says yes; in a thread, because whoever asks is waited for -------------------------- */

static void on_check(GDBusConnection *bus, const char *sender, const char *path,
		     const char *interface, const char *method, GVariant *parameters,
		     GDBusMethodInvocation *invocation, gpointer data)
{
	g_dbus_method_invocation_return_value(invocation,
					      g_variant_new_parsed("((true, false, @a{ss} {}),)"));
}

static gpointer be_polkit(gpointer data)
{
	g_autoptr(GMainContext) context = g_main_context_new();
	g_autoptr(GMainLoop) loop = g_main_loop_new(context, FALSE);
	g_autoptr(GDBusConnection) connection = NULL;

	g_main_context_push_thread_default(context);
	connection = bus_connect(data);
	bus_be_polkit(connection, on_check);
	g_main_loop_run(loop); /* until the program ends */
	return NULL;
}

/* -- what systemd does for the step ------------------------------------------------------------ */

static GPid unit;
static gboolean command_fails;

/* A unit is ended with all its processes. */
static void lead_group(gpointer data)
{
	setpgid(0, 0);
}

static void end_unit(int signal_number)
{
	kill(-unit, signal_number);
	waitpid(unit, NULL, 0);
	unit = 0;
}

static void start_unit(struct manifest *manifest, char **command)
{
	g_autoptr(GError) error = NULL;
	g_auto(GStrv) environment = g_get_environ();

	if (command_fails)
		environment = g_environ_setenv(environment, "DBUS_SYSTEM_BUS_ADDRESS",
					       "unix:path=/nonexistent", TRUE);
	g_assert_cmpint(unit, ==, 0);
	g_spawn_async(NULL, command, environment,
		      G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDERR_TO_DEV_NULL |
			      G_SPAWN_STDOUT_TO_DEV_NULL,
		      lead_group, NULL, &unit, &error);
	g_assert_no_error(error);
	manifest_add(manifest, "dir " UNIT "\n");
}

static void stop_unit(struct manifest *manifest)
{
	if (unit != 0)
		end_unit(SIGTERM);
	if (root_exists(manifest->root, UNIT))
		manifest_remove(manifest, UNIT);
}

static gboolean run(struct host *host, const char *const *argv, guint seconds, GError **error)
{
	g_auto(GStrv) words = g_strdupv((char **)(guintptr)argv);

	if (!g_str_equal(argv[0], "/usr/bin/systemd-run")) {
		g_assert_cmpstr(argv[g_strv_length(words) - 2], ==, "stop");
		stop_unit(host->model);
		return TRUE;
	}
	for (guint i = 1; words[i] != NULL; i++) {
		if (g_str_equal(words[i], "--"))
			start_unit(host->model, words + i + 1);
	}
	return TRUE;
}

/* Meanwhile systemd sees whether the unit has ended. */
static void pause_host(struct host *host, guint milliseconds)
{
	g_usleep(milliseconds * 1000UL);
	if (unit == 0 || waitpid(unit, NULL, WNOHANG) == 0)
		return;
	unit = 0;
	manifest_remove(host->model, UNIT);
}

/* -- the daemon ---------------------------------------------------------------------------------
 */

static gboolean answers(struct host *host, const void *data)
{
	g_autoptr(GVariant) profiles = host->power_profiles(host, "Profiles");

	return profiles != NULL;
}

struct fixture {
	struct manifest *manifest;
	struct host host;
	struct step *step;
	GPid daemon;
};

static void set_up(struct fixture *f, gconstpointer processor)
{
	g_autoptr(GError) error = NULL;
	char *argv[] = { (char[]){ DAEMON }, NULL };
	g_auto(GStrv) environment = NULL;

	f->manifest = manifest_build(processor);
	f->host = (struct host){ .root = f->manifest->root,
				 .run = run,
				 .power_profiles = profiles_ask,
				 .pause = pause_host,
				 .model = f->manifest };
	f->step = step_new(&hold_kind, "profile");
	/* its own tests have it look there for a processor */
	environment = g_environ_setenv(g_get_environ(), "UMOCKDEV_DIR", f->manifest->folder, TRUE);
	g_spawn_async(NULL, argv, environment,
		      G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDERR_TO_DEV_NULL |
			      G_SPAWN_STDOUT_TO_DEV_NULL,
		      NULL, NULL, &f->daemon, &error);
	g_assert_no_error(error);
	g_assert_true(host_wait(&f->host, 60, answers, NULL));
}

static void tear_down(struct fixture *f, gconstpointer processor)
{
	stop_unit(f->manifest);
	kill(f->daemon, SIGTERM);
	waitpid(f->daemon, NULL, 0);
	step_free(f->step);
	manifest_free(f->manifest);
}

static gboolean write_hold(struct fixture *f, const char *value, GError **error)
{
	return hold_kind.share->write(&f->host, f->step, value, error);
}

static gboolean prefers(struct host *host, const void *preference)
{
	g_autofree char *text = root_read(host->root, NULL, POLICY "energy_performance_preference");

	return g_strcmp0(text, preference) == 0;
}

static gboolean holds_nothing(struct host *host, const void *data)
{
	return !profiles_hold_for(host, "hotseat");
}

static void test_held(struct fixture *f, gconstpointer processor)
{
	g_autoptr(GError) error = NULL;

	g_assert_true(profiles_offer(&f->host, "performance"));
	g_assert_false(profiles_hold_for(&f->host, "hotseat"));
	g_assert_true(prefers(&f->host, "balance_performance"));

	g_assert_true(write_hold(f, "held", &error));
	g_assert_no_error(error);
	g_assert_true(profiles_hold_for(&f->host, "hotseat"));
	g_assert_true(host_wait(&f->host, 10, prefers, "performance"));

	g_assert_true(write_hold(f, "free", &error));
	g_assert_no_error(error);
	g_assert_true(host_wait(&f->host, 10, holds_nothing, NULL));
	g_assert_true(host_wait(&f->host, 10, prefers, "balance_performance"));
}

/* Whoever held it was killed: the daemon sees that, and the processor is as it was. */
static void test_killed(struct fixture *f, gconstpointer processor)
{
	g_assert_true(write_hold(f, "held", NULL));
	g_assert_true(host_wait(&f->host, 10, prefers, "performance"));
	end_unit(SIGKILL);
	g_assert_true(host_wait(&f->host, 10, holds_nothing, NULL));
	g_assert_true(host_wait(&f->host, 10, prefers, "balance_performance"));
	g_assert_true(write_hold(f, "free", NULL));
}

/* The command ends with an error, and its unit was there for a moment all the same. */
static void test_command_fails(struct fixture *f, gconstpointer processor)
{
	g_autoptr(GError) error = NULL;

	command_fails = TRUE;
	g_assert_false(write_hold(f, "held", &error));
	command_fails = FALSE;
	g_assert_nonnull(strstr(error->message, "hotseat-profile.service is not as it should be"));
	g_assert_true(prefers(&f->host, "balance_performance"));
}

/* 0.12 takes a hold of what it does not have, so it has to be asked what it has. */
static void test_not_offered(struct fixture *f, gconstpointer processor)
{
	g_assert_true(profiles_offer(&f->host, "balanced"));
	g_assert_false(profiles_offer(&f->host, "performance"));
}

static void test_nobody_answers(void)
{
	struct host host = { .power_profiles = profiles_ask };

	g_assert_null(profiles_ask(&host, "Profiles"));
	g_assert_false(profiles_offer(&host, "performance"));
	g_assert_false(profiles_hold_for(&host, "hotseat"));
}

/* The command is written in Python, with a library that the package does not ask for. */
static gboolean is_installed(void)
{
	return g_file_test(DAEMON, G_FILE_TEST_IS_EXECUTABLE) &&
	       g_file_test(COMMAND, G_FILE_TEST_IS_EXECUTABLE) &&
	       g_spawn_command_line_sync("/usr/bin/python3 -c 'import gi'", NULL, NULL, &(int){ 0 },
					 NULL);
}

static void test_skip(void)
{
	g_test_skip("power-profiles-daemon or python3-gi is not installed");
}

int main(int argc, char **argv)
{
	GTestDBus *bus;
	int result;

	g_test_init(&argc, &argv, NULL);
	bus = g_test_dbus_new(G_TEST_DBUS_NONE);
	g_test_dbus_up(bus);
	g_setenv("DBUS_SYSTEM_BUS_ADDRESS", g_test_dbus_get_bus_address(bus), TRUE);
	g_thread_unref(g_thread_new("polkit", be_polkit, bus));
	g_test_add_func("/profiles/nobody-answers", test_nobody_answers);
	if (is_installed()) {
		g_test_add("/profiles/held", struct fixture, INTEL, set_up, test_held, tear_down);
		g_test_add("/profiles/killed", struct fixture, INTEL, set_up, test_killed,
			   tear_down);
		g_test_add("/profiles/command-fails", struct fixture, INTEL, set_up,
			   test_command_fails, tear_down);
		g_test_add("/profiles/not-offered", struct fixture, ACPI, set_up, test_not_offered,
			   tear_down);
	} else {
		g_test_add_func("/profiles/held", test_skip);
	}
	result = g_test_run();
	g_test_dbus_stop(bus);
	g_object_unref(bus);
	return result;
}
