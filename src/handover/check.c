/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/error.h"
#include "handover/handover.h"
#include "handover/step.h"
#include "machine/displays.h"
#include "machine/holders.h"

/*
 * What must be true before a card is touched. Everything here could also fail later, but then some
 * of it fails by hanging: a driver whose remove routine waits for the last user blocks in the
 * kernel, where no signal reaches it (UB-01). So who refuses, refuses here, and by name.
 */
static gboolean check_group(const struct card *card, GError **error)
{
	const char *address = card_display(card)->address;
	const struct card_blocker *blocker =
		card->blockers->len > 0 ? g_ptr_array_index(card->blockers, 0) : NULL;

	switch (card->verdict) {
	case CARD_READY:
		return TRUE;
	case CARD_NO_GROUP:
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED,
			    "%s is in no IOMMU group, because the IOMMU is off; hotseat check says "
			    "how to turn it on",
			    address);
		return FALSE;
	case CARD_BLOCKED:
	case CARD_UNKNOWN:
		break;
	}
	if (blocker == NULL)
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED,
			    "the IOMMU group of %s cannot be judged; try again as root", address);
	else
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED, "%s cannot be lent: %s",
			    address, blocker->why);
	return FALSE;
}

static gboolean check_display(const struct machine *machine, const struct card *card,
			      gboolean allow_last_display, GError **error)
{
	const char *address = card_display(card)->address;
	g_autofree char *why = NULL;
	enum known only;

	if (allow_last_display)
		return TRUE;
	only = displays_is_only(machine->root, machine->cards, card, &why);
	if (only == KNOWN_NO)
		return TRUE;
	if (only == KNOWN_YES)
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED,
			    "%s is the only display of this desktop%s%s. To lend it all the same: "
			    "hotseat up --take-last-display",
			    address, why == NULL ? "" : ": ", why == NULL ? "" : why);
	else
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_DENIED,
			    "it cannot be told whether %s is the only display of this desktop%s%s. "
			    "If it is not: hotseat up --take-last-display",
			    address, why == NULL ? "" : ": ", why == NULL ? "" : why);
	return FALSE;
}

/*
 * read_holders - "firefox (pid 812) has /dev/dri/card1 open", empty for nobody
 * @servers: sound servers too, which let go when they are told (sound.c)
 */
static char *read_holders(const struct root *root, const struct card *card, gboolean servers,
			  gboolean *complete)
{
	g_autoptr(GPtrArray) holders = holders_read(root, card, complete);
	g_autoptr(GString) who = g_string_new(NULL);

	for (guint i = 0; holders != NULL && i < holders->len; i++) {
		const struct holder *holder = g_ptr_array_index(holders, i);

		if (servers || !holder->yields)
			g_string_append_printf(who, "%s%s (pid %d) has %s open",
					       who->len == 0 ? "" : ", ", holder->process,
					       holder->pid, holder->node);
	}
	return g_string_free(g_steal_pointer(&who), FALSE);
}

static gboolean set_holders_error(const struct card *card, const char *who, GError **error)
{
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_BUSY, "%s is in use: %s; end that first",
		    card_display(card)->address, who);
	return FALSE;
}

static gboolean check_holders(const struct machine *machine, const struct card *card,
			      GError **error)
{
	gboolean complete = TRUE;
	g_autofree char *who = read_holders(machine->root, card, FALSE, &complete);

	if (who[0] != '\0')
		return set_holders_error(card, who, error);
	if (complete)
		return TRUE;
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_DENIED,
		    "only root can see whether a process has %s open; try again as root",
		    card_display(card)->address);
	return FALSE;
}

gboolean handover_check(const struct machine *machine, const struct card *card, unsigned int allow,
			GError **error)
{
	return check_group(card, error) &&
	       check_display(machine, card, (allow & HANDOVER_ALLOW_LAST_DISPLAY) != 0, error) &&
	       ((allow & HANDOVER_ALLOW_HOLDERS) != 0 || check_holders(machine, card, error));
}

struct waiting {
	const struct card *card;
	char **who; /* of the last look */
};

static gboolean is_over(struct host *host, const void *data)
{
	const struct waiting *waiting = data;
	gboolean complete = TRUE;

	g_free(*waiting->who);
	*waiting->who = read_holders(host->root, waiting->card, TRUE, &complete);
	return *waiting->who[0] == '\0' || step_interrupted();
}

gboolean handover_wait_idle(struct host *host, const struct card *card, guint seconds,
			    GError **error)
{
	g_autofree char *who = NULL;
	const struct waiting waiting = { card, &who };

	(void)host_wait(host, seconds, is_over, &waiting);
	return who[0] == '\0' || set_holders_error(card, who, error);
}
