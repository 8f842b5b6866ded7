/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "machine/pcidev.h"

/* Families of cards that come back from a guest in a way of their own, from data/cards.tsv. */
struct family {
	const char *vendor, *first, *last; /* hexadecimal, both ends of the range included */
	const char *name;                  /* "Navi 10" */
	const char *trait;                 /* one of FAMILY_... */
	const char *source, *date;
};

#define FAMILY_VENDOR_RESET "vendor-reset"
#define FAMILY_RESET_TROUBLE "reset-trouble"
#define FAMILY_QEMU_RESETS "qemu-resets"

/* families_find - the family of a display function, or NULL: it is none of them */
const struct family *families_find(const struct pcidev *dev);

/* families_table - all of them, for tests and documents */
const struct family *families_table(gsize *n);
