/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/text.h"

#include <glib.h>
#include <stdlib.h>

static char *wrapped(const char *text, int indent, int column)
{
	char *out = NULL;
	size_t size;
	FILE *file = open_memstream(&out, &size);

	text_print_wrapped(file, text, indent, column);
	fclose(file);
	return out;
}

static void test_wrapped(void)
{
	g_autofree char *word = g_strnfill(TEXT_WIDTH + 5, 'x');
	g_autofree char *long_text = g_strdup_printf("a %s b", word);
	g_autofree char *exact = g_strnfill(TEXT_WIDTH - 4, 'y');
	g_autofree char *wanted = g_strdup_printf("a\n  %s\n  b\n", word);
	g_autofree char *fits = g_strdup_printf("%s\n    é\n", exact);
	g_autofree char *two = g_strdup_printf("%s é", exact);
	char *out = wrapped(long_text, 2, 0);

	g_assert_cmpstr(out, ==, wanted);
	free(out);
	out = wrapped(two, 4, 4);
	g_assert_cmpstr(out, ==, fits);
	free(out);
	out = wrapped("", 4, 4);
	g_assert_cmpstr(out, ==, "\n");
	free(out);
}

/* A recording is anybody's, and its names are printed: none of them may steer the terminal. */
static void test_disarm(void)
{
	g_autofree char *text = g_strdup("a\033[2Jb\tc\r\nd\302\2332Je\177\302\265");

	text_disarm(text);
	g_assert_cmpstr(text, ==, "a?[2Jb\tc \nd??2Je?\302\265");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/text/wrapped", test_wrapped);
	g_test_add_func("/text/disarm", test_disarm);
	return g_test_run();
}
