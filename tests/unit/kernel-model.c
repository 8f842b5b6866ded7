/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel-model.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/error.h"

static struct kernel_model *current; /* for the wrapped system calls */
static gboolean in_model;            /* the model itself writes to its tree */
static gboolean in_crumb;            /* a breadcrumb is being written */
static int crumb = -1;               /* its descriptor */

/* Points. */

static gboolean is_now(const struct kernel_model *model)
{
	return model->points == model->at || (model->refuse_on && model->points > model->at);
}

/* point - count a change; what the caller must do with it comes back */
static enum kernel_model_event point(struct kernel_model *model, enum kernel_model_call call)
{
	if (model == NULL || in_model || (model->calls != 0 && (model->calls & call) == 0))
		return MODEL_NOTHING;
	model->points++;
	if (model->at == 0 || !is_now(model))
		return MODEL_NOTHING;
	if (model->points == model->at)
		model->met_crumb = in_crumb;
	if (model->event == MODEL_KILL)
		kill(getpid(), SIGKILL);
	if (model->event == MODEL_CALL) {
		model->other(model);
		return MODEL_NOTHING;
	}
	return model->event;
}

ssize_t __real_write(int fd, const void *data, size_t size);
ssize_t __wrap_write(int fd, const void *data, size_t size);
int __real_mkdir(const char *path, mode_t mode);
int __wrap_mkdir(const char *path, mode_t mode);
int __real_unlinkat(int dir, const char *path, int flags);
int __wrap_unlinkat(int dir, const char *path, int flags);
int __real_ftruncate64(int fd, off_t length);
int __wrap_ftruncate64(int fd, off_t length);
int __real_openat64(int dir, const char *path, int flags, ...);
int __wrap_openat64(int dir, const char *path, int flags, ...);

int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __real_fdatasync(int fd);
int __wrap_fdatasync(int fd);

/* The disk itself is not asked: there is none under the tree. */
int __wrap_fsync(int fd)
{
	if (current != NULL)
		current->syncs++;
	return 0;
}

int __wrap_fdatasync(int fd)
{
	return __wrap_fsync(fd);
}

ssize_t __wrap_write(int fd, const void *data, size_t size)
{
	in_crumb = fd == crumb;
	switch (point(current, MODEL_APPEND)) {
	case MODEL_TEAR:
		(void)!__real_write(fd, data, size / 2);
		kill(getpid(), SIGKILL);
		break;
	case MODEL_SHORTEN:
		return __real_write(fd, data, size / 2);
	case MODEL_REFUSE:
		errno = current->refusal;
		return -1;
	case MODEL_NOTHING:
	case MODEL_KILL:
	case MODEL_CALL:
		break;
	}
	return __real_write(fd, data, size);
}

/* refused - a point that is not a write() */
static gboolean refused(void)
{
	enum kernel_model_event event = point(current, MODEL_FILE);

	if (event == MODEL_TEAR)
		kill(getpid(), SIGKILL);
	if (event != MODEL_REFUSE && event != MODEL_SHORTEN)
		return FALSE;
	errno = current->refusal;
	return TRUE;
}

int __wrap_mkdir(const char *path, mode_t mode)
{
	in_crumb = current != NULL && current->host->state_dir != NULL &&
		   strcmp(path, current->host->state_dir) == 0;
	return refused() ? -1 : __real_mkdir(path, mode);
}

int __wrap_unlinkat(int dir, const char *path, int flags)
{
	in_crumb = strcmp(path, "breadcrumb") == 0;
	return refused() ? -1 : __real_unlinkat(dir, path, flags);
}

int __wrap_ftruncate64(int fd, off_t length)
{
	in_crumb = FALSE;
	return refused() ? -1 : __real_ftruncate64(fd, length);
}

int __wrap_openat64(int dir, const char *path, int flags, ...)
{
	mode_t mode = 0;

	if ((flags & O_CREAT) != 0) {
		va_list args;

		va_start(args, flags);
		mode = va_arg(args, mode_t);
		va_end(args);
		in_crumb = strcmp(path, "breadcrumb") == 0;
		if (refused())
			return -1;
		crumb = in_crumb ? __real_openat64(dir, path, flags, mode) : -1;
		if (in_crumb)
			return crumb;
	}
	return __real_openat64(dir, path, flags, mode);
}

/*
 * The bus. Its links are absolute, unlike those of sysfs: below a root folder, a ".." in a link can
 * give EAGAIN whenever something, anywhere on the system, is renamed at that moment (openat2(2)).
 */

G_GNUC_PRINTF(2, 3)
static char *path_of(const struct kernel_model *model, const char *format, ...)
{
	g_autofree char *path = NULL;
	va_list args;

	va_start(args, format);
	path = g_strdup_vprintf(format, args);
	va_end(args);
	return g_build_filename(model->manifest->folder, path, NULL);
}

static char *driver_of(const struct kernel_model *model, const char *address)
{
	return root_read_link(model->manifest->root, NULL, "sys/bus/pci/devices/%s/driver",
			      address);
}

static gboolean has_device(const struct kernel_model *model, const char *address)
{
	return root_exists(model->manifest->root, "sys/bus/pci/devices/%s", address);
}

static void set_driver(struct kernel_model *model, const char *address, const char *driver)
{
	g_autofree char *old = driver_of(model, address);
	g_autofree char *link = path_of(model, "sys/devices/pci0000:00/%s/driver", address);
	g_autofree char *target = g_strdup_printf("/sys/bus/pci/drivers/%s", driver);
	g_autofree char *back = g_strdup_printf("/sys/devices/pci0000:00/%s", address);

	if (old != NULL) {
		g_autofree char *old_back =
			path_of(model, "sys/bus/pci/drivers/%s/%s", old, address);

		g_assert_cmpint(unlink(link), ==, 0);
		g_assert_cmpint(unlink(old_back), ==, 0);
	}
	if (driver != NULL) {
		g_autofree char *new_back =
			path_of(model, "sys/bus/pci/drivers/%s/%s", driver, address);

		g_assert_cmpint(symlink(target, link), ==, 0);
		g_assert_cmpint(symlink(back, new_back), ==, 0);
	}
}

static char *read_attribute(const struct kernel_model *model, const char *address, const char *name)
{
	return root_read(model->manifest->root, NULL, "sys/bus/pci/devices/%s/%s", address, name);
}

/* pci_match_device() */
static gboolean matches(const struct kernel_model *model, const char *driver, const char *address)
{
	g_autofree char *override = read_attribute(model, address, "driver_override");
	g_autofree char *vendor = read_attribute(model, address, "vendor");
	g_autofree char *device = read_attribute(model, address, "device");
	g_autofree char *id = g_strdup_printf("%s:%s", vendor + 2, device + 2);
	g_auto(GStrv) ids = g_strsplit(g_hash_table_lookup(model->ids, driver), ",", -1);

	if (!g_str_equal(override, "(null)"))
		return g_str_equal(override, driver);
	return g_strv_contains((const char *const *)ids, id);
}

static gboolean is_group_busy(const struct kernel_model *model, const char *address)
{
	g_autofree char *group = root_read_link(model->manifest->root, NULL,
						"sys/bus/pci/devices/%s/iommu_group", address);

	return g_strcmp0(group, model->busy) == 0;
}

/* really_probe(): 0 or an errno */
static int probe(struct kernel_model *model, const char *driver, const char *address)
{
	if (!g_str_equal(driver, "vfio-pci") && is_group_busy(model, address))
		return EBUSY;
	if (g_strcmp0(driver, model->probe_fails) == 0)
		return EIO;
	set_driver(model, address, driver);
	return 0;
}

static int write_bind(struct kernel_model *model, const char *driver, const char *address)
{
	g_autofree char *now = NULL;

	if (!has_device(model, address) || !matches(model, driver, address))
		return ENODEV;
	now = driver_of(model, address);
	return now != NULL ? EBUSY : probe(model, driver, address);
}

static int write_unbind(struct kernel_model *model, const char *driver, const char *address)
{
	g_autofree char *now = has_device(model, address) ? driver_of(model, address) : NULL;

	if (g_strcmp0(now, driver) != 0)
		return ENODEV;
	if (g_str_equal(driver, "vfio-pci") && is_group_busy(model, address))
		g_error("vfio-pci was unbound from a busy group: the kernel would block for ever");
	set_driver(model, address, NULL);
	return 0;
}

static int write_probe(struct kernel_model *model, const char *address)
{
	g_autofree char *now = NULL;
	g_auto(GStrv) drivers = NULL;

	if (!has_device(model, address))
		return ENODEV;
	now = driver_of(model, address);
	drivers = root_list(model->manifest->root, NULL, "sys/bus/pci/drivers");
	for (guint i = 0; now == NULL && drivers[i] != NULL; i++) {
		/* A driver whose probe fails is skipped and its error forgotten. */
		if (matches(model, drivers[i], address) && probe(model, drivers[i], address) == 0)
			break;
	}
	return 0;
}

/* driver_set_override() */
static int write_override(struct kernel_model *model, const char *address, const char *value)
{
	g_autofree char *path =
		path_of(model, "sys/devices/pci0000:00/%s/driver_override", address);
	g_autofree char *name = g_strndup(value, strcspn(value, "\n"));
	g_autofree char *text = g_strconcat(name[0] == '\0' ? "(null)" : name, "\n", NULL);

	g_assert_true(g_file_set_contents(path, text, -1, NULL));
	return 0;
}

/* set_text - what a file of the tree says from now on */
static int set_text(const struct kernel_model *model, const char *path, const char *text)
{
	g_autofree char *full = path_of(model, "%s", path);
	g_autofree char *line = g_strconcat(text, "\n", NULL);

	g_assert_true(g_file_set_contents(full, line, -1, NULL));
	return 0;
}

/* nr_hugepages_store_common(): as many as there is memory for, and no error */
static int write_pool(const struct kernel_model *model, const char *path, const char *value)
{
	guint64 asked = g_ascii_strtoull(value, NULL, 10);
	guint64 found = model->room == 0 ? asked : MIN(asked, model->room);
	g_autofree char *folder = g_path_get_dirname(path);
	g_autofree char *free_path = g_build_filename(folder, "free_hugepages", NULL);
	g_autofree char *text = g_strdup_printf("%" G_GUINT64_FORMAT, found);
	g_autofree char *free_text = NULL;
	guint64 total = 0, free = 0;

	root_read_number(model->manifest->root, 10, &total, NULL, "%s", path);
	root_read_number(model->manifest->root, 10, &free, NULL, "%s", free_path);
	free_text = g_strdup_printf("%" G_GUINT64_FORMAT, found - (total - free));
	set_text(model, free_path, free_text);
	return set_text(model, path, text);
}

static int write_mode(const struct kernel_model *model, const char *path, const char *value)
{
	static const char *const modes[] = { "always", "madvise", "never" };
	g_autoptr(GString) text = g_string_new(NULL);

	for (guint i = 0; i < G_N_ELEMENTS(modes); i++) {
		gboolean on = g_str_equal(modes[i], value);

		g_string_append_printf(text, "%s%s%s%s", i == 0 ? "" : " ", on ? "[" : "", modes[i],
				       on ? "]" : "");
	}
	return set_text(model, path, text->str);
}

/* bind_store() and unbind_store() of the platform bus */
static int write_platform(const struct kernel_model *model, const char *path, const char *device)
{
	g_auto(GStrv) parts = g_strsplit(path, "/", -1);
	g_autofree char *link = path_of(model, "sys/bus/platform/devices/%s/driver", device);
	g_autofree char *target = g_strdup_printf("/sys/bus/platform/drivers/%s", parts[4]);
	gboolean bound = g_file_test(link, G_FILE_TEST_IS_SYMLINK);

	if (g_str_equal(parts[5], "bind") == bound)
		return ENODEV;
	return (bound ? unlink(link) : symlink(target, link)) == 0 ? 0 : EIO;
}

/* bus_rescan_devices_helper(): one that has a driver keeps it */
static int write_usb_probe(const struct kernel_model *model, const char *path, const char *device)
{
	g_autofree char *folder = path_of(model, "sys/bus/usb/devices/%s", device);
	g_autofree char *link = g_strconcat(folder, "/driver", NULL);

	if (!g_file_test(folder, G_FILE_TEST_IS_DIR))
		return ENODEV;
	if (g_file_test(link, G_FILE_TEST_IS_SYMLINK))
		return 0;
	return symlink("/sys/bus/usb/drivers/usbhid", link) == 0 ? 0 : EIO;
}

static int write_nothing(const struct kernel_model *model, const char *path, const char *value)
{
	return 0;
}

/* udevd tells who listens. A server that is not there yet when it is told does not hear it. */
static int write_uevent(const struct kernel_model *model, const char *path, const char *action)
{
	if (model->leaves != NULL && g_str_equal(action, "remove") &&
	    root_exists(model->manifest->root, "%s", model->leaves))
		manifest_remove(model->manifest, model->leaves);
	return 0;
}

static const struct {
	const char *pattern;
	int (*write)(const struct kernel_model *model, const char *path, const char *value);
} files[] = {
	{ "sys/devices/system/node/node*/hugepages/*/nr_hugepages", write_pool },
	{ "sys/devices/system/node/node*/compact", write_nothing },
	{ "proc/sys/vm/drop_caches", write_nothing },
	{ "sys/kernel/mm/transparent_hugepage/enabled", write_mode },
	{ "sys/devices/system/cpu/cpufreq/policy*/scaling_governor", set_text },
	{ "sys/class/vtconsole/vtcon*/bind", set_text },
	{ "sys/bus/pci/devices/*/sound/card*/uevent", write_uevent },
	{ "sys/bus/usb/drivers_probe", write_usb_probe },
	{ "sys/bus/platform/drivers/*/bind", write_platform },
	{ "sys/bus/platform/drivers/*/unbind", write_platform },
};

static int react(struct kernel_model *model, const char *path, const char *value)
{
	g_auto(GStrv) parts = g_strsplit(path, "/", -1);
	guint count = g_strv_length(parts);

	if (!root_exists(model->manifest->root, "%s", path))
		return ENOENT;
	for (guint i = 0; i < G_N_ELEMENTS(files); i++) {
		if (g_pattern_match_simple(files[i].pattern, path))
			return files[i].write(model, path, value);
	}
	if (g_str_equal(path, "sys/bus/pci/drivers_probe"))
		return write_probe(model, value);
	if (count == 6 && g_str_equal(parts[5], "driver_override"))
		return write_override(model, parts[4], value);
	if (count == 6 && g_str_equal(parts[5], "bind"))
		return write_bind(model, parts[4], value);
	if (count == 6 && g_str_equal(parts[5], "unbind"))
		return write_unbind(model, parts[4], value);
	g_error("the model knows no %s", path);
}

static int react_inside(struct kernel_model *model, const char *path, const char *value)
{
	gboolean before = in_model;
	int result;

	in_model = TRUE;
	result = react(model, path, value);
	in_model = before;
	return result;
}

/* The host. */

static gboolean model_write(struct host *host, const char *path, const char *value, GError **error)
{
	struct kernel_model *model = host->model;
	enum kernel_model_event event = point(model, MODEL_HOST);
	int result;

	if (event == MODEL_TEAR)
		kill(getpid(), SIGKILL);
	if (event == MODEL_REFUSE || event == MODEL_SHORTEN) {
		result = model->refusal;
	} else {
		result = react_inside(model, path, value);
		g_string_append_printf(model->log, "%s=%s\n", path, value);
	}
	if (result == 0)
		return TRUE;
	hotseat_error_set_errno(error, result, "cannot write to %s", path);
	return FALSE;
}

static gboolean model_group_busy(struct host *host, const char *group)
{
	const struct kernel_model *model = host->model;

	return g_strcmp0(group, model->busy) == 0;
}

/* is_heard - has a sound server the function open? Its driver waits for that. */
static gboolean is_heard(const struct kernel_model *model, const char *address)
{
	const struct root *root = model->manifest->root;

	return model->leaves != NULL && root_exists(root, "%s", model->leaves) &&
	       root_exists(root, "sys/bus/pci/devices/%s/sound", address);
}

static gboolean model_write_device(struct host *host, const char *address, const char *path,
				   const char *value, GError **error)
{
	const struct kernel_model *model = host->model;

	if (host_is_stuck(host, address, error))
		return FALSE;
	if (!g_str_has_suffix(path, "/unbind") ||
	    (g_strcmp0(model->hangs, address) != 0 && !is_heard(model, address)))
		return model_write(host, path, value, error);
	/* __device_release_driver(): the link is gone before the driver is asked. */
	in_model = TRUE;
	set_driver(host->model, address, NULL);
	in_model = FALSE;
	host_set_stuck(host, address, error);
	return FALSE;
}

void kernel_model_release(struct kernel_model *model)
{
	g_clear_pointer(&model->hangs, g_free);
}

/* allowed - is this change let through? Else @error is set. */
static gboolean allowed(struct kernel_model *model, const char *what, GError **error)
{
	enum kernel_model_event event = point(model, MODEL_HOST);

	if (event == MODEL_TEAR)
		kill(getpid(), SIGKILL);
	if (event != MODEL_REFUSE && event != MODEL_SHORTEN) {
		g_string_append_printf(model->log, "%s\n", what);
		return TRUE;
	}
	hotseat_error_set_errno(error, model->refusal, "%s", what);
	return FALSE;
}

static void make_folder(const struct kernel_model *model, const char *path)
{
	g_autofree char *full = path_of(model, "%s", path);

	g_assert_cmpint(g_mkdir_with_parents(full, 0755), ==, 0);
}

static void remove_tree(const struct kernel_model *model, const char *path)
{
	if (root_exists(model->manifest->root, "%s", path))
		manifest_remove(model->manifest, path);
}

/* Units: those that run have a control group. */

#define UNITS "sys/fs/cgroup/system.slice/"
#define INHIBITOR "run/systemd/inhibit/1"

static void start_unit(const struct kernel_model *model, const char *unit)
{
	g_autofree char *path = g_strconcat(UNITS, unit, NULL);

	if (model->no_hold && g_str_equal(unit, "hotseat-profile.service"))
		return; /* it has ended at once */
	make_folder(model, path);
	if (g_str_equal(unit, "hotseat-sleep.service"))
		set_text(model, INHIBITOR, "UID=0\nPID=1\nWHO=Hotseat\nWHY=a guest");
}

static void stop_unit(const struct kernel_model *model, const char *unit)
{
	g_autofree char *path = g_strconcat(UNITS, unit, NULL);

	remove_tree(model, path);
	if (g_str_equal(unit, "hotseat-sleep.service"))
		remove_tree(model, INHIBITOR);
}

/* An empty list, or the controller switched off, does not come up here. */
static void set_property(const struct kernel_model *model, const char *unit, const char *property)
{
	g_autofree char *list = g_strdup_printf("sys/fs/cgroup/%s/cpuset.cpus.effective", unit);
	g_autofree char *folder = g_strdup_printf("run/systemd/system.control/%s.d", unit);
	g_autofree char *record = g_build_filename(folder, "50-AllowedCPUs.conf", NULL);

	g_assert_true(g_str_has_prefix(property, "AllowedCPUs="));
	set_text(model, list, strchr(property, '=') + 1);
	make_folder(model, folder);
	set_text(model, record, property);
}

static void act(const struct kernel_model *model, const char *const *argv, guint count)
{
	if (g_str_has_suffix(argv[0], "/systemd-run")) {
		for (guint i = 1; i < count; i++) {
			if (g_str_has_prefix(argv[i], "--unit="))
				start_unit(model, argv[i] + strlen("--unit="));
		}
		return;
	}
	g_assert_true(g_str_has_suffix(argv[0], "/systemctl"));
	if (g_str_equal(argv[count - 2], "start"))
		start_unit(model, argv[count - 1]);
	else if (g_str_equal(argv[count - 2], "stop"))
		stop_unit(model, argv[count - 1]);
	else if (count > 3 && g_str_equal(argv[count - 3], "set-property"))
		set_property(model, argv[count - 2], argv[count - 1]);
	else
		g_assert_cmpstr(argv[count - 1], ==, "daemon-reload");
}

/*
 * What a command has asked of systemd happens even if the command is killed at once, and then it
 * happens late: when the next command asks for something.
 */
#define LATE "run/late"

void kernel_model_arrive(struct kernel_model *model)
{
	g_autofree char *text = root_read(model->manifest->root, NULL, LATE);
	g_auto(GStrv) argv = text == NULL ? NULL : g_strsplit(text, "\n", -1);

	if (argv == NULL)
		return;
	in_model = TRUE;
	act(model, (const char *const *)argv, g_strv_length(argv));
	remove_tree(model, LATE);
	in_model = FALSE;
}

static void send_off(const struct kernel_model *model, const char *const *argv)
{
	g_autofree char *text = g_strjoinv("\n", (char **)(guintptr)argv);

	in_model = TRUE;
	set_text(model, LATE, text);
	in_model = FALSE;
}

static gboolean model_run(struct host *host, const char *const *argv, guint seconds, GError **error)
{
	struct kernel_model *model = host->model;
	g_autofree char *line = g_strjoinv(" ", (char **)(guintptr)argv);

	model->runs++;
	kernel_model_arrive(model);
	send_off(model, argv);
	if (!allowed(model, line, error)) {
		remove_tree(model, LATE);
		return FALSE;
	}
	if (model->fails != NULL && strstr(line, model->fails) != NULL) {
		remove_tree(model, LATE);
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_FAILED, "%s: it failed", line);
		return FALSE;
	}
	kernel_model_arrive(model);
	return TRUE;
}

static gboolean model_remove(struct host *host, const char *path, GError **error)
{
	if (!allowed(host->model, path, error))
		return FALSE;
	in_model = TRUE;
	remove_tree(host->model, path);
	in_model = FALSE;
	return TRUE;
}

static gboolean model_unload_module(struct host *host, const char *module, GError **error)
{
	g_autofree char *line = g_strconcat("rmmod ", module, NULL);
	g_autofree char *path = g_strconcat("sys/module/", module, NULL);
	g_auto(GStrv) users = root_list(host->root, NULL, "%s/holders", path);

	if (!allowed(host->model, line, error))
		return FALSE;
	if (users != NULL && users[0] != NULL) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_BUSY, "%s is in use", module);
		return FALSE;
	}
	in_model = TRUE;
	remove_tree(host->model, path);
	in_model = FALSE;
	return TRUE;
}

static void add_module(const struct kernel_model *model, const char *module, const char *parameters)
{
	g_auto(GStrv) words = g_strsplit(parameters, " ", -1);
	g_autofree char *folder = g_strdup_printf("sys/module/%s/parameters", module);

	make_folder(model, folder);
	for (guint i = 0; words[i] != NULL && words[i][0] != '\0'; i++) {
		g_auto(GStrv) pair = g_strsplit(words[i], "=", 2);
		g_autofree char *path = g_build_filename(folder, pair[0], NULL);

		set_text(model, path, pair[1]);
	}
}

static gboolean model_load_module(struct host *host, const char *module, const char *parameters,
				  GError **error)
{
	struct kernel_model *model = host->model;
	g_autofree char *line = g_strdup_printf("modprobe %s %s", module, parameters);

	model->loads++;
	if (!g_str_equal(module, "vfio-pci")) {
		model->runs++;
		if (!allowed(model, line, error))
			return FALSE;
		in_model = TRUE;
		add_module(model, module, parameters);
		in_model = FALSE;
		return TRUE;
	}
	if (model->can_load) {
		kernel_model_driver(model, module, "");
		return TRUE;
	}
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_FAILED, "modprobe %s: not found", module);
	return FALSE;
}

/* Every unit of ours that holds a profile has it as soon as it runs. */
static GVariant *model_power_profiles(struct host *host, const char *property)
{
	const struct kernel_model *model = host->model;
	gboolean holds = g_str_equal(property, "ActiveProfileHolds");
	GVariantBuilder all;

	g_variant_builder_init(&all, G_VARIANT_TYPE("aa{sv}"));
	if (holds ? root_exists(host->root, UNITS "hotseat-profile.service") : !model->no_profile)
		g_variant_builder_add_parsed(&all,
					     "{'Profile': <'performance'>, "
					     "'ApplicationId': <'hotseat'>}");
	return g_variant_ref_sink(g_variant_builder_end(&all));
}

static void model_pause(struct host *host, guint milliseconds)
{
	struct kernel_model *model = host->model;

	model->pauses++;
	if (model->busy_for != 0 && model->pauses >= model->busy_for)
		g_clear_pointer(&model->busy, g_free);
	g_usleep(1000);
}

struct kernel_model *kernel_model_new(const char *text)
{
	struct kernel_model *model = g_new0(struct kernel_model, 1);
	struct host *host = g_new0(struct host, 1);

	model->manifest = manifest_build(text);
	manifest_add(model->manifest,
		     "dir run\n"
		     "dir sys/bus/pci/drivers\n"
		     "sys/bus/pci/drivers_probe =\n");
	model->ids = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	model->log = g_string_new(NULL);
	model->host = host;
	host->root = root_open(model->manifest->folder, NULL);
	host->run_dir = path_of(model, "run/hotseat");
	host->patience = 1;
	host->lock = host->machine_lock = -1;
	host->write = model_write;
	host->write_device = model_write_device;
	host->unload_module = model_unload_module;
	host->run = model_run;
	host->remove = model_remove;
	host->group_busy = model_group_busy;
	host->load_module = model_load_module;
	host->power_profiles = model_power_profiles;
	host->pause = model_pause;
	host->model = model;
	g_assert_null(current);
	current = model;
	return model;
}

void kernel_model_free(struct kernel_model *model)
{
	if (model == NULL)
		return;
	current = NULL;
	host_free(model->host);
	manifest_free(model->manifest);
	g_hash_table_unref(model->ids);
	g_string_free(model->log, TRUE);
	g_free(model->probe_fails);
	g_free(model->busy);
	g_free(model->hangs);
	g_free(model->leaves);
	g_free(model->fails);
	g_free(model);
}

void kernel_model_driver(struct kernel_model *model, const char *driver, const char *ids)
{
	g_autofree char *text = g_strdup_printf(
		"sys/bus/pci/drivers/%s/bind =\n"
		"sys/bus/pci/drivers/%s/unbind =\n",
		driver, driver);

	manifest_add(model->manifest, text);
	g_hash_table_insert(model->ids, g_strdup(driver), g_strdup(ids));
}

void kernel_model_device(struct kernel_model *model, const char *address, const char *id,
			 const char *group, const char *driver, const char *override)
{
	g_autofree char *text = g_strdup_printf(
		"sys/devices/pci0000:00/%s/vendor = 0x%.4s\n"
		"sys/devices/pci0000:00/%s/device = 0x%s\n"
		"sys/devices/pci0000:00/%s/driver_override = %s\n"
		"sys/devices/pci0000:00/%s/iommu_group -> /sys/kernel/iommu_groups/%s\n"
		"sys/kernel/iommu_groups/%s/devices/%s -> /sys/devices/pci0000:00/%s\n"
		"sys/bus/pci/devices/%s -> /sys/devices/pci0000:00/%s\n",
		address, id, address, id + 5, address, override == NULL ? "(null)" : override,
		address, group, group, address, address, address, address);

	manifest_add(model->manifest, text);
	if (driver != NULL)
		set_driver(model, address, driver);
}

gboolean kernel_model_write(struct kernel_model *model, const char *path, const char *value)
{
	return react_inside(model, path, value) == 0;
}

static void draw(const char *path, const char *name, GString *picture)
{
	g_autofree char *content = NULL;
	struct stat info = { 0 };
	gsize length = 0;

	g_assert_cmpint(lstat(path, &info), ==, 0);
	if (S_ISLNK(info.st_mode)) {
		content = g_file_read_link(path, NULL);
		g_string_append_printf(picture, "%s -> %s\n", name, content);
	} else if (S_ISDIR(info.st_mode)) {
		autoptr(root) folder = root_open(path, NULL);
		g_auto(GStrv) names = root_list(folder, NULL, ".");

		g_string_append_printf(picture, "%s/\n", name);
		for (guint i = 0; names[i] != NULL; i++) {
			g_autofree char *below = g_build_filename(path, names[i], NULL);
			g_autofree char *below_name = g_build_filename(name, names[i], NULL);

			draw(below, below_name, picture);
		}
	} else {
		g_assert_true(g_file_get_contents(path, &content, &length, NULL));
		g_string_append_printf(picture, "%s = %s", name, content);
	}
}

char *kernel_model_picture(const struct kernel_model *model)
{
	g_autoptr(GString) picture = g_string_new(NULL);

	draw(model->manifest->folder, "", picture);
	return g_string_free(g_steal_pointer(&picture), FALSE);
}
