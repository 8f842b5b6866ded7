/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuzz.h"
#include "rules/config.h"
#include "strangers.h"

/*
 * Hooks, kernel arguments, modprobe.d and what else people put beside a domain: the first byte says
 * which, the others are the text.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *text =
		g_utf8_make_valid((const char *)data + (size > 0), (gssize)(size - (size > 0)));
	enum lint_kind kind = size > 0 ? data[0] % LINT_NOTHING : LINT_SCRIPT;
	g_autoptr(GPtrArray) alone = findings_new();
	g_autoptr(GPtrArray) judged = findings_new();

	config_judge(text, kind, NULL, alone);
	config_judge(text, kind, strangers_machine(), judged);
	g_assert_cmpuint(judged->len, >=, alone->len);
	return 0;
}
