/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/error.h"
#include "plan/choose.h"

/* Cards of one group cannot go to two guests, whatever their drivers are now (GR-01). */
static gboolean group_is_taken(const GPtrArray *taken, const struct card *card)
{
	for (guint i = 0; i < taken->len; i++) {
		if (g_strcmp0(card_display(taken->pdata[i])->group, card_display(card)->group) == 0)
			return TRUE;
	}
	return FALSE;
}

static guint count_on_node(const GPtrArray *taken, int node)
{
	guint count = 0;

	for (guint i = 0; i < taken->len; i++)
		count += card_display(taken->pdata[i])->numa_node == node;
	return count;
}

/* The best card, and among equals one where the fewest guests are yet; NULL: none is left. */
static const struct card *next_card(const struct machine *machine, const GPtrArray *taken)
{
	const struct card *best = NULL;

	for (guint i = 0; i < machine->cards->len; i++) {
		const struct card *card = machine->cards->pdata[i];
		g_autofree char *obstacle = card_obstacle(card, FALSE);
		g_autofree char *loss = obstacle == NULL ? card_loss(machine, card) : NULL;

		if (obstacle != NULL || loss != NULL || group_is_taken(taken, card))
			continue;
		if (best == NULL || card_merit(card) > card_merit(best) ||
		    (card_merit(card) == card_merit(best) &&
		     count_on_node(taken, card_display(card)->numa_node) <
			     count_on_node(taken, card_display(best)->numa_node)))
			best = card;
	}
	return best;
}

static gint compare_addresses(gconstpointer a, gconstpointer b)
{
	const struct card *x = *(const struct card *const *)a;
	const struct card *y = *(const struct card *const *)b;

	return g_strcmp0(card_display(x)->address, card_display(y)->address);
}

static GPtrArray *take_cards(const struct machine *machine, guint most)
{
	GPtrArray *taken = g_ptr_array_new();
	const struct card *card;

	while (taken->len < most && (card = next_card(machine, taken)) != NULL)
		g_ptr_array_add(taken, (gpointer)(guintptr)card);
	g_ptr_array_sort(taken, compare_addresses);
	return taken;
}

guint choose_lendable_count(const struct machine *machine)
{
	g_autoptr(GPtrArray) taken = take_cards(machine, G_MAXUINT);

	return taken->len;
}

/* Small numbers read better as words. */
static char *number_word(guint number)
{
	static const char *const words[] = { "no",  "one",   "two",   "three", "four", "five",
					     "six", "seven", "eight", "nine",  "ten" };

	return number < G_N_ELEMENTS(words) ? g_strdup(words[number])
					    : g_strdup_printf("%u", number);
}

static char *describe_rest(const struct machine *machine, GPtrArray *taken)
{
	g_autoptr(GString) text = g_string_new(NULL);

	for (guint i = 0; i < machine->cards->len; i++) {
		const struct card *card = machine->cards->pdata[i];
		g_autofree char *why = NULL;

		if (g_ptr_array_find(taken, card, NULL))
			continue;
		why = card_obstacle(card, FALSE);
		if (why == NULL)
			why = card_loss(machine, card);
		g_string_append_printf(text, "%s %s: %s", text->len > 0 ? ";" : "",
				       card_display(card)->address,
				       why != NULL ? why : "its group has another card in it");
	}
	return text->len > 0 ? g_strdup_printf(" (not%s)", text->str) : g_strdup("");
}

GPtrArray *choose_cards(const struct machine *machine, guint guests, GError **error)
{
	g_autoptr(GPtrArray) taken = take_cards(machine, guests);
	g_autofree char *have = number_word(taken->len);
	g_autofree char *want = number_word(guests);
	g_autofree char *rest = NULL;

	if (taken->len == guests || machine->devices->len == 0)
		return g_steal_pointer(&taken);
	rest = describe_rest(machine, taken);
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED,
		    "%s card%s can be lent, %s %s asked for%s", have, taken->len == 1 ? "" : "s",
		    want, guests == 1 ? "was" : "were", rest);
	return NULL;
}
