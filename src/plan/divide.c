/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "core/error.h"
#include "core/size.h"
#include "plan/choose.h"
#include "plan/plan.h"
#include "plan/reason.h"

/*
 * One machine for several guests. Everybody gets as much as everybody else; what differs is only
 * where it is. Cards come first, since they cannot be divided and bring a node with them; then
 * cores, of the largest number for which all guests find a good place; then memory.
 *
 * Guests are placed one after another, those first whose card says where it is. That is not the
 * best of all divisions, but each guest's cores are the best that were left, the same every time,
 * and a smaller number of vCPUs is tried before anybody gets a bad place.
 */

/* Games gain little beyond eight cores. */
#define CORES_MOST 8
/* Fewer is no guest for games: rather a worse place than so few. */
#define THREADS_LEAST 4

/* How much a division must spare its guests, from strict to anything. */
enum strictness {
	ONE_CACHE, /* one L3, on the card's node, the quickest cores alone */
	ONE_NODE,  /* one node, one kind */
	ANY_PLACE,
	STRICTNESSES,
};

struct division {
	const struct machine *machine;
	const struct wish *wish;
	guint guests;
	GPtrArray *cards; /* struct card for each guest; empty: nothing is known of devices */
	GPtrArray *vcpus; /* GArray of guint for each guest, owned */
	GArray *pools;    /* struct hugepages that are still free; NULL: none */
};

static int guest_node(const struct division *division, guint guest)
{
	return guest < division->cards->len ? card_display(division->cards->pdata[guest])->numa_node
					    : -1;
}

/* The cpus of all guests but one. */
static GArray *cpus_of_others(const struct division *division, guint guest)
{
	GArray *others = g_array_new(FALSE, FALSE, sizeof(guint));

	for (guint i = 0; i < division->vcpus->len; i++) {
		const GArray *vcpu = division->vcpus->pdata[i];

		if (i != guest && vcpu != NULL)
			g_array_append_vals(others, vcpu->data, vcpu->len);
	}
	return others;
}

static gboolean is_good_enough(const struct division *division, const GArray *vcpu, int node,
			       enum strictness strictness)
{
	const struct cpus *cpus = division->machine->cpus;
	const struct cpu *first = cpus_find(cpus, g_array_index(vcpu, guint, 0));
	gboolean one_node = TRUE, one_kind = TRUE, one_cache = TRUE;
	gboolean quickest = first->kind + 1 == cpus->kinds;
	gboolean at_card = node < 0 || cpus->nodes < 2 || first->node == (guint)node;

	for (guint i = 1; i < vcpu->len; i++) {
		const struct cpu *cpu = cpus_find(cpus, g_array_index(vcpu, guint, i));

		one_node = one_node && cpu->node == first->node;
		one_kind = one_kind && cpu->kind == first->kind;
		one_cache = one_cache && cpu->l3 == first->l3;
	}
	switch (strictness) {
	case ONE_CACHE:
		return one_cache && one_node && one_kind && quickest && at_card;
	case ONE_NODE:
		return one_node && one_kind;
	case ANY_PLACE:
	case STRICTNESSES:
		break;
	}
	return TRUE;
}

static gboolean place_guest(struct division *division, guint guest, guint vcpus,
			    enum strictness strictness)
{
	g_autoptr(GArray) others = cpus_of_others(division, guest);
	g_autoptr(GPtrArray) unused = reasons_new();
	struct placement placement = { 0 };
	int node = guest_node(division, guest);

	if (!placement_choose_beside(division->machine->cpus, vcpus, node, others, &placement,
				     unused, NULL))
		return FALSE;
	division->vcpus->pdata[guest] = g_array_ref(placement.vcpu);
	placement_clear(&placement);
	return is_good_enough(division, division->vcpus->pdata[guest], node, strictness);
}

static void free_cpus(gpointer data)
{
	if (data != NULL)
		g_array_unref(data);
}

/* All guests with so many vCPUs each; FALSE if one finds no place that is good enough. */
static gboolean place_all(struct division *division, guint vcpus, enum strictness strictness)
{
	g_clear_pointer(&division->vcpus, g_ptr_array_unref);
	division->vcpus = g_ptr_array_new_with_free_func(free_cpus);
	g_ptr_array_set_size(division->vcpus, (int)division->guests);
	for (guint bound = 0; bound < 2; bound++) {
		for (guint guest = 0; guest < division->guests; guest++) {
			gboolean has_node = guest_node(division, guest) >= 0;

			if (has_node == (bound == 0) &&
			    !place_guest(division, guest, vcpus, strictness))
				return FALSE;
		}
	}
	return TRUE;
}

/* Threads that a core of the quickest kind has. */
static guint threads_per_core(const struct cpus *cpus)
{
	guint most = 1;

	for (guint i = 0; i < cpus->cpu->len; i++) {
		const struct cpu *cpu = &g_array_index(cpus->cpu, struct cpu, i);

		if (cpu->kind + 1 == cpus->kinds)
			most = MAX(most, cpu->thread + 1);
	}
	return most;
}

static gboolean refuse_cores(const struct division *division, guint vcpus, GError **error)
{
	const struct cpus *cpus = division->machine->cpus;
	guint kept = cpus->cores > 4 ? 2 : 1;
	guint most = 0;

	for (guint n = 1; n * division->guests <= cpus->cpu->len; n++) {
		struct division attempt = *division;

		attempt.vcpus = NULL;
		if (place_all(&attempt, n, ANY_PLACE))
			most = n;
		g_clear_pointer(&attempt.vcpus, g_ptr_array_unref);
	}
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED,
		    "%u guests of %u vCPU%s are more than this machine can give: of its %u cores "
		    "(%u CPUs) %u stay%s with the host, so %u vCPU%s for each is the most",
		    division->guests, vcpus, vcpus == 1 ? "" : "s", cpus->cores, cpus->cpu->len,
		    kept, kept == 1 ? "s" : "", most, most == 1 ? "" : "s");
	return FALSE;
}

static gboolean divide_cores(struct division *division, GError **error)
{
	const guint step = threads_per_core(division->machine->cpus);
	const guint share = division->machine->cpus->cpu->len / division->guests;

	if (division->wish->vcpus > 0)
		return place_all(division, division->wish->vcpus, ANY_PLACE) ||
		       refuse_cores(division, division->wish->vcpus, error);
	for (guint strictness = ONE_CACHE; strictness < STRICTNESSES; strictness++) {
		guint least = strictness == ANY_PLACE ? step : MAX(step, THREADS_LEAST);

		for (guint n = MIN(CORES_MOST * step, share / step * step); n >= least; n -= step) {
			if (place_all(division, n, strictness))
				return TRUE;
		}
	}
	return place_all(division, 1, ANY_PLACE) || refuse_cores(division, step, error);
}

/* Half a guest's share of what is there for all, by node where guests crowd on one. */
static guint64 share_of_memory(const struct division *division)
{
	guint64 share = memory_most(&division->machine->memory) / division->guests;
	const struct cpus *cpus = division->machine->cpus;

	for (guint i = 0; division->machine->nodes != NULL && cpus->nodes > 1 &&
			  i < division->machine->nodes->len;
	     i++) {
		const struct node_memory *node =
			&g_array_index(division->machine->nodes, struct node_memory, i);
		guint64 available = MIN(node->available_kib, node->total_kib / 10 * 9);
		guint guests = 0;

		for (guint g = 0; g < division->guests; g++) {
			const GArray *vcpu = division->vcpus->pdata[g];

			guests +=
				cpus_find(cpus, g_array_index(vcpu, guint, 0))->node == node->node;
		}
		if (guests > 0)
			share = MIN(share, available / guests);
	}
	return share;
}

/* In sum, since every guest's memory is pinned at the same time (MM-01). */
static gboolean divide_memory(const struct division *division, guint64 *kib, GError **error)
{
	const struct memory *memory = &division->machine->memory;
	guint64 most = memory_most(memory);
	g_autofree char *wanted = NULL;
	g_autofree char *all = NULL;
	g_autofree char *there = NULL;

	*kib = division->wish->memory_kib;
	if (memory->total_kib == 0)
		return TRUE;
	if (*kib == 0)
		*kib = memory_round(MIN(share_of_memory(division), MEMORY_DEFAULT_MOST_KIB));
	if (*kib >= MEMORY_LEAST_KIB && *kib * division->guests <= most)
		return TRUE;
	wanted = size_format(MAX(*kib, MEMORY_LEAST_KIB) << 10);
	all = size_format((MAX(*kib, MEMORY_LEAST_KIB) * division->guests) << 10);
	there = size_format(most << 10);
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED,
		    "%u guests of %s need %s of memory, and %s can be pinned now (MM-01)",
		    division->guests, wanted, all, there);
	return FALSE;
}

static struct plan *make_guest(struct division *division, guint guest, guint64 memory_kib,
			       GPtrArray *inputs)
{
	const struct machine *machine = division->machine;
	g_autoptr(GArray) others = cpus_of_others(division, guest);
	struct plan *plan = g_new0(struct plan, 1);
	const GArray *vcpu = division->vcpus->pdata[guest];

	plan->reasons = reasons_new();
	plan->cpus = machine->cpus;
	plan->cards = g_ptr_array_new();
	if (guest < division->cards->len) {
		const struct card *card = division->cards->pdata[guest];

		g_ptr_array_add(plan->cards, division->cards->pdata[guest]);
		reason_add(plan->reasons, "gpu", NULL, "%s %s, one of %u that can be lent",
			   card_display(card)->address, card_display(card)->name,
			   choose_lendable_count(machine));
	} else {
		reason_add(plan->reasons, "gpu", NULL,
			   "none: nothing is known of this machine's devices");
	}
	reason_add(plan->reasons, "cpus", NULL,
		   "%u vCPUs, as many as each of %u guests can have at a place as good", vcpu->len,
		   division->guests);
	placement_settle(machine->cpus, vcpu, guest_node(division, guest), others, &plan->placement,
			 plan->reasons);
	plan->memory_kib = memory_kib;
	if (memory_kib > 0) {
		g_autofree char *size = size_format(memory_kib << 10);

		reason_add(plan->reasons, "memory", NULL, "%s, the same for each of %u guests",
			   size, division->guests);
	} else {
		reason_add(plan->reasons, "memory", NULL,
			   "none: how much memory this machine has could not be read");
	}
	if (memory_kib > 0)
		choose_pages(machine, division->pools, plan);
	plan->keyboard = choose_input_from(inputs, INPUT_KEYBOARD, plan->reasons);
	choose_remove_device(inputs, plan->keyboard, INPUT_KEYBOARD);
	plan->mouse = choose_input_from(inputs, INPUT_MOUSE, plan->reasons);
	choose_remove_device(inputs, plan->mouse, INPUT_MOUSE);
	choose_monitors(machine, division->cards, plan);
	return plan;
}

static void free_plan(gpointer data)
{
	plan_free(data);
}

GPtrArray *plan_divide(const struct machine *machine, const struct wish *wish, guint guests,
		       GError **error)
{
	g_autoptr(GPtrArray) plans = g_ptr_array_new_with_free_func(free_plan);
	g_autoptr(GPtrArray) cards = choose_cards(machine, guests, error);
	g_autoptr(GPtrArray) inputs = g_ptr_array_new();
	g_autoptr(GArray) pools =
		machine->hugepages != NULL ? g_array_copy(machine->hugepages) : NULL;
	struct division division = { machine, wish, guests, .cards = cards, .pools = pools };
	guint64 memory_kib;

	if (cards == NULL)
		return NULL;
	for (guint i = 0; i < machine->inputs->len; i++)
		g_ptr_array_add(inputs, machine->inputs->pdata[i]);
	if (!divide_cores(&division, error) || !divide_memory(&division, &memory_kib, error)) {
		g_clear_pointer(&division.vcpus, g_ptr_array_unref);
		return NULL;
	}
	for (guint i = 0; i < guests; i++)
		g_ptr_array_add(plans, make_guest(&division, i, memory_kib, inputs));
	g_clear_pointer(&division.vcpus, g_ptr_array_unref);
	return g_steal_pointer(&plans);
}
