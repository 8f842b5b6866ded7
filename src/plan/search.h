/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "core/autoptr.h"
#include "machine/cpus.h"

/*
 * The search behind placement_choose(): which cores, and how many threads of each, for a guest of
 * a given size. Exact, not a heuristic; see the essay in search.c.
 */

/* A core as the search sees it. */
struct search_core {
	guint lowest; /* lowest cpu number */
	guint node, l3, kind;
	guint size;      /* threads that can be given */
	gboolean usual;  /* has as many threads as its kind usually has */
	gboolean host;   /* never for the guest: the core of CPU 0 */
	GArray *threads; /* guint: host cpus, those that can be given, ascending */
	guint taken;     /* result: how many of them the guest gets */
};

struct search {
	const struct cpus *cpus;
	GArray *core;      /* struct search_core, in order of lowest cpu */
	GArray *l3_size;   /* guint: cpus of each L3 domain, the host's too */
	GArray *l3_others; /* guint: cpus of each L3 domain that other guests have */
	GArray *l3_rank;   /* guint: how many distinct larger sizes there are; 0: the largest */
	int node;          /* of the card; -1: none */
	gboolean one_core; /* a single core: guest and host must share it */
	gboolean spare;    /* a whole core besides that of CPU 0 must stay with the host */
	guint most;        /* threads that can be given at all */
};

/**
 * search_new - the cores that are there for a guest
 * @node:   of the card; -1: none
 * @others: guint, cpus that other guests have, whose cores are out of reach; NULL: none
 */
struct search *search_new(const struct cpus *cpus, int node, const GArray *others);
void search_free(struct search *search);
AUTOPTR_DEFINE(search)

/**
 * search_run - find the best cores for @vcpus threads
 *
 * Return: TRUE with search_core::taken set; FALSE if so many cannot be given (more than
 * search::most).
 */
gboolean search_run(struct search *search, guint vcpus);

static inline struct search_core *search_core(const struct search *search, guint index)
{
	return &g_array_index(search->core, struct search_core, index);
}
