/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "core/autoptr.h"
#include "core/error.h"

/*
 * A guest at one point in time under one name: disks, firmware variables, TPM state, definition.
 * Of a guest that is off, all of it; of one that runs, the disks alone.
 *
 * The way of keeping a disk is chosen by what is there. Where the file system can share blocks
 * (btrfs, XFS), a copy beside the image: made at once, in any format. Elsewhere a qcow2 image
 * keeps the point inside (qemu-img snapshot): at once too, and its file is the only one to look
 * after. What is left, a raw image on such a file system, is copied in full, if there is room. Not
 * used: overlays, which grow into chains, change the path of the disk, and need hours to be
 * undone; and libvirt's own snapshots, which leave out variables and TPM (SN-03, SN-06), cannot be
 * reverted or deleted by some versions (SN-03, SN-04), and of running guests only make overlays.
 *
 * Going back to a copy does not take away what an image keeps inside: then the copy is poured into
 * the image rather than put in its place.
 *
 * Killed at any instant, the guest is in one of two states. A snapshot is there when its manifest
 * is; that is written first under another name, with all that is to be made, so that what a kill
 * leaves behind is known and removed. A revert is noted before it begins and is repeated to its
 * end, as each part of it may be.
 */
struct snapshot_store;

/* Of the guest whose snapshots these are; all stays the caller's. */
struct snapshot_guest {
	const char *name, *uuid;
	const char *xml;   /* its definition, as libvirt keeps it */
	const char *nvram; /* file of its firmware variables; NULL: it has none */
	const char *tpm;   /* folder of its TPM's state; NULL: it has none */

	/* define - make @xml its definition again */
	gboolean (*define)(const char *xml, void *data, GError **error);

	/**
	 * copy_live - copy the disks while it runs; NULL: it is off
	 * @targets, @copies: "vda", …, and files to make; NULL-terminated
	 * @formats: "qcow2", "raw"
	 * @quiesced: set to whether its file systems held still, by its agent
	 */
	gboolean (*copy_live)(char **targets, char **copies, char **formats, gboolean *quiesced,
			      void *data, GError **error);
	void *data;
};

struct snapshot {
	char *name;
	gint64 created;    /* seconds since 1970 */
	gboolean live;     /* disks alone, of a running guest */
	gboolean quiesced; /* its file systems held still */
	char **disks;      /* paths of the images */
	gboolean internal; /* some disk keeps it inside its image */
};

void snapshot_free(struct snapshot *snapshot);
AUTOPTR_DEFINE(snapshot)

/* snapshot_name_check - may a snapshot be called so? Else HOTSEAT_ERROR_USAGE */
gboolean snapshot_name_check(const char *name, GError **error);

#define SNAPSHOT_BASE "/var/lib/hotseat/snapshots"

/**
 * snapshot_store_open - the snapshots of one guest, for us alone
 * @base: SNAPSHOT_BASE; other folders are for tests
 *
 * Return: new, or NULL with HOTSEAT_ERROR_BUSY if another process has it open, or
 * HOTSEAT_ERROR_DENIED.
 */
struct snapshot_store *snapshot_store_open(const char *base, const char *uuid, GError **error);
void snapshot_store_free(struct snapshot_store *store);
AUTOPTR_DEFINE(snapshot_store)

/* snapshot_is_reverting - did something die on the way back? Then the guest must not be started. */
gboolean snapshot_is_reverting(const struct snapshot_store *store);

/* snapshot_needs_settling - did something die here in the middle? */
gboolean snapshot_needs_settling(const struct snapshot_store *store);

/**
 * snapshot_settle - finish what something died in the middle of
 *
 * A revert is brought to its end, which needs the guest to be off; of half a snapshot nothing
 * stays, but what is inside the image of a guest that runs by now. To be called before the guest is
 * started and before any of the functions below.
 */
gboolean snapshot_settle(struct snapshot_store *store, const struct snapshot_guest *guest,
			 GError **error);

/* snapshot_list - array of struct snapshot, oldest first */
GPtrArray *snapshot_list(const struct snapshot_store *store, GError **error);

/**
 * snapshot_create - keep the guest as it is now
 *
 * HOTSEAT_ERROR_USAGE for a name that is none; HOTSEAT_ERROR_REFUSED: there is one of this name, a
 * disk is a block device or shared, or there is not enough room; HOTSEAT_ERROR_BUSY: an image is in
 * use.
 */
gboolean snapshot_create(struct snapshot_store *store, const struct snapshot_guest *guest,
			 const char *name, GError **error);

/**
 * snapshot_revert - make the guest what it was; it must be off
 *
 * What it is now is lost. HOTSEAT_ERROR_ABSENT if there is no such snapshot, or part of it is gone;
 * HOTSEAT_ERROR_BUSY and HOTSEAT_ERROR_REFUSED as above.
 */
gboolean snapshot_revert(struct snapshot_store *store, const struct snapshot_guest *guest,
			 const char *name, GError **error);

/* snapshot_delete - forget one; the guest must be off if it is kept inside its images */
gboolean snapshot_delete(struct snapshot_store *store, const char *name, GError **error);
