/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/error.h"
#include "plan/plan.h"
#include "plan/reason.h"
#include "plan/search.h"

/*
 * From the cores that the search found to vCPUs, a topology, the emulator's cpus, and sentences.
 * What the host keeps is a hard limit: a guest that leaves it no core of its own stutters in
 * everything that the host does for it (PN-02, PN-03). All else is as good as it can be, and said
 * where it is not perfect.
 */

/* Games gain little beyond eight cores; the rest is better left to the desktop. */
#define DEFAULT_CORES 8
/* Where a cache holds less than this, a guest of its own would be too small for Windows. */
#define DEFAULT_THREADS_LEAST 4
/* Emulator and I/O threads want two cores (four threads) at most, says Looking Glass (PN-03). */
#define EMULATOR_THREADS 4

/* What the guest got, counted. */
struct tally {
	guint cores, partial, kinds, nodes, caches;
	guint smallest_taken, largest_taken;
	guint node, kind, l3; /* of the first core that it got */
	guint left_over;      /* a sibling that nobody should use; valid if partial > 0 */
};

static void count_distinct(GHashTable *seen, guint value)
{
	g_hash_table_add(seen, GUINT_TO_POINTER(value));
}

static struct tally tally_make(const struct search *search)
{
	g_autoptr(GHashTable) kinds = g_hash_table_new(NULL, NULL);
	g_autoptr(GHashTable) nodes = g_hash_table_new(NULL, NULL);
	g_autoptr(GHashTable) caches = g_hash_table_new(NULL, NULL);
	struct tally tally = { .smallest_taken = G_MAXUINT };

	for (guint i = 0; i < search->core->len; i++) {
		const struct search_core *core = search_core(search, i);

		if (core->taken == 0)
			continue;
		if (tally.cores++ == 0) {
			tally.node = core->node;
			tally.kind = core->kind;
			tally.l3 = core->l3;
		}
		if (core->taken < core->threads->len) {
			tally.partial++;
			tally.left_over = g_array_index(core->threads, guint, core->taken);
		}
		tally.smallest_taken = MIN(tally.smallest_taken, core->taken);
		tally.largest_taken = MAX(tally.largest_taken, core->taken);
		count_distinct(kinds, core->kind);
		count_distinct(nodes, core->node);
		count_distinct(caches, core->l3);
	}
	tally.kinds = g_hash_table_size(kinds);
	tally.nodes = g_hash_table_size(nodes);
	tally.caches = g_hash_table_size(caches);
	return tally;
}

/* Whole cores first, so that an odd thread out comes last and pairs stay 2k, 2k+1 (CP-03). */
static GArray *list_vcpus(const struct search *search)
{
	GArray *vcpu = g_array_new(FALSE, FALSE, sizeof(guint));

	for (guint partial = 0; partial < 2; partial++) {
		for (guint i = 0; i < search->core->len; i++) {
			const struct search_core *core = search_core(search, i);

			if ((core->taken < core->threads->len) == (partial == 1))
				g_array_append_vals(vcpu, core->threads->data, core->taken);
		}
	}
	return vcpu;
}

/* Only a guest whose cores are all alike can be told of SMT, as threads is one number (CP-03). */
static void set_topology(struct placement *placement, const struct tally *tally)
{
	gboolean alike = tally->smallest_taken == tally->largest_taken;

	placement->sockets = 1;
	placement->dies = 1;
	placement->threads = alike ? tally->largest_taken : 1;
	placement->cores = placement->vcpu->len / placement->threads;
}

static gboolean guest_uses_l3(const struct search *search, guint l3)
{
	for (guint i = 0; i < search->core->len; i++) {
		if (search_core(search, i)->taken > 0 && search_core(search, i)->l3 == l3)
			return TRUE;
	}
	return FALSE;
}

static gboolean guest_uses_node(const struct search *search, guint node)
{
	for (guint i = 0; i < search->core->len; i++) {
		if (search_core(search, i)->taken > 0 && search_core(search, i)->node == node)
			return TRUE;
	}
	return FALSE;
}

/*
 * Smaller is better: at a cache of the guest, on its node where a cache spans several, then not on
 * the core where the host's interrupts go.
 */
static guint emulator_distance(const struct search *search, const struct search_core *core)
{
	guint far_cache = guest_uses_l3(search, core->l3) ? 0 : 4;
	guint far_node = guest_uses_node(search, core->node) ? 0 : 2;

	return far_node + far_cache + (core->host ? 1 : 0);
}

static int compare_numbers(gconstpointer a, gconstpointer b)
{
	guint x = *(const guint *)a, y = *(const guint *)b;

	return x < y ? -1 : x > y;
}

/* PN-01: without emulatorpin these threads would run on the guest's cores too. */
static GArray *list_emulator(const struct search *search)
{
	GArray *emulator = g_array_new(FALSE, FALSE, sizeof(guint));

	if (search->one_core) {
		guint first = g_array_index(search->cpus->cpu, struct cpu, 0).id;

		g_array_append_val(emulator, first);
		return emulator;
	}
	for (guint distance = 0; distance < 8; distance++) {
		for (guint i = 0; i < search->core->len; i++) {
			const struct search_core *core = search_core(search, i);

			if (core->taken > 0 || emulator->len >= EMULATOR_THREADS ||
			    emulator_distance(search, core) != distance)
				continue;
			g_array_append_vals(emulator, core->threads->data, core->threads->len);
		}
		/* Rather one core near by than that and another far away. */
		if (emulator->len > 0)
			break;
	}
	g_array_sort(emulator, compare_numbers);
	return emulator;
}

/*
 * Where the emulator has two cores, I/O has the second one to itself as far as it goes: the
 * emulator's main thread may run on both, and is on the first when both are busy.
 */
static GArray *list_iothread(const struct search *search, const GArray *emulator)
{
	const struct cpu *last =
		cpus_find(search->cpus, g_array_index(emulator, guint, emulator->len - 1));
	GArray *iothread = g_array_new(FALSE, FALSE, sizeof(guint));

	for (guint i = 0; i < emulator->len; i++) {
		guint id = g_array_index(emulator, guint, i);

		if (cpus_find(search->cpus, id)->core == last->core)
			g_array_append_val(iothread, id);
	}
	return iothread;
}

/* Cores of which some threads are among the cpus from @first to @last, and some are not. */
static guint count_split(const struct cpus *cpus, guint first, guint last)
{
	g_autofree guint *inside = g_new0(guint, cpus->cores);
	g_autofree guint *all = g_new0(guint, cpus->cores);
	guint split = 0;

	for (guint i = 0; i < cpus->cpu->len; i++) {
		guint core = g_array_index(cpus->cpu, struct cpu, i).core;

		all[core]++;
		inside[core] += i >= first && i <= last;
	}
	for (guint core = 0; core < cpus->cores; core++)
		split += inside[core] > 0 && inside[core] < all[core];
	return split;
}

/* What everybody's guide says: cores 1 to N by number. For showing what the choice beat. */
static char *describe_naive(const struct search *search, guint vcpus)
{
	g_autoptr(GHashTable) caches = g_hash_table_new(NULL, NULL);
	g_autoptr(GHashTable) kinds = g_hash_table_new(NULL, NULL);
	const GArray *cpu = search->cpus->cpu;
	guint last = MIN(vcpus, cpu->len - 1);
	guint split = count_split(search->cpus, 1, last);

	for (guint i = 1; i <= last; i++) {
		const struct cpu *one = &g_array_index(cpu, struct cpu, i);

		count_distinct(caches, one->l3);
		count_distinct(kinds, one->kind);
	}
	return g_strdup_printf(
		"the first CPUs after CPU 0 (%u to %u): %u L3 cache%s, %u kind%s of core, and "
		"%u core%s shared between guest and host",
		g_array_index(cpu, struct cpu, MIN(1, last)).id,
		g_array_index(cpu, struct cpu, last).id, g_hash_table_size(caches),
		g_hash_table_size(caches) == 1 ? "" : "s", g_hash_table_size(kinds),
		g_hash_table_size(kinds) == 1 ? "" : "s", split, split == 1 ? "" : "s");
}

static void explain_kind(const struct search *search, const struct tally *tally, GPtrArray *reasons)
{
	if (search->cpus->kinds < 2)
		return;
	if (tally->kinds > 1)
		reason_add(reasons, "cpus", NULL,
			   "quick and slow cores are mixed, since no kind alone has enough: "
			   "expect stutter, and try fewer vCPUs (CP-06)");
	else if (tally->kind + 1 == search->cpus->kinds)
		reason_add(reasons, "cpus", g_strdup("mixing quick and slow cores"),
			   "performance cores only (CP-06)");
	else
		reason_add(reasons, "cpus", g_strdup("mixing quick and slow cores"),
			   "slower cores only, since the quickest are too few for so many vCPUs: "
			   "fewer would run on the quick ones (CP-06)");
}

static void explain_node(const struct search *search, const struct tally *tally, GPtrArray *reasons)
{
	if (search->cpus->nodes < 2)
		return;
	if (tally->nodes > 1)
		reason_add(reasons, "cpus", NULL, "%u NUMA nodes, since one is too small (MM-08)",
			   tally->nodes);
	else if (search->node >= 0 && tally->node == (guint)search->node)
		reason_add(reasons, "cpus", g_strdup("the other nodes"),
			   "NUMA node %u, where the card is (MM-08)", tally->node);
	else if (search->node >= 0)
		reason_add(reasons, "cpus", g_strdup("several nodes"),
			   "NUMA node %u, since the card's node %d is too small (MM-08)",
			   tally->node, search->node);
	else
		reason_add(reasons, "cpus", g_strdup("several nodes"),
			   "one NUMA node, %u; the card does not say where it is (MM-08)",
			   tally->node);
}

static void explain_cache(const struct search *search, const struct tally *tally,
			  GPtrArray *reasons)
{
	const struct cpus *cpus = search->cpus;
	guint64 kib;

	if (cpus->l3s < 2)
		return;
	if (tally->caches > 1) {
		reason_add(reasons, "cpus", NULL,
			   "%u L3 caches, the fewest that hold so many vCPUs (CP-07)",
			   tally->caches);
		return;
	}
	kib = tally->l3 < cpus->l3_kib->len ? g_array_index(cpus->l3_kib, guint64, tally->l3) : 0;
	if (g_array_index(search->l3_rank, guint, tally->l3) > 0)
		reason_add(reasons, "cpus",
			   g_strdup("the larger L3 cache, which is too small here"),
			   "one L3 cache of %" G_GUINT64_FORMAT
			   " MiB; fewer vCPUs would fit at the larger one (CP-07)",
			   kib / 1024);
	else
		reason_add(reasons, "cpus", g_strdup("a guest across several L3 caches"),
			   "one L3 cache of %" G_GUINT64_FORMAT " MiB for all vCPUs (CP-07)",
			   kib / 1024);
}

static void explain_smt(const struct search *search, const struct placement *placement,
			const struct tally *tally, GPtrArray *reasons)
{
	if (search->one_core) {
		reason_add(reasons, "cpus", NULL,
			   "this machine has a single core: guest and host share it, and both will "
			   "be slow (PN-03)");
		return;
	}
	if (placement->threads > 1)
		reason_add(reasons, "cpus", g_strdup("siblings shared between guest and host"),
			   "whole cores, %u threads each, which the guest is told (CP-03)",
			   placement->threads);
	else if (tally->partial > 0)
		reason_add(reasons, "cpus",
			   g_strdup_printf("%u vCPUs, which cost the host no further core",
					   placement->vcpu->len + 1),
			   "%u vCPUs do not fill whole cores: CPU %u is left half used beside the "
			   "guest, and the guest cannot be told which vCPUs are siblings (CP-03)",
			   placement->vcpu->len, tally->left_over);
	else if (tally->largest_taken > 1)
		reason_add(reasons, "cpus", NULL,
			   "whole cores, but not all with the same number of threads, so the guest "
			   "cannot be told which vCPUs are siblings (CP-03)");
	else
		reason_add(reasons, "cpus", NULL, "whole cores, one thread each (CP-03)");
}

static void explain(const struct search *search, const struct placement *placement,
		    GPtrArray *reasons)
{
	const struct tally tally = tally_make(search);
	g_autofree char *vcpus = cpus_format(placement->vcpu);
	g_autofree char *emulator = cpus_format(placement->emulator);

	reason_add(reasons, "cpus", describe_naive(search, placement->vcpu->len),
		   "%u vCPU%s on CPU%s %s", placement->vcpu->len,
		   placement->vcpu->len == 1 ? "" : "s", placement->vcpu->len == 1 ? "" : "s",
		   vcpus);
	explain_kind(search, &tally, reasons);
	explain_node(search, &tally, reasons);
	explain_cache(search, &tally, reasons);
	explain_smt(search, placement, &tally, reasons);
	if (!search->one_core)
		reason_add(reasons, "cpus", NULL,
			   "the host keeps %u of %u cores, that of CPU 0 among them (PN-02, PN-03)",
			   search->core->len - tally.cores, search->cpus->cores);
	reason_add(reasons, "cpus", g_strdup("all CPUs, those of the guest too"),
		   "emulator and I/O threads on CPU%s %s (PN-01)",
		   placement->emulator->len == 1 ? "" : "s", emulator);
}

/* Threads that a default guest could have in one cache: whole cores, at most DEFAULT_CORES. */
static guint threads_of_cache(const struct search *search, guint l3, guint kind)
{
	guint cores = 0, elsewhere = 0, size = 0;

	for (guint i = 0; i < search->core->len; i++) {
		const struct search_core *core = search_core(search, i);

		if (core->host)
			continue;
		if (core->l3 == l3 && core->kind == kind && core->usual &&
		    (search->node < 0 || core->node == (guint)search->node)) {
			cores++;
			size = core->size;
		} else {
			elsewhere++;
		}
	}
	if (search->spare && elsewhere == 0)
		cores--;
	return MIN(cores, DEFAULT_CORES) * size;
}

static guint quickest_kind(const struct search *search)
{
	guint kind = 0;

	for (guint i = 0; i < search->core->len; i++) {
		const struct search_core *core = search_core(search, i);

		if (!core->host || search->core->len == 1)
			kind = MAX(kind, core->kind);
	}
	return kind;
}

/* As much as one L3 of the quickest cores gives: the largest cache first, then the most cores. */
static guint choose_count(const struct search *search, GPtrArray *reasons)
{
	guint kind = quickest_kind(search), best = 0, best_rank = G_MAXUINT;

	for (guint l3 = 0; l3 < search->cpus->l3s; l3++) {
		guint rank = g_array_index(search->l3_rank, guint, l3);
		guint threads = threads_of_cache(search, l3, kind);

		if (threads == 0 || rank > best_rank || (rank == best_rank && threads <= best))
			continue;
		best = threads;
		best_rank = rank;
	}
	if (best >= MIN(DEFAULT_THREADS_LEAST, search->most)) {
		reason_add(reasons, "cpus", g_strdup("more vCPUs, across caches or kinds of core"),
			   "%u vCPU%s, as many as the quickest cores of one cache give, at most %u "
			   "cores",
			   best, best == 1 ? "" : "s", DEFAULT_CORES);
		return best;
	}
	best = MIN(DEFAULT_THREADS_LEAST, search->most);
	reason_add(reasons, "cpus", NULL, "%u vCPU%s, as one cache has too few cores for a guest",
		   best, best == 1 ? "" : "s");
	return best;
}

static void refuse(const struct search *search, guint vcpus, GError **error)
{
	g_set_error(
		error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED,
		"%u vCPUs are more than this machine can give: of %u CPUs in %u core%s the host "
		"keeps %s, so %u is the most (PN-02, PN-03). Ask for --vcpus %u or fewer",
		vcpus, search->cpus->cpu->len, search->cpus->cores,
		search->cpus->cores == 1 ? "" : "s",
		search->one_core ? "CPU 0"
		: search->spare  ? "the core of CPU 0 and one more"
				 : "the core of CPU 0",
		search->most, search->most);
}

/* From what the search took to a placement. */
static void fill(const struct search *search, struct placement *placement, GPtrArray *reasons)
{
	const struct tally tally = tally_make(search);

	placement->vcpu = list_vcpus(search);
	placement->emulator = list_emulator(search);
	placement->iothread = list_iothread(search, placement->emulator);
	set_topology(placement, &tally);
	explain(search, placement, reasons);
}

gboolean placement_choose_beside(const struct cpus *cpus, guint vcpus, int node,
				 const GArray *others, struct placement *placement,
				 GPtrArray *reasons, GError **error)
{
	autoptr(search) search = search_new(cpus, node, others);

	if (search->core->len == 0) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED,
			    "no processors could be read, so none can be given to a guest");
		return FALSE;
	}
	if (vcpus == 0)
		vcpus = choose_count(search, reasons);
	if (!search_run(search, vcpus)) {
		refuse(search, vcpus, error);
		return FALSE;
	}
	fill(search, placement, reasons);
	return TRUE;
}

gboolean placement_choose(const struct cpus *cpus, guint vcpus, int node,
			  struct placement *placement, GPtrArray *reasons, GError **error)
{
	return placement_choose_beside(cpus, vcpus, node, NULL, placement, reasons, error);
}

void placement_settle(const struct cpus *cpus, const GArray *vcpu, int node, const GArray *others,
		      struct placement *placement, GPtrArray *reasons)
{
	autoptr(search) search = search_new(cpus, node, others);

	for (guint i = 0; i < search->core->len; i++) {
		struct search_core *core = search_core(search, i);

		for (guint j = 0; j < core->threads->len; j++) {
			for (guint k = 0; k < vcpu->len; k++)
				core->taken += g_array_index(vcpu, guint, k) ==
					       g_array_index(core->threads, guint, j);
		}
	}
	fill(search, placement, reasons);
}

void placement_clear(struct placement *placement)
{
	g_clear_pointer(&placement->vcpu, g_array_unref);
	g_clear_pointer(&placement->emulator, g_array_unref);
	g_clear_pointer(&placement->iothread, g_array_unref);
}
