/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>

#include "cli/commands.h"
#include "cli/lend.h"
#include "core/error.h"

#define DOWN_TIMEOUT 120      /* seconds; Windows with updates to install takes longer */
#define DOWN_GROUP_TIMEOUT 30 /* seconds from the end of QEMU to a free VFIO group */

static gboolean force;
static int timeout = DOWN_TIMEOUT;

static const GOptionEntry options[] = {
	{ "force", 0, 0, G_OPTION_ARG_NONE, &force,
	  "Pull the plug if the guest does not shut down in time", NULL },
	{ "timeout", 0, 0, G_OPTION_ARG_INT, &timeout,
	  "How long to wait for the guest to shut down (default: 120)", "SECONDS" },
	{ NULL },
};

static gboolean shut_down(struct virt *virt, const char *name, GError **error)
{
	g_autoptr(GError) local = NULL;

	fprintf(stderr, "  asked %s to shut down, waiting up to %d s\n", name, timeout);
	if (!virt_shutdown(virt, name, &local) && !force) {
		g_propagate_error(error, g_steal_pointer(&local));
		return FALSE;
	}
	if (local == NULL && virt_wait_shut_off(virt, name, (guint)timeout, &local))
		return TRUE;
	if (force) {
		fprintf(stderr, "  pulling the plug of %s\n", name);
		return virt_destroy(virt, name, error) &&
		       virt_wait_shut_off(virt, name, DOWN_GROUP_TIMEOUT, error);
	}
	if (!hotseat_error_is(local, HOTSEAT_ERROR_BUSY)) {
		g_propagate_error(error, g_steal_pointer(&local));
		return FALSE;
	}
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_BUSY,
		    "%s still runs after %d s and keeps its card. Shut it down from inside, or "
		    "pull its plug: sudo hotseat down --force %s",
		    name, timeout, name);
	return FALSE;
}

static gboolean end_guest(struct virt *virt, const char *name, GError **error)
{
	enum guest_state state;

	if (!virt_guest_state(virt, name, &state, error))
		return FALSE;
	if (state == GUEST_SHUT_OFF || state == GUEST_CRASHED) {
		fprintf(stderr, "  %s is %s\n", name, guest_state_name(state));
		return TRUE;
	}
	return shut_down(virt, name, error);
}

static int run(const struct invocation *invocation, char **arguments, GError **error)
{
	g_autofree char *command_line = g_strconcat("down ", arguments[0], NULL);
	autoptr(virt) virt = NULL;
	autoptr(domain_facts) facts = NULL;
	autoptr(host) host = NULL;

	if (timeout < 0 || timeout > 24 * 3600) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_USAGE,
			    "--timeout takes 0 to 86400 seconds, not %d", timeout);
		return -1;
	}
	if (!lend_require_root(command_line, error))
		return -1;
	virt = virt_open(error);
	if (virt == NULL) {
		g_prefix_error(error,
			       "cannot ask the guest to shut down; if it is gone, hotseat "
			       "recover takes its card back: ");
		return -1;
	}
	facts = lend_read_guest(virt, arguments[0], error);
	if (facts == NULL || !end_guest(virt, facts->name, error))
		return -1;

	/* The hook does this too, from inside libvirt; whoever comes second finds it done. */
	host = host_new_live(error);
	if (host == NULL ||
	    !lend_take_back(host, facts->uuid, facts->name, DOWN_GROUP_TIMEOUT, error))
		return -1;
	printf("%s is down, and its card is back with the host.\n", facts->name);
	return EXIT_SUCCESS;
}

static const char *const examples[] = {
	"sudo hotseat down win11",
	"Ask win11 to shut down, wait for it, take the card back.",
	"sudo hotseat down --force --timeout 30 win11",
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
