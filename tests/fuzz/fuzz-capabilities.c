/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuzz.h"
#include "monitor/capabilities.h"

/* Whatever a monitor says: each value once, and none that is not there. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *text = g_strndup((const char *)data, size);
	g_autoptr(GBytes) inputs = capabilities_inputs(text);
	gsize n = 0;
	const guint8 *values = g_bytes_get_data(inputs, &n);
	gboolean seen[256] = { FALSE };

	g_assert_cmpuint(n, <=, size / 2);
	for (gsize i = 0; i < n; i++) {
		g_assert_false(seen[values[i]]);
		seen[values[i]] = TRUE;
	}
	return 0;
}
