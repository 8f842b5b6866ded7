/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "rules/rules.h"

/*
 * Kernel logs, errors of libvirt and QEMU, logs of guests, forum posts: which of their lines show
 * a known cause, however they were wrapped, quoted and coloured on their way. Memory is bounded
 * whatever is read: lines longer than EXPLAIN_LINE are cut, and of each cause the first line is
 * kept.
 */
#define EXPLAIN_LINE 4096

enum sureness {
	SURE_CERTAIN,  /* the message has this one meaning */
	SURE_LIKELY,   /* it nearly always has */
	SURE_POSSIBLE, /* one of several */
};

struct log_rule {
	struct rule rule; /* subject's component is in remedy; judge is NULL */
	enum sureness sure;
	/* Speaks only of lines that no other rule explains. */
	gboolean vague;
	/*
	 * What a message must have: fragments in lower case with " & " between them, in any order;
	 * "|" where a word must begin or end, "!" before what it must not have; alternatives,
	 * NULL-terminated. The longest fragment of each should be rare in logs. Versions word their
	 * messages differently, and people type them from a photograph: short fragments, no quotes,
	 * and neither "cannot" nor "failed to", which others write "could not" and "unable to".
	 */
	const char *const *match;
	const char *meaning;
	const char *next; /* what to do, surest first */
};

struct log_rules {
	const struct log_rule *rules;
	gsize n_rules;
};

extern const struct log_rules log_host_rules, log_reset_rules, log_start_rules, log_guest_rules,
	log_inside_rules;

/* log_rule_tables - all of them, NULL-terminated */
extern const struct log_rules *const log_rule_tables[];

struct explainer;

struct explainer *explainer_new(void);
void explainer_free(struct explainer *explainer);
AUTOPTR_DEFINE(explainer)

/* explainer_feed - some more of the text, cut anywhere */
void explainer_feed(struct explainer *explainer, const char *text, gsize length);

/**
 * explainer_finish - the end of the text
 *
 * Return: array of struct finding with a line each, surest first, and what is harmless after
 * all else; empty: nothing is known.
 */
GPtrArray *explainer_finish(struct explainer *explainer);

/* explain_text - all at once, for messages that are in memory */
GPtrArray *explain_text(const char *text);
