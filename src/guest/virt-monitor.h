/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "guest/virt.h"

/**
 * virt_monitor_ask - a question to the QEMU of a running guest
 * @order: QMP
 * @what:  what cannot be done if it fails, for people
 *
 * libvirt notes in its log that QEMU was spoken to directly. Return: the answer's text, or NULL,
 * with what libvirt said, also for a guest that does not run.
 */
char *virt_monitor_ask(struct virt *virt, const char *name, const char *order, const char *what,
		       GError **error);
