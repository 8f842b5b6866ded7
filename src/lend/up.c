/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <unistd.h>

#include "core/error.h"
#include "lend/ask.h"
#include "lend/deadman.h"
#include "lend/keeping.h"
#include "lend/lend.h"

#define GROUP_SECONDS 30   /* from the end of QEMU to a free VFIO group */
#define LIBVIRT_SECONDS 15 /* to wait for an answer */

/*
 * libvirt would find what is missing only after the card has changed hands. Better said before
 * anything is touched.
 */
static gboolean check_files_and_networks(struct virt *virt, const struct domain_facts *facts,
					 gboolean alone, GError **error)
{
	for (guint i = 0; facts->networks[i] != NULL; i++) {
		if (!virt_network_check(virt, facts->networks[i], error))
			return FALSE;
	}
	for (guint i = 0; facts->inputs[i] != NULL; i++) {
		/* A seat's devices are made by hotseatd when libvirt asks for them. */
		if (access(facts->inputs[i], F_OK) == 0 || (facts->seat != NULL && !alone))
			continue;
		if (facts->seat != NULL) {
			g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED,
				    "%s has keyboard and mouse of %s, which hotseatd makes, and "
				    "hotseatd does not answer; nothing was touched. Start it with: "
				    "systemctl start hotseatd, or leave them to QEMU: hotseat set "
				    "%s seat=none",
				    facts->name, facts->seat, facts->name);
			return FALSE;
		}
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED,
			    "%s is not plugged in, and %s is to have it; nothing was touched. Plug "
			    "it in, or change the guest with: virsh edit %s",
			    facts->inputs[i], facts->name, facts->name);
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

/* libvirt can die in the middle of a start, and then goes on or cleans up when it is back. */
static gboolean may_run(const char *guest)
{
	enum ask_answer runs = ask_runs(guest, LIBVIRT_SECONDS);

	return runs == ASK_YES || (runs == ASK_NO_ANSWER && ask_knows(guest));
}

/*
 * Start the domain. No lock of ours is held meanwhile: libvirt calls our hook from inside, and on
 * failure the hook takes back what was lent. Taking it back once more here does no harm, and is
 * needed where libvirt has not yet found the hook.
 */
static gboolean start(struct virt *virt, struct host *host, const struct domain_facts *facts,
		      const struct lend_report *report, GError **error)
{
	g_autoptr(GError) failure = NULL;
	g_autoptr(GError) undo_error = NULL;

	lend_say(report, LEND_BEGIN, "starting %s", facts->name);
	if (virt_start(virt, facts->name, &failure))
		return TRUE;
	if (may_run(facts->name))
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_NOT_BACK,
			    "%s; but it may be running all the same. The card comes back when "
			    "libvirt says that it is not, or at once with: hotseat recover",
			    failure->message);
	else if (lend_take_back(host, facts->uuid, facts->name, GROUP_SECONDS, report, &undo_error))
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_FAILED,
			    "%s; the card is back with the host", failure->message);
	else
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_NOT_BACK, "%s; and %s",
			    failure->message, undo_error->message);
	return FALSE;
}

/*
 * libvirt looks for new hook scripts only when it starts or reloads. Without the hook a guest that
 * is shut down from inside would keep the card.
 */
static void warn_without_hook(struct host *host, const struct domain_facts *facts,
			      const struct lend_report *report)
{
	g_autoptr(GPtrArray) states = handover_read_states(host, NULL);

	for (guint i = 0; states != NULL && i < states->len; i++) {
		const struct handover_state *state = g_ptr_array_index(states, i);

		if (g_str_equal(state->uuid, facts->uuid) && !state->hook_seen)
			lend_say(report, LEND_WARNING,
				 "libvirt did not call our hook, so a shutdown from inside will "
				 "not bring the card back.\n"
				 "  Now:  end this guest with: hotseat down %s\n"
				 "  Then: systemctl reload libvirtd (or virtqemud)",
				 facts->name);
	}
}

struct lending {
	struct virt *virt;
	struct host *host;
	const struct domain_facts *facts;
	const struct machine *machine;
	GPtrArray *cards;
};

/* Before the screen changes: afterwards nobody may be able to read it. */
static gboolean arm(const struct lending *lending, const struct lend_options *options,
		    const struct lend_report *report, GError **error)
{
	const struct domain_facts *facts = lending->facts;

	lend_say(report, LEND_SAID,
		 "%s has keyboard and mouse %s; %s moves them to the host and back.", facts->name,
		 facts->seat != NULL ? "once it is up" : "from its start", lend_chord(facts));
	if (options->dead_man == 0 || !options->take_last_display ||
	    !dead_man_is_due(lending->machine, lending->cards, facts))
		return TRUE;
	if (!dead_man_arm(facts, options->dead_man, error))
		return FALSE;
	lend_say(report, LEND_SAID,
		 "If you see nothing, wait: in %u s %s is ended and the display comes back. If you "
		 "see it: hotseat confirm %s",
		 options->dead_man, facts->name, facts->name);
	return TRUE;
}

static gboolean lend_and_start(const struct lending *lending, const struct lend_options *options,
			       const struct lend_report *report, GError **error)
{
	const struct domain_facts *facts = lending->facts;
	const struct handover_needs needs = lend_needs(facts);
	const struct handover_guest guest = { facts->uuid, facts->name, &needs };
	g_autofree char *names = cards_describe(lending->cards);
	struct lend_report to = *report;
	const struct handover_options steps = { .progress = lend_report_step, .data = &to };

	if (!arm(lending, options, report, error))
		return FALSE;
	if (!handover_up(lending->host, &guest, lending->machine, lending->cards, &steps, error)) {
		/* Where nothing was lent there is nothing to act for; where it was, let it act. */
		if (error == NULL || !hotseat_error_is(*error, HOTSEAT_ERROR_NOT_BACK))
			(void)dead_man_disarm(facts->uuid, NULL);
		return FALSE;
	}
	if (!start(lending->virt, lending->host, facts, report, error))
		return FALSE;
	warn_without_hook(lending->host, facts, report);
	lend_say(report, LEND_SAID, "%s is up with %s.", facts->name, names);
	return TRUE;
}

static gboolean hand_over(struct virt *virt, const struct domain_facts *facts,
			  const struct lend_options *options, const struct lend_report *report,
			  GError **error)
{
	struct lending lending = { .virt = virt, .facts = facts };
	g_autoptr(GPtrArray) cards = NULL;
	autoptr(machine) machine = NULL;
	autoptr(host) host = NULL;
	struct root *root = root_open("/", error);

	if (root == NULL)
		return FALSE;
	machine = machine_read(root, MACHINE_DEVICES | MACHINE_SYSTEM, error);
	if (machine == NULL)
		return FALSE;
	lending.machine = machine;
	cards = lend_find_cards(machine, facts, error);
	if (cards == NULL ||
	    !handover_check(machine, cards, lend_allowed(facts, options->take_last_display), error))
		return FALSE;
	lending.cards = cards;
	host = host_new_live(error);
	if (host == NULL)
		return FALSE;
	lending.host = host;
	return lend_and_start(&lending, options, report, error);
}

gboolean lend_up(const char *guest, const struct lend_options *options,
		 const struct lend_report *report, GError **error)
{
	autoptr(virt) virt = virt_open(error);
	autoptr(domain_facts) facts = virt == NULL ? NULL : lend_read_guest(virt, guest, error);
	autoptr(snapshot_store) snapshots = NULL;
	enum guest_state state;

	if (facts == NULL || !virt_guest_state(virt, facts->name, &state, error))
		return FALSE;
	if (state != GUEST_SHUT_OFF && state != GUEST_CRASHED) {
		lend_say(report, LEND_SAID, "%s is %s already.", facts->name,
			 guest_state_name(state));
		return TRUE;
	}
	/* The hook looks again, and keeps them shut until the card is lent. */
	if (!keeping_hold(facts, &snapshots, error))
		return FALSE;
	g_clear_pointer(&snapshots, snapshot_store_free);
	return check_files_and_networks(virt, facts, options->alone, error) &&
	       hand_over(virt, facts, options, report, error);
}
