/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "selftest/selftest.h"

#include <string.h>

#include "core/error.h"
#include "core/table.h"
#include "rules/explain.h"
#include "selftest/fact.h"
#include "selftest/kmsg.h"
#include "selftest/stopwatch.h"

#define WARNING 4 /* KERN_WARNING, include/linux/kern_levels.h */
#define LINES_SHOWN 40
#define LOOK_MS 250

struct selftest {
	const struct selftest_work *work;
	struct selftest_options options;
	guint done; /* rounds that brought everything back */
	struct stopwatch *stopwatch;
	GPtrArray *before; /* struct fact */
	GHashTable *seen;  /* texts of the kernel's lines */
	GPtrArray *shown;  /* "round 1: text" */
	guint lines, hidden;
	GPtrArray *causes; /* "AB-12 (likely): ..." */
	char *ended;       /* why it ended before the last round; NULL: it did not */
};

void selftest_free(struct selftest *selftest)
{
	if (selftest == NULL)
		return;
	stopwatch_free(selftest->stopwatch);
	g_ptr_array_unref(selftest->before);
	g_hash_table_unref(selftest->seen);
	g_ptr_array_unref(selftest->shown);
	g_ptr_array_unref(selftest->causes);
	g_free(selftest->ended);
	g_free(selftest);
}

static struct selftest *selftest_new(const struct selftest_options *options,
				     const struct selftest_work *work)
{
	struct selftest *selftest = g_new0(struct selftest, 1);

	selftest->work = work;
	selftest->options = *options;
	selftest->stopwatch = stopwatch_new();
	selftest->before = work->read_facts(work->data);
	selftest->seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	selftest->shown = g_ptr_array_new_with_free_func(g_free);
	selftest->causes = g_ptr_array_new_with_free_func(g_free);
	return selftest;
}

/* Guests are called as their users like. */
static char *without_name(const struct selftest *selftest, const char *text)
{
	g_autofree char *name = g_regex_escape_string(selftest->options.guest, -1);
	g_autofree char *pattern = g_strdup_printf("(?<![\\w.-])%s(?![\\w.-])", name);
	g_autoptr(GRegex) regex = g_regex_new(pattern, G_REGEX_RAW, 0, NULL);

	return regex == NULL ? g_strdup("?")
			     : g_regex_replace_literal(regex, text, -1, 0, "GUEST", 0, NULL);
}

static void on_line(enum lend_line kind, const char *text, void *data)
{
	struct selftest *selftest = data;
	g_autofree char *part = without_name(selftest, text);
	gint64 now = g_get_monotonic_time();

	switch (kind) {
	case LEND_STEP:
		stopwatch_done(selftest->stopwatch, part, now);
		break;
	case LEND_BEGIN:
		stopwatch_begun(selftest->stopwatch, part, now);
		break;
	case LEND_SAID:
	case LEND_WARNING:
		stopwatch_done(selftest->stopwatch, STOPWATCH_BETWEEN, now);
		break;
	}
	if (selftest->work->line != NULL)
		selftest->work->line(kind, text, selftest->work->data);
}

/* call - one half of a round, with its times */
static gboolean call(struct selftest *selftest, const char *name,
		     gboolean (*half)(const struct lend_report *report, void *data, GError **error),
		     GError **error)
{
	const struct lend_report report = { .line = on_line, .data = selftest };
	gint64 start = g_get_monotonic_time();
	g_autofree char *rest = g_strdup_printf("the rest of %s", name);
	gboolean good;

	stopwatch_start(selftest->stopwatch, start);
	good = half(&report, selftest->work->data, error);
	stopwatch_done(selftest->stopwatch, rest, g_get_monotonic_time());
	if (good)
		stopwatch_add(selftest->stopwatch, name, g_get_monotonic_time() - start);
	return good;
}

static void add_cause(struct selftest *selftest, const struct finding *finding)
{
	g_autofree char *text = g_strdup_printf("%s: %s", finding->rule->id, finding->message);

	if (!g_ptr_array_find_with_equal_func(selftest->causes, text, g_str_equal, NULL))
		g_ptr_array_add(selftest->causes, g_steal_pointer(&text));
}

static void add_line(struct selftest *selftest, guint round, const struct kmsg_line *line)
{
	selftest->lines++;
	if (line->level > WARNING || !g_hash_table_add(selftest->seen, g_strdup(line->text)))
		return;
	if (selftest->shown->len < LINES_SHOWN)
		g_ptr_array_add(selftest->shown,
				g_strdup_printf("round %u: %s", round, line->text));
	else
		selftest->hidden++;
}

/* What the kernel said in a round: what is new of its warnings, and what is known of all. */
static void hear_kernel(struct selftest *selftest, guint round)
{
	g_autoptr(GPtrArray) lines = selftest->work->read_log(selftest->work->data);
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(GPtrArray) findings = NULL;

	for (guint i = 0; i < lines->len; i++) {
		const struct kmsg_line *line = g_ptr_array_index(lines, i);

		add_line(selftest, round, line);
		g_string_append_printf(text, "%s\n", line->text);
	}
	findings = explain_text(text->str);
	for (guint i = 0; i < findings->len; i++)
		add_cause(selftest, g_ptr_array_index(findings, i));
}

/* wait_back - NULL when all is as before; else, at the end of the time, what is not */
static char *wait_back(struct selftest *selftest)
{
	guint looks = selftest->options.back * 1000 / LOOK_MS;
	g_autoptr(GPtrArray) differ = NULL;
	gint64 start = g_get_monotonic_time();

	for (guint i = 0;; i++) {
		g_autoptr(GPtrArray) now = selftest->work->read_facts(selftest->work->data);

		g_clear_pointer(&differ, g_ptr_array_unref);
		differ = facts_compare(selftest->before, now);
		if (differ->len == 0 || i >= looks)
			break;
		/* Whoever wants an end gets it when all is back. */
		(void)selftest->work->pause(LOOK_MS, selftest->work->data);
	}
	stopwatch_add(selftest->stopwatch, "until all was seen to be back",
		      g_get_monotonic_time() - start);
	if (differ->len == 0)
		return NULL;
	g_ptr_array_add(differ, NULL);
	return g_strjoinv("; ", (char **)differ->pdata);
}

static gboolean end(struct selftest *selftest, GError **error, enum hotseat_error code,
		    const char *format, ...) G_GNUC_PRINTF(4, 5);

static gboolean end(struct selftest *selftest, GError **error, enum hotseat_error code,
		    const char *format, ...)
{
	va_list args;

	va_start(args, format);
	selftest->ended = g_strdup_vprintf(format, args);
	va_end(args);
	g_set_error(error, HOTSEAT_ERROR, code, "%s%s", selftest->ended,
		    code != HOTSEAT_ERROR_NOT_BACK
			    ? ""
			    : ". hotseat status says what is lent; sudo hotseat recover takes it "
			      "back; where that does not help, a restart of the machine does");
	return FALSE;
}

/* end_up - `up` has failed, and says itself whether it has put everything back */
static gboolean end_up(struct selftest *selftest, guint round, GError *failure, GError **error)
{
	g_autofree char *message = g_strdup(failure->message);
	g_autofree char *differ = NULL;
	gboolean back = !hotseat_error_is(failure, HOTSEAT_ERROR_NOT_BACK);

	if (back && round == 1 && !hotseat_error_is(failure, HOTSEAT_ERROR_FAILED)) {
		g_propagate_error(error, failure);
		return FALSE;
	}
	g_error_free(failure);
	hear_kernel(selftest, round);
	differ = wait_back(selftest);
	return end(selftest, error,
		   back && differ == NULL ? HOTSEAT_ERROR_FAILED : HOTSEAT_ERROR_NOT_BACK,
		   "up failed in round %u: %s%s%s", round, message, differ == NULL ? "" : "; ",
		   differ == NULL ? "" : differ);
}

/* play - one round; *more is FALSE if somebody wants it to end */
static gboolean play(struct selftest *selftest, guint round, gboolean *more, GError **error)
{
	const struct selftest_work *work = selftest->work;
	GError *failure = NULL;
	g_autoptr(GError) stays = NULL;
	g_autofree char *differ = NULL;

	if (!call(selftest, "up", work->up, &failure))
		return end_up(selftest, round, failure, error);
	*more = work->pause(selftest->options.seconds * 1000, work->data);
	if (!call(selftest, "down", work->down, &stays)) {
		hear_kernel(selftest, round);
		return end(selftest, error, HOTSEAT_ERROR_NOT_BACK, "down failed in round %u: %s",
			   round, stays->message);
	}
	differ = wait_back(selftest);
	hear_kernel(selftest, round);
	if (differ != NULL)
		return end(selftest, error, HOTSEAT_ERROR_NOT_BACK,
			   "round %u did not bring everything back: %s", round, differ);
	selftest->done++;
	*more = work->pause(0, work->data) && *more;
	return TRUE;
}

gboolean selftest_run(const struct selftest_options *options, const struct selftest_work *work,
		      struct selftest **made, GError **error)
{
	autoptr(selftest) selftest = selftest_new(options, work);
	gboolean good = TRUE, more = TRUE;

	for (guint round = 1; good && more && round <= options->rounds; round++)
		good = play(selftest, round, &more, error);
	if (good && selftest->done < options->rounds)
		good = end(selftest, error, HOTSEAT_ERROR_FAILED,
			   "interrupted after round %u of %u; everything is back", selftest->done,
			   options->rounds);
	if (good || selftest->ended != NULL)
		*made = g_steal_pointer(&selftest);
	return good;
}

static void print_laps(const struct selftest *selftest, FILE *out)
{
	const GPtrArray *laps = stopwatch_laps(selftest->stopwatch);
	autoptr(table) table = table_new("TOOK", "MEDIAN", "WORST", "TIMES", NULL);

	for (guint i = 0; i < laps->len; i++) {
		const struct lap *lap = g_ptr_array_index(laps, i);
		g_autofree char *median =
			g_strdup_printf("%.3f s", (double)lap_median(lap) / G_USEC_PER_SEC);
		g_autofree char *worst =
			g_strdup_printf("%.3f s", (double)lap_worst(lap) / G_USEC_PER_SEC);
		g_autofree char *times = g_strdup_printf("%u", lap->times->len);

		table_add(table, lap->part, median, worst, times);
	}
	table_print(table, out);
}

static void print_facts(const struct selftest *selftest, FILE *out)
{
	fprintf(out, "\nSeen before the first round, and compared with after each:\n");
	for (guint i = 0; i < selftest->before->len; i++) {
		const struct fact *fact = g_ptr_array_index(selftest->before, i);

		fprintf(out, "  %s: %s\n", fact->what, fact->value);
	}
}

static void print_kernel(const struct selftest *selftest, FILE *out)
{
	fprintf(out,
		"\nThe kernel's log: %u lines, of them warnings and worse, each told once:%s\n",
		selftest->lines, selftest->shown->len == 0 ? " none" : "");
	for (guint i = 0; i < selftest->shown->len; i++)
		fprintf(out, "  %s\n", (const char *)g_ptr_array_index(selftest->shown, i));
	if (selftest->hidden > 0)
		fprintf(out, "  and %u more\n", selftest->hidden);
	for (guint i = 0; i < selftest->causes->len; i++)
		fprintf(out, "%s  %s\n", i == 0 ? "What is known of that log:\n" : "",
			(const char *)g_ptr_array_index(selftest->causes, i));
}

char *selftest_report(const struct selftest *selftest)
{
	char *text = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&text, &length);
	char *report;

	g_assert(out != NULL);
	fprintf(out, "%u of %u rounds of up and down brought everything back.\n", selftest->done,
		selftest->options.rounds);
	if (selftest->ended != NULL)
		fprintf(out, "Then it ended: %s.\n", selftest->ended);
	fputc('\n', out);
	print_laps(selftest, out);
	print_facts(selftest, out);
	print_kernel(selftest, out);
	fclose(out);
	report = without_name(selftest, text);
	free(text);
	return report;
}
