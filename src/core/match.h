/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "core/root.h"

/**
 * match_paths - the paths that fit a pattern
 * @pattern: each step but the first may have "*" and "?"
 *
 * Only names that fit a step with one are looked for, so what a path leads to may be missing.
 * Return: the paths below the root, in natural order, for g_strfreev(); empty for none.
 */
char **match_paths(const struct root *root, const char *pattern);
