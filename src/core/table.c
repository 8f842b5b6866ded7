/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/table.h"

#include <stdarg.h>

struct table {
	guint columns;
	GPtrArray *cells; /* row by row, headings first */
};

static void add_cell(struct table *table, const char *text)
{
	g_ptr_array_add(table->cells, g_strdup(text == NULL ? "-" : text));
}

struct table *table_new(const char *heading, ...)
{
	struct table *table = g_new0(struct table, 1);
	va_list args;

	table->cells = g_ptr_array_new_with_free_func(g_free);
	va_start(args, heading);
	for (; heading != NULL; heading = va_arg(args, const char *)) {
		add_cell(table, heading);
		table->columns++;
	}
	va_end(args);
	return table;
}

void table_free(struct table *table)
{
	if (table == NULL)
		return;
	g_ptr_array_unref(table->cells);
	g_free(table);
}

void table_add(struct table *table, ...)
{
	va_list args;

	va_start(args, table);
	for (guint i = 0; i < table->columns; i++)
		add_cell(table, va_arg(args, const char *));
	va_end(args);
}

static glong cell_width(const struct table *table, guint cell)
{
	const char *text = g_ptr_array_index(table->cells, cell);
	glong width = g_utf8_strlen(text, -1);

	return MAX(width, 0);
}

void table_print(const struct table *table, FILE *out)
{
	g_autofree glong *widths = g_new0(glong, table->columns);

	for (guint i = 0; i < table->cells->len; i++)
		widths[i % table->columns] = MAX(widths[i % table->columns], cell_width(table, i));

	for (guint i = 0; i < table->cells->len; i++) {
		guint column = i % table->columns;

		fputs(g_ptr_array_index(table->cells, i), out);
		if (column + 1 == table->columns)
			fputc('\n', out);
		else
			fprintf(out, "%*s", (int)(widths[column] - cell_width(table, i)) + 2, "");
	}
}
