/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "core/autoptr.h"
#include "core/root.h"
#include "machine/kernel.h"

/*
 * Where the kernel's arguments are kept and what makes them hold: a boot loader together with what
 * writes its configuration here. Told by what really booted this machine (the loader's own name in
 * the firmware's variables, what it adds to the command line), then by the tools that are
 * installed, never by the distribution's name: people change loaders.
 */
enum boot_loader {
	BOOT_NOT_KNOWN,
	BOOT_OSTREE,         /* BL-11: rpm-ostree kargs, whatever loader is below */
	BOOT_NIXOS,          /* BL-16: the machine's configuration */
	BOOT_KERNELSTUB,     /* BL-10: Pop!_OS */
	BOOT_PROXMOX,        /* BL-15: proxmox-boot-tool */
	BOOT_GRUB_DROP_IN,   /* BL-01: Debian's, with etc/default/grub.d and update-grub */
	BOOT_GRUB_BLS,       /* BL-03: Fedora's and its relatives', with grubby */
	BOOT_GRUB,           /* BL-02: etc/default/grub, grub-mkconfig */
	BOOT_GRUB2,          /* BL-04: the same under openSUSE's names */
	BOOT_SDBOOTUTIL,     /* BL-04: openSUSE with sdbootutil */
	BOOT_UKI_MKINITCPIO, /* BL-07 */
	BOOT_UKI_DRACUT,     /* BL-08 */
	BOOT_KERNEL_INSTALL, /* BL-06, BL-09: systemd-boot with etc/kernel/cmdline */
	BOOT_SYSTEMD,        /* BL-05: systemd-boot, entries kept by hand */
	BOOT_LIMINE_TOOL,    /* BL-13: limine-update with etc/default/limine */
	BOOT_LIMINE,         /* BL-13: limine.conf kept by hand */
	BOOT_REFIND,         /* BL-14 */
	BOOT_N_LOADERS,
};

enum initramfs {
	INITRAMFS_NOT_KNOWN,
	INITRAMFS_TOOLS, /* Debian's initramfs-tools */
	INITRAMFS_DRACUT,
	INITRAMFS_MKINITCPIO,
	INITRAMFS_BOOSTER,
};

struct boot {
	enum boot_loader loader;
	char *loader_info; /* "systemd-boot 257.9-1"; NULL: the loader did not say */
	enum initramfs initramfs;
};

void boot_free(struct boot *boot);
AUTOPTR_DEFINE(boot)

/* boot_read - never fails: what cannot be told is not known */
struct boot *boot_read(const struct root *root, const struct kernel *kernel);

/* boot_loader_name - "GRUB", "systemd-boot"; NULL if it is not known */
const char *boot_loader_name(enum boot_loader loader);
