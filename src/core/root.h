/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <gio/gio.h>
#include <sys/stat.h>

#include "core/autoptr.h"
#include "core/tree.h"

/*
 * A root folder: something that holds sys/, proc/, etc/ and so on. The live machine is "/"; a
 * folder stands in for a machine that we never see. Paths are relative, without a leading slash.
 * Under any root but the live one symbolic links cannot lead outside (openat2, RESOLVE_IN_ROOT),
 * so a stranger's folder cannot make us read this machine by mistake or malice.
 *
 * Errors: HOTSEAT_ERROR_ABSENT for what is not there, HOTSEAT_ERROR_DENIED for what this user may
 * not read, HOTSEAT_ERROR_UNREADABLE for the rest. Callers that only want a fact pass NULL.
 */
struct root;

/**
 * root_open - open a root folder
 * @path: folder, or a recording (core/manifest.h), which is unpacked to a temporary folder; "/" is
 *        the live machine
 *
 * Return: a new root, to be freed with root_free(), or NULL with @error set.
 */
struct root *root_open(const char *path, GError **error);

/**
 * root_enter - open a folder below a root as a root of its own
 *
 * For reading many files of one device: the kernel then walks the long path once. Links that are
 * followed from there are confined to the folder, except below the live root. @root must outlive
 * what was entered.
 */
struct root *root_enter(const struct root *root, GError **error, const char *format, ...)
	G_GNUC_PRINTF(3, 4);

void root_free(struct root *root);
AUTOPTR_DEFINE(root)

/* root_is_live - TRUE for the machine that we run on */
gboolean root_is_live(const struct root *root);

/* root_path - where the root is, for messages; "/" for the live machine */
const char *root_path(const struct root *root);

/* root_fd - descriptor of the folder, for libraries that want one; stays owned by the root */
int root_fd(const struct root *root);

/**
 * root_read - the text of a file, up to 4 MiB, without trailing white space
 *
 * Return: newly allocated text, always valid as a C string (embedded NULs become line feeds, as
 * /proc/PID/cmdline needs), or NULL.
 */
char *root_read(const struct root *root, GError **error, const char *format, ...)
	G_GNUC_PRINTF(3, 4);

/**
 * root_read_attribute - root_read() for an attribute of sysfs
 *
 * These are at most a page and come in one read (Documentation/filesystems/sysfs.rst), so that the
 * end is not looked for. Not for /proc, whose files come in pieces.
 */
char *root_read_attribute(const struct root *root, GError **error, const char *format, ...)
	G_GNUC_PRINTF(3, 4);

/* root_read_bytes - the first @max bytes of a file, binary */
GBytes *root_read_bytes(const struct root *root, gsize max, GError **error, const char *format, ...)
	G_GNUC_PRINTF(4, 5);

/**
 * root_read_number - a whole file that is one unsigned number
 * @base: as strtoull(); 0 takes 0x prefixes
 *
 * Return: TRUE with @number set; HOTSEAT_ERROR_UNREADABLE if there is anything but a number.
 */
gboolean root_read_number(const struct root *root, int base, guint64 *number, GError **error,
			  const char *format, ...) G_GNUC_PRINTF(5, 6);

/* root_read_link - last component of a symbolic link's target, such as the name of a driver */
char *root_read_link(const struct root *root, GError **error, const char *format, ...)
	G_GNUC_PRINTF(3, 4);

/* root_read_link_target - the whole target of a symbolic link, as written in it */
char *root_read_link_target(const struct root *root, GError **error, const char *format, ...)
	G_GNUC_PRINTF(3, 4);

/**
 * root_list - names in a folder, without "." and "..", in natural order (2 before 10)
 *
 * Return: a NULL-terminated array for g_strfreev(), or NULL.
 */
char **root_list(const struct root *root, GError **error, const char *format, ...)
	G_GNUC_PRINTF(3, 4);

/* root_exists - TRUE if something is there, links followed, whether or not it can be read */
gboolean root_exists(const struct root *root, const char *format, ...) G_GNUC_PRINTF(2, 3);

/**
 * root_stat - type, permissions, size, inode, time of change and device number of what is there,
 * links followed
 *
 * Never waits for a network file system: what /proc/PID/fd points to may be on one that hangs.
 */
gboolean root_stat(const struct root *root, struct statx *info, GError **error, const char *format,
		   ...) G_GNUC_PRINTF(4, 5);

/* root_changed - when the content of a plain file was written, in seconds since 1970; 0: not known
 */
gint64 root_changed(const struct root *root, const char *format, ...) G_GNUC_PRINTF(2, 3);

/**
 * root_trace - note from now on all that is read, listed or looked at, and what came of it
 * @root:  from root_open(); what is read through roots that are entered from it counts too
 * @trace: stays the caller's and must outlive the root; several roots may share one; NULL: no more
 *
 * Reading gets slower by several times.
 */
void root_trace(struct root *root, struct tree *trace);
