/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdio.h>

#include "core/autoptr.h"

/* Text in columns, for people. Widths are in characters, so UTF-8 lines up. */
struct table;

/* table_new - a table with these column headings; the last one NULL. Free with table_free(). */
struct table *table_new(const char *heading, ...) G_GNUC_NULL_TERMINATED;
void table_free(struct table *table);
AUTOPTR_DEFINE(table)

/* table_add - add a row: as many texts as there are headings; NULL prints as "-" */
void table_add(struct table *table, ...);

/* table_print - headings and rows, two blanks between columns, nothing after the last */
void table_print(const struct table *table, FILE *out);
