/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuzz.h"
#include "handover/journal.h"

static void parse(const char *text, gsize size, const char *name)
{
	g_autoptr(GError) error = NULL;
	autoptr(journal) journal = journal_parse(text, size, name, "journal", &error);

	g_assert_true((journal == NULL) == (error != NULL));
}

/* A journal lies in a folder of root's, but it makes root write to the host. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *text = g_strndup((const char *)data, size);

	parse(text, size, "c7a5fdbd-edaf-9455-926a-d65c16db1809");
	parse(text, size, JOURNAL_MACHINE);
	return 0;
}
