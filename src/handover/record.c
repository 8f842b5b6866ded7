/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "handover/record.h"

#include <string.h>

#include "core/error.h"
#include "handover/share.h"

/*
 * Reading a journal. It lies in a folder of root's, but it makes root write to the host, and it may
 * be of another version or have been edited in despair: every byte is doubted. What cannot be
 * understood is an error that names file and line. Skipping it would mean to forget a change.
 */
#define RECORD_MAX_ENTRIES 1024
#define RECORD_MAX_WORDS 256
#define RECORD_VERSION "1"

void record_add(GString *record, const char *word)
{
	g_string_append_c(record, ' ');
	g_string_append_uri_escaped(record, word, ":/@,+", FALSE);
}

void record_add_number(GString *record, guint64 number)
{
	g_string_append_printf(record, " %" G_GUINT64_FORMAT, number);
}

void record_add_pair(GString *record, const char *key, const char *value)
{
	record_add(record, key);
	g_string_append_c(record, '=');
	g_string_append_uri_escaped(record, value, ":/@,+", FALSE);
}

char *record_word(const char *escaped)
{
	g_autofree char *text = g_uri_unescape_string(escaped, NULL);

	if (text == NULL || !g_utf8_validate(text, -1, NULL))
		return NULL;
	return g_steal_pointer(&text);
}

/* One record under the reader's eyes. */
struct reader {
	struct journal *journal;
	char **words; /* escaped; words[0] says which record it is */
	guint count;
};

static gboolean read_number(const struct reader *reader, guint word, guint64 max, guint64 *number)
{
	return word < reader->count &&
	       g_ascii_string_to_unsigned(reader->words[word], 10, 0, max, number, NULL);
}

static char *read_word(const struct reader *reader, guint word)
{
	return word < reader->count ? record_word(reader->words[word]) : NULL;
}

static gboolean read_worker(const struct reader *reader, guint word)
{
	guint64 pid = 0, started = 0;

	if (!read_number(reader, word, G_MAXINT, &pid) ||
	    !read_number(reader, word + 1, G_MAXUINT64, &started))
		return FALSE;
	reader->journal->worker = (int)pid;
	reader->journal->worker_started = started;
	return TRUE;
}

static gboolean is_machine(const struct journal *journal)
{
	return g_str_equal(journal->uuid, JOURNAL_MACHINE);
}

/* The readers return NULL, or what is wrong with the record. */
static const char *read_header(const struct reader *reader)
{
	struct journal *journal = reader->journal;
	g_autofree char *uuid = read_word(reader, 2);
	g_autoptr(GPtrArray) functions = g_ptr_array_new_with_free_func(g_free);

	if (journal->started)
		return "it is a second header";
	if (reader->count < 2 || !g_str_equal(reader->words[1], RECORD_VERSION))
		return "it is of another version of this program, which must put it back";
	if (uuid == NULL || !g_str_equal(uuid, journal->uuid))
		return "it is the journal of another guest";
	journal->name = read_word(reader, 3);
	journal->card = read_word(reader, 6);
	if (journal->name == NULL || journal->card == NULL || !read_worker(reader, 4))
		return "the header is not complete";
	for (guint i = 7; i < reader->count; i++) {
		char *function = read_word(reader, i);

		if (function == NULL)
			return "a function makes no sense";
		g_ptr_array_add(functions, function);
	}
	g_ptr_array_add(functions, NULL);
	journal->functions = (char **)g_ptr_array_free(g_steal_pointer(&functions), FALSE);
	journal->started = TRUE;
	return NULL;
}

static const char *read_value(struct step *step, const char *pair)
{
	const char *equals = strchr(pair, '=');
	g_autofree char *escaped = NULL;
	g_autofree char *key = NULL;
	g_autofree char *value = NULL;

	if (equals == NULL)
		return "an old value makes no sense";
	escaped = g_strndup(pair, (gsize)(equals - pair));
	key = record_word(escaped);
	value = record_word(equals + 1);
	if (key == NULL || value == NULL || step_get(step, key) != NULL)
		return "an old value makes no sense";
	step_set(step, key, value);
	return NULL;
}

static const char *read_begin(const struct reader *reader)
{
	struct journal *journal = reader->journal;
	g_autofree char *kind = read_word(reader, 2);
	g_autofree char *subject = read_word(reader, 3);
	autoptr(step) step = NULL;
	const char *why = NULL;
	guint64 number = 0;

	if (journal->lent || journal->undoing)
		return "no step can begin here";
	if (!read_number(reader, 1, RECORD_MAX_ENTRIES, &number) || number != journal->entries->len)
		return "the number of the step is wrong";
	if (kind == NULL || step_kind_find(kind) == NULL || subject == NULL)
		return "this kind of step is not known";
	if (is_machine(journal) && step_kind_find(kind)->share == NULL)
		return "this kind of step belongs to a guest";
	step = step_new(step_kind_find(kind), subject);
	for (guint i = 4; i < reader->count && why == NULL; i++)
		why = read_value(step, reader->words[i]);
	if (why != NULL || !step->kind->check(step, &why))
		return why;
	g_ptr_array_add(journal->entries, journal_entry_new(g_steal_pointer(&step)));
	return NULL;
}

static struct journal_entry *read_entry_of(const struct reader *reader, guint count)
{
	guint64 number = 0;

	if (reader->count != count || !read_number(reader, 1, G_MAXUINT, &number) ||
	    number >= reader->journal->entries->len)
		return NULL;
	return g_ptr_array_index(reader->journal->entries, (guint)number);
}

static struct journal_entry *read_entry(const struct reader *reader)
{
	return read_entry_of(reader, 2);
}

static const char *read_done(const struct reader *reader)
{
	struct journal_entry *entry = read_entry(reader);

	if (entry == NULL || entry->done || entry->undone)
		return "no such step was begun";
	entry->done = TRUE;
	return NULL;
}

static const char *read_undone(const struct reader *reader)
{
	struct journal_entry *entry = read_entry(reader);

	if (entry == NULL || entry->undone)
		return "no such step was begun";
	entry->undone = TRUE;
	return NULL;
}

static const char *read_lent(const struct reader *reader)
{
	for (guint i = 0; i < reader->journal->entries->len; i++) {
		const struct journal_entry *entry = g_ptr_array_index(reader->journal->entries, i);

		if (!entry->done || entry->undone)
			return "a step was not done";
	}
	if (reader->count != 1 || reader->journal->lent)
		return "it makes no sense here";
	reader->journal->lent = TRUE;
	return NULL;
}

static const char *read_hook(const struct reader *reader)
{
	if (reader->count != 1)
		return "it makes no sense";
	reader->journal->hook = TRUE;
	return NULL;
}

/* The machine's journal: an entry, and maybe a guest, and maybe a value that suits the kind. */
static const char *read_claim(const struct reader *reader)
{
	struct journal_entry *entry = read_entry_of(reader, 4);
	g_autofree char *uuid = read_word(reader, 2);
	g_autofree char *want = read_word(reader, 3);

	if (!is_machine(reader->journal) || entry == NULL || entry->undone || uuid == NULL ||
	    !g_uuid_string_is_valid(uuid) || want == NULL ||
	    !entry->step->kind->share->check_value(want))
		return "a claim makes no sense";
	journal_entry_claims(entry, uuid, want);
	return NULL;
}

static const char *read_release(const struct reader *reader)
{
	struct journal_entry *entry = read_entry_of(reader, 3);
	g_autofree char *uuid = read_word(reader, 2);

	if (!is_machine(reader->journal) || entry == NULL || uuid == NULL)
		return "what is released makes no sense";
	journal_entry_claims(entry, uuid, NULL);
	return NULL;
}

static const char *read_set_value(const struct reader *reader)
{
	struct journal_entry *entry = read_entry_of(reader, 3);
	g_autofree char *value = read_word(reader, 2);

	if (!is_machine(reader->journal) || entry == NULL || value == NULL ||
	    !entry->step->kind->share->check_value(value))
		return "the value makes no sense";
	g_ptr_array_add(entry->values, g_steal_pointer(&value));
	return NULL;
}

static const char *read_undo(const struct reader *reader)
{
	if (reader->count != 3 || !read_worker(reader, 1))
		return "it makes no sense";
	reader->journal->undoing = TRUE;
	return NULL;
}

static const struct {
	const char *word;
	const char *(*read)(const struct reader *reader);
} records[] = {
	{ "hotseat-journal", read_header },
	{ "begin", read_begin },
	{ "done", read_done },
	{ "lent", read_lent },
	{ "hook", read_hook },
	{ "undo", read_undo },
	{ "undone", read_undone },
	{ "claim", read_claim },
	{ "release", read_release },
	{ "value", read_set_value },
};

static const char *read_record(struct journal *journal, const char *line)
{
	g_auto(GStrv) words = g_strsplit(line, " ", RECORD_MAX_WORDS);
	struct reader reader = { journal, words, g_strv_length(words) };

	if (reader.count == 0 || reader.count == RECORD_MAX_WORDS)
		return "it is empty or too long";
	for (guint i = 0; i < G_N_ELEMENTS(records); i++) {
		if (!g_str_equal(records[i].word, words[0]))
			continue;
		if (!journal->started && i != 0)
			return "the header is missing";
		return records[i].read(&reader);
	}
	return "this record is not known";
}

static void entry_free(gpointer data)
{
	struct journal_entry *entry = data;

	step_free(entry->step);
	g_ptr_array_unref(entry->claims);
	g_ptr_array_unref(entry->values);
	g_free(entry);
}

struct journal_entry *journal_entry_new(struct step *step)
{
	struct journal_entry *entry = g_new0(struct journal_entry, 1);

	entry->step = step;
	entry->claims = step_values_new();
	entry->values = g_ptr_array_new_with_free_func(g_free);
	return entry;
}

const char *journal_entry_claim(const struct journal_entry *entry, const char *uuid)
{
	for (guint i = 0; i < entry->claims->len; i++) {
		const struct step_value *claim = g_ptr_array_index(entry->claims, i);

		if (g_str_equal(claim->key, uuid))
			return claim->value;
	}
	return NULL;
}

void journal_entry_claims(struct journal_entry *entry, const char *uuid, const char *want)
{
	for (guint i = 0; i < entry->claims->len; i++) {
		const struct step_value *claim = g_ptr_array_index(entry->claims, i);

		if (g_str_equal(claim->key, uuid)) {
			g_ptr_array_remove_index(entry->claims, i);
			break;
		}
	}
	if (want != NULL)
		step_values_add(entry->claims, uuid, want);
}

static struct journal *journal_new(const char *uuid, const char *path)
{
	struct journal *journal = g_new0(struct journal, 1);

	journal->uuid = g_strdup(uuid);
	journal->path = g_strdup(path);
	journal->entries = g_ptr_array_new_with_free_func(entry_free);
	journal->dir = -1;
	journal->fd = -1;
	return journal;
}

struct journal *journal_parse(const char *text, gsize length, const char *uuid, const char *path,
			      GError **error)
{
	autoptr(journal) journal = journal_new(uuid, path);
	const char *end;

	for (guint line = 1; journal->length < length; line++) {
		const char *start = text + journal->length;
		g_autofree char *record = NULL;
		const char *why;

		end = memchr(start, '\n', length - journal->length);
		if (end == NULL) {
			journal->torn = TRUE;
			break;
		}
		record = g_strndup(start, (gsize)(end - start));
		why = memchr(start, '\0', (gsize)(end - start)) != NULL
			      ? "it holds a NUL byte"
			      : read_record(journal, record);
		if (why != NULL) {
			g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_UNREADABLE,
				    "the journal %s is damaged in line %u: %s; put back by hand "
				    "what its lines name, then remove it",
				    path, line, why);
			return NULL;
		}
		journal->length += (gsize)(end - start) + 1;
	}
	return g_steal_pointer(&journal);
}
