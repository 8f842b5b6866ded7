/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/error.h"
#include "handover/handover.h"
#include "handover/journal.h"
#include "kernel-model.h"

/*
 * The promise: whatever is killed at whatever instant, and whatever the kernel refuses, the host
 * comes back as it was, byte for byte and link for link. These tests go through every point at
 * which something is written, in a model of the kernel, with real processes and real SIGKILLs.
 */
#define UUID "6f9619ff-8b86-d011-b42d-00cf4fc964ff"
#define OTHER_UUID "7f9619ff-8b86-d011-b42d-00cf4fc964ff"
#define VIDEO "0000:01:00.0"
#define SOUND "0000:01:00.1"
#define TWIN "0000:02:00.0"
#define DEVICE "sys/bus/pci/devices/"

/* What the two functions of the card are at first; each is a host that somebody really has. */
struct scenario {
	const char *name;
	const char *video_driver, *video_override, *sound_driver, *sound_override;
	const char *vfio_ids;
	gboolean both; /* the guest has the twin too */
};

static const struct scenario scenarios[] = {
	{ "two drivers", "bochs-drm", NULL, "snd_hda_intel", NULL, "" },
	{ "one without driver", "bochs-drm", NULL, NULL, NULL, "" },
	{ "boot-bound to vfio-pci", "vfio-pci", NULL, "vfio-pci", NULL, "1234:1111,8086:2668" },
	{ "one boot-bound, by override", "vfio-pci", "vfio-pci", "snd_hda_intel", NULL, "" },
	{ "override names the driver", "bochs-drm", "bochs-drm", "snd_hda_intel", NULL, "" },
	{ "override meant for later", "bochs-drm", "vfio-pci", "snd_hda_intel", "pci-stub", "" },
	{ "kept away from drivers", NULL, "none", "snd_hda_intel", "snd_hda_intel", "" },
	{ "vfio-pci has ids", "bochs-drm", NULL, "snd_hda_intel", NULL, "1234:1111,8086:2668" },
	{ "two cards", "bochs-drm", NULL, "snd_hda_intel", NULL, "", TRUE },
	{ "two cards, the first boot-bound", "vfio-pci", "vfio-pci", "vfio-pci", "vfio-pci", "",
	  TRUE },
};

#define TWO_CARDS 8 /* of the scenarios */

struct fixture {
	struct kernel_model *model;
	struct host *host;
	struct pcidev devices[3];
	struct card card, twin;
	GPtrArray *own;   /* what the guest is lent: the card, or both */
	GPtrArray *twins; /* the twin alone */
	const struct scenario *scenario;
	char *first; /* picture before anything was done */
};

static const struct handover_guest guest = { UUID, "win 11" };
static const struct handover_guest other_guest = { OTHER_UUID, "other" };
static const struct handover_options options = { 0 };

static char *picture(const struct fixture *f)
{
	autoptr(root) sys = root_enter(f->model->manifest->root, NULL, "sys");
	g_autofree char *all = kernel_model_picture(f->model);

	g_assert_nonnull(sys);
	return g_strdup(strstr(all, "\nsys/\n"));
}

static void set_up(struct fixture *f, const struct scenario *scenario)
{
	struct kernel_model *model = kernel_model_new("");
	static char address[3][16] = { VIDEO, SOUND, TWIN };
	static char fingerprint[] = "1234:1111@00.0 a", twin_fingerprint[] = "1234:1111@01.0";

	memset(f, 0, sizeof(*f));
	f->model = model;
	f->host = model->host;
	kernel_model_driver(model, "bochs-drm", "1234:1111");
	kernel_model_driver(model, "pci-stub", "");
	kernel_model_driver(model, "snd_hda_intel", "8086:2668");
	kernel_model_driver(model, "vfio-pci", scenario->vfio_ids);
	kernel_model_device(model, VIDEO, "1234:1111", "12", scenario->video_driver,
			    scenario->video_override);
	kernel_model_device(model, SOUND, "8086:2668", "12", scenario->sound_driver,
			    scenario->sound_override);
	kernel_model_device(model, TWIN, "1234:1111", "13", "bochs-drm", NULL);
	for (guint i = 0; i < 3; i++) {
		f->devices[i].address = address[i];
		f->devices[i].vendor = i == 1 ? 0x8086 : 0x1234;
		f->devices[i].device = i == 1 ? 0x2668 : 0x1111;
	}
	f->card.functions = g_ptr_array_new();
	f->card.fingerprint = fingerprint;
	g_ptr_array_add(f->card.functions, &f->devices[0]);
	g_ptr_array_add(f->card.functions, &f->devices[1]);
	f->twin.functions = g_ptr_array_new();
	f->twin.fingerprint = twin_fingerprint;
	g_ptr_array_add(f->twin.functions, &f->devices[2]);
	f->own = g_ptr_array_new();
	f->twins = g_ptr_array_new();
	g_ptr_array_add(f->own, &f->card);
	g_ptr_array_add(scenario->both ? f->own : f->twins, &f->twin);
	f->scenario = scenario;
	f->first = picture(f);
}

static void tear_down(struct fixture *f)
{
	g_ptr_array_unref(f->card.functions);
	g_ptr_array_unref(f->twin.functions);
	g_ptr_array_unref(f->own);
	g_ptr_array_unref(f->twins);
	kernel_model_free(f->model);
	g_free(f->first);
}

/* rewind_host - for the next round on a tree that came back: only run_dir is to be made anew */
static void rewind_host(struct fixture *f)
{
	g_assert_true(rmdir(f->host->run_dir) == 0 || errno == ENOENT);
	f->model->refuse_on = FALSE;
	f->model->calls = 0;
}

static gboolean up(struct fixture *f, GError **error)
{
	return handover_up(f->host, &guest, NULL, f->own, &options, error);
}

static gboolean down(struct fixture *f, GPtrArray **left, GError **error)
{
	return handover_down(f->host, UUID, &options, left, error);
}

static gboolean have_journal(const struct fixture *f)
{
	return root_exists(f->model->manifest->root, "run/hotseat/" UUID ".journal");
}

static void arm(struct fixture *f, enum kernel_model_event event, guint at)
{
	f->model->points = 0;
	f->model->event = event;
	f->model->at = at;
}

static void assert_driver(const struct fixture *f, const char *address, const char *expected)
{
	g_autofree char *driver =
		root_read_link(f->model->manifest->root, NULL, DEVICE "%s/driver", address);

	g_assert_cmpstr(driver, ==, expected);
}

static void assert_override(const struct fixture *f, const char *address, const char *expected)
{
	g_autofree char *override =
		root_read(f->model->manifest->root, NULL, DEVICE "%s/driver_override", address);

	g_assert_cmpstr(override, ==, expected);
}

static void assert_lent(const struct fixture *f)
{
	assert_driver(f, VIDEO, "vfio-pci");
	assert_driver(f, SOUND, "vfio-pci");
	assert_driver(f, TWIN, f->scenario->both ? "vfio-pci" : "bochs-drm");
	g_assert_true(have_journal(f));
}

/* The host as at first, and nothing of ours in run_dir. */
static void assert_first(const struct fixture *f)
{
	g_autofree char *now = picture(f);
	g_auto(GStrv) names = root_list(f->model->manifest->root, NULL, "run/hotseat");

	g_assert_cmpstr(now, ==, f->first);
	g_assert_true(names == NULL || names[0] == NULL);
}

static void assert_brings_back(struct fixture *f)
{
	g_autoptr(GPtrArray) left = NULL;
	g_autoptr(GPtrArray) states = NULL;
	g_autoptr(GError) error = NULL;

	f->model->at = 0;
	states = handover_read_states(f->host, &error);
	g_assert_no_error(error);
	g_assert_nonnull(states);
	g_assert_true(down(f, &left, &error));
	g_assert_no_error(error);
	if (left->len > 0)
		g_error("left: %s", (char *)g_ptr_array_index(left, 0));
	g_assert_cmpuint(left->len, ==, 0);
	assert_first(f);
}

enum way {
	UP,
	DOWN,
};

/* go - in a child, up or down with @event at point @at; TRUE if the child was killed there */
static gboolean go(struct fixture *f, enum way way, enum kernel_model_event event, guint at)
{
	pid_t child = fork();
	int status = 0;

	g_assert_cmpint(child, >=, 0);
	if (child == 0) {
		arm(f, event, at);
		_exit((way == UP ? up(f, NULL) : down(f, NULL, NULL)) ? 0 : 1);
	}
	g_assert_cmpint(waitpid(child, &status, 0), ==, child);
	if (WIFSIGNALED(status)) {
		g_assert_cmpint(WTERMSIG(status), ==, SIGKILL);
		return TRUE;
	}
	g_assert_cmpint(WEXITSTATUS(status), ==, 0);
	return FALSE;
}

static const enum kernel_model_event killers[] = { MODEL_KILL, MODEL_TEAR };

/* `up` killed before and inside each call: `down` brings back. */
static void test_up_killed(void)
{
	guint tried = 0;

	for (guint s = 0; s < G_N_ELEMENTS(scenarios) * G_N_ELEMENTS(killers); s++) {
		gboolean killed = TRUE;
		struct fixture f;

		set_up(&f, &scenarios[s / 2]);
		for (guint at = 1; killed; at++, tried++) {
			rewind_host(&f);
			killed = go(&f, UP, killers[s % 2], at);
			if (!killed)
				assert_lent(&f);
			assert_brings_back(&f);
		}
		tear_down(&f);
	}
	g_test_message("%u points", tried);
	g_assert_cmpuint(tried, >, 200);
}

/* The same, but what comes next is `up` again: it starts from the host as it was. */
static void test_up_killed_then_up(void)
{
	guint tried = 0;

	for (guint s = 0; s < G_N_ELEMENTS(scenarios) * G_N_ELEMENTS(killers); s++) {
		gboolean killed = TRUE;
		struct fixture f;

		set_up(&f, &scenarios[s / 2]);
		for (guint at = 1; killed; at++, tried++) {
			g_autoptr(GError) error = NULL;

			rewind_host(&f);
			killed = go(&f, UP, killers[s % 2], at);
			g_assert_true(up(&f, &error));
			g_assert_no_error(error);
			assert_lent(&f);
			assert_brings_back(&f);
		}
		tear_down(&f);
	}
	g_test_message("%u points", tried);
	g_assert_cmpuint(tried, >, 200);
}

/* Undo killed at each call, and the undo of that undo killed at each call. */
static void test_down_killed_twice(void)
{
	guint tried = 0;

	for (guint s = 0; s <= TWO_CARDS; s++) {
		gboolean killed = TRUE;
		struct fixture f;

		set_up(&f, &scenarios[s]);
		for (guint at = 1; killed; at++) {
			gboolean killed_again = TRUE;

			for (guint again = 1; killed_again; again++, tried++) {
				rewind_host(&f);
				g_assert_true(up(&f, NULL));
				killed = go(&f, DOWN, killers[at % 2], at);
				killed_again = go(&f, DOWN, killers[again % 2], again);
				assert_brings_back(&f);
			}
		}
		tear_down(&f);
	}
	g_test_message("%u pairs of points", tried);
	g_assert_cmpuint(tried, >, 400);
}

/* `up` killed at each call, and the `down` that mends it killed at each call. */
static void test_up_and_down_killed(void)
{
	guint tried = 0;

	for (guint s = 0; s <= TWO_CARDS; s++) {
		gboolean killed = TRUE;
		struct fixture f;

		set_up(&f, &scenarios[s]);
		for (guint at = 1; killed; at++) {
			gboolean killed_again = TRUE;

			for (guint again = 1; killed_again; again++, tried++) {
				rewind_host(&f);
				killed = go(&f, UP, killers[again % 2], at);
				killed_again = go(&f, DOWN, killers[at % 2], again);
				assert_brings_back(&f);
			}
		}
		tear_down(&f);
	}
	g_test_message("%u pairs of points", tried);
	g_assert_cmpuint(tried, >, 600);
}

static const int refusals[] = { EACCES, EBUSY, EINVAL, ENODEV, EIO, ENOSPC };

static const struct {
	enum kernel_model_event event;
	gboolean on;
	guint calls;
} variants[] = {
	{ MODEL_REFUSE, FALSE, 0 },         { MODEL_REFUSE, TRUE, 0 },
	{ MODEL_REFUSE, TRUE, MODEL_HOST }, { MODEL_REFUSE, TRUE, MODEL_APPEND },
	{ MODEL_SHORTEN, FALSE, 0 },        { MODEL_SHORTEN, TRUE, 0 },
};

/* try_refusal - TRUE while @at is a point that is met */
static gboolean try_refusal(struct fixture *f, enum way way, guint variant, int errnum, guint at)
{
	g_autoptr(GError) error = NULL;
	gboolean done, met;

	rewind_host(f);
	if (way == DOWN)
		g_assert_true(up(f, NULL));
	arm(f, variants[variant].event, at);
	f->model->refusal = errnum;
	f->model->refuse_on = variants[variant].on;
	f->model->calls = variants[variant].calls;
	done = way == UP ? up(f, &error) : down(f, NULL, &error);
	met = f->model->points >= at;
	f->model->at = 0;
	f->model->calls = 0;
	g_assert_true(done == (error == NULL));
	if (way == UP && met)
		g_assert_false(done);
	/* Going back does not depend on book-keeping. */
	if (way == DOWN && variants[variant].calls == MODEL_APPEND)
		g_assert_true(done);
	if (done && way == UP)
		assert_lent(f);
	else if (done)
		assert_first(f);
	else if (hotseat_error_is(error, HOTSEAT_ERROR_NOT_BACK))
		g_assert_true(have_journal(f));
	else if (way == UP)
		assert_first(f);
	assert_brings_back(f);
	return met;
}

/*
 * Each call refused with each errno: once, or from there on, for all calls or only for the
 * host's or the journal's; and with writes that are cut short, as in a full /run. Either all is
 * back, or the error says that it is not and the journal is there for a later `down`.
 */
static void test_refused(gconstpointer data)
{
	enum way way = (enum way)GPOINTER_TO_UINT(data);
	guint tried = 0;

	for (guint s = 0; s < G_N_ELEMENTS(scenarios); s++) {
		struct fixture f;

		set_up(&f, &scenarios[s]);
		for (guint r = 0; r < G_N_ELEMENTS(refusals) * G_N_ELEMENTS(variants); r++) {
			guint at = 1;

			while (try_refusal(&f, way, r % G_N_ELEMENTS(variants),
					   refusals[r / G_N_ELEMENTS(variants)], at))
				at++;
			tried += at - 1;
		}
		tear_down(&f);
	}
	g_test_message("%u points", tried);
	g_assert_cmpuint(tried, >, 1000);
}

/* A refusal that comes before anything was changed keeps its name, so the exit status is right. */
static void test_denied_before_anything(void)
{
	g_autoptr(GError) error = NULL;
	struct fixture f;

	set_up(&f, &scenarios[0]);
	arm(&f, MODEL_REFUSE, 1);
	f.model->refusal = EACCES;
	g_assert_false(up(&f, &error));
	g_assert_true(hotseat_error_is(error, HOTSEAT_ERROR_DENIED));
	tear_down(&f);
}

static void steal_override(struct kernel_model *model)
{
	kernel_model_write(model, DEVICE SOUND "/driver_override", "pci-stub");
}

static void steal_driver(struct kernel_model *model)
{
	g_autofree char *driver =
		root_read_link(model->manifest->root, NULL, DEVICE SOUND "/driver");

	steal_override(model);
	if (driver != NULL) {
		g_autofree char *path = g_strdup_printf("sys/bus/pci/drivers/%s/unbind", driver);

		kernel_model_write(model, path, SOUND);
	}
	kernel_model_write(model, "sys/bus/pci/drivers_probe", SOUND);
}

static void bring_home(struct kernel_model *model)
{
	kernel_model_write(model, DEVICE SOUND "/driver_override", "\n");
	kernel_model_write(model, "sys/bus/pci/drivers/vfio-pci/unbind", SOUND);
	kernel_model_write(model, "sys/bus/pci/drivers/snd_hda_intel/bind", SOUND);
}

static void lose_driver(struct kernel_model *model)
{
	kernel_model_write(model, "sys/bus/pci/drivers/vfio-pci/unbind", SOUND);
	kernel_model_write(model, "sys/bus/pci/drivers/snd_hda_intel/unbind", SOUND);
}

/*
 * Another program interferes before any of our writes, in `up` or in `down`. Whatever comes of it,
 * the other function comes back, no journal stays, and nothing hangs or dies.
 */
static void test_interference(gconstpointer data)
{
	static void (*const others[])(struct kernel_model *) = { steal_override, steal_driver,
								 bring_home, lose_driver };
	enum way way = (enum way)GPOINTER_TO_UINT(data);
	guint tried = 0;

	for (guint o = 0; o < G_N_ELEMENTS(others); o++) {
		gboolean met = TRUE;

		for (guint at = 1; met; at++, tried++) {
			g_autoptr(GPtrArray) left = NULL;
			g_autoptr(GError) error = NULL;
			struct fixture f;

			set_up(&f, &scenarios[0]);
			if (way == DOWN)
				g_assert_true(up(&f, NULL));
			arm(&f, MODEL_CALL, at);
			f.model->other = others[o];
			if (way == UP)
				(void)up(&f, NULL);
			else
				(void)down(&f, NULL, NULL);
			met = f.model->points >= at;
			f.model->at = 0;
			g_assert_true(down(&f, &left, &error));
			g_assert_no_error(error);
			g_assert_false(have_journal(&f));
			assert_driver(&f, VIDEO, "bochs-drm");
			assert_override(&f, VIDEO, "(null)");
			tear_down(&f);
		}
	}
	g_test_message("%u points", tried);
	g_assert_cmpuint(tried, >, 4 * 8);
}

static void assert_left(const GPtrArray *left, guint count, const char *word)
{
	g_assert_cmpuint(left->len, ==, count);
	g_assert_nonnull(strstr(g_ptr_array_index(left, 0), SOUND));
	g_assert_nonnull(strstr(g_ptr_array_index(left, 0), word));
}

/* What somebody else changed while the card was lent is left, and named; the rest comes back. */
static void test_leaves_what_others_changed(void)
{
	g_autoptr(GPtrArray) left = NULL;
	g_autoptr(GPtrArray) left_driver = NULL;
	struct fixture f;

	set_up(&f, &scenarios[0]);
	g_assert_true(up(&f, NULL));
	steal_override(f.model);
	g_assert_true(down(&f, &left, NULL));
	assert_left(left, 2, "pci-stub");
	assert_override(&f, SOUND, "pci-stub");
	assert_driver(&f, SOUND, "vfio-pci");
	assert_driver(&f, VIDEO, "bochs-drm");
	tear_down(&f);

	set_up(&f, &scenarios[0]);
	g_assert_true(up(&f, NULL));
	steal_driver(f.model);
	g_assert_true(down(&f, &left_driver, NULL));
	assert_left(left_driver, 2, "pci-stub");
	assert_driver(&f, SOUND, "pci-stub");
	assert_driver(&f, VIDEO, "bochs-drm");
	g_assert_false(have_journal(&f));
	tear_down(&f);
}

/* A device that was removed, or replaced at its address, is not written to. */
static void test_device_is_gone_or_another(void)
{
	g_autoptr(GPtrArray) left = NULL;
	g_autoptr(GPtrArray) left_other = NULL;
	struct fixture f;

	set_up(&f, &scenarios[0]);
	g_assert_true(up(&f, NULL));
	manifest_remove(f.model->manifest, DEVICE SOUND);
	g_assert_true(down(&f, &left, NULL));
	assert_left(left, 1, "gone");
	assert_driver(&f, VIDEO, "bochs-drm");
	tear_down(&f);

	set_up(&f, &scenarios[0]);
	g_assert_true(up(&f, NULL));
	manifest_add(f.model->manifest, "sys/devices/pci0000:00/" SOUND "/device = 0xbeef\n");
	g_assert_true(down(&f, &left_other, NULL));
	assert_left(left_other, 1, "8086:beef");
	assert_driver(&f, SOUND, "vfio-pci");
	tear_down(&f);
}

/* An address alone is never trusted: the card was read before, and the bus may have changed. */
static void test_up_refuses_another_device(void)
{
	g_autoptr(GError) error = NULL;
	struct fixture f;

	set_up(&f, &scenarios[0]);
	f.devices[1].device = 0xbeef;
	g_assert_false(up(&f, &error));
	g_assert_true(hotseat_error_is(error, HOTSEAT_ERROR_FAILED));
	assert_first(&f);
	tear_down(&f);
}

/* vfio-pci is never unbound from a busy group (the model aborts), and BUSY has changed nothing. */
static void test_busy_group(void)
{
	struct handover_options patient = { .seconds = 60 };
	g_autoptr(GError) error = NULL;
	g_autofree char *lent = NULL;
	g_autofree char *after = NULL;
	struct fixture f;

	set_up(&f, &scenarios[0]);
	g_assert_true(up(&f, NULL));
	lent = picture(&f);
	f.model->busy = g_strdup("12");
	g_assert_false(down(&f, NULL, &error));
	g_assert_true(hotseat_error_is(error, HOTSEAT_ERROR_BUSY));
	g_assert_nonnull(strstr(error->message, "12"));
	after = picture(&f);
	g_assert_cmpstr(after, ==, lent);
	g_assert_true(have_journal(&f));
	/* A complete journal answers while the guest runs: libvirt's hook asks then. */
	g_assert_true(up(&f, NULL));

	f.model->busy_for = f.model->pauses + 5;
	g_assert_true(handover_down(f.host, UUID, &patient, NULL, NULL));
	g_assert_cmpuint(f.model->pauses, >=, 5);
	assert_first(&f);
	tear_down(&f);
}

/* A card that another guest already has by vfio-pci, though not through us, is refused. */
static void test_up_refuses_busy_group(void)
{
	g_autoptr(GError) error = NULL;
	struct fixture f;

	set_up(&f, &scenarios[2]);
	f.model->busy = g_strdup("12");
	g_assert_false(up(&f, &error));
	g_assert_true(hotseat_error_is(error, HOTSEAT_ERROR_BUSY));
	assert_first(&f);
	tear_down(&f);
}

static void test_idempotent(void)
{
	g_autoptr(GError) error = NULL;
	struct fixture f;
	guint written;

	set_up(&f, &scenarios[0]);
	g_assert_true(down(&f, NULL, NULL)); /* not even run_dir */
	g_assert_true(up(&f, NULL));
	written = f.model->points;
	f.model->log->len = 0;
	g_assert_true(up(&f, NULL));
	g_assert_cmpuint(f.model->log->len, ==, 0);
	g_assert_cmpuint(f.model->points - written, <=, 2); /* run_dir and the open, tried again */
	g_assert_false(handover_up(f.host, &guest, NULL, f.twins, &options, &error));
	g_assert_true(hotseat_error_is(error, HOTSEAT_ERROR_REFUSED));
	assert_lent(&f);
	g_assert_true(down(&f, NULL, NULL));
	g_assert_true(down(&f, NULL, NULL));
	assert_first(&f);
	tear_down(&f);
}

/* "Lent" in the journal is no proof: it is read back, and done anew where it is not so. */
static void test_up_repairs_a_lent_card(void)
{
	struct fixture f;

	set_up(&f, &scenarios[0]);
	g_assert_true(up(&f, NULL));
	bring_home(f.model);
	g_assert_true(up(&f, NULL));
	assert_lent(&f);
	assert_brings_back(&f);
	tear_down(&f);
}

/* Twins: only the functions that were asked for, by address. */
static void test_writes_only_what_it_must(void)
{
	struct fixture f;

	set_up(&f, &scenarios[0]);
	g_assert_true(up(&f, NULL));
	g_assert_cmpstr(f.model->log->str, ==,
			DEVICE VIDEO
			"/driver_override=vfio-pci\n"
			"sys/bus/pci/drivers/bochs-drm/unbind=" VIDEO
			"\n"
			"sys/bus/pci/drivers_probe=" VIDEO "\n" DEVICE SOUND
			"/driver_override=vfio-pci\n"
			"sys/bus/pci/drivers/snd_hda_intel/unbind=" SOUND
			"\n"
			"sys/bus/pci/drivers_probe=" SOUND "\n");
	g_string_truncate(f.model->log, 0);
	g_assert_true(down(&f, NULL, NULL));
	g_assert_cmpstr(f.model->log->str, ==,
			DEVICE SOUND
			"/driver_override=\n\n"
			"sys/bus/pci/drivers/vfio-pci/unbind=" SOUND
			"\n"
			"sys/bus/pci/drivers/snd_hda_intel/bind=" SOUND "\n" DEVICE VIDEO
			"/driver_override=\n\n"
			"sys/bus/pci/drivers/vfio-pci/unbind=" VIDEO
			"\n"
			"sys/bus/pci/drivers/bochs-drm/bind=" VIDEO "\n");
	tear_down(&f);

	set_up(&f, &scenarios[2]);
	g_assert_true(up(&f, NULL));
	g_assert_true(down(&f, NULL, NULL));
	g_assert_cmpstr(f.model->log->str, ==, "");
	tear_down(&f);
}

/* One after the other in the order that was asked for, and backwards; as little as for one. */
static void test_two_cards_in_order(void)
{
	struct fixture f;

	set_up(&f, &scenarios[TWO_CARDS]);
	g_assert_true(up(&f, NULL));
	assert_lent(&f);
	g_assert_cmpstr(f.model->log->str, ==,
			DEVICE VIDEO
			"/driver_override=vfio-pci\n"
			"sys/bus/pci/drivers/bochs-drm/unbind=" VIDEO
			"\n"
			"sys/bus/pci/drivers_probe=" VIDEO "\n" DEVICE SOUND
			"/driver_override=vfio-pci\n"
			"sys/bus/pci/drivers/snd_hda_intel/unbind=" SOUND
			"\n"
			"sys/bus/pci/drivers_probe=" SOUND "\n" DEVICE TWIN
			"/driver_override=vfio-pci\n"
			"sys/bus/pci/drivers/bochs-drm/unbind=" TWIN
			"\n"
			"sys/bus/pci/drivers_probe=" TWIN "\n");
	g_string_truncate(f.model->log, 0);
	g_assert_true(up(&f, NULL));
	g_assert_cmpstr(f.model->log->str, ==, "");
	g_assert_true(down(&f, NULL, NULL));
	g_assert_true(g_str_has_prefix(f.model->log->str, DEVICE TWIN "/driver_override=\n"));
	g_assert_true(g_str_has_suffix(f.model->log->str, "bochs-drm/bind=" VIDEO "\n"));
	assert_first(&f);
	tear_down(&f);
}

/*
 * A guest that has one of its two cards is not lent both, nor the other way round; and neither card
 * of a guest goes to another one.
 */
static void test_two_cards_are_both(void)
{
	g_autoptr(GError) other = NULL;
	g_autoptr(GError) fewer = NULL;
	g_autoptr(GPtrArray) twins = g_ptr_array_new();
	g_autoptr(GPtrArray) alone = g_ptr_array_new();
	struct fixture f;

	set_up(&f, &scenarios[TWO_CARDS]);
	g_ptr_array_add(twins, &f.twin);
	g_ptr_array_add(alone, &f.card);
	g_assert_true(up(&f, NULL));
	g_assert_false(handover_up(f.host, &other_guest, NULL, twins, &options, &other));
	g_assert_true(hotseat_error_is(other, HOTSEAT_ERROR_BUSY));
	g_assert_nonnull(strstr(other->message, "win 11"));
	g_assert_nonnull(strstr(other->message, TWIN));
	g_assert_false(handover_up(f.host, &guest, NULL, alone, &options, &fewer));
	g_assert_true(hotseat_error_is(fewer, HOTSEAT_ERROR_REFUSED));
	assert_lent(&f);
	assert_brings_back(&f);
	tear_down(&f);
}

/* Whichever card QEMU still has open: nothing of the other one is touched. */
static void test_two_cards_one_busy(void)
{
	static const char *const groups[] = { "12", "13" };

	for (guint i = 0; i < G_N_ELEMENTS(groups); i++) {
		g_autoptr(GError) error = NULL;
		struct fixture f;

		set_up(&f, &scenarios[TWO_CARDS]);
		g_assert_true(up(&f, NULL));
		g_string_truncate(f.model->log, 0);
		f.model->busy = g_strdup(groups[i]);
		g_assert_false(down(&f, NULL, &error));
		g_assert_true(hotseat_error_is(error, HOTSEAT_ERROR_BUSY));
		g_assert_cmpstr(f.model->log->str, ==, "");
		assert_lent(&f);
		g_clear_pointer(&f.model->busy, g_free);
		assert_brings_back(&f);
		tear_down(&f);
	}
}

static void test_two_guests_one_card(void)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GError) damaged = NULL;
	struct fixture f;

	set_up(&f, &scenarios[0]);
	g_assert_true(up(&f, NULL));
	g_assert_false(handover_up(f.host, &other_guest, NULL, f.own, &options, &error));
	g_assert_true(hotseat_error_is(error, HOTSEAT_ERROR_BUSY));
	g_assert_nonnull(strstr(error->message, "win 11"));
	g_assert_false(root_exists(f.model->manifest->root, "run/hotseat/" OTHER_UUID ".journal"));
	assert_lent(&f);

	g_assert_true(handover_up(f.host, &other_guest, NULL, f.twins, &options, NULL));
	assert_driver(&f, TWIN, "vfio-pci");
	g_assert_true(handover_down(f.host, OTHER_UUID, &options, NULL, NULL));
	assert_lent(&f);

	/* A journal that cannot be read could name this card. */
	manifest_add(f.model->manifest, "run/hotseat/" UUID ".journal = nonsense\n");
	g_assert_false(handover_up(f.host, &other_guest, NULL, f.twins, &options, &damaged));
	g_assert_true(hotseat_error_is(damaged, HOTSEAT_ERROR_UNREADABLE));
	g_assert_nonnull(strstr(damaged->message, UUID ".journal"));
	g_assert_nonnull(strstr(damaged->message, "line 1"));
	tear_down(&f);
}

/* A damaged journal is never skipped, and never undone by guess. */
static void test_damaged_journal(void)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GError) status_error = NULL;
	struct fixture f;

	set_up(&f, &scenarios[0]);
	g_assert_true(up(&f, NULL));
	manifest_add(f.model->manifest, "run/hotseat/" UUID ".journal = nonsense\n");
	g_assert_false(down(&f, NULL, &error));
	g_assert_true(hotseat_error_is(error, HOTSEAT_ERROR_UNREADABLE));
	g_assert_null(handover_read_states(f.host, &status_error));
	g_assert_true(hotseat_error_is(status_error, HOTSEAT_ERROR_UNREADABLE));
	assert_lent(&f);
	tear_down(&f);
}

/* run_dir in other hands would let others make root write to the host. */
static void test_foreign_run_dir(void)
{
	g_autofree char *run_dir = NULL;
	g_autoptr(GError) error = NULL;
	struct fixture f;

	set_up(&f, &scenarios[0]);
	manifest_add(f.model->manifest, "dir run/hotseat\n");
	run_dir = g_strdup(f.host->run_dir);
	g_assert_cmpint(chmod(run_dir, 0777), ==, 0);
	g_assert_false(up(&f, &error));
	g_assert_true(hotseat_error_is(error, HOTSEAT_ERROR_DENIED));
	tear_down(&f);
}

/* One process at a time, and the other one says who is at work. */
static void test_locked(void)
{
	g_autofree char *pid = g_strdup_printf("process %d ", (int)getpid());
	g_autoptr(GError) error = NULL;
	g_autoptr(GError) down_error = NULL;
	g_autoptr(GPtrArray) states = NULL;
	g_autoptr(GPtrArray) later = NULL;
	autoptr(journal) held = NULL;
	struct fixture f;

	set_up(&f, &scenarios[0]);
	g_assert_true(up(&f, NULL));
	g_assert_true(journal_hold(f.host, UUID, FALSE, 0, &held, NULL));
	g_assert_false(up(&f, &error));
	g_assert_true(hotseat_error_is(error, HOTSEAT_ERROR_BUSY));
	g_assert_nonnull(strstr(error->message, pid));
	g_assert_false(down(&f, NULL, &down_error));
	g_assert_true(hotseat_error_is(down_error, HOTSEAT_ERROR_BUSY));
	states = handover_read_states(f.host, NULL);
	g_assert_cmpint(((struct handover_state *)g_ptr_array_index(states, 0))->pid, ==, getpid());
	g_clear_pointer(&held, journal_free);
	later = handover_read_states(f.host, NULL);
	g_assert_cmpint(((struct handover_state *)g_ptr_array_index(later, 0))->pid, ==, 0);
	assert_brings_back(&f);
	tear_down(&f);
}

/* Half a record must not swallow the next one, whether it can be cut off at once or only later. */
static void test_half_a_record(void)
{
	static char video[] = VIDEO, *functions[] = { video, NULL };

	for (guint cut = 0; cut < 2; cut++) {
		autoptr(journal) held = NULL;
		autoptr(journal) seen = NULL;
		g_autoptr(GError) error = NULL;
		struct fixture f;

		set_up(&f, &scenarios[0]);
		g_assert_true(journal_hold(f.host, UUID, TRUE, 0, &held, NULL));
		g_assert_true(journal_start(held, "a", "b", functions, NULL));
		arm(&f, MODEL_SHORTEN, 1);
		f.model->refusal = EIO;
		f.model->refuse_on = cut == 1; /* so that cutting fails too */
		g_assert_false(journal_note_undo(held, NULL));
		g_assert_true(held->torn == (cut == 1));
		f.model->at = 0;
		g_assert_true(journal_note_hook(held, NULL));
		seen = journal_read(f.host, UUID, NULL, &error);
		g_assert_no_error(error);
		g_assert_true(seen->hook && !seen->undoing && !seen->torn);
		tear_down(&f);
	}
}

static gpointer hold_in_thread(gpointer data)
{
	struct journal *journal = NULL;

	g_assert_true(journal_hold(data, UUID, TRUE, 60, &journal, NULL));
	return journal;
}

/* The classic: a lock won on a file that its former holder has just removed protects nothing. */
static void test_unlink_race(void)
{
	autoptr(journal) held = NULL;
	autoptr(journal) won = NULL;
	autoptr(journal) third = NULL;
	g_autoptr(GError) error = NULL;
	struct fixture f;
	GThread *thread;

	set_up(&f, &scenarios[0]);
	g_assert_true(journal_hold(f.host, UUID, TRUE, 0, &held, NULL));
	thread = g_thread_new("waits", hold_in_thread, f.host);
	while (f.model->pauses == 0)
		g_usleep(100);
	g_assert_true(journal_discard(held, NULL));
	g_clear_pointer(&held, journal_free);
	won = g_thread_join(thread);
	g_assert_nonnull(won);
	g_assert_true(have_journal(&f));
	g_assert_false(journal_hold(f.host, UUID, TRUE, 0, &third, &error));
	g_assert_true(hotseat_error_is(error, HOTSEAT_ERROR_BUSY));
	tear_down(&f);
}

static void test_loads_vfio_pci(void)
{
	g_autoptr(GError) error = NULL;
	struct fixture f;

	set_up(&f, &scenarios[0]);
	manifest_remove(f.model->manifest, "sys/bus/pci/drivers/vfio-pci");
	g_assert_false(up(&f, &error));
	g_assert_nonnull(strstr(error->message, "modprobe vfio-pci"));
	g_assert_false(have_journal(&f));
	assert_driver(&f, VIDEO, "bochs-drm");
	f.model->can_load = TRUE;
	g_assert_true(up(&f, NULL));
	assert_lent(&f);
	assert_brings_back(&f);
	g_assert_cmpuint(f.model->loads, ==, 2);
	tear_down(&f);
}

/* vfio-pci does not want the function: drivers_probe does not say so, only the link does. */
static void test_vfio_refuses(void)
{
	g_autoptr(GError) error = NULL;
	struct fixture f;

	set_up(&f, &scenarios[0]);
	f.model->probe_fails = g_strdup("vfio-pci");
	g_assert_false(up(&f, &error));
	g_assert_true(hotseat_error_is(error, HOTSEAT_ERROR_FAILED));
	g_assert_nonnull(strstr(error->message, "no driver"));
	assert_first(&f);
	tear_down(&f);
}

/* The former driver does not take its device back (UB-03), or its module is gone. */
static void test_former_driver_fails(void)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GError) gone = NULL;
	struct fixture f;

	set_up(&f, &scenarios[0]);
	g_assert_true(up(&f, NULL));
	f.model->probe_fails = g_strdup("snd_hda_intel");
	g_assert_false(down(&f, NULL, &error));
	g_assert_true(hotseat_error_is(error, HOTSEAT_ERROR_NOT_BACK));
	g_assert_nonnull(strstr(error->message, "snd_hda_intel"));
	assert_driver(&f, VIDEO, "bochs-drm"); /* the other function is not given up */
	g_assert_true(have_journal(&f));
	g_clear_pointer(&f.model->probe_fails, g_free);
	assert_brings_back(&f);

	g_assert_true(up(&f, NULL));
	manifest_remove(f.model->manifest, "sys/bus/pci/drivers/snd_hda_intel");
	g_assert_false(down(&f, NULL, &gone));
	g_assert_true(hotseat_error_is(gone, HOTSEAT_ERROR_NOT_BACK));
	g_assert_nonnull(strstr(gone->message, "not loaded"));
	kernel_model_driver(f.model, "snd_hda_intel", "8086:2668");
	assert_brings_back(&f);
	tear_down(&f);
}

/* bind says no, and a probe, which goes another way through the kernel, works. */
static void test_bind_refused_once(void)
{
	struct fixture f;

	set_up(&f, &scenarios[0]);
	g_assert_true(up(&f, NULL));
	arm(&f, MODEL_REFUSE, 3); /* override, unbind, bind */
	f.model->calls = MODEL_HOST;
	f.model->refusal = EIO;
	g_assert_true(down(&f, NULL, NULL));
	g_assert_nonnull(strstr(f.model->log->str, "unbind=" SOUND "\nsys/bus/pci/drivers_probe"));
	assert_first(&f);
	tear_down(&f);
}

static void on_signal(int number)
{
}

static void send_sigterm(struct kernel_model *model)
{
	kill(getpid(), SIGTERM);
}

/* Ctrl+C at any point: back, and said so; the signal arrives afterwards. */
static void test_signal(void)
{
	struct sigaction action = { .sa_handler = on_signal };
	gboolean met = TRUE;
	guint back = 0;

	sigaction(SIGTERM, &action, NULL);
	for (guint at = 1; met; at++) {
		g_autoptr(GError) error = NULL;
		struct fixture f;

		set_up(&f, &scenarios[0]);
		arm(&f, MODEL_CALL, at);
		f.model->other = send_sigterm;
		if (up(&f, &error)) {
			assert_lent(&f);
		} else {
			g_assert_nonnull(strstr(error->message, "interrupted"));
			assert_first(&f);
			back++;
		}
		met = f.model->points >= at;
		assert_brings_back(&f);
		tear_down(&f);
	}
	g_assert_cmpuint(back, >=, 10);
}

static void count_progress(const char *what, gboolean done, void *data)
{
	g_string_append_printf(data, "%s%s\n", what, done ? ": done" : "");
}

static void test_states_and_progress(void)
{
	g_autoptr(GPtrArray) none = NULL;
	g_autoptr(GPtrArray) states = NULL;
	g_autoptr(GPtrArray) hooked = NULL;
	g_autoptr(GString) said = g_string_new(NULL);
	struct handover_options telling = { .progress = count_progress, .data = said };
	const struct handover_step_state *step;
	const struct handover_state *state;
	struct fixture f;

	set_up(&f, &scenarios[0]);
	g_assert_true(handover_note_hook(f.host, UUID, NULL));
	none = handover_read_states(f.host, NULL);
	g_assert_cmpuint(none->len, ==, 0);
	g_assert_true(handover_up(f.host, &guest, NULL, f.own, &telling, NULL));
	g_assert_cmpstr(said->str, ==,
			"bind " VIDEO "\nbind " VIDEO ": done\nbind " SOUND "\nbind " SOUND
			": done\n");
	lose_driver(f.model);
	states = handover_read_states(f.host, NULL);
	g_assert_cmpuint(states->len, ==, 1);
	state = g_ptr_array_index(states, 0);
	g_assert_cmpstr(state->name, ==, "win 11");
	g_assert_true(state->complete && !state->hook_seen);
	step = g_ptr_array_index(state->steps, 1);
	g_assert_cmpstr(step->what, ==, "bind " SOUND);
	g_assert_cmpstr(step->former, ==, "snd_hda_intel");
	g_assert_cmpstr(step->wanted, ==, "vfio-pci");
	g_assert_cmpstr(step->now, ==, "no driver");
	g_assert_true(handover_note_hook(f.host, UUID, NULL));
	hooked = handover_read_states(f.host, NULL);
	g_assert_true(((struct handover_state *)g_ptr_array_index(hooked, 0))->hook_seen);
	assert_brings_back(&f);
	tear_down(&f);
}

static void test_refuses_a_uuid_that_is_none(void)
{
	g_autoptr(GError) error = NULL;
	struct fixture f;

	set_up(&f, &scenarios[0]);
	g_assert_false(handover_down(f.host, "../../etc/passwd", &options, NULL, &error));
	g_assert_true(hotseat_error_is(error, HOTSEAT_ERROR_REFUSED));
	tear_down(&f);
}

int main(int argc, char **argv)
{
	/* Many thousands of files are made and removed; in memory that takes a tenth of the time.
	 */
	if (access("/dev/shm", W_OK) == 0)
		g_setenv("TMPDIR", "/dev/shm", FALSE);
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/handover/up-killed", test_up_killed);
	g_test_add_func("/handover/up-killed-then-up", test_up_killed_then_up);
	g_test_add_func("/handover/down-killed-twice", test_down_killed_twice);
	g_test_add_func("/handover/up-and-down-killed", test_up_and_down_killed);
	g_test_add_data_func("/handover/up-refused", GUINT_TO_POINTER(UP), test_refused);
	g_test_add_data_func("/handover/down-refused", GUINT_TO_POINTER(DOWN), test_refused);
	g_test_add_func("/handover/denied-before-anything", test_denied_before_anything);
	g_test_add_data_func("/handover/up-interference", GUINT_TO_POINTER(UP), test_interference);
	g_test_add_data_func("/handover/down-interference", GUINT_TO_POINTER(DOWN),
			     test_interference);
	g_test_add_func("/handover/leaves-what-others-changed", test_leaves_what_others_changed);
	g_test_add_func("/handover/device-is-gone-or-another", test_device_is_gone_or_another);
	g_test_add_func("/handover/up-refuses-another-device", test_up_refuses_another_device);
	g_test_add_func("/handover/busy-group", test_busy_group);
	g_test_add_func("/handover/up-refuses-busy-group", test_up_refuses_busy_group);
	g_test_add_func("/handover/idempotent", test_idempotent);
	g_test_add_func("/handover/up-repairs-a-lent-card", test_up_repairs_a_lent_card);
	g_test_add_func("/handover/writes-only-what-it-must", test_writes_only_what_it_must);
	g_test_add_func("/handover/two-cards-in-order", test_two_cards_in_order);
	g_test_add_func("/handover/two-cards-are-both", test_two_cards_are_both);
	g_test_add_func("/handover/two-cards-one-busy", test_two_cards_one_busy);
	g_test_add_func("/handover/two-guests-one-card", test_two_guests_one_card);
	g_test_add_func("/handover/damaged-journal", test_damaged_journal);
	g_test_add_func("/handover/foreign-run-dir", test_foreign_run_dir);
	g_test_add_func("/handover/locked", test_locked);
	g_test_add_func("/handover/half-a-record", test_half_a_record);
	g_test_add_func("/handover/unlink-race", test_unlink_race);
	g_test_add_func("/handover/loads-vfio-pci", test_loads_vfio_pci);
	g_test_add_func("/handover/vfio-refuses", test_vfio_refuses);
	g_test_add_func("/handover/former-driver-fails", test_former_driver_fails);
	g_test_add_func("/handover/bind-refused-once", test_bind_refused_once);
	g_test_add_func("/handover/signal", test_signal);
	g_test_add_func("/handover/states-and-progress", test_states_and_progress);
	g_test_add_func("/handover/refuses-a-uuid-that-is-none", test_refuses_a_uuid_that_is_none);
	return g_test_run();
}
