/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <glib.h>

/* What lint, fix and import have in common: texts from files, standard input and libvirt. */

/* judging_read_text - all of a file, "-" for standard input, bounded by what a document may have */
GBytes *judging_read_text(const char *path, GError **error);

/* judging_read_guest - the inactive XML of a guest of this machine */
GBytes *judging_read_guest(const char *name, GError **error);

/* judging_ask - a question that wants a yes; FALSE where nobody sits at a terminal */
gboolean judging_ask(const char *question);
