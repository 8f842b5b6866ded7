/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/commands.h"
#include "cli/handing.h"

static gboolean confirm_alone(const char *guest, const struct lend_options *options,
			      const struct lend_report *report, GError **error)
{
	return lend_confirm(guest, report, error);
}

static int run(const struct invocation *invocation, char **arguments, GError **error)
{
	g_autofree char *command_line = g_strconcat("confirm ", arguments[0], NULL);
	const struct lend_options usual = LEND_OPTIONS_DEFAULT;

	return handing_run("Confirm", ARGUMENTS_CONFIRM, confirm_alone, arguments[0], &usual,
			   command_line, error);
}

const struct command command_confirm = {
	.name = "confirm",
	.arguments = "GUEST",
	.min_arguments = 1,
	.max_arguments = 1,
	.summary = "Say that a guest was seen on its screen",
	.description =
		"Turns the dead man's switch off, which would end a guest that took the last "
		"display and that nobody has seen, for this start and for all later ones. With the "
		"last display gone it is typed blind once the chord has moved the keyboard to the "
		"host, or over the network. A guest whose guest agent answers needs none of it.",
	.flags = COMMAND_GUESTS,
	.run = run,
};
