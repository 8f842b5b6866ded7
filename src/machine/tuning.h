/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "core/autoptr.h"
#include "core/known.h"
#include "core/root.h"

/* How the running kernel is set up, as far as a guest feels it. NULL and 0: not known. */
struct tuning {
	char *clocksource;
	char *scaling_driver; /* "intel_pstate", "amd-pstate-epp", "acpi-cpufreq" */
	char *governor;       /* of cpu0 */
	char *energy;         /* energy_performance_preference of cpu0; NULL too if it has none */
	char *transparent;    /* of huge pages: "always", "madvise", "never" */
	enum known merging;   /* KSM runs */
	enum known split_lock_mitigation;
	guint cgroup;      /* version of the hierarchy that has the processors: 1 or 2 */
	guint cores;       /* online, whole ones */
	guint threads;     /* online */
	guint nodes;       /* NUMA nodes */
	GArray *hugepages; /* struct hugepages */
};

void tuning_free(struct tuning *tuning);
AUTOPTR_DEFINE(tuning)

/* tuning_read - never fails: what cannot be read is not known */
struct tuning *tuning_read(const struct root *root);
