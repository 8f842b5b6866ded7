/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "machine/hugepages.h"

#include <stdio.h>

#define NODES "sys/devices/system/node"

static guint64 read_count(const struct root *root, const char *folder, const char *file)
{
	guint64 count = 0;

	return root_read_number(root, 10, &count, NULL, "%s/%s", folder, file) ? count : 0;
}

static void add_pools(const struct root *root, const char *folder, guint node, GArray *pools)
{
	g_auto(GStrv) names = root_list(root, NULL, "%s", folder);

	for (guint i = 0; names != NULL && names[i] != NULL; i++) {
		g_autofree char *pool = g_build_filename(folder, names[i], NULL);
		unsigned long kib;
		struct hugepages pages = { .node = node };

		if (sscanf(names[i], "hugepages-%lukB", &kib) != 1)
			continue;
		pages.page_kib = kib;
		pages.total = read_count(root, pool, "nr_hugepages");
		pages.free = read_count(root, pool, "free_hugepages");
		g_array_append_val(pools, pages);
	}
}

/* A kernel without NUMA has one set of pools, which is that of node 0. */
GArray *hugepages_read(const struct root *root)
{
	GArray *pools = g_array_new(FALSE, TRUE, sizeof(struct hugepages));
	g_auto(GStrv) names = root_list(root, NULL, NODES);

	for (guint i = 0; names != NULL && names[i] != NULL; i++) {
		g_autofree char *folder = g_strdup_printf(NODES "/%s/hugepages", names[i]);
		unsigned int node;

		if (sscanf(names[i], "node%u", &node) == 1)
			add_pools(root, folder, node, pools);
	}
	if (pools->len == 0)
		add_pools(root, "sys/kernel/mm/hugepages", 0, pools);
	return pools;
}
