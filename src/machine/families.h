/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "machine/pcidev.h"

/* Families of cards that are known to come back badly from a guest, from data/cards.tsv. */
struct family {
	const char *vendor, *first, *last; /* hexadecimal, both ends of the range included */
	const char *name;                  /* "Navi 10" */
	const char *trait;                 /* FAMILY_VENDOR_RESET or FAMILY_RESET_TROUBLE */
	const char *source, *date;
};

#define FAMILY_VENDOR_RESET "vendor-reset"
#define FAMILY_RESET_TROUBLE "reset-trouble"

/* families_find - the family of a display function, or NULL: nothing is known against it */
const struct family *families_find(const struct pcidev *dev);

/* families_table - all of them, for tests and documents */
const struct family *families_table(gsize *n);
