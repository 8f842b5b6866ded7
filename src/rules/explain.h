/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "rules/rules.h"

/*
 * Kernel logs, errors of libvirt and QEMU, logs of guests, forum posts: which of their lines show
 * a known cause. Memory is bounded whatever is read: lines longer than EXPLAIN_LINE are cut, and
 * of each cause the first line is kept.
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
	/*
	 * What a line must have: fragments in lower case with " & " between them, in any order;
	 * alternatives, NULL-terminated. Versions word their messages differently: short fragments.
	 */
	const char *const *match;
	const char *meaning;
	const char *next; /* what to do, surest first */
};

struct log_rules {
	const struct log_rule *rules;
	gsize n_rules;
};

extern const struct log_rules log_host_rules, log_guest_rules;

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
 * Return: array of struct finding with a line each, surest first; empty: nothing is known.
 */
GPtrArray *explainer_finish(struct explainer *explainer);

/* explain_text - all at once, for messages that are in memory */
GPtrArray *explain_text(const char *text);
