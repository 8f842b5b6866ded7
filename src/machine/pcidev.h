/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "core/autoptr.h"
#include "core/known.h"
#include "core/root.h"

/*
 * PCI functions and the IOMMU groups they are in, as sysfs shows them. Names come from libpci's
 * list. What could not be read stays "not known".
 * Source: Linux Documentation/ABI/testing/sysfs-bus-pci, sysfs-kernel-iommu_groups.
 */
struct pcidev {
	char *address; /* "0000:01:00.0" */
	char *group;   /* IOMMU group, "12"; NULL: in none */
	char *driver;  /* NULL: none is bound, if driver_known */
	enum known driver_known;
	char *driver_override; /* NULL: not set */
	char *name;            /* vendor and device as pci.ids calls them, never NULL */
	char *path;            /* below sys/devices: "pci0000:00/0000:00:06.0/0000:01:00.0" */
	char *serial; /* of display functions: PCIe's Device Serial Number, 16 hex digits; NULL:
			 none, or not readable (needs root) */
	guint16 vendor, device, subsystem_vendor, subsystem_device;
	guint32 class; /* 24 bits: base class, subclass, programming interface */
	guint8 revision;
	enum known bridge;   /* header type is not 0: ports and bridges; asked of class 06xx only */
	enum known boot_vga; /* the firmware's display; NOT_KNOWN where the file does not exist */
	int numa_node;       /* -1: none said */
	gboolean in_transit; /* a driver is letting go of it now, or hangs in that */
};

#define PCIDEV_CLASS_BASE(class) ((class) >> 16)
#define PCIDEV_CLASS_SUB(class) ((class) >> 8)
#define PCIDEV_BASE_DISPLAY 0x03

void pcidev_free(struct pcidev *dev);
AUTOPTR_DEFINE(pcidev)

/* pcidev_is_bridge - by header type, or by class 06xx where the header could not be read */
gboolean pcidev_is_bridge(const struct pcidev *dev);

/* pcidev_is_display - class 03xx: VGA, XGA, 3D or other display controller */
gboolean pcidev_is_display(const struct pcidev *dev);

/* pcidev_same_slot - both are functions of one device: same domain, bus and slot */
gboolean pcidev_same_slot(const struct pcidev *a, const struct pcidev *b);

/**
 * pcidev_read_all - every PCI function below sys/bus/pci/devices, in order of address
 *
 * Return: array of struct pcidev, owned by the caller; empty if there is no PCI bus;
 * NULL with HOTSEAT_ERROR_UNREADABLE if the folder is there and cannot be listed.
 */
GPtrArray *pcidev_read_all(const struct root *root, GError **error);

/* pcidev_read_address - "0000:01:00.0" from "0000:01:00.0" or "01:00.0", any case; NULL: is none */
char *pcidev_read_address(const char *text);

/* pcidev_find - the function at @address ("0000:01:00.0" or "01:00.0"), or NULL */
struct pcidev *pcidev_find(const GPtrArray *devices, const char *address);

/**
 * pcidev_driver_allowed - may this function stay bound to its driver while its group is lent?
 *
 * The running kernel's rule (GR-02, since 5.19): nothing bound, or a driver that manages DMA
 * ownership itself: pci-stub, pcieport, vfio-pci and its variants. Before 5.19 (GR-03): also
 * anything whose header type is not 0.
 *
 * Return: KNOWN_YES, KNOWN_NO, or NOT_KNOWN if the driver is not known.
 */
enum known pcidev_driver_allowed(const struct pcidev *dev, gboolean dma_ownership_model);
