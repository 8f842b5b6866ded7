/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "core/autoptr.h"
#include "core/root.h"

/* A USB device that is plugged in. */
struct usb {
	char *name; /* the kernel's, "1-2.1": where it is plugged in */
	char *id;   /* vendor and product, "046d:c52b" */
	char *node; /* bus and number, "1:5"; another number each time it is plugged in */
};

/* usb_read - array of struct usb; what cannot be read is not in it */
GPtrArray *usb_read(const struct root *root);

/* usb_driverless - names of interfaces of a device that have no driver, "1-2.1:1.0" */
char **usb_driverless(const struct root *root, const struct usb *usb);
