/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest/image.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

static const char qcow2_magic[4] = { 'Q', 'F', 'I', '\xfb' };

const char *image_format(const char *path, GError **error)
{
	char magic[sizeof(qcow2_magic)] = { 0 };
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat info;
	ssize_t n;

	if (fd < 0 || fstat(fd, &info) != 0) {
		hotseat_error_set_errno(error, errno, "cannot read the disk image %s", path);
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	n = pread(fd, magic, sizeof(magic), 0);
	close(fd);
	if (!S_ISREG(info.st_mode) && !S_ISBLK(info.st_mode)) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED,
			    "%s is neither a file nor a block device", path);
		return NULL;
	}
	if (S_ISREG(info.st_mode) && n == sizeof(magic) &&
	    memcmp(magic, qcow2_magic, sizeof(magic)) == 0)
		return "qcow2";
	return "raw";
}

gboolean image_check_reachable(const char *path, GError **error)
{
	g_autofree char *folder = g_path_get_dirname(path);

	if (g_str_has_prefix(path, "/var/lib/libvirt/"))
		return TRUE;
	while (!g_str_equal(folder, "/") && !g_str_equal(folder, ".")) {
		g_autofree char *above = g_path_get_dirname(folder);
		struct stat info;

		if (stat(folder, &info) == 0 && (info.st_mode & S_IXOTH) == 0) {
			g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED,
				    "QEMU runs as a user of its own and cannot reach %s, because "
				    "%s is closed to others; move the file to "
				    "/var/lib/libvirt/images",
				    path, folder);
			return FALSE;
		}
		g_free(folder);
		folder = g_steal_pointer(&above);
	}
	return TRUE;
}

#define ZFS_SUPER_MAGIC 0x2fc12fc1

gboolean image_needs_cache(const char *path)
{
	struct statfs info;
	int fd;

	if (statfs(path, &info) == 0 &&
	    (info.f_type == ZFS_SUPER_MAGIC || info.f_type == BTRFS_SUPER_MAGIC))
		return !g_str_has_prefix(path, "/dev/");
	fd = open(path, O_RDONLY | O_DIRECT | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return errno == EINVAL;
	close(fd);
	return FALSE;
}

/* The primary volume descriptor is the sector after sixteen that are left to boot loaders. */
#define ISO_DESCRIPTOR (16 * 2048)
#define ISO_LABEL_AT 40
#define ISO_LABEL_LENGTH 32

char *image_volume_label(const char *path)
{
	char descriptor[ISO_LABEL_AT + ISO_LABEL_LENGTH + 1] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t n;

	if (fd < 0)
		return NULL;
	n = pread(fd, descriptor, sizeof(descriptor) - 1, ISO_DESCRIPTOR);
	close(fd);
	if (n != sizeof(descriptor) - 1 || memcmp(descriptor + 1, "CD001", 5) != 0)
		return NULL;
	return g_strchomp(g_strdup(descriptor + ISO_LABEL_AT));
}
