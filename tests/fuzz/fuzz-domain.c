/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuzz.h"
#include "guest/domain.h"

/* A domain's XML comes from other programs, and from a hook's standard input. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *text = g_strndup((const char *)data, size);
	g_autoptr(GError) error = NULL;
	autoptr(domain_facts) facts = domain_facts_parse(text, &error);

	g_assert_true((facts == NULL) == (error != NULL));
	return 0;
}
