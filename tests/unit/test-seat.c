/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <glib.h>
#include <libevdev/libevdev.h>
#include <stdlib.h>

#include "evdev-model.h"
#include "seat/seat.h"

/*
 * Streams: what hands do, and below each line, indented, what the sides get. A golden file is its
 * own input; after an intended change write them anew with HOTSEAT_REGENERATE=1.
 *
 *	plug|unplug|foreign KEYBOARD     held|lost GUEST     watch on|off
 *	plug MOUSE mouse                 one on which no chord can be typed
 *	KEYBOARD +a -a >a                press, release, repeat; a report for each line
 *	KEYBOARD x5 y-3                  motion
 *	drop KEYBOARD                    the kernel's queue runs over
 *	late, read                       the seat does not read; it catches up
 *	move SIDE                        somebody asks for it
 *	after MILLISECONDS               time passes
 */
struct scene {
	struct seat seat;
	GString *out;
	gboolean late;
	guint64 now;
	guint said_node[MODEL_NODES], said_sink[MODEL_SINKS];
};

static struct scene *current;

static void scene_moved(void *data, unsigned int side, enum seat_cause cause, int error)
{
	static const char *const causes[] = { "chord", "request", "sink lost", "unwatched" };

	g_string_append_printf(current->out, "    side %u by %s%s%s\n", side, causes[cause],
			       error == 0 ? "" : ": ", error == 0 ? "" : g_strerror(-error));
}

static void scene_source(void *data, unsigned int id, enum source_state state, int fd)
{
	static const char *const states[] = { "gone", "watched", "taken", "foreign" };

	g_string_append_printf(current->out, "    node %u %s\n", id, states[state]);
}

static const struct seat_listener listener = {
	.moved = scene_moved,
	.source = scene_source,
};

static void scene_add_guest(struct scene *scene, unsigned int side)
{
	const int fds[] = { model_sink_fd(2 * side - 2), model_sink_fd(2 * side - 1) };
	const int nodes[] = { model_sink_node(2 * side - 2), model_sink_node(2 * side - 1) };
	const bool repairs[] = { true, false };

	g_assert_cmpint(seat_set_sink(&scene->seat, side, fds, nodes, repairs), ==, 0);
}

static const struct chord chords[] = {
	{ CHORD_NEXT, 0, 2, { KEY_LEFTCTRL, KEY_RIGHTCTRL } },
	{ CHORD_SIDE, SEAT_HOST, 3, { KEY_LEFTSHIFT, KEY_RIGHTSHIFT, KEY_ESC } },
	{ CHORD_SIDE, 1, 2, { KEY_LEFTMETA, KEY_F1 } },
	{ CHORD_SIDE, 2, 2, { KEY_LEFTMETA, KEY_F2 } },
};

static void scene_init(struct scene *scene)
{
	memset(scene, 0, sizeof(*scene));
	model_reset();
	current = scene;
	scene->out = g_string_new(NULL);
	scene->now = 1;
	seat_init(&scene->seat, &evdev_model_calls, &listener);
	g_assert_cmpint(seat_set_chords(&scene->seat, chords, G_N_ELEMENTS(chords)), ==, 0);
	scene_add_guest(scene, 1);
	scene_add_guest(scene, 2);
	seat_watch(&scene->seat, true);
}

static void scene_read(struct scene *scene)
{
	for (unsigned int i = 0; i < SEAT_SOURCES; i++) {
		struct source *source = &scene->seat.sources[i];

		while (source->state != SOURCE_FREE && model_readable(source->id))
			seat_read(&scene->seat, source);
	}
	seat_settle(&scene->seat, scene->now);
}

static void say_events(GString *out, const char *who, unsigned int number,
		       const struct model_log *log, guint *said)
{
	if (*said == log->count)
		return;
	g_string_append_printf(out, "    %s%u", who, number);
	for (; *said < log->count; (*said)++) {
		const struct input_event *event = &log->events[*said];
		const char *name = libevdev_event_code_get_name(event->type, event->code);

		if (event->type == EV_SYN)
			g_string_append(out, " .");
		else if (event->type == EV_KEY)
			g_string_append_printf(out, " %c%s", "-+>"[event->value],
					       g_str_has_prefix(name, "KEY_") ? name + 4 : name);
		else
			g_string_append_printf(out, " %s%+d", strchr(name, '_') + 1, event->value);
	}
	g_string_append_c(out, '\n');
}

static void say_news(struct scene *scene)
{
	for (unsigned int i = 0; i < MODEL_NODES; i++)
		say_events(scene->out, "host from node ", i, &model.nodes[i].log,
			   &scene->said_node[i]);
	for (unsigned int i = 0; i < 4; i++)
		say_events(scene->out, i % 2 == 0 ? "keyboard of guest " : "mouse of guest ",
			   i / 2 + 1, &model.sinks[i].log, &scene->said_sink[i]);
}

static unsigned int key_code(const char *name)
{
	g_autofree char *upper = g_ascii_strup(name, -1);
	g_autofree char *key = g_strconcat("KEY_", upper, NULL);
	gboolean button = g_str_has_prefix(upper, "BTN_");
	int code = libevdev_event_code_from_name(EV_KEY, button ? upper : key);

	g_assert_cmpint(code, >=, 0);
	return (unsigned int)code;
}

static void scene_hand(unsigned int node, char **words)
{
	for (guint i = 0; words[i] != NULL; i++) {
		const char *rest = words[i] + 1;

		if (words[i][0] == 'x' || words[i][0] == 'y')
			model_event(node, EV_REL, words[i][0] == 'x' ? REL_X : REL_Y, atoi(rest));
		else if (words[i][0] == '>')
			model_event(node, EV_KEY, key_code(rest), 2);
		else
			model_event(node, EV_KEY, key_code(rest), words[i][0] == '+');
	}
	model_report(node);
}

static void scene_plug(struct scene *scene, unsigned int node, bool keyboard)
{
	model_plug(node);
	scene->said_node[node] = model.nodes[node].log.count;
	g_assert_cmpint(seat_add_source(&scene->seat, node, model_fd(node), keyboard), ==, 0);
}

static void scene_do(struct scene *scene, char **words)
{
	unsigned int number = words[1] == NULL ? 0 : (unsigned int)atoi(words[1]);

	if (g_ascii_isdigit(words[0][0])) {
		scene_hand((unsigned int)atoi(words[0]), words + 1);
	} else if (g_str_equal(words[0], "plug")) {
		scene_plug(scene, number, words[2] == NULL);
	} else if (g_str_equal(words[0], "unplug")) {
		model_unplug(number);
	} else if (g_str_equal(words[0], "foreign")) {
		model.nodes[number].foreign = true;
	} else if (g_str_equal(words[0], "lost") || g_str_equal(words[0], "held")) {
		model.sinks[2 * number - 2].held = words[0][0] == 'h';
		model.sinks[2 * number - 1].held = words[0][0] == 'h';
	} else if (g_str_equal(words[0], "echo")) {
		seat_read_node(&scene->seat, number, SINK_KEYBOARD);
	} else if (g_str_equal(words[0], "watch")) {
		seat_watch(&scene->seat, g_str_equal(words[1], "on"));
	} else if (g_str_equal(words[0], "drop")) {
		model_drop(number);
	} else if (g_str_equal(words[0], "move")) {
		seat_move(&scene->seat, number, SEAT_BY_REQUEST);
	} else if (g_str_equal(words[0], "after")) {
		scene->now += number * 1000000ULL;
	} else {
		g_assert_true(g_str_equal(words[0], "late") || g_str_equal(words[0], "read"));
	}
	scene->late =
		g_str_equal(words[0], "late") || (scene->late && !g_str_equal(words[0], "read"));
}

static void test_golden(gconstpointer data)
{
	g_autofree char *file = g_strconcat(data, ".stream", NULL);
	g_autofree char *path = g_test_build_filename(G_TEST_DIST, "../golden/seat", file, NULL);
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;
	struct scene scene;

	g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
	lines = g_strsplit(text, "\n", -1);
	scene_init(&scene);
	for (guint i = 0; lines[i] != NULL; i++) {
		g_auto(GStrv) words = g_strsplit(lines[i], " ", -1);

		if (g_str_has_prefix(lines[i], "    ") || lines[i][0] == '\0')
			continue;
		g_string_append_printf(scene.out, "%s\n", lines[i]);
		if (lines[i][0] == '#')
			continue;
		scene_do(&scene, words);
		if (!scene.late)
			scene_read(&scene);
		say_news(&scene);
	}
	if (g_getenv("HOTSEAT_REGENERATE") != NULL)
		g_assert_true(g_file_set_contents(path, scene.out->str, -1, NULL));
	else
		g_assert_cmpstr(scene.out->str, ==, text);
	g_string_free(scene.out, TRUE);
}

/* ---- what must not be accepted -------------------------------------------------------------- */

static void test_chords(void)
{
	static const struct chord bad[][2] = {
		{ { CHORD_NEXT, 0, 0, { 0 } } },
		{ { CHORD_NEXT, 0, 5, { KEY_A, KEY_B, KEY_C, KEY_D } } },
		{ { CHORD_NEXT, 0, 2, { KEY_A, KEY_A } } },
		{ { CHORD_NEXT, 0, 1, { BTN_LEFT } } },
		{ { CHORD_NEXT, 0, 1, { KEY_CNT } } },
		{ { CHORD_NEXT, 0, 1, { KEY_RESERVED } } },
		{ { CHORD_NEXT, 0, 2, { KEY_A, KEY_B } }, { CHORD_SIDE, 1, 1, { KEY_B } } },
		{ { CHORD_NEXT, 0, 2, { KEY_A, KEY_B } }, { CHORD_SIDE, 1, 2, { KEY_B, KEY_A } } },
	};

	g_assert_null(chords_check(chords, G_N_ELEMENTS(chords)));
	for (guint i = 0; i < G_N_ELEMENTS(bad); i++)
		g_assert_nonnull(chords_check(bad[i], bad[i][1].n_keys == 0 ? 1 : 2));
	g_assert_nonnull(chords_check(chords, CHORDS_MAX + 1));
}

static void test_refused(void)
{
	const int none[] = { -1, -1 };
	const bool no[] = { false, false };
	struct scene scene;

	scene_init(&scene);
	g_assert_cmpint(seat_set_sink(&scene.seat, SEAT_HOST, none, none, no), ==, -EINVAL);
	g_assert_cmpint(seat_set_sink(&scene.seat, SEAT_SIDES, none, none, no), ==, -EINVAL);
	g_assert_cmpint(seat_set_sink(&scene.seat, 1, none, none, no), ==, -EEXIST);
	g_assert_cmpint(seat_remove_sink(&scene.seat, 3), ==, -ENOENT);
	g_assert_cmpint(seat_set_repairs(&scene.seat, 3, no), ==, -ENOENT);
	g_assert_cmpint(seat_set_repairs(&scene.seat, SEAT_HOST, no), ==, -ENOENT);
	g_assert_cmpint(seat_remove_source(&scene.seat, 7), ==, -ENOENT);
	g_assert_cmpint(seat_move(&scene.seat, 3, SEAT_BY_REQUEST), ==, -ENOTCONN);
	g_assert_cmpint(seat_move(&scene.seat, 1, SEAT_BY_REQUEST), ==, -ENODEV);
	scene_plug(&scene, 0, true);
	g_assert_cmpint(seat_add_source(&scene.seat, 0, model_fd(1), true), ==, -EEXIST);
	g_assert_cmpint(seat_move(&scene.seat, 1, SEAT_BY_REQUEST), ==, 0);
	g_assert_cmpint(seat_remove_sink(&scene.seat, 1), ==, 0);
	g_assert_cmpuint(scene.seat.side, ==, SEAT_HOST);
	g_assert_false(model.nodes[0].grabbed);
	g_string_free(scene.out, TRUE);
}

/* While the host has the seat nothing wakes the relay but keys of chords: no motion, no typing. */
static void test_no_wakeups(void)
{
	struct scene scene;

	scene_init(&scene);
	scene_plug(&scene, 0, true);
	for (int i = 0; i < 10000; i++) {
		model_event(0, EV_REL, REL_X, i + 1);
		model_event(0, EV_KEY, KEY_A, i % 2);
		model_event(0, EV_KEY, BTN_LEFT, i % 2);
		model_event(0, EV_MSC, MSC_SCAN, i);
		model_report(0);
	}
	g_assert_cmpuint(model.nodes[0].wakeups, ==, 0);
	model_hand(0, KEY_LEFTCTRL, true);
	g_assert_cmpuint(model.nodes[0].wakeups, ==, 1);
	g_string_free(scene.out, TRUE);
}

static unsigned int raced_key;

static void release_raced_key(void)
{
	if (raced_key != 0 && model.nodes[0].complete == 0)
		model_hand(0, raced_key, false);
}

/* What was read together with the notice of a loss is older than the answer to "what is down?". */
static void test_resync_race(void)
{
	struct scene scene;

	scene_init(&scene);
	scene_plug(&scene, 0, true);
	g_assert_cmpint(seat_move(&scene.seat, 1, SEAT_BY_REQUEST), ==, 0);
	model_drop(0);
	model_report(0);
	model_event(0, EV_KEY, KEY_B, 1);
	model_report(0);
	model_hand(0, KEY_A, true);
	raced_key = KEY_A;
	model.race = release_raced_key;
	scene_read(&scene);
	g_assert_true(keys_has(&model.sinks[0].guest, KEY_B));
	g_assert_false(keys_has(&model.sinks[0].guest, KEY_A));
	g_string_free(scene.out, TRUE);
}

/* A guest that stood still has lost releases in the middle; a while later nothing is held. */
static void test_stall(void)
{
	static const unsigned int keys[] = { KEY_A, KEY_S, KEY_D, KEY_F, KEY_G, KEY_H,
					     KEY_J, KEY_K, KEY_L, KEY_Q, KEY_W, KEY_E };
	struct scene scene;
	struct keys stuck = { 0 };
	guint parts = 0;

	scene_init(&scene);
	scene_plug(&scene, 0, true);
	g_assert_cmpint(seat_move(&scene.seat, 1, SEAT_BY_REQUEST), ==, 0);
	for (guint i = 0; i < G_N_ELEMENTS(keys); i++) {
		model_hand(0, keys[i], true);
		model_hand(0, keys[i], false);
		keys_add(&stuck, keys[i]);
	}
	model_hand(0, KEY_Z, true);
	scene_read(&scene);
	/* the presses arrived, the releases did not */
	stuck.words[0] |= model.sinks[0].guest.words[0];
	model.sinks[0].guest = stuck;
	for (guint i = 0; i < 100; i++) {
		uint64_t due = seat_settle(&scene.seat, scene.now);

		if (due == 0)
			break;
		parts += due - scene.now < 100000000;
		scene.now = due;
	}
	/* the one that is really down stays so */
	g_assert_cmpuint(keys_next(&model.sinks[0].guest, 0), ==, KEY_Z);
	g_assert_cmpuint(keys_next(&model.sinks[0].guest, KEY_Z + 1), ==, KEY_CNT);
	g_assert_cmpuint(parts, ==, 3);
	g_assert_cmpuint(seat_settle(&scene.seat, scene.now), ==, 0);
	g_string_free(scene.out, TRUE);
}

/* The release of a button did not arrive. Return: is it down in the guest in the end? */
static bool button_stays(bool repairs)
{
	const bool both[] = { true, repairs };
	struct scene scene;
	unsigned int count;

	scene_init(&scene);
	scene_plug(&scene, 0, true);
	g_assert_cmpint(seat_set_repairs(&scene.seat, 1, both), ==, 0);
	g_assert_cmpint(seat_move(&scene.seat, 1, SEAT_BY_REQUEST), ==, 0);
	model_hand(0, BTN_LEFT, true);
	model_hand(0, BTN_LEFT, false);
	scene_read(&scene);
	keys_add(&model.sinks[1].guest, BTN_LEFT);
	count = model.sinks[1].log.count;
	for (uint64_t due; (due = seat_settle(&scene.seat, scene.now)) != 0;)
		scene.now = due;
	/* a guest that looks at each event would see a click */
	g_assert_true(repairs || model.sinks[1].log.count == count);
	g_string_free(scene.out, TRUE);
	return keys_has(&model.sinks[1].guest, BTN_LEFT);
}

/* Windows lets go of the button; no other guest is sent anything that it would take for a click. */
static void test_button_stall(void)
{
	g_assert_false(button_stays(true));
	g_assert_true(button_stays(false));
}

/*
 * The relay was killed while the guest stood still, so that it lost the release by which the next
 * one let go of a key; what may be repeated is said after that.
 */
static void test_adopted_stall(void)
{
	const int fds[] = { model_sink_fd(4), model_sink_fd(5) };
	const int nodes[] = { model_sink_node(4), model_sink_node(5) };
	const bool none[] = { false, false }, keyboard[] = { true, false };
	struct scene scene;

	scene_init(&scene);
	keys_add(&model.sinks[4].kernel, KEY_A);
	g_assert_cmpint(seat_set_sink(&scene.seat, 3, fds, nodes, none), ==, 0);
	g_assert_true(keys_empty(&model.sinks[4].kernel));
	keys_add(&model.sinks[4].guest, KEY_A);
	g_assert_cmpuint(seat_settle(&scene.seat, scene.now), ==, 0);
	g_assert_cmpint(seat_set_repairs(&scene.seat, 3, keyboard), ==, 0);
	for (uint64_t due; (due = seat_settle(&scene.seat, scene.now)) != 0;)
		scene.now = due;
	g_assert_true(keys_empty(&model.sinks[4].guest));
	g_string_free(scene.out, TRUE);
}

/* The guest's QEMU has died: not one repeated release reaches the host's console. */
static void test_no_repair_into_nothing(void)
{
	struct scene scene;

	scene_init(&scene);
	scene_plug(&scene, 0, true);
	g_assert_cmpint(seat_move(&scene.seat, 1, SEAT_BY_REQUEST), ==, 0);
	model_hand(0, KEY_A, true);
	model_hand(0, KEY_A, false);
	scene_read(&scene);
	seat_move(&scene.seat, SEAT_HOST, SEAT_BY_REQUEST);
	model.sinks[0].held = false;
	for (uint64_t due; (due = seat_settle(&scene.seat, scene.now)) != 0;)
		scene.now = due;
	g_assert_cmpuint(model.sinks[0].leaked, ==, 0);
	g_string_free(scene.out, TRUE);
}

int main(int argc, char **argv)
{
	static const char *const streams[] = {
		"both-ways",     "orders", "dropped",     "unplugged", "repeats",
		"two-keyboards", "panic",  "direct",      "foreign",   "nobody-listens",
		"watch",         "lights", "mouse-alone",
	};

	g_test_init(&argc, &argv, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(streams); i++) {
		g_autofree char *path = g_strconcat("/seat/golden/", streams[i], NULL);

		g_test_add_data_func(path, streams[i], test_golden);
	}
	g_test_add_func("/seat/chords", test_chords);
	g_test_add_func("/seat/refused", test_refused);
	g_test_add_func("/seat/no-wakeups", test_no_wakeups);
	g_test_add_func("/seat/resync-race", test_resync_race);
	g_test_add_func("/seat/stall", test_stall);
	g_test_add_func("/seat/button-stall", test_button_stall);
	g_test_add_func("/seat/adopted-stall", test_adopted_stall);
	g_test_add_func("/seat/no-repair-into-nothing", test_no_repair_into_nothing);
	return g_test_run();
}
