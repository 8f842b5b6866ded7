/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <glib.h>

/*
 * Games that refuse virtual machines, or are reported to, from data/games.tsv. We warn and list,
 * and that is all: hiding a guest costs people their accounts.
 */
struct game {
	const char *name;   /* "Valorant", or "any game" with this guard */
	const char *guard;  /* the anti-cheat program, "Vanguard" */
	const char *effect; /* what happens: "does not start", "kicked from matches" */
	const char *source; /* address of the thread or page */
	const char *date;   /* of that report, "2025-03" */
};

/* games_table - all of them; constant, in the file's order */
const struct game *games_table(gsize *n);

/**
 * games_summary - one line for a terminal: how many there are, and where the list is
 *
 * Return: newly allocated, without a line feed.
 */
char *games_summary(void);
