/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <glib.h>

/*
 * Real data by strangers, which carries no licence to be part of the project: a folder beside it,
 * or where HOTSEAT_CORPUS says. Tests that want it skip, and say so, where it is not.
 */

/* corpus_path - full path of something in the corpus; NULL if it is not there */
char *corpus_path(const char *name);

/* corpus_read - text of a file in the corpus; NULL if it is not there */
char *corpus_read(const char *name);

/* corpus_list - sorted names in a folder of the corpus; NULL if it is not there */
char **corpus_list(const char *name);
