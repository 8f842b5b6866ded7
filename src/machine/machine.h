/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "core/autoptr.h"
#include "machine/card.h"
#include "machine/cpus.h"
#include "machine/firmware.h"
#include "machine/inputs.h"
#include "machine/kernel.h"
#include "machine/memory.h"
#include "machine/tools.h"

/*
 * What is true of a host, read once under a root folder and constant from then on. Facts that
 * change by the second (who has a card open, what a monitor says) are asked when they are needed.
 */
enum machine_part {
	MACHINE_DEVICES = 1 << 0, /* devices, cards, kernel */
	MACHINE_CPUS = 1 << 1,
	MACHINE_MEMORY = 1 << 2,
	MACHINE_INPUTS = 1 << 3,
	MACHINE_SYSTEM = 1 << 4, /* firmware, kernel, tools */
	MACHINE_ALL = (1 << 5) - 1,
};

struct machine {
	struct root *root;
	unsigned int parts; /* what was read; the rest is NULL or zero */
	struct kernel *kernel;
	GPtrArray *devices; /* struct pcidev */
	GPtrArray *cards;   /* struct card */
	struct cpus *cpus;
	struct memory memory;
	GPtrArray *inputs; /* struct input */
	struct firmware firmware;
	struct tools *tools;
};

/**
 * machine_read - read a machine
 * @root:  taken over, also on failure
 * @parts: of enum machine_part
 *
 * Return: a new machine, to be freed with machine_free(), or NULL with HOTSEAT_ERROR_UNREADABLE
 * if one of the parts cannot be read at all.
 */
struct machine *machine_read(struct root *root, unsigned int parts, GError **error);
void machine_free(struct machine *machine);
AUTOPTR_DEFINE(machine)
