/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "machine/displays.h"
#include "plan/choose.h"
#include "plan/reason.h"

/*
 * Which monitor moves and which stays is a question of cables: the guest's picture comes out of
 * its card, and nowhere else. A monitor with a cable from each card is on both sides, and its
 * input is switched; one on the guest's card alone goes dark for the host. What a side gets there
 * is the best mode that the monitor names at that input and the connector carries.
 */
struct cable {
	const struct card *card;
	gboolean guests; /* the card is one of the guest's */
	struct connector *connector;
};

static void free_cable(gpointer data)
{
	struct cable *cable = data;

	connector_free(cable->connector);
	g_free(cable);
}

/* All connectors of the host's cards and of the guest's, with and without a monitor. */
static GPtrArray *cables_read(const struct machine *machine, GPtrArray *own, GPtrArray *lent)
{
	GPtrArray *cables = g_ptr_array_new_with_free_func(free_cable);

	for (guint i = 0; i < machine->cards->len; i++) {
		const struct card *card = machine->cards->pdata[i];
		gboolean guests = g_ptr_array_find(own, card, NULL);
		g_autoptr(GPtrArray) connectors = NULL;

		if (!guests && lent != NULL && g_ptr_array_find(lent, card, NULL))
			continue;
		connectors = displays_read(machine->root, card_display(card));
		while (connectors->len > 0) {
			struct cable *cable = g_new0(struct cable, 1);

			cable->card = card;
			cable->guests = guests;
			cable->connector = g_ptr_array_steal_index(connectors, 0);
			g_ptr_array_add(cables, cable);
		}
	}
	return cables;
}

static gboolean has_monitor(const struct cable *cable)
{
	return cable->connector->connected == KNOWN_YES;
}

/* "DP-1 of 0000:01:00.0" */
static char *describe_port(const struct cable *cable)
{
	return g_strdup_printf("%s of %s", connector_port(cable->connector),
			       card_display(cable->card)->address);
}

static gboolean has_name(const struct cable *cable)
{
	return cable->connector->edid != NULL && cable->connector->edid->name != NULL;
}

static char *describe_monitor(const struct cable *cable)
{
	return g_strdup(has_name(cable) ? cable->connector->edid->name
					: "a monitor without a name");
}

/* "DP-1 of 0000:01:00.0, with 2560x1440 at 144 Hz" */
static char *describe_picture(const struct cable *cable)
{
	const char *limit = NULL;
	g_autofree char *port = describe_port(cable);
	g_autofree char *mode = connector_best(cable->connector, &limit);

	if (mode == NULL)
		return g_strdup_printf("%s (no modes known)", port);
	return g_strdup_printf("%s, with %s%s%s%s", port, mode, limit != NULL ? " (" : "",
			       limit != NULL ? limit : "", limit != NULL ? ")" : "");
}

/*
 * One monitor at two of its inputs often says two different things, but always its name. Two
 * monitors of a kind differ in their serial numbers, and so in what they say in all, which is why
 * only equal texts are proof.
 */
static gboolean same_monitor(const struct cable *a, const struct cable *b)
{
	const struct edid *one = a->connector->edid, *other = b->connector->edid;

	if (one == NULL || other == NULL)
		return FALSE;
	if (g_strcmp0(a->connector->edid_hash, b->connector->edid_hash) == 0)
		return TRUE;
	return one->name != NULL && g_strcmp0(one->name, other->name) == 0 &&
	       g_str_equal(one->manufacturer, other->manufacturer);
}

/* The same monitor by a cable of another side; NULL: none. */
static const struct cable *find_twin(const GPtrArray *cables, const struct cable *cable)
{
	for (guint i = 0; i < cables->len; i++) {
		const struct cable *other = cables->pdata[i];

		if (other->guests != cable->guests && has_monitor(other) &&
		    same_monitor(cable, other))
			return other;
	}
	return NULL;
}

/* The connector that carries most and has nothing in it, of the guest's cards or of the others. */
static const struct cable *find_free(const GPtrArray *cables, gboolean of_guest)
{
	const struct cable *best = NULL;

	for (guint i = 0; i < cables->len; i++) {
		const struct cable *cable = cables->pdata[i];
		guint merit = connector_link(cable->connector)->merit;

		if (cable->guests == of_guest && merit > 0 &&
		    cable->connector->connected == KNOWN_NO &&
		    (best == NULL || merit > connector_link(best->connector)->merit))
			best = cable;
	}
	return best;
}

static guint64 clock_of(const struct cable *cable)
{
	const struct edid *edid = cable->connector->edid;

	return edid != NULL ? edid->best.clock_hz : 0;
}

static void explain_both(struct plan *plan, const struct cable *guests, const struct cable *hosts)
{
	g_autofree char *name = describe_monitor(guests);
	g_autofree char *to_guest = describe_picture(guests);
	g_autofree char *to_host = describe_picture(hosts);
	gboolean proven = g_strcmp0(guests->connector->edid_hash, hosts->connector->edid_hash) == 0;

	reason_add(plan->reasons, "monitor", NULL,
		   "%s%s has a cable from each card and moves with the seat: the guest has it from "
		   "%s; the host keeps it on %s",
		   proven ? "" : "unless there are two of them, ", name, to_guest, to_host);
	if (clock_of(guests) != 0 && clock_of(hosts) > clock_of(guests))
		reason_add(plan->reasons, "monitor", NULL,
			   "the host has the better cable to %s: for the guest to have it, change "
			   "the two over",
			   name);
}

static void explain_guests(struct plan *plan, const GPtrArray *cables, const struct cable *cable)
{
	g_autofree char *name = describe_monitor(cable);
	g_autofree char *picture = describe_picture(cable);
	const struct cable *spare = find_free(cables, FALSE);
	g_autofree char *port = spare != NULL ? describe_port(spare) : NULL;

	if (connector_link(cable->connector)->inside)
		reason_add(plan->reasons, "monitor", NULL,
			   "the panel on %s shows the guest alone: no other card reaches it",
			   picture);
	else if (port != NULL)
		reason_add(
			plan->reasons, "monitor", NULL,
			"%s goes to the guest, from %s; for the host to use it too, plug a second "
			"cable from another of its inputs into %s",
			name, picture, port);
	else
		reason_add(
			plan->reasons, "monitor", NULL,
			"%s goes to the guest, from %s; for the host to use it too, plug a second "
			"cable from another of its inputs into another card",
			name, picture);
}

static void explain_hosts(struct plan *plan, const struct cable *cable)
{
	g_autofree char *name = describe_monitor(cable);
	g_autofree char *picture = describe_picture(cable);

	if (connector_link(cable->connector)->inside)
		reason_add(plan->reasons, "monitor", NULL, "the panel stays with the host, on %s",
			   picture);
	else
		reason_add(plan->reasons, "monitor", NULL, "%s stays with the host, on %s", name,
			   picture);
}

/* What the guest would see at a connector that nothing is in yet. */
static char *describe_promise(const struct cable *monitor, const struct cable *port)
{
	struct connector there = *monitor->connector;
	const char *limit = NULL;
	g_autofree char *mode = NULL;

	there.name = port->connector->name;
	mode = connector_best(&there, &limit);
	if (mode == NULL || clock_of(monitor) == 0)
		return g_strdup("");
	if (limit != NULL)
		return g_strdup_printf("; it has %s there (%s)", mode, limit);
	return g_strdup_printf(
		"; at the input that it uses now it does %s, and another may do less "
		"or more",
		mode);
}

/* The monitor of the host with the most to show: that is the one to share. NULL: none. */
static const struct cable *find_best_of_host(const GPtrArray *cables)
{
	const struct cable *best = NULL;

	for (guint i = 0; i < cables->len; i++) {
		const struct cable *cable = cables->pdata[i];

		if (!cable->guests && has_monitor(cable) &&
		    !connector_link(cable->connector)->inside &&
		    (best == NULL || clock_of(cable) > clock_of(best)))
			best = cable;
	}
	return best;
}

/* No card of the guest has a monitor: which cable to plug where, and what that brings. */
static char *advise_cable(const struct plan *plan, const GPtrArray *cables)
{
	const char *address = card_display(plan_card(plan))->address;
	const struct cable *port = find_free(cables, TRUE);
	const struct cable *monitor = find_best_of_host(cables);
	g_autofree char *place = monitor != NULL ? describe_port(monitor) : NULL;
	g_autofree char *name = monitor == NULL     ? NULL
				: has_name(monitor) ? describe_monitor(monitor)
						    : g_strdup_printf("the monitor on %s", place);
	g_autofree char *where = port != NULL ? describe_port(port)
					      : g_strdup_printf(
							"%s (its connectors cannot be seen "
							"without a driver)",
							address);
	g_autofree char *promise =
		monitor != NULL && port != NULL ? describe_promise(monitor, port) : g_strdup("");

	if (monitor == NULL)
		return g_strdup_printf("plug a monitor into %s", where);
	return g_strdup_printf("plug a second cable from a free input of %s into %s%s", name, where,
			       promise);
}

void choose_monitors(const struct machine *machine, GPtrArray *lent, struct plan *plan)
{
	g_autoptr(GPtrArray) cables = NULL;
	guint on_card = 0;

	if (plan->cards->len == 0)
		return;
	cables = cables_read(machine, plan->cards, lent);
	for (guint i = 0; i < cables->len; i++) {
		const struct cable *cable = cables->pdata[i];
		const struct cable *twin;

		if (!has_monitor(cable))
			continue;
		twin = find_twin(cables, cable);
		if (!cable->guests) {
			if (twin == NULL)
				explain_hosts(plan, cable);
			continue;
		}
		on_card++;
		if (twin != NULL)
			explain_both(plan, cable, twin);
		else
			explain_guests(plan, cables, cable);
	}
	if (on_card > 0)
		return;
	plan->cable = advise_cable(plan, cables);
	reason_add(plan->reasons, "monitor", NULL, "none is seen on %s: %s",
		   card_display(plan_card(plan))->address, plan->cable);
}
