/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "guest/snapshot-disk.h"
#include "guest/snapshot.h"

/* What a snapshot consists of, and its manifest: a key file that says what there is and where. */
struct snapshot_content {
	struct snapshot *about;
	GPtrArray *disks;  /* struct snapshot_disk */
	char *nvram, *tpm; /* where they belong; NULL: not part of it */
	gboolean had_nvram, had_tpm;
};

void snapshot_content_free(struct snapshot_content *content);
AUTOPTR_DEFINE(snapshot_content)

/* snapshot_content_load - from a manifest; HOTSEAT_ERROR_UNREADABLE if it makes no sense */
struct snapshot_content *snapshot_content_load(const char *path, const char *name, GError **error);

/* snapshot_content_format - the text of its manifest */
char *snapshot_content_format(const struct snapshot_content *content);
