/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hotseatd/seats.h"

#include <string.h>
#include <unistd.h>

#include "guest/domain.h"
#include "guest/virt.h"
#include "handover/handover.h"
#include "hotseatd/settings.h"

#define SUFFIX ".conf"
#define NAME_TRIES 200 /* ten seconds in all */
#define NAME_PAUSE_US 50000
#define NOT_SEATS "monitors" SUFFIX /* of what monitors can do, in the same folder */

struct seats {
	GPtrArray *seatings; /* struct seating */
	GThread *adopting;   /* NULL: not any more */
};

static void free_seating(gpointer data)
{
	seating_free(data);
}

static gboolean is_seat_file(const char *name)
{
	g_autofree char *seat = NULL;

	if (!g_str_has_suffix(name, SUFFIX) || g_str_equal(name, NOT_SEATS))
		return FALSE;
	seat = g_strndup(name, strlen(name) - strlen(SUFFIX));
	/* It becomes part of the names of a socket and of device nodes, as a guest's name does. */
	return guest_name_valid(seat) && !g_str_equal(seat, SETTINGS_SEAT);
}

struct seats *seats_new(GDBusConnection *bus, const char *folder,
			const struct seating_listener *listener)
{
	struct seats *seats = g_new0(struct seats, 1);
	GDir *dir = g_dir_open(folder, 0, NULL); /* there need not be one */
	g_autofree char *usual = g_build_filename(folder, SETTINGS_SEAT SUFFIX, NULL);
	const char *name;

	seats->seatings = g_ptr_array_new_with_free_func(free_seating);
	g_ptr_array_add(seats->seatings, seating_new(bus, SETTINGS_SEAT, usual, listener));
	while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
		g_autofree char *path = g_build_filename(folder, name, NULL);
		g_autofree char *seat = g_strndup(name, strlen(name) - strlen(SUFFIX));

		if (is_seat_file(name))
			g_ptr_array_add(seats->seatings, seating_new(bus, seat, path, listener));
	}
	if (dir != NULL)
		g_dir_close(dir);
	return seats;
}

void seats_free(struct seats *seats)
{
	if (seats == NULL)
		return;
	if (seats->adopting != NULL)
		g_thread_unref(seats->adopting);
	g_ptr_array_unref(seats->seatings);
	g_free(seats);
}

/* ---- from another thread to the main loop and back --------------------------------------------
 */

struct errand {
	struct seats *seats;
	const char *seat, *side; /* or the guest */
	struct seating_guest guest;
	GVariant *described;
	GError *error;
	GMutex mutex;
	GCond cond;
	gboolean done;
};

static void errand_end(struct errand *errand, GError *error)
{
	g_mutex_lock(&errand->mutex);
	errand->error = error;
	errand->done = TRUE;
	g_cond_signal(&errand->cond);
	g_mutex_unlock(&errand->mutex);
}

static void errand_run(struct errand *errand, GSourceFunc function)
{
	g_assert(!g_main_context_is_owner(NULL)); /* it would wait for itself */
	g_mutex_init(&errand->mutex);
	g_cond_init(&errand->cond);
	g_idle_add_full(G_PRIORITY_DEFAULT, function, errand, NULL);
	g_mutex_lock(&errand->mutex);
	while (!errand->done)
		g_cond_wait(&errand->cond, &errand->mutex);
	g_mutex_unlock(&errand->mutex);
	g_mutex_clear(&errand->mutex);
	g_cond_clear(&errand->cond);
}

static struct seating *find(const struct errand *errand, GError **error)
{
	for (guint i = 0; i < errand->seats->seatings->len; i++) {
		struct seating *seating = g_ptr_array_index(errand->seats->seatings, i);

		if (errand->seat[0] == '\0' ? seating_knows(seating, errand->side)
					    : g_str_equal(seating_seat(seating), errand->seat))
			return seating;
	}
	if (errand->seat[0] == '\0') /* the first says what is wrong with the side */
		return g_ptr_array_index(errand->seats->seatings, 0);
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_ABSENT,
		    "there is no seat %s; a seat is a file /etc/hotseat/%s" SUFFIX, errand->seat,
		    errand->seat);
	return NULL;
}

/* ---- a guest that starts ----------------------------------------------------------------------
 */

static gboolean do_prepare(gpointer data)
{
	struct errand *errand = data;
	GError *error = NULL;
	struct seating *seating = find(errand, &error);

	if (seating != NULL)
		(void)seating_prepare(seating, &errand->guest, &error);
	errand_end(errand, error);
	return G_SOURCE_REMOVE;
}

/* The kernel makes a node at once, and udev the name that the guest knows a moment later. */
static gboolean wait_for_names(const struct domain_facts *facts, GError **error)
{
	for (guint try = 0; try < NAME_TRIES; try++) {
		guint there = 0;

		for (guint i = 0; facts->inputs[i] != NULL; i++)
			there += access(facts->inputs[i], F_OK) == 0 ? 1 : 0;
		if (facts->inputs[there] == NULL)
			return TRUE;
		g_usleep(NAME_PAUSE_US);
	}
	g_set_error(
		error, HOTSEAT_ERROR, HOTSEAT_ERROR_FAILED,
		"the devices of this seat, %s among them, do not come; does hotseat-relay run, and "
		"does udev know 72-hotseat.rules? Try: sudo systemctl start "
		"hotseat-relay@%s.socket; "
		"sudo udevadm control --reload",
		facts->inputs[0], facts->seat);
	return FALSE;
}

gboolean seats_prepare(struct seats *seats, const char *xml, GError **error)
{
	autoptr(domain_facts) facts = domain_facts_parse(xml, error);
	struct errand errand = { .seats = seats };

	if (facts == NULL)
		return FALSE;
	if (facts->seat == NULL)
		return TRUE;
	errand.seat = facts->seat;
	errand.side = facts->name;
	errand.guest = (struct seating_guest){
		.name = facts->name,
		.side = facts->seat_side,
		.windows = facts->windows,
		.alone = facts->lend.display_manager,
	};
	errand_run(&errand, do_prepare);
	if (errand.error == NULL)
		return wait_for_names(facts, error);
	g_propagate_error(error, errand.error);
	return FALSE;
}

static void on_moved(const GError *error, void *data)
{
	errand_end(data, error != NULL ? g_error_copy(error) : NULL);
}

static gboolean do_leave(gpointer data)
{
	struct errand *errand = data;
	struct seating *seating = find(errand, NULL);

	if (seating != NULL)
		seating_leave(seating, errand->side);
	if (seating != NULL && g_str_equal(seating_side(seating), errand->side))
		seating_move(seating, "host", on_moved, errand);
	else
		errand_end(errand, NULL);
	return G_SOURCE_REMOVE;
}

void seats_leave(struct seats *seats, const char *xml)
{
	autoptr(domain_facts) facts = domain_facts_parse(xml, NULL);
	struct errand errand = { .seats = seats };

	if (facts == NULL || facts->seat == NULL)
		return;
	errand.seat = facts->seat;
	errand.side = facts->name;
	errand_run(&errand, do_leave);
	g_clear_error(&errand.error); /* then the relay finds out */
}

static void adopt(struct seats *seats, struct virt *virt, const char *guest)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *xml = virt_domain_xml(virt, guest, &error);

	if (xml == NULL || !seats_prepare(seats, xml, &error))
		g_message("the seat of %s: %s", guest, error->message);
}

static gpointer adopt_thread(gpointer data)
{
	g_autoptr(GError) error = NULL;
	autoptr(host) host = host_new_live(&error);
	g_autoptr(GPtrArray) states = host == NULL ? NULL : handover_read_states(host, &error);
	autoptr(virt) virt = states == NULL || states->len == 0 ? NULL : virt_open(&error);

	if (error != NULL)
		g_message("whose seat is whose is not known: %s", error->message);
	for (guint i = 0; virt != NULL && i < states->len; i++) {
		const struct handover_state *state = g_ptr_array_index(states, i);

		if (state->complete)
			adopt(data, virt, state->name);
	}
	return NULL;
}

void seats_adopt(struct seats *seats)
{
	seats->adopting = g_thread_try_new("adopt", adopt_thread, seats, NULL);
}

/* ---- moving ------------------------------------------------------------------------------------
 */

static gboolean do_move(gpointer data)
{
	struct errand *errand = data;
	GError *error = NULL;
	struct seating *seating = find(errand, &error);

	if (seating != NULL)
		seating_move(seating, errand->side, on_moved, errand);
	else
		errand_end(errand, error);
	return G_SOURCE_REMOVE;
}

gboolean seats_move(struct seats *seats, const char *seat, const char *side, GError **error)
{
	struct errand errand = { .seats = seats, .seat = seat, .side = side };

	errand_run(&errand, do_move);
	if (errand.error == NULL)
		return TRUE;
	g_propagate_error(error, errand.error);
	return FALSE;
}

/* ---- looking -----------------------------------------------------------------------------------
 */

static gboolean do_describe(gpointer data)
{
	struct errand *errand = data;
	GVariantBuilder builder;

	g_variant_builder_init(&builder, SEATS_TYPE);
	for (guint i = 0; i < errand->seats->seatings->len; i++) {
		const struct seating *seating = g_ptr_array_index(errand->seats->seatings, i);

		if (!seating_has_guests(seating))
			continue;
		g_variant_builder_add(&builder, "(ssb)", seating_seat(seating),
				      seating_side(seating), seating_is_watched(seating));
	}
	errand->described = g_variant_builder_end(&builder);
	errand_end(errand, NULL);
	return G_SOURCE_REMOVE;
}

GVariant *seats_describe(struct seats *seats)
{
	struct errand errand = { .seats = seats };

	errand_run(&errand, do_describe);
	return errand.described;
}
