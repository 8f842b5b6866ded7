/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "core/autoptr.h"
#include "core/known.h"
#include "core/root.h"

/* Sizes in KiB, from proc/meminfo. */
struct memory {
	guint64 total_kib;
	guint64 available_kib; /* what could be had now without swapping */
	guint64 hugepage_kib;  /* default size of huge pages; 0: none */
	guint64 hugepages_total, hugepages_free;
	enum known transparent; /* transparent huge pages: always or madvise */
};

gboolean memory_read(const struct root *root, struct memory *memory, GError **error);
