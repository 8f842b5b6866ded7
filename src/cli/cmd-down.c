/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/commands.h"
#include "cli/handing.h"
#include "core/error.h"

static gboolean force;
static int timeout = LEND_DOWN_SECONDS;

static const GOptionEntry options[] = {
	{ "force", 0, 0, G_OPTION_ARG_NONE, &force,
	  "Pull the plug if the guest does not shut down in time", NULL },
	{ "timeout", 0, 0, G_OPTION_ARG_INT, &timeout,
	  "How long to wait for the guest to shut down (default: 120)", "SECONDS" },
	{ NULL },
};

static int run(const struct invocation *invocation, char **arguments, GError **error)
{
	g_autofree char *command_line = g_strconcat("down ", arguments[0], NULL);
	struct lend_options wanted = LEND_OPTIONS_DEFAULT;

	if (timeout < 0 || timeout > LEND_SECONDS_MOST) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_USAGE,
			    "--timeout takes 0 to %d seconds, not %d", LEND_SECONDS_MOST, timeout);
		return -1;
	}
	wanted.force = force;
	wanted.timeout = (guint)timeout;
	return handing_run("Down", ARGUMENTS_DOWN, lend_down, arguments[0], &wanted, command_line,
			   error);
}

static const char *const examples[] = {
	"hotseat down win11",
	"Ask win11 to shut down, wait for it, take the card back.",
	"hotseat down --force --timeout 30 win11",
	"The same, but pull the plug after half a minute.",
	NULL,
};

const struct command command_down = {
	.name = "down",
	.arguments = "GUEST",
	.min_arguments = 1,
	.max_arguments = 1,
	.summary = "Shut a guest down and take the card back",
	.description =
		"Asks the guest to shut down, waits until it is off, and restores the drivers of "
		"its card as the journal has them. What somebody else changed in the meantime is "
		"left and named.\n\n"
		"A guest that does not shut down is never destroyed without --force. Shutting "
		"Windows down from inside does the same: libvirt's hook takes the card back.",
	.examples = examples,
	.flags = COMMAND_GUESTS,
	.options = options,
	.run = run,
};
