/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/explain.h"

#include <string.h>

#include "rules/plain.h"
#include "rules/sought.h"

/*
 * A message is a line, mostly. But pages and mails wrap, terminals cut in the middle of a word,
 * and QEMU itself ends some sentences in a second line. So what a line tells of is looked for in
 * the line alone, then in it and the lines before that it may continue, and once more in the
 * lines that follow.
 */
#define WINDOW 6    /* lines */
#define SHORTEST 12 /* a line that somebody wrapped is not shorter, */
#define LONGEST 320 /* and no longer than a wide terminal */
#define SHOWN 240
#define MATCHES 64 /* of lines that go on and on; more are not kept */

/* The first lines that showed a rule. */
struct seen {
	guint64 line, count;
	char *text;
};

/* A rule that fits these lines, until it is known whether a better one does. */
struct match {
	const struct log_rule *rule;
	guint number;
	guint64 first, last;
	char *text;
};

struct explainer {
	const struct sought *sought;
	GArray *seen;          /* struct seen, one for each rule */
	GArray *matches;       /* struct match, of the last lines */
	GString *line[WINDOW]; /* by number; the last one is being read */
	guint64 number;        /* of the line that is being read, from 0 */
	guint16 state, torn;   /* of the automaton: now, and where the last line ended */
	struct told told;      /* by this line */
	struct told open;      /* by this message, until the line @until */
	guint64 until;
};

static GString *line_at(struct explainer *explainer, guint64 number)
{
	return explainer->line[number % WINDOW];
}

static void seen_clear(gpointer data)
{
	g_free(((struct seen *)data)->text);
}

static void match_clear(gpointer data)
{
	g_free(((struct match *)data)->text);
}

struct explainer *explainer_new(void)
{
	struct explainer *explainer = g_new0(struct explainer, 1);

	explainer->sought = sought_get();
	explainer->seen = g_array_new(FALSE, TRUE, sizeof(struct seen));
	g_array_set_clear_func(explainer->seen, seen_clear);
	g_array_set_size(explainer->seen, sought_rules(explainer->sought));
	explainer->matches = g_array_new(FALSE, FALSE, sizeof(struct match));
	g_array_set_clear_func(explainer->matches, match_clear);
	for (guint i = 0; i < WINDOW; i++)
		explainer->line[i] = g_string_sized_new(EXPLAIN_LINE);
	return explainer;
}

void explainer_free(struct explainer *explainer)
{
	if (explainer == NULL)
		return;
	g_array_unref(explainer->seen);
	g_array_unref(explainer->matches);
	for (guint i = 0; i < WINDOW; i++)
		g_string_free(explainer->line[i], TRUE);
	g_free(explainer);
}

/* shown - lines for people: no control characters, not too long */
static char *shown(struct explainer *explainer, guint64 first, guint64 last)
{
	g_autoptr(GString) all = g_string_new(NULL);
	g_autofree char *text = NULL;

	for (guint64 i = first; i <= last && all->len < SHOWN; i++) {
		if (all->len > 0)
			g_string_append_c(all, ' ');
		g_string_append_len(all, line_at(explainer, i)->str,
				    (gssize)line_at(explainer, i)->len);
		while (all->len > 0 && g_ascii_isspace(all->str[all->len - 1]))
			g_string_truncate(all, all->len - 1);
	}
	text = g_utf8_make_valid(all->str, (gssize)MIN(all->len, SHOWN));
	for (char *c = text; *c != '\0'; c++) {
		if (g_ascii_iscntrl(*c))
			*c = ' ';
	}
	return g_strdup(g_strstrip(text));
}

static gboolean covered(const struct explainer *explainer, const struct match *match)
{
	for (guint i = 0; i < explainer->matches->len; i++) {
		const struct match *other = &g_array_index(explainer->matches, struct match, i);

		if (!other->rule->vague && other->first <= match->last &&
		    match->first <= other->last)
			return TRUE;
	}
	return FALSE;
}

/* close_message - count what fits it; a vague rule only where no other explains the same lines */
static void close_message(struct explainer *explainer)
{
	for (guint i = 0; i < explainer->matches->len; i++) {
		struct match *match = &g_array_index(explainer->matches, struct match, i);
		struct seen *seen = &g_array_index(explainer->seen, struct seen, match->number);

		if (match->rule->vague && covered(explainer, match))
			continue;
		if (seen->count++ > 0)
			continue;
		seen->line = match->first + 1;
		seen->text = g_steal_pointer(&match->text);
	}
	g_array_set_size(explainer->matches, 0);
	explainer->open = (struct told){ 0 };
}

struct span {
	struct explainer *explainer;
	guint64 first, last;
};

static void add_match(const struct log_rule *rule, guint number, gpointer data)
{
	const struct span *span = data;
	GArray *matches = span->explainer->matches;
	const struct seen *seen = &g_array_index(span->explainer->seen, struct seen, number);
	struct match match = { rule, number, span->first, span->last, NULL };

	for (guint i = 0; i < matches->len; i++) {
		const struct match *other = &g_array_index(matches, struct match, i);

		if (other->number == number && other->last >= span->first)
			return;
	}
	if (seen->count == 0)
		match.text = shown(span->explainer, span->first, span->last);
	g_array_append_val(matches, match);
}

/* judge_lines - with a space where the lines were torn, and with nothing */
static void judge_lines(struct explainer *explainer, guint64 first, guint64 last)
{
	struct span span = { explainer, first, last };
	g_autoptr(GString) spaced = g_string_new(NULL);
	g_autoptr(GString) bare = g_string_new(NULL);

	for (guint64 i = first; i <= last; i++) {
		const GString *line = line_at(explainer, i);
		gboolean returns = line->len > 0 && line->str[line->len - 1] == '\r';

		if (spaced->len > 0 && spaced->str[spaced->len - 1] != ' ')
			g_string_append_c(spaced, ' ');
		plain_append(spaced, line->str, line->len);
		plain_append(bare, line->str, line->len - returns);
	}
	sought_fitting(explainer->sought, &explainer->open, spaced->str, add_match, &span);
	if (first < last)
		sought_fitting(explainer->sought, &explainer->open, bare->str, add_match, &span);
}

/* begins_anew - does the line begin as those of logs do, or is it empty? */
static gboolean begins_anew(const GString *line)
{
	static const char *const months[] = { "Jan ", "Feb ", "Mar ", "Apr ", "May ", "Jun ",
					      "Jul ", "Aug ", "Sep ", "Oct ", "Nov ", "Dec " };
	const char *c = line->str + strspn(line->str, "> |\t\r");

	if (*c == '\0' || *c == '[' || (*c == '<' && g_ascii_isdigit(c[1])))
		return TRUE;
	if (g_ascii_isdigit(c[0]) && g_ascii_isdigit(c[1]))
		return c[2] == ':' || c[2] == '-' ||
		       (g_ascii_isdigit(c[2]) && g_ascii_isdigit(c[3]) && c[4] == '-');
	for (guint i = 0; i < G_N_ELEMENTS(months); i++) {
		if (g_str_has_prefix(c, months[i]))
			return TRUE;
	}
	return FALSE;
}

/* continues - may this line be the rest of the one before it? */
static gboolean continues(struct explainer *explainer, guint64 number)
{
	const GString *before;

	if (number == 0)
		return FALSE;
	before = line_at(explainer, number - 1);
	return before->len >= SHORTEST && before->len <= LONGEST &&
	       !begins_anew(line_at(explainer, number));
}

/* scan_torn - what began in the last line: at a space, or in the middle of a word */
static void scan_torn(struct explainer *explainer)
{
	const struct sought *sought = explainer->sought;
	const GString *line = line_at(explainer, explainer->number);
	gsize skipped = strspn(line->str, "> |\t");
	const char *text = line->str + skipped;
	guint16 spaced = sought_scan(sought, explainer->torn, " ", 1, &explainer->told);

	sought_scan_torn(sought, spaced, text, line->len - skipped, &explainer->told);
	sought_scan_torn(sought, explainer->torn, text, line->len - skipped, &explainer->told);
}

/* scan_plain - the line once more, without what made it unclean */
static void scan_plain(struct explainer *explainer)
{
	const GString *line = line_at(explainer, explainer->number);
	g_autoptr(GString) plain = g_string_new(NULL);

	plain_append(plain, line->str, line->len);
	explainer->state =
		sought_scan(explainer->sought, 0, plain->str, plain->len, &explainer->told);
}

static void add_told(struct explainer *explainer)
{
	for (guint i = 0; i < G_N_ELEMENTS(explainer->told.bits); i++)
		explainer->open.bits[i] |= explainer->told.bits[i];
	explainer->open.any = TRUE;
	explainer->until = explainer->number + WINDOW - 1;
}

/* is_explained - does a rule that knows what it says fit the line, and was no more told before? */
static gboolean is_explained(const struct explainer *explainer)
{
	const GArray *matches = explainer->matches;
	const struct match *last =
		matches->len == 0 ? NULL : &g_array_index(matches, struct match, matches->len - 1);

	return last != NULL && last->first == explainer->number && !last->rule->vague &&
	       memcmp(explainer->open.bits, explainer->told.bits, sizeof(explainer->told.bits)) ==
		       0;
}

static void judge(struct explainer *explainer)
{
	guint64 first = explainer->number;

	judge_lines(explainer, first, explainer->number);
	if (is_explained(explainer))
		return;
	while (continues(explainer, first) && explainer->number - first < WINDOW - 1)
		judge_lines(explainer, --first, explainer->number);
}

static void end_line(struct explainer *explainer)
{
	gboolean more = FALSE;

	if (explainer->told.unclean)
		scan_plain(explainer);
	if (explainer->torn != 0 || explainer->open.any)
		more = continues(explainer, explainer->number);
	if (more && explainer->torn != 0)
		scan_torn(explainer);
	if (explainer->open.any &&
	    (!more || explainer->number > explainer->until || explainer->matches->len >= MATCHES))
		close_message(explainer);
	if (explainer->told.any)
		add_told(explainer);
	if (explainer->open.any)
		judge(explainer);
	if (explainer->told.any || explainer->told.unclean)
		explainer->told = (struct told){ 0 };
	explainer->torn = explainer->state;
	explainer->state = 0;
	explainer->number++;
	g_string_truncate(line_at(explainer, explainer->number), 0);
}

void explainer_feed(struct explainer *explainer, const char *text, gsize length)
{
	while (length > 0) {
		GString *line = line_at(explainer, explainer->number);
		const char *end = memchr(text, '\n', length);
		gsize part = end != NULL ? (gsize)(end - text) : length;
		gsize taken = MIN(part, EXPLAIN_LINE - line->len);

		explainer->state = sought_scan(explainer->sought, explainer->state, text, taken,
					       &explainer->told);
		g_string_append_len(line, text, (gssize)taken);
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

/* add_findings - of the rules that are as sure; the harmless ones apart */
static void add_findings(const struct explainer *explainer, enum sureness sure, gboolean harmless,
			 GPtrArray *findings)
{
	guint number = 0;

	for (gsize i = 0; log_rule_tables[i] != NULL; i++) {
		for (gsize k = 0; k < log_rule_tables[i]->n_rules; k++, number++) {
			const struct log_rule *rule = &log_rule_tables[i]->rules[k];
			const struct seen *seen =
				&g_array_index(explainer->seen, struct seen, number);

			if (seen->count > 0 && rule->sure == sure &&
			    (rule->rule.severity == SEVERITY_STYLE) == harmless)
				add_finding(findings, rule, seen);
		}
	}
}

GPtrArray *explainer_finish(struct explainer *explainer)
{
	GPtrArray *findings = findings_new();

	if (line_at(explainer, explainer->number)->len > 0)
		end_line(explainer);
	close_message(explainer);
	for (gboolean harmless = FALSE; harmless <= TRUE; harmless++) {
		for (enum sureness sure = SURE_CERTAIN; sure <= SURE_POSSIBLE; sure++)
			add_findings(explainer, sure, harmless, findings);
	}
	return findings;
}

GPtrArray *explain_text(const char *text)
{
	autoptr(explainer) explainer = explainer_new();

	explainer_feed(explainer, text, strlen(text));
	return explainer_finish(explainer);
}
