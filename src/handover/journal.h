/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "handover/step.h"

/*
 * What was changed for one guest, written before it is changed: <run_dir>/<uuid>.journal. And, as
 * machine.journal, what was changed for all guests together: there an entry's step has the
 * baseline, and beside it stands what each guest wants. The format is described in journal.c.
 */
#define JOURNAL_MACHINE "machine"

struct journal {
	char *uuid;
	char *path; /* for messages */

	/* The header. Without one (empty file, torn header) nothing can have begun. */
	gboolean started;
	char *name;       /* of the guest */
	char *card;       /* the fingerprint, or several, of what it is lent */
	char **functions; /* addresses */

	GPtrArray *entries; /* struct journal_entry */
	gboolean lent;      /* every step is done and was read back */
	gboolean hook;      /* libvirt has called our hook */
	gboolean undoing;   /* an undo was begun after that */

	int worker;             /* pid of the last process that wrote it */
	guint64 worker_started; /* its start time, because pids come again */

	struct host *host; /* of a journal that we hold: has its lock */

	/* Of a journal that we hold; else -1. */
	int dir, fd;
	gsize length; /* of the complete records */
	gboolean torn;
};

struct journal_entry {
	struct step *step;
	gboolean done, undone;

	/* In the machine's journal. */
	GPtrArray *claims;  /* struct step_value: the guest's uuid, and what it wants */
	GPtrArray *values;  /* strings: whatever we have set */
	gboolean abandoned; /* the last claim was of a guest that has no journal any more */
};

/* journal_entry_claim - what a guest wants, or NULL */
const char *journal_entry_claim(const struct journal_entry *entry, const char *uuid);

/* journal_free - gives up the lock too */
void journal_free(struct journal *journal);
AUTOPTR_DEFINE(journal)

/* journal_is_complete - the card is lent, and nobody began to take it back */
gboolean journal_is_complete(const struct journal *journal);

/**
 * journal_hold - open and lock a guest's journal, to change it
 * @create:   make an empty one (and run_dir) if there is none
 * @seconds:  how long to wait for another process that holds it
 * @journal:  set on success; NULL if there is none and @create is FALSE
 *
 * HOTSEAT_ERROR_BUSY with the other process's pid; HOTSEAT_ERROR_UNREADABLE with file and line for
 * a damaged journal; HOTSEAT_ERROR_DENIED; HOTSEAT_ERROR_REFUSED for a uuid that is none.
 */
gboolean journal_hold(struct host *host, const char *uuid, gboolean create, guint seconds,
		      struct journal **journal, GError **error);

/**
 * journal_read - read a guest's journal without holding it
 * @worker_alive: if not NULL, gets whether a process holds it now
 *
 * Return: a new journal, or NULL with HOTSEAT_ERROR_ABSENT, _UNREADABLE, _DENIED.
 */
struct journal *journal_read(struct host *host, const char *uuid, gboolean *worker_alive,
			     GError **error);

/* journal_parse - a journal from its text; @path is for messages */
struct journal *journal_parse(const char *text, gsize length, const char *uuid, const char *path,
			      GError **error);

/* journal_list - uuids of all guests' journals; NULL-terminated, for g_strfreev(); empty without
 * run_dir */
char **journal_list(struct host *host, GError **error);

/*
 * Records. Each is there as a whole when the call returns TRUE, and not at all when it returns
 * FALSE.
 */
gboolean journal_start(struct journal *journal, const char *name, const char *card,
		       char **functions, GError **error);
/* takes the step over, also on failure */
gboolean journal_begin(struct journal *journal, struct step *step, GError **error);
gboolean journal_done(struct journal *journal, guint entry, GError **error);
gboolean journal_undone(struct journal *journal, guint entry, GError **error);
gboolean journal_note_lent(struct journal *journal, GError **error);
gboolean journal_note_hook(struct journal *journal, GError **error);
gboolean journal_note_undo(struct journal *journal, GError **error);

/*
 * Records of the machine's journal. A claim takes the place of the same guest's former one.
 */
gboolean journal_claim(struct journal *journal, guint entry, const char *uuid, const char *want,
		       GError **error);
gboolean journal_release(struct journal *journal, guint entry, const char *uuid, GError **error);
gboolean journal_note_value(struct journal *journal, guint entry, const char *value,
			    GError **error);

/* journal_discard - remove the file of a journal that we hold: nothing of it is left to undo */
gboolean journal_discard(struct journal *journal, GError **error);
