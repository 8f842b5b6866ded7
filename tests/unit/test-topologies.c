/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "topologies.h"

/*
 * Real machines of two decades: what we read of each equals what hwloc or lscpu said of it. That
 * two cpus are of one core, one cache, one node must be said alike; how they are numbered may
 * differ.
 */
static GPtrArray *machines; /* struct topology; NULL: no corpus */

static gboolean skip_without_corpus(void)
{
	if (machines == NULL)
		g_test_skip("the corpus is not here");
	return machines == NULL;
}

static void check_cpu_numbers(const struct topology *machine)
{
	guint known = 0;

	for (guint i = 0; i < machine->answer->len; i++) {
		if (!g_array_index(machine->answer, struct answer, i).known)
			continue;
		known++;
		if (cpus_find(machine->cpus, i) == NULL)
			g_error("%s: cpu %u is missing", machine->name, i);
	}
	g_assert_cmpuint(known, >, 0);
	/* hwloc leaves out what a cgroup forbids, and we do not */
	if (machine->cpus->cpu->len != known)
		g_test_message("%s: %u cpus, %u in the answer", machine->name,
			       machine->cpus->cpu->len, known);
}

/*
 * A made-up machine whose nodes overlap, which hwloc was told to allow, and whose kinds differ in
 * one number only, which it was told to take for two kinds.
 */
static gboolean is_absurd(const struct topology *machine)
{
	return g_str_equal(machine->name, "fakeheterocpunuma");
}

/*
 * AMD's two kinds are told by a CPUID leaf that only newer versions of hwloc read. They have L3
 * caches of their own, the quick ones the larger, so that placement keeps them apart anyway.
 */
static gboolean kinds_are_too_new(const struct topology *machine)
{
	return g_str_has_prefix(machine->name, "AMD-1Ah-") && machine->cpus->kinds == 1;
}

static void check_pair(const struct topology *machine, guint a, guint b)
{
	const struct answer *x = &g_array_index(machine->answer, struct answer, a);
	const struct answer *y = &g_array_index(machine->answer, struct answer, b);
	const struct cpu *first = cpus_find(machine->cpus, a);
	const struct cpu *second = cpus_find(machine->cpus, b);

	if ((x->core == y->core) != (first->core == second->core))
		g_error("%s: cores of cpus %u and %u", machine->name, a, b);
	if (x->l3 != TOPOLOGY_NOWHERE && y->l3 != TOPOLOGY_NOWHERE &&
	    (x->l3 == y->l3) != (first->l3 == second->l3))
		g_error("%s: L3 of cpus %u and %u", machine->name, a, b);
	if (x->kind >= 0 && y->kind >= 0 && !is_absurd(machine) && !kinds_are_too_new(machine) &&
	    (x->kind == y->kind) != (first->kind == second->kind))
		g_error("%s: kinds of cpus %u and %u", machine->name, a, b);
}

static void check_machine(const struct topology *machine)
{
	if (machine->misread) {
		g_test_message("%s: this version of hwloc misreads CPUID", machine->name);
		return;
	}
	check_cpu_numbers(machine);
	for (guint a = 0; a < machine->answer->len; a++) {
		const struct answer *answer = &g_array_index(machine->answer, struct answer, a);

		if (!answer->known)
			continue;
		if (answer->node != TOPOLOGY_NOWHERE && !is_absurd(machine) &&
		    cpus_find(machine->cpus, a)->node != answer->node)
			g_error("%s: cpu %u is on node %u, not %u", machine->name, a, answer->node,
				cpus_find(machine->cpus, a)->node);
		for (guint b = 0; b < a; b++) {
			if (g_array_index(machine->answer, struct answer, b).known)
				check_pair(machine, a, b);
		}
	}
}

static void test_equals_other_tools(void)
{
	if (skip_without_corpus())
		return;
	for (guint i = 0; i < machines->len; i++)
		check_machine(machines->pdata[i]);
	g_test_message("%u machines", machines->len);
	g_assert_cmpuint(machines->len, ==, 47);
}

int main(int argc, char **argv)
{
	int status;

	g_test_init(&argc, &argv, NULL);
	machines = topologies_read();
	g_test_add_func("/topologies/equal-other-tools", test_equals_other_tools);
	status = g_test_run();
	g_clear_pointer(&machines, g_ptr_array_unref);
	return status;
}
