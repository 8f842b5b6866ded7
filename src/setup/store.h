/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "core/autoptr.h"
#include "core/root.h"

/*
 * Files under /etc as setup reads and replaces them: whole, with owner, mode and extended
 * attributes (ACLs, SELinux's label), and never half written. A replacement is written beside the
 * file, fsynced, and renamed over it; then the folder is fsynced. So after a power cut there is
 * the old file or the new one.
 *
 * Every path is below the root, without a leading slash.
 */
struct store_file {
	GBytes *bytes; /* NULL: there is no such file */
	guint mode, uid, gid;
	char **attributes; /* name, value in base64, ... ; NULL: none */
};

void store_file_clear(struct store_file *file);
#define auto_store_file __attribute__((cleanup(store_file_clear))) struct store_file

/**
 * store_read - a file with all that setup would have to put back
 *
 * No such file, or no such folder, is an answer: bytes are NULL then. HOTSEAT_ERROR_REFUSED for
 * what is no ordinary file: a symbolic link has its own keeper, and renaming over it would cut it
 * off from that.
 */
gboolean store_read(const struct root *root, const char *path, struct store_file *file,
		    GError **error);

/* store_replace - make or replace a file; its folder must be there */
gboolean store_replace(const struct root *root, const char *path, const struct store_file *file,
		       GError **error);

/* store_remove - remove a file, if there is one */
gboolean store_remove(const struct root *root, const char *path, GError **error);

/* store_clean - remove what a replacement that was killed left beside the file */
gboolean store_clean(const struct root *root, const char *path, GError **error);

/* store_beside - where a replacement is written before it is renamed; a new path */
char *store_beside(const char *path);

/* store_take_beside - what a program has written and synced there takes the file's place; fine if
 * there is nothing */
gboolean store_take_beside(const struct root *root, const char *path, GError **error);

/* store_make_folder - one folder, whose parent is there; fine if it exists */
gboolean store_make_folder(const struct root *root, const char *path, GError **error);

/* store_remove_folder - if it is empty; fine if it is not, or is not there */
gboolean store_remove_folder(const struct root *root, const char *path, GError **error);

/* store_sum - SHA-256 of bytes, in hexadecimal digits */
char *store_sum(GBytes *bytes);
