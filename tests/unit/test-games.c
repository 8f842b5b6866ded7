/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "rules/games.h"

/* The data file's linter: nothing goes in without an address and a date, and nothing twice. */
static void test_file(void)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
	gsize n = 0;
	const struct game *games = games_table(&n);

	g_assert_cmpuint(n, >, 5);
	for (gsize i = 0; i < n; i++) {
		g_test_message("%s", games[i].name);
		g_assert_true(g_hash_table_add(seen, (gpointer)(guintptr)games[i].name));
		g_assert_cmpuint(strlen(games[i].guard), >, 0);
		g_assert_cmpuint(strlen(games[i].effect), >, 0);
		g_assert_true(g_str_has_prefix(games[i].source, "https://"));
		g_assert_null(strpbrk(games[i].source, " |"));
		g_assert_true(
			g_regex_match_simple("^20[0-9]{2}-(0[1-9]|1[0-2])$", games[i].date, 0, 0));
	}
}

static void test_summary(void)
{
	g_autofree char *summary = games_summary();

	g_assert_nonnull(strstr(summary, "games.md"));
	g_assert_null(strchr(summary, '\n'));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/games/file", test_file);
	g_test_add_func("/games/summary", test_summary);
	return g_test_run();
}
