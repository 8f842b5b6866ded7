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

/* product_make - make it anew; a name that is not known is an error of a damaged ledger */
gboolean product_make(struct setup_host *host, const char *name, GError **error);

/* product_command - what would be run, for people: "update-grub" */
const char *product_command(const char *name);

/* The entries that keep the former arguments, as our plug-in of kernel-install names them. */
#define PRODUCT_FORMER_PREFIX "hotseat-former-"
