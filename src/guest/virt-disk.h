/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "guest/virt.h"

/**
 * virt_disk_is_driven - has something in the guest a driver for its helper disk (disk-bus.h)?
 *
 * QEMU says of each virtio device how far its driver has come (x-query-virtio-status, from 7.2 on).
 * Firmware has such a driver too: whether a system runs is another question.
 *
 * Return: FALSE, with what libvirt said, for a guest that does not run, or has no such disk yet.
 */
gboolean virt_disk_is_driven(struct virt *virt, const char *name, gboolean *driven, GError **error);

/* virt_disk_parse - of QEMU's answer */
gboolean virt_disk_parse(const char *answer, gboolean *driven, GError **error);
