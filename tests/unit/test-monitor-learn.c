/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "core/error.h"
#include "monitor-double.h"
#include "monitor/learn.h"

/* Who sits there: sees what the monitor really shows, and presses Enter or the button. */
struct sitter {
	struct double_ddc *self;
	gboolean confirms, presses_button;
	guint stops_after; /* questions */
	guint questions;
	gboolean asked_for_button, asked_for_home, asked_to_select; /* last thing it heard */
};

static void hear(gpointer data, const char *text)
{
	struct sitter *sitter = data;

	g_test_message("%s", text);
	/* the hand on the monitor's buttons, before Enter is pressed */
	if (strstr(text, "with the buttons") != NULL)
		double_press(sitter->self, 0, 0x12);
	else if (strstr(text, "Select this computer") != NULL)
		double_press(sitter->self, 0, 0x0f);
	sitter->asked_for_button = strstr(text, "with the button") != NULL;
	sitter->asked_to_select = strstr(text, "Select this") || strstr(text, "with the buttons");
	sitter->asked_for_home = strstr(text, "if you see this") != NULL;
}

static gboolean answer(gpointer data, guint seconds)
{
	struct sitter *sitter = data;

	sitter->questions++;
	if (sitter->asked_to_select)
		return TRUE;
	if (sitter->asked_for_button) {
		if (sitter->presses_button)
			double_press(sitter->self, 0, 0x0f);
		return sitter->presses_button;
	}
	/* the clock of the double does not go while somebody looks */
	sitter->self->time += (sitter->confirms ? 1 : seconds) * G_USEC_PER_SEC;
	return sitter->confirms &&
	       (double_input(sitter->self, 0) == 0x0f) == sitter->asked_for_home;
}

static gboolean wants_no_more(gpointer data)
{
	const struct sitter *sitter = data;

	return sitter->stops_after != 0 && sitter->questions >= sitter->stops_after;
}

struct lesson {
	struct sitter sitter;
	struct learn_wish wish;
	GPtrArray *monitors;
	struct monitor *monitor;
	guint learned;
	gboolean done;
	GError *error;
};

static struct lesson *begin(void)
{
	struct lesson *lesson = g_new0(struct lesson, 1);

	lesson->sitter.self = double_new();
	lesson->sitter.confirms = lesson->sitter.presses_button = TRUE;
	lesson->wish.seconds = 10;
	return lesson;
}

static void go(struct lesson *lesson)
{
	const struct learn_user user = {
		.data = &lesson->sitter, .say = hear, .confirm = answer, .stopped = wants_no_more
	};
	autoptr(root) root = root_open("/", NULL);

	lesson->monitors = monitors_read(&lesson->sitter.self->ddc, root, "/nowhere/file", NULL);
	lesson->monitor = lesson->monitors->pdata[0];
	lesson->done = learn_monitor(&lesson->sitter.self->ddc, lesson->monitor, &lesson->wish,
				     &user, &lesson->learned, &lesson->error);
	g_assert_false(lesson->sitter.self->monitors[0].wrong_value);
}

static void end(struct lesson *lesson)
{
	g_ptr_array_unref(lesson->monitors);
	ddc_free(&lesson->sitter.self->ddc);
	g_clear_error(&lesson->error);
	g_free(lesson);
}

static const struct monitor_input *input(const struct lesson *lesson, const char *name)
{
	return model_find_input(lesson->monitor->model, name, NULL);
}

/* Both directions of all inputs; the monitor is where it was. */
static void test_good(void)
{
	struct lesson *lesson = begin();

	go(lesson);
	g_assert_true(lesson->done);
	g_assert_cmpuint(lesson->learned, ==, 2);
	g_assert_cmpint(input(lesson, "dp1")->origin, ==, INPUT_TAUGHT);
	g_assert_cmpint(input(lesson, "hdmi1")->origin, ==, INPUT_TAUGHT);
	g_assert_cmpint(input(lesson, "hdmi2")->back, ==, KNOWN_YES);
	g_assert_cmphex(double_input(lesson->sitter.self, 0), ==, 0x0f);
	end(lesson);
}

/* Nobody there: taken back, and nothing learned. */
static void test_nobody(void)
{
	struct lesson *lesson = begin();

	lesson->sitter.confirms = lesson->sitter.presses_button = FALSE;
	go(lesson);
	g_assert_true(lesson->done);
	g_assert_cmpuint(lesson->learned, ==, 0);
	g_assert_cmpint(input(lesson, "hdmi1")->origin, ==, INPUT_LISTED);
	g_assert_cmphex(double_input(lesson->sitter.self, 0), ==, 0x0f);
	end(lesson);
}

/* Interrupted after the first: that one is taken back, the others are not begun. */
static void test_stopped(void)
{
	struct lesson *lesson = begin();

	lesson->sitter.confirms = FALSE;
	lesson->sitter.stops_after = 1;
	go(lesson);
	g_assert_cmphex(double_input(lesson->sitter.self, 0), ==, 0x0f);
	for (guint i = 0; i < lesson->sitter.self->monitors[0].n_sent; i++)
		g_assert_cmphex(lesson->sitter.self->monitors[0].sent[i], !=, 0x12);
	end(lesson);
}

/* It says something else than it does: what it says is learned. */
static void test_lies(void)
{
	struct lesson *lesson = begin();

	lesson->sitter.self->monitors[0].lies = 3;
	lesson->wish.input = "hdmi1";
	lesson->wish.home = "dp1";
	go(lesson);
	g_assert_true(lesson->done);
	g_assert_cmpuint(lesson->learned, ==, 1);
	g_assert_cmpint(input(lesson, "hdmi1")->back, ==, KNOWN_YES);
	g_assert_cmphex(input(lesson, "hdmi1")->told, ==, 0x11);
	g_assert_cmphex(input(lesson, "hdmi1")->reads, ==, 0x14);
	g_assert_cmphex(input(lesson, "dp1")->reads, ==, 0x12);
	g_assert_cmphex(double_input(lesson->sitter.self, 0), ==, 0x0f);
	end(lesson);
}

/* It says the same whatever it shows: that is not read any more. */
static void test_constant(void)
{
	struct lesson *lesson = begin();

	lesson->sitter.self->monitors[0].constant = TRUE;
	lesson->wish.input = "hdmi1";
	lesson->wish.home = "dp1";
	go(lesson);
	g_assert_true(lesson->done);
	g_assert_true(input(lesson, "hdmi1")->blind);
	g_assert_true(input(lesson, "dp1")->blind);
	g_assert_cmpint(input(lesson, "hdmi1")->back, ==, KNOWN_YES);
	g_assert_cmphex(double_input(lesson->sitter.self, 0), ==, 0x0f);
	end(lesson);
}

/* The same with nobody there: its word that nothing has changed is not taken. */
static void test_constant_nobody(void)
{
	struct lesson *lesson = begin();

	lesson->sitter.self->monitors[0].constant = TRUE;
	lesson->sitter.confirms = lesson->sitter.presses_button = FALSE;
	lesson->wish.home = "dp1";
	go(lesson);
	g_assert_cmpuint(lesson->learned, ==, 0);
	g_assert_cmphex(double_input(lesson->sitter.self, 0), ==, 0x0f);
	end(lesson);
}

/* Without a known way back it is not moved. */
static void test_no_home(void)
{
	struct lesson *lesson = begin();

	lesson->sitter.self->monitors[0].without_60 = TRUE;
	go(lesson);
	g_assert_false(lesson->done);
	g_assert_true(hotseat_error_is(lesson->error, HOTSEAT_ERROR_REFUSED));
	g_assert_nonnull(strstr(lesson->error->message, "--from"));
	g_assert_cmpuint(lesson->sitter.self->monitors[0].n_sent, ==, 0);
	end(lesson);
}

/* It does not answer while another input shows: there, but not back; the user's button helps. */
static void test_active_only(void)
{
	struct lesson *lesson = begin();

	lesson->sitter.self->monitors[0].inactive = 1;
	lesson->wish.input = "hdmi1";
	go(lesson);
	g_assert_true(lesson->done);
	g_assert_cmpint(input(lesson, "hdmi1")->back, ==, KNOWN_NO);
	g_assert_cmphex(double_input(lesson->sitter.self, 0), ==, 0x0f);
	end(lesson);
}

/* The same, and nobody presses the button: said, by the status of its own. */
static void test_lost(void)
{
	struct lesson *lesson = begin();

	lesson->sitter.self->monitors[0].inactive = 1;
	lesson->sitter.confirms = lesson->sitter.presses_button = FALSE;
	go(lesson);
	g_assert_false(lesson->done);
	g_assert_true(hotseat_error_is(lesson->error, HOTSEAT_ERROR_NOT_BACK));
	g_assert_cmpuint(lesson->learned, ==, 0);
	end(lesson);
}

/* An input that it does not list: selected by hand, read, and then tried like any other. */
static void test_by_hand(void)
{
	struct lesson *lesson = begin();

	lesson->sitter.self->monitors[0].n_listed = 2; /* 12 is missing */
	lesson->wish.by_hand = TRUE;
	lesson->wish.input = "usbc1";
	go(lesson);
	g_assert_no_error(lesson->error);
	g_assert_cmpuint(lesson->learned, ==, 1);
	g_assert_cmphex(input(lesson, "usbc1")->told, ==, 0x12);
	g_assert_cmpint(input(lesson, "usbc1")->origin, ==, INPUT_TAUGHT);
	g_assert_cmphex(double_input(lesson->sitter.self, 0), ==, 0x0f);
	end(lesson);

	lesson = begin();
	lesson->wish.by_hand = TRUE;
	go(lesson);
	g_assert_true(hotseat_error_is(lesson->error, HOTSEAT_ERROR_USAGE));
	end(lesson);

	/* one that says nothing there cannot be read */
	lesson = begin();
	lesson->sitter.self->monitors[0].inactive = 1;
	lesson->wish.by_hand = TRUE;
	lesson->wish.input = "usbc1";
	go(lesson);
	g_assert_true(hotseat_error_is(lesson->error, HOTSEAT_ERROR_REFUSED));
	g_assert_cmpuint(lesson->sitter.self->monitors[0].n_sent, ==, 0);
	end(lesson);
}

/* A maker's own way is gone if it is named, and takes the place of the one that is not heeded. */
static void test_maker(void)
{
	struct lesson *lesson = begin();

	lesson->sitter.self->monitors[0].vendor = TRUE;
	go(lesson);
	g_assert_cmpuint(lesson->learned, ==, 0);
	for (guint i = 0; i < lesson->sitter.self->monitors[0].n_sent; i++)
		g_assert_cmphex(lesson->sitter.self->monitors[0].sent[i], <, 0x80);
	end(lesson);

	lesson = begin();
	lesson->sitter.self->monitors[0].vendor = TRUE;
	lesson->wish.input = "hdmi1-f4";
	go(lesson);
	g_assert_true(lesson->done);
	g_assert_cmphex(input(lesson, "hdmi1")->feature, ==, 0xf4);
	g_assert_cmphex(input(lesson, "hdmi1")->told, ==, 0x90);
	g_assert_cmphex(input(lesson, "hdmi1")->reads, ==, 0x11);
	g_assert_cmphex(input(lesson, "dp1")->feature, ==, 0xf4);
	g_assert_cmphex(double_input(lesson->sitter.self, 0), ==, 0x0f);
	end(lesson);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/monitor-learn/good", test_good);
	g_test_add_func("/monitor-learn/nobody", test_nobody);
	g_test_add_func("/monitor-learn/stopped", test_stopped);
	g_test_add_func("/monitor-learn/lies", test_lies);
	g_test_add_func("/monitor-learn/constant", test_constant);
	g_test_add_func("/monitor-learn/constant-nobody", test_constant_nobody);
	g_test_add_func("/monitor-learn/no-home", test_no_home);
	g_test_add_func("/monitor-learn/active-only", test_active_only);
	g_test_add_func("/monitor-learn/lost", test_lost);
	g_test_add_func("/monitor-learn/by-hand", test_by_hand);
	g_test_add_func("/monitor-learn/maker", test_maker);
	return g_test_run();
}
