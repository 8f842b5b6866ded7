/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "machine/machine.h"

/**
 * about_machine - versions, board, processor and card, as lines for a report
 * @machine: read with MACHINE_DEVICES, MACHINE_CPUS and MACHINE_SYSTEM
 */
char *about_machine(const struct machine *machine, const struct card *card);
