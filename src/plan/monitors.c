/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "machine/displays.h"
#include "plan/choose.h"
#include "plan/reason.h"

/*
 * Which monitor moves and which stays is a question of cables: the guest's picture comes out of
 * its card, and nowhere else. A monitor with a cable from each card is on both sides, and its
 * input is switched; one on the guest's card alone goes dark for the host.
 */

/* "DP-1" of "card1-DP-1" */
static const char *connector_name(const struct connector *connector)
{
	const char *dash = strchr(connector->name, '-');

	return dash != NULL ? dash + 1 : connector->name;
}

static char *describe_monitor(const struct connector *connector)
{
	g_autofree char *mode =
		connector->edid != NULL ? edid_format_mode(&connector->edid->best) : NULL;
	const char *name = connector->edid != NULL ? connector->edid->name : NULL;

	return g_strdup_printf("%s on %s%s%s", name != NULL ? name : "a monitor",
			       connector_name(connector), mode != NULL ? ", up to " : "",
			       mode != NULL ? mode : "");
}

/* The same monitor by another cable, on a card that stays; NULL: none. */
static char *find_other_cable(const struct machine *machine, const struct card *chosen,
			      const struct connector *connector)
{
	for (guint i = 0; connector->edid_hash != NULL && i < machine->cards->len; i++) {
		const struct card *card = machine->cards->pdata[i];
		g_autoptr(GPtrArray) others = NULL;

		if (card == chosen)
			continue;
		others = displays_read(machine->root, card_display(card));
		for (guint j = 0; j < others->len; j++) {
			const struct connector *other = others->pdata[j];

			if (g_strcmp0(other->edid_hash, connector->edid_hash) == 0)
				return g_strdup_printf("%s of %s", connector_name(other),
						       card_display(card)->name);
		}
	}
	return NULL;
}

static void explain_monitor(const struct machine *machine, const struct plan *plan,
			    const struct connector *connector)
{
	g_autofree char *monitor = describe_monitor(connector);
	g_autofree char *other = find_other_cable(machine, plan->card, connector);

	if (other != NULL)
		reason_add(plan->reasons, "monitor", NULL,
			   "%s moves with the seat: the host keeps its cable at %s", monitor,
			   other);
	else
		reason_add(plan->reasons, "monitor", NULL,
			   "%s goes to the guest; for the host to use it too, plug a second cable "
			   "from it into another card",
			   monitor);
}

void choose_monitors(const struct machine *machine, struct plan *plan)
{
	g_autoptr(GPtrArray) connectors = NULL;
	guint connected = 0;

	if (plan->card == NULL)
		return;
	connectors = displays_read(machine->root, card_display(plan->card));
	for (guint i = 0; i < connectors->len; i++) {
		const struct connector *connector = connectors->pdata[i];

		if (connector->connected != KNOWN_YES)
			continue;
		explain_monitor(machine, plan, connector);
		connected++;
	}
	if (connected == 0)
		reason_add(plan->reasons, "monitor", NULL,
			   "none is seen on %s: plug one, or a second cable of yours, into it",
			   card_display(plan->card)->address);
}
