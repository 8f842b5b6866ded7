/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "handover/host.h"
#include "manifest.h"

/*
 * A model of the kernel's PCI bus: a host whose root was built from a manifest, and whose write()
 * does to that tree what the kernel does when somebody writes to
 *
 *	sys/bus/pci/devices/ADDRESS/driver_override
 *	sys/bus/pci/drivers/DRIVER/bind, unbind
 *	sys/bus/pci/drivers_probe
 *
 * It follows Linux 6.12: drivers/base/bus.c (bind_store, unbind_store, drivers_probe_store),
 * drivers/base/dd.c, drivers/pci/pci-driver.c (pci_match_device), drivers/iommu/iommu.c
 * (iommu_device_use_default_domain). In particular:
 *
 * - an override restricts matching, also for bind, which then says ENODEV;
 * - bind reports the errors of a probe, drivers_probe hides them and leaves no driver;
 * - while VFIO owns a group, host drivers get EBUSY at probe (GR-04);
 * - unbinding vfio-pci from an open group blocks in the kernel, here: is a failure of the test.
 *
 * And of what else the steps touch, as far as they can see it: pools of huge pages that may find
 * fewer than asked for, modes in brackets, governors, consoles, platform drivers, modules with
 * parameters; of systemd, control groups of units that run, their cores, records of properties set
 * at run time, and logind's list of inhibitors.
 *
 * Every call that changes something is a point: writes to the host, and the system calls by which
 * a journal is made, written and removed (tests are linked with --wrap for these). At any one of
 * them the model can kill the process, tear the write, refuse it, or let another program act first.
 */
enum kernel_model_event {
	MODEL_NOTHING,
	MODEL_KILL,    /* SIGKILL before the call */
	MODEL_TEAR,    /* half of a journal's write, then SIGKILL; elsewhere as MODEL_KILL */
	MODEL_REFUSE,  /* fail with kernel_model::refusal */
	MODEL_SHORTEN, /* half of a journal's write and nothing more; elsewhere MODEL_REFUSE */
	MODEL_CALL,    /* kernel_model::other first */
};

/* Kinds of calls; a mask. */
enum kernel_model_call {
	MODEL_HOST = 1 << 0,   /* writes to the host */
	MODEL_APPEND = 1 << 1, /* records of a journal */
	MODEL_FILE = 1 << 2,   /* making, cutting and removing it */
};

struct kernel_model {
	struct manifest *manifest;
	struct host *host;

	guint points; /* met so far */
	guint at;     /* the point, from 1 on, at which... */
	enum kernel_model_event event;
	int refusal;
	gboolean refuse_on; /* also every later point */
	guint calls;        /* which calls are points; 0: all */
	void (*other)(struct kernel_model *model);

	GHashTable *ids;   /* driver -> comma-separated ids that it matches */
	char *probe_fails; /* driver whose probe fails with EIO */
	char *busy;        /* group that a guest has open */
	guint busy_for;    /* number of pauses until it is free; 0: for ever */
	guint pauses, loads;
	guint runs, syncs;   /* processes started; waits for the disk */
	guint room;          /* huge pages that there is memory for; 0: as many as asked for */
	char *hangs;         /* function whose driver does not let go */
	char *leaves;        /* path that goes when a sound server is told to let go */
	char *fails;         /* unit that can be neither started nor stopped */
	gboolean met_crumb;  /* the point that was armed was the breadcrumb's */
	gboolean can_load;   /* modprobe finds vfio-pci */
	gboolean no_profile; /* power-profiles-daemon has no "performance" */
	gboolean no_hold;    /* its command ends at once */
	GString *log;        /* "path=value" of each host write that was let through */
};

/* kernel_model_new - @text: the tree; run_dir is "run/hotseat" in it. Only one at a time. */
struct kernel_model *kernel_model_new(const char *text);
void kernel_model_free(struct kernel_model *model);
AUTOPTR_DEFINE(kernel_model)

/* kernel_model_driver - add a driver to the bus; @ids: "1234:1111,8086:2668" */
void kernel_model_driver(struct kernel_model *model, const char *driver, const char *ids);

/* kernel_model_device - add a function to the bus; @driver may be NULL, @override too */
void kernel_model_device(struct kernel_model *model, const char *address, const char *id,
			 const char *group, const char *driver, const char *override);

/* kernel_model_release - the driver that hung lets go after all */
void kernel_model_release(struct kernel_model *model);

/* kernel_model_arrive - now happens what a killed command has asked of systemd */
void kernel_model_arrive(struct kernel_model *model);

/* kernel_model_write - as another program would: no point, no refusal */
gboolean kernel_model_write(struct kernel_model *model, const char *path, const char *value);

/* kernel_model_picture - the whole tree as text: each path with its type and content or target */
char *kernel_model_picture(const struct kernel_model *model);
