/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "core/autoptr.h"
#include "core/known.h"
#include "core/root.h"

enum module_state {
	MODULE_NOT_KNOWN,
	MODULE_ABSENT,    /* neither loaded nor on the disk */
	MODULE_AVAILABLE, /* on the disk */
	MODULE_LOADED,
	MODULE_BUILT_IN,
};

struct kernel {
	char *release;                /* "6.12.107-amd64"; NULL: not known */
	guint major, minor;           /* 0: not known */
	char *command_line;           /* proc/cmdline; NULL: not known */
	gboolean dma_ownership_model; /* 5.19 and later, and where the version is not known */
	enum module_state vfio_pci, vfio_iommu_type1, kvm_vendor; /* kvm_intel or kvm_amd */
};

void kernel_free(struct kernel *kernel);
AUTOPTR_DEFINE(kernel)

struct kernel *kernel_read(const struct root *root, GError **error);

/**
 * kernel_argument - the value of an argument of the running kernel
 *
 * Dash and underscore are one, as for the kernel; the last occurrence counts; quotes are taken
 * off. Return: newly allocated, "" for an argument without "=", NULL if it is not there.
 */
char *kernel_argument(const struct kernel *kernel, const char *name);

/* kernel_module_state - as above, for one module of the kernel that runs below @root */
enum module_state kernel_module_state(const struct root *root, const struct kernel *kernel,
				      const char *module);
