/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "core/root.h"

/**
 * scrub_tree - replace what tells one machine or its users from others
 * @root: the machine that it was read from: its users, host name and serial numbers are looked up
 * @tree: what was read
 *
 * Return: the same tree without them, new.
 */
struct tree *scrub_tree(const struct root *root, struct tree *tree);

/**
 * scrub_text_of - the same for a single text
 * @path: of the file that it is from, or like: "proc/cmdline" keeps what is about devices
 */
char *scrub_text_of(const struct root *root, const char *path, const char *text);
