/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <glib.h>

/*
 * Facts about hosts that no rule of "check" judges, and what comes of them instead: from
 * data/facts.tsv. An id is either here or in a rule.
 */
struct fact {
	const char *id;    /* "FW-11" */
	const char *words; /* the fact */
	const char *where; /* who sees to it */
};

/* facts_table - all of them; constant, in the file's order */
const struct fact *facts_table(gsize *n);
