/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lend/deadman.h"

#include <errno.h>
#include <gio/gio.h>
#include <unistd.h>

#include "core/error.h"
#include "lend/signals.h"
#include "machine/displays.h"

#define SYSTEMD "org.freedesktop.systemd1"
#define SYSTEMD_PATH "/org/freedesktop/systemd1"
#define SYSTEMD_MANAGER SYSTEMD ".Manager"
#define SYSTEMD_TIMEOUT_MS 5000
/* where systemd keeps the files of units made by StartTransientUnit */
#define TRANSIENT_UNITS "/run/systemd/transient"
#define CONFIRMED "/var/lib/hotseat/confirmed"

static char *unit_name(const char *uuid, const char *kind)
{
	return g_strdup_printf("hotseat-dead-man-%s.%s", uuid, kind);
}

gboolean dead_man_is_due(const struct machine *machine, GPtrArray *cards,
			 const struct domain_facts *facts)
{
	g_autofree char *why = NULL;

	if (facts->screen || dead_man_was_seen(facts->uuid))
		return FALSE;
	return displays_are_only(machine->root, machine->cards, cards, &why) != KNOWN_NO;
}

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
	return answer != NULL;
}

/* The service that the timer starts; what its properties mean is in systemd.service(5). */
static GVariant *service_properties(const struct domain_facts *facts)
{
	const char *const command[] = { HOTSEAT_PROGRAM, "recover",       "--guest", facts->uuid,
					"--end-guest",   "--unless-seen", NULL };
	g_autofree char *about = g_strdup_printf(
		"Take the last display back from %s, which nobody has seen", facts->name);
	GVariantBuilder properties, commands;

	g_variant_builder_init(&commands, G_VARIANT_TYPE("a(sasb)"));
	g_variant_builder_add(&commands, "(s^asb)", HOTSEAT_PROGRAM, command, FALSE);
	g_variant_builder_init(&properties, G_VARIANT_TYPE("a(sv)"));
	g_variant_builder_add(&properties, "(sv)", "Description", g_variant_new_string(about));
	g_variant_builder_add(&properties, "(sv)", "Type", g_variant_new_string("oneshot"));
	g_variant_builder_add(&properties, "(sv)", "ExecStart", g_variant_builder_end(&commands));
	return g_variant_builder_end(&properties);
}

static GVariant *timer_properties(guint seconds)
{
	GVariantBuilder properties, times;

	g_variant_builder_init(&times, G_VARIANT_TYPE("a(st)"));
	g_variant_builder_add(&times, "(st)", "OnActiveSec", (guint64)seconds * G_USEC_PER_SEC);
	g_variant_builder_init(&properties, G_VARIANT_TYPE("a(sv)"));
	g_variant_builder_add(&properties, "(sv)", "Description",
			      g_variant_new_string("Hotseat's dead man's switch"));
	g_variant_builder_add(&properties, "(sv)", "TimersMonotonic",
			      g_variant_builder_end(&times));
	g_variant_builder_add(&properties, "(sv)", "AccuracyUSec",
			      g_variant_new_uint64(G_USEC_PER_SEC));
	/* Once it has acted, nothing of it is left. */
	g_variant_builder_add(&properties, "(sv)", "RemainAfterElapse",
			      g_variant_new_boolean(FALSE));
	return g_variant_builder_end(&properties);
}

static GVariant *transient_unit(const struct domain_facts *facts, guint seconds)
{
	g_autofree char *timer = unit_name(facts->uuid, "timer");
	g_autofree char *service = unit_name(facts->uuid, "service");
	GVariantBuilder others;

	g_variant_builder_init(&others, G_VARIANT_TYPE("a(sa(sv))"));
	g_variant_builder_add(&others, "(s@a(sv))", service, service_properties(facts));
	return g_variant_new("(ss@a(sv)@a(sa(sv)))", timer, "replace", timer_properties(seconds),
			     g_variant_builder_end(&others));
}

gboolean dead_man_arm(const struct domain_facts *facts, guint seconds, GError **error)
{
	g_autoptr(GError) why = NULL;

	/* A timer of an earlier start would act too early, and keeps its name taken. */
	if (dead_man_disarm(facts->uuid, &why) &&
	    call_systemd("StartTransientUnit", transient_unit(facts, seconds), &why))
		return TRUE;
	g_dbus_error_strip_remote_error(why);
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED,
		    "the dead man's switch, which would bring the display back if %s shows "
		    "nothing, could not be set: %s. Without it: hotseat up --take-last-display "
		    "--dead-man 0 %s",
		    facts->name, why->message, facts->name);
	return FALSE;
}

gboolean dead_man_is_armed(const char *uuid)
{
	g_autofree char *timer = unit_name(uuid, "timer");
	g_autofree char *path = g_build_filename(TRANSIENT_UNITS, timer, NULL);

	return access(path, F_OK) == 0;
}

gboolean dead_man_disarm(const char *uuid, GError **error)
{
	g_autofree char *timer = unit_name(uuid, "timer");

	if (!dead_man_is_armed(uuid))
		return TRUE;
	return call_systemd("StopUnit", g_variant_new("(ss)", timer, "replace"), error);
}

static char *confirmed_path(const char *uuid)
{
	return g_build_filename(CONFIRMED, uuid, NULL);
}

gboolean dead_man_remember(const char *uuid, GError **error)
{
	g_autofree char *path = confirmed_path(uuid);

	if (g_mkdir_with_parents(CONFIRMED, 0755) != 0) {
		hotseat_error_set_errno(error, errno, "cannot make the folder %s", CONFIRMED);
		return FALSE;
	}
	return g_file_set_contents(path, "", 0, error);
}

gboolean dead_man_was_seen(const char *uuid)
{
	g_autofree char *path = confirmed_path(uuid);

	return access(path, F_OK) == 0;
}
