/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <unistd.h>

#include "core/error.h"
#include "lend/keeping.h"
#include "lend/lend.h"

/*
 * What libvirt's hook does. Nothing in here calls libvirt: the daemon waits for us while it holds
 * the guest (BD-12). "prepare" comes before libvirt looks at the host's devices (qemuProcessInit
 * comes before qemuProcessPrepareHost in src/qemu/qemu_process.c), so a card that is bound to
 * vfio-pci in here is there when libvirt looks. If the hook fails, libvirt does not start the
 * guest, shows what the hook said, and calls it once more with "release".
 */
#define OTHERS_SECONDS 20 /* for somebody who is just taking the card back */
#define GROUP_SECONDS 30  /* from the end of QEMU to a free VFIO group; libvirt waits for us */

/* read_ours - *facts is NULL for a stranger's domain */
static gboolean read_ours(const char *xml, struct domain_facts **facts, GError **error)
{
	autoptr(domain_facts) read = domain_facts_parse(xml, error);

	if (read == NULL)
		return FALSE;
	if (!read->ours)
		return TRUE;
	if (read->uuid == NULL || read->cards[0] == NULL) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_UNREADABLE,
			    "hotseat's own <metadata> in %s is damaged: it names no card",
			    read->name);
		return FALSE;
	}
	*facts = g_steal_pointer(&read);
	return TRUE;
}

/* Has this guest its cards already? Then who holds them, and what they show, is no question. */
static gboolean is_lent(struct host *host, const char *uuid, gboolean *lent, GError **error)
{
	g_autoptr(GPtrArray) states = handover_read_states(host, error);

	for (guint i = 0; states != NULL && i < states->len; i++) {
		const struct handover_state *state = g_ptr_array_index(states, i);

		*lent = *lent || (state->complete && g_str_equal(state->uuid, uuid));
	}
	return states != NULL;
}

/* The service makes them before this; in its absence nobody does. */
static gboolean check_seat(const struct domain_facts *facts, GError **error)
{
	g_autofree char *node = NULL;

	if (facts->seat == NULL)
		return TRUE;
	node = g_strdup_printf("/dev/hotseat/%s/%u-keyboard", facts->seat, facts->seat_side);
	if (access(node, F_OK) == 0)
		return TRUE;
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED,
		    "the keyboard of %s, %s, is not there: hotseatd makes it. Start it with: sudo "
		    "systemctl start hotseatd",
		    facts->name, node);
	return FALSE;
}

static gboolean prepare(struct host *host, const struct domain_facts *facts,
			const struct lend_report *report, GError **error)
{
	const struct handover_needs needs = lend_needs(facts);
	const struct handover_guest guest = { facts->uuid, facts->name, &needs };
	struct lend_report to = *report;
	const struct handover_options options = { .progress = lend_report_step,
						  .data = &to,
						  .seconds = OTHERS_SECONDS };
	autoptr(machine) machine = NULL;
	autoptr(snapshot_store) snapshots = NULL;
	struct root *root = root_open("/", error);
	g_autoptr(GPtrArray) cards = NULL;
	gboolean lent = FALSE;

	if (root == NULL || !check_seat(facts, error) || !keeping_hold(facts, &snapshots, error))
		return FALSE;
	machine = machine_read(root, MACHINE_DEVICES | MACHINE_SYSTEM, error);
	if (machine == NULL)
		return FALSE;
	cards = lend_find_cards(machine, facts, error);
	if (cards == NULL || !is_lent(host, facts->uuid, &lent, error) ||
	    (!lent && !handover_check(machine, cards, lend_allowed(facts, FALSE), error)))
		return FALSE;
	return handover_up(host, &guest, machine, cards, &options, error) &&
	       handover_note_hook(host, facts->uuid, error);
}

/* act_for_ours - what is asked for a domain of ours; a stranger's is fine as it is */
static gboolean act_for_ours(const char *xml,
			     gboolean (*act)(struct host *host, const struct domain_facts *facts,
					     const struct lend_report *report, GError **error),
			     const struct lend_report *report, GError **error)
{
	autoptr(domain_facts) facts = NULL;
	autoptr(host) host = NULL;

	if (!read_ours(xml, &facts, error))
		return FALSE;
	if (facts == NULL)
		return TRUE;
	host = host_new_live(error);
	return host != NULL && act(host, facts, report, error);
}

static gboolean release(struct host *host, const struct domain_facts *facts,
			const struct lend_report *report, GError **error)
{
	return lend_take_back(host, facts->uuid, facts->name, GROUP_SECONDS, report, error);
}

gboolean lend_prepare(const char *xml, const struct lend_report *report, GError **error)
{
	return act_for_ours(xml, prepare, report, error);
}

gboolean lend_release(const char *xml, const struct lend_report *report, GError **error)
{
	return act_for_ours(xml, release, report, error);
}
