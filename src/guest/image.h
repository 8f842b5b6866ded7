/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "core/error.h"

/**
 * image_format - what a disk image really is: "qcow2" or "raw"
 *
 * Decided by the first four bytes, never by the name: libvirt does not probe, and a qcow2 file
 * given to a guest as raw is destroyed by its first write (ST-01). Block devices are raw.
 *
 * Return: a constant, or NULL with HOTSEAT_ERROR_ABSENT or HOTSEAT_ERROR_DENIED.
 */
const char *image_format(const char *path, GError **error);

/**
 * image_check_reachable - can QEMU, which runs as a user of its own, get at this file? (ST-09)
 *
 * Looks at the folders above it: each must let others search it. Return: TRUE, or FALSE with
 * HOTSEAT_ERROR_REFUSED naming the folder that is in the way. Files that libvirt keeps for itself
 * under /var/lib/libvirt are fine.
 */
gboolean image_check_reachable(const char *path, GError **error);

/**
 * image_needs_cache - is an image better read and written through the host's page cache? (ST-04)
 *
 * TRUE where the file system cannot go past its cache (O_DIRECT is refused) or should not: ZFS, and
 * btrfs, whose checksums fail when a guest changes a page that is on its way.
 */
gboolean image_needs_cache(const char *path);

/* image_volume_label - the label of an ISO 9660 image, newly allocated; NULL: it is none */
char *image_volume_label(const char *path);
