/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>
#include <time.h>

#include "core/error.h"
#include "plan/reason.h"
#include "topologies.h"

/*
 * Every placement on every machine of the corpus, for each number of vCPUs: what is promised is
 * judged here in another way than the planner decides, and compared with the best that exists.
 *
 * The best is found by trying. Cores that are alike (same cache, node, kind, number of threads)
 * can be exchanged, so it is enough to try how many threads come from each such cell, and of
 * caches that are alike, each combination once. Where even that is too much, each promise is held
 * against a bound that no placement can beat.
 */

#define MOST_CELLS 512
#define MOST_TRIES 4000000.0

/* Cores that are alike. */
struct cell {
	guint l3, node, kind, size, cores;
	gboolean usual;
};

struct world {
	const struct cpus *cpus;
	int card_node;
	guint cells, threads; /* threads of all cells */
	struct cell cell[MOST_CELLS];
	guint alike[MOST_CELLS]; /* an earlier cell that is alike but for its cache, or itself */
	guint of_l3[MOST_CELLS]; /* cpus in each L3, the host's too */
	guint rank[MOST_CELLS];  /* caches that are larger, by distinct sizes */
	guint cores;             /* with that of CPU 0 */
};

/* Worse is larger, from the first number on; the order of the promises. */
enum promise {
	KINDS,
	SLOW,
	OFF_CARD_AT_ALL,
	NODES,
	OFF_CARD,
	CACHES,
	SMALL_CACHES,
	PARTIAL,
	UNUSUAL,
	SHARED,
	PROMISES,
};

static const char *const promise_names[PROMISES] = {
	"kinds of core",        "threads on slower cores",
	"off the card's node",  "nodes",
	"threads off the node", "L3 caches",
	"smaller caches",       "cores in part",
	"unusual cores",        "threads that share an L3 with the host",
};

struct score {
	guint value[PROMISES];
};

static gboolean is_better(const struct score *a, const struct score *b)
{
	for (guint i = 0; i < PROMISES; i++) {
		if (a->value[i] != b->value[i])
			return a->value[i] < b->value[i];
	}
	return FALSE;
}

static guint core_size(const struct cpus *cpus, guint core)
{
	guint size = 0;

	for (guint i = 0; i < cpus->cpu->len; i++)
		size += g_array_index(cpus->cpu, struct cpu, i).core == core;
	return size;
}

static guint usual_size(const struct cpus *cpus, guint kind)
{
	guint usual = 0;

	for (guint i = 0; i < cpus->cpu->len; i++) {
		const struct cpu *cpu = &g_array_index(cpus->cpu, struct cpu, i);

		if (cpu->kind == kind)
			usual = MAX(usual, core_size(cpus, cpu->core));
	}
	return usual;
}

static void add_core(struct world *world, const struct cpu *cpu)
{
	const guint size = core_size(world->cpus, cpu->core);
	const struct cell cell = { cpu->l3, cpu->node, cpu->kind,
				   size,    1,         size == usual_size(world->cpus, cpu->kind) };

	world->threads += size;
	for (guint i = 0; i < world->cells; i++) {
		struct cell *other = &world->cell[i];

		if (other->l3 == cell.l3 && other->node == cell.node && other->kind == cell.kind &&
		    other->size == cell.size) {
			other->cores++;
			return;
		}
	}
	g_assert_cmpuint(world->cells, <, MOST_CELLS);
	world->cell[world->cells++] = cell;
}

static gboolean is_alone_in_cache(const struct world *world, guint index)
{
	for (guint i = 0; i < world->cells; i++) {
		if (i != index && world->cell[i].l3 == world->cell[index].l3)
			return FALSE;
	}
	return TRUE;
}

static gboolean are_alike(const struct world *world, guint a, guint b)
{
	const struct cell *x = &world->cell[a], *y = &world->cell[b];

	return x->node == y->node && x->kind == y->kind && x->size == y->size &&
	       x->cores == y->cores && world->of_l3[x->l3] == world->of_l3[y->l3] &&
	       world->rank[x->l3] == world->rank[y->l3] && is_alone_in_cache(world, a) &&
	       is_alone_in_cache(world, b);
}

static guint rank_of(const struct cpus *cpus, guint l3)
{
	guint64 own = g_array_index(cpus->l3_kib, guint64, l3);
	guint rank = 0;

	for (guint i = 0; i < cpus->l3_kib->len; i++) {
		guint64 size = g_array_index(cpus->l3_kib, guint64, i);
		gboolean first = TRUE;

		for (guint j = 0; j < i; j++)
			first = first && g_array_index(cpus->l3_kib, guint64, j) != size;
		rank += size > own && first;
	}
	return rank;
}

static void world_init(struct world *world, const struct cpus *cpus, int card_node)
{
	const guint reserved = g_array_index(cpus->cpu, struct cpu, 0).core;

	memset(world, 0, sizeof(*world));
	world->cpus = cpus;
	world->card_node = card_node;
	world->cores = cpus->cores;
	g_assert_cmpuint(cpus->l3s, <, MOST_CELLS);
	for (guint i = 0; i < cpus->l3s; i++)
		world->rank[i] = rank_of(cpus, i);
	for (guint i = 0; i < cpus->cpu->len; i++) {
		const struct cpu *cpu = &g_array_index(cpus->cpu, struct cpu, i);

		world->of_l3[cpu->l3]++;
		if (cpu->core != reserved && cpu->thread == 0)
			add_core(world, cpu);
	}
	for (guint i = 0; i < world->cells; i++) {
		world->alike[i] = i;
		for (guint j = 0; j < i && world->alike[i] == i; j++) {
			if (are_alike(world, j, i))
				world->alike[i] = j;
		}
	}
}

/* @taken threads of each cell, as whole cores and at most one in part; FALSE: the host starves */
static gboolean world_score(const struct world *world, const guint *taken, struct score *score)
{
	guint in_l3[MOST_CELLS] = { 0 };
	guint64 kinds = 0, nodes[16] = { 0 };
	guint touched = 0;

	memset(score, 0, sizeof(*score));
	for (guint i = 0; i < world->cells; i++) {
		const struct cell *cell = &world->cell[i];
		guint cores = (taken[i] + cell->size - 1) / cell->size;

		if (taken[i] == 0)
			continue;
		touched += cores;
		kinds |= G_GUINT64_CONSTANT(1) << cell->kind;
		g_assert_cmpuint(cell->node, <, 1024);
		nodes[cell->node / 64] |= G_GUINT64_CONSTANT(1) << cell->node % 64;
		in_l3[cell->l3] += taken[i];
		score->value[SLOW] += taken[i] * (world->cpus->kinds - 1 - cell->kind);
		if (world->card_node >= 0 && cell->node != (guint)world->card_node)
			score->value[OFF_CARD] += taken[i];
		score->value[PARTIAL] += taken[i] % cell->size != 0;
		score->value[UNUSUAL] += cell->usual ? 0 : cores;
	}
	score->value[KINDS] = (guint)__builtin_popcountll(kinds);
	score->value[OFF_CARD_AT_ALL] = score->value[OFF_CARD] > 0;
	for (guint i = 0; i < G_N_ELEMENTS(nodes); i++)
		score->value[NODES] += (guint)__builtin_popcountll(nodes[i]);
	for (guint l3 = 0; l3 < world->cpus->l3s; l3++) {
		if (in_l3[l3] == 0)
			continue;
		score->value[CACHES]++;
		score->value[SMALL_CACHES] += world->rank[l3];
		if (in_l3[l3] < world->of_l3[l3])
			score->value[SHARED] = MAX(score->value[SHARED], in_l3[l3]);
	}
	return world->cores - touched >= (world->cores > 4 ? 2 : 1);
}

struct best {
	gboolean found;
	struct score score;
};

static void try_from(const struct world *world, guint cell, guint threads, guint *taken,
		     struct best *best)
{
	guint most;

	if (cell == world->cells) {
		struct score score;

		if (world_score(world, taken, &score) &&
		    (!best[threads].found || is_better(&score, &best[threads].score))) {
			best[threads].found = TRUE;
			best[threads].score = score;
		}
		return;
	}
	most = world->cell[cell].size * world->cell[cell].cores;
	/* of cells that are alike, an earlier one gives at least as much */
	for (guint i = cell; i-- > 0;) {
		if (world->alike[i] == world->alike[cell]) {
			most = MIN(most, taken[i]);
			break;
		}
	}
	for (guint n = 0; n <= most; n++) {
		taken[cell] = n;
		try_from(world, cell + 1, threads + n, taken, best);
	}
	taken[cell] = 0;
}

/* How many ways try_from() would try: of k alike cells with m choices, m+k-1 over k. */
static double tries(const struct world *world)
{
	double product = 1;

	for (guint i = 0; i < world->cells; i++) {
		double choices = world->cell[i].size * world->cell[i].cores + 1;
		guint before = 0;

		for (guint j = 0; j < i; j++)
			before += world->alike[j] == world->alike[i];
		product *= (choices + before) / (before + 1);
	}
	return product;
}

/*
 * A cache across several nodes, one of which has another cache as well: no hardware is like that,
 * and the planner does not claim to be exact for it. A made-up machine of the corpus is.
 */
static gboolean is_tangled(const struct world *world)
{
	for (guint a = 0; a < world->cells; a++) {
		for (guint b = 0; b < world->cells; b++) {
			if (world->cell[a].l3 != world->cell[b].l3 ||
			    world->cell[a].node == world->cell[b].node)
				continue;
			for (guint c = 0; c < world->cells; c++) {
				if (world->cell[c].node == world->cell[a].node &&
				    world->cell[c].l3 != world->cell[a].l3)
					return TRUE;
			}
		}
	}
	return FALSE;
}

static struct best *try_all(const struct world *world)
{
	struct best *best;
	g_autofree guint *taken = NULL;

	if (tries(world) > MOST_TRIES || is_tangled(world))
		return NULL;
	best = g_new0(struct best, world->threads + 1);
	taken = g_new0(guint, world->cells);
	try_from(world, 0, 0, taken, best);
	return best;
}

/* --- bounds, where trying is too much ------------------------------------------------------ */

static gint compare_falling(gconstpointer a, gconstpointer b)
{
	guint x = *(const guint *)a, y = *(const guint *)b;

	return x > y ? -1 : x < y;
}

/* So many of the largest are needed to hold @n. */
static guint fewest(GArray *sizes, guint n)
{
	guint count = 0, held = 0;

	g_array_sort(sizes, compare_falling);
	while (held < n && count < sizes->len)
		held += g_array_index(sizes, guint, count++);
	return held < n ? G_MAXUINT : count;
}

enum level {
	BY_KIND,
	BY_NODE,
	BY_L3,
};

static guint cell_key(const struct cell *cell, enum level level)
{
	switch (level) {
	case BY_KIND:
		return cell->kind;
	case BY_NODE:
		return cell->node;
	case BY_L3:
		return cell->l3;
	}
	return 0;
}

/* The fewest kinds, nodes or caches that have @n threads. */
static guint bound(const struct world *world, enum level level, guint n)
{
	g_autoptr(GArray) sizes = g_array_new(FALSE, TRUE, sizeof(guint));

	for (guint i = 0; i < world->cells; i++) {
		guint key = cell_key(&world->cell[i], level);

		while (sizes->len <= key)
			g_array_set_size(sizes, key + 1);
		g_array_index(sizes, guint, key) += world->cell[i].size * world->cell[i].cores;
	}
	return fewest(sizes, n);
}

static guint threads_on_node(const struct world *world, guint node)
{
	guint threads = 0;

	for (guint i = 0; i < world->cells; i++)
		threads += world->cell[i].node == node ? world->cell[i].size * world->cell[i].cores
						       : 0;
	return threads;
}

/* Only where all cores are of one size and kind, as all large machines of the corpus are. */
static void check_bounds(const struct world *world, const struct score *score, guint n)
{
	const guint size = world->cell[0].size;
	gboolean uniform = TRUE;

	for (guint i = 0; i < world->cells; i++)
		uniform = uniform && world->cell[i].size == size;
	g_assert_cmpuint(score->value[KINDS], ==, bound(world, BY_KIND, n));
	if (is_tangled(world))
		return;
	if (world->card_node >= 0 && n <= threads_on_node(world, (guint)world->card_node) &&
	    n + size <= world->threads && world->cpus->kinds == 1 && world->cpus->nodes > 1)
		g_assert_cmpuint(score->value[OFF_CARD_AT_ALL], ==, 0);
	if (world->card_node < 0 || score->value[OFF_CARD_AT_ALL] == 0)
		g_assert_cmpuint(score->value[NODES], ==, bound(world, BY_NODE, n));
	if (world->cpus->nodes == 1)
		g_assert_cmpuint(score->value[CACHES], ==, bound(world, BY_L3, n));
	if (uniform && world->cpus->nodes == 1)
		g_assert_cmpuint(score->value[PARTIAL], ==, n % size != 0);
}

/* --- what the planner gave ----------------------------------------------------------------- */

static guint count_in_core(const struct cpus *cpus, const GArray *ids, guint core)
{
	guint count = 0;

	for (guint i = 0; i < ids->len; i++)
		count += cpus_find(cpus, g_array_index(ids, guint, i))->core == core;
	return count;
}

/* Threads of each cell that the guest has; at most one core of a cell may be taken in part. */
static guint *count_taken(const struct world *world, const GArray *vcpu)
{
	guint *taken = g_new0(guint, world->cells);

	for (guint i = 0; i < vcpu->len; i++) {
		const struct cpu *cpu = cpus_find(world->cpus, g_array_index(vcpu, guint, i));
		guint size = core_size(world->cpus, cpu->core);
		guint cell = 0;

		while (cell < world->cells &&
		       (world->cell[cell].l3 != cpu->l3 || world->cell[cell].node != cpu->node ||
			world->cell[cell].kind != cpu->kind || world->cell[cell].size != size))
			cell++;
		if (cell == world->cells)
			g_error("cpu %u is on no core that may be given", cpu->id);
		taken[cell]++;
	}
	return taken;
}

/* A machine's partial cores, counted core by core. */
static guint count_partial(const struct cpus *cpus, const GArray *vcpu)
{
	guint partial = 0;

	for (guint core = 0; core < cpus->cores; core++) {
		guint taken = count_in_core(cpus, vcpu, core);

		partial += taken > 0 && taken < core_size(cpus, core);
	}
	return partial;
}

static void check_emulator(const struct cpus *cpus, const struct placement *placement)
{
	gboolean near = FALSE, near_is_free = FALSE;

	g_assert_cmpuint(placement->emulator->len, >, 0);
	for (guint i = 0; i < placement->emulator->len; i++) {
		const struct cpu *cpu =
			cpus_find(cpus, g_array_index(placement->emulator, guint, i));

		g_assert_nonnull(cpu);
		g_assert_cmpuint(count_in_core(cpus, placement->vcpu, cpu->core), ==, 0);
	}
	for (guint i = 0; i < cpus->cpu->len; i++) {
		const struct cpu *cpu = &g_array_index(cpus->cpu, struct cpu, i);
		gboolean shares = FALSE;

		if (count_in_core(cpus, placement->vcpu, cpu->core) > 0)
			continue;
		for (guint j = 0; j < placement->vcpu->len && !shares; j++)
			shares = cpus_find(cpus, g_array_index(placement->vcpu, guint, j))->l3 ==
				 cpu->l3;
		near_is_free = near_is_free || shares;
		near = near || (shares && count_in_core(cpus, placement->emulator, cpu->core) > 0);
	}
	g_assert_cmpint(near, ==, near_is_free);
}

/* PN-02: the core of CPU 0; CP-03: the guest's siblings are siblings. */
static void check_vcpus(const struct cpus *cpus, const struct placement *placement)
{
	const GArray *vcpu = placement->vcpu;
	const guint reserved = g_array_index(cpus->cpu, struct cpu, 0).core;

	g_assert_cmpuint(placement->sockets, ==, 1);
	g_assert_cmpuint(placement->dies, ==, 1);
	g_assert_cmpuint(placement->cores * placement->threads, ==, vcpu->len);
	for (guint i = 0; i < vcpu->len; i++) {
		guint id = g_array_index(vcpu, guint, i);
		guint first = i / placement->threads * placement->threads;
		guint core = cpus_find(cpus, id)->core;

		g_assert_cmpuint(core, !=, reserved);
		g_assert_cmpuint(core, ==,
				 cpus_find(cpus, g_array_index(vcpu, guint, first))->core);
		if (placement->threads > 1)
			g_assert_cmpuint(count_in_core(cpus, vcpu, core), ==, placement->threads);
		for (guint j = 0; j < i; j++)
			g_assert_cmpuint(g_array_index(vcpu, guint, j), !=, id);
	}
}

static void fail(const struct topology *machine, const struct world *world, guint n,
		 const struct score *ours, const struct score *best)
{
	for (guint i = 0; i < PROMISES; i++)
		g_printerr("%s: ours %u, best %u\n", promise_names[i], ours->value[i],
			   best->value[i]);
	g_error("%s, card on node %d, %u vCPUs: not the best placement", machine->name,
		world->card_node, n);
}

static gint64 slowest; /* microseconds of processor time */

static gint64 processor_microseconds(void)
{
	struct timespec now = { 0 };

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (gint64)now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1000;
}

static void check_one(const struct topology *machine, const struct world *world,
		      const struct best *best, guint n)
{
	g_autoptr(GPtrArray) reasons = reasons_new();
	g_autoptr(GError) error = NULL;
	struct placement placement = { 0 };
	g_autofree guint *taken = NULL;
	struct score score;
	gint64 start = processor_microseconds();
	gboolean done =
		placement_choose(world->cpus, n, world->card_node, &placement, reasons, &error);

	slowest = MAX(slowest, processor_microseconds() - start);
	if (best != NULL && (n > world->threads || !best[n].found)) {
		g_assert_false(done);
		g_assert_true(hotseat_error_is(error, HOTSEAT_ERROR_REFUSED));
		return;
	}
	if (best == NULL && !done) {
		g_assert_cmpuint(n + world->cell[0].size, >, world->threads);
		return;
	}
	g_assert_no_error(error);
	g_assert_cmpuint(placement.vcpu->len, ==, n);
	taken = count_taken(world, placement.vcpu);
	g_assert_true(world_score(world, taken, &score));
	score.value[PARTIAL] = count_partial(world->cpus, placement.vcpu);
	if (best != NULL && memcmp(&score, &best[n].score, sizeof(score)) != 0)
		fail(machine, world, n, &score, &best[n].score);
	if (best == NULL)
		check_bounds(world, &score, n);
	check_vcpus(world->cpus, &placement);
	check_emulator(world->cpus, &placement);
	placement_clear(&placement);
}

static void check_machine(const struct topology *machine, int card_node, guint *proven)
{
	struct world world;
	g_autofree struct best *best = NULL;
	guint n = 2;

	/* one core has rules of its own, see test-placement */
	if (machine->cpus->cores == 1)
		return;
	world_init(&world, machine->cpus, card_node);
	best = try_all(&world);
	*proven += best != NULL;
	if (best == NULL && card_node < 0)
		g_test_message(
			"%s: %.0f ways are too many to try, or nodes and caches are tangled: held "
			"against bounds",
			machine->name, tries(&world));
	for (; n <= machine->cpus->cpu->len; n++)
		check_one(machine, &world, best, n);
}

static GPtrArray *machines; /* struct topology; NULL: no corpus */

static gboolean skip_without_corpus(void)
{
	if (machines == NULL)
		g_test_skip("the corpus is not here");
	return machines == NULL;
}

static void test_promises(void)
{
	guint proven = 0;

	if (skip_without_corpus())
		return;
	for (guint i = 0; i < machines->len; i++) {
		const struct topology *machine = machines->pdata[i];
		const GArray *cpu = machine->cpus->cpu;
		gint64 start = g_get_monotonic_time();

		check_machine(machine, -1, &proven);
		if (machine->cpus->nodes > 1) {
			guint unused = 0;

			check_machine(machine, (int)g_array_index(cpu, struct cpu, 0).node,
				      &unused);
			check_machine(machine,
				      (int)g_array_index(cpu, struct cpu, cpu->len - 1).node,
				      &unused);
		}
		if (g_get_monotonic_time() - start > G_USEC_PER_SEC)
			g_test_message("%s: %.1f s", machine->name,
				       (double)(g_get_monotonic_time() - start) / G_USEC_PER_SEC);
	}
	g_test_message("the slowest placement took %" G_GINT64_FORMAT " us", slowest);
	g_test_message("%u of %u machines against every placement there is", proven, machines->len);
}

/* --- what it is good for ------------------------------------------------------------------- */

/* How bad a placement is, in three numbers that people feel. */
struct harm {
	guint shared; /* guest threads that share an L3 with host threads */
	guint split;  /* cores with a thread of the guest and one of the host */
	guint caches; /* L3 domains that the guest spans */
	guint kinds;
};

static struct harm measure(const struct cpus *cpus, const GArray *vcpu)
{
	g_autofree guint *in_l3 = g_new0(guint, cpus->l3s);
	g_autofree guint *of_l3 = g_new0(guint, cpus->l3s);
	struct harm harm = { .split = count_partial(cpus, vcpu) };
	guint kinds = 0;

	for (guint i = 0; i < cpus->cpu->len; i++)
		of_l3[g_array_index(cpus->cpu, struct cpu, i).l3]++;
	for (guint i = 0; i < vcpu->len; i++) {
		const struct cpu *cpu = cpus_find(cpus, g_array_index(vcpu, guint, i));

		in_l3[cpu->l3]++;
		kinds |= 1U << cpu->kind;
	}
	harm.kinds = (guint)__builtin_popcount(kinds);
	for (guint i = 0; i < cpus->l3s; i++) {
		harm.caches += in_l3[i] > 0;
		harm.shared += in_l3[i] < of_l3[i] ? in_l3[i] : 0;
	}
	return harm;
}

/* What guides say: the CPUs 1 to N. */
static GArray *naive(const struct cpus *cpus, guint n)
{
	GArray *vcpu = g_array_new(FALSE, FALSE, sizeof(guint));

	for (guint i = 1; i <= n; i++)
		g_array_append_val(vcpu, g_array_index(cpus->cpu, struct cpu, i).id);
	return vcpu;
}

static void add_harm(struct harm *sum, const struct harm *harm)
{
	sum->shared += harm->shared;
	sum->split += harm->split;
	sum->caches += harm->caches;
	sum->kinds += harm->kinds > 1;
}

static void compare(const struct topology *machine, struct harm *our_sum, struct harm *naive_sum)
{
	const struct cpus *cpus = machine->cpus;
	struct harm ours = { 0 }, theirs = { 0 };

	for (guint n = 2; n < cpus->cpu->len; n++) {
		g_autoptr(GPtrArray) reasons = reasons_new();
		g_autoptr(GArray) first = naive(cpus, n);
		struct placement placement = { 0 };
		struct harm harm;

		if (!placement_choose(cpus, n, -1, &placement, reasons, NULL))
			break;
		harm = measure(cpus, placement.vcpu);
		add_harm(&ours, &harm);
		harm = measure(cpus, first);
		add_harm(&theirs, &harm);
		placement_clear(&placement);
	}
	g_assert_cmpuint(ours.split, <=, theirs.split);
	g_test_message("%-44.44s %6u %6u   %6u %6u   %6u %6u   %4u %4u", machine->name, ours.shared,
		       theirs.shared, ours.split, theirs.split, ours.caches, theirs.caches,
		       ours.kinds, theirs.kinds);
	add_harm(our_sum, &ours);
	add_harm(naive_sum, &theirs);
	our_sum->kinds += ours.kinds - (ours.kinds > 1);
	naive_sum->kinds += theirs.kinds - (theirs.kinds > 1);
}

/* Better than "cores 1 to N", in numbers: sums over all N from 2 to the most. */
static void test_better_than_first_cores(void)
{
	struct harm ours = { 0 }, theirs = { 0 };

	if (skip_without_corpus())
		return;
	g_test_message("%-44s %13s   %13s   %13s   %9s", "ours and CPUs 1 to N, summed over N",
		       "share L3", "split cores", "L3 spanned", "mixed");
	for (guint i = 0; i < machines->len; i++)
		compare(machines->pdata[i], &ours, &theirs);
	g_test_message("%-44s %6u %6u   %6u %6u   %6u %6u   %4u %4u", "all", ours.shared,
		       theirs.shared, ours.split, theirs.split, ours.caches, theirs.caches,
		       ours.kinds, theirs.kinds);
	g_assert_cmpuint(ours.shared, <, theirs.shared);
	g_assert_cmpuint(ours.caches, <, theirs.caches);
}

int main(int argc, char **argv)
{
	int status;

	g_test_init(&argc, &argv, NULL);
	machines = topologies_read();
	g_test_add_func("/promises/kept-everywhere", test_promises);
	g_test_add_func("/promises/better-than-first-cores", test_better_than_first_cores);
	status = g_test_run();
	g_clear_pointer(&machines, g_ptr_array_unref);
	return status;
}
