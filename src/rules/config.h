/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "rules/lint.h"

/* Rules for hooks and host configuration: texts that are read line by line. */
struct config_rule {
	struct rule rule;
	unsigned int kinds;  /* bits of enum lint_kind */
	const char *pattern; /* what a line must match; lines that begin with # are none */
	const char *unless;  /* what the whole text must not match; NULL: anything */
	const char *message;
	const char *fix;
	/* holds - ask the machine as well, which is not NULL then; @word: the first group's */
	gboolean (*holds)(const struct machine *machine, const char *word);
};

extern const struct config_rule config_rules[];
extern const gsize n_config_rules;

/* config_script_rule - the first rule for scripts with this id; aborts if there is none */
const struct config_rule *config_script_rule(const char *id);

#define KIND(kind) (1u << LINT_##kind)

/**
 * config_judge - findings in the order of the table
 * @text:    valid UTF-8
 * @machine: NULL: only what the text alone decides
 */
void config_judge(const char *text, enum lint_kind kind, const struct machine *machine,
		  GPtrArray *findings);
