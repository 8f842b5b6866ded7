/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "core/root.h"

/*
 * The host as the steps of a handover see it: a root to read from, and the only way to write to
 * it. Tests put a model of the kernel behind write(), that reacts to bind, unbind, driver_override
 * and drivers_probe as the kernel does and can refuse any write.
 */
struct host {
	struct root *root;
	char *run_dir; /* where runtime journals live: "/run/hotseat" */

	/**
	 * write - write a value to an existing file below the root, in one write()
	 *
	 * Blocks as long as the kernel does. Errors as hotseat_error_set_errno().
	 */
	gboolean (*write)(struct host *host, const char *path, const char *value, GError **error);

	/**
	 * group_busy - is this IOMMU group open in some process, so that a guest has it?
	 *
	 * Return: FALSE only if it certainly is not: where it cannot be told, it counts as busy.
	 */
	gboolean (*group_busy)(struct host *host, const char *group);

	/* load_module - load a kernel module and wait until that is done, as modprobe does */
	gboolean (*load_module)(struct host *host, const char *module, GError **error);

	/* pause - sleep between two looks at something that we wait for */
	void (*pause)(struct host *host, guint milliseconds);

	void *model; /* the test's own */
};

/* host_new_live - the machine that we run on; journals in /run/hotseat */
struct host *host_new_live(GError **error);
void host_free(struct host *host);
AUTOPTR_DEFINE(host)
