/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "core/error.h"
#include "core/size.h"
#include "setup/product.h"

/*
 * Whether products can be made, before a file is touched. What would stop the programs half-way is
 * found here: a partition that is not mounted, one that is mounted for reading, one that is full.
 * update-initramfs says of the first two that all is well, and kernel-install takes the old kernel
 * away before it finds that the new one does not fit.
 */
#define MIB ((guint64)1 << 20)
/* What an image may grow by; vfio's modules are a tenth of it. */
#define GROWTH (4 * MIB)

static gboolean refuse(GError **error, char *sentence)
{
	g_set_error_literal(error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED, sentence);
	g_free(sentence);
	return FALSE;
}

/* names_point - does a table of file systems have this mount point? */
static gboolean names_point(const char *table, const char *point)
{
	g_auto(GStrv) lines = g_strsplit(table, "\n", -1);

	for (guint i = 0; lines[i] != NULL; i++) {
		char *spot = NULL;

		if (g_strchug(lines[i])[0] != '#' && sscanf(lines[i], "%*s %ms", &spot) == 1 &&
		    g_str_equal(spot, point)) {
			free(spot);
			return TRUE;
		}
		free(spot);
	}
	return FALSE;
}

/* is_missing - it is to be mounted there, and is not; what mounts at the first touch is mounted */
static gboolean is_missing(const struct root *root, const char *point)
{
	g_autofree char *planned = root_read(root, NULL, "etc/fstab");
	g_autofree char *mounted = root_read(root, NULL, "proc/self/mounts");

	return planned != NULL && mounted != NULL && names_point(planned, point) &&
	       !names_point(mounted, point);
}

static gboolean is_mounted(const struct root *root, const char *point, GError **error)
{
	if (!is_missing(root, point))
		return TRUE;
	return refuse(error, g_strdup_printf("%s stands in /etc/fstab, and is not mounted: sudo "
					     "mount %s",
					     point, point));
}

/* has_room - can this many bytes be written below the folder? 0: fine if it is gone for good */
static gboolean has_room(const struct root *root, const char *folder, guint64 bytes, GError **error)
{
	g_autoptr(GError) failure = NULL;
	autoptr(root) entered = root_enter(root, &failure, "%s", folder);
	g_autofree char *needed = size_format(bytes);
	g_autofree char *free_text = NULL;
	struct statvfs room;

	if (entered == NULL && bytes == 0 && hotseat_error_is(failure, HOTSEAT_ERROR_ABSENT))
		return TRUE;
	if (entered == NULL) {
		g_propagate_error(error, g_steal_pointer(&failure));
		return FALSE;
	}
	if (fstatvfs(root_fd(entered), &room) != 0) {
		hotseat_error_set_errno(error, errno, "cannot look at /%s", folder);
		return FALSE;
	}
	if ((room.f_flag & ST_RDONLY) != 0)
		return refuse(error, g_strdup_printf("/%s can only be read, so nothing new can be "
						     "put there; mount it for writing first",
						     folder));
	if ((guint64)room.f_bfree * room.f_frsize >= bytes)
		return TRUE;
	free_text = size_format((guint64)room.f_bfree * room.f_frsize);
	return refuse(error, g_strdup_printf("/%s has %s left, and %s are needed to make boot menu "
					     "and initramfs anew. Make room first, for example by "
					     "removing a kernel that is no longer used",
					     folder, free_text, needed));
}

static guint64 size_of(const struct root *root, const char *path)
{
	struct statx info = { 0 };

	return root_stat(root, &info, NULL, "%s", path) ? info.stx_size : 0;
}

/* Images are made beside the old ones, one at a time. */
static gboolean is_images_ready(const struct root *root, gboolean growing, GError **error)
{
	g_auto(GStrv) versions = root_list(root, NULL, "usr/lib/modules");
	guint64 largest = 0;

	for (guint i = 0; versions != NULL && versions[i] != NULL; i++) {
		g_autofree char *path = product_image(root, versions[i]);

		if (path != NULL)
			largest = MAX(largest, size_of(root, path));
	}
	return is_mounted(root, "/boot", error) &&
	       has_room(root, "boot", growing ? largest + GROWTH : 0, error);
}

static gboolean is_grub_ready(const struct root *root, gboolean growing, GError **error)
{
	/* the new menu is written beside the old one, and has every entry twice */
	const guint64 bytes = MIB + 2 * size_of(root, "boot/grub/grub.cfg");

	return is_mounted(root, "/boot", error) &&
	       has_room(root, "boot/grub", growing ? bytes : 0, error);
}

/* What has no entry yet is copied to where the loader finds it; what has one may grow. */
static guint64 entry_room(const struct root *root, const char *version)
{
	g_autofree char *kernel = g_strconcat("boot/vmlinuz-", version, NULL);
	g_autofree char *image = product_image(root, version);
	g_autofree char *entry = product_entry(root, version, FALSE);

	if (!root_exists(root, "%s", kernel))
		return 0;
	if (entry != NULL)
		return GROWTH;
	return GROWTH + size_of(root, kernel) + (image == NULL ? 0 : size_of(root, image));
}

static gboolean is_kernel_install_ready(const struct root *root, gboolean growing, GError **error)
{
	static const char *const points[] = { "/boot", "/efi", "/boot/efi" };
	g_auto(GStrv) versions = root_list(root, NULL, "usr/lib/modules");
	const char *folder = product_entries(root);
	guint64 bytes = MIB;

	for (gsize i = 0; folder == NULL && i < G_N_ELEMENTS(points); i++) {
		if (!is_mounted(root, points[i], error))
			return FALSE;
	}
	/* whoever has changed the loader since has no entries to undo */
	if (folder == NULL && !growing)
		return TRUE;
	if (folder == NULL)
		return refuse(error,
			      g_strdup("the boot entries are in none of /boot, /efi and /boot/efi, "
				       "where a folder loader/entries should be; is the EFI system "
				       "partition mounted?"));
	for (guint i = 0; versions != NULL && versions[i] != NULL; i++)
		bytes += entry_room(root, versions[i]);
	return has_room(root, folder, growing ? bytes : 0, error);
}

static const struct {
	const char *name;
	gboolean (*is_ready)(const struct root *root, gboolean growing, GError **error);
} checks[] = {
	{ PRODUCT_INITRAMFS_TOOLS, is_images_ready },
	{ PRODUCT_DRACUT, is_images_ready },
	{ PRODUCT_GRUB, is_grub_ready },
	{ PRODUCT_KERNEL_INSTALL, is_kernel_install_ready },
};

gboolean product_is_ready(const struct root *root, const char *name, gboolean growing,
			  GError **error)
{
	for (gsize i = 0; i < G_N_ELEMENTS(checks); i++) {
		if (g_str_equal(checks[i].name, name))
			return checks[i].is_ready(root, growing, error);
	}
	return TRUE;
}
