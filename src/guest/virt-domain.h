/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "guest/libvirt.h"
#include "guest/virt.h"

/* For the files of this room that speak to libvirt, and no others. */

G_DEFINE_AUTOPTR_CLEANUP_FUNC(virDomain, libvirt.virDomainFree)

/* virt_find - a domain by its name; HOTSEAT_ERROR_ABSENT lists who there is */
virDomain *virt_find(struct virt *virt, const char *name, GError **error);

/* virt_set_error - libvirt's last error as one of ours, after what was tried */
void virt_set_error(GError **error, const char *what);
