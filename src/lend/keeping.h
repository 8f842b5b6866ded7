/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "guest/domain.h"
#include "guest/snapshot.h"
#include "guest/virt.h"

/*
 * A guest as its snapshots see it: where its firmware variables and its TPM's state are, and how
 * libvirt is told. What "snapshot" and "up" have in common.
 */
struct keeping {
	struct snapshot_guest guest;
	struct virt *virt;
	const struct domain_facts *facts;
	enum guest_state state;
	char *xml, *nvram, *tpm;
	char *restless; /* after copy_live(): why the file systems did not hold still; or NULL */
};

/* keeping_new - @virt and @facts stay the caller's and must outlive it */
struct keeping *keeping_new(struct virt *virt, const struct domain_facts *facts, GError **error);
void keeping_free(struct keeping *keeping);
AUTOPTR_DEFINE(keeping)

/**
 * keeping_settle - open the snapshots of a guest, with what died in the middle brought to an end
 *
 * Return: the store, or NULL with an error; see snapshot_settle().
 */
struct snapshot_store *keeping_settle(struct keeping *keeping, GError **error);

/**
 * keeping_settle_before_start - a guest that was on its way to a snapshot must get there first
 *
 * For root on the command line: hotseatd may not write to images. Does nothing for a guest that has
 * no snapshots, or cannot be asked about; whoever starts it will say why.
 */
gboolean keeping_settle_before_start(const char *guest, GError **error);

/**
 * keeping_hold - nobody changes the snapshots of a guest while it is being started
 * @store: gets them, opened, until the caller frees it; unchanged for a guest without snapshots
 *
 * For where libvirt cannot be asked, so nothing is settled here. Return: FALSE, and the guest must
 * not start: HOTSEAT_ERROR_REFUSED, it is half reverted; HOTSEAT_ERROR_BUSY, somebody is at it.
 */
gboolean keeping_hold(const struct domain_facts *facts, struct snapshot_store **store,
		      GError **error);
