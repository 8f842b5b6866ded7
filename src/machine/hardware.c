/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "machine/hardware.h"

#include "machine/displays.h"
#include "machine/holders.h"

void hardware_free(struct hardware *hardware)
{
	if (hardware == NULL)
		return;
	reset_free(hardware->reset);
	slot_free(hardware->slot);
	g_clear_pointer(&hardware->bars, g_array_unref);
	g_clear_pointer(&hardware->connectors, g_ptr_array_unref);
	g_clear_pointer(&hardware->holders, g_ptr_array_unref);
	g_free(hardware);
}

static void free_one(gpointer hardware)
{
	hardware_free(hardware);
}

GPtrArray *hardware_read_all(const struct root *root, const GPtrArray *devices,
			     const GPtrArray *cards)
{
	GPtrArray *all = g_ptr_array_new_with_free_func(free_one);

	for (guint i = 0; i < cards->len; i++) {
		struct hardware *hardware = g_new0(struct hardware, 1);
		const struct card *card = g_ptr_array_index(cards, i);

		hardware->card = card;
		hardware->family = families_find(card_display(card));
		hardware->reset = reset_read(root, devices, card);
		hardware->slot = slot_read(root, card_display(card));
		hardware->bars = bars_read(root, card_display(card));
		hardware->connectors = displays_read(root, card_display(card));
		hardware->holders = holders_read(root, card, &hardware->holders_complete);
		g_ptr_array_add(all, hardware);
	}
	return all;
}
