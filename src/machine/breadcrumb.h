/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "core/autoptr.h"
#include "core/root.h"

/*
 * A line on the disk for as long as a driver is asked to let go of a device, or to take it back.
 * There are cards with which that hangs the whole machine; after the restart the line tells where.
 */
#define BREADCRUMB_FILE "breadcrumb"

struct breadcrumb {
	char *address; /* "0000:01:00.0" */
	char *driver;
	char *guest;
	char *boot; /* the kernel's id of the boot */
	int pid;
	guint64 started; /* start time of that process, in ticks since boot */
	gint64 time;     /* seconds since 1970 */
	gboolean back;   /* on the way back to the host */

	/* Filled by breadcrumb_read(). */
	gboolean same_boot, alive;
};

void breadcrumb_free(struct breadcrumb *breadcrumb);
AUTOPTR_DEFINE(breadcrumb)

/**
 * breadcrumb_read - the breadcrumb that lies below a root, in var/lib/hotseat
 *
 * Return: new, or NULL with HOTSEAT_ERROR_ABSENT (all is well), _DENIED or _UNREADABLE.
 */
struct breadcrumb *breadcrumb_read(const struct root *root, GError **error);

/* breadcrumb_format - the line, with its line feed */
char *breadcrumb_format(const struct breadcrumb *breadcrumb);

/* breadcrumb_describe - a sentence: what was going on, and what became of it; newly allocated */
char *breadcrumb_describe(const struct breadcrumb *breadcrumb);

/* process_started - start time of a process in clock ticks since boot, 0 if there is none */
guint64 process_started(const struct root *root, int pid);
