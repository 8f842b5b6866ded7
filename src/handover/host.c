/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "handover/host.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/error.h"
#include "handover/profiles.h"
#include "handover/writer.h"

#define PATIENCE 30 /* seconds; drivers of healthy cards need two or three */
#define WAIT_POLL_MS 100

static gboolean set_write_error(int result, const char *path, const char *value, GError **error)
{
	if (result == 0)
		return TRUE;
	hotseat_error_set_errno(error, result, "cannot write \"%.*s\" to /%s",
				(int)strcspn(value, "\n"), value, path);
	return FALSE;
}

static gboolean live_write(struct host *host, const char *path, const char *value, GError **error)
{
	return set_write_error(writer_value(root_fd(host->root), path, value), path, value, error);
}

static gboolean live_write_device(struct host *host, const char *address, const char *path,
				  const char *value, GError **error)
{
	int result;

	if (host_is_stuck(host, address, error))
		return FALSE;
	if (host->live == NULL)
		host->live = writer_new(root_fd(host->root));
	result = writer_write(host->live, path, value, host->lock, host->patience);
	if (result == ETIMEDOUT || result == ECONNRESET) {
		writer_free(host->live);
		host->live = NULL;
	}
	if (result != ETIMEDOUT)
		return set_write_error(result, path, value, error);
	host_set_stuck(host, address, error);
	return FALSE;
}

/*
 * A VFIO group can be open once only, whether by its own node or through a device's node and
 * iommufd: a second open gives EBUSY (Linux drivers/vfio/group.c, vfio_group_fops_open; before 6.1
 * in drivers/vfio/vfio.c). An open that works claims nothing until a container or an iommufd is
 * attached, but while it lasts it would turn away a guest that is just starting: it is closed at
 * once. The node is there only while a member of the group is bound to a VFIO driver (GR-12).
 *
 * A kernel built without CONFIG_VFIO_GROUP has no such nodes; there, an unbind waits in the kernel
 * until the guest is gone.
 */
static gboolean live_group_busy(struct host *host, const char *group)
{
	g_autofree char *path = g_build_filename("dev/vfio", group, NULL);
	int fd = openat(root_fd(host->root), path, O_RDWR | O_CLOEXEC);

	if (fd >= 0) {
		close(fd);
		return FALSE;
	}
	return errno != ENOENT && errno != ENOTDIR && errno != ENODEV && errno != ENXIO;
}

/*
 * The group of its own is for the kill: what a command has started goes with it. The locks are for
 * the case that we are killed: nobody looks at the host while the command still changes it.
 */
static void prepare_command(gpointer data)
{
	const struct host *host = data;

	setpgid(0, 0);
	if (host->lock >= 0)
		fcntl(host->lock, F_SETFD, 0);
	if (host->machine_lock >= 0)
		fcntl(host->machine_lock, F_SETFD, 0);
}

/* read_words - FALSE at the end */
static gboolean read_words(int words, GString *said)
{
	char text[512];
	ssize_t n = read(words, text, sizeof(text));

	if (n > 0 && said->len < 4096)
		g_string_append_len(said, text, n);
	return n > 0;
}

/* wait_for_end - FALSE if the command had to be killed; *said gets what it wrote to stderr */
static gboolean wait_for_end(GPid pid, int words, guint seconds, int *status, GString *said)
{
	gint64 deadline = g_get_monotonic_time() + (gint64)seconds * G_USEC_PER_SEC;
	gboolean killed = FALSE, open = TRUE;

	while (waitpid(pid, status, WNOHANG) == 0) {
		struct pollfd words_for = { .fd = open ? words : -1, .events = POLLIN };

		if (!killed && g_get_monotonic_time() >= deadline) {
			kill(-pid, SIGKILL);
			killed = TRUE;
		}
		if (poll(&words_for, 1, open ? 20 : 5) <= 0)
			continue;
		open = read_words(words, said);
	}
	/* What it said last: it can be gone before we look. */
	while (open && poll(&(struct pollfd){ .fd = words, .events = POLLIN }, 1, 0) > 0)
		open = read_words(words, said);
	return !killed;
}

static gboolean live_run(struct host *host, const char *const *argv, guint seconds, GError **error)
{
	g_autoptr(GString) said = g_string_new(NULL);
	g_autoptr(GError) failure = NULL;
	g_autofree char *name = g_path_get_basename(argv[0]);
	g_auto(GStrv) arguments = g_strdupv((char **)(guintptr)argv);
	gboolean in_time;
	int status = 0, words = -1;
	GPid pid = 0;

	if (!g_spawn_async_with_pipes("/", arguments, NULL,
				      G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDOUT_TO_DEV_NULL,
				      prepare_command, host, &pid, NULL, NULL, &words, &failure)) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_FAILED, "%s", failure->message);
		return FALSE;
	}
	in_time = wait_for_end(pid, words, seconds, &status, said);
	close(words);
	if (in_time && g_spawn_check_wait_status(status, &failure))
		return TRUE;
	if (!in_time)
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_FAILED,
			    "%s %s was not done after %u s", name, argv[1], seconds);
	else
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_FAILED, "%s %s: %s", name, argv[1],
			    g_strstrip(said->str)[0] != '\0' ? said->str : failure->message);
	return FALSE;
}

static gboolean live_load_module(struct host *host, const char *module, const char *parameters,
				 GError **error)
{
	g_auto(GStrv) words = g_strsplit(parameters, " ", -1);
	g_autoptr(GPtrArray) argv = g_ptr_array_new();

	g_ptr_array_add(argv, (gpointer)(guintptr) "/sbin/modprobe");
	g_ptr_array_add(argv, (gpointer)(guintptr)module);
	for (guint i = 0; words[i] != NULL; i++)
		g_ptr_array_add(argv, words[i]);
	g_ptr_array_add(argv, NULL);
	return host->run(host, (const char *const *)argv->pdata, host->patience, error);
}

/* O_NONBLOCK: a module that is in use is an error at once (delete_module(2)). */
static gboolean live_unload_module(struct host *host, const char *module, GError **error)
{
	if (syscall(SYS_delete_module, module, O_NONBLOCK) == 0)
		return TRUE;
	if (errno == EWOULDBLOCK || errno == EBUSY)
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_BUSY,
			    "the module %s is in use; lsmod says by what", module);
	else
		hotseat_error_set_errno(error, errno, "cannot unload the module %s", module);
	return FALSE;
}

static gboolean live_remove(struct host *host, const char *path, GError **error)
{
	if (unlinkat(root_fd(host->root), path, 0) == 0 || errno == ENOENT)
		return TRUE;
	hotseat_error_set_errno(error, errno, "cannot remove /%s", path);
	return FALSE;
}

static void live_pause(struct host *host, guint milliseconds)
{
	g_usleep((gulong)milliseconds * 1000);
}

struct host *host_new_live(GError **error)
{
	struct root *root = root_open("/", error);
	struct host *host;

	if (root == NULL)
		return NULL;
	host = g_new0(struct host, 1);
	host->root = root;
	host->run_dir = g_strdup("/run/hotseat");
	host->state_dir = g_strdup("/var/lib/hotseat");
	host->patience = PATIENCE;
	host->lock = host->machine_lock = -1;
	host->write = live_write;
	host->write_device = live_write_device;
	host->group_busy = live_group_busy;
	host->load_module = live_load_module;
	host->unload_module = live_unload_module;
	host->run = live_run;
	host->remove = live_remove;
	host->power_profiles = profiles_ask;
	host->pause = live_pause;
	return host;
}

void host_free(struct host *host)
{
	if (host == NULL)
		return;
	writer_free(host->live);
	g_clear_pointer(&host->stuck, g_ptr_array_unref);
	root_free(host->root);
	g_free(host->run_dir);
	g_free(host->state_dir);
	g_free(host);
}

static void set_stuck_error(const struct host *host, const char *address, GError **error)
{
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_BUSY,
		    "the driver of %s did not let it go in %u s: something still uses the device, "
		    "and the kernel waits for that. End it, then: hotseat recover. If nothing "
		    "helps, only a restart does",
		    address, host->patience);
}

gboolean host_is_stuck(struct host *host, const char *address, GError **error)
{
	if (host->stuck == NULL ||
	    !g_ptr_array_find_with_equal_func(host->stuck, address, g_str_equal, NULL))
		return FALSE;
	set_stuck_error(host, address, error);
	return TRUE;
}

void host_set_stuck(struct host *host, const char *address, GError **error)
{
	if (host->stuck == NULL)
		host->stuck = g_ptr_array_new_with_free_func(g_free);
	g_ptr_array_add(host->stuck, g_strdup(address));
	set_stuck_error(host, address, error);
}

gboolean host_wait(struct host *host, guint seconds,
		   gboolean (*is_true)(struct host *host, const void *data), const void *data)
{
	gint64 deadline = g_get_monotonic_time() + (gint64)seconds * G_USEC_PER_SEC;

	while (!is_true(host, data)) {
		if (g_get_monotonic_time() >= deadline)
			return FALSE;
		host->pause(host, WAIT_POLL_MS);
	}
	return TRUE;
}
