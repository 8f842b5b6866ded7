/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>

#include "core/diff.h"

/* What diff -u says about the same two files. */
static void test_like_diff(void)
{
	g_autofree char *diff = diff_unified("a\nb\nc\nd\ne\nf\ng\nh\ni\nj\nk\nl\n",
					     "a\nb\nc\nD\ne\nf\ng\nh\ni\nj\nk\nl\nm", "x", "y");
	g_autofree char *first = diff_unified("", "a\n", "x", "y");
	g_autofree char *none = diff_unified("a\nb", "a\nb", "x", "y");

	g_assert_cmpstr(diff, ==,
			"--- x\n+++ y\n@@ -1,7 +1,7 @@\n a\n b\n c\n-d\n+D\n e\n f\n g\n"
			"@@ -10,3 +10,4 @@\n j\n k\n l\n+m\n\\ No newline at end of file\n");
	g_assert_cmpstr(first, ==, "--- x\n+++ y\n@@ -0,0 +1 @@\n+a\n");
	g_assert_cmpstr(none, ==, "");
}

/* One side of a diff: the lines of its hunks, and the other text's between them. */
static char *apply(const char *old_text, const char *diff)
{
	g_auto(GStrv) old_lines = g_strsplit(old_text, "\n", -1);
	g_auto(GStrv) lines = g_strsplit(diff, "\n", -1);
	g_autoptr(GString) out = g_string_new(NULL);
	guint at = 0;

	for (guint i = 2; lines[i] != NULL && lines[i][0] != '\0'; i++) {
		guint start = 0, count = 1;

		if (lines[i][0] == '@') {
			sscanf(lines[i], "@@ -%u,%u", &start, &count);
			for (; at + 1 < start + (count == 0 ? 1 : 0); at++)
				g_string_append_printf(out, "%s\n", old_lines[at]);
			continue;
		}
		if (lines[i][0] != '+')
			g_assert_cmpstr(lines[i] + 1, ==, old_lines[at++]);
		if (lines[i][0] != '-')
			g_string_append_printf(out, "%s\n", lines[i] + 1);
	}
	for (; old_lines[at] != NULL && old_lines[at][0] != '\0'; at++)
		g_string_append_printf(out, "%s\n", old_lines[at]);
	return g_string_free(g_steal_pointer(&out), FALSE);
}

static char *random_lines(guint most)
{
	GString *text = g_string_new(NULL);

	for (int n = g_test_rand_int_range(0, (gint)most); n > 0; n--)
		g_string_append_printf(text, "%c\n", 'a' + g_test_rand_int_range(0, 4));
	return g_string_free(text, FALSE);
}

/* A diff that does not lead from the one text to the other would be a lie about a user's file. */
static void test_applies(void)
{
	for (guint i = 0; i < 3000; i++) {
		g_autofree char *a = random_lines(i % 40 + 1);
		g_autofree char *b = random_lines(i % 40 + 1);
		g_autofree char *diff = diff_unified(a, b, "a", "b");
		g_autofree char *applied = diff[0] == '\0' ? g_strdup(a) : apply(a, diff);

		g_assert_cmpstr(applied, ==, b);
	}
}

/* Texts without a line in common, larger than the search goes. */
static void test_bounded(void)
{
	g_autoptr(GString) a = g_string_new(NULL);
	g_autoptr(GString) b = g_string_new(NULL);
	g_autofree char *diff = NULL, *applied = NULL;

	for (guint i = 0; i < 4000; i++) {
		g_string_append_printf(a, "a%u\n", i);
		g_string_append_printf(b, "b%u\n", i);
	}
	diff = diff_unified(a->str, b->str, "a", "b");
	applied = apply(a->str, diff);
	g_assert_cmpstr(applied, ==, b->str);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/diff/like-diff", test_like_diff);
	g_test_add_func("/diff/applies", test_applies);
	g_test_add_func("/diff/bounded", test_bounded);
	return g_test_run();
}
