/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/lend.h"
#include "core/error.h"

static gboolean take_last_display;

static const GOptionEntry options[] = {
	{ "take-last-display", 0, 0, G_OPTION_ARG_NONE, &take_last_display,
	  "Lend the card even if the desktop is left without a display", NULL },
	{ NULL },
};

/*
 * libvirt would find what is missing only after the card has changed hands. Better said before
 * anything is touched.
 */
static gboolean check_files_and_networks(struct virt *virt, const struct domain_facts *facts,
					 GError **error)
{
	for (guint i = 0; facts->networks[i] != NULL; i++) {
		if (!virt_network_check(virt, facts->networks[i], error))
			return FALSE;
	}
	for (guint i = 0; facts->images[i] != NULL; i++) {
		if (access(facts->images[i], F_OK) == 0)
			continue;
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED,
			    "the disk image %s is not there; nothing was touched. Put it back, or "
			    "change the guest with: virsh edit %s",
			    facts->images[i], facts->name);
		return FALSE;
	}
	return TRUE;
}

/*
 * Start the domain. No lock of ours is held meanwhile: libvirt calls our hook from inside, and on
 * failure the hook takes back what was lent. Taking it back once more here does no harm, and is
 * needed where libvirt has not yet found the hook.
 */
static gboolean start(struct virt *virt, struct host *host, const struct domain_facts *facts,
		      GError **error)
{
	g_autoptr(GError) undo_error = NULL;

	fprintf(stderr, "  starting %s\n", facts->name);
	if (virt_start(virt, facts->name, error))
		return TRUE;

	if (!lend_take_back(host, facts->uuid, facts->name, 30, &undo_error)) {
		g_prefix_error(error, "cannot start %s, and %s: ", facts->name,
			       undo_error->message);
		if (error != NULL)
			(*error)->code = HOTSEAT_ERROR_NOT_BACK;
		return FALSE;
	}
	g_prefix_error(error, "cannot start %s, and the card is back with the host: ", facts->name);
	if (error != NULL)
		(*error)->code = HOTSEAT_ERROR_FAILED;
	return FALSE;
}

/*
 * libvirt looks for new hook scripts only when it starts or reloads. Without the hook a guest that
 * is shut down from inside would keep the card.
 */
static void warn_without_hook(struct host *host, const struct domain_facts *facts)
{
	g_autoptr(GPtrArray) states = handover_read_states(host, NULL);

	for (guint i = 0; states != NULL && i < states->len; i++) {
		const struct handover_state *state = g_ptr_array_index(states, i);

		if (g_str_equal(state->uuid, facts->uuid) && !state->hook_seen)
			fprintf(stderr,
				"hotseat: libvirt did not call our hook, so a shutdown from "
				"inside will not bring the card back.\n"
				"  Now:  end this guest with: hotseat down %s\n"
				"  Then: systemctl reload libvirtd (or virtqemud)\n",
				facts->name);
	}
}

static int hand_over(struct virt *virt, const struct domain_facts *facts, GError **error)
{
	const struct handover_needs needs = lend_needs(facts);
	const struct handover_guest guest = { facts->uuid, facts->name, &needs };
	const unsigned int allow = needs.stop_display_manager
					   ? HANDOVER_ALLOW_LAST_DISPLAY | HANDOVER_ALLOW_HOLDERS
				   : take_last_display ? HANDOVER_ALLOW_LAST_DISPLAY
						       : 0;
	const struct handover_options progress = { .progress = lend_print_step };
	autoptr(machine) machine = NULL;
	autoptr(host) host = NULL;
	struct root *root = root_open("/", error);
	const struct card *card;

	if (root == NULL)
		return -1;
	machine = machine_read(root, MACHINE_DEVICES | MACHINE_SYSTEM, error);
	if (machine == NULL)
		return -1;
	card = lend_find_card(machine, facts, error);
	if (card == NULL || !handover_check(machine, card, allow, error))
		return -1;
	host = host_new_live(error);
	if (host == NULL)
		return -1;

	/* Before the screen changes: afterwards nobody may be able to read it. */
	printf("%s has keyboard and mouse from its start. %s moves them to the host and back.\n",
	       facts->name, lend_chord(facts));
	fflush(stdout);

	if (!handover_up(host, &guest, machine, card, &progress, error) ||
	    !start(virt, host, facts, error))
		return -1;
	warn_without_hook(host, facts);
	printf("%s is up with %s.\n", facts->name, card_display(card)->name);
	return EXIT_SUCCESS;
}

static int run(const struct invocation *invocation, char **arguments, GError **error)
{
	g_autofree char *command_line = g_strconcat("up ", arguments[0], NULL);
	autoptr(virt) virt = NULL;
	autoptr(domain_facts) facts = NULL;
	enum guest_state state;

	if (!lend_require_root(command_line, error))
		return -1;
	virt = virt_open(error);
	if (virt == NULL)
		return -1;
	facts = lend_read_guest(virt, arguments[0], error);
	if (facts == NULL || !virt_guest_state(virt, facts->name, &state, error))
		return -1;
	if (state != GUEST_SHUT_OFF && state != GUEST_CRASHED) {
		printf("%s is %s already.\n", facts->name, guest_state_name(state));
		return EXIT_SUCCESS;
	}
	if (!check_files_and_networks(virt, facts, error))
		return -1;
	return hand_over(virt, facts, error);
}

static const char *const examples[] = {
	"sudo hotseat up win11",
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
		"host is put back.\n\n"
		"Before that, the host gets what the guest wants of it: huge pages, a governor, "
		"cores of its own, a stopped display manager. The host does not go to sleep while "
		"a guest has a card. All that comes back when the guest is down, or with the last "
		"guest that wanted it.\n\n"
		"It refuses, naming device, process and reason, when another device of the card's "
		"IOMMU group is in use by the host, when somebody has the card open, or when the "
		"card drives the only display.\n\n"
		"The guest has keyboard and mouse from its start. Both Ctrl keys together move "
		"them to the host, and back.",
	.examples = examples,
	.flags = COMMAND_GUESTS,
	.options = options,
	.run = run,
};
