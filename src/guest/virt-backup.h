/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "guest/virt.h"

/* Copies of the disks of a running guest. A card that is lent does not matter to them (SN-09). */

/**
 * virt_backup - copy disks as they are at one instant, while the guest goes on
 * @targets:  "vda", …, NULL-terminated
 * @files:    to be made, one for each
 * @formats:  "qcow2", "raw", one for each
 * @quiesced: set to whether the guest's agent held its file systems still for that instant
 *
 * Blocks until all is copied. A quiet guest is let go on at once, whatever happens.
 */
gboolean virt_backup(struct virt *virt, const char *name, char **targets, char **files,
		     char **formats, gboolean *quiesced, GError **error);

/* virt_backup_abandon - end what a killed virt_backup() left going on, if anything */
void virt_backup_abandon(struct virt *virt, const char *name);
