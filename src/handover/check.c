/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/error.h"
#include "handover/handover.h"
#include "handover/step.h"
#include "machine/desktop.h"
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

/* "0000:01:00.0 is", "0000:01:00.0, 0000:02:00.0 are together" */
static char *they_are(const GPtrArray *cards)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < cards->len; i++)
		g_string_append_printf(text, "%s%s", i == 0 ? "" : ", ",
				       card_display(g_ptr_array_index(cards, i))->address);
	g_string_append(text, cards->len == 1 ? " is" : " are together");
	return g_string_free(text, FALSE);
}

static gboolean check_display(const struct machine *machine, GPtrArray *cards,
			      gboolean allow_last_display, GError **error)
{
	g_autofree char *they = they_are(cards);
	g_autofree char *why = NULL;
	enum known only;

	if (allow_last_display)
		return TRUE;
	only = displays_are_only(machine->root, machine->cards, cards, &why);
	if (only == KNOWN_NO)
		return TRUE;
	if (only == KNOWN_YES)
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED,
			    "%s the only display of this desktop%s%s. To lend it all the same: "
			    "hotseat up --take-last-display",
			    they, why == NULL ? "" : ": ", why == NULL ? "" : why);
	else
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_DENIED,
			    "it cannot be told whether %s the only display of this desktop%s%s. "
			    "If not: hotseat up --take-last-display",
			    they, why == NULL ? "" : ": ", why == NULL ? "" : why);
	return FALSE;
}

/* Who has a card open, as text for people. */
struct users {
	char *who;           /* "firefox (pid 812) has /dev/dri/card1 open"; empty for nobody */
	gboolean compositor; /* one of them shows the desktop */
	gboolean yield;      /* all let go when they are told, as sound servers do */
	gboolean complete;   /* all processes could be looked into */
};

static void users_clear(struct users *users)
{
	g_free(users->who);
}
#define auto_users __attribute__((cleanup(users_clear))) struct users

/* read_users - @servers: sound servers too, which let go when they are told (sound.c) */
static struct users read_users(const struct root *root, const struct card *card, gboolean servers)
{
	struct users users = { .complete = TRUE, .yield = TRUE };
	g_autoptr(GPtrArray) holders = holders_read(root, card, &users.complete);
	g_autoptr(GString) who = g_string_new(NULL);

	for (guint i = 0; holders != NULL && i < holders->len; i++) {
		const struct holder *holder = g_ptr_array_index(holders, i);

		if (!servers && holder->yields)
			continue;
		g_string_append_printf(who, "%s%s (pid %d) has %s open", who->len == 0 ? "" : ", ",
				       holder->process, holder->pid, holder->node);
		users.compositor |= desktop_is_compositor(holder->process);
		users.yield &= holder->yields;
	}
	users.who = g_string_free(g_steal_pointer(&who), FALSE);
	return users;
}

/* UB-04: to end a compositor is to end the session, and the next one has the card again. */
static gboolean set_users_error(const struct card *card, const struct users *users, GError **error)
{
	const char *address = card_display(card)->address;

	if (users->compositor)
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_BUSY,
			    "%s is in use: %s. A compositor keeps every card that it found when it "
			    "started; let it leave this one alone: sudo hotseat setup --keep-free "
			    "%s, then log in anew",
			    address, users->who, address);
	else if (users->yield)
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_BUSY,
			    "%s is in use: %s. It was told to let go and has not done so yet, as "
			    "may be right after a login: try again in a moment",
			    address, users->who);
	else
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_BUSY,
			    "%s is in use: %s; end that first", address, users->who);
	return FALSE;
}

static gboolean check_holders(const struct machine *machine, const struct card *card,
			      GError **error)
{
	auto_users users = read_users(machine->root, card, FALSE);

	if (users.who[0] != '\0')
		return set_users_error(card, &users, error);
	if (users.complete)
		return TRUE;
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_DENIED,
		    "only root can see whether a process has %s open; try again as root",
		    card_display(card)->address);
	return FALSE;
}

gboolean handover_check(const struct machine *machine, GPtrArray *cards, unsigned int allow,
			GError **error)
{
	for (guint i = 0; i < cards->len; i++) {
		if (!check_group(g_ptr_array_index(cards, i), error))
			return FALSE;
	}
	if (!check_display(machine, cards, (allow & HANDOVER_ALLOW_LAST_DISPLAY) != 0, error))
		return FALSE;
	for (guint i = 0; (allow & HANDOVER_ALLOW_HOLDERS) == 0 && i < cards->len; i++) {
		if (!check_holders(machine, g_ptr_array_index(cards, i), error))
			return FALSE;
	}
	return TRUE;
}

struct waiting {
	const GPtrArray *cards;
	const struct card **held; /* of the last look, and by whom */
	struct users *users;
};

static gboolean is_over(struct host *host, const void *data)
{
	const struct waiting *waiting = data;

	for (guint i = 0; i < waiting->cards->len; i++) {
		*waiting->held = g_ptr_array_index(waiting->cards, i);
		users_clear(waiting->users);
		*waiting->users = read_users(host->root, *waiting->held, TRUE);
		if (waiting->users->who[0] != '\0')
			return step_interrupted();
	}
	return TRUE;
}

gboolean handover_wait_idle(struct host *host, const GPtrArray *cards, guint seconds,
			    GError **error)
{
	const struct card *held = NULL;
	auto_users users = { 0 };
	const struct waiting waiting = { cards, &held, &users };

	(void)host_wait(host, seconds, is_over, &waiting);
	return users.who == NULL || users.who[0] == '\0' || set_users_error(held, &users, error);
}
