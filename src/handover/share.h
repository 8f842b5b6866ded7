/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "handover/journal.h"

/*
 * What belongs to the machine and not to one guest: huge pages, governors, processors, inhibitors,
 * services, consoles. The first guest that wants a change has the baseline saved in the machine's
 * journal; each says there what it wants; what is set is computed from the baseline and all of
 * them; and when the last one goes, the baseline comes back.
 *
 * A kind of such a step is a struct share and a step_kind by SHARED_STEP(). In a guest's journal
 *its step says what that guest wants, so that the way back of the guest leads to the machine's
 * journal, whoever was killed where:
 *
 *	guest's "begin"  ->  machine's "begin", "claim", "value"  ->  change  ->  guest's "done"
 *
 * and backwards "release", change, "undone", each of which can be done twice.
 */
struct share {
	/* check_subject, check_value - of journals, before anything is built from them */
	gboolean (*check_subject)(const char *subject);
	gboolean (*check_value)(const char *value);

	/* read - the present value; HOTSEAT_ERROR_ABSENT if the subject is gone */
	char *(*read)(struct host *host, const char *subject, GError **error);

	/* save - more old values than the one that was read, into the baseline; NULL: no more */
	gboolean (*save)(struct host *host, struct step *baseline, GError **error);

	/**
	 * combine - the value that suits all claims; NULL: that of the last one
	 *
	 * Pure. There is at least one claim.
	 */
	char *(*combine)(const struct step *baseline, const GPtrArray *claims);

	/**
	 * write - make the change and wait until it can be read back
	 *
	 * The value may be that of the baseline. Errors say what the user can do.
	 */
	gboolean (*write)(struct host *host, const struct step *baseline, const char *value,
			  GError **error);

	/* clean - remove what is left when the baseline is back; can be done twice; may be NULL */
	gboolean (*clean)(struct host *host, const struct step *baseline, GError **error);

	/*
	 * asked - the change is asked of somebody, and may still come when we were killed and it
	 * looks as if nothing had happened. So the way back asks as well, in any case.
	 */
	gboolean asked;

	/* is_between - can a killed change from one value to the other have left this? May be NULL.
	 */
	gboolean (*is_between)(const char *now, const char *one, const char *other);
};

/* share_wish - a guest's step, to be saved: what it wants of a subject */
struct step *share_wish(const struct step_kind *kind, const char *subject, const char *uuid,
			const char *want);

/**
 * share_settle - put back what the machine's journal has for guests that have no journal any more
 *
 * Somebody has removed theirs by hand. What other guests still want is left to them.
 */
gboolean share_settle(struct host *host, struct step_undo *undo, GError **error);

/**
 * share_orphans - the machine's journal, with only those entries that share_settle() is for
 *
 * Return: a new journal; NULL if there is none, if somebody is at work on it, or with the errors of
 * journal_read().
 */
struct journal *share_orphans(struct host *host, GError **error);

/* The operations of all these kinds; for SHARED_STEP(). */
gboolean share_check(const struct step *step, const char **why);
gboolean share_save(struct host *host, struct step *step, GError **error);
gboolean share_apply(struct host *host, const struct step *step, GError **error);
gboolean share_undo(struct host *host, const struct step *step, struct step_undo *undo,
		    GError **error);
char *share_former(const struct step *step);
char *share_wanted(struct host *host, const struct step *step);
char *share_now(struct host *host, const struct step *step);

#define SHARED_STEP(kind_name, operations)                                                         \
	{                                                                                          \
		.name = kind_name, .share = operations, .check = share_check, .save = share_save,  \
		.apply = share_apply, .undo = share_undo, .former = share_former,                  \
		.wanted = share_wanted, .now = share_now                                           \
	}
