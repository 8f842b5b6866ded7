/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "machine/machine.h"

/*
 * From a wish to a plan: which card, which cores, how much memory, which keyboard and mouse. Pure:
 * reads a machine, decides, and says why. Knows no XML and changes nothing.
 */
struct wish {
	const char *const *gpus; /* addresses or fingerprints, NULL-terminated; NULL, or none:
				    choose one */
	guint vcpus;             /* 0: choose */
	guint64 memory_kib;      /* 0: choose */
	gboolean at_seat;        /* keyboard and mouse are a seat's: none is chosen */
	gboolean partial; /* decide what can be decided: without a card or a known memory size,
			     say so in a reason and leave plan::cards empty, memory_kib 0 */
};

/* Why something was decided, and what it beat. */
struct reason {
	char *about;      /* "gpu", "cpus", "memory", "keyboard", "mouse", "monitor" */
	char *why;        /* a sentence */
	char *instead_of; /* the alternative it beat; NULL: there was none */
};

struct placement {
	GArray *vcpu;                        /* guint: host cpu of vCPU 0, 1, … */
	GArray *emulator;                    /* guint: host cpus for the emulator's threads */
	GArray *iothread;                    /* guint: host cpus for I/O threads, of the same */
	guint sockets, dies, cores, threads; /* the topology the guest sees */
};

struct plan {
	GPtrArray *cards; /* struct card, machine::cards; the first one comes first in the guest,
			     and where its cores and memory are; empty only for a partial wish */
	const struct cpus *cpus; /* machine::cpus */
	struct placement placement;
	guint64 memory_kib;
	guint64 page_kib; /* of the memory; 4 means ordinary pages, transparent huge ones too */
	int memory_node;  /* NUMA node that has it all; -1: no single one */
	const struct input *keyboard; /* machine::inputs; NULL: none found */
	const struct input *mouse;
	char *cable;        /* "plug … into …", for the guest to be seen; NULL: nothing to do */
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

/**
 * plan_divide - one machine for several guests at the same time
 * @wish:   what each of them wants; wish::gpus must be NULL
 * @guests: how many, at least 1
 *
 * Every guest gets the same number of vCPUs and the same memory, its own card with all of its
 * IOMMU group, and its own keyboard and mouse as far as there are any; the host keeps its share
 * once. Where nothing is known of a machine's devices, plan::cards is empty.
 *
 * Return: array of struct plan, or NULL with HOTSEAT_ERROR_REFUSED: which limit is in the way,
 * with numbers.
 */
GPtrArray *plan_divide(const struct machine *machine, const struct wish *wish, guint guests,
		       GError **error);
void plan_free(struct plan *plan);
AUTOPTR_DEFINE(plan)

/* plan_card - the first of its cards; NULL: it has none */
static inline const struct card *plan_card(const struct plan *plan)
{
	return plan->cards->len > 0 ? plan->cards->pdata[0] : NULL;
}

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

/**
 * placement_choose_beside - the same, where other guests have cpus already
 * @others: guint, host cpus that are theirs; NULL: none
 *
 * Cores of which another guest has a thread are out of reach; what the host keeps, it keeps once
 * for all guests.
 */
gboolean placement_choose_beside(const struct cpus *cpus, guint vcpus, int node,
				 const GArray *others, struct placement *placement,
				 GPtrArray *reasons, GError **error);

/**
 * placement_settle - where emulator threads go and why all is so, for vCPUs that were chosen
 * @vcpu:   as in a placement that was chosen with the same @cpus and @node
 * @others: guint, all cpus of all other guests, of those that were chosen later too
 */
void placement_settle(const struct cpus *cpus, const GArray *vcpu, int node, const GArray *others,
		      struct placement *placement, GPtrArray *reasons);
void placement_clear(struct placement *placement);
