/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuzz.h"
#include "machine/card.h"
#include "machine/listing.h"

/* What people paste: found functions have addresses that we can read again. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *text = g_strndup((const char *)data, size);
	g_autoptr(GPtrArray) devices = listing_parse(text, NULL);
	g_autoptr(GPtrArray) cards = NULL;

	if (devices == NULL)
		return 0;
	for (guint i = 0; i < devices->len; i++) {
		struct pcidev *dev = g_ptr_array_index(devices, i);

		g_assert_true(pcidev_find(devices, dev->address) == dev);
		if (dev->path == NULL)
			dev->path = g_strdup(dev->address);
		if (dev->name == NULL)
			dev->name = g_strdup("");
	}
	cards = card_find_all(devices, TRUE);
	for (guint i = 0; i < cards->len; i++) {
		const struct card *card = g_ptr_array_index(cards, i);

		g_assert_true(card_fingerprint_equal(card->fingerprint, card->fingerprint));
	}
	return 0;
}
