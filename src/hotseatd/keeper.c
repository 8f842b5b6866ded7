/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hotseatd/keeper.h"

#include "core/error.h"
#include "lend/deadman.h"

#define PAUSE_MS 5000
#define LIBVIRT_SECONDS 15
/*
 * A guest whose journal is complete is gone when libvirt says that it does not run, or says
 * nothing, so many times in a row, and the kernel then says that its group is free. Once would not
 * do: whoever has lent the card may be about to ask for the start.
 */
#define LOOKS_UNTIL_GONE 2

struct keeper {
	const struct keeper_work *work;
	struct flights *flights;
	guint timer;
	gboolean looking, again;
	gboolean stopping;
	void (*stopped)(void *data);
	void *stopped_data;

	/* Of the thread that looks; there is one at a time. */
	GHashTable *gone; /* UUID -> number of looks */
	char *complaint;  /* the last one: said once, not every few seconds */
	gboolean found;
};

struct keeper *keeper_new(const struct keeper_work *work, struct flights *flights)
{
	struct keeper *keeper = g_new0(struct keeper, 1);

	keeper->work = work;
	keeper->flights = flights;
	keeper->gone = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	return keeper;
}

static void complain(struct keeper *keeper, const char *message)
{
	if (g_strcmp0(keeper->complaint, message) == 0)
		return;
	g_free(keeper->complaint);
	keeper->complaint = g_strdup(message);
	g_message("%s", message);
}

static void take_back(struct keeper *keeper, const struct handover_state *state)
{
	g_autoptr(GError) error = NULL;

	if (keeper->work->take_back(state, &error))
		g_message("what %s had is back with the host", state->name);
	else
		complain(keeper, error->message);
}

/* is_gone - has nobody that state's journal was complete for been there for long enough? */
static gboolean is_gone(struct keeper *keeper, const struct handover_state *state)
{
	guint looks;

	if (flights_has(keeper->flights, state->name) ||
	    flights_has(keeper->flights, state->uuid) ||
	    keeper->work->runs(state->name, LIBVIRT_SECONDS) == ASK_YES) {
		g_hash_table_remove(keeper->gone, state->uuid);
		return FALSE;
	}
	looks = GPOINTER_TO_UINT(g_hash_table_lookup(keeper->gone, state->uuid)) + 1;
	g_hash_table_insert(keeper->gone, g_strdup(state->uuid), GUINT_TO_POINTER(looks));
	return looks >= LOOKS_UNTIL_GONE;
}

static void look_at(struct keeper *keeper, const struct handover_state *state)
{
	if (state->pid != 0)
		return; /* somebody is at work */
	if (!state->complete || is_gone(keeper, state))
		take_back(keeper, state);
	else
		keeper->work->look_at_switch(state);
}

static gboolean look_done(gpointer data);

static gpointer look_thread(gpointer data)
{
	struct keeper *keeper = data;
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) states = keeper->work->read_states(&error);

	/* What could not be read may be readable later. */
	keeper->found = states == NULL || states->len > 0;
	if (states == NULL)
		complain(keeper, error->message);
	else if (states->len == 0)
		g_hash_table_remove_all(keeper->gone);
	for (guint i = 0; states != NULL && i < states->len; i++)
		look_at(keeper, g_ptr_array_index(states, i));
	g_idle_add_full(G_PRIORITY_DEFAULT, look_done, keeper, NULL);
	return NULL;
}

static void look(struct keeper *keeper)
{
	GThread *thread;

	keeper->looking = TRUE;
	keeper->again = FALSE;
	thread = g_thread_try_new("keeper", look_thread, keeper, NULL);
	if (thread != NULL) {
		g_thread_unref(thread);
		return;
	}
	keeper->found = TRUE; /* no thread to be had: later */
	look_done(keeper);
}

static gboolean on_timer(gpointer data)
{
	struct keeper *keeper = data;

	keeper->timer = 0;
	look(keeper);
	return G_SOURCE_REMOVE;
}

static gboolean look_done(gpointer data)
{
	struct keeper *keeper = data;

	keeper->looking = FALSE;
	if (keeper->stopping)
		keeper->stopped(keeper->stopped_data);
	else if (keeper->again || keeper->found)
		keeper->timer = g_timeout_add(keeper->work->pause_ms, on_timer, keeper);
	return G_SOURCE_REMOVE;
}

void keeper_wake(struct keeper *keeper)
{
	if (keeper->stopping)
		return;
	if (keeper->looking) {
		keeper->again = TRUE;
		return;
	}
	/* Else it looks soon enough; two looks at once would be as good as one. */
	if (keeper->timer == 0)
		look(keeper);
}

void keeper_stop(struct keeper *keeper, void (*stopped)(void *data), void *data)
{
	keeper->stopping = TRUE;
	keeper->stopped = stopped;
	keeper->stopped_data = data;
	if (keeper->timer != 0)
		g_source_remove(keeper->timer);
	keeper->timer = 0;
	if (!keeper->looking)
		stopped(data);
}

void keeper_free(struct keeper *keeper)
{
	if (keeper == NULL)
		return;
	g_hash_table_unref(keeper->gone);
	g_free(keeper->complaint);
	g_free(keeper);
}

static void log_line(enum lend_line kind, const char *text, void *data)
{
	g_message("%s", text);
}

/* A group that is busy says that the guest is not gone. */
static gboolean take_back_live(const struct handover_state *state, GError **error)
{
	const struct lend_report report = { .line = log_line };
	autoptr(host) host = host_new_live(error);

	return host != NULL && lend_take_back(host, state->uuid, state->name, 0, &report, error);
}

/* The first start of a guest that took the last display: has somebody seen it? */
static void look_at_live_switch(const struct handover_state *state)
{
	g_autoptr(GError) error = NULL;

	if (!dead_man_is_armed(state->uuid) || ask_agent(state->name, LIBVIRT_SECONDS) != ASK_YES)
		return;
	if (dead_man_remember(state->uuid, &error) && dead_man_disarm(state->uuid, &error))
		g_message("the agent of %s answers: the dead man's switch is off", state->name);
	else
		g_message("%s", error->message);
}

/* Without libvirt's answer: as long as it will clean up after the guest, that is waited for. */
static enum ask_answer runs_live(const char *guest, guint seconds)
{
	enum ask_answer answer = ask_runs(guest, seconds);

	return answer == ASK_NO_ANSWER && ask_knows(guest) ? ASK_YES : answer;
}

const struct keeper_work keeper_work_live = {
	.read_states = lend_read_states,
	.runs = runs_live,
	.take_back = take_back_live,
	.look_at_switch = look_at_live_switch,
	.pause_ms = PAUSE_MS,
};
