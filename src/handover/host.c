/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "handover/host.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "core/error.h"

/*
 * sysfs gives each write() to the driver as one value, so a value must never be split. There is no
 * O_CREAT: a path that is not there must be an error and not become a file; and no O_TRUNC, which
 * means nothing to sysfs.
 */
static gboolean live_write(struct host *host, const char *path, const char *value, GError **error)
{
	int fd = openat(root_fd(host->root), path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
	ssize_t written;
	int saved_errno;

	if (fd < 0) {
		hotseat_error_set_errno(error, errno, "cannot open /%s for writing", path);
		return FALSE;
	}
	written = write(fd, value, strlen(value));
	saved_errno = written < 0 ? errno : EIO;
	close(fd);
	if (written == (ssize_t)strlen(value))
		return TRUE;
	hotseat_error_set_errno(error, saved_errno, "cannot write \"%.*s\" to /%s",
				(int)strcspn(value, "\n"), value, path);
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

static gboolean live_load_module(struct host *host, const char *module, GError **error)
{
	char sbin[] = "/sbin/modprobe", *argv[] = { sbin, NULL, NULL };
	g_autofree char *name = g_strdup(module);
	g_autofree char *said = NULL;
	g_autoptr(GError) failure = NULL;
	int status = 0;

	argv[1] = name;
	if (g_spawn_sync("/", argv, NULL, G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL, NULL, &said,
			 &status, &failure) &&
	    g_spawn_check_wait_status(status, &failure))
		return TRUE;
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_FAILED, "modprobe %s: %s", module,
		    said != NULL && g_strstrip(said)[0] != '\0' ? said : failure->message);
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
	host->write = live_write;
	host->group_busy = live_group_busy;
	host->load_module = live_load_module;
	host->pause = live_pause;
	return host;
}

void host_free(struct host *host)
{
	if (host == NULL)
		return;
	root_free(host->root);
	g_free(host->run_dir);
	g_free(host);
}
