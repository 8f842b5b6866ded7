/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "fuzz.h"
#include "machine/cpuinfo.h"
#include "machine/kernel.h"

/* A kernel command line and a cpuinfo, from the same bytes. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = { "iommu", "intel_iommu", "vfio-pci.ids", "a", "" };
	g_autofree char *text = g_strndup((const char *)data, size);
	struct kernel kernel = { .command_line = text };

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *argument = kernel_argument(&kernel, names[i]);
		g_autofree char *value = cpuinfo_value(text, names[i]);

		g_assert_true(argument == NULL || strlen(argument) <= size);
		g_assert_true(value == NULL || strlen(value) <= size);
	}
	return 0;
}
