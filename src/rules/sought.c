/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/sought.h"

#include <string.h>

#include "rules/plain.h"

#define ROW 64 /* classes of bytes: letters without case, any digit, signs that fragments use */
#define OTHER_BYTE 0
#define UNCLEAN 1    /* the number of all fragments of plain_unclean */
#define NOTED 0x8000 /* in a state's number: a fragment ends there */

struct state {
	guint16 fail;
	guint16 ends;  /* number of the fragment that ends here, from 1; 0: none */
	guint16 other; /* the next state along the failures at which one ends; 0: none */
	gboolean after_space;
};

/* One of the fragments that a way needs. */
struct part {
	char *text;
	gboolean word_begins, word_ends;
	gboolean absent; /* it must not be there */
};

struct way {
	const struct log_rule *rule;
	guint number;  /* of the rule */
	GArray *parts; /* struct part */
};

struct sought {
	guint8 classes[256];
	guint n_classes;
	GArray *states;    /* struct state */
	GArray *next;      /* for each state a row of guint16, by class of byte */
	GHashTable *known; /* telling fragment's text to number */
	GPtrArray *ways;   /* by number of the telling fragment: GPtrArray of struct way */
	guint n_rules;
};

const struct log_rules *const log_rule_tables[] = { &log_host_rules,   &log_reset_rules,
						    &log_start_rules,  &log_guest_rules,
						    &log_inside_rules, NULL };

static struct state *state_at(const struct sought *sought, guint number)
{
	return &g_array_index(sought->states, struct state, number);
}

static guint16 *next_of(const struct sought *sought, guint number)
{
	return &g_array_index(sought->next, guint16, number * ROW);
}

static guint add_state(struct sought *sought)
{
	g_assert(sought->states->len < NOTED);
	g_array_set_size(sought->states, sought->states->len + 1);
	g_array_set_size(sought->next, sought->states->len * ROW);
	return sought->states->len - 1;
}

/* alike - letters that have one class: what is told is looked at again */
static char alike(char c)
{
	if (g_ascii_isdigit(c))
		return '0';
	if (c != '\0' && strchr("()[]<>{}", c) != NULL)
		return '(';
	return g_ascii_tolower(c);
}

static guint8 class_of(struct sought *sought, char letter)
{
	char first = alike(letter);

	if (sought->classes[(guint8)letter] != OTHER_BYTE)
		return sought->classes[(guint8)letter];
	g_assert(sought->n_classes < ROW);
	for (guint byte = 1; byte < 256; byte++) {
		if (alike((char)byte) == first)
			sought->classes[byte] = (guint8)sought->n_classes;
	}
	return (guint8)sought->n_classes++;
}

/* state_of - the state after this text, from the beginning */
static guint state_of(struct sought *sought, const char *text)
{
	guint state = 0;

	for (const char *c = text; *c != '\0'; c++) {
		guint8 class = class_of(sought, *c);

		if (next_of(sought, state)[class] == 0) {
			guint fresh = add_state(sought);

			next_of(sought, state)[class] = (guint16)fresh;
			state_at(sought, fresh)->after_space = *c == ' ';
		}
		state = next_of(sought, state)[class];
	}
	return state;
}

static guint add_telling(struct sought *sought, const char *text)
{
	g_autofree char *all_alike = g_strdup(text);
	guint number;

	for (char *c = all_alike; *c != '\0'; c++)
		*c = alike(*c);
	number = GPOINTER_TO_UINT(g_hash_table_lookup(sought->known, all_alike));
	if (number != 0)
		return number;
	number = sought->ways->len;
	g_assert(number < SOUGHT_TELLING);
	g_ptr_array_add(sought->ways, g_ptr_array_new());
	state_at(sought, state_of(sought, all_alike))->ends = (guint16)number;
	g_hash_table_insert(sought->known, g_steal_pointer(&all_alike), GUINT_TO_POINTER(number));
	return number;
}

/* part_of - "|code 12|" begins and ends a word, "!bridge" must not be there */
static struct part part_of(const char *text)
{
	gboolean absent = text[0] == '!';
	const char *from = text + absent;
	gsize length = strlen(from);
	gboolean begins = from[0] == '|', ends = from[length - 1] == '|';

	return (struct part){ g_strndup(from + begins, length - begins - ends), begins, ends,
			      absent };
}

static void add_way(struct sought *sought, const struct log_rule *rule, const char *match)
{
	g_auto(GStrv) texts = g_strsplit(match, " & ", -1);
	struct way *way = g_new0(struct way, 1);
	const char *longest = "";
	guint telling;

	*way = (struct way){ rule, sought->n_rules,
			     g_array_new(FALSE, FALSE, sizeof(struct part)) };
	for (guint i = 0; texts[i] != NULL; i++) {
		struct part part = part_of(texts[i]);

		if (!part.absent && strlen(part.text) > strlen(longest))
			longest = part.text;
		g_array_append_val(way->parts, part);
	}
	telling = add_telling(sought, longest);
	g_ptr_array_add(g_ptr_array_index(sought->ways, telling), way);
}

/* join - where to go on when no fragment goes on, breadth first */
static void join(struct sought *sought)
{
	g_autoptr(GArray) queue = g_array_new(FALSE, FALSE, sizeof(guint16));

	for (guint i = 0; i < sought->n_classes; i++) {
		if (next_of(sought, 0)[i] != 0)
			g_array_append_val(queue, next_of(sought, 0)[i]);
	}
	for (guint head = 0; head < queue->len; head++) {
		guint number = g_array_index(queue, guint16, head);
		struct state *state = state_at(sought, number);
		const struct state *fail = state_at(sought, state->fail);
		guint16 *next = next_of(sought, number);

		state->other = fail->ends != 0 ? state->fail : fail->other;
		for (guint i = 0; i < sought->n_classes; i++) {
			guint16 otherwise = next_of(sought, state->fail)[i];

			if (next[i] == 0) {
				next[i] = otherwise;
				continue;
			}
			state_at(sought, next[i])->fail = otherwise;
			g_array_append_val(queue, next[i]);
		}
	}
}

/* join_spaces - any number of spaces and tabs is one */
static void join_spaces(struct sought *sought)
{
	guint8 space = sought->classes[' '];

	for (guint i = 0; i < sought->states->len; i++) {
		if (state_at(sought, i)->after_space)
			next_of(sought, i)[space] = (guint16)i;
	}
	for (const char *c = "\t\r\v\f"; *c != '\0'; c++)
		sought->classes[(guint8)*c] = space;
}

/* note_states - so that scanning reads nothing but rows */
static void note_states(struct sought *sought)
{
	for (guint i = 0; i < sought->next->len; i++) {
		guint16 *next = &g_array_index(sought->next, guint16, i);
		const struct state *state = state_at(sought, *next);

		if (state->ends != 0 || state->other != 0)
			*next |= NOTED;
	}
}

static void add_table(struct sought *sought, const struct log_rules *table)
{
	for (gsize i = 0; i < table->n_rules; i++) {
		const struct log_rule *rule = &table->rules[i];

		for (const char *const *match = rule->match; *match != NULL; match++)
			add_way(sought, rule, *match);
		sought->n_rules++;
	}
}

static gpointer sought_new(G_GNUC_UNUSED gpointer data)
{
	struct sought *sought = g_new0(struct sought, 1);

	sought->n_classes = OTHER_BYTE + 1;
	sought->states = g_array_new(FALSE, TRUE, sizeof(struct state));
	sought->next = g_array_new(FALSE, TRUE, sizeof(guint16));
	add_state(sought);
	sought->known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	sought->ways = g_ptr_array_new();
	g_ptr_array_set_size(sought->ways, UNCLEAN + 1);
	class_of(sought, ' ');
	for (gsize i = 0; plain_unclean[i] != NULL; i++)
		state_at(sought, state_of(sought, plain_unclean[i]))->ends = UNCLEAN;
	for (gsize i = 0; log_rule_tables[i] != NULL; i++)
		add_table(sought, log_rule_tables[i]);
	join(sought);
	join_spaces(sought);
	note_states(sought);
	return sought;
}

const struct sought *sought_get(void)
{
	static GOnce once = G_ONCE_INIT;

	return g_once(&once, sought_new, NULL);
}

guint sought_rules(const struct sought *sought)
{
	return sought->n_rules;
}

static void note_ends(const struct sought *sought, guint state, struct told *told)
{
	for (; state != 0; state = state_at(sought, state)->other) {
		guint number = state_at(sought, state)->ends;

		if (number == UNCLEAN)
			told->unclean = TRUE;
		if (number <= UNCLEAN)
			continue;
		told->bits[number / 64] |= 1ull << (number % 64);
		told->any = TRUE;
	}
}

guint16 sought_scan(const struct sought *sought, guint16 from, const char *text, gsize length,
		    struct told *told)
{
	const guint16 *next = &g_array_index(sought->next, guint16, 0);
	guint state = from;

	for (gsize i = 0; i < length; i++) {
		state = next[state * ROW + sought->classes[(guint8)text[i]]];
		if (G_UNLIKELY((state & NOTED) != 0)) {
			state &= ~NOTED;
			note_ends(sought, state, told);
		}
	}
	return (guint16)state;
}

void sought_scan_torn(const struct sought *sought, guint16 from, const char *text, gsize length,
		      struct told *told)
{
	const guint16 *next = &g_array_index(sought->next, guint16, 0);
	guint state = from, fresh = 0;

	for (gsize i = 0; i < length; i++) {
		guint8 class = sought->classes[(guint8)text[i]];

		state = next[state * ROW + class];
		fresh = next[fresh * ROW + class];
		if (state == fresh)
			return;
		if ((state & NOTED) != 0)
			note_ends(sought, state & ~(guint)NOTED, told);
		state &= ~(guint)NOTED;
		fresh &= ~(guint)NOTED;
	}
}

static gboolean part_fits(const struct part *part, const char *text)
{
	gsize length = strlen(part->text);

	for (const char *at = strstr(text, part->text); at != NULL;
	     at = strstr(at + 1, part->text)) {
		if (part->word_begins && at > text && g_ascii_isalnum(at[-1]))
			continue;
		if (!part->word_ends || !g_ascii_isalnum(at[length]))
			return TRUE;
	}
	return FALSE;
}

static gboolean way_fits(const struct way *way, const char *text)
{
	for (guint i = 0; i < way->parts->len; i++) {
		const struct part *part = &g_array_index(way->parts, struct part, i);

		if (part_fits(part, text) == part->absent)
			return FALSE;
	}
	return TRUE;
}

static void fit_ways(const GPtrArray *ways, const char *text,
		     void (*fits)(const struct log_rule *rule, guint number, gpointer data),
		     gpointer data)
{
	for (guint i = 0; i < ways->len; i++) {
		const struct way *way = g_ptr_array_index(ways, i);

		if (way_fits(way, text))
			fits(way->rule, way->number, data);
	}
}

void sought_fitting(const struct sought *sought, const struct told *told, const char *text,
		    void (*fits)(const struct log_rule *rule, guint number, gpointer data),
		    gpointer data)
{
	for (guint i = 0; i < G_N_ELEMENTS(told->bits); i++) {
		for (guint64 bits = told->bits[i]; bits != 0; bits &= bits - 1) {
			guint number = i * 64 + (guint)__builtin_ctzll(bits);

			fit_ways(g_ptr_array_index(sought->ways, number), text, fits, data);
		}
	}
}
