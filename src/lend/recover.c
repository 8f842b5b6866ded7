/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/error.h"
#include "lend/ask.h"
#include "lend/deadman.h"
#include "lend/lend.h"

#define GROUP_SECONDS 10   /* to wait for QEMU to let go of the group */
#define LIBVIRT_SECONDS 15 /* to wait for an answer */

static gboolean is_seen(const struct handover_state *state)
{
	return dead_man_was_seen(state->uuid) || ask_agent(state->name, LIBVIRT_SECONDS) == ASK_YES;
}

/*
 * may_take_back - is the guest gone, or could it be ended?
 *
 * Where libvirt answers it knows best whether a guest runs or is being started: it counts a domain
 * as active from before it calls our hook. Where it does not, the VFIO group decides: a busy one
 * is never touched.
 */
static gboolean may_take_back(const struct handover_state *state,
			      const struct lend_options *options, const struct lend_report *report)
{
	enum ask_answer runs = ask_runs(state->name, LIBVIRT_SECONDS);

	if (runs == ASK_NO_ANSWER && ask_knows(state->name))
		lend_say(report, LEND_WARNING,
			 "libvirt does not answer, and has %s for running. When it starts again it "
			 "may reset the card under its driver; if the card is dead then, restart "
			 "the machine",
			 state->name);
	if (runs != ASK_YES)
		return TRUE;
	if (!options->end_guest) {
		lend_say(report, LEND_SAID,
			 "%s is running and keeps its card; end it with: hotseat down %s",
			 state->name, state->name);
		return FALSE;
	}
	if (options->dead_man_acts && is_seen(state)) {
		lend_say(report, LEND_SAID, "%s is running and was seen; it keeps its card.",
			 state->name);
		return FALSE;
	}
	lend_say(report, LEND_BEGIN, "pulling the plug of %s", state->name);
	/* What it still has open decides next. */
	(void)ask_destroy(state->name, LIBVIRT_SECONDS);
	return TRUE;
}

/* recover_one - TRUE unless something of this guest's is still not back */
static gboolean recover_one(struct host *host, const struct handover_state *state,
			    const struct lend_options *options, const struct lend_report *report)
{
	g_autoptr(GError) error = NULL;

	if (!may_take_back(state, options, report))
		return TRUE;
	if (!lend_take_back(host, state->uuid, state->name, GROUP_SECONDS, report, &error)) {
		lend_say(report, LEND_WARNING, "%s", error->message);
		return FALSE;
	}
	lend_say(report, LEND_SAID, "What %s had is back with the host.", state->name);
	return TRUE;
}

static gboolean is_meant(const struct handover_state *state, const char *guest)
{
	return guest == NULL || guest[0] == '\0' || g_str_equal(guest, state->name) ||
	       g_str_equal(guest, state->uuid);
}

gboolean lend_recover(const char *guest, const struct lend_options *options,
		      const struct lend_report *report, GError **error)
{
	autoptr(host) host = host_new_live(error);
	g_autoptr(GPtrArray) states = host == NULL ? NULL : handover_read_states(host, error);
	guint matching = 0;
	guint failed = 0;

	if (states == NULL)
		return FALSE;
	for (guint i = 0; i < states->len; i++) {
		const struct handover_state *state = g_ptr_array_index(states, i);

		if (!is_meant(state, guest))
			continue;
		matching++;
		if (!recover_one(host, state, options, report))
			failed++;
	}
	if (matching == 0)
		lend_say(report, LEND_SAID, "Nothing is lent, so there is nothing to put back.");
	if (failed == 0)
		return TRUE;
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_NOT_BACK,
		    "%u of %u could not be put back; the journal is kept, try again", failed,
		    matching);
	return FALSE;
}

GPtrArray *lend_read_states(GError **error)
{
	autoptr(host) host = host_new_live(error);

	return host == NULL ? NULL : handover_read_states(host, error);
}

/* The UUID from the journal of what is lent, which needs no libvirt; else from libvirt. */
static char *find_uuid(const char *guest, GError **error)
{
	g_autoptr(GPtrArray) states = lend_read_states(NULL);
	autoptr(virt) virt = NULL;
	autoptr(domain_facts) facts = NULL;

	for (guint i = 0; states != NULL && i < states->len; i++) {
		const struct handover_state *state = g_ptr_array_index(states, i);

		if (is_meant(state, guest))
			return g_strdup(state->uuid);
	}
	virt = virt_open(error);
	facts = virt == NULL ? NULL : lend_read_guest(virt, guest, error);
	return facts == NULL ? NULL : g_strdup(facts->uuid);
}

gboolean lend_confirm(const char *guest, const struct lend_report *report, GError **error)
{
	g_autofree char *uuid = find_uuid(guest, error);

	if (uuid == NULL || !dead_man_remember(uuid, error) || !dead_man_disarm(uuid, error))
		return FALSE;
	lend_say(report, LEND_SAID,
		 "%s was seen: it is not ended by the dead man's switch any more.", guest);
	return TRUE;
}
