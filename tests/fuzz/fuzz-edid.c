/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "core/root.h"
#include "folder.h"
#include "fuzz.h"
#include "machine/edid.h"
#include "machine/recording.h"

/* A monitor's EDID, and what a recording keeps of it: all but who this monitor is. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	autoptr(edid) edid = edid_parse(data, size);
	autoptr(tree) tree = tree_new();
	struct tree_entry *entry = tree_need(tree, "sys/edid");
	g_autofree char *preferred = edid == NULL ? NULL : edid_format_mode(&edid->preferred);
	g_autofree char *best = edid == NULL ? NULL : edid_format_mode(&edid->best);
	g_autofree char *recording = NULL;
	autoptr(root) root = root_open(folder_fresh(), NULL);

	entry->data = g_bytes_new(data, size);
	entry->there = TRUE;
	recording = recording_write(root, tree);
	g_assert_nonnull(recording);
	g_assert_true(preferred == NULL || edid->preferred.width > 0);
	g_assert_true(best == NULL || edid->best.width > 0);
	return 0;
}
