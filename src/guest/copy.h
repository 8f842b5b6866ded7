/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "core/error.h"

/*
 * Copies of what a guest consists of, with owner and permissions, that are on the disk when the
 * call returns. A copy never stands half-made under its final name: what is replaced is replaced
 * by a rename. Links are not followed: of some folders the owner is QEMU's or swtpm's user.
 */

/* copy_can_clone - can the file system share the blocks of a copy beside this file? (FICLONE) */
gboolean copy_can_clone(const char *path);

/**
 * copy_file - a copy of a file that does not exist yet
 *
 * Shares blocks where the file system can, and leaves holes as holes.
 * Return: TRUE, or FALSE with nothing left of it, except after a kill.
 */
gboolean copy_file(const char *from, const char *to, GError **error);

/* copy_tree - the same for a folder of files and folders; others in it are left out */
gboolean copy_tree(const char *from, const char *to, GError **error);

/**
 * copy_back_file - put a copy in the place of a file, at once
 * @from: NULL: there was none then, so there is to be none
 *
 * May be repeated after a kill. The same for a folder.
 */
gboolean copy_back_file(const char *from, const char *to, GError **error);
gboolean copy_back_tree(const char *from, const char *to, GError **error);

/* copy_remove - remove a file; TRUE if there is none */
gboolean copy_remove(const char *path, GError **error);

/* copy_sync_folder - make sure that names in the folder of this path are on the disk */
gboolean copy_sync_folder(const char *path, GError **error);
