/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <glib.h>

/*
 * The disk of an installed system on another bus. Windows starts from a bus only when its driver is
 * among those that are loaded first, which is so once a device of that kind has been there with the
 * driver installed (WN-11). So a small second disk comes first, on virtio; the system disk follows
 * when the guest was seen to drive the small one; and the small one goes when the system has
 * started from the new bus. Until then the way back is open.
 */

/* The helper's name to libvirt and QEMU, by which it is known again. */
#define DISK_BUS_HELPER "ua-hotseat-driver"

/**
 * disk_bus_add_helper - a second disk on virtio
 * @path: its image, qcow2
 *
 * Like the others here: returns newly allocated XML, or NULL with HOTSEAT_ERROR_UNREADABLE.
 */
char *disk_bus_add_helper(const char *xml, const char *path, GError **error);
char *disk_bus_drop_helper(const char *xml, GError **error);

/**
 * disk_bus_move - put the first disk that is not the helper on another bus
 * @bus: "virtio", "sata", "ide"
 *
 * Its place on the old bus goes, and what the new one does not have. HOTSEAT_ERROR_REFUSED without
 * a disk.
 */
char *disk_bus_move(const char *xml, const char *bus, GError **error);
