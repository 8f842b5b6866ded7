/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/search.h"

/*
 * What is promised about a placement has an order: one kind of core before the card's node, the
 * node before few caches, and so on. So a placement has a cost, a short vector that is compared
 * from its first term on, and the best placement is the cheapest.
 *
 * Its terms are sums over what is used; the last, kept apart, is a maximum. For such costs a part
 * of a best placement is a best placement of that part, and a table is enough for each part of
 * the machine: for every number of threads taken from it, the cheapest way. Cores are merged into
 * caches, caches into nodes, nodes into the machine (or caches above nodes, where one cache spans
 * several nodes, as with sub-NUMA clustering). That is exact and needs about N * N steps, where
 * trying all subsets would need 2^cores. Only where caches and nodes overlap without one being
 * inside the other, which no hardware does, may a node be counted twice.
 *
 * A table has two entries for each number of threads: one for placements that leave some core
 * alone (the host's second core, PN-03) and one for those that touch all of them.
 *
 * Among equals the later cores win: interrupts and the desktop gather on the early ones.
 */

enum term {
	TERM_SLOW,        /* threads on slower kinds, where kinds must be mixed (CP-06) */
	TERM_NODES,       /* NUMA nodes (MM-08) */
	TERM_OFF_CARD,    /* threads off the card's node */
	TERM_CACHES,      /* L3 domains (CP-07) */
	TERM_SMALL_CACHE, /* ranks lost to a larger L3: the X3D half */
	TERM_PARTIAL,     /* cores of which only some threads are taken (CP-03) */
	TERM_UNUSUAL,     /* cores with a sibling offline: they spoil the guest's topology */
};

/*
 * The sums are kept as digits of 16 bits, the first term highest, so that adding and comparing
 * take two instructions each: no sum reaches 65,536 on a machine of a few thousand threads.
 */
struct cost {
	guint64 sum[2];
	/* largest number of guest threads in an L3 with host threads, or other guests' */
	guint shared;
};

/* One way to take a number of threads from a part. */
struct option {
	gboolean possible;
	guint16 left, right; /* the options of the two halves that it is made of */
	struct cost cost;
};

/* Options are numbered: twice the threads taken, plus one if some core is left alone. */
#define OPTION(threads, spare) ((threads)*2 + (spare))
#define OPTION_THREADS(option) ((option) / 2)
#define OPTION_SPARE(option) ((option) % 2)

/* A core, or two parts merged. */
struct part {
	struct part *left, *right;
	struct search_core *core;
	guint most; /* threads */
	struct option option[];
};

/* The levels of the tree, from the machine down. */
enum level {
	LEVEL_NODE,
	LEVEL_L3,
	LEVEL_CORE,
};

struct attempt {
	struct search *search;
	guint vcpus;
	guint kinds;   /* mask of allowed kinds */
	int only_node; /* -1: all */
	guint quickest;
	enum level levels[3];
	GPtrArray *cores; /* struct search_core that may be used, in the order of the tree */
	GPtrArray *parts; /* struct part, owned */
};

#define KINDS_MAX 8

static guint kind_bit(const struct search_core *core)
{
	return 1U << MIN(core->kind, KINDS_MAX - 1);
}

static void cost_charge(struct cost *cost, enum term term, guint64 amount)
{
	cost->sum[term / 4] += amount << (48 - 16 * (term % 4));
}

static gboolean cost_less(const struct cost *a, const struct cost *b)
{
	if (a->sum[0] != b->sum[0])
		return a->sum[0] < b->sum[0];
	if (a->sum[1] != b->sum[1])
		return a->sum[1] < b->sum[1];
	return a->shared < b->shared;
}

static struct cost cost_add(const struct cost *a, const struct cost *b)
{
	return (struct cost){ { a->sum[0] + b->sum[0], a->sum[1] + b->sum[1] },
			      MAX(a->shared, b->shared) };
}

static struct part *part_new(struct attempt *attempt, guint most)
{
	gsize options = OPTION(MIN(most, attempt->vcpus), 1) + 1;
	struct part *part = g_malloc0(sizeof(*part) + options * sizeof(struct option));

	part->most = MIN(most, attempt->vcpus);
	g_ptr_array_add(attempt->parts, part);
	return part;
}

static struct part *part_from_core(struct attempt *attempt, struct search_core *core)
{
	struct part *part = part_new(attempt, core->size);
	int card = attempt->search->node;

	part->core = core;
	part->option[OPTION(0, 1)].possible = TRUE;
	for (guint n = 1; n <= part->most; n++) {
		struct option *option = &part->option[OPTION(n, 0)];

		option->possible = TRUE;
		cost_charge(&option->cost, TERM_SLOW, n * (attempt->quickest - core->kind));
		cost_charge(&option->cost, TERM_OFF_CARD,
			    card >= 0 && core->node != (guint)card ? n : 0);
		cost_charge(&option->cost, TERM_PARTIAL, n < core->size);
		cost_charge(&option->cost, TERM_UNUSUAL, !core->usual);
	}
	return part;
}

static void part_consider(struct part *part, guint left, guint right)
{
	guint n = OPTION_THREADS(left) + OPTION_THREADS(right);
	guint index = OPTION(n, OPTION_SPARE(left) | OPTION_SPARE(right));
	struct option *option = &part->option[index];
	struct cost cost =
		cost_add(&part->left->option[left].cost, &part->right->option[right].cost);

	if (option->possible && !cost_less(&cost, &option->cost))
		return;
	option->possible = TRUE;
	option->left = (guint16)left;
	option->right = (guint16)right;
	option->cost = cost;
}

/* Leaving a core alone is never worse: without a lower cost the other option is not needed. */
static void part_forget_dominated(struct part *part)
{
	for (guint n = 0; n <= part->most; n++) {
		struct option *touched = &part->option[OPTION(n, 0)];
		const struct option *spared = &part->option[OPTION(n, 1)];

		if (spared->possible && !cost_less(&touched->cost, &spared->cost))
			touched->possible = FALSE;
	}
}

/* The right half is counted up from nothing, so that among equals it gives least. */
static struct part *part_merge(struct attempt *attempt, struct part *left, struct part *right)
{
	struct part *part = part_new(attempt, left->most + right->most);

	part->left = left;
	part->right = right;
	for (guint r = 0; r <= OPTION(right->most, 1); r++) {
		if (!right->option[r].possible)
			continue;
		for (guint l = 0; l <= OPTION(left->most, 1); l++) {
			if (OPTION_THREADS(l) + OPTION_THREADS(r) > part->most)
				break;
			if (left->option[l].possible)
				part_consider(part, l, r);
		}
	}
	part_forget_dominated(part);
	return part;
}

/* A whole node or cache has been merged: using it at all has its price. */
static void part_close(struct part *part, const struct attempt *attempt, enum level level,
		       const struct search_core *member)
{
	guint size = g_array_index(attempt->search->l3_size, guint, member->l3);
	guint rank = g_array_index(attempt->search->l3_rank, guint, member->l3);
	guint others = g_array_index(attempt->search->l3_others, guint, member->l3);

	for (guint index = OPTION(1, 0); index <= OPTION(part->most, 1); index++) {
		struct cost *cost = &part->option[index].cost;
		guint threads = OPTION_THREADS(index);

		switch (level) {
		case LEVEL_NODE:
			cost_charge(cost, TERM_NODES, 1);
			break;
		case LEVEL_L3:
			cost_charge(cost, TERM_CACHES, 1);
			cost_charge(cost, TERM_SMALL_CACHE, rank);
			cost->shared = threads < size ? threads + others : 0;
			break;
		case LEVEL_CORE:
			break;
		}
	}
}

static guint level_key(enum level level, const struct search_core *core)
{
	switch (level) {
	case LEVEL_NODE:
		return core->node;
	case LEVEL_L3:
		return core->l3;
	case LEVEL_CORE:
		return core->lowest;
	}
	return 0;
}

/* Merge the cores from @from up to @to, which are alike on all levels above @depth. */
static struct part *part_build(struct attempt *attempt, guint from, guint to, guint depth)
{
	struct part *whole = NULL;

	if (depth == G_N_ELEMENTS(attempt->levels))
		return part_from_core(attempt, attempt->cores->pdata[from]);
	while (from < to) {
		enum level level = attempt->levels[depth];
		const struct search_core *first = attempt->cores->pdata[from];
		guint end = from;
		struct part *part;

		while (end < to &&
		       level_key(level, attempt->cores->pdata[end]) == level_key(level, first))
			end++;
		part = part_build(attempt, from, end, depth + 1);
		part_close(part, attempt, level, first);
		whole = whole != NULL ? part_merge(attempt, whole, part) : part;
		from = end;
	}
	return whole;
}

static void part_take(const struct part *part, guint index)
{
	if (part->core != NULL) {
		part->core->taken = OPTION_THREADS(index);
		return;
	}
	part_take(part->left, part->option[index].left);
	part_take(part->right, part->option[index].right);
}

/* Last cores first, see above. */
static int compare_cores(gconstpointer a, gconstpointer b, gpointer data)
{
	const struct attempt *attempt = data;
	const struct search_core *first = *(struct search_core *const *)a;
	const struct search_core *second = *(struct search_core *const *)b;

	for (guint i = 0; i < G_N_ELEMENTS(attempt->levels); i++) {
		guint x = level_key(attempt->levels[i], first);
		guint y = level_key(attempt->levels[i], second);

		if (x != y)
			return x > y ? -1 : 1;
	}
	return 0;
}

static gboolean l3_spans_nodes(const struct search *search)
{
	for (guint i = 1; i < search->core->len; i++) {
		for (guint j = 0; j < i; j++) {
			const struct search_core *a = search_core(search, i);
			const struct search_core *b = search_core(search, j);

			if (a->l3 == b->l3 && a->node != b->node)
				return TRUE;
		}
	}
	return FALSE;
}

static void attempt_order_levels(struct attempt *attempt)
{
	gboolean cache_above = l3_spans_nodes(attempt->search);

	attempt->levels[0] = cache_above ? LEVEL_L3 : LEVEL_NODE;
	attempt->levels[1] = cache_above ? LEVEL_NODE : LEVEL_L3;
	attempt->levels[2] = LEVEL_CORE;
}

/* Collects the cores that this attempt may use; FALSE if they cannot be enough. */
static gboolean attempt_collect(struct attempt *attempt, gboolean *spare)
{
	guint threads = 0;

	*spare = FALSE;
	for (guint i = 0; i < attempt->search->core->len; i++) {
		struct search_core *core = search_core(attempt->search, i);

		core->taken = 0;
		if (core->host)
			continue;
		if ((kind_bit(core) & attempt->kinds) == 0 ||
		    (attempt->only_node >= 0 && core->node != (guint)attempt->only_node)) {
			*spare = TRUE;
			continue;
		}
		attempt->quickest = MAX(attempt->quickest, core->kind);
		threads += core->size;
		g_ptr_array_add(attempt->cores, core);
	}
	return threads >= attempt->vcpus;
}

static gboolean attempt_run(struct search *search, guint vcpus, guint kinds, int only_node)
{
	g_autoptr(GPtrArray) cores = g_ptr_array_new();
	g_autoptr(GPtrArray) parts = g_ptr_array_new_with_free_func(g_free);
	struct attempt attempt = {
		search, vcpus, kinds, only_node, .cores = cores, .parts = parts
	};
	const struct option *touched, *spared;
	const struct part *machine;
	gboolean spare;

	if (!attempt_collect(&attempt, &spare))
		return FALSE;
	attempt_order_levels(&attempt);
	g_ptr_array_sort_with_data(cores, compare_cores, &attempt);
	machine = part_build(&attempt, 0, cores->len, 0);
	touched = &machine->option[OPTION(vcpus, 0)];
	spared = &machine->option[OPTION(vcpus, 1)];

	if (touched->possible && (spare || !search->spare) &&
	    (!spared->possible || cost_less(&touched->cost, &spared->cost)))
		part_take(machine, OPTION(vcpus, 0));
	else if (spared->possible)
		part_take(machine, OPTION(vcpus, 1));
	else
		return FALSE;
	return TRUE;
}

/* One kind of core alone before two together, and the quicker before the slower (CP-06). */
gboolean search_run(struct search *search, guint vcpus)
{
	const guint all = (1U << CLAMP(search->cpus->kinds, 1, KINDS_MAX)) - 1;

	if (vcpus == 0 || vcpus > search->most)
		return FALSE;
	for (int count = 1; count <= KINDS_MAX; count++) {
		for (guint kinds = all; kinds > 0; kinds--) {
			if (__builtin_popcount(kinds) != count)
				continue;
			if (search->node >= 0 && attempt_run(search, vcpus, kinds, search->node))
				return TRUE;
			if (attempt_run(search, vcpus, kinds, -1))
				return TRUE;
		}
	}
	return FALSE;
}

static struct search_core *find_or_add_core(struct search *search, guint *index_of,
					    const struct cpu *cpu)
{
	struct search_core core = { cpu->id, cpu->node, cpu->l3, cpu->kind };

	if (index_of[cpu->core] == 0) {
		core.threads = g_array_new(FALSE, FALSE, sizeof(guint));
		g_array_append_val(search->core, core);
		index_of[cpu->core] = search->core->len;
	}
	return search_core(search, index_of[cpu->core] - 1);
}

/* Marks the cores of other guests: what is left over of them is nobody's. */
static void mark_others(struct search *search, const GArray *others, gboolean *gone)
{
	for (guint i = 0; others != NULL && i < others->len; i++) {
		const struct cpu *cpu = cpus_find(search->cpus, g_array_index(others, guint, i));

		g_assert(cpu != NULL);
		gone[cpu->core] = TRUE;
		g_array_index(search->l3_others, guint, cpu->l3)++;
	}
}

static void collect_cores(struct search *search, const GArray *others)
{
	g_autofree gboolean *gone = g_new0(gboolean, search->cpus->cores);
	g_autofree guint *index_of = g_new0(guint, search->cpus->cores);

	mark_others(search, others, gone);
	for (guint i = 0; i < search->cpus->cpu->len; i++) {
		const struct cpu *cpu = &g_array_index(search->cpus->cpu, struct cpu, i);
		struct search_core *core;

		g_array_index(search->l3_size, guint, cpu->l3)++;
		if (gone[cpu->core])
			continue;
		core = find_or_add_core(search, index_of, cpu);
		g_array_append_val(core->threads, cpu->id);
	}
}

/* The first core is CPU 0's, as cpus are in order of number (PN-02). */
static void reserve_for_host(struct search *search)
{
	struct search_core *first = search_core(search, 0);

	search->one_core = search->cpus->cores == 1;
	search->spare = search->cpus->cores > 4;
	first->host = !search->one_core;
	if (search->one_core && first->threads->len > 1)
		g_array_remove_index(first->threads, 0);
}

/* How many threads a core of each kind usually has: as many as the largest. */
static void judge_sizes(struct search *search)
{
	guint usual[KINDS_MAX] = { 0 };
	guint smallest = G_MAXUINT;

	for (guint i = 0; i < search->core->len; i++) {
		struct search_core *core = search_core(search, i);
		guint kind = MIN(core->kind, KINDS_MAX - 1);

		core->size = core->threads->len;
		usual[kind] = MAX(usual[kind], core->size);
	}
	for (guint i = 0; i < search->core->len; i++) {
		struct search_core *core = search_core(search, i);

		core->usual = core->size == usual[MIN(core->kind, KINDS_MAX - 1)];
		if (core->host)
			continue;
		smallest = MIN(smallest, core->size);
		search->most += core->size;
	}
	if (search->spare && search->most > 0)
		search->most -= smallest;
}

static guint rank_of_size(const struct cpus *cpus, guint64 size)
{
	g_autoptr(GHashTable) larger = g_hash_table_new(g_int64_hash, g_int64_equal);

	for (guint i = 0; i < cpus->l3_kib->len; i++) {
		guint64 *other = &g_array_index(cpus->l3_kib, guint64, i);

		if (*other > size)
			g_hash_table_add(larger, other);
	}
	return g_hash_table_size(larger);
}

struct search *search_new(const struct cpus *cpus, int node, const GArray *others)
{
	struct search *search = g_new0(struct search, 1);

	search->cpus = cpus;
	search->node = node;
	search->core = g_array_new(FALSE, FALSE, sizeof(struct search_core));
	search->l3_size = g_array_sized_new(FALSE, TRUE, sizeof(guint), cpus->l3s);
	search->l3_rank = g_array_sized_new(FALSE, TRUE, sizeof(guint), cpus->l3s);
	search->l3_others = g_array_sized_new(FALSE, TRUE, sizeof(guint), cpus->l3s);
	g_array_set_size(search->l3_size, cpus->l3s);
	g_array_set_size(search->l3_others, cpus->l3s);
	for (guint i = 0; i < cpus->l3s; i++) {
		guint rank = rank_of_size(
			cpus, i < cpus->l3_kib->len ? g_array_index(cpus->l3_kib, guint64, i) : 0);

		g_array_append_val(search->l3_rank, rank);
	}
	if (cpus->cpu->len == 0)
		return search;
	collect_cores(search, others);
	reserve_for_host(search);
	judge_sizes(search);
	return search;
}

void search_free(struct search *search)
{
	if (search == NULL)
		return;
	for (guint i = 0; i < search->core->len; i++)
		g_array_unref(search_core(search, i)->threads);
	g_array_unref(search->core);
	g_array_unref(search->l3_size);
	g_array_unref(search->l3_others);
	g_array_unref(search->l3_rank);
	g_free(search);
}
