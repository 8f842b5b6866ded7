/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "fix/import.h"
#include "fuzz.h"

/* What was mended needs no mending, and what was damaged becomes well-formed. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char all[] = "all";
	char *also[] = { all, NULL };
	const struct fix_wish wish = { .also = also };
	autoptr(fixed) once = fix((const char *)data, size, &wish, NULL);
	autoptr(foreign) foreign = foreign_read((const char *)data, size, NULL);

	if (once != NULL) {
		autoptr(fixed) twice = fix(once->text, strlen(once->text), &wish, NULL);

		g_assert_nonnull(twice);
		g_assert_cmpuint(twice->changes->len, ==, 0);
		g_assert_cmpstr(twice->text, ==, once->text);
	}
	if (foreign != NULL) {
		guint line, column;

		g_assert_null(document_defect(foreign->document, &line, &column));
	}
	return 0;
}
