/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdio.h>

#include "core/autoptr.h"
#include "lend/lend.h"

/*
 * Rounds of up and down of a guest on the machine that it is for, and a report of them that can be
 * given to strangers: what came back, how long each part took, what the kernel said.
 */
struct selftest;

/* What the rounds are made of. */
struct selftest_work {
	gboolean (*up)(const struct lend_report *report, void *data, GError **error);
	gboolean (*down)(const struct lend_report *report, void *data, GError **error);
	GPtrArray *(*read_facts)(void *data); /* struct fact */
	GPtrArray *(*read_log)(void *data);   /* struct kmsg_line; new ones */

	/* pause - wait; FALSE at once if somebody wants it to end */
	gboolean (*pause)(guint milliseconds, void *data);

	/* line - what up and down say, for whoever watches; may be NULL */
	void (*line)(enum lend_line kind, const char *text, void *data);
	void *data;
};

struct selftest_options {
	const char *guest; /* its name, which the report has not */
	guint rounds;
	guint seconds; /* how long the guest runs in each */
	guint back;    /* seconds that things have to come back: sound cards take a moment */
};

/**
 * selftest_run - the rounds, up to the first one that does not bring everything back
 * @selftest: set once a round has begun, also on failure, to be freed with selftest_free()
 *
 * Return: TRUE if all rounds brought everything back. FALSE with what `up` refuses with (and
 * *selftest is NULL); HOTSEAT_ERROR_FAILED if it ended early and everything is back: `up` failed,
 * or somebody wanted it to end; HOTSEAT_ERROR_NOT_BACK, with what to do, if something is not.
 */
gboolean selftest_run(const struct selftest_options *options, const struct selftest_work *work,
		      struct selftest **selftest, GError **error);
void selftest_free(struct selftest *selftest);
AUTOPTR_DEFINE(selftest)

/* selftest_report - the rounds, for people; newly allocated, and not yet scrubbed */
char *selftest_report(const struct selftest *selftest);
