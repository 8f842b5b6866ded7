/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "core/table.h"

/* Columns must line up for names with letters of more than one byte; users paste these tables. */
static void test_columns_line_up(void)
{
	autoptr(table) table = table_new("NAME", "CARD", NULL);
	g_autofree char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	table_add(table, "größe", "01:00.0");
	table_add(table, NULL, "x");
	table_print(table, out);
	fclose(out);
	g_assert_cmpstr(text, ==, "NAME   CARD\ngröße  01:00.0\n-      x\n");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/table/columns-line-up", test_columns_line_up);
	return g_test_run();
}
