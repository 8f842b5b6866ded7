/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <glib-unix.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/commands.h"
#include "core/error.h"
#include "relay/controller.h"

static char *socket_path, *chord_text, *panic_text;
static int guests = 1;

static void print_report(const struct relay_report *report, void *data)
{
	static const char *const causes[] = { "chord", "request", "sink-lost", "unwatched" };
	static const char *const states[] = { "gone", "watched", "taken", "foreign" };
	struct controller *const *controller = data;
	const char *path = controller_input_path(*controller, report->number);

	switch ((enum relay_word)report->word) {
	case RELAY_ANSWER:
		if (report->error != 0)
			printf("refused %u %u: %s\n", report->verb, report->number,
			       g_strerror((gint)report->error));
		break;
	case RELAY_SOURCE:
		printf("input %s %s\n", states[report->state % G_N_ELEMENTS(states)],
		       path == NULL ? "?" : path);
		break;
	case RELAY_SINK:
		printf("guest %u\n", report->number);
		break;
	case RELAY_SIDE:
		printf("side %u %s\n", report->number,
		       causes[report->state % G_N_ELEMENTS(causes)]);
		break;
	case RELAY_REFUSED:
		printf("stays %u %s: %s\n", report->number,
		       causes[report->state % G_N_ELEMENTS(causes)],
		       g_strerror((gint)report->error));
		break;
	}
	fflush(stdout);
}

/* A chord for each guest beside the one that goes back and forth: left Meta and a function key. */
static guint make_chords(struct chord *chords, GError **error)
{
	guint count = 2;

	if (!chord_parse(chord_text, &chords[0], error) ||
	    !chord_parse(panic_text, &chords[1], error))
		return 0;
	chords[1].action = CHORD_SIDE;
	chords[1].side = SEAT_HOST;
	for (guint side = 1; guests > 1 && side <= (guint)guests; side++) {
		chords[count++] = (struct chord){
			.action = CHORD_SIDE,
			.side = side,
			.n_keys = 2,
			.keys = { KEY_LEFTMETA, KEY_F1 + side - 1 },
		};
	}
	if (chords_check(chords, count) != NULL) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_USAGE, "%s and %s: %s", chord_text,
			    panic_text, chords_check(chords, count));
		return 0;
	}
	return count;
}

static gboolean quit(gpointer loop)
{
	g_main_loop_quit(loop);
	return G_SOURCE_CONTINUE;
}

static void set_defaults(void)
{
	if (socket_path == NULL)
		socket_path = g_strdup("/run/hotseat/relay/seat0");
	if (chord_text == NULL)
		chord_text = g_strdup("leftctrl+rightctrl");
	if (panic_text == NULL)
		panic_text = g_strdup("leftshift+rightshift+esc");
}

static int run(const struct invocation *invocation, char **arguments, GError **error)
{
	g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
	autoptr(controller) controller = NULL;
	struct chord chords[CHORDS_MAX] = { 0 };
	guint count;

	set_defaults();
	if (guests < 1 || guests >= SEAT_SIDES) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_USAGE,
			    "--guests takes a number from 1 to %d", SEAT_SIDES - 1);
		return -1;
	}
	count = make_chords(chords, error);
	if (count == 0)
		return -1;
	controller = controller_new(socket_path, "seat0", print_report, &controller);
	controller_connect(controller);
	controller_set_chords(controller, chords, count);
	for (guint side = 1; side <= (guint)guests; side++) {
		if (!controller_add_guest(controller, side, RELAY_REPAIR_KEYBOARD, error))
			return -1;
	}
	for (guint i = 0; arguments[i] != NULL; i++)
		controller_add_input(controller, arguments[i]);
	controller_watch(controller, TRUE);
	g_unix_signal_add(SIGTERM, quit, loop);
	g_unix_signal_add(SIGINT, quit, loop);
	g_main_loop_run(loop);
	return EXIT_SUCCESS;
}

static const GOptionEntry options[] = {
	{ "socket", 0, 0, G_OPTION_ARG_FILENAME, &socket_path,
	  "Control socket of the relay (/run/hotseat/relay/seat0)", "PATH" },
	{ "guests", 0, 0, G_OPTION_ARG_INT, &guests, "How many guests share the seat (1)", "N" },
	{ "chord", 0, 0, G_OPTION_ARG_STRING, &chord_text,
	  "Keys that move the seat (leftctrl+rightctrl)", "KEYS" },
	{ "panic", 0, 0, G_OPTION_ARG_STRING, &panic_text,
	  "Keys that give it to the host (leftshift+rightshift+esc)", "KEYS" },
	{ NULL },
};

const struct command command_seat = {
	.name = "seat",
	.arguments = "INPUT...",
	.min_arguments = 1,
	.max_arguments = 32,
	.summary = "Control a relay by hand",
	.description =
		"Makes the devices of guests, passes them and the named event nodes to a relay, "
		"and says what becomes of them, a line for each. Ends with SIGTERM; the relay "
		"then goes on with what it has.",
	.flags = COMMAND_HIDDEN,
	.options = options,
	.run = run,
};
