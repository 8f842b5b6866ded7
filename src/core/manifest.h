/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "core/tree.h"

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
 * other C escapes are what they are in C, in paths too. Folders above a file are made. A later line
 * for the same path replaces the earlier. Long values go on in lines of their own, after a bar and
 *a blank, so do those of "hex":
 *
 *	proc/meminfo =
 *	| MemTotal:       32768000 kB
 *	| MemFree:        16384000 kB
 *	proc/config.gz gzip =
 *	| CONFIG_VFIO=m
 *
 * Recordings also say what is no file's content, and what was not read or could not be:
 *
 *	sys/firmware/efi lists efivars/ fw_platform_size
 *	run/libvirt/libvirt-sock is socket 777
 *	dev/dri/card0 is char 660 226:0
 *	proc/1/fd fails EACCES
 *	boot/initrd.img-6.12 changed 1763800000
 *
 * "lists" names what is there beside what has lines of its own, folders with a slash. "is" gives
 * type, permissions and the number of a device. Both make things that are there but were not read.
 * "fails" makes nothing; reading or listing the path has this result. "changed" is when a file was
 * written, in seconds since 1970, and comes after its content.
 */

/* The first line of a manifest that "hotseat record" wrote. */
#define MANIFEST_HEADER "# hotseat recording 1"

/**
 * manifest_unpack - make the tree that a manifest describes
 * @text:   from anywhere, so nothing in it is trusted: paths are relative and have no "..", and no
 *          link that it makes is followed while writing
 * @folder: descriptor of the folder to make it in
 * @notes:  gets mode, device and failure of paths where files do not have the answer; NULL: "fails"
 *          is a mistake then, and of "is" only permissions are kept
 *
 * Return: TRUE, or FALSE with HOTSEAT_ERROR_UNREADABLE naming the line; what was made until then
 * stays for the caller to remove.
 */
gboolean manifest_unpack(const char *text, int folder, struct tree *notes, GError **error);

/**
 * manifest_write - the manifest of a tree
 * @tree:  stays the caller's; folders that get lines are added to it
 * @group: name of the group of lines that a path belongs to, new, or NULL; where it changes come an
 *         empty line and a comment with it
 *
 * Return: new text, which manifest_unpack() makes the same tree of.
 */
char *manifest_write(struct tree *tree, char *(*group)(const char *path));

/* manifest_remove_tree - remove a folder and everything in it, without following links */
gboolean manifest_remove_tree(const char *path);
