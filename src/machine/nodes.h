/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "core/root.h"

/* The memory of one NUMA node. */
struct node_memory {
	guint node; /* the kernel's number */
	guint64 total_kib;
	guint64 available_kib; /* free, or a cache of files that can be dropped: an estimate */
};

/* nodes_read - array of struct node_memory, by node; empty: one node, or not known */
GArray *nodes_read(const struct root *root);

/* nodes_find - the node with this number, or NULL; @nodes may be NULL */
const struct node_memory *nodes_find(const GArray *nodes, guint node);
