/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/commands.h"
#include "core/error.h"
#include "core/json.h"
#include "core/table.h"
#include "monitor/ddcutil.h"
#include "monitor/learn.h"
#include "monitor/learned.h"
#include "monitor/worker.h"

#define LIST_MS 60000   /* a capabilities string takes a second or two, for each monitor */
#define SWITCH_MS 45000 /* of which most is looking for monitors */
#define SECONDS_MOST 300

static gboolean by_hand;
static char *from;
static gint seconds = 15;

/* -- waiting for the worker ------------------------------------------------------------------- */

struct waiting {
	GMainLoop *loop;
	GAsyncResult *result;
};

static void on_answer(GObject *source, GAsyncResult *result, gpointer data)
{
	struct waiting *waiting = data;

	waiting->result = g_object_ref(result);
	g_main_loop_quit(waiting->loop);
}

static GAsyncResult *wait_for(struct waiting *waiting)
{
	g_main_loop_run(waiting->loop);
	g_main_loop_unref(waiting->loop);
	return waiting->result;
}

static gboolean check_access(GError **error)
{
	autoptr(root) root = root_open("/", error);

	return root != NULL && place_check_access(root, error);
}

/*
 * The worker is not freed: it may hang with a monitor, of whose answer nobody wants to know any
 * more, and the process ends.
 */
static struct worker *start(GError **error)
{
	return check_access(error) ? worker_new(NULL, NULL, LEARNED_FILE) : NULL;
}

/* -- list ------------------------------------------------------------------------------------- */

static void print_text(const GPtrArray *monitors)
{
	autoptr(table) table = table_new("", "MONITOR", "AT", "SHOWS", "INPUTS", NULL);

	if (monitors->len == 0) {
		puts("No monitor is seen on the buses of the graphics cards.");
		return;
	}
	for (guint i = 0; i < monitors->len; i++) {
		const struct monitor *monitor = monitors->pdata[i];
		const struct monitor_input *shows = monitor_shows(monitor);
		g_autofree char *number = g_strdup_printf("%u", i + 1);
		g_autofree char *place = monitor_format_place(monitor);
		g_autofree char *inputs = model_format_inputs(monitor->model);
		g_autofree char *unknown =
			monitor->says < 0 ? NULL : input_name((guint8)monitor->says);

		table_add(table, number, monitor->name, place, shows ? shows->name : unknown,
			  inputs[0] != '\0' ? inputs : NULL);
	}
	table_print(table, stdout);
}

/* What is worth knowing of each, below the table. */
static void print_remarks(const GPtrArray *monitors)
{
	for (guint i = 0; i < monitors->len; i++) {
		const struct monitor *monitor = monitors->pdata[i];
		g_autoptr(GPtrArray) tried = g_ptr_array_new(), stuck = g_ptr_array_new();
		g_autofree char *tried_names = NULL, *stuck_names = NULL;

		for (guint j = 0; j < monitor->model->inputs->len; j++) {
			const struct monitor_input *input = monitor->model->inputs->pdata[j];

			if (input->origin == INPUT_TAUGHT)
				g_ptr_array_add(tried, input->name);
			if (input->back == KNOWN_NO)
				g_ptr_array_add(stuck, input->name);
		}
		g_ptr_array_add(tried, NULL);
		g_ptr_array_add(stuck, NULL);
		tried_names = g_strjoinv(", ", (char **)tried->pdata);
		stuck_names = g_strjoinv(", ", (char **)stuck->pdata);
		if (monitor->why != NULL)
			printf("%u: %s.\n   Its button always works, and so does a command inside "
			       "the "
			       "guest.\n",
			       i + 1, monitor->why);
		else if (tried->len == 1)
			printf("%u: not tried yet whether it does as it says: sudo hotseat monitor "
			       "learn %u\n",
			       i + 1, i + 1);
		else
			printf("%u: seen to work: %s\n", i + 1, tried_names);
		if (stuck->len > 1)
			printf("%u: does not come back over this cable from: %s\n", i + 1,
			       stuck_names);
	}
}

static void add_inputs(JsonBuilder *json, const struct model *model)
{
	static const char *const words[] = { NULL, "no", "yes" };

	json_builder_set_member_name(json, "inputs");
	json_builder_begin_array(json);
	for (guint i = 0; i < model->inputs->len; i++) {
		const struct monitor_input *input = model->inputs->pdata[i];

		json_builder_begin_object(json);
		json_add_string(json, "name", input->name);
		json_add_int(json, "feature", input->feature);
		json_add_int(json, "value", input->told);
		json_add_string(json, "origin", input_origin_name(input->origin));
		json_add_string(json, "back", words[input->back]);
		json_builder_end_object(json);
	}
	json_builder_end_array(json);
}

static void print_json(const GPtrArray *monitors)
{
	g_autoptr(JsonBuilder) json = json_builder_new();

	json_builder_begin_array(json);
	for (guint i = 0; i < monitors->len; i++) {
		const struct monitor *monitor = monitors->pdata[i];
		const struct monitor_input *shows = monitor_shows(monitor);

		json_builder_begin_object(json);
		json_add_int(json, "number", i + 1);
		json_add_string(json, "name", monitor->name);
		json_add_string(json, "manufacturer", monitor->model->manufacturer);
		json_add_int(json, "product", monitor->model->product);
		json_add_string(json, "connector", monitor->place.connector);
		json_add_string(json, "card", monitor->place.card);
		json_add_int(json, "bus", monitor->cable.bus);
		json_add_string(json, "shows", shows != NULL ? shows->name : NULL);
		json_add_string(json, "why_not", monitor->why);
		add_inputs(json, monitor->model);
		json_builder_end_object(json);
	}
	json_builder_end_array(json);
	json_print(json, stdout);
}

static int run_list(const struct invocation *invocation, char **arguments, GError **error)
{
	struct waiting waiting = { .loop = g_main_loop_new(NULL, FALSE) };
	struct worker *worker = start(error);
	g_autoptr(GAsyncResult) result = NULL;
	g_autoptr(GPtrArray) monitors = NULL;

	if (worker == NULL)
		return -1;
	worker_list_async(worker, LIST_MS, on_answer, &waiting);
	result = wait_for(&waiting);
	monitors = worker_list_finish(result, error);
	if (monitors == NULL)
		return -1;
	if (invocation->json) {
		print_json(monitors);
	} else {
		print_text(monitors);
		print_remarks(monitors);
	}
	return EXIT_SUCCESS;
}

/* -- switch ----------------------------------------------------------------------------------- */

static void print_outcome(const struct invocation *invocation, char **arguments,
			  enum switch_outcome outcome)
{
	static const struct {
		const char *does, *rest;
	} sentences[] = {
		[SWITCH_ALREADY] = { "shows", " already" },
		[SWITCH_SEEN] = { "shows", ": read back" },
		[SWITCH_SILENT] = { "took the command for",
				    " and has not answered since, as many "
				    "do on a cable whose input does not "
				    "show" },
		[SWITCH_UNSEEN] = { "took the command for",
				    "; it never says what it shows, so "
				    "look" },
	};
	g_autoptr(JsonBuilder) json = NULL;

	if (!invocation->json) {
		printf("%s %s %s%s.\n", arguments[0], sentences[outcome].does, arguments[1],
		       sentences[outcome].rest);
		return;
	}
	json = json_builder_new();
	json_builder_begin_object(json);
	json_add_string(json, "monitor", arguments[0]);
	json_add_string(json, "input", arguments[1]);
	json_add_string(json, "outcome", switch_outcome_name(outcome));
	json_builder_end_object(json);
	json_print(json, stdout);
}

static int run_switch(const struct invocation *invocation, char **arguments, GError **error)
{
	struct waiting waiting = { .loop = g_main_loop_new(NULL, FALSE) };
	struct worker *worker = start(error);
	g_autoptr(GAsyncResult) result = NULL;
	enum switch_outcome outcome;

	if (worker == NULL)
		return -1;
	monitor_switch_async(worker, arguments[0], arguments[1], SWITCH_MS, on_answer, &waiting);
	result = wait_for(&waiting);
	if (!monitor_switch_finish(result, &outcome, error))
		return -1;
	print_outcome(invocation, arguments, outcome);
	return EXIT_SUCCESS;
}

/* -- learn ------------------------------------------------------------------------------------ */

static volatile sig_atomic_t stop;

static void on_signal(int number)
{
	stop = 1;
}

static void user_say(gpointer data, const char *text)
{
	puts(text);
	fflush(stdout);
}

static gboolean user_stopped(gpointer data)
{
	return stop != 0;
}

/* A line on standard input, in time. Its end is no confirmation. */
static gboolean user_confirm(gpointer data, guint within)
{
	gint64 until = g_get_monotonic_time() + (gint64)within * G_USEC_PER_SEC;
	struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };
	char line[256];

	while (!stop) {
		gint64 left = (until - g_get_monotonic_time()) / 1000;
		int ready = left <= 0 ? 0 : poll(&input, 1, (int)left);

		if (ready < 0 && errno == EINTR)
			continue;
		return ready > 0 && read(STDIN_FILENO, line, sizeof(line)) > 0;
	}
	return FALSE;
}

static void catch_signals(void)
{
	/* without SA_RESTART: what waits for the user wakes up, and the monitor is brought back */
	const struct sigaction action = { .sa_handler = on_signal };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
}

static gboolean learn_and_save(struct ddc *ddc, const struct root *root, char **arguments,
			       GError **error)
{
	const struct learn_user user = { .say = user_say,
					 .confirm = user_confirm,
					 .stopped = user_stopped };
	const struct learn_wish wish = {
		.input = arguments[1], .home = from, .by_hand = by_hand, .seconds = (guint)seconds
	};
	g_autoptr(GPtrArray) monitors = monitors_read(ddc, root, LEARNED_FILE, error);
	g_autoptr(GError) lost = NULL;
	struct monitor *monitor;
	guint learned = 0;

	monitor = monitors == NULL ? NULL : monitors_find(monitors, arguments[0], error);
	if (monitor == NULL)
		return FALSE;
	if (!monitor->cable.answers) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_ABSENT, "%s %s", monitor->name,
			    monitor->why);
		return FALSE;
	}
	catch_signals();
	if (!learn_monitor(ddc, monitor, &wish, &user, &learned, &lost) && learned == 0) {
		g_propagate_error(error, g_steal_pointer(&lost));
		return FALSE;
	}
	if (learned > 0 && !learned_save(LEARNED_FILE, monitor->model, error))
		return FALSE;
	if (learned > 0)
		printf("Remembered for every %s in " LEARNED_FILE ".\n", monitor->name);
	else
		puts("Nothing was learned. A command of your own can be run when the seat moves: "
		     "see \"What follows the seat\" in man hotseat.");
	if (lost != NULL)
		g_propagate_error(error, g_steal_pointer(&lost));
	return lost == NULL && (error == NULL || *error == NULL);
}

static int run_learn(const struct invocation *invocation, char **arguments, GError **error)
{
	autoptr(root) root = root_open("/", error);
	autoptr(ddc) ddc = NULL;

	if (root == NULL || !place_check_access(root, error))
		return -1;
	if (geteuid() != 0) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_DENIED,
			    "What is learned is kept in " LEARNED_FILE
			    ", for which it takes root: "
			    "sudo hotseat monitor learn %s",
			    arguments[0]);
		return -1;
	}
	if (seconds < 1 || seconds > SECONDS_MOST) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_USAGE,
			    "--seconds takes a number from 1 to %d, not %d", SECONDS_MOST, seconds);
		return -1;
	}
	ddc = ddcutil_new(error);
	return ddc != NULL && learn_and_save(ddc, root, arguments, error) ? EXIT_SUCCESS : -1;
}

/* -- the command ------------------------------------------------------------------------------ */

static const struct {
	const char *name;
	guint min_arguments, max_arguments;
	const char *usage;
	int (*run)(const struct invocation *invocation, char **arguments, GError **error);
} actions[] = {
	{ "list", 0, 0, "monitor list", run_list },
	{ "switch", 2, 2, "monitor switch MONITOR INPUT", run_switch },
	{ "learn", 1, 2, "monitor learn MONITOR [INPUT]", run_learn },
};

static int run(const struct invocation *invocation, char **arguments, GError **error)
{
	guint n = g_strv_length(arguments) - 1;

	for (gsize i = 0; i < G_N_ELEMENTS(actions); i++) {
		if (!g_str_equal(arguments[0], actions[i].name))
			continue;
		if (n >= actions[i].min_arguments && n <= actions[i].max_arguments)
			return actions[i].run(invocation, arguments + 1, error);
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_USAGE, "usage: hotseat %s",
			    actions[i].usage);
		return -1;
	}
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_USAGE,
		    "monitor knows list, switch and learn, not \"%s\"", arguments[0]);
	return -1;
}

static const GOptionEntry options[] = {
	{ "by-hand", 0, 0, G_OPTION_ARG_NONE, &by_hand,
	  "learn: INPUT is a new name; select it with the monitor's buttons, its value is read",
	  NULL },
	{ "from", 0, 0, G_OPTION_ARG_STRING, &from,
	  "learn: the input that shows now, where the monitor does not say it", "INPUT" },
	{ "seconds", 0, 0, G_OPTION_ARG_INT, &seconds,
	  "learn: take an input back after so long without Enter (default: 15)", "N" },
	{ NULL },
};

static const char *const examples[] = {
	"hotseat monitor list",
	"Each monitor: where it hangs, its inputs, and the one that shows.",
	"hotseat monitor switch U2720Q hdmi1",
	"Let a monitor show another computer, and look whether it does.",
	"sudo hotseat monitor learn 1",
	"Find out together what the first monitor really does.",
	NULL,
};

const struct command command_monitor = {
	.name = "monitor",
	.arguments = "list | switch MONITOR INPUT | learn MONITOR [INPUT]",
	.min_arguments = 1,
	.max_arguments = 3,
	.summary = "Switch monitors between computers over their cables",
	.description =
		"Speaks DDC/CI to monitors. MONITOR is a number of the list, a connector (DP-1) or "
		"a "
		"part of its name; INPUT a name (hdmi1) or a value (0x11).\n\n"
		"A monitor gets no value that it neither lists nor has been taught. After a switch "
		"it "
		"is asked what it shows, and what it says is reported: some do not heed the "
		"command, "
		"some say something else than they do, many do not answer on a cable whose input "
		"does "
		"not show. What a model really does is found out once, by learn: each input is "
		"tried, "
		"there and back, and only what you confirm with Enter is remembered, in "
		"/etc/hotseat/monitors.conf. Without Enter the change is taken back.\n\n"
		"Where a monitor does not do it over its cable, its button does, and so may a "
		"command "
		"inside the guest, whose card drives the other input.",
	.examples = examples,
	.flags = COMMAND_SHOWS,
	.options = options,
	.run = run,
};
