/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "machine/families.h"

static const struct family table[] = {
#include "cards.inc"
};

const struct family *families_table(gsize *n)
{
	*n = G_N_ELEMENTS(table);
	return table;
}

static gboolean is_hex(const char *text, guint64 number)
{
	return g_ascii_strtoull(text, NULL, 16) == number;
}

const struct family *families_find(const struct pcidev *dev)
{
	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		if (is_hex(table[i].vendor, dev->vendor) &&
		    dev->device >= g_ascii_strtoull(table[i].first, NULL, 16) &&
		    dev->device <= g_ascii_strtoull(table[i].last, NULL, 16))
			return &table[i];
	}
	return NULL;
}
