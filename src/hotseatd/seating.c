/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hotseatd/seating.h"

#include <errno.h>
#include <gudev/gudev.h>
#include <string.h>

#include "hotseatd/session.h"
#include "hotseatd/settings.h"
#include "machine/inputs.h"
#include "monitor/learned.h"
#include "monitor/worker.h"
#include "relay/controller.h"

#define HOST "host"
#define SOCKET_FOLDER "/run/hotseat/relay"
#define MOVE_MS 2000 /* for the relay's answer, which takes microseconds */
/* One that does not heed is told three times, and watched for three seconds each. */
#define MONITOR_MS 12000
#define RESCAN_MS 100 /* a device has several nodes, of each of which udev tells */
/* Editors write a file in several steps. */
#define SETTLE_MS 200

struct move {
	seating_moved moved;
	void *data;
	guint timeout;
};

struct seating {
	char *seat;
	struct settings *settings;
	char *file; /* that they are in */
	GFileMonitor *changes;
	guint settle;
	const struct seating_listener *listener;
	struct controller *controller;
	struct session *session;
	struct worker *monitors; /* NULL: no monitor moves */
	GHashTable *inputs;      /* paths that the controller has, to its numbers for them */
	GUdevClient *udev;       /* what is plugged in, and which seat it was given to */
	guint rescan;
	char *guests[SEAT_SIDES]; /* names; [0] is the host */
	guint side, last_guest;
	gboolean told;    /* by the session; until then the relay goes on as it does */
	gboolean present; /* a session is on the screen and not locked */
	guint alone;      /* a bit for each side whose guest runs without a desktop beside it */
	gboolean watched;
	struct move move; /* the one that waits for an answer; moved is NULL if there is none */
};

/* ---- inputs --------------------------------------------------------------------------------- */

static void add_input(struct seating *seating, const char *path)
{
	guint32 number;

	if (g_hash_table_contains(seating->inputs, path))
		return;
	number = controller_add_input(seating->controller, path);
	g_hash_table_insert(seating->inputs, g_strdup(path), GUINT_TO_POINTER(number));
}

static void remove_input(struct seating *seating, const char *path)
{
	gpointer number;

	if (path == NULL || !g_hash_table_lookup_extended(seating->inputs, path, NULL, &number))
		return;
	controller_remove_input(seating->controller, GPOINTER_TO_UINT(number));
	g_hash_table_remove(seating->inputs, path);
}

/* read_inputs - NULL if that fails, which was said then */
static GPtrArray *read_inputs(void)
{
	g_autoptr(GError) error = NULL;
	autoptr(root) root = root_open("/", &error);
	g_autoptr(GPtrArray) inputs = root == NULL ? NULL : inputs_read(root, &error);

	if (inputs == NULL)
		g_message("keyboards and mice cannot be looked for: %s", error->message);
	return g_steal_pointer(&inputs);
}

/* "loginctl attach" gives a device to another seat (sd-login(3)); what has none is seat0's. */
static gboolean is_of_seat(const struct seating *seating, const char *path)
{
	g_autoptr(GUdevDevice) device = g_udev_client_query_by_device_file(seating->udev, path);
	const char *seat = device == NULL ? NULL : g_udev_device_get_property(device, "ID_SEAT");

	return g_str_equal(seat == NULL ? SETTINGS_SEAT : seat, seating->seat);
}

/*
 * Every keyboard and mouse of this seat, but none that a program made: those are fed by others that
 * are here themselves, unless the program keeps them to itself (settings->programs). What has been
 * here once stays known: the controller takes it again when it is back.
 */
static void add_all_inputs(struct seating *seating)
{
	g_autoptr(GPtrArray) inputs = read_inputs();

	for (guint i = 0; inputs != NULL && i < inputs->len; i++) {
		const struct input *input = g_ptr_array_index(inputs, i);
		const char *path = input->own_path != NULL ? input->own_path : input->stable_path;

		if (input->kind == INPUT_OTHER || input->virtual_device || path == NULL)
			continue;
		if (is_of_seat(seating, path)) {
			add_input(seating, path);
		} else {
			remove_input(seating, input->own_path);
			remove_input(seating, input->stable_path);
		}
	}
}

static gboolean on_rescan(gpointer data)
{
	struct seating *seating = data;

	seating->rescan = 0;
	add_all_inputs(seating);
	return G_SOURCE_REMOVE;
}

static void on_uevent(GUdevClient *client, const char *action, GUdevDevice *device, gpointer data)
{
	struct seating *seating = data;

	if (!g_str_equal(action, "remove") && seating->rescan == 0)
		seating->rescan = g_timeout_add(RESCAN_MS, on_rescan, seating);
}

static void add_named_inputs(struct seating *seating)
{
	char **programs = seating->settings->programs, **inputs = seating->settings->inputs;

	for (guint i = 0; programs != NULL && programs[i] != NULL; i++) {
		g_autofree char *path = g_build_filename(SETTINGS_PROGRAMS, programs[i], NULL);

		add_input(seating, path);
	}
	for (guint i = 0; inputs != NULL && inputs[i] != NULL; i++)
		add_input(seating, inputs[i]);
}

static void start_inputs(struct seating *seating)
{
	static const char *const subsystems[] = { "input", NULL };

	add_named_inputs(seating);
	if (seating->settings->inputs != NULL)
		return;
	seating->udev = g_udev_client_new(subsystems);
	g_signal_connect(seating->udev, "uevent", G_CALLBACK(on_uevent), seating);
	add_all_inputs(seating);
}

/* ---- chords --------------------------------------------------------------------------------- */

static void send_chords(struct seating *seating)
{
	struct chord chords[CHORDS_MAX] = { seating->settings->chord, seating->settings->panic };
	guint count = 2;

	for (guint side = 1; side < SEAT_SIDES; side++) {
		const struct chord *direct =
			seating->guests[side] == NULL
				? NULL
				: g_hash_table_lookup(seating->settings->direct,
						      seating->guests[side]);

		if (direct == NULL || count == CHORDS_MAX)
			continue;
		chords[count] = *direct;
		chords[count++].side = side;
	}
	controller_set_chords(seating->controller, chords, count);
}

/* ---- monitors ------------------------------------------------------------------------------- */

/* A monitor that was told to follow its seat. Seats are freed when no answer is delivered any more:
 * after the main loop. */
struct following {
	const struct seating *seating;
	char *monitor;
};

static void on_monitor(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autofree struct following *following = data;
	g_autofree char *name = following->monitor;
	const struct seating *seating = following->seating;
	g_autoptr(GError) error = NULL;
	enum switch_outcome outcome;

	if (!monitor_switch_finish(result, &outcome, &error))
		seating->listener->monitor_stays(seating->seat, name, error->message,
						 seating->listener->data);
	else if (outcome != SWITCH_ALREADY)
		g_message("the monitor %s: %s", name, switch_outcome_name(outcome));
}

/* A monitor of which nothing is said for a guest shows what it shows for the host. */
static void move_monitors(struct seating *seating, const char *side)
{
	const GPtrArray *monitors = seating->settings->monitors;

	for (guint i = 0; seating->monitors != NULL && i < monitors->len; i++) {
		const struct settings_monitor *monitor = g_ptr_array_index(monitors, i);
		const char *input = g_hash_table_lookup(monitor->inputs, side);
		struct following *following = g_new(struct following, 1);

		if (input == NULL)
			input = g_hash_table_lookup(monitor->inputs, HOST);
		*following = (struct following){ seating, g_strdup(monitor->name) };
		monitor_switch_async(seating->monitors, monitor->name, input, MONITOR_MS,
				     on_monitor, following);
	}
}

/* ---- moving --------------------------------------------------------------------------------- */

/* What a remapper makes of a keyboard that it keeps to itself can have the seat in its place. */
static char *offer_programs(const struct seating *seating)
{
	g_autoptr(GPtrArray) inputs = read_inputs();
	g_autofree char *programs = inputs == NULL ? NULL : inputs_programs(inputs);

	if (programs == NULL || seating->settings->programs != NULL)
		return g_strdup("");
	return g_strdup_printf(
		"; to use what it makes of them, write \"programs=%s\" below "
		"[seat] in %s/%s.conf",
		programs, SETTINGS_FOLDER, seating->seat);
}

static char *why_not(const struct seating *seating, guint error)
{
	static const struct {
		int code;
		const char *why;
	} reasons[] = {
		{ ENOTCONN,
		  "nobody listens there; does the guest run, and has QEMU opened its "
		  "devices?" },
		{ ENOENT,
		  "nobody listens there; does the guest run, and has QEMU opened its "
		  "devices?" },
		{ EAGAIN, "a key is held down" },
		{ EPERM, "the session is locked, or not the one on the screen" },
		{ ETIMEDOUT,
		  "the relay does not answer; see: systemctl status "
		  "'hotseat-relay@*'" },
	};

	if (error == EBUSY) {
		g_autofree char *offer = offer_programs(seating);

		return g_strconcat("another program has grabbed the keyboards", offer, NULL);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(reasons); i++) {
		if (reasons[i].code == (int)error)
			return g_strdup(reasons[i].why);
	}
	return g_strdup(g_strerror((int)error));
}

static void answer_move(struct seating *seating, guint error)
{
	struct move move = seating->move;
	g_autoptr(GError) failure = NULL;

	if (move.moved == NULL)
		return;
	seating->move = (struct move){ 0 };
	g_source_remove(move.timeout);
	if (error != 0) {
		g_autofree char *why = why_not(seating, error);

		failure = g_error_new(HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED,
				      "the seat was not moved: %s", why);
	}
	move.moved(failure, move.data);
}

static gboolean on_move_timeout(gpointer data)
{
	struct seating *seating = data;

	answer_move(seating, ETIMEDOUT); /* removes this source */
	return G_SOURCE_CONTINUE;
}

static void note_side(struct seating *seating, guint side)
{
	g_autofree char *why = NULL;

	if (side >= SEAT_SIDES || side == seating->side)
		return;
	seating->side = side;
	if (side != SEAT_HOST) {
		seating->last_guest = side;
		why = g_strdup_printf("%s has keyboard and mouse", seating_side(seating));
	}
	session_hold_off_idle(seating->session, why);
	move_monitors(seating, seating_side(seating));
	seating->listener->moved(seating->seat, seating_side(seating), NULL,
				 seating->listener->data);
}

static void note_refused(const struct seating *seating, const struct relay_report *report)
{
	g_autofree char *why = why_not(seating, report->error);

	if (report->number < SEAT_SIDES && seating->guests[report->number] != NULL)
		seating->listener->moved(seating->seat, seating->guests[report->number], why,
					 seating->listener->data);
}

static void note_answer(struct seating *seating, const struct relay_report *report)
{
	if (report->verb == RELAY_MOVE)
		answer_move(seating, report->error);
	/* pulled out in the moment it was passed; or passed twice */
	if (report->verb == RELAY_ADD_SOURCE && report->error != 0 && report->error != ENODEV &&
	    report->error != EEXIST)
		g_message("%s is not used: %s",
			  controller_input_path(seating->controller, report->number),
			  g_strerror((int)report->error));
}

static void note_foreign(const struct seating *seating, guint number)
{
	g_autofree char *offer = offer_programs(seating);

	g_message("%s stays with the host: another program has grabbed it%s",
		  controller_input_path(seating->controller, number), offer);
}

static void on_report(const struct relay_report *report, void *data)
{
	struct seating *seating = data;

	switch ((enum relay_word)report->word) {
	case RELAY_SIDE:
		note_side(seating, report->number);
		break;
	case RELAY_REFUSED:
		note_refused(seating, report);
		break;
	case RELAY_ANSWER:
		note_answer(seating, report);
		break;
	case RELAY_SOURCE:
		if (report->state == SOURCE_FOREIGN)
			note_foreign(seating, report->number);
		break;
	case RELAY_SINK:
		break;
	}
}

/*
 * Where the desktop was stopped for a guest there is no session to ask, and the guest is all that
 * is on a screen.
 */
static void update_watch(struct seating *seating)
{
	if (!seating->told && seating->alone == 0)
		return;
	seating->watched = seating->present || seating->alone != 0;
	controller_watch(seating->controller, seating->watched);
}

static void on_session(gboolean present, void *data)
{
	struct seating *seating = data;

	seating->told = TRUE;
	seating->present = present;
	update_watch(seating);
}

/* side_of - SEAT_SIDES: no such guest is here */
static guint side_of(const struct seating *seating, const char *name)
{
	if (name[0] == '\0')
		return seating->side != SEAT_HOST         ? SEAT_HOST
		       : seating->last_guest != SEAT_HOST ? seating->last_guest
							  : SEAT_SIDES;
	for (guint side = 0; side < SEAT_SIDES; side++) {
		if (g_strcmp0(seating->guests[side], name) == 0)
			return side;
	}
	return SEAT_SIDES;
}

void seating_move(struct seating *seating, const char *side, seating_moved moved, void *data)
{
	guint number = side_of(seating, side);
	g_autoptr(GError) error = NULL;

	if (number == SEAT_SIDES)
		error = g_error_new(HOTSEAT_ERROR, HOTSEAT_ERROR_ABSENT,
				    "the seat was not moved: no such guest was started with this "
				    "seat's devices");
	else if (seating->move.moved != NULL)
		error = g_error_new(HOTSEAT_ERROR, HOTSEAT_ERROR_BUSY,
				    "the seat was not moved: it is being moved already");
	if (error != NULL) {
		moved(error, data);
		return;
	}
	seating->move =
		(struct move){ moved, data, g_timeout_add(MOVE_MS, on_move_timeout, seating) };
	controller_move(seating->controller, number);
}

/* ---- all of it ------------------------------------------------------------------------------ */

static guint repairs_of(const struct seating_guest *guest)
{
	return RELAY_REPAIR_KEYBOARD | (guest->windows ? RELAY_REPAIR_MOUSE : 0U);
}

/* Who has these names from now on; a guest that has gone may have left them. */
static void name_side(struct seating *seating, const struct seating_guest *guest)
{
	g_free(seating->guests[guest->side]);
	seating->guests[guest->side] = g_strdup(guest->name);
	if (seating->last_guest == SEAT_HOST)
		seating->last_guest = guest->side;
	send_chords(seating);
}

static void begin_guest(struct seating *seating, const struct seating_guest *guest)
{
	if (g_strcmp0(seating->guests[guest->side], guest->name) != 0)
		name_side(seating, guest);
	controller_set_repairs(seating->controller, guest->side, repairs_of(guest));
	if (guest->alone)
		seating->alone |= 1U << guest->side;
	else
		seating->alone &= ~(1U << guest->side);
	update_watch(seating);
}

void seating_leave(struct seating *seating, const char *guest)
{
	guint side = side_of(seating, guest);

	if (side == SEAT_SIDES || !(seating->alone & 1U << side))
		return;
	seating->alone &= ~(1U << side);
	update_watch(seating);
}

gboolean seating_prepare(struct seating *seating, const struct seating_guest *guest, GError **error)
{
	guint side = guest->side;

	if (side == SEAT_HOST || side >= SEAT_SIDES) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED,
			    "a seat has devices for guests 1 to %d, not for guest %u",
			    SEAT_SIDES - 1, side);
		return FALSE;
	}
	if (seating->guests[side] == NULL) {
		if (!controller_add_guest(seating->controller, side, repairs_of(guest), error))
			return FALSE;
	} else if (!g_str_equal(seating->guests[side], guest->name) && seating->side == side) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_BUSY,
			    "%s has the devices of %s at this seat; give it others: hotseat set %s "
			    "seat=none, then seat=%s",
			    seating->guests[side], guest->name, guest->name, seating->seat);
		return FALSE;
	}
	begin_guest(seating, guest);
	return TRUE;
}

static struct settings *read_settings(const char *path)
{
	g_autoptr(GError) error = NULL;
	struct settings *settings = settings_read(path, &error);

	if (settings != NULL)
		return settings;
	/* A slip in a file must not cost the keyboard. */
	g_message("%s; the usual settings are used", error->message);
	return settings_default();
}

static void start_monitors(struct seating *seating)
{
	if (seating->monitors == NULL && seating->settings->monitors->len > 0)
		seating->monitors = worker_new(NULL, NULL, LEARNED_FILE);
}

/* All of it holds from now on, but what has been taken as an input stays one. */
static gboolean on_settled(gpointer data)
{
	struct seating *seating = data;
	g_autoptr(GError) error = NULL;
	struct settings *settings = settings_read(seating->file, &error);

	seating->settle = 0;
	if (settings == NULL) {
		g_message("%s; what was settled before holds on", error->message);
		return G_SOURCE_REMOVE;
	}
	settings_free(seating->settings);
	seating->settings = settings;
	send_chords(seating);
	add_named_inputs(seating);
	start_monitors(seating);
	return G_SOURCE_REMOVE;
}

static void on_file(GFileMonitor *monitor, GFile *file, GFile *other, GFileMonitorEvent event,
		    gpointer data)
{
	struct seating *seating = data;

	if (seating->settle == 0)
		seating->settle = g_timeout_add(SETTLE_MS, on_settled, seating);
}

static void watch_settings(struct seating *seating)
{
	g_autoptr(GFile) file = g_file_new_for_path(seating->file);

	seating->changes = g_file_monitor_file(file, G_FILE_MONITOR_NONE, NULL, NULL);
	if (seating->changes != NULL)
		g_signal_connect(seating->changes, "changed", G_CALLBACK(on_file), seating);
}

struct seating *seating_new(GDBusConnection *bus, const char *seat, const char *settings,
			    const struct seating_listener *listener)
{
	struct seating *seating = g_new0(struct seating, 1);
	g_autofree char *socket = g_build_filename(SOCKET_FOLDER, seat, NULL);

	seating->seat = g_strdup(seat);
	seating->file = g_strdup(settings);
	watch_settings(seating); /* before it is read: no change is missed */
	seating->settings = read_settings(settings);
	seating->listener = listener;
	seating->guests[SEAT_HOST] = g_strdup(HOST);
	seating->inputs = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	seating->controller = controller_new(socket, seat, on_report, seating);
	start_monitors(seating);
	seating->session = session_new(bus, seat, on_session, seating);
	controller_connect(seating->controller);
	send_chords(seating);
	start_inputs(seating);
	return seating;
}

void seating_free(struct seating *seating)
{
	if (seating == NULL)
		return;
	answer_move(seating, ETIMEDOUT);
	if (seating->rescan != 0)
		g_source_remove(seating->rescan);
	if (seating->settle != 0)
		g_source_remove(seating->settle);
	g_clear_object(&seating->udev);
	g_clear_object(&seating->changes);
	session_free(seating->session);
	controller_free(seating->controller);
	worker_free(seating->monitors);
	g_hash_table_unref(seating->inputs);
	for (guint i = 0; i < SEAT_SIDES; i++)
		g_free(seating->guests[i]);
	settings_free(seating->settings);
	g_free(seating->file);
	g_free(seating->seat);
	g_free(seating);
}

const char *seating_seat(const struct seating *seating)
{
	return seating->seat;
}

const char *seating_side(const struct seating *seating)
{
	return seating->guests[seating->side] != NULL ? seating->guests[seating->side] : HOST;
}

gboolean seating_knows(const struct seating *seating, const char *guest)
{
	return side_of(seating, guest) != SEAT_SIDES;
}

gboolean seating_has_guests(const struct seating *seating)
{
	for (guint side = 1; side < SEAT_SIDES; side++) {
		if (seating->guests[side] != NULL)
			return TRUE;
	}
	return FALSE;
}

gboolean seating_is_watched(const struct seating *seating)
{
	return seating->watched;
}
