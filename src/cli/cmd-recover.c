/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>

#include "cli/commands.h"
#include "cli/lend.h"
#include "core/error.h"

#define RECOVER_GROUP_TIMEOUT 10 /* seconds to wait for QEMU to let go of the group */

static char *guest_name;

static const GOptionEntry options[] = {
	{ "guest", 0, 0, G_OPTION_ARG_STRING, &guest_name, "Only what this guest had", "GUEST" },
	{ NULL },
};

/*
 * Where libvirt answers it knows best whether a guest runs or is being started: it counts a domain
 * as active from before it calls our hook. Where it does not, the VFIO group decides: a busy one
 * is never touched.
 */
static gboolean still_runs(struct virt *virt, const char *name)
{
	enum guest_state state;

	return virt != NULL && virt_guest_state(virt, name, &state, NULL) &&
	       state != GUEST_SHUT_OFF && state != GUEST_CRASHED;
}

/* recover_one - TRUE unless something of this guest's is still not back */
static gboolean recover_one(struct host *host, struct virt *virt,
			    const struct handover_state *state)
{
	g_autoptr(GError) error = NULL;

	if (still_runs(virt, state->name)) {
		printf("%s is running and keeps its card; end it with: sudo hotseat down %s\n",
		       state->name, state->name);
		return TRUE;
	}
	if (!lend_take_back(host, state->uuid, state->name, RECOVER_GROUP_TIMEOUT, &error)) {
		fprintf(stderr, "hotseat: %s\n", error->message);
		return FALSE;
	}
	printf("What %s had is back with the host.\n", state->name);
	return TRUE;
}

static int run(const struct invocation *invocation, char **arguments, GError **error)
{
	autoptr(host) host = NULL;
	autoptr(virt) virt = NULL;
	g_autoptr(GPtrArray) states = NULL;
	guint matching = 0;
	guint failed = 0;

	if (!lend_require_root("recover", error))
		return -1;
	host = host_new_live(error);
	if (host == NULL)
		return -1;
	states = handover_read_states(host, error);
	if (states == NULL)
		return -1;
	if (states->len > 0)
		virt = virt_open(NULL); /* recovery must work without libvirt too */
	for (guint i = 0; i < states->len; i++) {
		const struct handover_state *state = g_ptr_array_index(states, i);

		if (guest_name != NULL && !g_str_equal(guest_name, state->name) &&
		    !g_str_equal(guest_name, state->uuid))
			continue;
		matching++;
		if (!recover_one(host, virt, state))
			failed++;
	}
	if (matching == 0)
		puts("Nothing is lent, so there is nothing to put back.");
	if (failed > 0) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_NOT_BACK,
			    "%u of %u could not be put back; the journal is kept, try again",
			    failed, matching);
		return -1;
	}
	return EXIT_SUCCESS;
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
		"libvirt.\n\n"
		"What guests share (huge pages, governors, services) comes back with the last of "
		"them.\n\n"
		"After a reboot there is nothing to recover: what a handover changes does not "
		"outlive the kernel.",
	.examples = examples,
	.options = options,
	.run = run,
};
