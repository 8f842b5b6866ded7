/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "cli/commands.h"
#include "cli/handing.h"

static char *seat;

static const GOptionEntry options[] = {
	{ "seat", 0, 0, G_OPTION_ARG_STRING, &seat,
	  "Which seat (default: the guest's; without a guest: seat0)", "SEAT" },
	{ NULL },
};

static int run(const struct invocation *invocation, char **arguments, GError **error)
{
	const char *side = arguments[0] != NULL ? arguments[0] : "";
	g_autoptr(GError) failure = NULL;

	/* Without a side there is no guest to go by. */
	if (client_swap(seat != NULL ? seat : side[0] == '\0' ? "seat0" : "", side, &failure))
		return EXIT_SUCCESS;
	if (client_is_absent(failure))
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_ABSENT,
			    "hotseatd, which moves the seat, does not run: %s. Start it with: sudo "
			    "systemctl start hotseatd",
			    failure->message);
	else
		g_propagate_error(error, g_steal_pointer(&failure));
	return -1;
}

static const char *const examples[] = {
	"hotseat swap",
	"Keyboard, mouse and monitors to the other side.",
	"hotseat swap host",
	"To the host, whoever has them.",
	"hotseat swap win11",
	"To this guest.",
	NULL,
};

const struct command command_swap = {
	.name = "swap",
	.arguments = "[host|GUEST]",
	.max_arguments = 1,
	.summary = "Move keyboard, mouse and monitors to the other side",
	.description =
		"Does what the chord does, for a panel, a script or a button on the mouse. It "
		"returns when the keyboard is there; monitors take their time.\n\n"
		"Only for the user whose session is on the screen. Keyboards, the chord and the "
		"monitors that move are settled in /etc/hotseat/seat0.conf; without that file the "
		"seat has every keyboard and mouse, left Ctrl and right Ctrl together, and no "
		"monitor. Both Shift keys and Esc always give the keyboard to the host.",
	.examples = examples,
	.flags = COMMAND_GUESTS,
	.options = options,
	.run = run,
};
