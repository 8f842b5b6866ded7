/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "folder.h"

#include <glib.h>
#include <glib/gstdio.h>

#include "core/manifest.h"

static char path[] = "/dev/shm/hotseat-fuzz-XXXXXX";

static void remove_folder(void)
{
	(void)manifest_remove_tree(path); /* at exit, with nobody to tell */
}

const char *folder_fresh(void)
{
	static gboolean made;

	if (!made) {
		g_assert_nonnull(g_mkdtemp(path));
		made = TRUE;
		(void)atexit(remove_folder);
		return path;
	}
	g_assert_true(manifest_remove_tree(path));
	g_assert_cmpint(g_mkdir(path, 0700), ==, 0);
	return path;
}
