/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hotseatd/flights.h"

struct flight {
	guint begun;
	gint64 until; /* by g_get_monotonic_time() */
};

struct flights {
	GMutex mutex;
	GHashTable *guests; /* name or UUID -> struct flight */
};

struct flights *flights_new(void)
{
	struct flights *flights = g_new0(struct flights, 1);

	g_mutex_init(&flights->mutex);
	flights->guests = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	return flights;
}

void flights_free(struct flights *flights)
{
	if (flights == NULL)
		return;
	g_hash_table_unref(flights->guests);
	g_mutex_clear(&flights->mutex);
	g_free(flights);
}

/* with the mutex held */
static struct flight *get(struct flights *flights, const char *guest)
{
	struct flight *flight = g_hash_table_lookup(flights->guests, guest);

	if (flight == NULL) {
		flight = g_new0(struct flight, 1);
		g_hash_table_insert(flights->guests, g_strdup(guest), flight);
	}
	return flight;
}

static gboolean is_over(const struct flight *flight)
{
	return flight->begun == 0 && g_get_monotonic_time() >= flight->until;
}

static gboolean remove_over(gpointer key, gpointer value, gpointer data)
{
	return is_over(value);
}

void flights_begin(struct flights *flights, const char *guest)
{
	g_mutex_lock(&flights->mutex);
	get(flights, guest)->begun++;
	g_mutex_unlock(&flights->mutex);
}

void flights_end(struct flights *flights, const char *guest)
{
	g_mutex_lock(&flights->mutex);
	g_assert(get(flights, guest)->begun > 0);
	get(flights, guest)->begun--;
	g_hash_table_foreach_remove(flights->guests, remove_over, NULL);
	g_mutex_unlock(&flights->mutex);
}

void flights_expect(struct flights *flights, const char *guest, guint seconds)
{
	g_mutex_lock(&flights->mutex);
	get(flights, guest)->until = g_get_monotonic_time() + (gint64)seconds * G_USEC_PER_SEC;
	g_mutex_unlock(&flights->mutex);
}

void flights_forget(struct flights *flights, const char *guest)
{
	g_mutex_lock(&flights->mutex);
	get(flights, guest)->until = 0;
	g_hash_table_foreach_remove(flights->guests, remove_over, NULL);
	g_mutex_unlock(&flights->mutex);
}

gboolean flights_has(struct flights *flights, const char *guest)
{
	const struct flight *flight;
	gboolean has;

	g_mutex_lock(&flights->mutex);
	flight = g_hash_table_lookup(flights->guests, guest);
	has = flight != NULL && !is_over(flight);
	g_mutex_unlock(&flights->mutex);
	return has;
}
