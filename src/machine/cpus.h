/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "core/autoptr.h"
#include "core/root.h"

/* The online processors: cores, SMT siblings, last-level caches, NUMA nodes, kinds. From hwloc. */
struct cpu {
	guint id;     /* the kernel's number */
	guint core;   /* index of the core, dense from 0 in order of its lowest cpu */
	guint thread; /* which of the core's threads this is, from 0 */
	guint l3;     /* index of the last-level cache domain, dense from 0 */
	guint node;   /* NUMA node, the kernel's number */
	guint kind;   /* 0: slowest kind of core; the highest number is the quickest */
};

struct cpus {
	GArray *cpu; /* struct cpu, in order of id */
	guint cores, l3s, nodes, kinds;
	GArray *l3_kib;   /* guint64: size of each last-level cache; 0 not known */
	char *vendor;     /* "GenuineIntel", "AuthenticAMD"; NULL not known */
	char *model_name; /* NULL not known */
};

void cpus_free(struct cpus *cpus);
AUTOPTR_DEFINE(cpus)

/* cpus_read - HOTSEAT_ERROR_UNREADABLE if hwloc cannot make a topology of this root */
struct cpus *cpus_read(const struct root *root, GError **error);

/* cpus_find - the cpu with this number, or NULL */
const struct cpu *cpus_find(const struct cpus *cpus, guint id);

/* cpus_format - "0-3,8" for the cpus whose numbers are in @ids (guint, any order) */
char *cpus_format(const GArray *ids);
