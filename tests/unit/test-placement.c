/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>
#include <time.h>

#include "core/error.h"
#include "plan/reason.h"

/*
 * Small machines, every N, and every promise of placement_choose() judged by code that shares
 * nothing with the planner: where the machine is small enough, against every subset of cores.
 */

/* So many cores in a row that are alike; siblings are numbered after all cores, as Intel does. */
struct run {
	guint cores, threads, node, kind, l3;
};

struct model {
	const char *name;
	int card_node;
	gboolean adjacent; /* siblings are N and N+1 */
	guint64 l3_kib[8];
	struct run runs[8];
};

static const struct model models[] = {
	{ "one-cpu", -1, FALSE, { 2048 }, { { 1, 1 } } },
	{ "one-core-smt", -1, FALSE, { 2048 }, { { 1, 2 } } },
	{ "two-cores", -1, FALSE, { 2048 }, { { 2, 1 } } },
	{ "two-cores-smt", -1, FALSE, { 4096 }, { { 2, 2 } } },
	{ "four-cores", -1, FALSE, { 6144 }, { { 4, 1 } } },
	{ "four-cores-smt-adjacent", -1, TRUE, { 8192 }, { { 4, 2 } } },
	{ "core2quad", -1, FALSE, { 4096, 4096 }, { { 2, 1, .l3 = 0 }, { 2, 1, .l3 = 1 } } },
	{ "six-cores-smt", -1, FALSE, { 12288 }, { { 6, 2 } } },
	{ "x3d", -1, FALSE, { 98304, 32768 }, { { 4, 2, .l3 = 0 }, { 4, 2, .l3 = 1 } } },
	{ "x3d-second", -1, FALSE, { 32768, 98304 }, { { 4, 2, .l3 = 0 }, { 4, 2, .l3 = 1 } } },
	{ "zen2",
	  0,
	  FALSE,
	  { 16384, 16384, 16384 },
	  { { 3, 2, .l3 = 0 }, { 3, 2, .l3 = 1 }, { 3, 2, .l3 = 2 } } },
	{ "hybrid", -1, TRUE, { 24576 }, { { 4, 2, .kind = 1 }, { 4, 1, .kind = 0 } } },
	{ "two-nodes",
	  1,
	  FALSE,
	  { 16384, 16384 },
	  { { 4, 2, .node = 0, .l3 = 0 }, { 4, 2, .node = 1, .l3 = 1 } } },
	{ "two-nodes-card-at-cpu0",
	  0,
	  FALSE,
	  { 16384, 16384 },
	  { { 4, 2, .node = 0, .l3 = 0 }, { 4, 2, .node = 1, .l3 = 1 } } },
	{ "sub-numa",
	  1,
	  FALSE,
	  { 32768 },
	  { { 4, 2, .node = 0, .l3 = 0 }, { 4, 2, .node = 1, .l3 = 0 } } },
	{ "sibling-offline", -1, FALSE, { 16384 }, { { 5, 2 }, { 1, 1 }, { 2, 2 } } },
	{ "smt4", -1, TRUE, { 1024, 1024 }, { { 3, 4, .l3 = 0 }, { 3, 4, .l3 = 1 } } },
	{ "uneven-caches",
	  -1,
	  FALSE,
	  { 16384, 16384, 16384 },
	  { { 2, 2, .l3 = 0 }, { 3, 2, .l3 = 1 }, { 4, 2, .l3 = 2 } } },
};

#define FIRST_WITH_CORES 2 /* before it there is one core, with rules of its own */

static gint compare_ids(gconstpointer a, gconstpointer b)
{
	const struct cpu *x = a, *y = b;

	return x->id < y->id ? -1 : x->id > y->id;
}

static struct cpus *build(const struct model *model)
{
	struct cpus *cpus = g_new0(struct cpus, 1);
	guint core = 0, thread_base = 0;

	cpus->cpu = g_array_new(FALSE, FALSE, sizeof(struct cpu));
	cpus->l3_kib = g_array_new(FALSE, FALSE, sizeof(guint64));
	for (guint r = 0; model->runs[r].cores > 0; r++)
		thread_base += model->runs[r].cores;
	for (guint r = 0; model->runs[r].cores > 0; r++) {
		const struct run *run = &model->runs[r];

		for (guint c = 0; c < run->cores; c++, core++) {
			for (guint t = 0; t < run->threads; t++) {
				guint id =
					model->adjacent ? cpus->cpu->len : core + t * thread_base;
				struct cpu cpu = { id, core, t, run->l3, run->node, run->kind };

				g_array_append_val(cpus->cpu, cpu);
			}
		}
		cpus->l3s = MAX(cpus->l3s, run->l3 + 1);
		cpus->nodes = MAX(cpus->nodes, run->node + 1);
		cpus->kinds = MAX(cpus->kinds, run->kind + 1);
	}
	g_array_append_vals(cpus->l3_kib, model->l3_kib, cpus->l3s);
	g_array_sort(cpus->cpu, compare_ids);
	cpus->cores = core;
	return cpus;
}

static void discard(struct cpus *cpus)
{
	g_array_unref(cpus->cpu);
	g_array_unref(cpus->l3_kib);
	g_free(cpus);
}

/* A machine and a set of guest cpus as the judge sees them: masks of cpu positions. */
struct judge {
	const struct cpus *cpus;
	int card_node;
};

/* Worse is larger, from the first number on. */
struct score {
	guint values[10];
};

static guint count_kinds(const struct judge *judge, guint64 guest, guint *slow)
{
	guint seen = 0, quickest = 0;

	*slow = 0;
	for (guint i = 0; i < judge->cpus->cpu->len; i++) {
		guint kind = g_array_index(judge->cpus->cpu, struct cpu, i).kind;

		if ((guest >> i & 1) == 0)
			continue;
		seen |= 1U << kind;
		quickest = MAX(quickest, kind);
		*slow += judge->cpus->kinds - 1 - kind;
	}
	return (guint)__builtin_popcount(seen);
}

static struct score judge_score(const struct judge *judge, guint64 guest)
{
	const struct cpus *cpus = judge->cpus;
	struct score score = { { 0 } };
	guint in_core[64] = { 0 }, of_core[64] = { 0 }, in_l3[8] = { 0 }, of_l3[8] = { 0 };
	guint nodes = 0, off_card = 0;

	score.values[0] = count_kinds(judge, guest, &score.values[1]);
	for (guint i = 0; i < cpus->cpu->len; i++) {
		const struct cpu *cpu = &g_array_index(cpus->cpu, struct cpu, i);
		guint taken = guest >> i & 1;

		of_core[cpu->core]++;
		of_l3[cpu->l3]++;
		in_core[cpu->core] += taken;
		in_l3[cpu->l3] += taken;
		nodes |= taken << cpu->node;
		off_card += taken && judge->card_node >= 0 && cpu->node != (guint)judge->card_node;
	}
	score.values[2] = off_card > 0;
	score.values[3] = (guint)__builtin_popcount(nodes);
	score.values[4] = off_card;
	for (guint l3 = 0; l3 < cpus->l3s; l3++) {
		score.values[5] += in_l3[l3] > 0;
		for (guint other = 0; in_l3[l3] > 0 && other < cpus->l3s; other++)
			score.values[6] += g_array_index(cpus->l3_kib, guint64, other) >
					   g_array_index(cpus->l3_kib, guint64, l3);
		if (in_l3[l3] < of_l3[l3])
			score.values[9] = MAX(score.values[9], in_l3[l3]);
	}
	for (guint core = 0; core < cpus->cores; core++) {
		guint usual = 0;

		score.values[7] += in_core[core] > 0 && in_core[core] < of_core[core];
		for (guint i = 0; i < cpus->cores; i++)
			usual = MAX(usual, cpus->kinds == 1 ? of_core[i] : of_core[core]);
		score.values[8] += in_core[core] > 0 && of_core[core] < usual;
	}
	return score;
}

static gboolean host_has_its_share(const struct cpus *cpus, guint64 guest)
{
	guint touched = 0;
	guint core_of_first = g_array_index(cpus->cpu, struct cpu, 0).core;

	for (guint core = 0; core < cpus->cores; core++) {
		for (guint i = 0; i < cpus->cpu->len; i++) {
			if (g_array_index(cpus->cpu, struct cpu, i).core == core &&
			    (guest >> i & 1) == 1) {
				touched++;
				if (core == core_of_first)
					return FALSE;
				break;
			}
		}
	}
	return cpus->cores - touched >= (cpus->cores > 4 ? 2 : 1);
}

/* The best score that any set of @n cpus reaches; FALSE if none leaves the host its share. */
static gboolean best_of_all(const struct judge *judge, guint n, struct score *best)
{
	gboolean found = FALSE;

	for (guint64 guest = 0; guest < G_GUINT64_CONSTANT(1) << judge->cpus->cpu->len; guest++) {
		struct score score;

		if ((guint)__builtin_popcountll(guest) != n ||
		    !host_has_its_share(judge->cpus, guest))
			continue;
		score = judge_score(judge, guest);
		for (guint i = 0; found && i < G_N_ELEMENTS(score.values); i++) {
			if (score.values[i] != best->values[i]) {
				if (score.values[i] < best->values[i])
					*best = score;
				break;
			}
		}
		if (!found)
			*best = score;
		found = TRUE;
	}
	return found;
}

static guint64 mask_of(const struct cpus *cpus, const GArray *ids)
{
	guint64 mask = 0;

	for (guint i = 0; i < ids->len; i++) {
		for (guint j = 0; j < cpus->cpu->len; j++) {
			if (g_array_index(cpus->cpu, struct cpu, j).id !=
			    g_array_index(ids, guint, i))
				continue;
			g_assert_cmpuint(mask >> j & 1, ==, 0);
			mask |= G_GUINT64_CONSTANT(1) << j;
		}
	}
	g_assert_cmpuint((guint)__builtin_popcountll(mask), ==, ids->len);
	return mask;
}

static guint core_of(const struct cpus *cpus, guint id)
{
	for (guint i = 0; i < cpus->cpu->len; i++) {
		if (g_array_index(cpus->cpu, struct cpu, i).id == id)
			return g_array_index(cpus->cpu, struct cpu, i).core;
	}
	g_assert_not_reached();
}

/* CP-02, CP-03: the product fits, and threads that the guest takes for siblings are siblings. */
static void check_topology(const struct cpus *cpus, const struct placement *placement)
{
	const GArray *vcpu = placement->vcpu;

	g_assert_cmpuint(placement->sockets, ==, 1);
	g_assert_cmpuint(placement->dies, ==, 1);
	g_assert_cmpuint(placement->cores * placement->threads, ==, vcpu->len);
	for (guint i = 0; i < vcpu->len; i++) {
		guint first = i / placement->threads * placement->threads;
		guint core = core_of(cpus, g_array_index(vcpu, guint, i));

		g_assert_cmpuint(core, ==, core_of(cpus, g_array_index(vcpu, guint, first)));
	}
}

static void check_one(const struct model *model, const struct cpus *cpus, guint n)
{
	const struct judge judge = { cpus, model->card_node };
	g_autoptr(GPtrArray) reasons = reasons_new();
	g_autoptr(GError) error = NULL;
	struct placement placement = { 0 };
	struct score best, score;
	gboolean done = placement_choose(cpus, n, model->card_node, &placement, reasons, &error);
	guint64 guest;

	if (!best_of_all(&judge, n, &best)) {
		g_assert_false(done);
		g_assert_true(hotseat_error_is(error, HOTSEAT_ERROR_REFUSED));
		return;
	}
	g_assert_no_error(error);
	g_assert_true(done);
	g_assert_cmpuint(placement.vcpu->len, ==, n);
	guest = mask_of(cpus, placement.vcpu);
	g_assert_true(host_has_its_share(cpus, guest));
	g_assert_cmpuint(placement.emulator->len, >, 0);
	g_assert_cmpuint(mask_of(cpus, placement.emulator) & guest, ==, 0);
	check_topology(cpus, &placement);
	score = judge_score(&judge, guest);
	if (memcmp(&score, &best, sizeof(score)) != 0) {
		for (guint i = 0; i < G_N_ELEMENTS(score.values); i++)
			g_test_message("term %u: ours %u, best %u", i, score.values[i],
				       best.values[i]);
		g_error("%s, %u vCPUs: not the best placement", model->name, n);
	}
	g_assert_cmpuint(reasons->len, >, 1);
	placement_clear(&placement);
}

/* Protects the order of the promises: no subset of the cpus may do better than ours. */
static void test_brute_force(gconstpointer data)
{
	const struct model *model = data;
	struct cpus *cpus = build(model);

	for (guint n = 1; n <= cpus->cpu->len; n++)
		check_one(model, cpus, n);
	discard(cpus);
}

/* With one core nothing can be kept apart; a guest is possible all the same, and is told so. */
static void test_one_core(void)
{
	for (guint i = 0; i < 2; i++) {
		struct cpus *cpus = build(&models[i]);
		g_autoptr(GPtrArray) reasons = reasons_new();
		g_autoptr(GError) error = NULL;
		struct placement placement = { 0 };

		g_assert_true(placement_choose(cpus, 0, -1, &placement, reasons, &error));
		g_assert_cmpuint(placement.vcpu->len, ==, 1);
		g_assert_cmpuint(g_array_index(placement.vcpu, guint, 0), ==, i);
		g_assert_cmpuint(g_array_index(placement.emulator, guint, 0), ==, 0);
		placement_clear(&placement);
		g_assert_false(placement_choose(cpus, 2, -1, &placement, reasons, &error));
		g_assert_true(hotseat_error_is(error, HOTSEAT_ERROR_REFUSED));
		discard(cpus);
	}
}

/* Without --vcpus: as much as one cache of the quickest cores gives, and never a refusal. */
static void test_default(void)
{
	static const struct {
		const char *name;
		guint vcpus;
	} expected[] = {
		{ "two-cores", 1 },  { "two-cores-smt", 2 }, { "four-cores", 3 },
		{ "core2quad", 3 },  { "six-cores-smt", 8 }, { "x3d", 6 },
		{ "x3d-second", 8 }, { "hybrid", 6 },        { "two-nodes", 8 },
	};

	for (guint i = 0; i < G_N_ELEMENTS(models); i++) {
		struct cpus *cpus = build(&models[i]);
		g_autoptr(GPtrArray) reasons = reasons_new();
		g_autoptr(GError) error = NULL;
		struct placement placement = { 0 };

		g_assert_true(placement_choose(cpus, 0, models[i].card_node, &placement, reasons,
					       &error));
		for (guint e = 0; e < G_N_ELEMENTS(expected); e++) {
			if (g_str_equal(expected[e].name, models[i].name))
				g_assert_cmpuint(placement.vcpu->len, ==, expected[e].vcpus);
		}
		placement_clear(&placement);
		discard(cpus);
	}
}

/* A user who asks for too much must learn how much there is. */
static void test_refusal_has_numbers(void)
{
	struct cpus *cpus = build(&models[7]);
	g_autoptr(GPtrArray) reasons = reasons_new();
	g_autoptr(GError) error = NULL;
	struct placement placement = { 0 };

	g_assert_false(placement_choose(cpus, 12, -1, &placement, reasons, &error));
	g_assert_nonnull(strstr(error->message, "12 vCPUs"));
	g_assert_nonnull(strstr(error->message, "8 is the most"));
	discard(cpus);
}

static gint64 processor_microseconds(void)
{
	struct timespec now = { 0 };

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (gint64)now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1000;
}

/* The largest machines must not make anybody wait: 512 threads, 10 ms are promised. The limit
 * here leaves room for sanitizers and emulation; it catches growth that is not about N * N. */
static void test_large_is_quick(void)
{
	struct cpus *cpus = g_new0(struct cpus, 1);
	const guint64 kib = 32768;
	gint64 worst = 0;

	cpus->cpu = g_array_new(FALSE, FALSE, sizeof(struct cpu));
	cpus->l3_kib = g_array_new(FALSE, FALSE, sizeof(guint64));
	for (guint i = 0; i < 512; i++) {
		struct cpu cpu = { i, i % 256, i / 256, i % 256 / 8, i % 256 / 128, 0 };

		g_array_append_val(cpus->cpu, cpu);
	}
	for (guint i = 0; i < 32; i++)
		g_array_append_val(cpus->l3_kib, kib);
	cpus->cores = 256;
	cpus->l3s = 32;
	cpus->nodes = 2;
	cpus->kinds = 1;
	for (guint n = 1; n <= 508; n += 13) {
		g_autoptr(GPtrArray) reasons = reasons_new();
		struct placement placement = { 0 };
		gint64 start = processor_microseconds();

		g_assert_true(placement_choose(cpus, n, 1, &placement, reasons, NULL));
		worst = MAX(worst, processor_microseconds() - start);
		placement_clear(&placement);
	}
	g_test_message("the slowest of 512 threads took %" G_GINT64_FORMAT " us", worst);
	g_assert_cmpint(worst, <, 200000);
	discard(cpus);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (guint i = FIRST_WITH_CORES; i < G_N_ELEMENTS(models); i++) {
		g_autofree char *path = g_strdup_printf("/placement/best/%s", models[i].name);

		g_test_add_data_func(path, &models[i], test_brute_force);
	}
	g_test_add_func("/placement/one-core", test_one_core);
	g_test_add_func("/placement/default", test_default);
	g_test_add_func("/placement/refusal-has-numbers", test_refusal_has_numbers);
	g_test_add_func("/placement/large-is-quick", test_large_is_quick);
	return g_test_run();
}
