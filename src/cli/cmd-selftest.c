/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "cli/commands.h"
#include "cli/handing.h"
#include "config.h"
#include "core/error.h"
#include "lend/signals.h"
#include "machine/scrub.h"
#include "selftest/about.h"
#include "selftest/fact.h"
#include "selftest/kmsg.h"
#include "selftest/selftest.h"

#define ROUNDS 5
#define ROUNDS_MOST 1000
#define GUEST_SECONDS 30 /* a guest's driver has to have the card before it is taken away */
#define BACK_SECONDS 20

static int rounds = ROUNDS, seconds = GUEST_SECONDS, timeout = LEND_DOWN_SECONDS;
static gboolean force, take_last_display;

static const GOptionEntry options[] = {
	{ "rounds", 0, 0, G_OPTION_ARG_INT, &rounds, "How many times up and down (default: 5)",
	  "N" },
	{ "seconds", 0, 0, G_OPTION_ARG_INT, &seconds,
	  "How long the guest runs in each round (default: 30)", "SECONDS" },
	{ "timeout", 0, 0, G_OPTION_ARG_INT, &timeout,
	  "How long to wait for the guest to shut down (default: 120)", "SECONDS" },
	{ "force", 0, 0, G_OPTION_ARG_NONE, &force,
	  "Pull the plug if the guest does not shut down in time", NULL },
	{ "take-last-display", 0, 0, G_OPTION_ARG_NONE, &take_last_display,
	  "Lend the card even if the desktop is left without a display", NULL },
	{ NULL },
};

/* What a live round works with. */
struct bench {
	const char *guest;
	struct machine *machine;
	GPtrArray *functions; /* struct pcidev, of all its cards */
	struct kmsg *kmsg;
	const char **addresses; /* of these, NULL-terminated */
	gboolean interrupted;
};

static gboolean bench_up(const struct lend_report *report, void *data, GError **error)
{
	const struct bench *bench = data;
	struct lend_options wanted = LEND_OPTIONS_DEFAULT;

	wanted.take_last_display = take_last_display;
	return handing_call("Up", ARGUMENTS_UP, lend_up, bench->guest, &wanted, report, "selftest",
			    error);
}

/*
 * take_signals - was this process asked to stop? It goes on so far that everything is back
 *
 * They are blocked all the time. In a process that does the handover itself a pending one would
 * also stop `down`, so it is taken off.
 */
static void take_signals(struct bench *bench, guint milliseconds)
{
	const struct timespec time = { milliseconds / 1000, milliseconds % 1000 * 1000000L };
	sigset_t stop, before = signals_block();

	signals_restore(&before);
	sigemptyset(&stop);
	sigaddset(&stop, SIGINT);
	sigaddset(&stop, SIGTERM);
	sigaddset(&stop, SIGHUP);
	while (sigtimedwait(&stop, NULL, bench->interrupted ? &(struct timespec){ 0 } : &time) > 0)
		bench->interrupted = TRUE;
}

static gboolean bench_down(const struct lend_report *report, void *data, GError **error)
{
	struct bench *bench = data;
	struct lend_options wanted = LEND_OPTIONS_DEFAULT;

	take_signals(bench, 0);
	wanted.force = force;
	wanted.timeout = (guint)timeout;
	return handing_call("Down", ARGUMENTS_DOWN, lend_down, bench->guest, &wanted, report,
			    "selftest", error);
}

static GPtrArray *bench_facts(void *data)
{
	const struct bench *bench = data;

	return facts_read(bench->machine->root, bench->addresses);
}

static GPtrArray *bench_log(void *data)
{
	return kmsg_read(((struct bench *)data)->kmsg);
}

static gboolean bench_pause(guint milliseconds, void *data)
{
	struct bench *bench = data;

	if (bench->interrupted && milliseconds > 0)
		g_usleep(MIN(milliseconds, 250) * 1000);
	take_signals(bench, milliseconds);
	return !bench->interrupted;
}

static void bench_line(enum lend_line kind, const char *text, void *data)
{
	/* The report goes to standard output, all else is by the way. */
	fprintf(stderr, "  %s\n", text);
}

static void bench_clear(struct bench *bench)
{
	g_clear_pointer(&bench->functions, g_ptr_array_unref);
	g_free(bench->addresses);
	kmsg_free(bench->kmsg);
	machine_free(bench->machine);
}

/* The guest must be off: `up` would say that it runs already, and `down` would end it. */
static gboolean find_guest(struct bench *bench, GError **error)
{
	autoptr(virt) virt = virt_open(error);
	autoptr(domain_facts) facts =
		virt == NULL ? NULL : lend_read_guest(virt, bench->guest, error);
	g_autoptr(GPtrArray) cards = NULL;
	enum guest_state state;

	if (facts == NULL || !virt_guest_state(virt, facts->name, &state, error))
		return FALSE;
	if (state != GUEST_SHUT_OFF && state != GUEST_CRASHED) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED,
			    "%s is %s; the test starts and ends it, so shut it down first: "
			    "hotseat down %s",
			    facts->name, guest_state_name(state), facts->name);
		return FALSE;
	}
	cards = lend_find_cards(bench->machine, facts, error);
	if (cards != NULL)
		bench->functions = cards_functions(cards);
	return cards != NULL;
}

static gboolean check_nothing_lent(GError **error)
{
	g_autoptr(GPtrArray) states = lend_read_states(error);

	if (states == NULL)
		return FALSE;
	if (states->len == 0)
		return TRUE;
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED,
		    "something is lent already, so there is no clean state to compare with; "
		    "hotseat status says what");
	return FALSE;
}

static gboolean bench_init(struct bench *bench, GError **error)
{
	struct root *root = root_open("/", error);

	if (root == NULL)
		return FALSE;
	bench->machine = machine_read(root, MACHINE_DEVICES | MACHINE_CPUS | MACHINE_SYSTEM, error);
	if (bench->machine == NULL || !check_nothing_lent(error) || !find_guest(bench, error))
		return FALSE;
	bench->addresses = g_new0(const char *, bench->functions->len + 1);
	for (guint i = 0; i < bench->functions->len; i++)
		bench->addresses[i] =
			((struct pcidev *)g_ptr_array_index(bench->functions, i))->address;
	bench->kmsg = kmsg_open("/dev/kmsg", error);
	return bench->kmsg != NULL;
}

static void print_report(const struct bench *bench, const struct selftest *selftest)
{
	g_autofree char *about = about_machine(bench->machine, bench->functions);
	g_autofree char *told = selftest_report(selftest);
	g_autofree char *all =
		g_strdup_printf("hotseat %s selftest\n%s\n%s", HOTSEAT_VERSION, about, told);
	g_autofree char *clean = scrub_text_of(bench->machine->root, "report", all);

	printf("%s", clean);
}

static gboolean check_options(GError **error)
{
	const struct {
		const char *name;
		int value, least, most;
	} bounds[] = {
		{ "--rounds", rounds, 1, ROUNDS_MOST },
		{ "--seconds", seconds, 0, LEND_SECONDS_MOST },
		{ "--timeout", timeout, 0, LEND_SECONDS_MOST },
	};

	for (guint i = 0; i < G_N_ELEMENTS(bounds); i++) {
		if (bounds[i].value >= bounds[i].least && bounds[i].value <= bounds[i].most)
			continue;
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_USAGE, "%s takes %d to %d, not %d",
			    bounds[i].name, bounds[i].least, bounds[i].most, bounds[i].value);
		return FALSE;
	}
	return TRUE;
}

static gboolean test(struct bench *bench, GError **error)
{
	const struct selftest_work work = {
		.up = bench_up,
		.down = bench_down,
		.read_facts = bench_facts,
		.read_log = bench_log,
		.pause = bench_pause,
		.line = bench_line,
		.data = bench,
	};
	const struct selftest_options wanted = { bench->guest, (guint)rounds, (guint)seconds,
						 BACK_SECONDS };
	autoptr(selftest) selftest = NULL;
	gboolean good = selftest_run(&wanted, &work, &selftest, error);

	if (selftest != NULL)
		print_report(bench, selftest);
	return good;
}

static int run(const struct invocation *invocation, char **arguments, GError **error)
{
	g_autofree char *command_line = g_strconcat("selftest ", arguments[0], NULL);
	struct bench bench = { .guest = arguments[0] };
	gboolean good;

	if (!check_options(error) || !handing_require_root(command_line, error))
		return -1;
	(void)signals_block(); /* for good, see take_signals() */
	good = bench_init(&bench, error) && test(&bench, error);
	bench_clear(&bench);
	return good ? EXIT_SUCCESS : -1;
}

static const char *const examples[] = {
	"sudo hotseat selftest win11 --rounds 10 > report.txt",
	"Ten rounds of up and down; the report can be given to others.",
	NULL,
};

const struct command command_selftest = {
	.name = "selftest",
	.arguments = "GUEST",
	.min_arguments = 1,
	.max_arguments = 1,
	.summary = "Hand the card over and back again and again, and report what came back",
	.description =
		"Starts the guest, lets it run, shuts it down and looks whether everything is as "
		"before: drivers and overrides of the card, its screens and sound card, consoles, "
		"huge pages, governors, cores, journals. After the first round that did not bring "
		"everything back it stops, and says what to do. Before the first round it refuses "
		"what up refuses.\n\n"
		"The report says what was looked at, how long each part took, and what the "
		"kernel's log had that is new in each round, with what is known of it. It has "
		"versions and the ids of board, processor and card, and no serial numbers, names "
		"of users or network addresses, so that it can be shown to anybody.\n\n"
		"Ctrl+C ends it after the round that is under way, when everything is back.\n\n"
		"The exit status is 0 if every round brought everything back, 1 if it was refused, "
		"3 if it ended early and everything is back, 4 if something is not.",
	.examples = examples,
	.flags = COMMAND_GUESTS,
	.options = options,
	.run = run,
};
