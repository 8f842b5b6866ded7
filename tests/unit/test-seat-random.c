/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <glib.h>

#include "evdev-model.h"
#include "seat/seat.h"

/*
 * What a seat promises, and hands, plugs, deaths and delays that try to break it. Nothing in here
 * knows how the seat does it: the specification is the functions promise_...(), asked after
 * every step or whenever all is quiet.
 *
 * HOTSEAT_SEAT_EVENTS sets how many events are typed (2,000,000).
 */
enum {
	NODES = 4,
	GUESTS = 3
};

static const unsigned int palette[] = {
	KEY_A,  KEY_B,  KEY_C,        KEY_LEFTCTRL, KEY_RIGHTCTRL, KEY_LEFTSHIFT,  KEY_ESC,
	KEY_F1, KEY_F2, KEY_LEFTMETA, BTN_LEFT,     BTN_RIGHT,     KEY_RIGHTSHIFT, KEY_PLAYPAUSE,
};

static const struct chord chords[] = {
	{ CHORD_NEXT, 0, 2, { KEY_LEFTCTRL, KEY_RIGHTCTRL } },
	{ CHORD_SIDE, SEAT_HOST, 3, { KEY_LEFTSHIFT, KEY_RIGHTSHIFT, KEY_ESC } },
	{ CHORD_SIDE, 1, 2, { KEY_LEFTMETA, KEY_F1 } },
	{ CHORD_SIDE, 2, 2, { KEY_LEFTMETA, KEY_F2 } },
};

struct world {
	struct seat seat;
	GRand *rand;
	gint motion;                    /* each motion has a number of its own */
	gint last_seen[NODES + GUESTS]; /* per reader: the last number */
	GArray *seen;                   /* which reader got which motion, by number */
	gint sent[NODES];
	guint64 events, moves, now;
	gboolean busy; /* the seat reads seldom: queues run over */
	gboolean calm; /* no races, no queue that runs over: then nothing may be lost */
};

static struct world world;

static void ignore_moved(void *data, unsigned int side, enum seat_cause cause, int error)
{
	world.moves += error == 0;
}

static void ignore_source(void *data, unsigned int id, enum source_state state, int fd)
{
}

static const struct seat_listener listener = { .moved = ignore_moved, .source = ignore_source };

static guint pick(guint below)
{
	return (guint)g_rand_int_range(world.rand, 0, (gint32)below);
}

/* ---- what hands do --------------------------------------------------------------------------- */

static void hand_somewhere(void)
{
	unsigned int node = pick(NODES), code = palette[pick(G_N_ELEMENTS(palette))];

	if (!model.nodes[node].plugged)
		return;
	model_hand(node, code, !keys_has(&model.nodes[node].hand, code));
	world.events++;
}

static void move_somewhere(void)
{
	unsigned int node = pick(NODES);

	if (!model.nodes[node].plugged)
		return;
	world.motion++;
	g_array_set_size(world.seen, (guint)world.motion + 1);
	model_event(node, EV_REL, REL_X, world.motion);
	if (pick(3) == 0)
		model_event(node, EV_REL, REL_WHEEL, 1);
	model_report(node);
	world.events++;
}

static void race(void)
{
	if (!world.calm && pick(6) == 0)
		pick(2) == 0 ? hand_somewhere() : move_somewhere();
}

static void release_hands(void)
{
	for (unsigned int node = 0; node < NODES; node++) {
		struct keys *hand = &model.nodes[node].hand;

		for (unsigned int code = keys_next(hand, 0); code < KEY_CNT;
		     code = keys_next(hand, code))
			model_hand(node, code, false);
	}
}

/* ---- the process around the seat ------------------------------------------------------------- */

static void add_guest(unsigned int side)
{
	const int fds[] = { model_sink_fd(2 * side - 2), model_sink_fd(2 * side - 1) };
	const int nodes[] = { model_sink_node(2 * side - 2), model_sink_node(2 * side - 1) };
	const bool repairs[] = { true, false };

	g_assert_cmpint(seat_set_sink(&world.seat, side, fds, nodes, repairs), ==, 0);
}

static void start_relay(void)
{
	seat_init(&world.seat, &evdev_model_calls, &listener);
	g_assert_cmpint(seat_set_chords(&world.seat, chords, G_N_ELEMENTS(chords)), ==, 0);
	for (unsigned int side = 1; side <= GUESTS; side++)
		add_guest(side);
	seat_watch(&world.seat, true);
	for (unsigned int node = 0; node < NODES; node++) {
		if (model.nodes[node].plugged)
			seat_add_source(&world.seat, node, model_fd(node), node % 2 == 0);
	}
}

static void read_all(void)
{
	for (gboolean more = TRUE; more;) {
		more = FALSE;
		for (unsigned int i = 0; i < SEAT_SOURCES; i++) {
			struct source *source = &world.seat.sources[i];

			if (source->state != SOURCE_FREE && model_readable(source->id)) {
				seat_read(&world.seat, source);
				more = TRUE;
			}
		}
	}
}

static void replug(void)
{
	unsigned int node = pick(NODES);

	if (model.nodes[node].plugged) {
		model_unplug(node);
		read_all();
	} else {
		model_plug(node);
		seat_add_source(&world.seat, node, model_fd(node), node % 2 == 0);
	}
}

/* ---- the specification ----------------------------------------------------------------------- */

/*
 * Every press has its release on the side that got it: a log in which each key alternates. Where a
 * key went down in the very moment of a grab the host may see it pressed twice.
 */
static void promise_alternation(const struct model_log *log, struct keys *down, gboolean twice)
{
	for (guint i = 0; i < log->count; i++) {
		const struct input_event *event = &log->events[i];

		if (event->type != EV_KEY || event->value == 2)
			continue;
		g_assert_true(event->value == 0 || twice || !keys_has(down, event->code));
		if (event->value != 0)
			keys_add(down, event->code);
		else
			keys_remove(down, event->code);
	}
}

/* No motion reaches two readers, and none comes before an earlier one of the same device. */
static void promise_order(const struct model_log *log, unsigned int reader)
{
	for (guint i = 0; i < log->count; i++) {
		const struct input_event *event = &log->events[i];
		guint *seen;

		if (event->type != EV_REL || event->code != REL_X)
			continue;
		seen = &g_array_index(world.seen, guint, event->value);
		g_assert_cmpuint(*seen, ==, 0);
		*seen = reader + 1;
		if (reader < NODES) {
			g_assert_cmpint(event->value, >, world.last_seen[reader]);
			world.last_seen[reader] = event->value;
		}
	}
}

/* What the host does not have, it has nothing of held down: no key repeats there for ever. */
static void promise_host_is_clean(void)
{
	if (world.seat.side == SEAT_HOST)
		return;
	for (unsigned int node = 0; node < NODES; node++) {
		if (model.nodes[node].plugged && model.nodes[node].grabbed)
			g_assert_true(keys_empty(&model.nodes[node].desktop));
	}
}

/* What has not the seat holds nothing. */
static void promise_guests_are_clean(void)
{
	for (unsigned int side = 1; side <= GUESTS; side++) {
		if (side == world.seat.side)
			continue;
		g_assert_true(keys_empty(&model.sinks[2 * side - 2].guest));
		g_assert_true(keys_empty(&model.sinks[2 * side - 1].guest));
	}
}

/* With all hands off and everything read, nothing is down anywhere. */
static void promise_nothing_held(void)
{
	for (unsigned int node = 0; node < NODES; node++)
		g_assert_true(keys_empty(&model.nodes[node].desktop));
	for (unsigned int i = 0; i < 2 * GUESTS; i++)
		g_assert_true(keys_empty(&model.sinks[i].guest));
}

/* While the host has the seat nothing is grabbed. */
static void promise_host_has_all(void)
{
	for (unsigned int node = 0; node < NODES; node++)
		g_assert_false(model.nodes[node].plugged && model.nodes[node].grabbed);
}

/* Kernel and desktop agree on what is down: no release is to come for what was never pressed. */
static void promise_host_agrees(void)
{
	for (unsigned int node = 0; node < NODES; node++) {
		if (!model.nodes[node].grabbed)
			g_assert_true(memcmp(&model.nodes[node].desktop, &model.nodes[node].kernel,
					     sizeof(struct keys)) == 0);
	}
}

static struct keys node_down[NODES], sink_down[2 * GUESTS];

static void ask_promises(void)
{
	for (unsigned int node = 0; node < NODES; node++) {
		if (!model.nodes[node].plugged)
			keys_clear(&node_down[node]);
		promise_alternation(&model.nodes[node].log, &node_down[node], !world.calm);
		promise_order(&model.nodes[node].log, node);
		model.nodes[node].log.count = 0;
	}
	for (unsigned int i = 0; i < 2 * GUESTS; i++) {
		promise_alternation(&model.sinks[i].log, &sink_down[i], FALSE);
		promise_order(&model.sinks[i].log, NODES + i / 2);
		g_assert_cmpuint(model.sinks[i].leaked, ==, 0);
		model.sinks[i].log.count = 0;
	}
	promise_host_is_clean();
	promise_guests_are_clean();
	if (world.seat.side == SEAT_HOST)
		promise_host_has_all();
}

/* ---- the tests ------------------------------------------------------------------------------- */

static void world_init(guint32 seed)
{
	memset(&world, 0, sizeof(world));
	memset(node_down, 0, sizeof(node_down));
	memset(sink_down, 0, sizeof(sink_down));
	world.rand = g_rand_new_with_seed(seed);
	world.seen = g_array_new(FALSE, TRUE, sizeof(guint));
	g_array_set_size(world.seen, 1);
	world.now = 1;
	model_reset();
	for (unsigned int node = 0; node < NODES; node++)
		model_plug(node);
	start_relay();
	model.race = race;
}

static void world_clear(void)
{
	model.race = NULL;
	g_rand_free(world.rand);
	g_array_unref(world.seen);
}

static guint64 wanted_events(void)
{
	const char *text = g_getenv("HOTSEAT_SEAT_EVENTS");

	return text == NULL ? 2000000 : g_ascii_strtoull(text, NULL, 10);
}

static void restart_relay(void)
{
	/* its guests keep what they had down until the next one lets go */
	model_close();
	promise_host_has_all();
	for (unsigned int i = 0; i < 10; i++)
		hand_somewhere();
	start_relay();
}

static void take_hands_off(void)
{
	gboolean calm = world.calm;

	world.calm = TRUE;
	release_hands();
	read_all();
	promise_nothing_held();
	world.calm = calm;
}

static void rare_step(void)
{
	switch (pick(6)) {
	case 0:
		replug();
		break;
	case 1:
		restart_relay();
		break;
	case 2:
		seat_watch(&world.seat, false);
		promise_host_has_all();
		seat_watch(&world.seat, true);
		break;
	case 3:
		seat_move(&world.seat, pick(GUESTS + 1), SEAT_BY_REQUEST);
		break;
	case 4:
		take_hands_off();
		break;
	default:
		world.now += pick(3000) * 1000000ULL;
		seat_settle(&world.seat, world.now);
		break;
	}
}

static void step(void)
{
	guint what = pick(1000);

	if (what < 500)
		hand_somewhere();
	else if (what < 980)
		move_somewhere();
	else
		rare_step();
	if (pick(300) == 0)
		world.busy = !world.busy;
	if (pick(world.busy ? 200 : 6) == 0)
		read_all();
	ask_promises();
}

static void test_random(gconstpointer data)
{
	guint64 wanted = wanted_events();

	world_init(GPOINTER_TO_UINT(data));
	while (world.events < wanted)
		step();
	g_test_message("%" G_GUINT64_FORMAT " events, %" G_GUINT64_FORMAT " moves of the seat",
		       world.events, world.moves);
	g_assert_cmpuint(world.moves, >, wanted / 5000);
	world_clear();
}

/* Without races and delays no motion is lost at all, wherever the seat goes meanwhile. */
static void test_nothing_lost(void)
{
	guint64 wanted = wanted_events() / 4;

	world_init(7);
	world.calm = TRUE;
	while (world.events < wanted) {
		pick(2) == 0 ? hand_somewhere() : move_somewhere();
		read_all();
		if (pick(1000) == 0)
			seat_move(&world.seat, pick(GUESTS + 1), SEAT_BY_REQUEST);
		ask_promises();
		promise_host_agrees();
	}
	for (gint i = 1; i <= world.motion; i++)
		g_assert_cmpuint(g_array_index(world.seen, guint, i), !=, 0);
	g_test_message("%d motions, each once, %" G_GUINT64_FORMAT " moves", world.motion,
		       world.moves);
	world_clear();
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_data_func("/seat/random/1", GUINT_TO_POINTER(1), test_random);
	g_test_add_data_func("/seat/random/2", GUINT_TO_POINTER(2), test_random);
	g_test_add_func("/seat/random/nothing-lost", test_nothing_lost);
	return g_test_run();
}
