/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "setup/setup.h"

/*
 * What is generated from the files that setup writes: initramfs images, boot menus. It is never
 * restored, always made anew from its sources, because meanwhile a new kernel may have come. Known
 * by names, which the ledger keeps; how one is made is looked up when it is.
 */
#define PRODUCT_INITRAMFS_TOOLS "initramfs-tools"
#define PRODUCT_DRACUT "dracut"
#define PRODUCT_GRUB "grub"
#define PRODUCT_KERNEL_INSTALL "kernel-install"
#define PRODUCT_UDEV "udev"
#define PRODUCT_MODULES "modules"
#define PRODUCT_LIBVIRT "libvirt"

/**
 * product_is_ready - could it be made now?
 * @growing: it will be larger than it is, so there has to be room; FALSE: it is taken back, so
 *           nothing is needed where the boot loader is another by now
 *
 * Writes nothing. Return: FALSE with HOTSEAT_ERROR_REFUSED and what to do, where the place it goes
 * to is not mounted, can only be read, or is full.
 */
gboolean product_is_ready(const struct root *root, const char *name, gboolean growing,
			  GError **error);

/* product_make - make it anew; a name that is not known is an error of a damaged ledger */
gboolean product_make(struct setup_host *host, const char *name, GError **error);

/* product_command - what would be run, for people: "update-grub" */
const char *product_command(const char *name);

/* Our plug-in of kernel-install, and the entries with the former arguments, as it names them. */
#define PRODUCT_PLUGIN "etc/kernel/install.d/95-hotseat-former.install"
#define PRODUCT_FORMER_PREFIX "hotseat-former-"

/* product_image - path of a kernel's initramfs; NULL: it has none, or one whose name is not known
 */
char *product_image(const struct root *root, const char *version);

/* product_entries - the folder of systemd-boot's entries; NULL: it cannot be seen */
const char *product_entries(const struct root *root);

/* product_entry - path of a kernel's entry, or of the one with its @former arguments; NULL: none */
char *product_entry(const struct root *root, const char *version, gboolean former);
