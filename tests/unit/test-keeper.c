/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Protects: what nobody asks for. A guest that runs or is being started keeps its card, whatever
 * libvirt can or cannot say; one that is gone loses it, and so does what was left half done.
 */
#include "core/error.h"
#include "hotseatd/keeper.h"

/* One guest, as the journals and libvirt have it; what the keeper did. The thread's and ours. */
static struct {
	GMutex mutex;
	gboolean lent, complete, busy;
	int pid;
	enum ask_answer runs;
	guint looks, taken, refused, switches;
} model;

#define LOCKED g_autoptr(GMutexLocker) locked G_GNUC_UNUSED = g_mutex_locker_new(&model.mutex)

static GPtrArray *model_states(GError **error)
{
	GPtrArray *states = g_ptr_array_new_with_free_func((GDestroyNotify)handover_state_free);
	LOCKED;

	model.looks++;
	if (model.lent) {
		struct handover_state *state = g_new0(struct handover_state, 1);

		state->uuid = g_strdup("uuid");
		state->name = g_strdup("win11");
		state->complete = model.complete;
		state->pid = model.pid;
		state->steps = g_ptr_array_new();
		g_ptr_array_add(states, state);
	}
	return states;
}

static enum ask_answer model_runs(const char *guest, guint seconds)
{
	LOCKED;

	return model.runs;
}

static gboolean model_take_back(const struct handover_state *state, GError **error)
{
	LOCKED;

	if (model.busy) {
		model.refused++;
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_BUSY, "its group is open");
		return FALSE;
	}
	model.taken++;
	model.lent = FALSE;
	return TRUE;
}

static void model_switch(const struct handover_state *state)
{
	LOCKED;

	model.switches++;
}

static const struct keeper_work work = {
	.read_states = model_states,
	.runs = model_runs,
	.take_back = model_take_back,
	.look_at_switch = model_switch,
	.pause_ms = 5,
};

static guint get(const guint *value)
{
	LOCKED;

	return *value;
}

static void set_true(void *data)
{
	*(gboolean *)data = TRUE;
}

static void wait_looks(guint looks)
{
	while (get(&model.looks) < looks)
		g_main_context_iteration(NULL, TRUE);
}

/* after so many looks, and the keeper stopped, so that all of them are over */
static void look(struct flights *flights, guint looks)
{
	struct keeper *keeper = keeper_new(&work, flights);
	gboolean stopped = FALSE;

	keeper_wake(keeper);
	wait_looks(looks);
	keeper_stop(keeper, set_true, &stopped);
	while (!stopped)
		g_main_context_iteration(NULL, TRUE);
	keeper_free(keeper);
}

static const struct {
	const char *name;
	gboolean complete, busy, flies;
	int pid;
	enum ask_answer runs;
	guint looks, taken; /* after so many looks it was taken back so often */
} cases[] = {
	{ "runs", TRUE, FALSE, FALSE, 0, ASK_YES, 4, 0 },
	{ "gone: not at the first look", TRUE, FALSE, FALSE, 0, ASK_NO, 1, 0 },
	{ "gone: at the second", TRUE, FALSE, FALSE, 0, ASK_NO, 3, 1 },
	{ "libvirt is silent, nobody has the group", TRUE, FALSE, FALSE, 0, ASK_NO_ANSWER, 3, 1 },
	{ "libvirt is silent, the group is open", TRUE, TRUE, FALSE, 0, ASK_NO_ANSWER, 4, 0 },
	{ "libvirt is wrong, the group is open", TRUE, TRUE, FALSE, 0, ASK_NO, 4, 0 },
	{ "is being started", TRUE, FALSE, TRUE, 0, ASK_NO, 4, 0 },
	{ "left half done", FALSE, FALSE, FALSE, 0, ASK_NO, 2, 1 },
	{ "somebody is at work", FALSE, FALSE, FALSE, 7, ASK_NO, 4, 0 },
};

static void test_cases(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct flights *flights = flights_new();

		g_test_message("%s", cases[i].name);
		model.lent = TRUE;
		model.complete = cases[i].complete;
		model.busy = cases[i].busy;
		model.pid = cases[i].pid;
		model.runs = cases[i].runs;
		model.looks = model.taken = model.refused = 0;
		if (cases[i].flies)
			flights_begin(flights, "win11");
		/* A keeper that has nothing left to look at looks no more. */
		look(flights, cases[i].taken > 0 ? cases[i].looks - 1 : cases[i].looks);
		g_assert_cmpuint(model.taken, ==, cases[i].taken);
		flights_free(flights);
	}
}

/* Each look at a guest that runs is one at its dead man's switch. */
static void test_switch_is_looked_at(void)
{
	struct flights *flights = flights_new();

	model.lent = model.complete = TRUE;
	model.busy = FALSE;
	model.pid = 0;
	model.runs = ASK_YES;
	model.looks = model.taken = model.switches = 0;
	look(flights, 3);
	g_assert_cmpuint(model.switches, ==, 3);
	g_assert_cmpuint(model.taken, ==, 0);
	flights_free(flights);
}

/* Without journals nothing wakes the machine. */
static void test_sleeps(void)
{
	struct flights *flights = flights_new();
	struct keeper *keeper = keeper_new(&work, flights);
	gboolean stopped = FALSE;
	gint64 until;

	model.lent = FALSE;
	model.looks = 0;
	keeper_wake(keeper);
	wait_looks(1);
	until = g_get_monotonic_time() + 60000;
	while (g_get_monotonic_time() < until)
		g_main_context_iteration(NULL, FALSE);
	g_assert_cmpuint(get(&model.looks), ==, 1);
	/* and it can be woken again */
	keeper_wake(keeper);
	wait_looks(2);
	keeper_stop(keeper, set_true, &stopped);
	while (!stopped)
		g_main_context_iteration(NULL, TRUE);
	keeper_free(keeper);
	flights_free(flights);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/keeper/cases", test_cases);
	g_test_add_func("/keeper/switch", test_switch_is_looked_at);
	g_test_add_func("/keeper/sleeps", test_sleeps);
	return g_test_run();
}
