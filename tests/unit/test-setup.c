/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "core/error.h"
#include "manifest.h"
#include "rules/rules.h"
#include "setup/product.h"
#include "setup/setup.h"
#include "setup/words.h"

/*
 * The promise: whatever is killed at whatever instant of a setup or of its undo, and whatever call
 * the kernel refuses, undo puts every file back byte for byte, with its mode and attributes, and
 * what is generated from the files is as it was. In trees that look like the systems we know, with
 * real processes and real SIGKILLs.
 *
 * Each call that changes something is a point: the system calls by which files are replaced (this
 * program is linked with --wrap for them), and each program that is run. The programs are modelled
 * by what they make of their sources.
 */
enum event {
	NOTHING,
	KILL,  /* before the call */
	TEAR,  /* half of a write, then SIGKILL; after a program; elsewhere as KILL */
	FAIL,  /* the call fails */
	FAILS, /* this call and all after it */
};

static struct {
	enum event event;
	guint at, met;
	gboolean off; /* in the model or in the test itself */
} points = { .off = TRUE };

/* point - count a call; TRUE: it has to fail */
static gboolean point(gboolean *tear)
{
	if (points.off)
		return FALSE;
	points.met++;
	if (points.event == FAILS && points.met >= points.at)
		return TRUE;
	if (points.met != points.at)
		return FALSE;
	if (points.event == TEAR && tear != NULL)
		*tear = TRUE;
	else if (points.event == KILL || points.event == TEAR)
		kill(getpid(), SIGKILL);
	return points.event == FAIL;
}

ssize_t __real_write(int fd, const void *data, size_t length);
ssize_t __wrap_write(int fd, const void *data, size_t length);
ssize_t __wrap_write(int fd, const void *data, size_t length)
{
	gboolean tear = FALSE;

	if (point(&tear)) {
		errno = ENOSPC;
		return -1;
	}
	if (tear) {
		(void)!__real_write(fd, data, length / 2);
		kill(getpid(), SIGKILL);
	}
	return __real_write(fd, data, length);
}

int __real_openat64(int dir, const char *path, int flags, ...);
int __wrap_openat64(int dir, const char *path, int flags, ...);
int __wrap_openat64(int dir, const char *path, int flags, ...)
{
	va_list arguments;
	mode_t mode;

	va_start(arguments, flags);
	mode = va_arg(arguments, mode_t);
	va_end(arguments);
	if ((flags & O_CREAT) != 0 && point(NULL)) {
		errno = EROFS;
		return -1;
	}
	return __real_openat64(dir, path, flags, mode);
}

#define WRAP(name, failure, parameters, ...)                                                       \
	int __real_##name parameters;                                                              \
	int __wrap_##name parameters;                                                              \
	int __wrap_##name parameters                                                               \
	{                                                                                          \
		if (!point(NULL))                                                                  \
			return __real_##name(__VA_ARGS__);                                         \
		errno = failure;                                                                   \
		return -1;                                                                         \
	}

WRAP(mkdirat, ENOSPC, (int dir, const char *path, mode_t mode), dir, path, mode)
WRAP(unlinkat, EIO, (int dir, const char *path, int flags), dir, path, flags)
WRAP(renameat, EIO, (int from_dir, const char *from, int to_dir, const char *to), from_dir, from,
     to_dir, to)
WRAP(fsync, EIO, (int fd), fd)
WRAP(fchown, EPERM, (int fd, uid_t uid, gid_t gid), fd, uid, gid)
WRAP(fchmod, EPERM, (int fd, mode_t mode), fd, mode)
WRAP(fsetxattr, ENOTSUP, (int fd, const char *name, const void *value, size_t length, int flags),
     fd, name, value, length, flags)

/* What a file system says of itself; zeros: what it really says. */
static struct {
	guint64 free;
	gboolean read_only;
} partition;

int __real_fstatvfs64(int fd, struct statvfs *room);
int __wrap_fstatvfs64(int fd, struct statvfs *room);
int __wrap_fstatvfs64(int fd, struct statvfs *room)
{
	int result = __real_fstatvfs64(fd, room);

	if (partition.free > 0)
		room->f_bfree = partition.free / room->f_frsize;
	room->f_flag |= partition.read_only ? ST_RDONLY : 0;
	return result;
}

#define VIDEO "0000:01:00.0"
#define BOOT "0000:00:02.0"
#define DEV "sys/devices/pci0000:00/"

static const char machine_text[] =
	"proc/cmdline = root=/dev/sda2 ro quiet systemd.machine_id=0\n"
	"proc/sys/kernel/osrelease = 6.12.0\n"
	"proc/sys/kernel/random/boot_id = one\n"
	"etc/os-release = ID=debian\n"
	"dir var\n"
	"dir etc/modprobe.d\n"
	"dir etc/udev/rules.d\n"
	"dir etc/modules-load.d\n"
	"dir usr/lib/modules/6.12.0\n"
	"boot/vmlinuz-6.12.0 = x\n"
	"boot/initrd.img-6.12.0 = x\n"
	"sys/bus/pci/devices/" BOOT " -> ../../../devices/pci0000:00/" BOOT "\n" DEV BOOT
	"/class = 0x030000\n" DEV BOOT "/vendor = 0x8086\n" DEV BOOT "/device = 0x4680\n" DEV BOOT
	"/subsystem_vendor = 0x1043\n" DEV BOOT "/subsystem_device = 0x8694\n" DEV BOOT
	"/boot_vga = 1\n" DEV BOOT "/drm/card0/dev = 226:0\n" DEV BOOT
	"/driver -> ../../../bus/pci/drivers/i915\n" DEV BOOT
	"/iommu_group -> ../../../kernel/iommu_groups/1\n"
	"sys/kernel/iommu_groups/1/devices/" BOOT " -> ../../../../devices/pci0000:00/" BOOT
	"\n"
	"sys/bus/pci/devices/" VIDEO " -> ../../../devices/pci0000:00/" VIDEO "\n" DEV VIDEO
	"/class = 0x030000\n" DEV VIDEO "/vendor = 0x10de\n" DEV VIDEO
	"/device = 0x1b80\n" DEV VIDEO "/subsystem_vendor = 0x1043\n" DEV VIDEO
	"/subsystem_device = 0x8592\n" DEV VIDEO "/boot_vga = 0\n" DEV VIDEO
	"/driver -> ../../../bus/pci/drivers/nouveau\n" DEV VIDEO
	"/iommu_group -> ../../../kernel/iommu_groups/2\n"
	"sys/kernel/iommu_groups/2/devices/" VIDEO " -> ../../../../devices/pci0000:00/" VIDEO "\n";

/* another card of the same kind */
#define TWIN                                                                                       \
	"sys/bus/pci/devices/0000:02:00.0 -> ../../../devices/pci0000:00/0000:02:00.0\n" DEV       \
	"0000:02:00.0/class = 0x030000\n" DEV "0000:02:00.0/vendor = 0x10de\n" DEV                 \
	"0000:02:00.0/device = 0x1b80\n" DEV "0000:02:00.0/subsystem_vendor = 0x1043\n" DEV        \
	"0000:02:00.0/subsystem_device = 0x8592\n"

#define GRUB                                                                                       \
	"boot/grub/grub.cfg = x\n"                                                                 \
	"usr/sbin/update-grub = x\n"                                                               \
	"usr/sbin/grub-mkconfig = x\n"                                                             \
	"dir etc/grub.d\n"                                                                         \
	"dir etc/default/grub.d\n"                                                                 \
	"etc/default/grub = GRUB_CMDLINE_LINUX_DEFAULT=\"quiet\"\\nGRUB_CMDLINE_LINUX=\"\"\\n\n"
#define SYSTEMD                                                                                    \
	"boot/efi/loader/loader.conf = timeout 3\n"                                                \
	"usr/bin/kernel-install = x\n"                                                             \
	"etc/kernel/postinst.d/zz-systemd-boot = x\n"                                              \
	"dir boot/efi/loader/entries\n"
#define TOOLS                                                                                      \
	"usr/sbin/mkinitramfs = x\nusr/sbin/update-initramfs = x\n"                                \
	"etc/initramfs-tools/modules = # my modules\\nvirtio_blk\n"
#define DRACUT "usr/bin/dracut = x\n"

static const struct layout {
	const char *name, *text;
} layouts[] = {
	{ "GRUB, initramfs-tools", GRUB TOOLS },
	{ "GRUB, dracut", GRUB DRACUT },
	{ "systemd-boot, initramfs-tools",
	  SYSTEMD TOOLS "etc/kernel/cmdline = root=/dev/sda2 ro\n" },
	{ "systemd-boot, dracut", SYSTEMD DRACUT "etc/kernel/cmdline = root=/dev/sda2 ro\n" },
	/* compositors of every sort, a folder to be made, and a hook that is missing */
	{ "GRUB, desktop",
	  GRUB TOOLS "usr/bin/kwin_wayland = x\nusr/bin/sway = x\nusr/lib/xorg/Xorg = x\n"
		     "usr/sbin/libvirtd = x\nusr/bin/systemctl = x\nusr/bin/udevadm = x\n"
		     "dir etc/libvirt\nrun/libvirtd.pid = 7\n" },
};

#define IMAGE "boot/initrd.img-6.12.0"
#define IMAGE_END "the end"
#define ENTRIES "boot/efi/loader/entries"
#define ENTRY ENTRIES "/id-6.12.0.conf"
#define FORMER_ENTRY ENTRIES "/hotseat-former-id-6.12.0.conf"

struct fixture {
	const struct layout *layout;
	struct manifest *manifest;
	struct setup_host host;
	struct setup *plan;
	char *first;
	const char *failing; /* a program that fails */
	const char *idle;    /* one that does nothing, and says that all is well */
	GString *log;        /* the programs that ran */
};

/* append_tree - the texts of the files in a folder of sources, for a product */
static void append_sources(struct fixture *f, const char *const *paths, GString *product)
{
	for (guint i = 0; paths[i] != NULL; i++) {
		g_auto(GStrv) names = root_list(f->manifest->root, NULL, "%s", paths[i]);
		g_autofree char *text = root_read(f->manifest->root, NULL, "%s", paths[i]);

		g_string_append_printf(product, "%s:%s\n", paths[i], text == NULL ? "" : text);
		for (guint j = 0; names != NULL && names[j] != NULL; j++) {
			g_autofree char *below =
				root_read(f->manifest->root, NULL, "%s/%s", paths[i], names[j]);

			/* as the real programs skip them */
			if (names[j][0] != '.')
				g_string_append_printf(product, "%s:%s\n", names[j], below);
		}
	}
}

static void make_product(struct fixture *f, const char *path, const char *const *sources)
{
	g_autofree char *full = g_build_filename(f->manifest->folder, path, NULL);
	g_autoptr(GString) product = g_string_new(NULL);

	append_sources(f, sources, product);
	g_string_append(product, IMAGE_END);
	g_assert_true(g_file_set_contents(full, product->str, -1, NULL));
}

/* run_dracut - it writes right into the file that it is given, so that half of it may be there */
static void run_dracut(struct fixture *f, const char *path, const char *const *sources,
		       gboolean tear)
{
	g_autofree char *full = g_build_filename(f->manifest->folder, path, NULL);

	make_product(f, path, sources);
	if (tear)
		g_assert_cmpint(truncate(full, 10), ==, 0);
}

/* run_program - @output: what it was told to write, if it was */
static void run_program(struct fixture *f, const char *program, const char *output, gboolean tear)
{
	static const char *const initramfs[] = { "etc/initramfs-tools/modules", "etc/modprobe.d",
						 "etc/dracut.conf.d", NULL };
	static const char *const grub[] = { "etc/default/grub", "etc/default/grub.d", "etc/grub.d",
					    NULL };
	static const char *const cmdline[] = { "etc/kernel/cmdline", NULL };

	if (g_str_equal(program, "update-initramfs"))
		make_product(f, IMAGE, initramfs);
	if (g_str_equal(program, "dracut"))
		run_dracut(f, output, initramfs, tear);
	if (g_str_equal(program, "update-grub"))
		make_product(f, "boot/grub/grub.cfg", grub);
	if (g_str_equal(program, "kernel-install")) {
		make_product(f, ENTRY, cmdline);
		if (root_exists(f->manifest->root,
				"etc/kernel/install.d/95-hotseat-former.install"))
			make_product(f, FORMER_ENTRY, cmdline);
	}
}

static gboolean model_run(struct setup_host *host, char **argv, GError **error)
{
	struct fixture *f = host->data;
	g_autofree char *name = g_path_get_basename(argv[0]);
	gboolean tear = FALSE;

	if (point(&tear) || g_strcmp0(name, f->failing) == 0) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_FAILED, "%s failed", name);
		return FALSE;
	}
	g_string_append_printf(f->log, "%s ", name);
	if (g_strcmp0(name, f->idle) == 0)
		return TRUE;
	run_program(f, name, argv[1] == NULL ? NULL : argv[2], tear);
	if (tear)
		kill(getpid(), SIGKILL);
	return TRUE;
}

static GString *drawing;
static gsize drawing_prefix;

static int draw(const char *path, const struct stat *info, int type, struct FTW *ftw)
{
	g_autofree char *text = NULL;
	char value[64] = "";

	g_string_append_printf(drawing, "%s %o", path + drawing_prefix, info->st_mode);
	if (S_ISREG(info->st_mode)) {
		g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
		(void)getxattr(path, "user.test", value, sizeof(value) - 1);
		g_string_append_printf(drawing, " %u:%u [%s] %s", info->st_uid, info->st_gid, value,
				       text);
	}
	g_string_append_c(drawing, '\n');
	return 0;
}

static int compare_lines(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* picture - every path with mode, owner, attribute and content */
static char *picture(const struct fixture *f)
{
	char *lines;
	g_auto(GStrv) split = NULL;

	drawing = g_string_new(NULL);
	drawing_prefix = strlen(f->manifest->folder);
	g_assert_cmpint(nftw(f->manifest->folder, draw, 16, FTW_PHYS), ==, 0);
	split = g_strsplit(drawing->str, "\n/", -1);
	qsort(split, g_strv_length(split), sizeof(char *), compare_lines);
	lines = g_strjoinv("\n/", split);
	g_string_free(drawing, TRUE);
	return lines;
}

/* plan - @gpus: addresses with commas between; NULL: none */
static struct setup *plan(struct fixture *f, const char *gpus, const char *keep_free,
			  GError **error)
{
	g_auto(GStrv) cards = g_strsplit(gpus == NULL ? "" : gpus, ",", -1);
	const struct setup_wish wish = { .gpus = (const char *const *)cards,
					 .keep_free = keep_free };
	autoptr(machine) machine = machine_open(f->manifest->folder, MACHINE_JUDGED, NULL);
	autoptr(ledger) ledger = ledger_read(f->manifest->root, NULL);
	g_autoptr(GPtrArray) findings = rules_judge_host(machine);

	return setup_plan(machine, findings, ledger, &wish, error);
}

static void set_up(struct fixture *f, const struct layout *layout)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *modules = NULL;

	memset(f, 0, sizeof(*f));
	f->layout = layout;
	f->log = g_string_new(NULL);
	f->manifest = manifest_build(machine_text);
	manifest_add(f->manifest, layout->text);
	f->host.root = root_open(f->manifest->folder, NULL);
	f->host.run = model_run;
	f->host.data = f;
	modules = g_build_filename(f->manifest->folder, "etc/initramfs-tools/modules", NULL);
	if (g_file_test(modules, G_FILE_TEST_EXISTS)) {
		g_assert_cmpint(chmod(modules, 0640), ==, 0);
		/* tmpfs has these attributes since Linux 6.6; elsewhere this proves nothing more */
		(void)setxattr(modules, "user.test", "mine", 4, 0);
	}
	run_program(f, "update-initramfs", NULL, FALSE);
	if (root_exists(f->host.root, "usr/sbin/update-grub"))
		run_program(f, "update-grub", NULL, FALSE);
	else
		run_program(f, "kernel-install", NULL, FALSE);
	f->first = picture(f);
	f->plan = plan(f, VIDEO, strstr(layout->name, "desktop") ? VIDEO : NULL, &error);
	g_assert_no_error(error);
	g_assert_true(setup_changes(f->plan));
}

static void tear_down(struct fixture *f)
{
	setup_free(f->plan);
	root_free(f->host.root);
	manifest_free(f->manifest);
	g_string_free(f->log, TRUE);
	g_free(f->first);
}

/* The folders above the ledger's may have been made, and are anybody's: not compared. */
static void assert_first(const struct fixture *f)
{
	g_autofree char *now = NULL;

	g_assert_false(root_exists(f->host.root, "var/lib/hotseat/setup/ledger"));
	manifest_remove(f->manifest, "var");
	manifest_add(f->manifest, "dir var\n");
	now = picture(f);

	g_assert_cmpstr(now, ==, f->first);
}

/* What is left of a killed setup is nothing, or undo takes it. */
static void assert_undoes(struct fixture *f)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) left = NULL;

	if (setup_undo(&f->host, &left, &error))
		g_assert_cmpuint(left->len, ==, 0);
	else if (!hotseat_error_is(error, HOTSEAT_ERROR_ABSENT))
		g_assert_no_error(error);
	assert_first(f);
}

static void arm(enum event event, guint at)
{
	points.event = event;
	points.at = at;
	points.met = 0;
	points.off = FALSE;
}

enum way {
	APPLY,
	UNDO,
};

/* go - in a child, with @event at point @at; TRUE if the child was killed there */
static gboolean go(struct fixture *f, enum way way, enum event event, guint at)
{
	pid_t child = fork();
	int status = 0;

	g_assert_cmpint(child, >=, 0);
	if (child == 0) {
		g_autoptr(GPtrArray) left = NULL;

		arm(event, at);
		_exit((way == APPLY ? setup_apply(&f->host, f->plan, NULL)
				    : setup_undo(&f->host, &left, NULL))
			      ? 0
			      : 1);
	}
	g_assert_cmpint(waitpid(child, &status, 0), ==, child);
	if (WIFSIGNALED(status)) {
		g_assert_cmpint(WTERMSIG(status), ==, SIGKILL);
		return TRUE;
	}
	return FALSE;
}

static const enum event killers[] = { KILL, TEAR };

static gboolean kernel_gets(const struct fixture *f, const char *word)
{
	g_autofree char *grub = root_read(f->host.root, NULL, "boot/grub/grub.cfg");
	g_autofree char *entry = root_read(f->host.root, NULL, ENTRY);

	return strstr(grub == NULL ? entry : grub, word) != NULL;
}

/* Each layout there and back; the product has what it should, and the images come before it. */
static void test_there_and_back(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(layouts); i++) {
		g_autoptr(GError) error = NULL;
		g_autofree char *image = NULL;
		g_autofree char *softdeps = NULL;
		autoptr(setup) again = NULL;
		struct fixture f;

		g_test_message("%s", layouts[i].name);
		set_up(&f, &layouts[i]);
		g_assert_true(setup_apply(&f.host, f.plan, &error));
		g_assert_no_error(error);
		g_assert_true(kernel_gets(&f, "vfio-pci.ids=10de:1b80"));
		image = root_read(f.host.root, NULL, IMAGE);
		g_assert_nonnull(strstr(image, "vfio"));
		softdeps = root_read(f.host.root, NULL, "etc/modprobe.d/hotseat.conf");
		g_assert_nonnull(strstr(softdeps, "softdep nouveau pre: vfio-pci"));
		g_assert_true(strstr(f.log->str, "update-grub") == NULL ||
			      strstr(f.log->str, "update-grub") >
				      MAX(strstr(f.log->str, "dracut"),
					  strstr(f.log->str, "update-initramfs")));
		/* and once more there is nothing to do */
		again = plan(&f, VIDEO, NULL, &error);
		g_assert_no_error(error);
		g_assert_false(setup_changes(again));
		assert_undoes(&f);
		tear_down(&f);
	}
}

/**
 * each_point - one round after the other, in each layout and with each event
 * @round: does what it likes with the event at this point; FALSE if there was no such point
 */
static void each_point(gboolean (*round)(struct fixture *f, enum event event, guint at),
		       const enum event *events, gsize n_events, guint least)
{
	guint tried = 0;

	for (gsize i = 0; i < G_N_ELEMENTS(layouts) * n_events; i++) {
		struct fixture f;

		set_up(&f, &layouts[i / n_events]);
		for (guint at = 1; round(&f, events[i % n_events], at); at++, tried++)
			;
		tear_down(&f);
	}
	g_test_message("%u points", tried);
	g_assert_cmpuint(tried, >, least);
}

/* Whatever was killed, there is a whole image to boot from, and an entry as it was before. */
static void assert_boots(const struct fixture *f)
{
	g_autofree char *image = root_read(f->host.root, NULL, IMAGE);

	g_assert_nonnull(strstr(image, IMAGE_END));
	if (root_exists(f->host.root, ENTRIES))
		g_assert_true(root_exists(f->host.root, FORMER_ENTRY) ||
			      !kernel_gets(f, "vfio-pci.ids"));
}

static gboolean round_apply_killed(struct fixture *f, enum event event, guint at)
{
	gboolean killed = go(f, APPLY, event, at);

	assert_boots(f);
	g_assert_true(killed || kernel_gets(f, "vfio-pci.ids"));
	assert_undoes(f);
	return killed;
}

static void test_apply_killed(void)
{
	each_point(round_apply_killed, killers, G_N_ELEMENTS(killers), 300);
}

/* A setup that was killed is finished by another, and that is taken back. */
static gboolean round_apply_again(struct fixture *f, enum event event, guint at)
{
	gboolean killed = go(f, APPLY, event, at);
	g_autoptr(GError) error = NULL;
	autoptr(setup) again = plan(f, VIDEO, NULL, &error);

	g_assert_no_error(error);
	g_assert_true(!setup_changes(again) || setup_apply(&f->host, again, &error));
	g_assert_no_error(error);
	g_assert_true(kernel_gets(f, "vfio-pci.ids=10de:1b80"));
	assert_undoes(f);
	return killed;
}

static void test_apply_killed_then_applied(void)
{
	each_point(round_apply_again, killers, 1, 150);
}

static gboolean round_undo_killed(struct fixture *f, enum event event, guint at)
{
	gboolean killed;

	g_assert_true(setup_apply(&f->host, f->plan, NULL));
	killed = go(f, UNDO, event, at);
	assert_boots(f);
	assert_undoes(f);
	return killed;
}

static void test_undo_killed(void)
{
	each_point(round_undo_killed, killers, G_N_ELEMENTS(killers), 300);
}

static gboolean round_apply_refused(struct fixture *f, enum event event, guint at)
{
	g_autoptr(GError) error = NULL;
	gboolean done;

	arm(event, at);
	done = setup_apply(&f->host, f->plan, &error);
	points.off = TRUE;
	g_assert_true(done == (error == NULL));
	/* whatever says "as before" has to be true at once */
	if (error != NULL && error->code != HOTSEAT_ERROR_NOT_BACK)
		assert_first(f);
	assert_undoes(f);
	return points.met >= at;
}

static void test_apply_refused(void)
{
	static const enum event failures[] = { FAIL, FAILS };

	each_point(round_apply_refused, failures, G_N_ELEMENTS(failures), 300);
}

static gboolean round_undo_refused(struct fixture *f, enum event event, guint at)
{
	g_autoptr(GPtrArray) left = NULL;
	g_autoptr(GError) error = NULL;

	g_assert_true(setup_apply(&f->host, f->plan, NULL));
	arm(event, at);
	if (!setup_undo(&f->host, &left, &error))
		g_assert_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_NOT_BACK);
	points.off = TRUE;
	assert_undoes(f);
	return points.met >= at;
}

static void test_undo_refused(void)
{
	static const enum event failure = FAIL;

	each_point(round_undo_refused, &failure, 1, 150);
}

static void test_program_fails(void)
{
	static const char *const programs[] = { "update-grub", "update-initramfs" };

	for (gsize i = 0; i < G_N_ELEMENTS(programs); i++) {
		g_autoptr(GError) error = NULL;
		struct fixture f;

		set_up(&f, &layouts[0]);
		f.failing = programs[i];
		g_assert_false(setup_apply(&f.host, f.plan, &error));
		/* the product that fails cannot be made at undo either */
		g_assert_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_NOT_BACK);
		g_assert_nonnull(strstr(error->message, programs[i]));
		f.failing = NULL;
		assert_undoes(&f);
		tear_down(&f);
	}
}

/* A program that says that all is well has to have made something. */
static void test_nothing_made(void)
{
	static const struct {
		int layout;
		const char *idle;
	} cases[] = { { 0, "update-grub" }, { 0, "update-initramfs" }, { 1, "dracut" } };

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		struct fixture f;

		set_up(&f, &layouts[cases[i].layout]);
		f.idle = cases[i].idle;
		g_assert_false(setup_apply(&f.host, f.plan, &error));
		g_assert_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_NOT_BACK);
		g_assert_nonnull(strstr(error->message, cases[i].idle));
		g_assert_nonnull(strstr(error->message, "has not made /boot/"));
		f.idle = NULL;
		assert_undoes(&f);
		tear_down(&f);
	}
}

/* kernel-install that keeps no entries (layout=uki) would leave no way around a dark screen. */
static void test_no_former_entry(void)
{
	g_autoptr(GError) error = NULL;
	struct fixture f;

	set_up(&f, &layouts[2]);
	f.idle = "kernel-install";
	g_assert_false(setup_apply(&f.host, f.plan, &error));
	g_assert_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_FAILED);
	g_assert_nonnull(strstr(error->message, "layout=bls"));
	assert_first(&f);
	tear_down(&f);
}

#define NOT_MOUNTED(point)                                                                         \
	"etc/fstab = # a comment /boot\\n/dev/sda1 " point                                         \
	" vfat umask=0077 0 1\\n\n"                                                                \
	"proc/self/mounts = /dev/sda2 / ext4 rw 0 0\\n\n"

/* What would stop the programs half-way is said before anything is touched. */
static void test_not_ready(void)
{
	static const struct {
		int layout;
		const char *add, *remove;
		guint64 free;
		gboolean read_only;
		const char *said;
	} cases[] = {
		{ 0, NOT_MOUNTED("/boot"), NULL, 0, FALSE, "sudo mount /boot" },
		{ 1, NOT_MOUNTED("/boot"), NULL, 0, FALSE, "sudo mount /boot" },
		{ 2, NOT_MOUNTED("/boot/efi"), ENTRIES, 0, FALSE, "sudo mount /boot/efi" },
		{ 2, "", ENTRIES, 0, FALSE, "EFI system partition" },
		{ 0, "", NULL, 0, TRUE, "/boot can only be read" },
		{ 2, "", NULL, 0, TRUE, "can only be read" },
		{ 0, "", NULL, 1 << 20, FALSE, "/boot has 1 MiB left" },
		{ 2, "", NULL, 5 << 20, FALSE, NULL },
		/* the kernel's first entry takes it and its image along */
		{ 2, "boot/vmlinuz-6.11.0 = x\ndir usr/lib/modules/6.11.0\n", NULL, 5 << 20, FALSE,
		  "/" ENTRIES " has 5 MiB left" },
		/* as the firmware's own partition may stay away where GRUB is on it */
		{ 0, NOT_MOUNTED("/boot/efi"), NULL, 0, FALSE, NULL },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		struct fixture f;

		set_up(&f, &layouts[cases[i].layout]);
		manifest_add(f.manifest, cases[i].add);
		if (cases[i].remove != NULL)
			manifest_remove(f.manifest, cases[i].remove);
		g_free(f.first);
		f.first = picture(&f);
		partition.free = cases[i].free;
		partition.read_only = cases[i].read_only;
		g_assert_true(setup_apply(&f.host, f.plan, &error) == (cases[i].said == NULL));
		memset(&partition, 0, sizeof(partition));
		if (cases[i].said != NULL) {
			g_assert_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED);
			if (strstr(error->message, cases[i].said) == NULL)
				g_error("\"%s\" is not in: %s", cases[i].said, error->message);
			assert_first(&f);
		}
		tear_down(&f);
	}
}

/* Undo says so too, and touches nothing; but it needs no more room, nor a loader that is gone. */
static void test_undo_not_ready(void)
{
	static const struct {
		int layout;
		const char *add, *remove;
		guint64 free;
		gboolean read_only;
		const char *said;
	} cases[] = {
		{ 2, NOT_MOUNTED("/boot/efi"), ENTRIES, 0, FALSE, "sudo mount /boot/efi" },
		{ 0, "", NULL, 0, TRUE, "/boot can only be read" },
		{ 0, "", NULL, 4096, FALSE, NULL },
		{ 2, "", ENTRIES, 0, FALSE, NULL },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GPtrArray) left = NULL;
		g_autoptr(GError) error = NULL;
		g_autofree char *before = NULL;
		g_autofree char *after = NULL;
		struct fixture f;

		set_up(&f, &layouts[cases[i].layout]);
		g_assert_true(setup_apply(&f.host, f.plan, NULL));
		manifest_add(f.manifest, cases[i].add);
		if (cases[i].remove != NULL)
			manifest_remove(f.manifest, cases[i].remove);
		/* the model makes it anew, as nobody would whose loader is another */
		f.idle = cases[i].remove == NULL ? NULL : "kernel-install";
		before = picture(&f);
		partition.free = cases[i].free;
		partition.read_only = cases[i].read_only;
		g_assert_true(setup_undo(&f.host, &left, &error) == (cases[i].said == NULL));
		memset(&partition, 0, sizeof(partition));
		after = picture(&f);
		if (cases[i].said != NULL) {
			g_assert_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_NOT_BACK);
			g_assert_nonnull(strstr(error->message, cases[i].said));
			g_assert_cmpstr(before, ==, after);
		}
		tear_down(&f);
	}
}

/* Entries are known by their kernel's whole version, with boot counting too. */
static void test_entries(void)
{
	struct manifest *m = manifest_build(
		"efi/loader/entries/id-6.12+deb13+3-1.conf = x\n"
		"efi/loader/entries/id-6.12-rt.conf = x\n"
		"efi/loader/entries/hotseat-former-id-6.1.conf = x\n");
	static const struct {
		const char *version, *entry;
		gboolean former;
	} cases[] = {
		{ "6.12+deb13", "efi/loader/entries/id-6.12+deb13+3-1.conf", FALSE },
		{ "6.12", NULL, FALSE },
		{ "6.12-rt", "efi/loader/entries/id-6.12-rt.conf", FALSE },
		{ "6.1", NULL, FALSE },
		{ "6.1", "efi/loader/entries/hotseat-former-id-6.1.conf", TRUE },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *entry = product_entry(m->root, cases[i].version, cases[i].former);

		g_assert_cmpstr(entry, ==, cases[i].entry);
	}
	manifest_free(m);
}

/* What was edited since is left, named, and comes back when the user has put it right. */
static void test_edited(void)
{
	g_autoptr(GPtrArray) left = NULL;
	g_autoptr(GPtrArray) none = NULL;
	g_autoptr(GError) error = NULL;
	g_autofree char *text = NULL;
	g_autofree char *path = NULL;
	g_autofree char *saved = NULL;
	g_autofree char *copy = NULL;
	const struct setup_left *file;
	autoptr(setup) again = NULL;
	struct fixture f;

	set_up(&f, &layouts[0]);
	path = g_build_filename(f.manifest->folder, "etc/initramfs-tools/modules", NULL);
	g_assert_true(setup_apply(&f.host, f.plan, &error));
	manifest_add(f.manifest, "etc/initramfs-tools/modules = edited by hand\\n\n");
	/* a second setup would lose either the edit or the way back */
	again = plan(&f, VIDEO, NULL, &error);
	g_assert_no_error(error);
	g_assert_true(setup_changes(again));
	g_assert_false(setup_apply(&f.host, again, &error));
	g_assert_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED);
	g_clear_error(&error);

	g_assert_true(setup_undo(&f.host, &left, &error));
	g_assert_cmpuint(left->len, ==, 1);
	file = g_ptr_array_index(left, 0);
	g_assert_cmpstr(file->path, ==, "etc/initramfs-tools/modules");
	text = root_read(f.host.root, NULL, "etc/initramfs-tools/modules");
	g_assert_cmpstr(text, ==, "edited by hand");
	g_assert_false(root_exists(f.host.root, "etc/default/grub.d/zz-hotseat.cfg"));

	saved = g_build_filename(f.manifest->folder, file->copy, NULL);
	g_assert_true(g_file_get_contents(saved, &copy, NULL, NULL));
	g_assert_cmpstr(copy, ==, "# my modules\nvirtio_blk\n");
	g_assert_true(g_file_set_contents(path, copy, -1, NULL));
	g_assert_cmpint(chmod(path, 0640), ==, 0);
	(void)setxattr(path, "user.test", "mine", 4, 0);
	g_assert_true(setup_undo(&f.host, &none, &error));
	g_assert_no_error(error);
	g_assert_cmpuint(none->len, ==, 0);
	assert_first(&f);
	tear_down(&f);
}

/* A second setup adds to the first, and there is still one way back, to the machine before both. */
static void test_added(void)
{
	g_autoptr(GError) error = NULL;
	autoptr(setup) second = NULL;
	struct fixture f;

	set_up(&f, &layouts[4]);
	setup_free(f.plan);
	f.plan = plan(&f, VIDEO, NULL, &error);
	g_assert_true(setup_apply(&f.host, f.plan, &error));
	second = plan(&f, NULL, VIDEO, &error);
	g_assert_no_error(error);
	g_assert_true(setup_changes(second));
	g_assert_true(setup_apply(&f.host, second, &error));
	g_assert_no_error(error);
	g_assert_true(root_exists(f.host.root, "etc/environment.d/90-hotseat.conf"));
	g_assert_true(kernel_gets(&f, "vfio-pci.ids=10de:1b80"));
	assert_undoes(&f);
	tear_down(&f);
}

/* Cases that are refused, or end in commands: what is added to the tree, and what is said. */
static void test_refusals(void)
{
	static const struct {
		const char *add, *gpu, *said;
	} cases[] = {
		{ "", BOOT, "boots on" },
		{ "", "0000:09:00.0", "0000:09:00.0" },
		{ "-" DEV VIDEO "/iommu_group", VIDEO, "IOMMU is off" },
		{ TWIN, VIDEO, "same kind" },
		{ "etc/modprobe.d/hotseat.conf -> elsewhere.conf\n"
		  "etc/modprobe.d/elsewhere.conf = mine\n",
		  VIDEO, "symbolic link" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		struct fixture f;

		set_up(&f, &layouts[0]);
		if (cases[i].add[0] == '-')
			manifest_remove(f.manifest, cases[i].add + 1);
		else
			manifest_add(f.manifest, cases[i].add);
		g_assert_null(plan(&f, cases[i].gpu, NULL, &error));
		g_assert_nonnull(strstr(error->message, cases[i].said));
		tear_down(&f);
	}
}

/* What tells nobody apart is enough where both are meant. */
static void test_twins(void)
{
	g_autoptr(GError) error = NULL;
	autoptr(setup) made = NULL;
	struct fixture f;

	set_up(&f, &layouts[0]);
	manifest_add(f.manifest,
		     TWIN DEV "0000:02:00.0/iommu_group -> ../../../kernel/iommu_groups/3\n");
	made = plan(&f, VIDEO ",0000:02:00.0", NULL, &error);
	g_assert_no_error(error);
	g_assert_true(ledger_has(made->arguments, "vfio-pci.ids=10de:1b80"));
	tear_down(&f);
}

/* Subsystem and class tell cards apart that have the same device id. */
static void test_ids(void)
{
	static const struct {
		const char *subsystem, *class, *ids;
	} cases[] = {
		{ "0x1111", "0x030000", "vfio-pci.ids=10de:1b80:1043:8592" },
		{ "0x8592", "0x030200", "vfio-pci.ids=10de:1b80:1043:8592:030000:ffff00" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *text = g_strdup_printf(
			"sys/bus/pci/devices/0000:02:00.0 -> "
			"../../../devices/pci0000:00/0000:02:00.0\n" DEV
			"0000:02:00.0/class = %s\n" DEV "0000:02:00.0/vendor = 0x10de\n" DEV
			"0000:02:00.0/device = 0x1b80\n" DEV
			"0000:02:00.0/subsystem_vendor = 0x1043\n" DEV
			"0000:02:00.0/subsystem_device = %s\n",
			cases[i].class, cases[i].subsystem);
		g_autoptr(GError) error = NULL;
		autoptr(setup) made = NULL;
		struct fixture f;

		set_up(&f, &layouts[0]);
		manifest_add(f.manifest, text);
		made = plan(&f, VIDEO, NULL, &error);
		g_assert_no_error(error);
		g_assert_cmpstr(g_ptr_array_index(made->arguments, 0), ==, cases[i].ids);
		tear_down(&f);
	}
}

/* Ids that the user gave before stay: a later vfio-pci.ids= would override them. */
static void test_users_ids(void)
{
	autoptr(setup) made = NULL;
	struct fixture f;

	set_up(&f, &layouts[0]);
	manifest_add(f.manifest,
		     "etc/default/grub = GRUB_CMDLINE_LINUX='ro "
		     "vfio_pci.ids=8086:1234,10de:1b80' # mine\\n\n");
	made = plan(&f, VIDEO, NULL, NULL);
	g_assert_cmpstr(g_ptr_array_index(made->arguments, 0), ==,
			"vfio-pci.ids=8086:1234,10de:1b80");
	tear_down(&f);
}

/* Loaders and generators that this program was not tried at: commands, and no file of them. */
static void test_by_hand(void)
{
	static const struct {
		const char *text, *said;
	} cases[] = {
		{ "proc/cmdline = BOOT_IMAGE=/vmlinuz ro\nusr/bin/grub-mkconfig = x\n"
		  "usr/bin/mkinitcpio = x\n",
		  "grub-mkconfig -o" },
		{ "run/ostree-booted =\nusr/bin/dracut = x\n",
		  "kargs --append-if-missing=rd.driver.pre=vfio-pci\n"
		  "sudo rpm-ostree kargs --append-if-missing=vfio-pci.ids=10de:1b80" },
		{ "etc/NIXOS =\n", "boot.kernelParams" },
		/* undo could not take back what kernel-install then reads in /proc/cmdline */
		{ SYSTEMD "usr/bin/booster = x\n", "echo 'root=/dev/sda2 ro quiet' | sudo tee" },
		{ "etc/kernelstub/configuration = {}\n", "kernelstub -a" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct fixture f = { .manifest = manifest_build(machine_text) };
		autoptr(setup) made = NULL;
		g_autofree char *all = NULL;

		manifest_add(f.manifest, cases[i].text);
		made = plan(&f, VIDEO, NULL, NULL);
		g_assert_nonnull(made);
		g_ptr_array_add(made->by_hand, NULL);
		all = g_strjoinv("\n", (char **)made->by_hand->pdata);
		g_assert_nonnull(strstr(all, cases[i].said));
		g_assert_nonnull(strstr(all, "ot tried"));
		g_assert_cmpuint(made->arguments->len, ==, 0);
		/* there /etc is not kept by hand */
		g_assert_true(i != 2 || made->files->len == 0);
		for (guint j = 0; j < made->files->len; j++) {
			const struct setup_file *file = g_ptr_array_index(made->files, j);

			g_assert_null(strstr(file->path, "grub"));
			g_assert_null(strstr(file->path, "kernel"));
		}
		manifest_free(f.manifest);
	}
}

/*
 * What compositors are told: the kept card by its address, the others by what they are. A list
 * without the desktop's own card would leave it dark, so where the two look alike there is none.
 */
static void test_compositors(void)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *rules = NULL;
	g_autofree char *lists = NULL;
	g_autofree char *profile = NULL;
	g_autofree char *xorg = NULL;
	autoptr(setup) other = NULL;
	struct fixture f;

	set_up(&f, &layouts[4]);
	g_assert_true(setup_apply(&f.host, f.plan, NULL));
	rules = root_read(f.host.root, NULL, "etc/udev/rules.d/61-hotseat.rules");
	g_assert_nonnull(strstr(rules, "KERNELS==\"" VIDEO "\", ATTRS{vendor}==\"0x10de\", "
				       "ATTRS{device}==\"0x1b80\", "));
	g_assert_nonnull(
		strstr(rules, "ATTRS{class}==\"0x030000\", TAG+=\"mutter-device-ignore\""));
	g_assert_nonnull(strstr(rules, "ATTRS{vendor}==\"0x8086\", ATTRS{device}==\"0x4680\", "));
	g_assert_nonnull(strstr(rules, "SYMLINK+=\"dri/hotseat-host0\""));
	lists = root_read(f.host.root, NULL, "etc/environment.d/90-hotseat.conf");
	g_assert_nonnull(strstr(lists, "KWIN_DRM_DEVICES=/dev/dri/hotseat-host0\n"));
	g_assert_nonnull(strstr(lists, "WLR_DRM_DEVICES=/dev/dri/hotseat-host0"));
	g_assert_null(strstr(lists, "AQ_DRM_DEVICES"));
	profile = root_read(f.host.root, NULL, "etc/profile.d/hotseat.sh");
	g_assert_nonnull(strstr(profile, "export KWIN_DRM_DEVICES="));
	g_assert_nonnull(strstr(profile, "export WLR_DRM_DEVICES="));
	xorg = root_read(f.host.root, NULL, "etc/X11/xorg.conf.d/90-hotseat.conf");
	g_assert_nonnull(strstr(xorg, "\"AutoAddGPU\" \"off\""));
	assert_undoes(&f);
	manifest_add(f.manifest, TWIN DEV
		     "0000:02:00.0/driver -> "
		     "../../../bus/pci/drivers/nouveau\n");
	g_assert_null(plan(&f, NULL, VIDEO, &error));
	g_assert_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED);
	/* the class is enough to tell them apart */
	manifest_add(f.manifest, DEV "0000:02:00.0/class = 0x030200\n");
	other = plan(&f, NULL, VIDEO, NULL);
	g_assert_nonnull(other);
	tear_down(&f);
}

static void test_hugepages(void)
{
	static const struct {
		const char *asked, *flags, *first, *second;
	} cases[] = {
		{ "4G", "pdpe1gb lm", "hugepagesz=1G", "hugepages=4" },
		{ "4G", "lm", "hugepagesz=2M", "hugepages=2048" },
		{ "5001M", "pdpe1gb lm", "hugepagesz=2M", "hugepages=2501" },
		{ "13G", "pdpe1gb lm", NULL, "three quarters" },
		{ "much", "lm", NULL, "much" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		const struct setup_wish wish = { .hugepages = cases[i].asked };
		g_autofree char *text = g_strdup_printf(
			"proc/cpuinfo = flags\\t: vmx %s\n"
			"proc/meminfo = MemTotal: 16777216 kB\\n"
			"MemAvailable: 1 kB\n",
			cases[i].flags);
		struct fixture f = { .manifest = manifest_build(machine_text) };
		autoptr(machine) machine = NULL;
		autoptr(setup) made = NULL;
		g_autoptr(GPtrArray) none = findings_new();
		g_autoptr(GError) error = NULL;

		manifest_add(f.manifest, layouts[0].text);
		manifest_add(f.manifest, text);
		machine = machine_open(f.manifest->folder, MACHINE_JUDGED, NULL);
		made = setup_plan(machine, none, NULL, &wish, &error);
		g_assert_true((made == NULL) == (cases[i].first == NULL));
		if (made == NULL) {
			g_assert_nonnull(strstr(error->message, cases[i].second));
		} else {
			/* the kernel counts pages of the size that stands before */
			g_assert_cmpstr(g_ptr_array_index(made->arguments, 0), ==, cases[i].first);
			g_assert_cmpstr(g_ptr_array_index(made->arguments, 1), ==, cases[i].second);
		}
		manifest_free(f.manifest);
	}
}

/* Somebody else's pages are not added to; ours may be changed. */
static void test_hugepages_given(void)
{
	static const struct {
		const char *given, *ours, *asked;
		gboolean refused;
	} cases[] = {
		{ "hugepages=8", NULL, "4G", TRUE },
		{ "hugepages=8", "vfio-pci.ids=10de:1b80", "4G", TRUE },
		{ "hugepages=8", "hugepages=8", "4G", FALSE },
		{ "hugepagesz=2M hugepages=2048", NULL, "4G", FALSE },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		const struct setup_wish wish = { .hugepages = cases[i].asked };
		g_autofree char *line =
			g_strdup_printf("etc/kernel/cmdline = ro %s\n", cases[i].given);
		struct fixture f = { .manifest = manifest_build(machine_text) };
		g_autoptr(GPtrArray) none = findings_new();
		g_autoptr(GError) error = NULL;
		autoptr(ledger) ledger = ledger_new();
		autoptr(machine) machine = NULL;
		autoptr(setup) made = NULL;

		manifest_add(f.manifest, layouts[2].text);
		manifest_add(f.manifest, line);
		if (cases[i].ours != NULL)
			ledger_add(ledger->arguments, cases[i].ours);
		machine = machine_open(f.manifest->folder, MACHINE_JUDGED, NULL);
		made = setup_plan(machine, none, cases[i].ours == NULL ? NULL : ledger, &wish,
				  &error);
		g_assert_true((made == NULL) == cases[i].refused);
		if (cases[i].refused)
			g_assert_nonnull(strstr(error->message, "hugepages=8 already"));
		manifest_free(f.manifest);
	}
}

/* What a program starts is found, also for a root who came by su and has no sbin on his PATH. */
static void test_path(void)
{
	static char shell[] = "/bin/sh", option[] = "-c",
		    script[] = "case $PATH in */usr/sbin:*) ;; *) exit 1 ;; esac";
	char *argv[] = { shell, option, script, NULL };
	g_autofree char *former = g_strdup(g_getenv("PATH"));
	g_autoptr(GError) error = NULL;
	struct setup_host host = { 0 };

	g_assert_true(g_setenv("PATH", "/usr/local/bin:/usr/bin:/bin", TRUE));
	g_assert_true(setup_host_run(&host, argv, &error));
	g_assert_no_error(error);
	g_assert_true(g_setenv("PATH", former, TRUE));
}

static const struct finding *find(const GPtrArray *findings, const char *rule)
{
	for (guint i = 0; i < findings->len; i++) {
		const struct finding *finding = g_ptr_array_index(findings, i);

		if (g_str_equal(finding->rule->id, rule))
			return finding;
	}
	return NULL;
}

static void assert_found(const struct fixture *f, const char *expected)
{
	static const char *const rules[] = { "HS-13", "HS-14", "HS-15" };
	autoptr(machine) machine = machine_open(f->manifest->folder, MACHINE_JUDGED, NULL);
	g_autoptr(GPtrArray) findings = rules_judge_host(machine);

	for (gsize i = 0; i < G_N_ELEMENTS(rules); i++)
		g_assert_true((find(findings, rules[i]) != NULL) ==
			      (g_strcmp0(rules[i], expected) == 0));
}

/* check sees what became of a setup. */
static void test_drift(void)
{
	struct fixture f;

	set_up(&f, &layouts[0]);
	assert_found(&f, NULL);
	g_assert_true(setup_apply(&f.host, f.plan, NULL));
	assert_found(&f, NULL);
	/* not before the next boot */
	manifest_add(f.manifest, "proc/sys/kernel/random/boot_id = two\n");
	assert_found(&f, "HS-15");
	manifest_add(f.manifest, "proc/cmdline = ro vfio-pci.ids=10de:1b80\n");
	assert_found(&f, NULL);
	manifest_add(f.manifest, "etc/default/grub.d/zz-hotseat.cfg = edited\n");
	assert_found(&f, "HS-14");
	manifest_remove(f.manifest, "etc/default/grub.d/zz-hotseat.cfg");
	assert_found(&f, "HS-14");
	tear_down(&f);

	set_up(&f, &layouts[0]);
	f.failing = "update-grub";
	g_assert_false(setup_apply(&f.host, f.plan, NULL));
	assert_found(&f, "HS-13");
	tear_down(&f);
}

static void test_words(void)
{
	g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *ids = words_join_ids("10de:1b80,$(reboot),8086:1", "8086:1,10de:10f0");

	words_of_grub(
		"# GRUB_CMDLINE_LINUX=\"no\"\n"
		"GRUB_CMDLINE_LINUX_DEFAULT='quiet  splash' # why\n"
		"GRUB_CMDLINE_LINUX_DEFAULT+=\" vfio_pci.ids=1:2\"\n"
		"export GRUB_CMDLINE_LINUX=\"$GRUB_CMDLINE_LINUX a=\\\"b\\\"\"\n"
		"GRUB_CMDLINE_LINUX_XEN=no\nGRUB_CMDLINE_LINUX=\"broken\n",
		words);
	g_assert_cmpuint(words->len, ==, 4);
	g_assert_cmpstr(words_value(words, "vfio-pci.ids"), ==, "1:2");
	g_assert_null(words_value(words, "vfio-pci"));
	words_set(words, "vfio-pci.ids=3:4");
	g_assert_cmpuint(words->len, ==, 4);
	g_assert_cmpstr(words_value(words, "vfio_pci.ids"), ==, "3:4");
	/* what is no id goes into no boot menu */
	g_assert_cmpstr(ids, ==, "10de:1b80,8086:1,10de:10f0");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/setup/there-and-back", test_there_and_back);
	g_test_add_func("/setup/apply-killed", test_apply_killed);
	g_test_add_func("/setup/apply-killed-then-applied", test_apply_killed_then_applied);
	g_test_add_func("/setup/undo-killed", test_undo_killed);
	g_test_add_func("/setup/apply-refused", test_apply_refused);
	g_test_add_func("/setup/undo-refused", test_undo_refused);
	g_test_add_func("/setup/program-fails", test_program_fails);
	g_test_add_func("/setup/nothing-made", test_nothing_made);
	g_test_add_func("/setup/no-former-entry", test_no_former_entry);
	g_test_add_func("/setup/not-ready", test_not_ready);
	g_test_add_func("/setup/undo-not-ready", test_undo_not_ready);
	g_test_add_func("/setup/entries", test_entries);
	g_test_add_func("/setup/edited", test_edited);
	g_test_add_func("/setup/added", test_added);
	g_test_add_func("/setup/refusals", test_refusals);
	g_test_add_func("/setup/twins", test_twins);
	g_test_add_func("/setup/ids", test_ids);
	g_test_add_func("/setup/users-ids", test_users_ids);
	g_test_add_func("/setup/by-hand", test_by_hand);
	g_test_add_func("/setup/compositors", test_compositors);
	g_test_add_func("/setup/hugepages", test_hugepages);
	g_test_add_func("/setup/hugepages-given", test_hugepages_given);
	g_test_add_func("/setup/path", test_path);
	g_test_add_func("/setup/drift", test_drift);
	g_test_add_func("/setup/words", test_words);
	return g_test_run();
}
