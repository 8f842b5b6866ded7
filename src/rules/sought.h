/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "rules/explain.h"

/*
 * What all rules on logs look for, the same for all logs.
 *
 * Of each way in which a rule can match, the longest fragment is telling: "vfio" or "group" is in
 * every second line of the logs that people have, "is not viable" is not. An automaton (Aho and
 * Corasick) looks for all telling fragments at once and sees each byte once; only what has one is
 * looked at again, for the other fragments of the ways that it tells of.
 */
#define SOUGHT_TELLING 2048

struct told {
	gboolean any;
	gboolean unclean; /* a byte that plain_append() may take out */
	guint64 bits[SOUGHT_TELLING / 64];
};

struct sought;

/* sought_get - made once for the process */
const struct sought *sought_get(void);

/* sought_rules - how many rules there are in all tables */
guint sought_rules(const struct sought *sought);

/**
 * sought_scan - note the telling fragments of a text
 * @state: 0 at the beginning, else what the call for the text before it returned
 */
guint16 sought_scan(const struct sought *sought, guint16 state, const char *text, gsize length,
		    struct told *told);

/**
 * sought_scan_torn - the same for what began before the text, and for nothing that begins in it
 * @state: where the text before it ended
 */
void sought_scan_torn(const struct sought *sought, guint16 state, const char *text, gsize length,
		      struct told *told);

/**
 * sought_fitting - for each way that the told fragments tell of: does it fit the text?
 * @text: as plain_append() makes it
 * @fits: called for the rules of those that do, with the rule's number over all tables; a rule
 *        may come more than once
 */
void sought_fitting(const struct sought *sought, const struct told *told, const char *text,
		    void (*fits)(const struct log_rule *rule, guint number, gpointer data),
		    gpointer data);
