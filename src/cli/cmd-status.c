/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/handing.h"
#include "core/error.h"
#include "core/json.h"
#include "core/table.h"
#include "handover/handover.h"
#include "machine/breadcrumb.h"

static const char *phase(const struct handover_state *state)
{
	if (state->pid != 0)
		return "changing";
	return state->complete ? "lent" : "unfinished";
}

/* A handover that hung, or is at work at this moment. */
static void print_breadcrumb(void)
{
	autoptr(root) root = root_open("/", NULL);
	g_autoptr(GError) error = NULL;
	autoptr(breadcrumb) breadcrumb = root == NULL ? NULL : breadcrumb_read(root, &error);
	g_autofree char *sentence = NULL;

	if (breadcrumb != NULL) {
		sentence = breadcrumb_describe(breadcrumb);
		printf("\n%s.\n", sentence);
	} else if (error != NULL && !hotseat_error_is(error, HOTSEAT_ERROR_ABSENT)) {
		fprintf(stderr, "hotseat: %s\n", error->message);
	}
}

static void print_text(const GPtrArray *states)
{
	if (states->len == 0) {
		puts("Nothing is lent: every device is with the host.");
		return;
	}
	for (guint i = 0; i < states->len; i++) {
		const struct handover_state *state = g_ptr_array_index(states, i);
		autoptr(table) table = table_new("WHAT", "BEFORE", "WHILE LENT", "NOW", NULL);

		printf("%s%s: %s\n", i == 0 ? "" : "\n", state->name, phase(state));
		for (guint j = 0; j < state->steps->len; j++) {
			const struct handover_step_state *step = g_ptr_array_index(state->steps, j);

			table_add(table, step->what, step->former, step->wanted, step->now);
		}
		table_print(table, stdout);
		if (!state->complete && state->pid == 0)
			printf("Left behind by something that was killed; put back with: "
			       "hotseat recover\n");
	}
}

static void print_json(const GPtrArray *states)
{
	g_autoptr(JsonBuilder) json = json_builder_new();

	json_builder_begin_array(json);
	for (guint i = 0; i < states->len; i++) {
		const struct handover_state *state = g_ptr_array_index(states, i);

		json_builder_begin_object(json);
		json_add_string(json, "name", state->name);
		json_add_string(json, "uuid", state->uuid);
		json_add_string(json, "phase", phase(state));
		json_builder_set_member_name(json, "steps");
		json_builder_begin_array(json);
		for (guint j = 0; j < state->steps->len; j++) {
			const struct handover_step_state *step = g_ptr_array_index(state->steps, j);

			json_builder_begin_object(json);
			json_add_string(json, "what", step->what);
			json_add_string(json, "former", step->former);
			json_add_string(json, "wanted", step->wanted);
			json_add_string(json, "now", step->now);
			json_builder_end_object(json);
		}
		json_builder_end_array(json);
		json_builder_end_object(json);
	}
	json_builder_end_array(json);
	json_print(json, stdout);
}

/* The journals are root's; hotseatd reads them for the others. */
static GPtrArray *read_states(GError **error)
{
	g_autoptr(GError) failure = NULL;
	GPtrArray *states;

	if (geteuid() == 0)
		return lend_read_states(error);
	states = client_states(&failure);
	if (states == NULL && client_is_absent(failure))
		handing_set_denied(error, failure, "status");
	else if (states == NULL)
		g_propagate_error(error, g_steal_pointer(&failure));
	return states;
}

/* Who has the keyboard. Without the service nobody but the host can. */
static void print_seats(void)
{
	g_autoptr(GPtrArray) seats = client_seats(FALSE, NULL);

	for (guint i = 0; seats != NULL && i < seats->len; i++) {
		const struct client_seat *seat = g_ptr_array_index(seats, i);

		printf("%s: keyboard and mouse are with %s%s\n", seat->name, seat->side,
		       seat->watched ? "" : "; no chord, as no session is open on its screen");
	}
}

static int run(const struct invocation *invocation, char **arguments, GError **error)
{
	g_autoptr(GPtrArray) states = read_states(error);

	if (states == NULL)
		return -1;
	if (invocation->json) {
		print_json(states);
		return EXIT_SUCCESS;
	}
	print_text(states);
	print_seats();
	print_breadcrumb();
	return EXIT_SUCCESS;
}

const struct command command_status = {
	.name = "status",
	.arguments = "",
	.summary = "Show what is lent to whom",
	.description =
		"For each open journal: what was changed, how it was before, how it has to be "
		"while the card is lent, and what it is this moment, read back from the kernel. "
		"What belongs to the machine, such as huge pages or the cores that are left to "
		"the desktop's processes, is shown with each guest that wants it, and has to be "
		"what all of them together need.\n\n"
		"A driver that did not let its card go, or a machine that went down meanwhile, is "
		"told below.",
	.flags = COMMAND_SHOWS,
	.run = run,
};
