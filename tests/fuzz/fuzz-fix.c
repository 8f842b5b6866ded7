/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "fix/fix.h"
#include "fuzz.h"
#include "strangers.h"

/* What was mended needs no mending. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char all[] = "all";
	char *also[] = { all, NULL };
	const struct fix_wish wish = { .also = also, .machine = strangers_machine() };
	autoptr(fixed) once = fix((const char *)data, size, &wish, NULL);
	autoptr(fixed) twice = NULL;

	if (once == NULL || once->changes->len == 0)
		return 0;
	twice = fix(once->text, strlen(once->text), &wish, NULL);
	g_assert_nonnull(twice);
	g_assert_cmpuint(twice->changes->len, ==, 0);
	g_assert_cmpstr(twice->text, ==, once->text);
	return 0;
}
