/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "machine/nodes.h"

#include <stdio.h>
#include <string.h>

#define NODES "sys/devices/system/node"

/* "Node 0 MemTotal:       32768 kB"; 0 if there is no such line */
static guint64 read_line(const char *text, const char *key)
{
	const char *line = strstr(text, key);

	return line != NULL ? g_ascii_strtoull(line + strlen(key), NULL, 10) : 0;
}

/* The kernel has no MemAvailable for nodes. Pages of tmpfs count as files and cannot be dropped. */
static guint64 estimate_available(const char *text)
{
	guint64 files = read_line(text, " FilePages:");
	guint64 kept = read_line(text, " Shmem:");

	return read_line(text, " MemFree:") + (files > kept ? files - kept : 0) +
	       read_line(text, " SReclaimable:");
}

GArray *nodes_read(const struct root *root)
{
	GArray *nodes = g_array_new(FALSE, TRUE, sizeof(struct node_memory));
	g_auto(GStrv) names = root_list(root, NULL, NODES);

	for (guint i = 0; names != NULL && names[i] != NULL; i++) {
		g_autofree char *text = NULL;
		struct node_memory node = { 0 };

		if (sscanf(names[i], "node%u", &node.node) != 1)
			continue;
		text = root_read(root, NULL, NODES "/%s/meminfo", names[i]);
		if (text == NULL)
			continue;
		node.total_kib = read_line(text, " MemTotal:");
		node.available_kib = estimate_available(text);
		if (node.total_kib > 0)
			g_array_append_val(nodes, node);
	}
	return nodes;
}

const struct node_memory *nodes_find(const GArray *nodes, guint node)
{
	for (guint i = 0; nodes != NULL && i < nodes->len; i++) {
		const struct node_memory *found = &g_array_index(nodes, struct node_memory, i);

		if (found->node == node)
			return found;
	}
	return NULL;
}
