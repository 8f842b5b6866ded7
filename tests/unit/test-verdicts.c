/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "corpus.h"
#include "machine/card.h"

/*
 * The verdicts of cards against a second opinion, on the groups of real machines. The second
 * opinion shares no code with the first: it never builds cards, but works on the rows of the table
 * as text and on sets of strings, and calls a bridge what has class 06xx.
 *
 * An empty driver in the tables can mean two things. A table that names drivers at all was made
 * where they could be seen, so that empty means none; in the others nobody looked. The strict
 * reading takes every empty cell for not known. Both are compared.
 */
struct row {
	char *group, *address, *class, *driver; /* driver "?": not known; "": none */
};

static void row_free(gpointer data)
{
	struct row *row = data;

	g_free(row->group);
	g_free(row->address);
	g_free(row->class);
	g_free(row->driver);
	g_free(row);
}

static GPtrArray *parse_rows(const char *text, gboolean strict)
{
	GPtrArray *rows = g_ptr_array_new_with_free_func(row_free);
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	gboolean names_drivers = FALSE;

	for (guint i = 1; lines[i] != NULL; i++) {
		g_auto(GStrv) cells = g_strsplit(lines[i], "\t", -1);
		struct row *row;

		if (g_strv_length(cells) < 7)
			continue;
		row = g_new0(struct row, 1);
		row->group = g_strdup(cells[0]);
		row->address = g_strdup(cells[1]);
		row->class = g_strdup(cells[2]);
		row->driver = g_strdup(cells[5]);
		names_drivers |= cells[5][0] != '\0';
		g_ptr_array_add(rows, row);
	}
	for (guint i = 0; i < rows->len; i++) {
		struct row *row = g_ptr_array_index(rows, i);

		if (row->driver[0] == '\0' && (strict || !names_drivers)) {
			g_free(row->driver);
			row->driver = g_strdup("?");
		}
	}
	return rows;
}

/* What the program would have read of these rows. */
static GPtrArray *as_devices(const GPtrArray *rows)
{
	GPtrArray *devices = g_ptr_array_new_with_free_func((GDestroyNotify)pcidev_free);

	for (guint i = 0; i < rows->len; i++) {
		const struct row *row = g_ptr_array_index(rows, i);
		struct pcidev *dev = g_new0(struct pcidev, 1);

		dev->address = g_strdup(row->address);
		dev->group = g_strdup(row->group);
		dev->class = (guint32)g_ascii_strtoull(row->class, NULL, 16) << 8;
		dev->driver_known = g_str_equal(row->driver, "?") ? NOT_KNOWN : KNOWN_YES;
		if (dev->driver_known == KNOWN_YES && row->driver[0] != '\0')
			dev->driver = g_strdup(row->driver);
		dev->name = g_strdup("");
		dev->path = g_strdup(row->address);
		dev->numa_node = -1;
		g_ptr_array_add(devices, dev);
	}
	return devices;
}

/* ---- the second opinion: answers are lines "address verdict blocker blocker..." ---- */

static char *slot_of(const char *address)
{
	return g_strndup(address, strlen(address) - 2);
}

static GHashTable *new_set(void)
{
	return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

/* The groups that the functions of a slot are in. */
static GHashTable *groups_of_slot(const GPtrArray *rows, const char *slot)
{
	GHashTable *groups = new_set();

	for (guint i = 0; i < rows->len; i++) {
		const struct row *row = g_ptr_array_index(rows, i);
		g_autofree char *own = slot_of(row->address);

		if (g_str_equal(own, slot))
			g_hash_table_add(groups, g_strdup(row->group));
	}
	return groups;
}

static char *opinion(const GPtrArray *rows, const char *address, const char *slot)
{
	static const char harmless[] = "||pci-stub|pcieport|vfio-pci|";
	g_autoptr(GHashTable) groups = groups_of_slot(rows, slot);
	g_autoptr(GString) blockers = g_string_new(NULL);
	gboolean dark = FALSE;

	for (guint i = 0; i < rows->len; i++) {
		const struct row *row = g_ptr_array_index(rows, i);
		g_autofree char *bar = g_strdup_printf("|%s|", row->driver);

		if (!g_hash_table_contains(groups, row->group) ||
		    g_str_has_prefix(row->class, "06") || g_str_has_prefix(row->address, slot))
			continue;
		if (g_str_equal(row->driver, "?"))
			dark = TRUE;
		else if (strstr(harmless, bar) == NULL)
			g_string_append_printf(blockers, " %s", row->address);
	}
	return g_strdup_printf("%s %s%s\n", address,
			       blockers->len > 0 ? "blocked"
			       : dark            ? "unknown"
						 : "ready",
			       blockers->str);
}

static char *all_opinions(const GPtrArray *rows)
{
	g_autoptr(GHashTable) seen = new_set();
	g_autoptr(GString) text = g_string_new(NULL);

	for (guint i = 0; i < rows->len; i++) {
		const struct row *row = g_ptr_array_index(rows, i);
		g_autofree char *slot = slot_of(row->address);
		g_autofree char *line = NULL;

		if (!g_str_has_prefix(row->class, "03") || !g_hash_table_add(seen, g_strdup(slot)))
			continue;
		line = opinion(rows, row->address, slot);
		g_string_append(text, line);
	}
	return g_string_free(g_steal_pointer(&text), FALSE);
}

/* ---- the program's answers, in the same words ---- */

static char *all_verdicts(const GPtrArray *rows)
{
	g_autoptr(GPtrArray) devices = as_devices(rows);
	g_autoptr(GPtrArray) cards = card_find_all(devices, TRUE);
	g_autoptr(GString) text = g_string_new(NULL);

	for (guint i = 0; i < cards->len; i++) {
		const struct card *card = g_ptr_array_index(cards, i);

		g_string_append_printf(text, "%s %s", card_display(card)->address,
				       card_verdict_name(card->verdict));
		for (guint j = 0; j < card->blockers->len; j++) {
			const struct card_blocker *blocker = g_ptr_array_index(card->blockers, j);

			g_string_append_printf(text, " %s", blocker->dev->address);
		}
		g_string_append_c(text, '\n');
	}
	return g_string_free(g_steal_pointer(&text), FALSE);
}

/* ---- machines, and what is done to them ---- */

static guint tally_blocked, tally_unknown, tally_ready, tally_machines;

static void count(const char *text, const char *word, guint *tally)
{
	for (const char *at = strstr(text, word); at != NULL; at = strstr(at + 1, word))
		(*tally)++;
}

static gint compare_rows(gconstpointer a, gconstpointer b)
{
	return strcmp((*(const struct row *const *)a)->address,
		      (*(const struct row *const *)b)->address);
}

static void compare(GPtrArray *rows, const char *name, const char *change)
{
	g_autofree char *ours = NULL;
	g_autofree char *theirs = NULL;

	/* The program is given functions in order of address. */
	g_ptr_array_sort(rows, compare_rows);
	ours = all_verdicts(rows);
	theirs = all_opinions(rows);
	if (!g_str_equal(ours, theirs))
		g_error("%s, %s:\n%s-- but a second look says --\n%s", name, change, ours, theirs);
	count(ours, " blocked", &tally_blocked);
	count(ours, " unknown", &tally_unknown);
	count(ours, " ready", &tally_ready);
	tally_machines++;
}

static const struct row *first_display(const GPtrArray *rows)
{
	for (guint i = 0; i < rows->len; i++) {
		const struct row *row = g_ptr_array_index(rows, i);

		if (g_str_has_prefix(row->class, "03"))
			return row;
	}
	return NULL;
}

/* merge_group - the group with the most members after the card's own joins the card's */
static void merge_group(GPtrArray *rows, const char *into)
{
	g_autofree char *from = NULL;

	for (guint i = 0; i < rows->len && from == NULL; i++) {
		const struct row *row = g_ptr_array_index(rows, i);

		if (!g_str_equal(row->group, into) && !g_str_has_prefix(row->class, "06"))
			from = g_strdup(row->group);
	}
	for (guint i = 0; from != NULL && i < rows->len; i++) {
		struct row *row = g_ptr_array_index(rows, i);

		if (g_str_equal(row->group, from)) {
			g_free(row->group);
			row->group = g_strdup(into);
		}
	}
}

/* neighbour - a member of the card's group that is neither bridge nor of the card; NULL: none */
static struct row *neighbour(const GPtrArray *rows, const struct row *card)
{
	for (guint i = 0; i < rows->len; i++) {
		struct row *row = g_ptr_array_index(rows, i);

		if (g_str_equal(row->group, card->group) && !g_str_has_prefix(row->class, "06") &&
		    strncmp(row->address, card->address, strlen(card->address) - 1) != 0)
			return row;
	}
	return NULL;
}

static gboolean put_neighbour_on(GPtrArray *rows, const struct row *card, const char *driver)
{
	struct row *row = neighbour(rows, card);

	if (row == NULL)
		return FALSE;
	g_free(row->driver);
	row->driver = g_strdup(driver);
	return TRUE;
}

static void try_machine(const char *name, const char *text, gboolean strict)
{
	g_autoptr(GPtrArray) rows = parse_rows(text, strict);
	const struct row *card = first_display(rows);
	g_autofree char *group = NULL;

	compare(rows, name, "as it is");
	if (card == NULL)
		return;
	group = g_strdup(card->group);
	if (put_neighbour_on(rows, card, "nvme"))
		compare(rows, name, "its own neighbour on nvme");
	if (put_neighbour_on(rows, card, "?"))
		compare(rows, name, "its own neighbour's driver not known");
	merge_group(rows, group);
	compare(rows, name, "two groups merged");
	if (put_neighbour_on(rows, card, "nvme"))
		compare(rows, name, "merged, a neighbour on nvme");
	if (put_neighbour_on(rows, card, "?"))
		compare(rows, name, "merged, a neighbour's driver not known");
	if (put_neighbour_on(rows, card, ""))
		compare(rows, name, "merged, a neighbour without driver");
	if (put_neighbour_on(rows, card, "pci-stub"))
		compare(rows, name, "merged, a neighbour on pci-stub");
}

static void test_corpus(void)
{
	g_auto(GStrv) names = corpus_list("iommu/normalized");

	if (names == NULL) {
		g_test_skip("the corpus is not here");
		return;
	}
	for (guint i = 0; names[i] != NULL; i++) {
		g_autofree char *file = g_strdup_printf("iommu/normalized/%s", names[i]);
		g_autofree char *text = corpus_read(file);

		try_machine(names[i], text, FALSE);
		try_machine(names[i], text, TRUE);
	}
	g_test_message("%u machines and mutants; cards ready %u, blocked %u, unknown %u",
		       tally_machines, tally_ready, tally_blocked, tally_unknown);
	/* a comparison in which one answer never comes proves little */
	g_assert_cmpuint(tally_ready, >, 10);
	g_assert_cmpuint(tally_blocked, >, 10);
	g_assert_cmpuint(tally_unknown, >, 10);
}

/* Without the corpus too: each answer once, on rows made up for it. */
static void test_made_up(void)
{
	static const struct {
		const char *rows, *wanted;
	} made_up[] = {
		{ "1\t0000:01:00.0\t0300\t\t\tnvidia\t\n"
		  "1\t0000:01:00.1\t0403\t\t\tsnd_hda_intel\t\n"
		  "1\t0000:00:01.0\t0604\t\t\tshpchp\t\n",
		  "0000:01:00.0 ready\n" },
		{ "1\t0000:01:00.0\t0300\t\t\tnvidia\t\n"
		  "1\t0000:02:00.0\t0108\t\t\tnvme\t\n"
		  "1\t0000:03:00.0\t0200\t\t\t?\t\n",
		  "0000:01:00.0 blocked 0000:02:00.0\n" },
		{ "1\t0000:01:00.0\t0300\t\t\tnvidia\t\n"
		  "1\t0000:02:00.0\t0108\t\t\tvfio-pci\t\n"
		  "1\t0000:03:00.0\t0200\t\t\t?\t\n",
		  "0000:01:00.0 unknown\n" },
		{ "1\t0000:01:00.0\t0300\t\t\tnvidia\t\n"
		  "2\t0000:02:00.0\t0108\t\t\tnvme\t\n",
		  "0000:01:00.0 ready\n" },
		/* a function of the card in a group of its own brings its neighbours along */
		{ "1\t0000:01:00.0\t0300\t\t\tnvidia\t\n"
		  "2\t0000:01:00.1\t0403\t\t\t\t\n"
		  "2\t0000:02:00.0\t0108\t\t\tnvme\t\n",
		  "0000:01:00.0 blocked 0000:02:00.0\n" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(made_up); i++) {
		g_autofree char *text = g_strconcat(
			"group\tbdf\tclass\tvendor\tdevice\tdriver\tname\n", made_up[i].rows, NULL);
		g_autoptr(GPtrArray) rows = parse_rows(text, FALSE);
		g_autofree char *ours = NULL;
		g_autofree char *theirs = NULL;

		g_ptr_array_sort(rows, compare_rows);
		ours = all_verdicts(rows);
		theirs = all_opinions(rows);
		g_assert_cmpstr(ours, ==, made_up[i].wanted);
		g_assert_cmpstr(theirs, ==, made_up[i].wanted);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/verdicts/made-up", test_made_up);
	g_test_add_func("/verdicts/corpus", test_corpus);
	return g_test_run();
}
