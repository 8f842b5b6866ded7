/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "machine/bars.h"
#include "machine/card.h"
#include "machine/families.h"
#include "machine/reset.h"
#include "machine/slot.h"

/* What is asked of a card beyond its place among the groups: listing devices does not need it. */
struct hardware {
	const struct card *card;     /* machine::cards */
	const struct family *family; /* NULL: of no family that is known to make trouble */
	struct reset *reset;
	struct slot *slot;         /* of the display function */
	GArray *bars;              /* struct bar, of the display function */
	GPtrArray *connectors;     /* struct connector */
	GPtrArray *holders;        /* struct holder: who had it open then */
	gboolean holders_complete; /* nobody's descriptors were hidden from us */
};

void hardware_free(struct hardware *hardware);
AUTOPTR_DEFINE(hardware)

/* hardware_read_all - array of struct hardware, one for each card, in their order */
GPtrArray *hardware_read_all(const struct root *root, const GPtrArray *devices,
			     const GPtrArray *cards);
