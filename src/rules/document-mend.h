/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "rules/document.h"

/* Inside the document reader: well-formed text made of text that is not. */

/* Where a start tag stands in the text that was given. */
struct tag_place {
	guint offset, length; /* length 0: it does not stand there */
};

struct mended {
	GString *text;     /* well-formed, unless there was no element at all */
	GArray *places;    /* struct tag_place of each start tag in @text, in order */
	GPtrArray *losses; /* struct loss whose line is an offset still, column 0 */
};

void mended_free(struct mended *mended);
AUTOPTR_DEFINE(mended)

/* document_mend - @text must be valid UTF-8 */
struct mended *document_mend(const char *text, gsize length);

/* loss_new - at an offset; loss_note() adds to the one of its kind, or makes it */
void loss_note(GPtrArray *losses, enum loss_kind kind, guint offset, const char *what);

/* element_parents - where an element may stand, nearest home first; NULL: anywhere */
const char *const *element_parents(const char *name, const GPtrArray *attributes);
