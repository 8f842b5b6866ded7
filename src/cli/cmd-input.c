/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "cli/commands.h"
#include "cli/handing.h"
#include "cli/watch.h"
#include "core/error.h"
#include "core/json.h"
#include "core/table.h"
#include "machine/machine.h"

#define SECONDS_MOST (24 * 3600)

static struct {
	double seconds;
	int lines;
	gboolean names;
} watched;

static const GOptionEntry options[] = {
	{ "for", 0, 0, G_OPTION_ARG_DOUBLE, &watched.seconds,
	  "watch: end after so long (default: with Ctrl+C)", "SECONDS" },
	{ "lines", 0, 0, G_OPTION_ARG_INT, &watched.lines, "watch: end after so many lines", "N" },
	{ "keys", 0, 0, G_OPTION_ARG_NONE, &watched.names,
	  "watch: say which key it was, while the session is not locked", NULL },
	{ NULL },
};

static const char *kind_name(enum input_kind kind)
{
	switch (kind) {
	case INPUT_KEYBOARD:
		return "keyboard";
	case INPUT_MOUSE:
		return "mouse";
	case INPUT_MORE:
		return "more keys";
	case INPUT_OTHER:
		break;
	}
	return "other";
}

static const char *maker(const struct input *input)
{
	return input->virtual_device ? "program" : "hardware";
}

static void print_text(const GPtrArray *inputs)
{
	autoptr(table) table = table_new("KIND", "NODE", "MADE BY", "LASTING PATH", "NAME", NULL);
	guint count = 0;

	for (guint i = 0; i < inputs->len; i++) {
		const struct input *input = g_ptr_array_index(inputs, i);

		if (input->kind == INPUT_OTHER)
			continue;
		table_add(table, kind_name(input->kind), input->event, maker(input),
			  input->stable_path == NULL ? "-" : input->stable_path, input->name);
		count++;
	}
	if (count == 0)
		puts("There is no keyboard and no mouse.");
	else
		table_print(table, stdout);
}

static void print_json(const GPtrArray *inputs)
{
	g_autoptr(JsonBuilder) json = json_builder_new();

	json_builder_begin_array(json);
	for (guint i = 0; i < inputs->len; i++) {
		const struct input *input = g_ptr_array_index(inputs, i);

		json_builder_begin_object(json);
		json_add_string(json, "kind", kind_name(input->kind));
		json_add_string(json, "event", input->event);
		json_add_string(json, "made_by", maker(input));
		json_add_string(json, "path", input->stable_path);
		json_add_string(json, "name", input->name);
		json_builder_end_object(json);
	}
	json_builder_end_array(json);
	json_print(json, stdout);
}

static int usage_error(GError **error, const char *message)
{
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_USAGE, "%s", message);
	return -1;
}

static int run_watch(const struct invocation *invocation, GError **error)
{
	const struct watch_options wish = { watched.seconds, (guint)watched.lines, watched.names };

	if (invocation->json || !g_str_equal(invocation->root_path, "/"))
		return usage_error(error,
				   "watch looks at this machine as it is, and prints lines; "
				   "--json and --root go with list");
	if (watched.seconds < 0 || watched.seconds > SECONDS_MOST || watched.lines < 0)
		return usage_error(error, "--for takes up to a day in seconds, --lines a number");
	if (!handing_require_root("input watch", error))
		return -1;
	return watch_inputs(&wish, error) ? EXIT_SUCCESS : -1;
}

static int run(const struct invocation *invocation, char **arguments, GError **error)
{
	autoptr(machine) machine = NULL;

	if (g_str_equal(arguments[0], "watch"))
		return run_watch(invocation, error);
	if (!g_str_equal(arguments[0], "list")) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_USAGE,
			    "input takes \"list\" or \"watch\", not \"%s\"", arguments[0]);
		return -1;
	}
	machine = machine_open(invocation->root_path, MACHINE_INPUTS, error);
	if (machine == NULL)
		return -1;
	if (invocation->json)
		print_json(machine->inputs);
	else
		print_text(machine->inputs);
	return EXIT_SUCCESS;
}

static const char *const examples[] = {
	"hotseat input list",
	"Which keyboards and mice there are, and by which path they are found after a reboot",
	"sudo hotseat input watch --for 10",
	"What they say in the next ten seconds, and whether the host or a guest gets it",
	NULL,
};

const struct command command_input = {
	.name = "input",
	.arguments = "list|watch",
	.min_arguments = 1,
	.max_arguments = 1,
	.summary = "Show keyboards and mice, and what they say",
	.description =
		"Each node that is a keyboard or a mouse, by what it can do: mice with macro keys "
		"have a keyboard as well. \"more keys\" is what else such a device has, as the "
		"media keys of a keyboard, and moves with it. Tablets and touch screens stay with "
		"the host. The lasting path leads to it after a reboot and in "
		"another order of plugging in; the number of its node does not. What a program "
		"has made, such as a remapper, is a device like any other: where a remapper has "
		"grabbed the keyboard, its device is the one to choose, with a line \"programs=\" "
		"in /etc/hotseat/seat0.conf. With --json every node is shown.\n\n"
		"watch prints a line for each key and button, and ten a second for motion: when, "
		"who has the seat, which device, what. It is for root, and says that a key was "
		"pressed but not which: only with --keys, and not while the session is locked. "
		"While a guest has the seat its keys and buttons are seen by asking the kernel "
		"what is down, fifty times a second, and its motion is not.",
	.examples = examples,
	.flags = COMMAND_READS | COMMAND_SHOWS,
	.options = options,
	.run = run,
};
