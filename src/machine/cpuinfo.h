/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "core/root.h"

/*
 * proc/cpuinfo repeats itself for every processor, and the live kernel asks each one for its
 * frequency to print it. The first one says what all have in common, and only that is read.
 */

/* cpuinfo_read - the text about the first processor or few; NULL: not known */
char *cpuinfo_read(const struct root *root);

/* cpuinfo_value - what follows "KEY :" in its first line of that name; newly allocated or NULL */
char *cpuinfo_value(const char *cpuinfo, const char *key);
