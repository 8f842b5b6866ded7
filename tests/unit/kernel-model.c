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

/* Points. */

static gboolean is_now(const struct kernel_model *model)
{
	return model->points == model->at || (model->refuse_on && model->points > model->at);
}

/* point - count a change; what the caller must do with it comes back */
static enum kernel_model_event point(struct kernel_model *model, gboolean host_write)
{
	if (model == NULL || in_model || (model->refuse_host_only && !host_write))
		return MODEL_NOTHING;
	model->points++;
	if (model->at == 0 || !is_now(model))
		return MODEL_NOTHING;
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

ssize_t __wrap_write(int fd, const void *data, size_t size)
{
	switch (point(current, FALSE)) {
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
	enum kernel_model_event event = point(current, FALSE);

	if (event == MODEL_TEAR)
		kill(getpid(), SIGKILL);
	if (event != MODEL_REFUSE && event != MODEL_SHORTEN)
		return FALSE;
	errno = current->refusal;
	return TRUE;
}

int __wrap_mkdir(const char *path, mode_t mode)
{
	return refused() ? -1 : __real_mkdir(path, mode);
}

int __wrap_unlinkat(int dir, const char *path, int flags)
{
	return refused() ? -1 : __real_unlinkat(dir, path, flags);
}

int __wrap_ftruncate64(int fd, off_t length)
{
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
		if (refused())
			return -1;
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
	g_autofree char *path = path_of(model, "sys/devices/pci0000:00/%s/driver_override", address);
	g_autofree char *name = g_strndup(value, strcspn(value, "\n"));
	g_autofree char *text = g_strconcat(name[0] == '\0' ? "(null)" : name, "\n", NULL);

	g_assert_true(g_file_set_contents(path, text, -1, NULL));
	return 0;
}

static int react(struct kernel_model *model, const char *path, const char *value)
{
	g_auto(GStrv) parts = g_strsplit(path, "/", -1);
	guint count = g_strv_length(parts);

	if (!root_exists(model->manifest->root, "%s", path))
		return ENOENT;
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
	enum kernel_model_event event = point(model, TRUE);
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

static gboolean model_load_module(struct host *host, const char *module, GError **error)
{
	struct kernel_model *model = host->model;

	model->loads++;
	if (model->can_load) {
		kernel_model_driver(model, module, "");
		return TRUE;
	}
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_FAILED, "modprobe %s: not found", module);
	return FALSE;
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
	host->write = model_write;
	host->group_busy = model_group_busy;
	host->load_module = model_load_module;
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
