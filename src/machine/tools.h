/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "core/autoptr.h"
#include "core/known.h"
#include "core/root.h"

/*
 * What is installed that we build on, from files alone, so that it can be read under any root.
 * What the running libvirt says is asked by guest/virt.h.
 */
struct tools {
	char *os_id;                /* ID of etc/os-release, "debian"; NULL: not known */
	char *os_id_like;           /* ID_LIKE, "rhel fedora"; may be NULL */
	char *os_name;              /* PRETTY_NAME */
	char *qemu;                 /* path of qemu-system-x86_64 below the root; NULL: none */
	char *libvirtd;             /* path of libvirtd or virtqemud; NULL: none */
	enum known libvirt_running; /* its socket is there */
	enum known default_network; /* etc/libvirt/qemu/networks/default.xml */
	enum known default_network_active;
	enum known uefi_firmware;  /* a firmware descriptor for x86_64 UEFI, DX-03 */
	enum known hook_installed; /* etc/libvirt/hooks/qemu.d/hotseat, executable */
	enum known qemu_pipewire; /* QEMU's module that plays into it; NOT_KNOWN: may be built in */
	enum known qemu_pulse;    /* the same for PulseAudio */
	guint libvirt_version;    /* 11003000 is 11.3.0; 0: not known */
	guint qemu_version;       /* 10000002 is 10.0.2; 0: not known, root may know */
};

void tools_free(struct tools *tools);
AUTOPTR_DEFINE(tools)

/* tools_read - never fails: what cannot be read is not known */
struct tools *tools_read(const struct root *root);
