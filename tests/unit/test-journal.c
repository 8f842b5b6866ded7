/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "core/error.h"
#include "handover/journal.h"
#include "handover/record.h"

/*
 * A journal makes root write to the host, so what cannot be understood must be an error with file
 * and line, and what was torn by a kill must be no error.
 */
#define UUID "6f9619ff-8b86-d011-b42d-00cf4fc964ff"
#define PATH "/run/hotseat/" UUID ".journal"
#define HEADER "hotseat-journal 1 " UUID " win%2011 123 456 1234:1111@00.0 0000:01:00.0\n"
#define BEGIN "begin 0 bind 0000:01:00.0 id=1234:1111 group=12 driver=bochs-drm override=\n"
#define WHOLE HEADER BEGIN "done 0\nlent\nhook\nundo 7 8\nundone 0\n"

static struct journal *parse(const char *text, gsize length, GError **error)
{
	return journal_parse(text, length, UUID, PATH, error);
}

static void test_reads_what_it_says(void)
{
	autoptr(journal) journal = parse(WHOLE, strlen(WHOLE), NULL);
	const struct journal_entry *entry;

	g_assert_nonnull(journal);
	g_assert_cmpstr(journal->name, ==, "win 11");
	g_assert_cmpstr(journal->card, ==, "1234:1111@00.0");
	g_assert_cmpstr(journal->functions[0], ==, "0000:01:00.0");
	g_assert_null(journal->functions[1]);
	g_assert_true(journal->lent && journal->hook && journal->undoing);
	g_assert_cmpint(journal->worker, ==, 7);
	g_assert_cmpuint(journal->length, ==, strlen(WHOLE));
	entry = g_ptr_array_index(journal->entries, 0);
	g_assert_true(entry->done && entry->undone);
	g_assert_cmpstr(step_get(entry->step, "driver"), ==, "bochs-drm");
	g_assert_cmpstr(step_get(entry->step, "override"), ==, "");
	g_assert_null(step_get(entry->step, "nothing"));
}

/* Cut at any byte, it is a journal with the whole lines before the cut. */
static void test_truncated_at_every_byte(void)
{
	for (gsize length = 0; length <= strlen(WHOLE); length++) {
		g_autofree char *text = g_memdup2(WHOLE, length == 0 ? 1 : length);
		g_autoptr(GError) error = NULL;
		autoptr(journal) journal = parse(text, length, &error);
		gsize whole = length;

		while (whole > 0 && WHOLE[whole - 1] != '\n')
			whole--;
		g_assert_no_error(error);
		g_assert_cmpuint(journal->length, ==, whole);
		g_assert_true(journal->torn == (whole != length));
		g_assert_true(journal->started == (whole >= strlen(HEADER)));
		g_assert_cmpuint(journal->entries->len, ==, whole >= strlen(HEADER BEGIN) ? 1 : 0);
	}
}

/* Each byte, each value: no crash; an error names file and line; a step passes its kind's check. */
static void test_every_byte_changed(void)
{
	guint refused = 0;

	for (gsize at = 0; at < strlen(WHOLE); at++) {
		for (guint value = 0; value < 256; value++) {
			g_autofree char *text = g_strdup(WHOLE);
			g_autoptr(GError) error = NULL;
			autoptr(journal) journal = NULL;
			const char *why = NULL;

			text[at] = (char)value;
			journal = parse(text, strlen(WHOLE), &error);
			if (journal == NULL) {
				g_assert_true(hotseat_error_is(error, HOTSEAT_ERROR_UNREADABLE));
				g_assert_nonnull(strstr(error->message, PATH));
				g_assert_nonnull(strstr(error->message, "line "));
				refused++;
			}
			for (guint i = 0; journal != NULL && i < journal->entries->len; i++) {
				const struct journal_entry *entry =
					g_ptr_array_index(journal->entries, i);

				g_assert_true(entry->step->kind->check(entry->step, &why));
			}
		}
	}
	g_test_message("%u changes, %u refused", (guint)strlen(WHOLE) * 256, refused);
	g_assert_cmpuint(refused, >, 10000);
}

static void test_refuses(void)
{
	static const char *const bad[] = {
		"\n",
		BEGIN,
		HEADER HEADER,
		"hotseat-journal 2 " UUID " a 1 2 b c\n",
		"hotseat-journal 1 7f9619ff-8b86-d011-b42d-00cf4fc964ff a 1 2 b c\n",
		"hotseat-journal 1 " UUID " a 1\n",
		HEADER "begin 1 bind 0000:01:00.0 id=a group=1 driver= override=\n",
		HEADER "begin 0 sing 0000:01:00.0 id=a group=1 driver= override=\n",
		HEADER "begin 0 bind ../../../etc id=a group=1 driver= override=\n",
		HEADER "begin 0 bind 0000:01:00.0/ id=a group=1 driver= override=\n",
		HEADER "begin 0 bind 0000:01:00.0 id=a group=1 driver=..%2fx override=\n",
		HEADER "begin 0 bind 0000:01:00.0 id=a group=1 driver=.. override=\n",
		HEADER "begin 0 bind 0000:01:00.0 id=a group=../1 driver= override=\n",
		HEADER "begin 0 bind 0000:01:00.0 id=a group=1 driver= override=a%0ab\n",
		HEADER "begin 0 bind 0000:01:00.0 id=a group=1 driver= driver=\n",
		HEADER "begin 0 bind 0000:01:00.0 id=a group=1 driver=\n",
		HEADER "begin 0 bind 0000:01:00.0 id=a group= driver= override=\n",
		HEADER "begin 0 bind 0000:01:00.0 id=a group=1 driver=%ff override=\n",
		HEADER "begin 0 bind 0000:01:00.0 id=a group=1 driver=%00 override=\n",
		HEADER "begin 0 bind 0000:01:00.0 id=a group=1 driver=%zz override=\n",
		HEADER "done 0\n",
		HEADER BEGIN "done 1\n",
		HEADER BEGIN "done 0\ndone 0\n",
		HEADER BEGIN "lent\n",
		HEADER BEGIN "done 0\nlent\n" BEGIN,
		HEADER BEGIN "done 99999999999999999999\n",
		HEADER "\n",
		HEADER "done 0", /* and a NUL, below */
	};

	for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
		gboolean last = i == G_N_ELEMENTS(bad) - 1;
		g_autoptr(GString) text = g_string_new(bad[i]);
		g_autoptr(GError) error = NULL;
		autoptr(journal) journal = NULL;

		if (last)
			g_string_append_len(text, "\0\n", 2);
		journal = parse(text->str, text->len, &error);
		if (journal != NULL)
			g_error("taken for good: %s", bad[i]);
		g_assert_true(hotseat_error_is(error, HOTSEAT_ERROR_UNREADABLE));
	}
}

#define MACHINE_HEADER "hotseat-journal 1 machine machine 1 2 machine\n"
#define MACHINE_BEGIN "begin 0 governor policy0 former=powersave\n"
#define CLAIM "claim 0 " UUID " performance\n"

/* The machine's: baselines, and what each guest wants. */
static void test_machine(void)
{
	static const char text[] = MACHINE_HEADER MACHINE_BEGIN CLAIM "value 0 performance\n";
	static const char *const bad[] = {
		MACHINE_HEADER BEGIN,
		MACHINE_HEADER "begin 0 governor ../x former=powersave\n",
		MACHINE_HEADER "begin 0 governor policy0 former=../x\n",
		MACHINE_HEADER "begin 0 hugepages node0/../x former=1\n",
		MACHINE_HEADER "begin 0 hugepages node0/2048kB former=-1\n",
		MACHINE_HEADER "begin 0 service --force.service former=active\n",
		MACHINE_HEADER "begin 0 service a/b.service former=active\n",
		MACHINE_HEADER "begin 0 cpus user.slice former=all\n",
		MACHINE_HEADER "begin 0 hold everything former=free\n",
		MACHINE_HEADER CLAIM,
		MACHINE_HEADER MACHINE_BEGIN "claim 0 nobody performance\n",
		MACHINE_HEADER MACHINE_BEGIN "claim 0 " UUID " a/b\n",
		MACHINE_HEADER MACHINE_BEGIN "claim 0 " UUID "\n",
		MACHINE_HEADER MACHINE_BEGIN "value 0 a/b\n",
		MACHINE_HEADER MACHINE_BEGIN "undone 0\n" CLAIM,
		MACHINE_HEADER MACHINE_BEGIN "release 1 " UUID "\n",
	};
	autoptr(journal) journal =
		journal_parse(text, strlen(text), JOURNAL_MACHINE, "machine", NULL);
	const struct journal_entry *entry;
	g_autoptr(GError) guests = NULL;

	g_assert_nonnull(journal);
	entry = g_ptr_array_index(journal->entries, 0);
	g_assert_cmpstr(journal_entry_claim(entry, UUID), ==, "performance");
	g_assert_cmpuint(entry->values->len, ==, 1);
	for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autoptr(GError) error = NULL;

		if (journal_parse(bad[i], strlen(bad[i]), JOURNAL_MACHINE, "machine", &error))
			g_error("taken for good: %s", bad[i]);
		g_assert_true(hotseat_error_is(error, HOTSEAT_ERROR_UNREADABLE));
	}
	/* A guest's has no claims. */
	g_assert_null(parse(HEADER BEGIN CLAIM, strlen(HEADER BEGIN CLAIM), &guests));
}

/* Any text survives, and none can end a line or a word. */
static void test_words(void)
{
	static const char *const texts[] = { "win 11", "a=b", "a\nb", "100%", "größe", "%0a", "+" };

	for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autoptr(GString) record = g_string_new(NULL);
		g_autofree char *back = NULL;

		record_add(record, texts[i]);
		g_assert_true(record->str[0] == ' ' && strpbrk(record->str + 1, " =\n") == NULL);
		back = record_word(record->str + 1);
		g_assert_cmpstr(back, ==, texts[i]);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/journal/reads-what-it-says", test_reads_what_it_says);
	g_test_add_func("/journal/truncated-at-every-byte", test_truncated_at_every_byte);
	g_test_add_func("/journal/every-byte-changed", test_every_byte_changed);
	g_test_add_func("/journal/refuses", test_refuses);
	g_test_add_func("/journal/machine", test_machine);
	g_test_add_func("/journal/words", test_words);
	return g_test_run();
}
