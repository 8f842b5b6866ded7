/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "core/autoptr.h"
#include "core/error.h"

/*
 * The connection to libvirt, qemu:///system and nothing else. Only virt.c knows
 * libvirt's types. Calls block; none belongs on a main loop. libvirt's own errors come back as
 * one of ours, with its sentence and what the user can do about it.
 */
struct virt;

/**
 * virt_open - connect to the system libvirt
 *
 * Return: a connection, or NULL: HOTSEAT_ERROR_ABSENT (no daemon runs; how to start it),
 * HOTSEAT_ERROR_DENIED (this user may not; which group or sudo).
 */
struct virt *virt_open(GError **error);
void virt_free(struct virt *virt);
AUTOPTR_DEFINE(virt)

struct virt_capabilities {
	char *virt_type;      /* "kvm" or "qemu" */
	char *machine;        /* "pc-q35-10.0": what the alias q35 means now */
	char *emulator;       /* path */
	gboolean uefi;        /* firmware='efi' can be autoselected */
	gboolean secure_boot; /* and one that can keep its variables from the guest */
	gboolean tpm;         /* an emulated TPM 2.0: swtpm is installed */
	gboolean host_passthrough;
	gboolean cpu_maximum;
	char **hyperv;  /* enlightenments on offer: "relaxed", …, NULL-terminated; may be empty */
	gboolean spice; /* graphics type spice is compiled in */
	guint libvirt_version, qemu_version; /* major * 1000000 + minor * 1000 + micro */
};

/* virt_read_capabilities - for x86_64, q35 and @virt_type ("kvm" or "qemu"); from domcapabilities
 */
struct virt_capabilities *virt_read_capabilities(struct virt *virt, const char *virt_type,
						 GError **error);
void virt_capabilities_free(struct virt_capabilities *capabilities);
AUTOPTR_DEFINE(virt_capabilities)

enum guest_state {
	GUEST_SHUT_OFF,
	GUEST_RUNNING,
	GUEST_PAUSED,
	GUEST_SHUTTING_DOWN,
	GUEST_CRASHED,
};

const char *guest_state_name(enum guest_state state);

/* virt_domain_xml - inactive XML of the guest called @name; HOTSEAT_ERROR_ABSENT lists who there is
 */
char *virt_domain_xml(struct virt *virt, const char *name, GError **error);

/* virt_domain_live_xml - the XML of the guest as it runs now */
char *virt_domain_live_xml(struct virt *virt, const char *name, GError **error);

/* virt_list - names of all persistent domains, sorted, for g_strfreev() */
char **virt_list(struct virt *virt, GError **error);

/* virt_define - define a domain, checked against libvirt's schema; @uuid gets its UUID */
gboolean virt_define(struct virt *virt, const char *xml, char **uuid, GError **error);

/* virt_undefine - forget a domain and its firmware variables; the disk stays */
gboolean virt_undefine(struct virt *virt, const char *name, GError **error);

gboolean virt_guest_state(struct virt *virt, const char *name, enum guest_state *state,
			  GError **error);

/* virt_start - start a guest; returns when it runs. Takes no lock of ours and needs none. */
gboolean virt_start(struct virt *virt, const char *name, GError **error);

/* virt_shutdown - ask the guest to shut down (ACPI); returns at once */
gboolean virt_shutdown(struct virt *virt, const char *name, GError **error);

/* virt_destroy - pull its plug */
gboolean virt_destroy(struct virt *virt, const char *name, GError **error);

/**
 * virt_wait_shut_off - wait until the guest is off
 * @seconds: at most so long
 *
 * Return: TRUE if it is off; FALSE with HOTSEAT_ERROR_BUSY if it still runs.
 */
gboolean virt_wait_shut_off(struct virt *virt, const char *name, guint seconds, GError **error);

/* What becomes of a device of a guest that runs; its definition is left alone. */
enum virt_change {
	VIRT_ATTACH,
	VIRT_DETACH
};

/**
 * virt_change_usb - plug a USB device of the host into a running guest, or out of it
 * @id:   "046d:c52b"
 * @node: bus and number, "1:5"; empty: one that the guest has only a place for
 */
gboolean virt_change_usb(struct virt *virt, const char *name, enum virt_change change,
			 const char *id, const char *node, GError **error);

/* virt_network_start - make sure that a libvirt network is active, now and after each boot */
gboolean virt_network_start(struct virt *virt, const char *network, GError **error);

/**
 * virt_network_check - is this libvirt network active, so that a guest on it can start?
 *
 * Return: TRUE, or FALSE with HOTSEAT_ERROR_ABSENT or HOTSEAT_ERROR_REFUSED and what starts it.
 */
gboolean virt_network_check(struct virt *virt, const char *network, GError **error);

/**
 * virt_disk_create - a new qcow2 volume in a storage pool where QEMU may read it
 * @bytes: capacity
 *
 * Uses the pool "default", which it defines (/var/lib/libvirt/images) and starts if there is none.
 * Return: path of the image, or NULL; HOTSEAT_ERROR_REFUSED if a volume of that name exists.
 */
char *virt_disk_create(struct virt *virt, const char *guest_name, guint64 bytes, GError **error);

/* virt_disk_delete - remove a volume that virt_disk_create() made; for undoing a failed "new" */
gboolean virt_disk_delete(struct virt *virt, const char *path, GError **error);
