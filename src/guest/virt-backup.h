/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "guest/virt.h"

/* Copies of the disks of a running guest. A card that is lent does not matter to them (SN-09). */

/**
 * virt_backup_begin - have disks copied as they are at one instant, while the guest goes on
 * @targets: "vda", …, NULL-terminated
 * @files:   to be made, one for each; must not exist
 * @formats: "qcow2", "raw", one for each
 *
 * What is copied is what the disks hold when this returns, whatever is written to them later.
 */
gboolean virt_backup_begin(struct virt *virt, const char *name, char **targets, char **files,
			   char **formats, GError **error);

/* virt_backup_wait - until all of it is copied; FALSE if it was not, with QEMU's reason */
gboolean virt_backup_wait(struct virt *virt, const char *name, GError **error);

/* virt_backup_abandon - end what somebody who was killed had begun, if anything */
void virt_backup_abandon(struct virt *virt, const char *name);
