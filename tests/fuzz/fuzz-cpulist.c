/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuzz.h"
#include "machine/cpulist.h"
#include "machine/cpus.h"

/* A list of processors: in order, each once, and what we write of it reads the same. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *text = g_strndup((const char *)data, size);
	g_autoptr(GArray) list = cpulist_read(text);
	g_autoptr(GArray) again = NULL;
	g_autofree char *written = NULL;

	if (list == NULL)
		return 0;
	written = cpus_format(list);
	again = cpulist_read(written);
	g_assert_nonnull(again);
	g_assert_cmpmem(list->data, list->len * sizeof(guint), again->data,
			again->len * sizeof(guint));
	for (guint i = 0; i < list->len; i++) {
		guint cpu = g_array_index(list, guint, i);

		g_assert_cmpuint(cpu, <, CPULIST_MAX);
		g_assert_true(i == 0 || g_array_index(list, guint, i - 1) < cpu);
	}
	return 0;
}
