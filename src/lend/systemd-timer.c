/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lend/systemd-timer.h"

#include <gio/gio.h>
#include <unistd.h>

#include "lend/signals.h"

#define SYSTEMD "org.freedesktop.systemd1"
#define SYSTEMD_PATH "/org/freedesktop/systemd1"
#define SYSTEMD_MANAGER SYSTEMD ".Manager"
#define SYSTEMD_TIMEOUT_MS 5000
/* where systemd keeps the files of units made by StartTransientUnit */
#define TRANSIENT_UNITS "/run/systemd/transient"

static gboolean call_systemd(const char *method, GVariant *arguments, GError **error)
{
	g_autoptr(GVariant) floating = g_variant_ref_sink(arguments);
	sigset_t before = signals_block();
	g_autoptr(GDBusConnection) bus = g_bus_get_sync(G_BUS_TYPE_SYSTEM, NULL, error);
	g_autoptr(GVariant) answer = NULL;

	signals_restore(&before);
	if (bus == NULL)
		return FALSE;
	g_dbus_connection_set_exit_on_close(bus, FALSE);
	answer = g_dbus_connection_call_sync(bus, SYSTEMD, SYSTEMD_PATH, SYSTEMD_MANAGER, method,
					     floating, NULL, G_DBUS_CALL_FLAGS_NONE,
					     SYSTEMD_TIMEOUT_MS, NULL, error);
	if (answer == NULL && error != NULL)
		g_dbus_error_strip_remote_error(*error);
	return answer != NULL;
}

/* The service that the timer starts; what its properties mean is in systemd.service(5). */
static GVariant *service_properties(const struct systemd_timer *timer)
{
	g_autoptr(GPtrArray) command = g_ptr_array_new();
	GVariantBuilder properties, commands;

	g_ptr_array_add(command, (gpointer)(guintptr)HOTSEAT_PROGRAM);
	for (guint i = 0; timer->command[i] != NULL; i++)
		g_ptr_array_add(command, (gpointer)(guintptr)timer->command[i]);
	g_ptr_array_add(command, NULL);
	g_variant_builder_init(&commands, G_VARIANT_TYPE("a(sasb)"));
	g_variant_builder_add(&commands, "(s^asb)", HOTSEAT_PROGRAM, command->pdata, FALSE);
	g_variant_builder_init(&properties, G_VARIANT_TYPE("a(sv)"));
	g_variant_builder_add(&properties, "(sv)", "Description",
			      g_variant_new_string(timer->about_service));
	g_variant_builder_add(&properties, "(sv)", "Type", g_variant_new_string("oneshot"));
	g_variant_builder_add(&properties, "(sv)", "ExecStart", g_variant_builder_end(&commands));
	return g_variant_builder_end(&properties);
}

static GVariant *timer_properties(const struct systemd_timer *timer)
{
	GVariantBuilder properties, times;

	g_variant_builder_init(&times, G_VARIANT_TYPE("a(st)"));
	g_variant_builder_add(&times, "(st)", "OnActiveSec",
			      (guint64)timer->seconds * G_USEC_PER_SEC);
	g_variant_builder_init(&properties, G_VARIANT_TYPE("a(sv)"));
	g_variant_builder_add(&properties, "(sv)", "Description",
			      g_variant_new_string(timer->about));
	g_variant_builder_add(&properties, "(sv)", "TimersMonotonic",
			      g_variant_builder_end(&times));
	g_variant_builder_add(&properties, "(sv)", "AccuracyUSec",
			      g_variant_new_uint64(G_USEC_PER_SEC));
	/* Once it has acted, nothing of it is left. */
	g_variant_builder_add(&properties, "(sv)", "RemainAfterElapse",
			      g_variant_new_boolean(FALSE));
	return g_variant_builder_end(&properties);
}

static char *unit_file(const char *unit, const char *suffix)
{
	return g_strconcat(unit, suffix, NULL);
}

static GVariant *transient_unit(const struct systemd_timer *timer)
{
	g_autofree char *name = unit_file(timer->unit, ".timer");
	g_autofree char *service = unit_file(timer->unit, ".service");
	GVariantBuilder others;

	g_variant_builder_init(&others, G_VARIANT_TYPE("a(sa(sv))"));
	g_variant_builder_add(&others, "(s@a(sv))", service, service_properties(timer));
	return g_variant_new("(ss@a(sv)@a(sa(sv)))", name, "replace", timer_properties(timer),
			     g_variant_builder_end(&others));
}

gboolean systemd_timer_start(const struct systemd_timer *timer, GError **error)
{
	/* An earlier one would act too early, and keeps its name taken. */
	return systemd_timer_stop(timer->unit, error) &&
	       call_systemd("StartTransientUnit", transient_unit(timer), error);
}

gboolean systemd_timer_waits(const char *unit)
{
	g_autofree char *name = unit_file(unit, ".timer");
	g_autofree char *path = g_build_filename(TRANSIENT_UNITS, name, NULL);

	return access(path, F_OK) == 0;
}

gboolean systemd_timer_stop(const char *unit, GError **error)
{
	g_autofree char *name = unit_file(unit, ".timer");

	if (!systemd_timer_waits(unit))
		return TRUE;
	return call_systemd("StopUnit", g_variant_new("(ss)", name, "replace"), error);
}
