/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <glib.h>

/*
 * The words of a journal's lines: separated by one blank, escaped as in URIs (%20), so that a value
 * can hold anything but a NUL byte, and a line is one record whatever is in it.
 */
void record_add(GString *record, const char *word);
void record_add_number(GString *record, guint64 number);
/* record_add_pair - "key=value"; the value may be empty */
void record_add_pair(GString *record, const char *key, const char *value);

/* record_word - the text of an escaped word; NULL if it is not UTF-8 or badly escaped */
char *record_word(const char *escaped);
