/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/error.h"
#include "handover/handover.h"
#include "handover/journal.h"
#include "handover/kinds.h"
#include "handover/writer.h"
#include "kernel-model.h"
#include "machine/breadcrumb.h"

/*
 * All kinds of steps together, for one guest and for two that overlap: whatever is killed or
 * refused where, the machine is as it was first when the last guest is gone. test-handover.c does
 * the same in more depth for the card alone.
 *
 * HOTSEAT_TEST_EVERY=1 tries every point; without it one in a few, another few each time.
 */
#define UUID_A "6f9619ff-8b86-d011-b42d-00cf4fc964ff"
#define UUID_B "7f9619ff-8b86-d011-b42d-00cf4fc964ff"
#define VIDEO_A "0000:01:00.0"
#define SOUND_A "0000:01:00.1"
#define VIDEO_B "0000:02:00.0"
#define POOL "sys/devices/system/node/node0/hugepages/hugepages-2048kB/"
#define GOVERNOR(policy) "sys/devices/system/cpu/cpufreq/policy" policy "/scaling_governor"
#define GOVERNORS(policy)                                                                          \
	"sys/devices/system/cpu/cpufreq/policy" policy                                             \
	"/scaling_available_governors = performance powersave\n"

static const char tree[] =
	"dir run/systemd/system\n"
	"dir run/systemd/inhibit\n"
	"dir run/systemd/system.control\n"
	"proc/sys/kernel/random/boot_id = 11111111-2222-3333-4444-555555555555\n"
	"proc/sys/vm/drop_caches = 0\n"
	"dir var/lib\n"
	"sys/fs/cgroup/cpuset.cpus.effective = 0-7\n"
	"sys/fs/cgroup/system.slice/cpuset.cpus.effective = 0-7\n"
	"sys/fs/cgroup/user.slice/cpuset.cpus.effective = 0-7\n"
	"sys/fs/cgroup/init.scope/cpuset.cpus.effective = 0-7\n"
	"dir sys/fs/cgroup/system.slice/systemd-logind.service\n"
	"dir sys/fs/cgroup/system.slice/gdm.service\n"
	"dir sys/fs/cgroup/system.slice/nvidia-persistenced.service\n"
	"etc/systemd/system/display-manager.service -> "
	"/usr/lib/systemd/system/gdm.service\n" GOVERNOR("0") " = powersave\n" GOVERNORS("0")
		GOVERNOR("4") " = schedutil\n" GOVERNORS(
			"4") "sys/devices/system/node/node0/compact =\n" POOL
			     "nr_hugepages = 10\n" POOL
			     "free_hugepages = 6\n"
			     "sys/kernel/mm/transparent_hugepage/enabled = always madvise [never]\n"
			     "sys/class/vtconsole/vtcon0/name = (S) dummy device\n"
			     "sys/class/vtconsole/vtcon0/bind = 0\n"
			     "sys/class/vtconsole/vtcon1/name = (M) frame buffer device\n"
			     "sys/class/vtconsole/vtcon1/bind = 1\n"
			     "sys/bus/platform/drivers/efi-framebuffer/bind =\n"
			     "sys/bus/platform/drivers/efi-framebuffer/unbind =\n"
			     "sys/bus/platform/devices/efi-framebuffer.0/driver -> "
			     "/sys/bus/platform/drivers/efi-framebuffer\n"
			     "sys/module/nvidia/refcnt = 0\n"
			     "sys/module/nvidia_uvm/parameters/uvm_debug = 0\n"
			     "sys/module/nvidia_drm/parameters/fbdev = N\n"
			     "sys/module/nvidia_drm/parameters/modeset = Y\n"
			     "dir sys/module/nvidia_modeset/parameters\n";

/* A pad that has its drivers, and one that nobody has chosen, which has none. */
#define USB "sys/bus/usb/devices/"
#define USB_DEVICE(name, vendor, product, bus, number)                                             \
	USB name "/idVendor = " vendor "\n" USB name "/idProduct = " product "\n" USB name         \
		 "/busnum = " bus "\n" USB name "/devnum = " number "\n"
#define PAD_DRIVER(interface) USB "1-2:" interface "/driver -> /sys/bus/usb/drivers/usbhid\n"

static const char usb_tree[] =
	USB_DEVICE("1-2", "046d", "c21d", "1", "5") PAD_DRIVER("1.0") PAD_DRIVER("1.1")
		USB_DEVICE("1-3", "1111", "2222", "1", "6") "dir " USB
							    "1-3:1.0\n"
							    "sys/bus/usb/drivers_probe =\n";
static char *const usb_chosen[] = { (char[]){ "046d:c21d" }, (char[]){ "046d:c21d" },
				    (char[]){ "dead:beef" }, NULL };

static const struct handover_needs needs_a = {
	.memory_kib = 100 * 2048 - 1,
	.page_kib = 2048,
	.node = 0,
	.transparent = TRUE,
	.governor = "performance",
	.cpus = "2-3",
	.usb = usb_chosen,
	.stop_display_manager = TRUE,
};
static const struct handover_needs needs_b = {
	.memory_kib = 50 * 2048,
	.page_kib = 2048,
	.node = -1,
	.governor = "performance",
	.cpus = "6-7",
};
static const struct handover_guest guests[] = { { UUID_A, "win 11", &needs_a },
						{ UUID_B, "other", &needs_b } };
static const struct handover_options options = { 0 };

enum who {
	A,
	B,
};

struct fixture {
	struct kernel_model *model;
	struct host *host;
	struct pcidev devices[3];
	struct card cards[2];
	GPtrArray *lent[2]; /* each guest's, one of them */
	char *first;
};

/* All but what is only ours; run/hotseat has its own look. */
static char *picture(const struct fixture *f)
{
	g_autofree char *all = kernel_model_picture(f->model);
	g_auto(GStrv) lines = g_strsplit(all, "\n", -1);
	g_autoptr(GString) rest = g_string_new(NULL);

	for (guint i = 0; lines[i] != NULL; i++) {
		if (!g_str_has_prefix(lines[i], "run/hotseat") &&
		    !g_str_has_prefix(lines[i], "var/lib/hotseat/") &&
		    !g_str_has_prefix(lines[i], "run/systemd/system.control/"))
			g_string_append_printf(rest, "%s\n", lines[i]);
	}
	return g_string_free(g_steal_pointer(&rest), FALSE);
}

static void set_up(struct fixture *f)
{
	static char address[3][16] = { VIDEO_A, SOUND_A, VIDEO_B };
	static char fingerprint[2][32] = { "10de:1111@00.0 a", "1234:1111@01.0" };
	struct kernel_model *model = kernel_model_new(tree);

	memset(f, 0, sizeof(*f));
	f->model = model;
	manifest_add(model->manifest, usb_tree);
	f->host = model->host;
	f->host->state_dir = g_build_filename(model->manifest->folder, "var/lib/hotseat", NULL);
	kernel_model_driver(model, "nvidia", "10de:1111");
	kernel_model_driver(model, "bochs-drm", "1234:1111");
	kernel_model_driver(model, "snd_hda_intel", "8086:2668");
	kernel_model_driver(model, "vfio-pci", "");
	kernel_model_device(model, VIDEO_A, "10de:1111", "12", "nvidia", NULL);
	kernel_model_device(model, SOUND_A, "8086:2668", "12", "snd_hda_intel", NULL);
	kernel_model_device(model, VIDEO_B, "1234:1111", "13", "bochs-drm", NULL);
	for (guint i = 0; i < 3; i++) {
		static const guint16 ids[3][2] = { { 0x10de, 0x1111 },
						   { 0x8086, 0x2668 },
						   { 0x1234, 0x1111 } };

		f->devices[i].address = address[i];
		f->devices[i].vendor = ids[i][0];
		f->devices[i].device = ids[i][1];
	}
	for (guint i = 0; i < 2; i++) {
		f->cards[i].functions = g_ptr_array_new();
		f->cards[i].fingerprint = fingerprint[i];
		f->lent[i] = g_ptr_array_new();
		g_ptr_array_add(f->lent[i], &f->cards[i]);
	}
	g_ptr_array_add(f->cards[A].functions, &f->devices[0]);
	g_ptr_array_add(f->cards[A].functions, &f->devices[1]);
	g_ptr_array_add(f->cards[B].functions, &f->devices[2]);
	f->first = picture(f);
}

static void tear_down(struct fixture *f)
{
	for (guint i = 0; i < 2; i++) {
		g_ptr_array_unref(f->cards[i].functions);
		g_ptr_array_unref(f->lent[i]);
	}
	kernel_model_free(f->model);
	g_free(f->first);
}

static gboolean up(struct fixture *f, enum who who, GError **error)
{
	return handover_up(f->host, &guests[who], NULL, f->lent[who], &options, error);
}

static gboolean down(struct fixture *f, enum who who, GPtrArray **left, GError **error)
{
	return handover_down(f->host, guests[who].uuid, &options, left, error);
}

static void arm(struct fixture *f, enum kernel_model_event event, guint at)
{
	f->model->points = 0;
	f->model->event = event;
	f->model->at = at;
	f->model->met_crumb = FALSE;
}

static void assert_text(const struct fixture *f, const char *path, const char *expected)
{
	g_autofree char *text = root_read(f->model->manifest->root, NULL, "%s", path);

	g_assert_cmpstr(text, ==, expected);
}

static gboolean exists(const struct fixture *f, const char *path)
{
	return root_exists(f->model->manifest->root, "%s", path);
}

/* The machine as at first; no journal, no breadcrumb, no record of systemd's. */
static void assert_first(const struct fixture *f)
{
	static const char *const ours[] = { "run/hotseat", "var/lib/hotseat" };
	g_autofree char *now = (kernel_model_arrive(f->model), picture(f));
	g_auto(GStrv) lines = g_strsplit(now, "\n", -1),
		      first_lines = g_strsplit(f->first, "\n", -1);

	for (guint i = 0; lines[i] != NULL && first_lines[i] != NULL; i++)
		g_assert_cmpstr(lines[i], ==, first_lines[i]);
	g_assert_cmpuint(strlen(now), ==, strlen(f->first));
	for (guint i = 0; i < G_N_ELEMENTS(ours); i++) {
		g_auto(GStrv) names = root_list(f->model->manifest->root, NULL, "%s", ours[i]);

		if (names != NULL && names[0] != NULL)
			g_error("%s has %s", ours[i], names[0]);
	}
	for (guint i = 0; cpus_units[i] != NULL; i++)
		g_assert_false(root_exists(f->model->manifest->root,
					   "run/systemd/system.control/%s.d/50-AllowedCPUs.conf",
					   cpus_units[i]));
}

/* recover - what `recover` does when no guest runs: every journal is undone */
static void recover(struct fixture *f, enum who who)
{
	g_autoptr(GPtrArray) left = NULL;
	g_autoptr(GError) error = NULL;

	f->model->at = 0;
	g_assert_true(down(f, who, &left, &error));
	g_assert_no_error(error);
	if (left->len > 0)
		g_error("left: %s", (char *)g_ptr_array_index(left, 0));
}

enum way {
	UP,
	DOWN,
};

/* go - in a child; TRUE if it was killed at the point */
static gboolean go(struct fixture *f, enum who who, enum way way, enum kernel_model_event event,
		   guint at)
{
	pid_t child = fork();
	int status = 0;

	g_assert_cmpint(child, >=, 0);
	if (child == 0) {
		arm(f, event, at);
		_exit((way == UP ? up(f, who, NULL) : down(f, who, NULL, NULL)) ? 0 : 1);
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

/* stride - from a point to the next that is tried; 1 for all of them */
static guint stride(guint usual)
{
	return g_getenv("HOTSEAT_TEST_EVERY") != NULL
		       ? 1
		       : (guint)g_test_rand_int_range(1, (gint32)usual * 2);
}

static void assert_lent_to_a(const struct fixture *f)
{
	assert_text(f, POOL "nr_hugepages", "104");
	assert_text(f, "sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never");
	assert_text(f, GOVERNOR("0"), "performance");
	assert_text(f, GOVERNOR("4"), "performance");
	assert_text(f, "sys/fs/cgroup/user.slice/cpuset.cpus.effective", "0-1,4-7");
	assert_text(f, "sys/class/vtconsole/vtcon1/bind", "0");
	g_assert_false(exists(f, "sys/bus/platform/devices/efi-framebuffer.0/driver"));
	g_assert_false(exists(f, "sys/fs/cgroup/system.slice/gdm.service"));
	g_assert_false(exists(f, "sys/fs/cgroup/system.slice/nvidia-persistenced.service"));
	g_assert_true(exists(f, "sys/fs/cgroup/system.slice/hotseat-sleep.service"));
	g_assert_true(exists(f, "run/systemd/inhibit/1"));
	g_assert_false(exists(f, "sys/module/nvidia_drm"));
	g_assert_true(exists(f, "sys/module/nvidia"));
}

/* Every kind, in its order; and all of it back. */
static void test_every_kind(void)
{
	static const char *const order[] = {
		"hold sleep",
		"governor policy0",
		"governor policy4",
		"cpus system.slice",
		"cpus user.slice",
		"cpus init.scope",
		"hugepages node0/2048kB",
		"compound transparent",
		"service nvidia-persistenced.service",
		"service gdm.service",
		"console vtcon1",
		"framebuffer efi-framebuffer.0",
		"module nvidia_uvm",
		"module nvidia_drm",
		"module nvidia_modeset",
		"usb 046d:c21d",
		"usb dead:beef",
		"bind " VIDEO_A,
		"bind " SOUND_A,
	};
	g_autoptr(GPtrArray) states = NULL;
	g_autoptr(GError) error = NULL;
	const struct handover_state *state;
	struct fixture f;

	set_up(&f);
	g_assert_true(up(&f, A, &error));
	g_assert_no_error(error);
	assert_lent_to_a(&f);
	g_assert_false(exists(&f, "var/lib/hotseat/breadcrumb"));
	states = handover_read_states(f.host, &error);
	g_assert_no_error(error);
	state = g_ptr_array_index(states, 0);
	g_assert_cmpuint(state->steps->len, ==, G_N_ELEMENTS(order));
	for (guint i = 0; i < state->steps->len; i++) {
		const struct handover_step_state *step = g_ptr_array_index(state->steps, i);

		g_assert_cmpstr(step->what, ==, order[i]);
		g_assert_cmpstr(step->former, !=, step->now);
	}
	recover(&f, A);
	assert_first(&f);
	g_assert_nonnull(strstr(f.model->log->str, "modprobe nvidia_drm fbdev=N modeset=Y\n"));
	tear_down(&f);
}

static void test_one_guest_killed(gconstpointer data)
{
	enum way way = (enum way)GPOINTER_TO_UINT(data);
	guint tried = 0;

	for (guint k = 0; k < G_N_ELEMENTS(killers); k++) {
		gboolean killed = TRUE;
		struct fixture f;

		set_up(&f);
		for (guint at = 1; killed; at += stride(2), tried++) {
			f.model->at = 0;
			if (way == DOWN)
				g_assert_true(up(&f, A, NULL));
			killed = go(&f, A, way, killers[k], at);
			if (!killed && way == UP)
				assert_lent_to_a(&f);
			recover(&f, A);
			assert_first(&f);
		}
		tear_down(&f);
	}
	g_test_message("%u points", tried);
	g_assert_cmpuint(tried, >, 40);
}

/* Each call refused, once or from there on. Up fails then, unless it was only the breadcrumb. */
static void test_one_guest_refused(gconstpointer data)
{
	static const int refusals[] = { EACCES, EIO, ENOSPC };
	enum way way = (enum way)GPOINTER_TO_UINT(data);
	guint tried = 0;

	for (guint r = 0; r < G_N_ELEMENTS(refusals) * 2; r++) {
		gboolean met = TRUE;
		struct fixture f;

		set_up(&f);
		for (guint at = 1; met; at += stride(3), tried++) {
			g_autoptr(GError) error = NULL;
			gboolean done;

			f.model->at = 0;
			if (way == DOWN)
				g_assert_true(up(&f, A, NULL));
			arm(&f, r % 2 == 0 ? MODEL_REFUSE : MODEL_SHORTEN, at);
			f.model->refusal = refusals[r / 2];
			f.model->refuse_on = r % 2 == 1;
			done = way == UP ? up(&f, A, &error) : down(&f, A, NULL, &error);
			met = f.model->points >= at;
			g_assert_true(done == (error == NULL));
			/* Making room in memory is an attempt too, but happens only when short. */
			if (way == UP && met && !f.model->met_crumb)
				g_assert_false(done);
			f.model->at = 0;
			f.model->refuse_on = FALSE;
			/* One that cannot be removed stays until the next handover. */
			manifest_remove(f.model->manifest, "var/lib/hotseat");
			if (!done && way == UP && !hotseat_error_is(error, HOTSEAT_ERROR_NOT_BACK))
				assert_first(&f);
			recover(&f, A);
			assert_first(&f);
		}
		tear_down(&f);
	}
	g_test_message("%u points", tried);
	g_assert_cmpuint(tried, >, 60);
}

struct act {
	enum who who;
	enum way way;
};

static const struct act orders[][4] = {
	{ { A, UP }, { B, UP }, { A, DOWN }, { B, DOWN } },
	{ { A, UP }, { B, UP }, { B, DOWN }, { A, DOWN } },
	{ { A, UP }, { A, DOWN }, { B, UP }, { B, DOWN } },
	{ { B, UP }, { A, UP }, { A, DOWN }, { B, DOWN } },
	{ { B, UP }, { A, UP }, { B, DOWN }, { A, DOWN } },
	{ { B, UP }, { B, DOWN }, { A, UP }, { A, DOWN } },
};

static void play(struct fixture *f, const struct act *act)
{
	g_autoptr(GError) error = NULL;

	if (act->way == UP)
		(void)up(f, act->who, &error);
	else
		recover(f, act->who);
	g_assert_no_error(error);
}

/* tell_order - the order, with a kill in one of its acts; TRUE if the point was met */
static gboolean tell_order(struct fixture *f, const struct act *order, guint victim,
			   enum kernel_model_event event, guint at)
{
	gboolean killed = FALSE;

	f->model->at = 0;
	for (guint i = 0; i < 4; i++) {
		if (i != victim) {
			play(f, &order[i]);
			continue;
		}
		killed = go(f, order[i].who, order[i].way, event, at);
		if (killed)
			recover(f, order[i].who);
	}
	return killed;
}

/* Two guests, in each order, with a kill at each point of each act. */
static void test_two_guests_killed(void)
{
	guint tried = 0;

	for (guint o = 0; o < G_N_ELEMENTS(orders) * 4; o++) {
		gboolean killed = TRUE;
		struct fixture f;

		set_up(&f);
		for (guint at = 1; killed; at += stride(12), tried++) {
			killed = tell_order(&f, orders[o / 4], o % 4, killers[tried % 2], at);
			assert_first(&f);
		}
		tear_down(&f);
	}
	g_test_message("%u points", tried);
	g_assert_cmpuint(tried, >, 100);
}

/* What two want together: pages add up, cores come off, the rest stays until the last is gone. */
static void test_two_guests_together(void)
{
	struct fixture f;

	set_up(&f);
	g_assert_true(up(&f, A, NULL));
	g_assert_true(up(&f, B, NULL));
	assert_text(&f, POOL "nr_hugepages", "154");
	assert_text(&f, "sys/fs/cgroup/user.slice/cpuset.cpus.effective", "0-1,4-5");
	recover(&f, A);
	assert_text(&f, POOL "nr_hugepages", "54");
	assert_text(&f, "sys/fs/cgroup/user.slice/cpuset.cpus.effective", "0-5");
	assert_text(&f, GOVERNOR("4"), "performance");
	g_assert_true(exists(&f, "run/systemd/inhibit/1"));
	/* Only A wanted these. */
	assert_text(&f, "sys/class/vtconsole/vtcon1/bind", "1");
	g_assert_true(exists(&f, "sys/fs/cgroup/system.slice/gdm.service"));
	recover(&f, B);
	assert_first(&f);
	tear_down(&f);
}

static const struct {
	const char *path, *value, *word;
} changes[] = {
	{ GOVERNOR("4"), "conservative", "governor policy4" },
	{ POOL "nr_hugepages", "300", "hugepages node0/2048kB" },
	{ "sys/fs/cgroup/init.scope/cpuset.cpus.effective", "1", "cpus init.scope" },
	{ "sys/kernel/mm/transparent_hugepage/enabled", "[always] madvise never",
	  "compound transparent" },
};

static void change(const struct fixture *f, guint which)
{
	g_autofree char *line =
		g_strdup_printf("%s = %s\n", changes[which].path, changes[which].value);

	manifest_add(f->model->manifest, line);
}

/* What somebody else set meanwhile is left, and named; the rest comes back. */
static void test_leaves_what_others_changed(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(changes); i++) {
		g_autoptr(GPtrArray) left = NULL;
		struct fixture f;

		set_up(&f);
		g_assert_true(up(&f, A, NULL));
		change(&f, i);
		g_assert_true(down(&f, A, &left, NULL));
		g_assert_cmpuint(left->len, ==, 1);
		g_assert_nonnull(strstr(g_ptr_array_index(left, 0), changes[i].word));
		g_assert_nonnull(strstr(g_ptr_array_index(left, 0), "somebody else"));
		assert_text(&f, changes[i].path, changes[i].value);
		g_assert_false(exists(&f, "run/hotseat/machine.journal"));
		if (i != 0)
			assert_text(&f, GOVERNOR("0"), "powersave");
		g_assert_true(exists(&f, "sys/fs/cgroup/system.slice/gdm.service"));
		tear_down(&f);
	}
}

/* A console that went with its card, a framebuffer that a real driver has removed. */
static void test_subject_is_gone(void)
{
	g_autoptr(GPtrArray) left = NULL;
	struct fixture f;

	set_up(&f);
	g_assert_true(up(&f, A, NULL));
	manifest_remove(f.model->manifest, "sys/class/vtconsole/vtcon1");
	manifest_remove(f.model->manifest, "sys/bus/platform/devices/efi-framebuffer.0");
	g_assert_true(down(&f, A, &left, NULL));
	g_assert_cmpuint(left->len, ==, 2);
	g_assert_nonnull(strstr(g_ptr_array_index(left, 0), "efi-framebuffer.0 is gone"));
	g_assert_nonnull(strstr(g_ptr_array_index(left, 1), "vtcon1 is gone"));
	tear_down(&f);
}

/* Short of pages: how many, and everything as it was. */
static void test_pages_short(void)
{
	g_autoptr(GError) error = NULL;
	struct fixture f;

	set_up(&f);
	f.model->room = 60;
	g_assert_false(up(&f, A, &error));
	g_assert_true(hotseat_error_is(error, HOTSEAT_ERROR_FAILED));
	g_assert_nonnull(strstr(error->message, "of 104 huge pages of 2 MiB on node0"));
	/* the way out that needs no memory in one piece is named too */
	g_assert_nonnull(strstr(error->message, "hugepages=transparent"));
	g_assert_nonnull(strstr(error->message, "only 60 can be had: 44 (88 MiB) are short"));
	g_assert_nonnull(strstr(f.model->log->str, "node0/compact=1\n"));
	f.model->room = 0;
	assert_first(&f);
	tear_down(&f);
}

/* More than there is memory for is not even asked of the kernel. */
static void test_pages_hopeless(void)
{
	g_autoptr(GError) error = NULL;
	struct fixture f;

	set_up(&f);
	manifest_add(f.model->manifest,
		     "sys/devices/system/node/node0/meminfo = Node 0 MemFree: 300000 kB\n");
	g_assert_false(up(&f, A, &error));
	g_assert_nonnull(strstr(error->message, "are short"));
	g_assert_null(strstr(f.model->log->str, "nr_hugepages"));
	manifest_remove(f.model->manifest, "sys/devices/system/node/node0/meminfo");
	assert_first(&f);
	tear_down(&f);
}

#define SOUND_CARD "/" SOUND_A "/sound/card1"

/* A sound server is told that the card leaves; one that keeps it is told that it stays. */
static void test_sound_server(void)
{
	g_autoptr(GError) error = NULL;
	const char *removed;
	struct fixture f;

	set_up(&f);
	manifest_add(f.model->manifest, "sys/devices/pci0000:00" SOUND_CARD
					"/uevent = add\n"
					"sys/devices/pci0000:00" SOUND_CARD
					"/controlC1/dev = 116:7\n"
					"proc/500/comm = wireplumber\n"
					"proc/500/fd/3 -> /dev/snd/controlC1\n");
	g_free(f.first);
	f.first = picture(&f);
	g_assert_false(up(&f, A, &error));
	g_assert_true(hotseat_error_is(error, HOTSEAT_ERROR_FAILED));
	g_assert_nonnull(strstr(error->message, "wireplumber (pid 500)"));
	g_assert_nonnull(strstr(error->message, "try again"));
	removed = strstr(f.model->log->str, SOUND_CARD "/uevent=remove\n");
	g_assert_nonnull(removed);
	g_assert_nonnull(strstr(removed, SOUND_CARD "/uevent=add\n"));
	g_assert_null(strstr(f.model->log->str, "unbind=" VIDEO_A));
	assert_first(&f);

	manifest_remove(f.model->manifest, "proc/500");
	g_assert_true(up(&f, A, NULL));
	g_assert_true(down(&f, A, NULL, NULL));
	tear_down(&f);
}

static void start_server(struct kernel_model *model)
{
	manifest_add(model->manifest, "proc/500/fd/3 -> /dev/snd/controlC1\n");
}

/* try_server - `up` while a server starts at point @at; FALSE if there is no such point */
static gboolean try_server(guint at, guint *hung)
{
	g_autoptr(GError) error = NULL;
	struct fixture f;
	gboolean met;

	set_up(&f);
	manifest_add(f.model->manifest, "sys/devices/pci0000:00" SOUND_CARD
					"/uevent = add\n"
					"sys/devices/pci0000:00" SOUND_CARD
					"/controlC1/dev = 116:7\n"
					"proc/500/comm = wireplumber\n");
	f.model->leaves = g_strdup("proc/500/fd");
	arm(&f, MODEL_CALL, at);
	f.model->other = start_server;
	if (!up(&f, A, &error)) {
		g_assert_true(hotseat_error_is(error, HOTSEAT_ERROR_NOT_BACK));
		g_assert_nonnull(strstr(error->message, "the driver of " SOUND_A " did not"));
		*hung += 1;
	}
	met = f.model->points >= at;
	tear_down(&f);
	return met;
}

/*
 * A sound server that is just starting, and opens the card at any moment of `up`: it is told, and
 * lets go before its driver is asked to. Between the last look and the question there are two
 * writes, in which nothing can be done.
 */
static void test_sound_server_starts(void)
{
	guint tried = 0, hung = 0;

	while (try_server(tried + 1, &hung))
		tried++;
	g_test_message("%u moments, %u of them too late", tried, hung);
	g_assert_cmpuint(tried, >, 40);
	g_assert_cmpuint(hung, <=, 2);
}

static gboolean has_driver(const struct fixture *f, const char *interface)
{
	g_autofree char *driver =
		root_read_link(f->model->manifest->root, NULL, USB "%s/driver", interface);

	return driver != NULL;
}

/* What a QEMU that is killed leaves without a driver gets one, and nothing else does. */
static void test_usb(void)
{
	struct fixture f;

	set_up(&f);
	g_assert_true(up(&f, A, NULL));
	manifest_remove(f.model->manifest, USB "1-2:1.0/driver");
	manifest_remove(f.model->manifest, USB "1-2:1.1/driver");
	g_assert_true(down(&f, A, NULL, NULL));
	assert_first(&f);
	g_assert_false(has_driver(&f, "1-3:1.0"));

	/* Pulled out while the guest had it, and the first again at another port. */
	g_assert_true(up(&f, A, NULL));
	manifest_remove(f.model->manifest, USB "1-2");
	manifest_remove(f.model->manifest, USB "1-2:1.0");
	manifest_remove(f.model->manifest, USB "1-2:1.1");
	manifest_add(f.model->manifest, USB_DEVICE("2-1.4", "046d", "c21d", "2", "9"));
	manifest_add(f.model->manifest, "dir " USB "2-1.4:1.0\n");
	g_assert_true(down(&f, A, NULL, NULL));
	g_assert_true(has_driver(&f, "2-1.4:1.0"));
	tear_down(&f);
}

/* One that does not go stops everything before the card is touched (UB-02). */
static void test_module_in_use(void)
{
	g_autoptr(GError) error = NULL;
	struct fixture f;

	set_up(&f);
	manifest_add(f.model->manifest, "dir sys/module/nvidia_drm/holders/some_other\n");
	g_free(f.first);
	f.first = picture(&f);
	g_assert_false(up(&f, A, &error));
	g_assert_nonnull(strstr(error->message, "nvidia_drm"));
	g_assert_null(strstr(f.model->log->str, "unbind=" VIDEO_A));
	assert_first(&f);
	tear_down(&f);
}

/* With another card of NVIDIA's at the host its modules have to stay. */
static void test_modules_stay(void)
{
	static char elsewhere[] = "0000:0a:00.0", nvidia[] = "nvidia";
	struct pcidev other = { .address = elsewhere, .driver = nvidia };
	struct machine machine = { 0 };
	struct fixture f;

	set_up(&f);
	machine.devices = g_ptr_array_new();
	g_ptr_array_add(machine.devices, &f.devices[0]);
	g_ptr_array_add(machine.devices, &other);
	f.devices[0].driver = nvidia;
	g_assert_true(handover_up(f.host, &guests[A], &machine, f.lent[A], &options, NULL));
	g_assert_true(exists(&f, "sys/module/nvidia_drm"));
	g_assert_null(strstr(f.model->log->str, "rmmod"));
	recover(&f, A);
	assert_first(&f);
	g_ptr_array_unref(machine.devices);
	tear_down(&f);
}

/* Somebody who opened the card after it was looked at: named, and the driver is not asked. */
static void test_holder_at_the_last_moment(void)
{
	g_autoptr(GError) error = NULL;
	struct fixture f;

	set_up(&f);
	manifest_add(f.model->manifest, "sys/devices/pci0000:00/" VIDEO_B
					"/drm/card1/dev = 226:1\n"
					"proc/123/comm = blender\n"
					"proc/123/fd/7 -> /dev/dri/card1\n");
	g_free(f.first);
	f.first = picture(&f);
	g_assert_false(up(&f, B, &error));
	g_assert_nonnull(strstr(error->message, "blender (pid 123) has /dev/dri/card1 open"));
	g_assert_null(strstr(f.model->log->str, "unbind=" VIDEO_A));
	assert_first(&f);
	tear_down(&f);
}

static void add_power_profiles(struct fixture *f)
{
	manifest_add(f->model->manifest,
		     "dir sys/fs/cgroup/system.slice/power-profiles-daemon.service\n"
		     "usr/bin/powerprofilesctl =\n");
	g_free(f->first);
	f->first = picture(f);
}

/* Where power-profiles-daemon sets governors it is asked, and nobody writes them beside it. */
static void test_power_profiles(void)
{
	const char *held;
	struct fixture f;

	set_up(&f);
	add_power_profiles(&f);
	g_assert_true(up(&f, B, NULL));
	held = strstr(f.model->log->str, "powerprofilesctl launch --profile=performance");
	g_assert_nonnull(held);
	g_assert_nonnull(g_strrstr_len(f.model->log->str, held - f.model->log->str,
				       "systemd-run --quiet --collect --no-ask-password "
				       "--unit=hotseat-profile.service"));
	g_assert_null(strstr(f.model->log->str, "scaling_governor="));
	assert_text(&f, GOVERNOR("0"), "powersave");
	g_assert_true(exists(&f, "sys/fs/cgroup/system.slice/hotseat-profile.service"));
	recover(&f, B);
	assert_first(&f);
	tear_down(&f);
}

/* With acpi-cpufreq it has no such profile: then the governors are ours to set. */
static void test_no_such_profile(void)
{
	struct fixture f;

	set_up(&f);
	add_power_profiles(&f);
	f.model->no_profile = TRUE;
	g_assert_true(up(&f, B, NULL));
	g_assert_null(strstr(f.model->log->str, "powerprofilesctl"));
	assert_text(&f, GOVERNOR("0"), "performance");
	recover(&f, B);
	assert_first(&f);
	tear_down(&f);
}

/* A profile is held when the daemon says so, not when somebody has asked for it. */
static void test_profile_not_held(void)
{
	g_autoptr(GError) error = NULL;
	struct fixture f;

	set_up(&f);
	add_power_profiles(&f);
	f.model->no_hold = TRUE;
	g_assert_false(up(&f, B, &error));
	g_assert_nonnull(strstr(error->message, "journalctl -u hotseat-profile.service"));
	assert_first(&f);
	tear_down(&f);
}

static gboolean was_asked; /* before the user gave up */

static void open_and_interrupt(struct kernel_model *model)
{
	was_asked = model->host->stuck != NULL;
	manifest_add(model->manifest,
		     "proc/123/comm = blender\n"
		     "proc/123/fd/7 -> /dev/dri/card1\n");
	raise(SIGINT);
}

/* try_interrupt - somebody opens the card, and the user gives up, at point @at */
static gboolean try_interrupt(guint at, guint *asked)
{
	const struct timespec at_once = { 0 };
	g_autoptr(GError) error = NULL;
	struct fixture f;
	gboolean met;
	sigset_t stop, before;

	sigemptyset(&stop);
	sigaddset(&stop, SIGINT);
	pthread_sigmask(SIG_BLOCK, &stop, &before);
	set_up(&f);
	manifest_add(f.model->manifest,
		     "sys/devices/pci0000:00/" VIDEO_B "/drm/card1/dev = 226:1\n");
	f.model->hangs = g_strdup(VIDEO_B);
	arm(&f, MODEL_CALL, at);
	f.model->other = open_and_interrupt;
	g_assert_false(up(&f, B, &error));
	met = f.model->points >= at;
	if (hotseat_error_is(error, HOTSEAT_ERROR_NOT_BACK))
		*asked += 1;
	g_assert_cmpint(sigtimedwait(&stop, NULL, &at_once), ==, met ? SIGINT : -1);
	tear_down(&f);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return met && !was_asked;
}

/* Who gives up while a card is waited for does not mean that its driver be asked all the same. */
static void test_interrupted_while_waiting(void)
{
	guint tried = 0, asked = 0;

	while (try_interrupt(tried + 1, &asked))
		tried++;
	g_test_message("%u moments, %u of them too late", tried, asked);
	g_assert_cmpuint(tried, >, 10);
	g_assert_cmpuint(asked, <=, 3); /* and the one that comes after the question */
}

/* A service that does not come back is said, the rest is back, and `recover` tries again. */
static void test_service_does_not_start(void)
{
	g_autoptr(GError) error = NULL;
	struct fixture f;

	set_up(&f);
	g_assert_true(up(&f, A, NULL));
	f.model->fails = g_strdup("start gdm.service");
	g_assert_false(down(&f, A, NULL, &error));
	g_assert_true(hotseat_error_is(error, HOTSEAT_ERROR_NOT_BACK));
	g_assert_nonnull(strstr(error->message, "gdm.service"));
	assert_text(&f, GOVERNOR("0"), "powersave");
	assert_text(&f, POOL "nr_hugepages", "10");
	g_clear_pointer(&f.model->fails, g_free);
	recover(&f, A);
	assert_first(&f);
	tear_down(&f);
}

/* Cores that leave none to the host are refused; nothing is touched. */
static void test_refuses_all_cores(void)
{
	const struct handover_needs all = { .node = -1, .cpus = "0-7" };
	const struct handover_guest greedy = { UUID_A, "greedy", &all };
	g_autoptr(GError) error = NULL;
	struct fixture f;

	set_up(&f);
	g_assert_false(handover_up(f.host, &greedy, NULL, f.lent[A], &options, &error));
	g_assert_true(hotseat_error_is(error, HOTSEAT_ERROR_REFUSED));
	g_assert_nonnull(strstr(error->message, "none would be left"));
	assert_first(&f);
	tear_down(&f);
}

/* A guest's journal that somebody removed: what it wanted does not stay for ever. */
static void test_claim_without_journal(void)
{
	struct fixture f;

	set_up(&f);
	g_assert_true(up(&f, A, NULL));
	g_assert_true(up(&f, B, NULL));
	manifest_remove(f.model->manifest, "run/hotseat/" UUID_A ".journal");
	recover(&f, B);
	assert_text(&f, POOL "nr_hugepages", "10");
	assert_text(&f, GOVERNOR("4"), "schedutil");
	g_assert_false(exists(&f, "run/hotseat/machine.journal"));
	tear_down(&f);
}

/* The same with nobody left: it is told, and put back by what puts guests' things back. */
static void test_machine_journal_alone(void)
{
	g_autoptr(GPtrArray) states = NULL;
	g_autoptr(GPtrArray) none = NULL;
	g_autoptr(GPtrArray) left = NULL;
	g_autoptr(GError) error = NULL;
	const struct handover_step_state *step;
	const struct handover_state *state;
	struct fixture f;

	set_up(&f);
	g_assert_true(up(&f, B, NULL));
	manifest_remove(f.model->manifest, "run/hotseat/" UUID_B ".journal");
	states = handover_read_states(f.host, &error);
	g_assert_no_error(error);
	g_assert_cmpuint(states->len, ==, 1);
	state = g_ptr_array_index(states, 0);
	g_assert_cmpstr(state->uuid, ==, JOURNAL_MACHINE);
	g_assert_false(state->complete);
	step = g_ptr_array_index(state->steps, 1);
	g_assert_cmpstr(step->what, ==, "governor policy0");
	g_assert_cmpstr(step->wanted, ==, "powersave");
	g_assert_cmpstr(step->now, ==, "performance");

	f.model->fails = g_strdup("stop hotseat-sleep.service");
	g_assert_false(handover_down(f.host, JOURNAL_MACHINE, &options, NULL, &error));
	g_assert_true(hotseat_error_is(error, HOTSEAT_ERROR_NOT_BACK));
	g_clear_error(&error);
	g_clear_pointer(&f.model->fails, g_free);
	g_assert_true(handover_down(f.host, JOURNAL_MACHINE, &options, &left, &error));
	g_assert_no_error(error);
	g_assert_cmpuint(left->len, ==, 0);
	none = handover_read_states(f.host, NULL);
	g_assert_cmpuint(none->len, ==, 0);
	g_assert_false(exists(&f, "run/hotseat/machine.journal"));
	assert_text(&f, POOL "nr_hugepages", "10");
	assert_text(&f, GOVERNOR("4"), "schedutil");
	g_assert_false(exists(&f, "run/systemd/inhibit/1"));
	tear_down(&f);
}

/* What a guest that is lent to wants is no orphan, whatever it shares with one that is gone. */
static void test_no_orphans(void)
{
	g_autoptr(GPtrArray) states = NULL;
	struct fixture f;

	set_up(&f);
	g_assert_true(up(&f, A, NULL));
	g_assert_true(up(&f, B, NULL));
	manifest_remove(f.model->manifest, "run/hotseat/" UUID_B ".journal");
	states = handover_read_states(f.host, NULL);
	g_assert_cmpuint(states->len, ==, 1);
	g_assert_true(handover_down(f.host, JOURNAL_MACHINE, &options, NULL, NULL));
	assert_text(&f, GOVERNOR("0"), "performance");
	g_assert_true(exists(&f, "run/systemd/inhibit/1"));
	recover(&f, A);
	assert_text(&f, POOL "nr_hugepages", "10");
	assert_text(&f, GOVERNOR("4"), "schedutil");
	g_assert_false(exists(&f, "run/hotseat/machine.journal"));
	tear_down(&f);
}

/* While it is lent, "wanted" is what "now" has to be, also with two guests. */
static void test_wanted_is_comparable(void)
{
	g_autoptr(GPtrArray) states = NULL;
	struct fixture f;

	set_up(&f);
	g_assert_true(up(&f, A, NULL));
	g_assert_true(up(&f, B, NULL));
	states = handover_read_states(f.host, NULL);
	g_assert_cmpuint(states->len, ==, 2);
	for (guint i = 0; i < states->len; i++) {
		const struct handover_state *state = g_ptr_array_index(states, i);

		for (guint j = 0; j < state->steps->len; j++) {
			const struct handover_step_state *step = g_ptr_array_index(state->steps, j);

			/* QEMU takes a USB device, while it is plugged in. */
			if (g_str_has_prefix(step->what, "usb "))
				continue;
			g_assert_cmpstr(step->wanted, ==, step->now);
			g_assert_cmpstr(step->wanted, !=, step->former);
		}
	}
	recover(&f, A);
	recover(&f, B);
	assert_first(&f);
	tear_down(&f);
}

/*
 * The driver does not let go: `up` comes back, says so, touches nothing else of the device, keeps
 * journal and breadcrumb; all the rest is back. When the driver has let go, `recover` ends it.
 */
static void test_driver_hangs(void)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) states = NULL;
	autoptr(breadcrumb) crumb = NULL;
	g_autofree char *sentence = NULL;
	struct fixture f;

	set_up(&f);
	f.model->hangs = g_strdup(VIDEO_A);
	g_assert_false(up(&f, A, &error));
	g_assert_true(hotseat_error_is(error, HOTSEAT_ERROR_NOT_BACK));
	g_assert_nonnull(strstr(error->message, "did not let it go"));
	g_assert_true(g_str_has_suffix(f.model->log->str,
				       "systemctl --quiet --no-ask-password "
				       "stop hotseat-sleep.service\n"));
	assert_text(&f, GOVERNOR("0"), "powersave");
	states = handover_read_states(f.host, NULL);
	g_assert_cmpuint(states->len, ==, 1);
	crumb = breadcrumb_read(f.model->manifest->root, &error);
	g_assert_nonnull(crumb);
	g_assert_cmpstr(crumb->address, ==, VIDEO_A);
	g_assert_cmpstr(crumb->driver, ==, "nvidia");
	g_assert_cmpstr(crumb->guest, ==, "win 11");
	g_assert_true(crumb->same_boot && !crumb->back);
	sentence = breadcrumb_describe(crumb);
	g_assert_nonnull(strstr(sentence, VIDEO_A));

	kernel_model_release(f.model);
	recover(&f, A);
	assert_first(&f);
	tear_down(&f);
}

static void test_breadcrumb_bytes(void)
{
	static const char *const bad[] = {
		"x",
		"hotseat-breadcrumb 1",
		"hotseat-breadcrumb 2 b 1 1 1 forth a d g",
		"hotseat-breadcrumb 1 b 1 1 1 forth a d",
		"hotseat-breadcrumb 1 b 1 1 1 forth a %00 g",
		"hotseat-breadcrumb 1 b 1 1 1 forth a %ff g",
		"hotseat-breadcrumb 1 b 1 1 1 forth a %1b g",
		"hotseat-breadcrumb 1 b 1 1 1 forth a d g h",
	};
	autoptr(manifest) manifest = manifest_build("proc/sys/kernel/random/boot_id = new\n");
	autoptr(breadcrumb) crumb = NULL;
	g_autoptr(GError) absent = NULL;
	g_autofree char *sentence = NULL;

	g_assert_null(breadcrumb_read(manifest->root, &absent));
	g_assert_true(hotseat_error_is(absent, HOTSEAT_ERROR_ABSENT));
	for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autofree char *line =
			g_strdup_printf("var/lib/hotseat/breadcrumb = %s\n", bad[i]);
		g_autoptr(GError) error = NULL;

		manifest_add(manifest, line);
		g_assert_null(breadcrumb_read(manifest->root, &error));
		g_assert_true(hotseat_error_is(error, HOTSEAT_ERROR_UNREADABLE));
	}
	manifest_add(manifest,
		     "var/lib/hotseat/breadcrumb = hotseat-breadcrumb 1 old 12 345 1700000000 "
		     "back 0000:01:00.0 amdgpu win%2011\n");
	crumb = breadcrumb_read(manifest->root, NULL);
	g_assert_nonnull(crumb);
	g_assert_false(crumb->same_boot || crumb->alive);
	sentence = breadcrumb_describe(crumb);
	g_assert_nonnull(strstr(sentence, "amdgpu was to take back 0000:01:00.0 (guest win 11, "));
	g_assert_nonnull(strstr(sentence, "the machine went down"));
}

/* What one `up` costs that a user could notice: starts of processes, and waits for the disk. */
static void test_costs(void)
{
	const struct handover_needs usual = {
		.memory_kib = 4 << 20, .page_kib = 2048, .node = 0, .governor = "performance"
	};
	const struct handover_guest guest = { UUID_B, "usual", &usual };
	struct fixture f;

	set_up(&f);
	g_assert_true(handover_up(f.host, &guest, NULL, f.lent[B], &options, NULL));
	g_test_message("usual: %u commands and the writer, %u waits for the disk", f.model->runs,
		       f.model->syncs);
	g_assert_cmpuint(f.model->runs + 1, <=, 3);
	g_assert_cmpuint(f.model->syncs, <=, 6);
	recover(&f, B);
	f.model->runs = f.model->syncs = 0;
	g_assert_true(up(&f, A, NULL));
	g_test_message("every kind: %u commands and the writer, %u waits for the disk",
		       f.model->runs, f.model->syncs);
	g_assert_cmpuint(f.model->syncs, <=, 6);
	recover(&f, A);
	assert_first(&f);
	tear_down(&f);
}

/*
 * The writer for real: a FIFO whose other end nobody has opened does not answer, as a driver does
 * not. The lock stays with it until it has been answered, and we come back.
 */
static void test_writer_hangs(void)
{
	autoptr(manifest) manifest = manifest_build("a = 1\nlock =\n");
	autoptr(writer) writer = writer_new(root_fd(manifest->root));
	g_autofree char *fifo = g_build_filename(manifest->folder, "fifo", NULL);
	g_autofree char *lock_path = g_build_filename(manifest->folder, "lock", NULL);
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int ours = open(lock_path, O_RDWR | O_CLOEXEC), other, reader;
	g_autofree char *text = NULL;
	char got[4] = "";

	g_assert_cmpint(writer_write(writer, "a", "2", ours, 60), ==, 0);
	text = root_read(manifest->root, NULL, "a");
	g_assert_cmpstr(text, ==, "2");
	g_assert_cmpint(writer_write(writer, "nothing", "2", -1, 60), ==, ENOENT);
	g_assert_cmpint(mkfifo(fifo, 0600), ==, 0);
	g_assert_cmpint(fcntl(ours, F_OFD_SETLK, &lock), ==, 0);
	g_assert_cmpint(writer_write(writer, "fifo", "3", ours, 0), ==, ETIMEDOUT);
	close(ours);
	other = open(lock_path, O_RDWR | O_CLOEXEC);
	lock.l_type = F_WRLCK;
	g_assert_cmpint(fcntl(other, F_OFD_SETLK, &lock), ==, -1); /* not yet */
	reader = open(fifo, O_RDONLY | O_CLOEXEC);
	g_assert_cmpint(read(reader, got, sizeof(got)), ==, 1);
	g_assert_cmpint(fcntl(other, F_OFD_SETLKW, &lock), ==, 0);
	close(reader);
	close(other);
}

/* Commands for real: what they say when they fail, and that they do not take for ever. */
static void test_commands(void)
{
	static const char *const good[] = { "/bin/sh", "-c", "exit 0", NULL };
	static const char *const bad[] = { "/bin/sh", "-c", "echo no such thing >&2; exit 3",
					   NULL };
	static const char *const endless[] = { "/bin/sh", "-c", "sleep 1000; true", NULL };
	static const char *const absent[] = { "/nowhere/at/all", "-c", NULL };
	autoptr(host) host = host_new_live(NULL);
	g_autoptr(GError) said = NULL;
	g_autoptr(GError) late = NULL;

	g_assert_true(host->run(host, good, 60, NULL));
	g_assert_false(host->run(host, bad, 60, &said));
	g_assert_nonnull(strstr(said->message, "no such thing"));
	g_assert_false(host->run(host, endless, 0, &late));
	g_assert_nonnull(strstr(late->message, "not done after 0 s"));
	g_assert_false(host->run(host, absent, 60, NULL));
}

/* Who is killed while a command runs leaves the lock with the command, until that has ended. */
static void test_command_keeps_the_lock(void)
{
	autoptr(manifest) manifest = manifest_build("lock =\n");
	g_autofree char *fifo = g_build_filename(manifest->folder, "fifo", NULL);
	g_autofree char *lock_path = g_build_filename(manifest->folder, "lock", NULL);
	g_autofree char *script = g_strdup_printf("read x < %s", fifo);
	const char *const argv[] = { "/bin/sh", "-c", script, NULL };
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd, writer, status;
	pid_t child;

	g_assert_cmpint(mkfifo(fifo, 0600), ==, 0);
	child = fork();
	if (child == 0) {
		struct host *host = host_new_live(NULL);

		host->lock = open(lock_path, O_RDWR | O_CLOEXEC);
		if (fcntl(host->lock, F_OFD_SETLK, &lock) == 0)
			(void)host->run(host, argv, 600, NULL);
		_exit(1);
	}
	writer = open(fifo, O_WRONLY | O_CLOEXEC); /* returns when the command is there */
	kill(child, SIGKILL);
	g_assert_cmpint(waitpid(child, &status, 0), ==, child);
	g_assert_true(WIFSIGNALED(status));
	fd = open(lock_path, O_RDWR | O_CLOEXEC);
	g_assert_cmpint(fcntl(fd, F_OFD_SETLK, &lock), ==, -1);
	close(writer);
	g_assert_cmpint(fcntl(fd, F_OFD_SETLKW, &lock), ==, 0);
	close(fd);
}

int main(int argc, char **argv)
{
	if (access("/dev/shm", W_OK) == 0)
		g_setenv("TMPDIR", "/dev/shm", FALSE);
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/steps/every-kind", test_every_kind);
	g_test_add_data_func("/steps/up-killed", GUINT_TO_POINTER(UP), test_one_guest_killed);
	g_test_add_data_func("/steps/down-killed", GUINT_TO_POINTER(DOWN), test_one_guest_killed);
	g_test_add_data_func("/steps/up-refused", GUINT_TO_POINTER(UP), test_one_guest_refused);
	g_test_add_data_func("/steps/down-refused", GUINT_TO_POINTER(DOWN), test_one_guest_refused);
	g_test_add_func("/steps/two-guests-together", test_two_guests_together);
	g_test_add_func("/steps/two-guests-killed", test_two_guests_killed);
	g_test_add_func("/steps/leaves-what-others-changed", test_leaves_what_others_changed);
	g_test_add_func("/steps/subject-is-gone", test_subject_is_gone);
	g_test_add_func("/steps/pages-short", test_pages_short);
	g_test_add_func("/steps/pages-hopeless", test_pages_hopeless);
	g_test_add_func("/steps/sound-server", test_sound_server);
	g_test_add_func("/steps/sound-server-starts", test_sound_server_starts);
	g_test_add_func("/steps/usb", test_usb);
	g_test_add_func("/steps/module-in-use", test_module_in_use);
	g_test_add_func("/steps/modules-stay", test_modules_stay);
	g_test_add_func("/steps/holder-at-the-last-moment", test_holder_at_the_last_moment);
	g_test_add_func("/steps/power-profiles", test_power_profiles);
	g_test_add_func("/steps/no-such-profile", test_no_such_profile);
	g_test_add_func("/steps/profile-not-held", test_profile_not_held);
	g_test_add_func("/steps/interrupted-while-waiting", test_interrupted_while_waiting);
	g_test_add_func("/steps/service-does-not-start", test_service_does_not_start);
	g_test_add_func("/steps/refuses-all-cores", test_refuses_all_cores);
	g_test_add_func("/steps/claim-without-journal", test_claim_without_journal);
	g_test_add_func("/steps/machine-journal-alone", test_machine_journal_alone);
	g_test_add_func("/steps/no-orphans", test_no_orphans);
	g_test_add_func("/steps/wanted-is-comparable", test_wanted_is_comparable);
	g_test_add_func("/steps/driver-hangs", test_driver_hangs);
	g_test_add_func("/steps/breadcrumb-bytes", test_breadcrumb_bytes);
	g_test_add_func("/steps/costs", test_costs);
	g_test_add_func("/steps/writer-hangs", test_writer_hangs);
	g_test_add_func("/steps/commands", test_commands);
	g_test_add_func("/steps/command-keeps-the-lock", test_command_keeps_the_lock);
	return g_test_run();
}
