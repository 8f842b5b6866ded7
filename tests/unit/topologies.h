/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "core/autoptr.h"
#include "machine/cpus.h"

/*
 * The processors of the corpus' machines, beside what hwloc or lscpu say of the same machine. The
 * answers are read here from what these tools printed, without the code under test.
 */

#define TOPOLOGY_NOWHERE G_MAXUINT

/* One cpu as the other tool sees it; numbers mean nothing but "the same" and "another". */
struct answer {
	gboolean known;
	guint core;
	guint l3;   /* TOPOLOGY_NOWHERE: it has no L3 */
	guint node; /* the kernel's number of the nearest; TOPOLOGY_NOWHERE: none said */
	int kind;   /* -1: not said */
};

struct topology {
	char *name;
	struct cpus *cpus;
	gboolean misread; /* by this version of hwloc: @cpus is made from the answer */
	GArray *answer;   /* struct answer, by the kernel's number of the cpu */
};

void topology_free(struct topology *topology);
AUTOPTR_DEFINE(topology)

/**
 * topologies_read - all machines of the corpus
 *
 * Archives are unpacked into a temporary folder, which is gone afterwards.
 * Return: array of struct topology; NULL if the corpus is not there.
 */
GPtrArray *topologies_read(void);
