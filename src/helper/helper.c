/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "helper/helper.h"

#include "helper/errand.h"
#include "helper/inhibit.h"
#include "helper/notice.h"
#include "hotseatd/interface.h"

#define HOST "host"
#define GROUP "commands"
#define TIMEOUT_MS 10000

struct helper {
	struct helper_world world;
	struct inhibit *inhibit;
	struct errand *errand;
	GHashTable *sides; /* seat to side, of those where this user sits or sat */
	guint watch, subscription;
	GCancellable *cancellable;
};

static void on_errand_failed(const char *command, const char *why, void *data)
{
	struct helper *helper = data;
	g_autofree char *body = g_strdup_printf(
		"\"%s\": %s. See: journalctl --user -u hotseat-helper", command, why);

	notice_show(helper->world.session, "Your command for the seat failed", body);
}

/* Return: NULL if there is none. */
static char *find_command(struct helper *helper, const char *side)
{
	g_autoptr(GKeyFile) file = g_key_file_new();
	g_autoptr(GError) error = NULL;
	g_autofree char *body = NULL;

	if (g_key_file_load_from_file(file, helper->world.settings, G_KEY_FILE_NONE, &error))
		return g_key_file_get_string(file, GROUP, side, NULL);
	if (g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOENT))
		return NULL;
	body = g_strdup_printf("%s: %s", helper->world.settings, error->message);
	notice_show(helper->world.session, "Your commands for the seat cannot be read", body);
	return NULL;
}

static void run_command(struct helper *helper, const char *seat, const char *side)
{
	g_autofree char *command = find_command(helper, side);

	if (command != NULL)
		errand_run(helper->errand, command, seat, side);
}

/* A guest that has any of this user's seats counts. */
static void hold_off_screen_saver(struct helper *helper)
{
	g_autofree char *why = NULL;
	GHashTableIter iter;
	gpointer side;

	g_hash_table_iter_init(&iter, helper->sides);
	while (why == NULL && g_hash_table_iter_next(&iter, NULL, &side)) {
		if (!g_str_equal(side, HOST))
			why = g_strdup_printf("%s has keyboard and mouse", (const char *)side);
	}
	inhibit_hold(helper->inhibit, why);
}

/*
 * A seat that this user has left is still followed until it is back with the host: what was done
 * for the guest is undone.
 */
static void take_side(struct helper *helper, const char *seat, const char *side, gboolean moved)
{
	const char *before = g_hash_table_lookup(helper->sides, seat);

	if (g_strcmp0(before, side) == 0)
		return;
	if ((before == NULL || !g_str_equal(side, HOST)) &&
	    !helper->world.sits_at(seat, helper->world.data))
		return;
	moved = moved || before != NULL;
	g_hash_table_insert(helper->sides, g_strdup(seat), g_strdup(side));
	hold_off_screen_saver(helper);
	if (moved)
		run_command(helper, seat, side);
}

static void on_seat_changed(struct helper *helper, GVariant *parameters)
{
	const char *seat, *side, *why;
	g_autofree char *body = NULL;

	g_variant_get(parameters, "(&s&s&s)", &seat, &side, &why);
	if (why[0] == '\0') {
		take_side(helper, seat, side, TRUE);
		return;
	}
	body = g_strdup_printf("%s does not get them: %s", side, why);
	if (helper->world.sits_at(seat, helper->world.data))
		notice_show(helper->world.session, "Keyboard and mouse stay", body);
}

static void on_monitor_stays(struct helper *helper, GVariant *parameters)
{
	const char *seat, *monitor, *why;
	g_autofree char *summary = NULL;

	g_variant_get(parameters, "(&s&s&s)", &seat, &monitor, &why);
	summary = g_strdup_printf("The monitor %s stays", monitor);
	if (helper->world.sits_at(seat, helper->world.data))
		notice_show(helper->world.session, summary, why);
}

static void on_signal(GDBusConnection *bus, const char *sender, const char *path,
		      const char *interface, const char *name, GVariant *parameters, gpointer data)
{
	static const struct {
		const char *name;
		void (*take)(struct helper *helper, GVariant *parameters);
	} signals[] = {
		{ "SeatChanged", on_seat_changed },
		{ "MonitorStays", on_monitor_stays },
	};

	for (guint i = 0; i < G_N_ELEMENTS(signals); i++) {
		if (g_str_equal(name, signals[i].name) &&
		    g_variant_is_of_type(parameters, G_VARIANT_TYPE("(sss)")))
			signals[i].take(data, parameters);
	}
}

/* Where the seats are now: this program or hotseatd has just started. */
static void on_seats(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GVariant) reply =
		g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, &error);
	g_autoptr(GVariantIter) seats = NULL;
	const char *seat, *side;

	if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
		return;
	if (reply == NULL) {
		g_message("hotseatd does not say where the seats are: %s", error->message);
		return;
	}
	g_variant_get(reply, "(a(ssb))", &seats);
	while (g_variant_iter_next(seats, "(&s&sb)", &seat, &side, NULL))
		take_side(data, seat, side, FALSE);
}

static void on_service(GDBusConnection *bus, const char *name, const char *owner, gpointer data)
{
	struct helper *helper = data;

	g_dbus_connection_call(bus, HOTSEATD_NAME, HOTSEATD_PATH, HOTSEATD_INTERFACE, "Seats", NULL,
			       G_VARIANT_TYPE("(a(ssb))"), G_DBUS_CALL_FLAGS_NO_AUTO_START,
			       TIMEOUT_MS, helper->cancellable, on_seats, helper);
}

struct helper *helper_new(const struct helper_world *world)
{
	struct helper *helper = g_new0(struct helper, 1);

	helper->world = *world;
	helper->inhibit = inhibit_new(world->session);
	helper->errand = errand_new(on_errand_failed, helper);
	helper->sides = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	helper->cancellable = g_cancellable_new();
	/* Before the question, so that no move is missed between the two. */
	helper->subscription = g_dbus_connection_signal_subscribe(
		world->system, HOTSEATD_NAME, HOTSEATD_INTERFACE, NULL, HOTSEATD_PATH, NULL,
		G_DBUS_SIGNAL_FLAGS_NONE, on_signal, helper, NULL);
	/* The relay moves seats without hotseatd: one that is away is waited for, and then asked.
	 */
	helper->watch = g_bus_watch_name_on_connection(world->system, HOTSEATD_NAME,
						       G_BUS_NAME_WATCHER_FLAGS_NONE, on_service,
						       NULL, helper, NULL);
	return helper;
}

void helper_free(struct helper *helper)
{
	if (helper == NULL)
		return;
	g_cancellable_cancel(helper->cancellable);
	g_bus_unwatch_name(helper->watch);
	g_dbus_connection_signal_unsubscribe(helper->world.system, helper->subscription);
	g_object_unref(helper->cancellable);
	errand_free(helper->errand);
	inhibit_free(helper->inhibit);
	g_hash_table_unref(helper->sides);
	g_free(helper);
}
