/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/command.h"

#include <string.h>

#include "cli/commands.h"

const struct command *const command_table[] = {
	/* to find out */
	&command_check,
	&command_devices,
	&command_plan,
	&command_map,
	&command_input,
	&command_record,
	/* to prepare it */
	&command_setup,
	/* what others wrote */
	&command_lint,
	&command_fix,
	&command_explain,
	/* guests */
	&command_new,
	&command_import,
	&command_set,
	&command_list,
	&command_media,
	&command_snapshot,
	/* the seat */
	&command_monitor,
	/* the handover */
	&command_up,
	&command_down,
	&command_swap,
	&command_status,
	&command_confirm,
	&command_recover,
	&command_selftest,
	&command_hook,
	&command_seat,
	NULL,
};

const struct command *command_find(const char *name)
{
	for (guint i = 0; command_table[i] != NULL; i++) {
		if (g_str_equal(command_table[i]->name, name))
			return command_table[i];
	}
	return NULL;
}

/* Levenshtein distance with one row; names are a dozen letters at most. */
static guint edit_distance(const char *a, const char *b)
{
	gsize length = strlen(b);
	g_autofree guint *row = g_new(guint, length + 1);

	for (gsize j = 0; j <= length; j++)
		row[j] = (guint)j;
	for (guint i = 1; *a != '\0'; a++, i++) {
		guint diagonal = row[0];

		row[0] = i;
		for (gsize j = 1; j <= length; j++) {
			guint substituted = diagonal + (*a == b[j - 1] ? 0 : 1);

			diagonal = row[j];
			row[j] = MIN(substituted, MIN(row[j], row[j - 1]) + 1);
		}
	}
	return row[length];
}

const struct command *command_nearest(const char *name)
{
	const struct command *nearest = NULL;
	guint least = 3; /* more than two slips of the finger are another word */

	if (strlen(name) > 32)
		return NULL;
	for (guint i = 0; command_table[i] != NULL; i++) {
		guint distance = edit_distance(name, command_table[i]->name);

		if (distance < least && !(command_table[i]->flags & COMMAND_HIDDEN)) {
			nearest = command_table[i];
			least = distance;
		}
	}
	return nearest;
}

GOptionEntry *command_options(const struct command *command, struct invocation *invocation)
{
	const GOptionEntry root = { "root",
				    0,
				    G_OPTION_FLAG_NONE,
				    G_OPTION_ARG_FILENAME,
				    invocation == NULL ? NULL : &invocation->root_path,
				    "Read the machine below this folder instead of this one",
				    "DIR" };
	const GOptionEntry json = { "json",
				    0,
				    G_OPTION_FLAG_NONE,
				    G_OPTION_ARG_NONE,
				    invocation == NULL ? NULL : &invocation->json,
				    "Print JSON for programs",
				    NULL };
	const GOptionEntry end = { NULL };
	g_autoptr(GArray) options = g_array_new(FALSE, FALSE, sizeof(GOptionEntry));

	for (const GOptionEntry *own = command->options; own != NULL && own->long_name != NULL;
	     own++)
		g_array_append_vals(options, own, 1);
	if (command->flags & COMMAND_READS)
		g_array_append_val(options, root);
	if (command->flags & COMMAND_SHOWS)
		g_array_append_val(options, json);
	g_array_append_val(options, end);
	return (GOptionEntry *)(void *)g_array_free(g_steal_pointer(&options), FALSE);
}
