/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Protects: the selftest gives the card back whatever happens, stops at the first round that did
 * not bring everything back, and its report says so and tells nothing about its user.
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "core/error.h"
#include "machine/scrub.h"
#include "manifest.h"
#include "selftest/fact.h"
#include "selftest/kmsg.h"
#include "selftest/selftest.h"
#include "selftest/stopwatch.h"

static const char tree[] =
	"sys/bus/pci/devices/0000:01:00.0/driver -> /sys/bus/pci/drivers/bochs-drm\n"
	"sys/bus/pci/devices/0000:01:00.0/driver_override = (null)\n"
	"dir sys/bus/pci/devices/0000:01:00.0/drm/card1\n"
	"dir sys/bus/pci/devices/0000:01:00.0/drm/renderD129\n"
	"sys/bus/pci/devices/0000:01:00.1/sound/card0/id = Intel\n"
	"sys/class/vtconsole/vtcon0/bind = 0\n"
	"sys/class/vtconsole/vtcon1/bind = 1\n"
	"sys/class/graphics/fb0/name = bochs-drmdrmfb\n"
	"run/hotseat/relay = socket\n"
	"sys/fs/cgroup/cpuset.cpus.effective = 0-3\n"
	"dir sys/fs/cgroup/system.slice\n"
	"sys/bus/platform/devices/efi-framebuffer.0/driver -> "
	"/sys/bus/platform/drivers/efi-framebuffer\n"
	"sys/fs/cgroup/user.slice/cpuset.cpus.effective = 0-3\n";

static const char *const functions[] = { "0000:01:00.0", "0000:01:00.1", NULL };

static char *differ(const GPtrArray *before, const struct root *root)
{
	g_autoptr(GPtrArray) now = facts_read(root, functions);
	g_autoptr(GPtrArray) sentences = facts_compare(before, now);

	g_ptr_array_add(sentences, NULL);
	return g_strjoinv("; ", (char **)sentences->pdata);
}

static void test_facts(void)
{
	static const struct {
		const char *remove, *add, *said;
	} changes[] = {
		{ "sys/bus/pci/devices/0000:01:00.0/driver",
		  "sys/bus/pci/devices/0000:01:00.0/driver -> /sys/bus/pci/drivers/vfio-pci\n",
		  "driver of 0000:01:00.0: was bochs-drm, is vfio-pci" },
		{ NULL, "sys/bus/pci/devices/0000:01:00.0/driver_override = vfio-pci\n",
		  "driver_override of 0000:01:00.0: was (null), is vfio-pci" },
		{ "sys/bus/pci/devices/0000:01:00.1/sound", "dir sys\n",
		  "sound card of 0000:01:00.1: was Intel, is none" },
		{ "sys/bus/pci/devices/0000:01:00.0/drm/renderD129", "dir sys\n",
		  "screens of 0000:01:00.0: was card renderD, is card" },
		{ NULL, "sys/class/vtconsole/vtcon1/bind = 0\n",
		  "consoles bound to a screen: was 0 1, is 0 0" },
		{ NULL, "sys/fs/cgroup/user.slice/cpuset.cpus.effective = 0-1\n",
		  "cores of user.slice: was 0-3, is 0-1" },
		{ "sys/bus/platform/devices/efi-framebuffer.0", "dir sys\n",
		  "the firmware's framebuffer: was efi-framebuffer, is none" },
		{ NULL, "run/hotseat/machine.journal = x\n",
		  "open journals: was none, is machine.journal" },
		{ NULL, "var/lib/hotseat/breadcrumb = x\n", "breadcrumb: was none, is there" },
	};

	for (guint i = 0; i < G_N_ELEMENTS(changes); i++) {
		autoptr(manifest) manifest = manifest_build(tree);
		g_autoptr(GPtrArray) before = facts_read(manifest->root, functions);
		g_autofree char *same = differ(before, manifest->root);
		g_autofree char *said = NULL;

		g_assert_cmpstr(same, ==, "");
		if (changes[i].remove != NULL)
			manifest_remove(manifest, changes[i].remove);
		manifest_add(manifest, changes[i].add);
		said = differ(before, manifest->root);
		g_assert_cmpstr(said, ==, changes[i].said);
	}
}

/* What the kernel numbers anew, or says in another place, is the same thing all the same. */
static void test_new_numbers(void)
{
	autoptr(manifest) manifest = manifest_build(tree);
	g_autoptr(GPtrArray) before = facts_read(manifest->root, functions);
	g_autofree char *said = NULL;

	manifest_remove(manifest, "sys/bus/pci/devices/0000:01:00.0/drm");
	manifest_add(manifest,
		     "dir sys/bus/pci/devices/0000:01:00.0/drm/card2\n"
		     "dir sys/bus/pci/devices/0000:01:00.0/drm/renderD128\n");
	said = differ(before, manifest->root);
	g_assert_cmpstr(said, ==, "");
}

static void test_kmsg(void)
{
	static const struct {
		const char *record;
		int level;
		const char *text;
	} good[] = {
		{ "6,339,5140900,-;NET: Registered\n SUBSYSTEM=x\n", 6, "NET: Registered" },
		{ "12,1,2,c,caller=T1;a;b", 4, "a;b" },
		{ "30,1,2,-;\x1b[31mred", 6, "?[31mred" },
		{ "0,1,2,-;", 0, "" },
	};
	static const char *const bad[] = { "", ";", "x,1;y", "6,1,2,-", "-;x" };

	for (guint i = 0; i < G_N_ELEMENTS(good); i++) {
		struct kmsg_line *line = kmsg_parse(good[i].record);

		g_assert_nonnull(line);
		g_assert_cmpint(line->level, ==, good[i].level);
		g_assert_cmpstr(line->text, ==, good[i].text);
		kmsg_line_free(line);
	}
	for (guint i = 0; i < G_N_ELEMENTS(bad); i++)
		g_assert_null(kmsg_parse(bad[i]));
}

/* Only what comes after the opening. */
static void test_kmsg_from_now_on(void)
{
	autoptr(manifest) manifest = manifest_build("kmsg = 4,1,1,-;before\n");
	g_autofree char *path = g_build_filename(manifest->folder, "kmsg", NULL);
	g_autoptr(GError) error = NULL;
	autoptr(kmsg) kmsg = kmsg_open(path, &error);
	g_autoptr(GPtrArray) none = NULL;
	g_autoptr(GPtrArray) one = NULL;
	int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);

	g_assert_no_error(error);
	none = kmsg_read(kmsg);
	g_assert_cmpuint(none->len, ==, 0);
	g_assert_cmpint(write(fd, "4,2,2,-;after", 13), ==, 13);
	close(fd);
	one = kmsg_read(kmsg);
	g_assert_cmpuint(one->len, ==, 1);
	g_assert_cmpstr(((struct kmsg_line *)g_ptr_array_index(one, 0))->text, ==, "after");
	g_assert_null(kmsg_open("/nowhere/at/all", &error));
	g_assert_nonnull(error);
}

static void test_stopwatch(void)
{
	static const gint64 starts[] = { 5, 1, 9, 3 };
	autoptr(stopwatch) stopwatch = stopwatch_new();
	const struct lap *lap;

	for (guint i = 0; i < G_N_ELEMENTS(starts); i++) {
		stopwatch_start(stopwatch, 100);
		stopwatch_done(stopwatch, "bind", 102);
		stopwatch_begun(stopwatch, "starting", 103);
		stopwatch_done(stopwatch, "rest", 103 + starts[i]);
		stopwatch_done(stopwatch, "rest", 110 + starts[i]);
	}
	g_assert_cmpuint(stopwatch_laps(stopwatch)->len, ==, 4);
	lap = g_ptr_array_index(stopwatch_laps(stopwatch), 0);
	g_assert_cmpstr(lap->part, ==, "bind");
	g_assert_cmpint(lap_worst(lap), ==, 2);
	lap = g_ptr_array_index(stopwatch_laps(stopwatch), 2);
	g_assert_cmpstr(lap->part, ==, "starting");
	g_assert_cmpuint(lap->times->len, ==, 4);
	g_assert_cmpint(lap_median(lap), ==, 4);
	g_assert_cmpint(lap_worst(lap), ==, 9);
	lap = g_ptr_array_index(stopwatch_laps(stopwatch), 3);
	g_assert_cmpint(lap_median(lap), ==, 7);
}

/* -- rounds ------------------------------------------------------------------------------------ */

struct rounds {
	struct manifest *manifest;
	guint ups, downs, fail_up, fail_down, lose, stop; /* in which round; 0: in none */
	int code;
	guint looks; /* until what is lost comes back; 0: never */
};

static gboolean model_up(const struct lend_report *report, void *data, GError **error)
{
	struct rounds *rounds = data;

	g_assert_cmpuint(rounds->ups, ==, rounds->downs);
	if (++rounds->ups == rounds->fail_up) {
		g_set_error(error, HOTSEAT_ERROR, rounds->code, "the card is in use");
		return FALSE;
	}
	lend_say(report, LEND_STEP, "bind 0000:01:00.0");
	lend_say(report, LEND_BEGIN, "starting win11");
	return TRUE;
}

static gboolean model_down(const struct lend_report *report, void *data, GError **error)
{
	struct rounds *rounds = data;

	if (++rounds->downs == rounds->fail_down) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_BUSY, "win11 still runs");
		return FALSE;
	}
	if (rounds->downs == rounds->lose)
		manifest_add(rounds->manifest, "sys/class/vtconsole/vtcon1/bind = 0\n");
	return TRUE;
}

static GPtrArray *model_facts(void *data)
{
	struct rounds *rounds = data;

	if (rounds->looks > 0 && rounds->downs > 0 && --rounds->looks == 0)
		manifest_add(rounds->manifest, "sys/class/vtconsole/vtcon1/bind = 1\n");
	return facts_read(rounds->manifest->root, functions);
}

static GPtrArray *model_log(void *data)
{
	static const char *const records[] = {
		"6,1,1,-;usb 1-1: SerialNumber: 4C530001",
		"4,2,2,-;e1000e: 52:54:00:12:34:56 is odd",
		"3,3,3,-;vfio-pci 0000:01:00.0: BAR 3: can't reserve [mem 0xc0000000-0xc1ffffff]",
	};
	GPtrArray *lines = g_ptr_array_new_with_free_func(kmsg_line_free);

	for (guint i = 0; i < G_N_ELEMENTS(records); i++)
		g_ptr_array_add(lines, kmsg_parse(records[i]));
	return lines;
}

static gboolean model_pause(guint milliseconds, void *data)
{
	const struct rounds *rounds = data;

	return rounds->stop == 0 || rounds->ups < rounds->stop;
}

/* play - 3 rounds; the report, or NULL if none was begun */
static char *play(struct rounds *rounds, GError **error)
{
	const struct selftest_options options = { "win11", 3, 1, 5 };
	const struct selftest_work work = {
		.up = model_up,
		.down = model_down,
		.read_facts = model_facts,
		.read_log = model_log,
		.pause = model_pause,
		.data = rounds,
	};
	autoptr(manifest) manifest = manifest_build(tree);
	autoptr(selftest) selftest = NULL;
	gboolean good;

	rounds->manifest = manifest;
	good = selftest_run(&options, &work, &selftest, error);
	g_assert_true(good == (*error == NULL));
	return selftest == NULL ? NULL : selftest_report(selftest);
}

static const struct {
	struct rounds rounds;
	int code; /* -1: good */
	guint ups, downs;
	const char *error, *report; /* words; NULL: there is none */
} plays[] = {
	{ { 0 }, -1, 3, 3, NULL, "3 of 3 rounds of up and down brought everything back.\n\n" },
	{ { .lose = 2, .looks = 4 }, -1, 3, 3, NULL, "3 of 3 rounds" },
	{ { .lose = 2 },
	  HOTSEAT_ERROR_NOT_BACK,
	  2,
	  2,
	  "round 2 did not bring everything back: consoles bound to a screen: was 0 1, is 0 0. "
	  "hotseat status says what is lent; sudo hotseat recover",
	  "1 of 3 rounds of up and down brought everything back.\nThen it ended: round 2 did not" },
	{ { .fail_down = 1 },
	  HOTSEAT_ERROR_NOT_BACK,
	  1,
	  1,
	  "down failed in round 1: win11 still runs. hotseat status",
	  "0 of 3 rounds" },
	{ { .fail_up = 1, .code = HOTSEAT_ERROR_BUSY },
	  HOTSEAT_ERROR_BUSY,
	  1,
	  0,
	  "the card is in use",
	  NULL },
	{ { .fail_up = 2, .code = HOTSEAT_ERROR_BUSY },
	  HOTSEAT_ERROR_FAILED,
	  2,
	  1,
	  "up failed in round 2: the card is in use",
	  "1 of 3 rounds" },
	{ { .fail_up = 1, .code = HOTSEAT_ERROR_NOT_BACK },
	  HOTSEAT_ERROR_NOT_BACK,
	  1,
	  0,
	  "up failed in round 1: the card is in use. hotseat status",
	  "0 of 3 rounds" },
	{ { .stop = 2 },
	  HOTSEAT_ERROR_FAILED,
	  2,
	  2,
	  "interrupted after round 2 of 3; everything is back",
	  "2 of 3 rounds" },
};

static void test_rounds(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(plays); i++) {
		struct rounds rounds = plays[i].rounds;
		g_autoptr(GError) error = NULL;
		g_autofree char *report = play(&rounds, &error);

		g_assert_cmpuint(rounds.ups, ==, plays[i].ups);
		g_assert_cmpuint(rounds.downs, ==, plays[i].downs);
		g_assert_true(plays[i].code < 0
				      ? error == NULL
				      : hotseat_error_is(error, (enum hotseat_error)plays[i].code));
		if (plays[i].error != NULL)
			g_assert_true(g_str_has_prefix(error->message, plays[i].error));
		g_assert_true((report == NULL) == (plays[i].report == NULL));
		if (report != NULL)
			g_assert_true(g_str_has_prefix(report, plays[i].report));
	}
}

/* What was new in the log is there once, what is known of it is said, and nobody is told. */
static void test_report(void)
{
	autoptr(manifest) manifest =
		manifest_build("etc/passwd = anna:x:1000:1000::/home/anna:/bin/sh\n");
	struct rounds rounds = { 0 };
	g_autoptr(GError) error = NULL;
	g_autofree char *report = play(&rounds, &error);
	g_autofree char *with_people =
		g_strconcat(report, "mount of /home/anna/x by anna failed\n", NULL);
	g_autofree char *clean = scrub_text_of(manifest->root, "report", with_people);
	const char *line = strstr(clean, "can't reserve");

	g_assert_nonnull(strstr(clean, "The kernel's log: 9 lines"));
	g_assert_nonnull(line);
	g_assert_null(strstr(line + 1, "can't reserve [mem 0xc0000000"));
	g_assert_nonnull(strstr(clean, "What is known of that log:"));
	g_assert_nonnull(strstr(clean, "\nstarting GUEST  "));
	g_assert_null(strstr(clean, "win11"));
	g_assert_nonnull(strstr(clean, "\nup "));
	g_assert_nonnull(strstr(clean, "driver of 0000:01:00.0: bochs-drm\n"));
	g_assert_null(strstr(clean, "52:54:00:12:34:56"));
	g_assert_null(strstr(clean, "anna"));
	g_assert_null(strstr(clean, "SerialNumber"));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/selftest/facts", test_facts);
	g_test_add_func("/selftest/new-numbers", test_new_numbers);
	g_test_add_func("/selftest/kmsg", test_kmsg);
	g_test_add_func("/selftest/kmsg-from-now-on", test_kmsg_from_now_on);
	g_test_add_func("/selftest/stopwatch", test_stopwatch);
	g_test_add_func("/selftest/rounds", test_rounds);
	g_test_add_func("/selftest/report", test_report);
	return g_test_run();
}
