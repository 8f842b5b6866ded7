/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "core/root.h"

/* The pages of one size on one NUMA node; every node has a pool of every size, mostly empty. */
struct hugepages {
	guint node;
	guint64 page_kib;
	guint64 total, free;
};

/* hugepages_read - array of struct hugepages, by node, then size; empty: none, or not known */
GArray *hugepages_read(const struct root *root);
