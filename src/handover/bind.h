/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "handover/step.h"

/*
 * The step "bind": one PCI function is bound to vfio-pci, by its address. Its old values: driver
 * and override (both empty for none), id ("1234:1111") and group.
 */
extern const struct step_kind bind_kind;

/* bind_is_address - "0000:01:00.0": of journals, before it becomes part of a path */
gboolean bind_is_address(const char *text);

#define BIND_DRIVER "vfio-pci"

/**
 * bind_prepare - see to it that there is a driver to bind to; once, before the first step
 *
 * Loads the module if the driver is not there. That is not undone: a loaded vfio-pci without ids
 * claims nothing, and another program may have begun to use it.
 */
gboolean bind_prepare(struct host *host, GError **error);
