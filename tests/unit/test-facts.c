/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "rules/facts.h"
#include "rules/rules.h"

/* A fact that got its rule must leave this list, or the page of rules says two things about it. */
static void test_file(void)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
	gsize n = 0;
	const struct fact *facts = facts_table(&n);
	const struct rule *rule;

	g_assert_cmpuint(n, >, 10);
	for (gsize i = 0; i < n; i++) {
		g_test_message("%s", facts[i].id);
		g_assert_true(g_regex_match_simple("^[A-Z]{2}-[0-9]{2}$", facts[i].id, 0, 0));
		g_assert_true(g_hash_table_add(seen, (gpointer)(guintptr)facts[i].id));
		g_assert_cmpuint(strlen(facts[i].words), >, 0);
		g_assert_cmpuint(strlen(facts[i].where), >, 0);
	}
	for (gsize i = 0; (rule = rules_host(i)) != NULL; i++)
		g_assert_false(g_hash_table_contains(seen, rule->id));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/facts/file", test_file);
	return g_test_run();
}
