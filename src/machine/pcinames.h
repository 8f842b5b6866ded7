/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "core/autoptr.h"

/*
 * What vendors and devices are called, from pci.ids of the machine that we run on (also for a
 * foreign root: names are a service to the reader, not a fact about the machine). The list is
 * loaded when the first name is asked for.
 */
struct pcinames;

struct pcinames *pcinames_new(void);
void pcinames_free(struct pcinames *names);
AUTOPTR_DEFINE(pcinames)

/* pcinames_lookup - "NVIDIA Corporation GP104 [GeForce GTX 1080]", "Device 1234:1111"; new text */
char *pcinames_lookup(struct pcinames *names, guint16 vendor, guint16 device);
