/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/size.h"
#include "machine/hugepages.h"
#include "plan/choose.h"
#include "plan/reason.h"

#define ORDINARY_PAGE_KIB 4

/* The node that all vCPUs are on; -1: they are on several. */
static int node_of_vcpus(const struct plan *plan)
{
	const GArray *vcpu = plan->placement.vcpu;
	int node = -1;

	for (guint i = 0; i < vcpu->len; i++) {
		int next = (int)cpus_find(plan->cpus, g_array_index(vcpu, guint, i))->node;

		if (i > 0 && next != node)
			return -1;
		node = next;
	}
	return node;
}

static int choose_node(const struct machine *machine, const struct plan *plan)
{
	int node = node_of_vcpus(plan);
	const struct node_memory *memory =
		node >= 0 ? nodes_find(machine->nodes, (guint)node) : NULL;
	g_autofree char *there = NULL;

	if (plan->cpus->nodes < 2)
		return node;
	if (node < 0) {
		reason_add(plan->reasons, "memory", NULL,
			   "on the nodes of its cores, which are several (MM-08)");
		return -1;
	}
	if (memory == NULL || memory->total_kib >= plan->memory_kib) {
		reason_add(plan->reasons, "memory", g_strdup("any node, slower by a half"),
			   "on NUMA node %d, where its cores are (MM-08)", node);
		return node;
	}
	there = size_format(memory->total_kib << 10);
	reason_add(plan->reasons, "memory", NULL,
		   "on several nodes, since node %d, where its cores are, has %s only (MM-08)",
		   node, there);
	return -1;
}

/* Free huge pages of this size on the node; on all, for -1. */
static guint64 free_kib(const GArray *pools, int node, guint64 page_kib)
{
	guint64 kib = 0;

	for (guint i = 0; i < pools->len; i++) {
		const struct hugepages *pool = &g_array_index(pools, struct hugepages, i);

		if (pool->page_kib == page_kib && (node < 0 || pool->node == (guint)node))
			kib += pool->free * page_kib;
	}
	return kib;
}

/* The largest size of which enough pages are reserved and free; 0: none. */
static guint64 reserved_page(const GArray *pools, int node, guint64 memory_kib)
{
	guint64 best = 0;

	for (guint i = 0; pools != NULL && i < pools->len; i++) {
		guint64 page_kib = g_array_index(pools, struct hugepages, i).page_kib;

		if (page_kib > best && memory_kib % page_kib == 0 &&
		    free_kib(pools, node, page_kib) >= memory_kib)
			best = page_kib;
	}
	return best;
}

/* What one guest has, the next one has not. */
static void take_pages(GArray *pools, int node, guint64 page_kib, guint64 memory_kib)
{
	guint64 pages = memory_kib / page_kib;

	for (guint i = 0; i < pools->len; i++) {
		struct hugepages *pool = &g_array_index(pools, struct hugepages, i);
		guint64 taken = MIN(pages, pool->free);

		if (pool->page_kib != page_kib || (node >= 0 && pool->node != (guint)node))
			continue;
		pool->free -= taken;
		pages -= taken;
	}
}

void choose_pages(const struct machine *machine, GArray *pools, struct plan *plan)
{
	g_autofree char *size = NULL;
	guint64 page_kib;

	plan->memory_node = choose_node(machine, plan);
	page_kib = reserved_page(pools, plan->memory_node, plan->memory_kib);
	plan->page_kib = page_kib != 0 ? page_kib : ORDINARY_PAGE_KIB;
	if (page_kib != 0) {
		take_pages(pools, plan->memory_node, page_kib, plan->memory_kib);
		size = size_format(page_kib << 10);
		reason_add(plan->reasons, "memory", g_strdup("ordinary pages"),
			   "in huge pages of %s, of which enough are reserved and free (MM-05)",
			   size);
	} else if (machine->memory.transparent == KNOWN_YES) {
		reason_add(
			plan->reasons, "memory",
			g_strdup("reserved huge pages, which are lost to the host all the time"),
			"in transparent huge pages, a fair substitute for reserved ones (MM-06)");
	} else {
		reason_add(plan->reasons, "memory", NULL,
			   "in ordinary pages: no huge ones are reserved, and transparent ones are "
			   "%s (MM-05, MM-06)",
			   machine->memory.transparent == KNOWN_NO ? "off" : "not known to be on");
	}
}
