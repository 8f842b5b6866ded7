/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/handing.h"
#include "core/error.h"
#include "guest/names.h"

static char *guest_name;
static gboolean end_guest, unless_seen;

static const GOptionEntry options[] = {
	{ "guest", 0, 0, G_OPTION_ARG_STRING, &guest_name, "Only what this guest had", "GUEST" },
	{ "end-guest", 0, 0, G_OPTION_ARG_NONE, &end_guest,
	  "Pull the plug of the guest of --guest if it runs", NULL },
	{ "unless-seen", 0, 0, G_OPTION_ARG_NONE, &unless_seen,
	  "With --end-guest: not if it was confirmed or its agent answers (root)", NULL },
	{ NULL },
};

static gboolean check_options(GError **error)
{
	if (guest_name != NULL && !guest_name_check(guest_name, error))
		return FALSE;
	if (!end_guest && !unless_seen)
		return TRUE;
	if (end_guest && guest_name != NULL)
		return TRUE;
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_USAGE,
		    "--end-guest needs --guest, so that no other guest is ended; --unless-seen "
		    "needs both");
	return FALSE;
}

/*
 * Root asks nobody: this is what one runs when everything else has failed, the service and the bus
 * included. The journals' locks keep the service and us apart.
 */
static int run(const struct invocation *invocation, char **arguments, GError **error)
{
	struct lend_options wanted = LEND_OPTIONS_DEFAULT;

	if (!check_options(error))
		return -1;
	wanted.end_guest = end_guest;
	wanted.dead_man_acts = unless_seen;
	if (geteuid() == 0)
		return lend_recover(guest_name, &wanted, &handing_report, error) ? EXIT_SUCCESS
										 : -1;
	return handing_run("Recover", ARGUMENTS_RECOVER, lend_recover, guest_name, &wanted,
			   "recover", error);
}

static const char *const examples[] = {
	"sudo hotseat recover",
	"Put back whatever was left behind by something that was killed.",
	NULL,
};

const struct command command_recover = {
	.name = "recover",
	.arguments = "",
	.summary = "Put back what was lent to guests that are gone",
	.description =
		"Reads the journals in /run/hotseat and restores what they say, in reverse order. "
		"Safe at any time: what a running guest has is left with it, what somebody else "
		"changed is left and named, and a second run finds nothing to do. Needs no "
		"libvirt, and as root neither the service nor the bus.\n\n"
		"What guests share (huge pages, governors, services) comes back with the last of "
		"them; also if the journal of that guest was removed by hand, and only the "
		"machine's is left.\n\n"
		"After a reboot there is nothing to recover: what a handover changes does not "
		"outlive the kernel.",
	.examples = examples,
	.options = options,
	.run = run,
};
