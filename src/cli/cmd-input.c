/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "cli/commands.h"
#include "core/error.h"
#include "core/json.h"
#include "core/table.h"
#include "machine/machine.h"

static const char *kind_name(enum input_kind kind)
{
	switch (kind) {
	case INPUT_KEYBOARD:
		return "keyboard";
	case INPUT_MOUSE:
		return "mouse";
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

static int run(const struct invocation *invocation, char **arguments, GError **error)
{
	autoptr(machine) machine = NULL;

	if (!g_str_equal(arguments[0], "list")) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_USAGE,
			    "input takes \"list\", not \"%s\"", arguments[0]);
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
	NULL,
};

const struct command command_input = {
	.name = "input",
	.arguments = "list",
	.min_arguments = 1,
	.max_arguments = 1,
	.summary = "Show keyboards and mice",
	.description =
		"Each node that is a keyboard or a mouse, by what it can do: mice with macro keys "
		"have a keyboard as well. The lasting path leads to it after a reboot and in "
		"another order of plugging in; the number of its node does not. What a program "
		"has made, such as a remapper, is a device like any other: where a remapper has "
		"grabbed the keyboard, its device is the one to choose. With --json every node is "
		"shown.",
	.examples = examples,
	.flags = COMMAND_READS | COMMAND_SHOWS,
	.run = run,
};
