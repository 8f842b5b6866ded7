/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "core/error.h"
#include "monitor-double.h"
#include "monitor/worker.h"

/* A generous answer for what comes, and a short one for what does not. */
#define LONG_MS 60000
#define SHORT_MS 50

static struct double_ddc *made;

static struct ddc *make(gpointer data, GError **error)
{
	made = double_new();
	made->n_monitors = 2;
	return &made->ddc;
}

static struct ddc *fail_to_make(gpointer data, GError **error)
{
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_ABSENT, "no library");
	return NULL;
}

struct answers {
	GMainLoop *loop;
	guint wanted;
	GPtrArray *results; /* in the order in which they came */
};

static void on_answer(GObject *source, GAsyncResult *result, gpointer data)
{
	struct answers *answers = data;

	g_ptr_array_add(answers->results, g_object_ref(result));
	if (answers->results->len == answers->wanted)
		g_main_loop_quit(answers->loop);
}

static void wait_for(struct answers *answers, guint wanted)
{
	answers->wanted = answers->results->len + wanted;
	g_main_loop_run(answers->loop);
}

static struct answers *answers_new(void)
{
	struct answers *answers = g_new0(struct answers, 1);

	answers->loop = g_main_loop_new(NULL, FALSE);
	answers->results = g_ptr_array_new_with_free_func(g_object_unref);
	return answers;
}

static void answers_free(struct answers *answers)
{
	g_main_loop_unref(answers->loop);
	g_ptr_array_unref(answers->results);
	g_free(answers);
}
AUTOPTR_DEFINE(answers)

static void test_list(void)
{
	autoptr(answers) answers = answers_new();
	autoptr(worker) worker = worker_new(make, NULL, "/nowhere/file");
	g_autoptr(GPtrArray) monitors = NULL;
	g_autoptr(GError) error = NULL;

	worker_list_async(worker, LONG_MS, on_answer, answers);
	wait_for(answers, 1);
	monitors = worker_list_finish(answers->results->pdata[0], &error);
	g_assert_no_error(error);
	g_assert_cmpuint(monitors->len, ==, 2);
	g_assert_cmpstr(((struct monitor *)monitors->pdata[1])->name, ==, "Double2");
	g_assert_cmpstr(monitor_shows(monitors->pdata[1])->name, ==, "dp1");
}

/* One after the other, each monitor its own; looked for once. */
static void test_switch(void)
{
	static const char *const inputs[] = { "hdmi1", "dp1" };
	autoptr(answers) answers = answers_new();
	autoptr(worker) worker = worker_new(make, NULL, "/nowhere/file");
	g_autoptr(GError) error = NULL;
	enum switch_outcome outcome;

	for (guint i = 0; i < 20; i++)
		monitor_switch_async(worker, "double2", inputs[i % 2], LONG_MS, on_answer, answers);
	monitor_switch_async(worker, "1", "hdmi2", LONG_MS, on_answer, answers);
	wait_for(answers, 21);
	for (guint i = 0; i < 21; i++) {
		g_assert_true(monitor_switch_finish(answers->results->pdata[i], &outcome, &error));
		g_assert_no_error(error);
		g_assert_cmpint(outcome, ==, SWITCH_SEEN);
	}
	g_assert_cmpuint(made->scans, ==, 1);
	g_assert_cmphex(double_input(made, 0), ==, 0x12);
	g_assert_cmphex(double_input(made, 1), ==, 0x0f);
}

/*
 * A monitor that hangs its bus: whoever asks is answered in time, and what waited behind it is not
 * begun when its own time is over.
 */
static void test_hangs(void)
{
	autoptr(answers) answers = answers_new();
	autoptr(worker) worker = worker_new(make, NULL, "/nowhere/file");
	g_autoptr(GError) first = NULL, second = NULL, last = NULL;
	enum switch_outcome outcome;

	monitor_switch_async(worker, "1", "dp1", LONG_MS, on_answer, answers);
	wait_for(answers, 1);
	made->monitors[0].answer_ms = 400;
	made->really_sleeps = TRUE;
	monitor_switch_async(worker, "1", "hdmi1", SHORT_MS, on_answer, answers);
	monitor_switch_async(worker, "2", "hdmi1", SHORT_MS, on_answer, answers);
	wait_for(answers, 2);
	g_assert_false(monitor_switch_finish(answers->results->pdata[1], &outcome, &first));
	g_assert_true(hotseat_error_is(first, HOTSEAT_ERROR_FAILED));
	g_assert_nonnull(strstr(first->message, "no answer within"));
	g_assert_false(monitor_switch_finish(answers->results->pdata[2], &outcome, &second));
	g_assert_true(hotseat_error_is(second, HOTSEAT_ERROR_FAILED));

	/* what comes after them is done as ever */
	monitor_switch_async(worker, "2", "hdmi2", LONG_MS, on_answer, answers);
	wait_for(answers, 1);
	g_assert_true(monitor_switch_finish(answers->results->pdata[3], &outcome, &last));
	g_assert_cmpuint(made->monitors[1].n_sent, ==, 1);
	g_assert_cmphex(made->monitors[1].sent[0], ==, 0x12);
}

/* A monitor that does not heed is given up while there is time left to say so. */
static void test_ignores(void)
{
	const guint milliseconds = 8000; /* less than three tries take */
	autoptr(answers) answers = answers_new();
	autoptr(worker) worker = worker_new(make, NULL, "/nowhere/file");
	g_autoptr(GError) error = NULL;
	enum switch_outcome outcome;
	gint64 start;

	monitor_switch_async(worker, "1", "dp1", LONG_MS, on_answer, answers);
	wait_for(answers, 1);
	made->monitors[0].ignores = TRUE;
	start = made->time;
	monitor_switch_async(worker, "1", "hdmi1", milliseconds, on_answer, answers);
	wait_for(answers, 1);
	g_assert_false(monitor_switch_finish(answers->results->pdata[1], &outcome, &error));
	g_assert_nonnull(strstr(error->message, "still shows dp1"));
	g_assert_cmpint(made->time - start, <=, milliseconds * 900);
}

/* Not there as it was: looked for again, once. */
static void test_again(void)
{
	autoptr(answers) answers = answers_new();
	autoptr(worker) worker = worker_new(make, NULL, "/nowhere/file");
	g_autoptr(GError) error = NULL;
	enum switch_outcome outcome;

	monitor_switch_async(worker, "2", "dp1", LONG_MS, on_answer, answers);
	wait_for(answers, 1);
	made->monitors[1].away = TRUE;
	monitor_switch_async(worker, "2", "hdmi1", LONG_MS, on_answer, answers);
	wait_for(answers, 1);
	g_assert_false(monitor_switch_finish(answers->results->pdata[1], &outcome, &error));
	g_assert_true(hotseat_error_is(error, HOTSEAT_ERROR_ABSENT));
	g_assert_cmpuint(made->scans, ==, 2);
}

static void test_no_library(void)
{
	autoptr(answers) answers = answers_new();
	autoptr(worker) worker = worker_new(fail_to_make, NULL, "/nowhere/file");
	g_autoptr(GError) error = NULL;

	worker_list_async(worker, LONG_MS, on_answer, answers);
	wait_for(answers, 1);
	g_assert_null(worker_list_finish(answers->results->pdata[0], &error));
	g_assert_true(hotseat_error_is(error, HOTSEAT_ERROR_ABSENT));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/monitor-worker/list", test_list);
	g_test_add_func("/monitor-worker/switch", test_switch);
	g_test_add_func("/monitor-worker/hangs", test_hangs);
	g_test_add_func("/monitor-worker/ignores", test_ignores);
	g_test_add_func("/monitor-worker/again", test_again);
	g_test_add_func("/monitor-worker/no-library", test_no_library);
	return g_test_run();
}
