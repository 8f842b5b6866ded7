/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "machine/machine.h"

/**
 * about_machine - versions, board, processor and cards, as lines for a report
 * @machine:   read with MACHINE_DEVICES, MACHINE_CPUS and MACHINE_SYSTEM
 * @functions: struct pcidev, of all cards that are lent
 */
char *about_machine(const struct machine *machine, const GPtrArray *functions);
