/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/explain.h"

#include <string.h>

/*
 * All fragments of all rules are looked for at once, by an automaton (Aho and Corasick) that sees
 * each byte once and in lower case. A line is looked at again only if it has the longest fragment
 * of some rule: "vfio" or "group" is in every second line of the logs that people have, "is not
 * viable" is not.
 */
#define MAX_FRAGMENTS 512
#define ROW 64 /* classes of bytes: letters without case, digits, signs that fragments use */

struct fragments {
	guint64 bits[MAX_FRAGMENTS / 64];
};

struct state {
	guint16 next[ROW];
	guint16 fail;
	guint16 ends;  /* number of the fragment that ends here, from 1; 0: none */
	guint16 other; /* the next state along the failures at which one ends; 0: none */
};

/* One way in which a rule can match: all of these fragments. */
struct way {
	const struct log_rule *rule;
	guint number;   /* of the rule */
	GArray *needed; /* guint16, fragments from 1 */
};

/* The first line that showed a rule. */
struct seen {
	guint64 line, count;
	guint64 last; /* line that was counted: a rule has several ways to match one */
	char *text;
};

/* What all rules look for: the same for all logs, made once for the process. */
struct sought {
	struct fragments telling; /* those that are the longest of some way */
	guint8 classes[256];
	guint n_classes;
	GArray *states;        /* struct state */
	GHashTable *fragments; /* text to number */
	GPtrArray *ways;
	guint n_rules;
};

struct explainer {
	const struct sought *sought;
	GArray *seen; /* struct seen, one for each rule */
	GString *line;
	guint64 number;
	guint16 state;
	struct fragments found;
	gboolean told; /* one of them is telling */
};

const struct log_rules *const log_rule_tables[] = { &log_host_rules, &log_guest_rules, NULL };

static struct state *state_at(const struct sought *sought, guint number)
{
	return &g_array_index(sought->states, struct state, number);
}

static guint8 class_of(struct sought *sought, char c)
{
	guint8 byte = (guint8)g_ascii_tolower(c);

	if (sought->classes[byte] == 0) {
		g_assert(sought->n_classes < ROW);
		sought->classes[byte] = (guint8)sought->n_classes++;
		sought->classes[(guint8)g_ascii_toupper(c)] = sought->classes[byte];
	}
	return sought->classes[byte];
}

static void fragments_add(struct fragments *fragments, guint number)
{
	fragments->bits[number / 64] |= 1ull << (number % 64);
}

static gboolean fragments_have(const struct fragments *fragments, guint number)
{
	return (fragments->bits[number / 64] & (1ull << (number % 64))) != 0;
}

static guint16 add_fragment(struct sought *sought, const char *text)
{
	guint number = GPOINTER_TO_UINT(g_hash_table_lookup(sought->fragments, text));
	guint state = 0;

	if (number != 0)
		return (guint16)number;
	for (const char *c = text; *c != '\0'; c++) {
		guint8 class = class_of(sought, *c);
		guint next = state_at(sought, state)->next[class];

		if (next == 0) {
			const struct state fresh = { 0 };

			next = sought->states->len;
			g_assert(next < G_MAXUINT16);
			g_array_append_val(sought->states, fresh);
			state_at(sought, state)->next[class] = (guint16)next;
		}
		state = next;
	}
	number = g_hash_table_size(sought->fragments) + 1;
	g_assert(number < MAX_FRAGMENTS);
	g_hash_table_insert(sought->fragments, g_strdup(text), GUINT_TO_POINTER(number));
	state_at(sought, state)->ends = (guint16)number;
	return (guint16)number;
}

static void add_way(struct sought *sought, const struct log_rule *rule, const char *match)
{
	g_auto(GStrv) parts = g_strsplit(match, " & ", -1);
	struct way *way = g_new0(struct way, 1);
	guint longest = 0;

	*way = (struct way){ rule, sought->n_rules, g_array_new(FALSE, FALSE, 2) };
	for (guint i = 0; parts[i] != NULL; i++) {
		guint16 number = add_fragment(sought, parts[i]);

		g_array_append_val(way->needed, number);
		if (strlen(parts[i]) > strlen(parts[longest]))
			longest = i;
	}
	fragments_add(&sought->telling, g_array_index(way->needed, guint16, longest));
	g_ptr_array_add(sought->ways, way);
}

/* join - where to go on when no fragment goes on, breadth first */
static void join(struct sought *sought)
{
	g_autoptr(GArray) queue = g_array_new(FALSE, FALSE, sizeof(guint16));

	for (guint i = 0; i < sought->n_classes; i++) {
		if (state_at(sought, 0)->next[i] != 0)
			g_array_append_val(queue, state_at(sought, 0)->next[i]);
	}
	for (guint head = 0; head < queue->len; head++) {
		struct state *state = state_at(sought, g_array_index(queue, guint16, head));
		const struct state *fail = state_at(sought, state->fail);

		state->other = fail->ends != 0 ? state->fail : fail->other;
		for (guint i = 0; i < sought->n_classes; i++) {
			if (state->next[i] == 0) {
				state->next[i] = fail->next[i];
				continue;
			}
			state_at(sought, state->next[i])->fail = fail->next[i];
			g_array_append_val(queue, state->next[i]);
		}
	}
}

static void seen_clear(gpointer data)
{
	g_free(((struct seen *)data)->text);
}

static gpointer sought_new(G_GNUC_UNUSED gpointer data)
{
	struct sought *sought = g_new0(struct sought, 1);
	const struct state root = { 0 };

	sought->n_classes = 1; /* 0: bytes that no fragment has */
	sought->states = g_array_new(FALSE, TRUE, sizeof(struct state));
	g_array_append_val(sought->states, root);
	sought->fragments = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	sought->ways = g_ptr_array_new();
	for (gsize i = 0; log_rule_tables[i] != NULL; i++) {
		for (gsize k = 0; k < log_rule_tables[i]->n_rules; k++) {
			const struct log_rule *rule = &log_rule_tables[i]->rules[k];

			for (const char *const *match = rule->match; *match != NULL; match++)
				add_way(sought, rule, *match);
			sought->n_rules++;
		}
	}
	join(sought);
	return sought;
}

struct explainer *explainer_new(void)
{
	static GOnce once = G_ONCE_INIT;
	struct explainer *explainer = g_new0(struct explainer, 1);

	explainer->sought = g_once(&once, sought_new, NULL);
	explainer->seen = g_array_new(FALSE, TRUE, sizeof(struct seen));
	g_array_set_clear_func(explainer->seen, seen_clear);
	g_array_set_size(explainer->seen, explainer->sought->n_rules);
	explainer->line = g_string_sized_new(EXPLAIN_LINE);
	return explainer;
}

void explainer_free(struct explainer *explainer)
{
	if (explainer == NULL)
		return;
	g_array_unref(explainer->seen);
	g_string_free(explainer->line, TRUE);
	g_free(explainer);
}

static gboolean has_all(const struct explainer *explainer, const struct way *way)
{
	for (guint i = 0; i < way->needed->len; i++) {
		if (!fragments_have(&explainer->found, g_array_index(way->needed, guint16, i)))
			return FALSE;
	}
	return TRUE;
}

/* shown - a line for people: no control characters, not too long */
static char *shown(const GString *line)
{
	g_autofree char *text = g_utf8_make_valid(line->str, (gssize)MIN(line->len, 240));

	for (char *c = text; *c != '\0'; c++) {
		if (g_ascii_iscntrl(*c))
			*c = ' ';
	}
	return g_strdup(g_strstrip(text));
}

static void end_line(struct explainer *explainer)
{
	explainer->number++;
	for (guint i = 0; explainer->told && i < explainer->sought->ways->len; i++) {
		const struct way *way = g_ptr_array_index(explainer->sought->ways, i);
		struct seen *seen = &g_array_index(explainer->seen, struct seen, way->number);

		if (seen->last == explainer->number || !has_all(explainer, way))
			continue;
		seen->last = explainer->number;
		if (seen->count++ == 0) {
			seen->line = explainer->number;
			seen->text = shown(explainer->line);
		}
	}
	explainer->found = (struct fragments){ 0 };
	explainer->told = FALSE;
	explainer->state = 0;
	g_string_truncate(explainer->line, 0);
}

static void note_ends(struct explainer *explainer, guint state)
{
	for (; state != 0; state = state_at(explainer->sought, state)->other) {
		guint number = state_at(explainer->sought, state)->ends;

		fragments_add(&explainer->found, number);
		explainer->told |= fragments_have(&explainer->sought->telling, number);
	}
}

/* scan - part of one line */
static void scan(struct explainer *explainer, const char *text, gsize length)
{
	const struct state *states =
		(const struct state *)(const void *)explainer->sought->states->data;
	guint state = explainer->state;

	for (gsize i = 0; i < length; i++) {
		state = states[state].next[explainer->sought->classes[(guint8)text[i]]];
		if (G_UNLIKELY(states[state].ends | states[state].other))
			note_ends(explainer, state);
	}
	explainer->state = (guint16)state;
}

void explainer_feed(struct explainer *explainer, const char *text, gsize length)
{
	while (length > 0) {
		const char *end = memchr(text, '\n', length);
		gsize part = end != NULL ? (gsize)(end - text) : length;
		gsize room = EXPLAIN_LINE - MIN(explainer->line->len, EXPLAIN_LINE);
		gsize taken = MIN(part, room);

		scan(explainer, text, taken);
		g_string_append_len(explainer->line, text, (gssize)taken);
		if (end == NULL)
			return;
		end_line(explainer);
		text += part + 1;
		length -= part + 1;
	}
}

static const char *const sure_words[] = {
	[SURE_CERTAIN] = "Certain",
	[SURE_LIKELY] = "Likely",
	[SURE_POSSIBLE] = "Possible",
};

static void add_finding(GPtrArray *findings, const struct log_rule *rule, const struct seen *seen)
{
	struct finding *finding = finding_add(findings, &rule->rule, rule->rule.remedy);

	finding->line = (guint)MIN(seen->line, G_MAXUINT);
	finding->column = 1;
	finding->evidence = seen->count > 1 ? g_strdup_printf("%s (and %" G_GUINT64_FORMAT " more)",
							      seen->text, seen->count - 1)
					    : g_strdup(seen->text);
	finding->message = g_strdup_printf("%s: %s", sure_words[rule->sure], rule->meaning);
	finding->fix = g_strdup(rule->next);
}

GPtrArray *explainer_finish(struct explainer *explainer)
{
	GPtrArray *findings = findings_new();

	if (explainer->line->len > 0)
		end_line(explainer);
	for (enum sureness sure = SURE_CERTAIN; sure <= SURE_POSSIBLE; sure++) {
		guint number = 0;

		for (gsize i = 0; log_rule_tables[i] != NULL; i++) {
			for (gsize k = 0; k < log_rule_tables[i]->n_rules; k++, number++) {
				const struct log_rule *rule = &log_rule_tables[i]->rules[k];
				const struct seen *seen =
					&g_array_index(explainer->seen, struct seen, number);

				if (seen->count > 0 && rule->sure == sure)
					add_finding(findings, rule, seen);
			}
		}
	}
	return findings;
}

GPtrArray *explain_text(const char *text)
{
	autoptr(explainer) explainer = explainer_new();

	explainer_feed(explainer, text, strlen(text));
	return explainer_finish(explainer);
}
