/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "machine/pcidev.h"

/* The memory windows of a PCI function, and the sizes that it offers to have instead. */
struct bar {
	guint number; /* 0 to 5 */
	guint64 start, size;
	gboolean prefetchable, wide; /* wide: may be placed above 4 GiB */
	guint64 sizes; /* resizable BAR: bit 0 is 1 MiB, bit 1 is 2 MiB...; 0: of one size only */
};

/* bars_read - the memory BARs that are in use, a new array of struct bar; empty: none or unknown */
GArray *bars_read(const struct root *root, const struct pcidev *dev);

/* bar_largest - the largest size that it offers, in bytes; its own if it offers none */
guint64 bar_largest(const struct bar *bar);
