/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <glib.h>

/**
 * streams_init - make standard input, output and error safe to have, whoever started us
 *
 * One that is closed is opened on nothing, and reading or writing it goes on failing: the next file
 * that is opened would get its number, and a journal or a file of the kernel's would be written
 * what was meant for a terminal. A reader of our output that goes away ends nothing either: a
 * handover that is under way must not be killed because somebody said "| head".
 */
void streams_init(void);

/**
 * streams_flush - was all that was printed taken?
 *
 * Return: TRUE, also where the reader went away by itself; FALSE with HOTSEAT_ERROR_FAILED.
 */
gboolean streams_flush(GError **error);

/* streams_abandoned - has the reader of standard output gone away? */
gboolean streams_abandoned(void);
