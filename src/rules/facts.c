/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/facts.h"

static const struct fact table[] = {
#include "facts.inc"
};

const struct fact *facts_table(gsize *n)
{
	*n = G_N_ELEMENTS(table);
	return table;
}
