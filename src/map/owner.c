/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "map/owner.h"

static gboolean contains(const GArray *ids, guint id)
{
	for (guint i = 0; i < ids->len; i++) {
		if (g_array_index(ids, guint, i) == id)
			return TRUE;
	}
	return FALSE;
}

int owner_of_cpu(const GPtrArray *plans, guint id)
{
	for (guint i = 0; i < plans->len; i++) {
		const struct plan *plan = plans->pdata[i];

		if (contains(plan->placement.vcpu, id))
			return (int)i;
	}
	for (guint i = 0; i < plans->len; i++) {
		const struct plan *plan = plans->pdata[i];

		if (contains(plan->placement.emulator, id) ||
		    contains(plan->placement.iothread, id))
			return OWNER_EMULATOR;
	}
	return OWNER_HOST;
}

int owner_of_card(const GPtrArray *plans, const struct card *card)
{
	for (guint i = 0; i < plans->len; i++) {
		if (g_ptr_array_find(((const struct plan *)plans->pdata[i])->cards, card, NULL))
			return (int)i;
	}
	return OWNER_HOST;
}

/* The letter of the emulator is small, so that it cannot be taken for a fifth guest's. */
char *owner_mark(int owner)
{
	if (owner == OWNER_HOST)
		return g_strdup("");
	if (owner == OWNER_EMULATOR)
		return g_strdup("e");
	if (owner < 26)
		return g_strdup_printf("%c", 'A' + owner);
	return g_strdup_printf("%c%c", 'A' + owner / 26 - 1, 'A' + owner % 26);
}
