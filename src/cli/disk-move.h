/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "guest/domain.h"
#include "guest/virt.h"

/*
 * An installed system's disk on its way to another bus, one "set disk-bus=" at a time: first a
 * small disk on virtio beside it, then the disk itself, then without the small one; or back
 * (guest/disk-bus.h says why).
 */
struct disk_move {
	const char *bus; /* of the system's disk; NULL: it has none */
	gboolean helper; /* the small disk is there */
	char *image;     /* of one that was made for this */
};

/**
 * disk_move_step - what comes next on the way to @bus; nothing if it is there
 *
 * HOTSEAT_ERROR_USAGE for a bus that is none, HOTSEAT_ERROR_REFUSED where there is no safe way.
 */
gboolean disk_move_step(struct disk_move *move, const char *bus, GError **error);

/* disk_move_show - "sata and a small disk on virtio", newly allocated */
char *disk_move_show(const struct disk_move *move);

/**
 * disk_move_check - may this step be done now?
 * @seen: the user has seen the small disk in the guest's system
 *
 * The system's disk follows only when the guest runs, its agent answers and QEMU says that the
 * small disk is driven; or when the guest is off and @seen. HOTSEAT_ERROR_REFUSED with what to do.
 */
gboolean disk_move_check(struct virt *virt, const struct domain_facts *facts,
			 const struct disk_move *move, gboolean seen, GError **error);

/* disk_move_edit - make the small disk's image if it is needed, and change the definition */
char *disk_move_edit(struct virt *virt, const char *xml, const struct domain_facts *facts,
		     struct disk_move *move, gboolean dry_run, GError **error);

/* disk_move_undo - the definition was not taken: nothing that was made for it stays */
void disk_move_undo(struct virt *virt, struct disk_move *move);

/* disk_move_finish - it was taken: what stands about is cleared away, and what comes next is said
 */
void disk_move_finish(struct virt *virt, const struct domain_facts *facts,
		      const struct disk_move *move);
