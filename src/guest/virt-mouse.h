/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "guest/virt.h"

/**
 * virt_mouse_is_live - does the guest drive its virtio mouse, as it runs now?
 *
 * QEMU puts the pointing device first whose driver has started, and says which that is (query-mice,
 * ui/input.c). libvirt notes in its log that QEMU was spoken to directly.
 *
 * Return: FALSE, with what libvirt said, for a guest that does not run.
 */
gboolean virt_mouse_is_live(struct virt *virt, const char *name, gboolean *live, GError **error);

/* virt_mouse_parse - of QEMU's answer */
gboolean virt_mouse_parse(const char *answer, gboolean *live, GError **error);
