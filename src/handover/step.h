/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "handover/host.h"

/*
 * A step is one change of the host: save the old values, apply, verify, undo. What a step is made
 * of depends on its kind, and the kinds are a table of operations each; the journal and the run of
 * a handover know nothing else of them. A new kind is a new file with its table and one line in
 * step.c.
 *
 * All that a step needs for its way back is its kind, its subject and its saved values: small
 * strings, which is what the journal keeps.
 */
struct step {
	const struct step_kind *kind;
	char *subject;     /* what is changed: "0000:01:00.0" */
	GPtrArray *values; /* struct step_value, in the order in which they were saved */
};

struct step_value {
	char *key, *value;
};

/* What undo meets and tells. */
struct step_undo {
	gint64 deadline; /* by g_get_monotonic_time(); 0: do not wait */
	GPtrArray *left; /* sentences about what somebody else had changed and was left */
};

struct share;

struct step_kind {
	const char *name;          /* "bind"; a word of the journal's format */
	const struct share *share; /* of kinds that belong to the machine, see share.h; else NULL */
	gboolean risky;            /* has hung machines: a breadcrumb comes first */

	/**
	 * check - does a step that was read from a journal make sense?
	 *
	 * Journals are outside bytes: nothing may be built from subject or values before this.
	 * @why: a constant
	 */
	gboolean (*check)(const struct step *step, const char **why);

	/* save - put the old values into the step; changes nothing */
	gboolean (*save)(struct host *host, struct step *step, GError **error);

	/* apply - make the change; may have been half done when it fails or is killed */
	gboolean (*apply)(struct host *host, const struct step *step, GError **error);

	/* verify - read back that the change is there; NULL: apply has done so */
	gboolean (*verify)(struct host *host, const struct step *step, GError **error);

	/**
	 * ready - may the step be undone now? Waits until the deadline. NULL: at any time.
	 *
	 * HOTSEAT_ERROR_BUSY if a guest still has what would be taken.
	 */
	gboolean (*ready)(struct host *host, const struct step *step, const struct step_undo *undo,
			  GError **error);

	/**
	 * undo - go back from any state that apply or undo, killed anywhere, can leave
	 *
	 * Restores only what is still as we left it; the rest is named in undo->left and is no
	 * error. TRUE: nothing of ours is left, and that was read back.
	 */
	gboolean (*undo)(struct host *host, const struct step *step, struct step_undo *undo,
			 GError **error);

	/*
	 * former, wanted, now - the three values that people compare; newly allocated. Of what is
	 * shared, "wanted" is what all guests that want it come to.
	 */
	char *(*former)(const struct step *step);
	char *(*wanted)(struct host *host, const struct step *step);
	char *(*now)(struct host *host, const struct step *step);
};

/* step_kind_find - a kind by its name, or NULL */
const struct step_kind *step_kind_find(const char *name);

struct step *step_new(const struct step_kind *kind, const char *subject);
void step_free(struct step *step);
AUTOPTR_DEFINE(step)

/* step_describe - "bind 0000:01:00.0" */
char *step_describe(const struct step *step);

/* step_values_new, step_values_add - an array of struct step_value */
GPtrArray *step_values_new(void);
void step_values_add(GPtrArray *values, const char *key, const char *value);

/* step_set - add an old value; each key once */
void step_set(struct step *step, const char *key, const char *value);

/* step_leave - say what somebody else had changed */
void step_leave(struct step_undo *undo, const char *format, ...) G_GNUC_PRINTF(2, 3);

/**
 * step_is_name - can an outside text be a part of a path, or of a command's words?
 * @more: characters that are allowed beside letters, digits, "-" and "_"
 */
gboolean step_is_name(const char *text, const char *more);

/* step_get - an old value, or NULL if the step has none of this name */
const char *step_get(const struct step *step, const char *key);

/* step_interrupted - has a signal asked this process to stop? See "Signals" in handover.c. */
gboolean step_interrupted(void);
