/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "machine/bars.h"

#include <stdio.h>

/* Linux include/linux/ioport.h; sysfs shows the flags as they are */
#define RESOURCE_MEMORY 0x00000200u
#define RESOURCE_PREFETCH 0x00002000u
#define RESOURCE_MEMORY_64 0x00100000u
#define N_BARS 6
#define REBAR_MAX_BIT 43 /* 8 EiB; PCI Express 6.0, 7.8.6.2 */

static gboolean parse_line(const char *line, struct bar *bar)
{
	unsigned long long start, end, flags;

	if (sscanf(line, "%llx %llx %llx", &start, &end, &flags) != 3 || end <= start ||
	    (flags & RESOURCE_MEMORY) == 0)
		return FALSE;
	bar->start = start;
	bar->size = end - start + 1;
	bar->prefetchable = (flags & RESOURCE_PREFETCH) != 0;
	bar->wide = (flags & RESOURCE_MEMORY_64) != 0;
	return TRUE;
}

/* Source: Linux Documentation/ABI/testing/sysfs-bus-pci, resourceN_resize (since 6.1) */
GArray *bars_read(const struct root *root, const struct pcidev *dev)
{
	GArray *bars = g_array_new(FALSE, TRUE, sizeof(struct bar));
	g_autofree char *text =
		root_read(root, NULL, "sys/bus/pci/devices/%s/resource", dev->address);
	g_auto(GStrv) lines = g_strsplit(text == NULL ? "" : text, "\n", -1);

	for (guint i = 0; i < N_BARS && lines[i] != NULL; i++) {
		struct bar bar = { .number = i };

		if (!parse_line(lines[i], &bar))
			continue;
		/* the file is there for BARs that can be resized only */
		if (!root_read_number(root, 16, &bar.sizes, NULL,
				      "sys/bus/pci/devices/%s/resource%u_resize", dev->address, i))
			bar.sizes = 0;
		g_array_append_val(bars, bar);
	}
	return bars;
}

guint64 bar_largest(const struct bar *bar)
{
	guint64 largest = bar->size;

	for (guint bit = 0; bit <= REBAR_MAX_BIT; bit++) {
		guint64 size = (guint64)1 << (20 + bit);

		if ((bar->sizes >> bit & 1) != 0 && size > largest)
			largest = size;
	}
	return largest;
}
