/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/text.h"
#include "rules/host.h"

/*
 * The first five lines answer the question that was asked, "can it?", and say what to do next. Then
 * comes, worst first, what blocks, what may go wrong, what is slow, and advice. What could not be
 * read is one sentence: a page of "not known" would hide the rest.
 */

/* With the lines above and below them these leave the verdict its five lines. */
#define MAX_CHANGES 3
#define MAX_CARDS 3

/* colour - an escape sequence for terminals, or nothing */
static const char *colour(FILE *out, const char *sequence)
{
	const char *forbidden = getenv("NO_COLOR");

	if (!isatty(fileno(out)) || (forbidden != NULL && forbidden[0] != '\0'))
		return "";
	return sequence;
}

#define BOLD "\033[1m"
#define RED "\033[31m"
#define PLAIN "\033[0m"

/* Commands are printed as they must be typed; only sentences are wrapped. */
static gboolean is_command(const char *line)
{
	return g_str_has_prefix(line, "sudo ") || g_str_has_prefix(line, "echo ") ||
	       (g_str_has_prefix(line, "<") && g_str_has_suffix(line, ">"));
}

void fix_print(const char *fix, FILE *out)
{
	g_auto(GStrv) lines = g_strsplit(fix, "\n", -1);

	for (guint i = 0; lines[i] != NULL; i++) {
		if (is_command(lines[i])) {
			fprintf(out, "        %s\n", lines[i]);
			continue;
		}
		fputs("    ", out);
		text_print_wrapped(out, lines[i], 4, 4);
	}
}

/* Whoever looks at a folder, or is root already, gains nothing by being told to be root. */
static gboolean root_could_tell(const struct machine *machine)
{
	return root_is_live(machine->root) && geteuid() != 0;
}

void finding_print(const struct finding *finding, FILE *out)
{
	g_autofree char *place =
		finding->line > 0 ? g_strdup_printf("line %u:%u ", finding->line, finding->column)
				  : g_strdup("");
	const char *word = severity_name(finding->severity);
	gboolean broken = finding->severity == SEVERITY_BROKEN;
	int column = (int)(strlen(word) + strlen(finding->rule->id) + 4 + strlen(place) +
			   (gsize)g_utf8_strlen(finding->subject, -1));

	fprintf(out, "\n%s%s%s %s %s%s: ", colour(out, broken ? BOLD RED : BOLD), word,
		colour(out, PLAIN), finding->rule->id, place, finding->subject);
	text_print_wrapped(out, finding->message, 4, column);
	fputs("    seen: ", out);
	text_print_wrapped(out, finding->evidence, 4, 10);
	if (finding->fix != NULL)
		fix_print(finding->fix, out);
}

void finding_print_why(const struct finding *finding, FILE *out)
{
	const struct rule *rule = finding->rule;
	g_autofree char *source = g_strconcat(
		rule->source, rule->versions != NULL ? "; holds for " : "", rule->versions, NULL);

	fputs("    why: ", out);
	text_print_wrapped(out, rule->why, 4, 9);
	fputs("    source: ", out);
	text_print_wrapped(out, source, 4, 12);
}

static gboolean is_broken(const struct finding *finding)
{
	return finding->severity == SEVERITY_BROKEN && !finding->unknown;
}

static gboolean is_unknown(const struct finding *finding)
{
	return finding->unknown;
}

/* From the first severity to the last, both included. */
static const struct {
	const char *heading;
	enum severity first, last;
} sections[] = {
	{ "What blocks", SEVERITY_BROKEN, SEVERITY_BROKEN },
	{ "What may go wrong", SEVERITY_RISKY, SEVERITY_RISKY },
	{ "What is slow", SEVERITY_SLOW, SEVERITY_SLOW },
	{ "Advice", SEVERITY_OBSOLETE, SEVERITY_STYLE },
};

static void print_section(FILE *out, const GPtrArray *findings, const char *heading,
			  enum severity first, enum severity last)
{
	gboolean any = FALSE;

	for (guint i = 0; i < findings->len; i++) {
		const struct finding *finding = g_ptr_array_index(findings, i);

		if (is_unknown(finding) || finding->severity < first || finding->severity > last)
			continue;
		if (!any)
			fprintf(out, "\n%s%s%s\n", colour(out, BOLD), heading, colour(out, PLAIN));
		any = TRUE;
		finding_print(finding, out);
	}
}

/* print_unknown - each rule that got no answer once, in one sentence */
static void print_unknown(FILE *out, const GPtrArray *findings, const struct machine *machine)
{
	const struct rule *last = NULL;
	g_autoptr(GString) text = g_string_new(
		root_could_tell(machine)
			? "As root (sudo hotseat check) it would also be known whether "
			: "It could not be read whether ");
	gsize start = text->len;

	for (guint i = 0; i < findings->len; i++) {
		const struct finding *finding = g_ptr_array_index(findings, i);

		if (!is_unknown(finding) || finding->rule == last)
			continue;
		last = finding->rule;
		g_string_append_printf(text, "%s%s", text->len == start ? "" : "; ",
				       finding->rule->title);
	}
	if (text->len > start) {
		g_string_append_c(text, '.');
		text_print_wrapped(out, text->str, 0, 0);
	}
}

/* remedies - what mends all that is broken, each once, in order; NULL if one has no remedy */
static GPtrArray *remedies(const GPtrArray *findings)
{
	GPtrArray *each = g_ptr_array_new();

	for (guint i = 0; i < findings->len; i++) {
		const struct finding *finding = g_ptr_array_index(findings, i);

		if (!is_broken(finding))
			continue;
		if (finding->rule->remedy == NULL) {
			g_ptr_array_unref(each);
			return NULL;
		}
		if (!g_ptr_array_find(each, finding->rule->remedy, NULL))
			g_ptr_array_add(each, (gpointer)(guintptr)finding->rule->remedy);
	}
	return each;
}

static const struct finding *first_hopeless(const GPtrArray *findings)
{
	for (guint i = 0; i < findings->len; i++) {
		const struct finding *finding = g_ptr_array_index(findings, i);

		if (is_broken(finding) && finding->rule->remedy == NULL)
			return finding;
	}
	return NULL;
}

static void print_changes(FILE *out, const GPtrArray *changes)
{
	guint shown;

	if (changes->len == 1) {
		fprintf(out,
			"%sThis machine can hand over a graphics card after one change:%s "
			"%s.\n",
			colour(out, BOLD), colour(out, PLAIN),
			(const char *)g_ptr_array_index(changes, 0));
		return;
	}
	fprintf(out, "%sThis machine can hand over a graphics card after %u changes:%s\n",
		colour(out, BOLD), changes->len, colour(out, PLAIN));
	shown = changes->len > MAX_CHANGES ? MAX_CHANGES - 1 : changes->len;
	for (guint i = 0; i < shown; i++)
		fprintf(out, "  %u. %s\n", i + 1, (const char *)g_ptr_array_index(changes, i));
	if (shown < changes->len)
		fprintf(out, "  and %u more, below\n", changes->len - shown);
}

/* The one command that mends what blocks first; NULL: it takes more than that. */
static char *first_command(const GPtrArray *findings)
{
	for (guint i = 0; i < findings->len; i++) {
		const struct finding *finding = g_ptr_array_index(findings, i);
		g_auto(GStrv) lines = NULL;

		if (!is_broken(finding))
			continue;
		lines = g_strsplit(finding->fix == NULL ? "" : finding->fix, "\n", -1);
		return g_strv_length(lines) == 1 && is_command(lines[0]) ? g_strdup(lines[0])
									 : NULL;
	}
	return NULL;
}

static void print_next_change(FILE *out, const GPtrArray *findings)
{
	g_autofree char *command = first_command(findings);

	if (command != NULL)
		fprintf(out, "Next: %s\nThen ask again: hotseat check\n", command);
	else
		fputs("Next, do what is said below under \"What blocks\"; then ask again: hotseat "
		      "check\n",
		      out);
}

/* Nothing blocks that could be seen, and not enough could be seen. */
static const char *next_question(const struct machine *machine)
{
	if (!root_is_live(machine->root))
		return "Next, have the whole machine recorded, by its root: sudo hotseat record "
		       "FILE";
	return geteuid() != 0 ? "Next, ask as root: sudo hotseat check"
			      : "Next, see which cards there are, and what is in their way: "
				"hotseat devices";
}

/* spare_cards - "NVIDIA ... (0000:01:00.0) or AMD ... (0000:02:00.0)"; NULL if there is none */
static char *spare_cards(const struct machine *machine)
{
	g_autoptr(GString) text = g_string_new(NULL);
	guint count = 0;

	for (guint i = 0; i < machine->cards->len; i++) {
		const struct card *card = g_ptr_array_index(machine->cards, i);

		if (host_card_spare(machine, card) && ++count <= MAX_CARDS)
			g_string_append_printf(text, "%s%s (%s)", text->len == 0 ? "" : " or ",
					       card_display(card)->name,
					       card_display(card)->address);
	}
	if (count > MAX_CARDS)
		g_string_append_printf(text, " or %u more", count - MAX_CARDS);
	return text->len == 0 ? NULL : g_string_free(g_steal_pointer(&text), FALSE);
}

/* A folder with sys/ alone may show a card and say nothing of its group. */
static gboolean only_card_lendable(const struct machine *machine)
{
	if (!host_all_cards_sole(machine))
		return FALSE;
	for (guint i = 0; i < machine->cards->len; i++) {
		if (host_card_lendable(machine, g_ptr_array_index(machine->cards, i)))
			return TRUE;
	}
	return FALSE;
}

/* print_can - nothing is broken: which card, and how to go on */
static void print_can(FILE *out, const struct machine *machine)
{
	g_autofree char *cards = spare_cards(machine);
	g_autofree char *sentence = NULL;

	if (cards != NULL) {
		sentence = g_strdup_printf("This machine can hand over %s.", cards);
		text_print_wrapped(out, sentence, 0, 0);
		fputs("Next, make a guest: hotseat new win11\n", out);
	} else if (only_card_lendable(machine)) {
		text_print_wrapped(out, "This machine can hand over its only graphics card.", 0, 0);
		fputs("Next, make a guest: hotseat new win11\n", out);
	} else {
		text_print_wrapped(
			out,
			"Whether this machine can hand over a graphics card is not known: "
			"some answers could not be read.",
			0, 0);
		text_print_wrapped(out, next_question(machine), 0, 0);
	}
}

static void print_verdict(FILE *out, const GPtrArray *findings, const struct machine *machine)
{
	const struct finding *hopeless = first_hopeless(findings);
	g_autoptr(GPtrArray) changes = remedies(findings);

	if (hopeless != NULL)
		fprintf(out, "%sThis machine cannot:%s %s\n", colour(out, BOLD), colour(out, PLAIN),
			hopeless->message);
	else if (changes->len > 0)
		print_changes(out, changes);
	else
		print_can(out, machine);
	if (hopeless == NULL && changes->len > 0)
		print_next_change(out, findings);
	else if (hopeless != NULL)
		fputs("No command mends that. What else was found is below, for another machine or "
		      "slot.\n",
		      out);

	if (hopeless == NULL && host_all_cards_sole(machine))
		fputs("The desktop has no other display, and is dark while the card is lent.\n",
		      out);
	print_unknown(out, findings, machine);
}

void findings_print(const GPtrArray *findings, const struct machine *machine, FILE *out)
{
	print_verdict(out, findings, machine);
	for (gsize i = 0; i < G_N_ELEMENTS(sections); i++)
		print_section(out, findings, sections[i].heading, sections[i].first,
			      sections[i].last);
}

static void add_number(JsonBuilder *json, const char *name, guint number)
{
	if (number > 0)
		json_add_int(json, name, number);
	else
		json_add_string(json, name, NULL);
}

static void add_finding(JsonBuilder *json, const struct finding *finding)
{
	const char tag[] = { finding->rule->tag, '\0' };

	json_builder_begin_object(json);
	json_add_string(json, "rule", finding->rule->id);
	json_add_string(json, "severity", severity_name(finding->severity));
	json_add_string(json, "tag", tag);
	add_number(json, "line", finding->line);
	add_number(json, "column", finding->column);
	json_add_string(json, "subject", finding->subject);
	json_add_string(json, "evidence", finding->evidence);
	json_add_string(json, "message", finding->message);
	json_add_string(json, "fix", finding->fix);
	json_add_string(json, "why", finding->rule->why);
	json_add_string(json, "source", finding->rule->source);
	json_add_string(json, "versions", finding->rule->versions);
	json_builder_set_member_name(json, "unknown");
	json_builder_add_boolean_value(json, finding->unknown);
	json_builder_end_object(json);
}

void findings_add_json(JsonBuilder *json, const GPtrArray *findings, const char *subject)
{
	json_builder_begin_object(json);
	json_add_string(json, "subject", subject);
	json_builder_set_member_name(json, "findings");
	json_builder_begin_array(json);
	for (guint i = 0; i < findings->len; i++)
		add_finding(json, g_ptr_array_index(findings, i));
	json_builder_end_array(json);
	json_builder_end_object(json);
}

void findings_print_json(const GPtrArray *findings, const char *subject, FILE *out)
{
	g_autoptr(JsonBuilder) json = json_builder_new();

	json_builder_begin_array(json);
	findings_add_json(json, findings, subject);
	json_builder_end_array(json);
	json_print(json, out);
}
