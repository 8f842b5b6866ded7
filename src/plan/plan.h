/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "machine/machine.h"

/*
 * From a wish to a plan: which card, which cores, how much memory, which keyboard and mouse. Pure:
 * reads a machine, decides, and says why. Knows no XML and changes nothing.
 */
struct wish {
	const char *gpu;    /* address or fingerprint; NULL: choose */
	guint vcpus;        /* 0: choose */
	guint64 memory_kib; /* 0: choose */
	gboolean partial;   /* decide what can be decided: without a card or a known memory size,
			       say so in a reason and leave plan::card NULL, memory_kib 0 */
};

/* Why something was decided, and what it beat. */
struct reason {
	char *about;      /* "gpu", "cpus", "memory", "keyboard", "mouse" */
	char *why;        /* a sentence */
	char *instead_of; /* the alternative it beat; NULL: there was none */
};

struct placement {
	GArray *vcpu;                        /* guint: host cpu of vCPU 0, 1, … */
	GArray *emulator;                    /* guint: host cpus for emulator and I/O threads */
	guint sockets, dies, cores, threads; /* the topology the guest sees */
};

struct plan {
	const struct card *card; /* machine::cards; NULL only for a partial wish */
	const struct cpus *cpus; /* machine::cpus */
	struct placement placement;
	guint64 memory_kib;
	const struct input *keyboard; /* machine::inputs; NULL: none found */
	const struct input *mouse;
	GPtrArray *reasons; /* struct reason */
};

/**
 * plan_make - decide
 * @machine: read with MACHINE_ALL; the plan points into it
 *
 * Return: a plan, or NULL with HOTSEAT_ERROR_ABSENT (no such card, no card at all),
 * HOTSEAT_ERROR_REFUSED (more than the host can pin, with numbers: MM-01; more vCPUs than can be
 * given; the card cannot be handed over and why).
 */
struct plan *plan_make(const struct machine *machine, const struct wish *wish, GError **error);
void plan_free(struct plan *plan);
AUTOPTR_DEFINE(plan)

/**
 * placement_choose - host cpus for a guest
 * @vcpus: how many; 0 chooses
 * @node: NUMA node of the card, -1 for none
 * @reasons: array of struct reason to add to
 *
 * In this order: one kind of core, the quicker; the card's node; fewest last-level caches, the
 * larger where they differ; whole cores, the guest's SMT mirroring the host's; the core of CPU 0
 * and at least one more stay with the host (only CPU 0's on four cores or fewer).
 *
 * Return: TRUE with @placement filled (clear with placement_clear()), or FALSE with
 * HOTSEAT_ERROR_REFUSED and numbers.
 */
gboolean placement_choose(const struct cpus *cpus, guint vcpus, int node,
			  struct placement *placement, GPtrArray *reasons, GError **error);
void placement_clear(struct placement *placement);
