/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "core/root.h"

/*
 * The host as the steps of a handover see it: a root to read from, and the only ways to change it.
 * Tests put a model of the kernel behind these, that reacts as the kernel and systemd do and can
 * refuse any change.
 */
struct host {
	struct root *root;
	char *run_dir;   /* where runtime journals live: "/run/hotseat" */
	char *state_dir; /* where the breadcrumb lies: "/var/lib/hotseat"; NULL: none is kept */
	guint patience;  /* seconds that a driver has to let go of a device */

	/*
	 * The locks of the guest's journal and of the machine's that are held now, or -1. Whoever
	 * acts for us keeps them until it has ended, should we be killed before: see
	 * write_device() and run().
	 */
	int lock, machine_lock;
	GPtrArray *stuck; /* addresses of devices that a write of ours still hangs on */

	/**
	 * write - write a value to an existing file below the root, in one write()
	 *
	 * Blocks as long as the kernel does. Errors as hotseat_error_set_errno().
	 */
	gboolean (*write)(struct host *host, const char *path, const char *value, GError **error);

	/**
	 * write_device - write() where a driver has to agree, and may never answer (UB-01)
	 *
	 * Another process writes. If the kernel has not answered in time, the error is
	 * HOTSEAT_ERROR_BUSY, that process is left to its fate with a copy of the lock, and
	 * nothing that has to do with this device may be tried: the kernel holds the device's own
	 * lock, and whoever asks for it waits too, even by reading driver_override (Linux
	 * drivers/pci/pci-sysfs.c, driver_override_show).
	 */
	gboolean (*write_device)(struct host *host, const char *address, const char *path,
				 const char *value, GError **error);

	/**
	 * group_busy - is this IOMMU group open in some process, so that a guest has it?
	 *
	 * Return: FALSE only if it certainly is not: where it cannot be told, it counts as busy.
	 */
	gboolean (*group_busy)(struct host *host, const char *group);

	/**
	 * load_module - load a kernel module and wait until that is done, as modprobe does
	 * @parameters: "modeset=Y fbdev=Y", or empty
	 */
	gboolean (*load_module)(struct host *host, const char *module, const char *parameters,
				GError **error);

	/* unload_module - take a module out that nobody uses; HOTSEAT_ERROR_BUSY if somebody does
	 */
	gboolean (*unload_module)(struct host *host, const char *module, GError **error);

	/**
	 * run - run a command and wait for its end; it keeps our locks
	 * @argv:    NULL-terminated; argv[0] is a path
	 * @seconds: after which it is killed, and has failed
	 */
	gboolean (*run)(struct host *host, const char *const *argv, guint seconds, GError **error);

	/* remove - remove a file below the root; one that is not there is no error */
	gboolean (*remove)(struct host *host, const char *path, GError **error);

	/**
	 * power_profiles - a property of power-profiles-daemon; see profiles.h for who asks
	 * @property: "Profiles", "ActiveProfileHolds"
	 *
	 * Return: its dictionaries, of type aa{sv}; NULL if there is no answer.
	 */
	GVariant *(*power_profiles)(struct host *host, const char *property);

	/* pause - sleep between two looks at something that we wait for */
	void (*pause)(struct host *host, guint milliseconds);

	void *live;  /* of the machine that we run on */
	void *model; /* the test's own */
};

/* host_new_live - the machine that we run on; journals in /run/hotseat */
struct host *host_new_live(GError **error);
void host_free(struct host *host);
AUTOPTR_DEFINE(host)

/* host_is_stuck - does a write of ours hang on this device? Then its error, BUSY, is set. */
gboolean host_is_stuck(struct host *host, const char *address, GError **error);

/* host_set_stuck - a write for this device was given up after host->patience; sets the error */
void host_set_stuck(struct host *host, const char *address, GError **error);

/**
 * host_wait - look again and again whether something has come true
 * @seconds: at most; it is looked at once at least
 */
gboolean host_wait(struct host *host, guint seconds,
		   gboolean (*is_true)(struct host *host, const void *data), const void *data);
