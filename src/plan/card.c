/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/error.h"
#include "machine/displays.h"
#include "plan/choose.h"
#include "plan/reason.h"

char *card_obstacle(const struct card *card, gboolean in_full)
{
	g_autoptr(GString) text = NULL;

	switch (card->verdict) {
	case CARD_READY:
		return NULL;
	case CARD_NO_GROUP:
		return g_strdup(
			"it is in no IOMMU group, so the IOMMU is off: hotseat check says "
			"how to turn it on");
	case CARD_BLOCKED:
	case CARD_UNKNOWN:
		break;
	}
	if (card->blockers->len == 0)
		return g_strdup("the drivers of others in its IOMMU group are not known");
	text = g_string_new(in_full ? NULL : "in its IOMMU group the host uses ");
	for (guint i = 0; i < card->blockers->len; i++) {
		const struct card_blocker *blocker = card->blockers->pdata[i];
		const struct pcidev *dev = blocker->dev;

		if (i > 0)
			g_string_append(text, in_full ? "; and " : " and ");
		if (in_full)
			g_string_append(text, blocker->why);
		else
			g_string_append_printf(text, "%s %s, driven by %s", dev->address, dev->name,
					       dev->driver);
	}
	return g_string_free(g_steal_pointer(&text), FALSE);
}

static char *cards_loss(const struct machine *machine, GPtrArray *cards)
{
	g_autofree char *why = NULL;

	if (displays_are_only(machine->root, machine->cards, cards, &why) != KNOWN_YES)
		return NULL;
	return why != NULL ? g_steal_pointer(&why)
			   : g_strdup("it drives the desktop's only display");
}

char *card_loss(const struct machine *machine, const struct card *card)
{
	g_autoptr(GPtrArray) alone = g_ptr_array_new();

	g_ptr_array_add(alone, (gpointer)(guintptr)card);
	return cards_loss(machine, alone);
}

static gboolean on_root_bus(const struct pcidev *dev)
{
	return g_str_has_prefix(dev->address, "0000:00:");
}

/*
 * The one to lend is a card in a slot that the firmware does not show its pictures on. What the
 * firmware does with a card is the larger risk: its ROM is used up and its frame buffer is in the
 * console's hands (FW-16, PW-02).
 */
guint card_merit(const struct card *card)
{
	const struct pcidev *display = card_display(card);

	return 1 + (display->boot_vga != KNOWN_YES ? 2 : 0) + (on_root_bus(display) ? 0 : 1);
}

static gboolean check_lendable(const struct card *card, GError **error)
{
	g_autofree char *obstacle = card_obstacle(card, TRUE);

	if (obstacle == NULL)
		return TRUE;
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED, "%s (%s) cannot be lent: %s",
		    card_display(card)->address, card_display(card)->name, obstacle);
	return FALSE;
}

/* A display that was asked for by name is lent, knowingly; when, is for "up" to decide. */
static GPtrArray *take_named(const struct machine *machine, const char *const *gpus,
			     GPtrArray *reasons, GError **error)
{
	g_autoptr(GPtrArray) cards = cards_find(machine->cards, gpus, error);
	g_autofree char *loss = NULL;

	for (guint i = 0; cards != NULL && i < cards->len; i++) {
		if (!check_lendable(cards->pdata[i], error))
			return NULL;
	}
	loss = cards != NULL ? cards_loss(machine, cards) : NULL;
	for (guint i = 0; cards != NULL && i < cards->len; i++) {
		const struct pcidev *display = card_display(cards->pdata[i]);
		gboolean beware = loss != NULL && i + 1 == cards->len;

		reason_add(reasons, "gpu", NULL, "%s %s, as asked%s%s", display->address,
			   display->name, beware ? "; beware: " : "", beware ? loss : "");
	}
	return g_steal_pointer(&cards);
}

static char *describe_others(const struct machine *machine, const struct card *chosen)
{
	g_autoptr(GString) text = g_string_new(NULL);

	for (guint i = 0; i < machine->cards->len; i++) {
		const struct card *card = machine->cards->pdata[i];
		g_autofree char *obstacle = card_obstacle(card, chosen == NULL);
		g_autofree char *loss = NULL;

		if (card == chosen)
			continue;
		loss = obstacle == NULL ? card_loss(machine, card) : NULL;
		g_string_append_printf(text, "%s%s %s", text->len > 0 ? "; " : "",
				       card_display(card)->address, card_display(card)->name);
		if (obstacle != NULL || loss != NULL)
			g_string_append_printf(text, " (%s)", obstacle != NULL ? obstacle : loss);
		else if (card_display(card)->boot_vga == KNOWN_YES)
			g_string_append(text, " (the firmware's display)");
	}
	return text->len > 0 ? g_string_free(g_steal_pointer(&text), FALSE) : NULL;
}

static const struct card *choose_best(const struct machine *machine, GPtrArray *reasons,
				      GError **error)
{
	const struct card *best = NULL;
	g_autofree char *others = NULL;

	for (guint i = 0; i < machine->cards->len; i++) {
		const struct card *card = machine->cards->pdata[i];
		g_autofree char *obstacle = card_obstacle(card, FALSE);
		g_autofree char *loss = card_loss(machine, card);

		if (obstacle == NULL && loss == NULL &&
		    (best == NULL || card_merit(card) > card_merit(best)))
			best = card;
	}
	others = describe_others(machine, best);
	if (best == NULL) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED,
			    "no graphics card can be lent: %s. One that drives the desktop is lent "
			    "only if --gpu names it",
			    others);
		return NULL;
	}
	reason_add(reasons, "gpu", g_steal_pointer(&others),
		   "%s %s: its IOMMU group can be lent and the desktop keeps a display",
		   card_display(best)->address, card_display(best)->name);
	return best;
}

static GPtrArray *take_best(const struct machine *machine, GPtrArray *reasons, GError **error)
{
	const struct card *best = choose_best(machine, reasons, error);
	GPtrArray *cards;

	if (best == NULL)
		return NULL;
	cards = g_ptr_array_new();
	g_ptr_array_add(cards, (gpointer)(guintptr)best);
	return cards;
}

GPtrArray *choose_own_cards(const struct machine *machine, const char *const *gpus,
			    GPtrArray *reasons, GError **error)
{
	if (gpus != NULL && gpus[0] != NULL)
		return take_named(machine, gpus, reasons, error);
	if (machine->cards->len > 0)
		return take_best(machine, reasons, error);
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_ABSENT,
		    "this machine has no graphics card that could be lent");
	return NULL;
}
