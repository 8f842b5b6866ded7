/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "core/autoptr.h"

#include <glib.h>

/* The kernel's log from now on, by /dev/kmsg (Linux Documentation/ABI/testing/dev-kmsg). */
struct kmsg;

struct kmsg_line {
	int level; /* 0 to 7; 4 and less are warnings and worse */
	char *text;
};

/**
 * kmsg_open - what is said before this is passed over
 * @path: "/dev/kmsg"
 *
 * HOTSEAT_ERROR_DENIED where only root may read it.
 */
struct kmsg *kmsg_open(const char *path, GError **error);
void kmsg_free(struct kmsg *kmsg);
AUTOPTR_DEFINE(kmsg)

/* kmsg_read - lines that came since the last call; array of struct kmsg_line */
GPtrArray *kmsg_read(struct kmsg *kmsg);

/* kmsg_parse - a record of /dev/kmsg; NULL if it makes no sense */
struct kmsg_line *kmsg_parse(const char *record);
void kmsg_line_free(gpointer line);
