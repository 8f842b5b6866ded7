/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "core/root.h"

/*
 * A recording is what the readers read of a machine, and nothing else: they run below a root that
 * notes it (root_trace()), and what was noted becomes a text (core/manifest.h). So a new reader is
 * recorded without a line of code here. What was absent or could not be read is so in the
 * recording.
 */

/**
 * recording_add_files - note the files that libraries read past the root
 * @plain:  the machine
 * @traced: the same once more; is traced from now on
 */
void recording_add_files(const struct root *plain, struct root *traced, struct tree *trace);

/**
 * recording_write - the text of a recording
 * @root:  the machine, to learn what names to keep quiet about
 * @trace: what was read; it is emptied of what is nobody's business
 *
 * Left out: files that processes have open, other than devices. Replaced: serial numbers, MAC
 * addresses, UUIDs, names of users and of the host, and values on the kernel command line that
 * could be secret. The same thing gets the same replacement everywhere, so that links still lead
 * where they led, and twins stay apart.
 *
 * Return: new text, for root_open() to read again.
 */
char *recording_write(const struct root *root, struct tree *trace);
