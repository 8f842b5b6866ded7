/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <glib.h>

/*
 * What a message becomes on its way to us: a terminal colours it, a web page writes fine quotes
 * and entities, a service's log escapes quotes, a mail quotes it, people put it in backticks.
 */

/* plain_unclean - a text without any of these has words in plain letters; NULL-terminated */
extern const char *const plain_unclean[];

/*
 * plain_append - the words of a line: in lower case, one space between them, straight quotes, no
 * colours, and no mark of a quotation at its beginning
 */
void plain_append(GString *to, const char *text, gsize length);
