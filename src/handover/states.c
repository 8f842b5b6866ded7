/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/error.h"
#include "handover/handover.h"
#include "handover/journal.h"
#include "handover/share.h"

/* What open journals say, and the one note that comes from outside: that our hook was called. */

#define HOOK_SECONDS 5
#define NO_GUEST "a guest without a journal"

static void step_state_free(gpointer data)
{
	struct handover_step_state *state = data;

	g_free(state->what);
	g_free(state->former);
	g_free(state->wanted);
	g_free(state->now);
	g_free(state);
}

void handover_state_free(struct handover_state *state)
{
	if (state == NULL)
		return;
	g_free(state->uuid);
	g_free(state->name);
	g_ptr_array_unref(state->steps);
	g_free(state);
}

static void free_state(gpointer data)
{
	handover_state_free(data);
}

static struct handover_step_state *read_step(struct host *host, const struct step *step)
{
	struct handover_step_state *state = g_new0(struct handover_step_state, 1);

	state->what = step_describe(step);
	state->former = step->kind->former(step);
	state->wanted = step->kind->wanted(host, step);
	state->now = step->kind->now(host, step);
	return state;
}

/* state_new - of a journal, without what it knows of its worker */
static struct handover_state *state_new(struct host *host, const struct journal *journal,
					const char *name)
{
	struct handover_state *state = g_new0(struct handover_state, 1);

	state->uuid = g_strdup(journal->uuid);
	state->name = g_strdup(name);
	state->steps = g_ptr_array_new_with_free_func(step_state_free);
	for (guint i = 0; i < journal->entries->len; i++) {
		const struct journal_entry *entry = g_ptr_array_index(journal->entries, i);

		g_ptr_array_add(state->steps, read_step(host, entry->step));
	}
	return state;
}

static struct handover_state *read_state(struct host *host, const char *uuid, GError **error)
{
	gboolean alive = FALSE;
	autoptr(journal) journal = journal_read(host, uuid, &alive, error);
	struct handover_state *state;

	if (journal == NULL)
		return NULL;
	/* Killed before its first record, or just not there yet. */
	state = state_new(host, journal, journal->started ? journal->name : uuid);
	state->complete = journal_is_complete(journal);
	state->hook_seen = journal->hook;
	state->pid = alive ? journal->worker : 0;
	return state;
}

static int compare_names(gconstpointer a, gconstpointer b)
{
	const struct handover_state *const *one = a, *const *other = b;

	return g_strcmp0((*one)->name, (*other)->name);
}

/* What was the machine's, and the journal of whoever wanted it is gone. */
static gboolean add_orphans(struct host *host, GPtrArray *states, GError **error)
{
	g_autoptr(GError) failure = NULL;
	autoptr(journal) machine = share_orphans(host, &failure);

	if (machine != NULL && machine->entries->len > 0)
		g_ptr_array_add(states, state_new(host, machine, NO_GUEST));
	if (failure == NULL)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&failure));
	return FALSE;
}

GPtrArray *handover_read_states(struct host *host, GError **error)
{
	g_autoptr(GPtrArray) states = g_ptr_array_new_with_free_func(free_state);
	g_auto(GStrv) uuids = journal_list(host, error);

	if (uuids == NULL)
		return NULL;
	for (guint i = 0; uuids[i] != NULL; i++) {
		g_autoptr(GError) failure = NULL;
		struct handover_state *state = read_state(host, uuids[i], &failure);

		if (state != NULL) {
			g_ptr_array_add(states, state);
		} else if (!hotseat_error_is(failure, HOTSEAT_ERROR_ABSENT)) {
			g_propagate_error(error, g_steal_pointer(&failure));
			return NULL;
		}
	}
	g_ptr_array_sort(states, compare_names);
	return add_orphans(host, states, error) ? g_steal_pointer(&states) : NULL;
}

gboolean handover_note_hook(struct host *host, const char *uuid, GError **error)
{
	autoptr(journal) journal = NULL;

	if (!journal_hold(host, uuid, FALSE, HOOK_SECONDS, &journal, error))
		return FALSE;
	/* A hook can only belong to a card that is lent. */
	if (journal == NULL || !journal_is_complete(journal))
		return TRUE;
	return journal_note_hook(journal, error);
}
