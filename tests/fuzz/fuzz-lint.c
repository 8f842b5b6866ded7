/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuzz.h"
#include "rules/lint.h"
#include "strangers.h"

/*
 * Domains, hooks and host configuration, pasted from wherever, judged against a machine. Forms are
 * the target schema's, and texts known for hooks and configuration the target hook's.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) findings =
		lint_judge((const char *)data, size, strangers_machine(), NULL, &error);

	g_assert_true((findings == NULL) == (error != NULL));
	return 0;
}
