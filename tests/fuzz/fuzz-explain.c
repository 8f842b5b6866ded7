/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuzz.h"
#include "rules/explain.h"

static GPtrArray *explained(const char *text, gsize length, gsize part)
{
	autoptr(explainer) explainer = explainer_new();

	for (gsize at = 0; at < length; at += part)
		explainer_feed(explainer, text + at, MIN(part, length - at));
	return explainer_finish(explainer);
}

/* A log: the first byte says in what pieces it comes, which makes no difference. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data + (size > 0);
	gsize length = size - (size > 0);
	gsize part = size > 0 ? 1 + data[0] : 1;
	g_autoptr(GPtrArray) whole = explained(text, length, G_MAXSIZE);
	g_autoptr(GPtrArray) parts = explained(text, length, part);

	g_assert_cmpuint(whole->len, ==, parts->len);
	for (guint i = 0; i < whole->len; i++) {
		const struct finding *a = g_ptr_array_index(whole, i);
		const struct finding *b = g_ptr_array_index(parts, i);

		g_assert_true(a->rule == b->rule);
		g_assert_cmpuint(a->line, ==, b->line);
		g_assert_cmpstr(a->evidence, ==, b->evidence);
		g_assert_true(g_utf8_validate(a->evidence, -1, NULL));
	}
	return 0;
}
