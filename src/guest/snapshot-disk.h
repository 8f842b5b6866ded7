/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "core/autoptr.h"
#include "core/error.h"

/* One disk of a snapshot: which image, and how and where its state is kept. */
enum snapshot_way {
	SNAPSHOT_COPY,     /* a file beside the image */
	SNAPSHOT_INTERNAL, /* inside the qcow2 image, under a tag */
};

struct snapshot_disk {
	char *target; /* "vda" */
	char *path;   /* of the image */
	char *format; /* "qcow2", "raw" */
	enum snapshot_way way;
	char *kept; /* path of the copy, or tag */
};

void snapshot_disk_free(struct snapshot_disk *disk);

/**
 * snapshot_disks_read - the disks of a definition that a snapshot has to keep
 * @live: the guest runs, so nothing can be kept inside an image
 *
 * Media are left out: nobody writes to them.
 * Return: array of struct snapshot_disk, or NULL with HOTSEAT_ERROR_REFUSED for a disk that cannot
 * be kept, and why.
 */
GPtrArray *snapshot_disks_read(const char *xml, const char *name, gboolean live, GError **error);

enum snapshot_copying {
	SNAPSHOT_KEEPING,
	SNAPSHOT_KEEPING_LIVE, /* by QEMU, of a guest that runs */
	SNAPSHOT_GOING_BACK,
};

/**
 * snapshot_disks_check_room - is there room for all the copies that will be made?
 *
 * Full copies are refused before they fill the disk that the host, or another guest, runs from.
 */
gboolean snapshot_disks_check_room(const GPtrArray *disks, enum snapshot_copying copying,
				   GError **error);

/* snapshot_disk_check_idle - HOTSEAT_ERROR_BUSY if another program has the image open for writing
 */
gboolean snapshot_disk_check_idle(const struct snapshot_disk *disk, GError **error);

/* One disk each. They may be repeated after a kill; the image must not be in use. */
gboolean snapshot_disk_keep(const struct snapshot_disk *disk, GError **error);
gboolean snapshot_disk_revert(const struct snapshot_disk *disk, GError **error);
gboolean snapshot_disk_forget(const struct snapshot_disk *disk, GError **error);

/* snapshot_disk_is_kept - is what was kept still there? */
gboolean snapshot_disk_is_kept(const struct snapshot_disk *disk);

/* snapshot_disk_mend - make an image sound after qemu-img was killed in it */
gboolean snapshot_disk_mend(const struct snapshot_disk *disk, GError **error);
