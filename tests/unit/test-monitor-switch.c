/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "core/error.h"
#include "monitor-double.h"
#include "monitor/monitor.h"
#include "monitor/switch.h"

#define NO_FILE "/nowhere/monitors.conf"
#define SECONDS 12
/* the last answer that is waited for may begin just before the deadline */
#define SLACK_US 500000

/* The first monitor of a double, as the worker would find it. */
static GPtrArray *find(struct double_ddc *self)
{
	g_autoptr(GError) error = NULL;
	autoptr(root) root = root_open("/", &error);
	GPtrArray *monitors = monitors_read(&self->ddc, root, NO_FILE, &error);

	g_assert_no_error(error);
	g_assert_cmpuint(monitors->len, ==, self->n_monitors);
	return monitors;
}

static gboolean switch_first(struct double_ddc *self, const GPtrArray *monitors, const char *input,
			     enum switch_outcome *outcome, GError **error)
{
	const struct monitor *monitor = monitors->pdata[0];
	gint64 deadline = self->time + SECONDS * G_USEC_PER_SEC;
	gboolean done = switch_input(&self->ddc, &monitor->cable, monitor->model,
				     model_find_input(monitor->model, input, NULL), deadline,
				     outcome, error);

	/* bounded, whatever the monitor does */
	g_assert_cmpint(self->time, <=,
			deadline + SLACK_US + 2 * self->monitors[0].answer_ms * 1000);
	g_assert_false(self->monitors[0].wrong_value);
	return done;
}

#define FAILS ((enum switch_outcome) - 1)

static const struct vice {
	const char *name;
	struct double_monitor monitor; /* only what differs from a good one */
	enum switch_outcome outcome;   /* or FAILS, */
	enum hotseat_error code;       /* with this */
	const char *words;
	guint8 shows; /* in the end */
	guint sent;   /* at most */
} vices[] = {
	{ "good", {}, SWITCH_SEEN, 0, NULL, 0x11, 1 },
	{ "slow", { .slow_switch_ms = 2500 }, SWITCH_SEEN, 0, NULL, 0x11, 1 },
	{ "slower than a try", { .slow_switch_ms = 4000 }, SWITCH_SEEN, 0, NULL, 0x11, 3 },
	{ "slow to answer", { .answer_ms = 900 }, SWITCH_SEEN, 0, NULL, 0x11, 1 },
	{ "away for a while", { .away_after_ms = 2000 }, SWITCH_SEEN, 0, NULL, 0x11, 1 },
	{ "forgets the first", { .ignores_first = 1 }, SWITCH_SEEN, 0, NULL, 0x11, 2 },
	{ "loses answers", { .drops = 2 }, SWITCH_SEEN, 0, NULL, 0x11, 2 },
	{ "ignores", { .ignores = TRUE }, FAILS, HOTSEAT_ERROR_FAILED, "still shows dp1", 0x0f, 3 },
	{ "lies", { .lies = 3 }, FAILS, HOTSEAT_ERROR_FAILED, "says that it shows", 0x11, 1 },
	{ "constant",
	  { .constant = TRUE },
	  FAILS,
	  HOTSEAT_ERROR_FAILED,
	  "still shows x00",
	  0x11,
	  3 },
	{ "active only", { .inactive = 1 }, SWITCH_SILENT, 0, NULL, 0x11, 1 },
	{ "without 60", { .without_60 = TRUE }, SWITCH_UNSEEN, 0, NULL, 0x11, 1 },
	{ "another's",
	  { .vendor = TRUE },
	  FAILS,
	  HOTSEAT_ERROR_FAILED,
	  "still shows dp1",
	  0x0f,
	  3 },
	{ "off", { .away = TRUE }, FAILS, HOTSEAT_ERROR_ABSENT, "takes no command", 0x0f, 0 },
};

static void add_vice(struct double_monitor *monitor, const struct double_monitor *vice)
{
	monitor->ignores = vice->ignores;
	monitor->without_60 = vice->without_60;
	monitor->vendor = vice->vendor;
	monitor->constant = vice->constant;
	monitor->slow_switch_ms = vice->slow_switch_ms;
	monitor->away_after_ms = vice->away_after_ms;
	monitor->answer_ms = vice->answer_ms;
	monitor->ignores_first = vice->ignores_first;
	monitor->inactive = vice->inactive;
	monitor->drops = vice->drops;
	monitor->lies = vice->lies;
	monitor->away = vice->away;
}

/* What is reported is what it shows, and it is sent no more often than could help. */
static void test_vices(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(vices); i++) {
		autoptr(ddc) ddc = &double_new()->ddc;
		struct double_ddc *self = (struct double_ddc *)ddc;
		g_autoptr(GPtrArray) monitors = find(self);
		g_autoptr(GError) error = NULL;
		enum switch_outcome outcome = FAILS;
		gboolean done;

		g_test_message("%s", vices[i].name);
		add_vice(&self->monitors[0], &vices[i].monitor);
		done = switch_first(self, monitors, "hdmi1", &outcome, &error);
		g_assert_cmpint(done, ==, vices[i].outcome != FAILS);
		g_assert_cmpint(outcome, ==, vices[i].outcome);
		if (!done) {
			g_assert_true(hotseat_error_is(error, vices[i].code));
			g_test_message("%s", error->message);
			g_assert_nonnull(strstr(error->message, vices[i].words));
		}
		g_assert_cmphex(double_input(self, 0), ==, vices[i].shows);
		g_assert_cmpuint(self->monitors[0].n_sent, <=, vices[i].sent);
	}
}

/* Where it is already, it is not told again: some flicker at it. */
static void test_already(void)
{
	autoptr(ddc) ddc = &double_new()->ddc;
	struct double_ddc *self = (struct double_ddc *)ddc;
	g_autoptr(GPtrArray) monitors = find(self);
	g_autoptr(GError) error = NULL;
	enum switch_outcome outcome;

	g_assert_true(switch_first(self, monitors, "DP-1", &outcome, &error));
	g_assert_cmpint(outcome, ==, SWITCH_ALREADY);
	g_assert_cmpuint(self->monitors[0].n_sent, ==, 0);
}

/* A maker's own way is not gone before it was tried with the user. */
static void test_offered(void)
{
	autoptr(ddc) ddc = &double_new()->ddc;
	struct double_ddc *self = (struct double_ddc *)ddc;
	g_autoptr(GPtrArray) monitors = NULL;
	g_autoptr(GError) error = NULL;
	enum switch_outcome outcome;

	self->monitors[0].vendor = TRUE;
	monitors = find(self);
	g_assert_false(switch_first(self, monitors, "hdmi1-f4", &outcome, &error));
	g_assert_true(hotseat_error_is(error, HOTSEAT_ERROR_REFUSED));
	g_assert_cmpuint(self->monitors[0].n_sent, ==, 0);
}

static void randomise(struct double_monitor *monitor)
{
	struct double_monitor vice = {
		.ignores = g_test_rand_int_range(0, 8) == 0,
		.without_60 = g_test_rand_int_range(0, 8) == 0,
		.constant = g_test_rand_int_range(0, 8) == 0,
		.slow_switch_ms = (guint)g_test_rand_int_range(0, 5000),
		.away_after_ms = (guint)g_test_rand_int_range(0, 5000),
		.answer_ms = (guint)g_test_rand_int_range(0, 1500),
		.ignores_first = (guint)g_test_rand_int_range(0, 3),
		.inactive = (guint)g_test_rand_int_range(0, 2),
		.drops = (guint)g_test_rand_int_range(0, 4),
		.lies = g_test_rand_int_range(0, 4) == 0 ? 3 : 0,
		.away = g_test_rand_int_range(0, 8) == 0,
	};

	add_vice(monitor, &vice);
}

/*
 * Any mixture of vices, any order of switches and of hands on the button: never a value that it
 * does not have, never past the deadline, and "seen" and "already" are true of an honest monitor.
 */
static void test_random(void)
{
	static const char *const inputs[] = { "dp1", "hdmi1", "hdmi2" };
	static const guint8 values[] = { 0x0f, 0x11, 0x12 };

	for (guint round = 0; round < 2000; round++) {
		autoptr(ddc) ddc = &double_new()->ddc;
		struct double_ddc *self = (struct double_ddc *)ddc;
		g_autoptr(GPtrArray) monitors = find(self);
		struct double_monitor *monitor = &self->monitors[0];

		for (guint i = 0; i < 5; i++) {
			gint wanted = g_test_rand_int_range(0, 3);
			enum switch_outcome outcome = FAILS;
			g_autoptr(GError) error = NULL;

			randomise(monitor);
			monitor->n_sent = 0;
			if (g_test_rand_bit())
				double_press(self, 0, values[g_test_rand_int_range(0, 3)]);
			if (!switch_first(self, monitors, inputs[wanted], &outcome, &error))
				g_assert_true(error != NULL && error->message[0] != '\0');
			if (monitor->lies == 0 && !monitor->constant && !monitor->without_60 &&
			    (outcome == SWITCH_SEEN || outcome == SWITCH_ALREADY))
				/* a change that was asked for earlier may still come */
				g_assert_true(double_input(self, 0) == values[wanted] ||
					      monitor->slow_switch_ms > 0);
			for (guint j = 0; j < monitor->n_sent; j++)
				g_assert_cmphex(monitor->sent[j], ==, values[wanted]);
		}
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/monitor-switch/vices", test_vices);
	g_test_add_func("/monitor-switch/already", test_already);
	g_test_add_func("/monitor-switch/offered", test_offered);
	g_test_add_func("/monitor-switch/random", test_random);
	return g_test_run();
}
