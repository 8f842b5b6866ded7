/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "fix/fix.h"
#include "guest/virt.h"
#include "plan/plan.h"

/*
 * A domain from elsewhere as a guest of ours: what makes it the installation that it is (disks and
 * their buses, firmware or BIOS, uuid, MAC addresses, clock) is kept; what belongs to the other
 * machine (card, pinning, paths, inputs, sound) is taken out and chosen anew; and each thing that
 * could not be carried over is said.
 */
struct import_wish {
	const char *name; /* NULL: its own */
	const struct machine *machine;
	const struct virt_capabilities *capabilities;
	const struct schema *schema; /* NULL: the form is not checked */
	const char *disk;            /* in place of its first disk; NULL: its own */
	char **isos;                 /* media to attach; may be NULL */
};

/* What is to be planned for before it can be made. */
struct foreign {
	struct document *document; /* well-formed, mended by what needs no asking */
	char *text;
	char *name;
	guint vcpus;
	guint64 memory_kib;
	gboolean windows;
	GPtrArray *notes; /* char *: sentences about what was lost or left out */
};

/**
 * foreign_read - read a domain from elsewhere, damaged or not
 *
 * Return: what it is, or NULL with HOTSEAT_ERROR_UNREADABLE if there is no domain in it.
 */
struct foreign *foreign_read(const char *text, gsize length, GError **error);
void foreign_free(struct foreign *foreign);
AUTOPTR_DEFINE(foreign)

/**
 * import_make - the XML of a guest of ours
 * @plan: for its vcpus and memory; with a card
 *
 * Adds notes to @foreign. Return: XML to define, or NULL with HOTSEAT_ERROR_REFUSED.
 */
char *import_make(struct foreign *foreign, const struct import_wish *wish, const struct plan *plan,
		  GError **error);
