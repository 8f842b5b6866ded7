/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "core/error.h"
#include "handover/handover.h"
#include "machine/displays.h"
#include "machine/holders.h"

/*
 * handover_check(): every refusal names device, reason and what to do. What src/machine would find
 * on a host is said here by hand, in place of its functions.
 */
static enum known only_display;
static gboolean see_all;
static const char *user; /* the process that has the card open; NULL: none */

enum known displays_are_only(const struct root *root, const GPtrArray *cards, GPtrArray *lent,
			     char **why)
{
	*why = g_strdup("the other card has no driver");
	return only_display;
}

GPtrArray *holders_read(const struct root *root, const struct card *card, gboolean *complete)
{
	GPtrArray *holders = g_ptr_array_new_with_free_func((GDestroyNotify)holder_free);
	struct holder *holder = g_new0(struct holder, 1);

	*complete = see_all;
	holder->pid = 77;
	holder->process = g_strdup(user);
	holder->node = g_strdup("/dev/dri/card1");
	if (user != NULL)
		g_ptr_array_add(holders, holder);
	else
		holder_free(holder);
	return holders;
}

void holder_free(struct holder *holder)
{
	g_free(holder->process);
	g_free(holder->node);
	g_free(holder);
}

const struct pcidev *card_display(const struct card *card)
{
	return g_ptr_array_index(card->functions, 0);
}

/* check - @code < 0: lent; else refused with this code and these words */
static void check(enum card_verdict verdict, gboolean allow, int code, const char *words)
{
	static char
		video[] = "0000:01:00.0",
		net[] = "0000:02:00.0", name[] = "Ethernet", driver[] = "e1000e",
		why[] = "0000:02:00.0 (Ethernet, e1000e) is in its group: give it to vfio-pci too";
	struct pcidev device = { .address = video };
	struct pcidev neighbour = { .address = net, .name = name, .driver = driver };
	struct card_blocker blocker = { &neighbour, why };
	struct card card = { .verdict = verdict };
	g_autoptr(GPtrArray) cards = g_ptr_array_new();
	struct machine machine = { 0 };
	g_autoptr(GPtrArray) functions = g_ptr_array_new();
	g_autoptr(GPtrArray) blockers = g_ptr_array_new();
	g_auto(GStrv) all = g_strsplit(words, "|", -1);
	g_autoptr(GError) error = NULL;

	g_ptr_array_add(functions, &device);
	if (verdict == CARD_BLOCKED)
		g_ptr_array_add(blockers, &blocker);
	g_ptr_array_add(cards, &card);
	card.functions = functions;
	card.blockers = blockers;
	g_assert_true(handover_check(&machine, cards, allow, &error) == (code < 0));
	if (code < 0)
		return;
	g_assert_cmpint(error->code, ==, code);
	for (guint i = 0; all[i] != NULL; i++) {
		if (strstr(error->message, all[i]) == NULL)
			g_error("\"%s\" is not in: %s", all[i], error->message);
	}
}

static void test_refusals(void)
{
	only_display = KNOWN_NO;
	see_all = TRUE;
	check(CARD_READY, FALSE, -1, "");
	check(CARD_BLOCKED, FALSE, HOTSEAT_ERROR_REFUSED,
	      "0000:01:00.0|0000:02:00.0|Ethernet|e1000e|give it to vfio-pci too");
	check(CARD_NO_GROUP, FALSE, HOTSEAT_ERROR_REFUSED, "0000:01:00.0|IOMMU is off");
	check(CARD_UNKNOWN, FALSE, HOTSEAT_ERROR_REFUSED, "0000:01:00.0|root");
	user = "blender";
	check(CARD_READY, FALSE, HOTSEAT_ERROR_BUSY,
	      "0000:01:00.0|blender|77|/dev/dri/card1|end that first");
	/* ended, it comes back with the next login, and so does the refusal */
	user = "Xorg";
	check(CARD_READY, FALSE, HOTSEAT_ERROR_BUSY,
	      "0000:01:00.0|Xorg|77|/dev/dri/card1|setup --keep-free 0000:01:00.0");
	user = NULL;
	see_all = FALSE;
	check(CARD_READY, FALSE, HOTSEAT_ERROR_DENIED, "0000:01:00.0|root");
	see_all = TRUE;
	only_display = KNOWN_YES;
	check(CARD_READY, FALSE, HOTSEAT_ERROR_REFUSED, "0000:01:00.0|only display|no driver");
	check(CARD_READY, TRUE, -1, "");
	only_display = NOT_KNOWN;
	check(CARD_READY, FALSE, HOTSEAT_ERROR_DENIED, "0000:01:00.0|cannot be told");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/lendable/refusals", test_refusals);
	return g_test_run();
}
