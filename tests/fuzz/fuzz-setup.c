/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "fuzz.h"
#include "machine/ledger.h"
#include "setup/words.h"

/* Where kernel arguments stand: no word that was read has a blank, and a value is set once. */
static void read_words(const char *text)
{
	g_autoptr(GPtrArray) words = words_of_line(text);
	guint count;

	words_of_grub(text, words);
	for (guint i = 0; i < words->len; i++)
		g_assert_null(strpbrk(g_ptr_array_index(words, i), " \t\r\n"));
	words_set(words, "vfio-pci.ids=1:2");
	count = words->len;
	words_set(words, "vfio_pci.ids=3:4");
	g_assert_cmpuint(words->len, ==, count);
}

/* What is no id must never come into a boot menu. */
static void read_ids(const char *text)
{
	g_autofree char *ids = words_join_ids(text, "10de:1b80");

	g_assert_cmpuint(strspn(ids, "0123456789abcdefABCDEF:,"), ==, strlen(ids));
}

/* A ledger that is taken says the same when it is written and read again. */
static void read_ledger(const char *text, size_t size)
{
	g_autoptr(GError) error = NULL;
	autoptr(ledger) ledger = ledger_parse(text, size, &error);
	autoptr(ledger) again = NULL;
	g_autofree char *once = NULL;
	g_autofree char *twice = NULL;

	g_assert_true((ledger == NULL) == (error != NULL));
	if (ledger == NULL)
		return;
	once = ledger_text(ledger);
	again = ledger_parse(once, strlen(once), &error);
	g_assert_no_error(error);
	twice = ledger_text(again);
	g_assert_cmpstr(once, ==, twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *text = g_strndup((const char *)data, size);

	read_words(text);
	read_ids(text);
	read_ledger(text, strlen(text));
	return 0;
}
