/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "handover/journal.h"

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

/* journal_entry_new - an entry for a step, which is taken over */
struct journal_entry *journal_entry_new(struct step *step);

/* journal_entry_claims - what a guest wants, in place of what it wanted; NULL: nothing any more */
void journal_entry_claims(struct journal_entry *entry, const char *uuid, const char *want);
