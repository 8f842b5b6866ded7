/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/games.h"

static const struct game table[] = {
#include "games.inc"
};

const struct game *games_table(gsize *n)
{
	*n = G_N_ELEMENTS(table);
	return table;
}

char *games_summary(void)
{
	return g_strdup_printf("%zu games are known to refuse virtual machines: see " HOTSEAT_DOCDIR
			       "/games.md",
			       G_N_ELEMENTS(table));
}
