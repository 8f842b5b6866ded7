/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <glib.h>

/*
 * A folder tree as one text that can be read, reviewed and mailed:
 *
 *	# a comment
 *	dir sys/kernel/iommu_groups
 *	sys/bus/pci/devices/0000:00:02.0 -> ../../../devices/pci0000:00/0000:00:02.0
 *	sys/devices/pci0000:00/0000:00:02.0/vendor = 0x8086
 *	sys/devices/pci0000:00/0000:00:02.0/config hex 86 80 5c 46
 *
 * A value gets a line feed at its end, as sysfs writes them; "\n" in a value is a line feed, and
 * other C escapes are what they are in C. Folders above a file are made. A later line for the same
 * path replaces the earlier.
 */

/* The first line of a manifest that "hotseat record" wrote. */
#define MANIFEST_HEADER "# hotseat recording 1"

/**
 * manifest_unpack - make the tree that a manifest describes
 * @text:   from anywhere, so nothing in it is trusted: paths are relative and have no "..", and no
 *          link that it makes is followed while writing
 * @folder: descriptor of the folder to make it in
 *
 * Return: TRUE, or FALSE with HOTSEAT_ERROR_UNREADABLE naming the line; what was made until then
 * stays for the caller to remove.
 */
gboolean manifest_unpack(const char *text, int folder, GError **error);

/* manifest_remove_tree - remove a folder and everything in it, without following links */
gboolean manifest_remove_tree(const char *path);
