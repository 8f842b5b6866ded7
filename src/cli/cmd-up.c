/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <unistd.h>

#include "cli/causes.h"
#include "cli/commands.h"
#include "cli/handing.h"
#include "core/error.h"
#include "lend/keeping.h"
#include "selftest/kmsg.h"

static gboolean take_last_display;
static int dead_man = LEND_DEAD_MAN_SECONDS;

static const GOptionEntry options[] = {
	{ "take-last-display", 0, 0, G_OPTION_ARG_NONE, &take_last_display,
	  "Lend the card even if the desktop is left without a display", NULL },
	{ "dead-man", 0, 0, G_OPTION_ARG_INT, &dead_man,
	  "With the last display: when to end a guest that nobody has seen (default: 300; 0: "
	  "never)",
	  "SECONDS" },
	{ NULL },
};

/* hand_over - and where that fails, what libvirt's, QEMU's and the kernel's words mean */
static gboolean hand_over(const char *guest, const struct lend_options *wanted, GError **error)
{
	g_autofree char *command_line = g_strconcat("up ", guest, NULL);
	/* Most systems let root alone read it; the error itself says enough without. */
	autoptr(kmsg) kmsg = kmsg_open("/dev/kmsg", NULL);
	g_autoptr(GPtrArray) lines = NULL;
	g_autoptr(GError) failure = NULL;

	if (handing_call("Up", ARGUMENTS_UP, lend_up, guest, wanted, &handing_report, command_line,
			 &failure))
		return TRUE;
	lines = kmsg != NULL ? kmsg_read(kmsg) : NULL;
	causes_explain(failure, lines);
	g_propagate_error(error, g_steal_pointer(&failure));
	return FALSE;
}

static int run(const struct invocation *invocation, char **arguments, GError **error)
{
	struct lend_options wanted = LEND_OPTIONS_DEFAULT;

	if (dead_man < 0 || dead_man > LEND_SECONDS_MOST) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_USAGE,
			    "--dead-man takes 0 to %d seconds, not %d", LEND_SECONDS_MOST,
			    dead_man);
		return -1;
	}
	wanted.take_last_display = take_last_display;
	wanted.dead_man = (guint)dead_man;
	if (geteuid() == 0 && !keeping_settle_before_start(arguments[0], error))
		return -1;
	return hand_over(arguments[0], &wanted, error) ? EXIT_SUCCESS : -1;
}

static const char *const examples[] = {
	"hotseat up win11",
	"Hand the card over, start win11 and give it keyboard and mouse.",
	NULL,
};

const struct command command_up = {
	.name = "up",
	.arguments = "GUEST",
	.min_arguments = 1,
	.max_arguments = 1,
	.summary = "Hand the card over and start a guest",
	.description =
		"Looks whether the guest's card can be lent now, binds all its functions to "
		"vfio-pci, reads back that they are, and starts the guest. What is changed is "
		"written to a journal in /run/hotseat before it is changed; if anything fails the "
		"host is put back, and what is known of the cause is said, as by hotseat "
		"explain.\n\n"
		"Before that, the host gets what the guest wants of it: huge pages, a governor, "
		"cores of its own, a stopped display manager. The host does not go to sleep while "
		"a guest has a card. All that comes back when the guest is down, or with the last "
		"guest that wanted it.\n\n"
		"It refuses, naming device, process and reason, when another device of the card's "
		"IOMMU group is in use by the host, when somebody has the card open, or when the "
		"card drives the only display.\n\n"
		"The service hotseatd does the work: whoever sits at the machine needs no "
		"password, others are asked for an administrator's. As root it also works without "
		"the service.\n\n"
		"With --take-last-display the dead man's switch is set for a guest that was never "
		"seen to work: unless hotseat confirm is said, or its guest agent answers, it is "
		"ended after five minutes and the display comes back. A guest with an emulated "
		"screen can be seen without the card and needs no switch.\n\n"
		"The guest has keyboard and mouse when it is up. Both Ctrl keys together move "
		"them to the host, and back.",
	.examples = examples,
	.flags = COMMAND_GUESTS,
	.options = options,
	.run = run,
};
