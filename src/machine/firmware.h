/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "core/known.h"
#include "core/root.h"

/* What the processor and the firmware offer, and what the kernel made of it. */
struct firmware {
	enum known virtualisation; /* vmx or svm among the processor's flags */
	enum known kvm;            /* dev/kvm exists */
	enum known dmar, ivrs;     /* the ACPI tables of Intel's and AMD's IOMMU */
	guint iommus;              /* entries of sys/class/iommu */
	guint groups;              /* entries of sys/kernel/iommu_groups */
	enum known interrupt_remapping;
	enum known unsafe_interrupts; /* allow_unsafe_interrupts is set somewhere */
	enum known uefi;
	guint physical_bits; /* of the processor; 0: not known */
	guint iommu_bits;    /* narrowest Intel IOMMU; 0: not known or not Intel */
};

/* firmware_read - never fails: what cannot be read is not known */
void firmware_read(const struct root *root, struct firmware *firmware);

/* firmware_address_limit - the address width in bits that a guest with a card must be kept to, as
 * the IOMMU has less than the processor (FW-15); 0: none */
guint firmware_address_limit(const struct firmware *firmware);
