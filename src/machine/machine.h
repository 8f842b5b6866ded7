/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "core/autoptr.h"
#include "machine/boot.h"
#include "machine/card.h"
#include "machine/cpus.h"
#include "machine/desktop.h"
#include "machine/firmware.h"
#include "machine/guard.h"
#include "machine/hardware.h"
#include "machine/inputs.h"
#include "machine/kernel.h"
#include "machine/memory.h"
#include "machine/nodes.h"
#include "machine/tools.h"
#include "machine/tuning.h"

/*
 * What is true of a host, read once under a root folder and constant from then on. Facts that
 * change by the second (who has a card open, what a monitor says) are asked when they are needed.
 */
enum machine_part {
	MACHINE_DEVICES = 1 << 0, /* devices, cards, kernel */
	MACHINE_CPUS = 1 << 1,
	MACHINE_MEMORY = 1 << 2,
	MACHINE_INPUTS = 1 << 3,
	MACHINE_SYSTEM = 1 << 4,   /* firmware, kernel, tools, boot loader */
	MACHINE_HARDWARE = 1 << 5, /* devices, and more about each card */
	MACHINE_HOST = 1 << 6,     /* tuning, guard, desktop */
	MACHINE_ALL = (1 << 7) - 1,
	/* what the rules look at */
	MACHINE_JUDGED = MACHINE_DEVICES | MACHINE_SYSTEM | MACHINE_HARDWARE | MACHINE_HOST,
};

struct machine {
	struct root *root;
	unsigned int parts; /* what was read; the rest is NULL or zero */
	struct kernel *kernel;
	GPtrArray *devices; /* struct pcidev */
	GPtrArray *cards;   /* struct card */
	struct cpus *cpus;
	struct memory memory;
	GArray *nodes;     /* struct node_memory: the memory of each NUMA node */
	GArray *hugepages; /* struct hugepages */
	GPtrArray *inputs; /* struct input */
	struct firmware firmware;
	struct tools *tools;
	struct boot *boot;
	GPtrArray *hardware; /* struct hardware, one for each card, in their order */
	struct tuning *tuning;
	struct guard *guard;
	struct desktop *desktop; /* as it was then: processes come and go */
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

/**
 * machine_open - machine_read() of the machine below a folder or in a recording
 *
 * Whatever the reason why it cannot be read, the error is HOTSEAT_ERROR_UNREADABLE.
 */
struct machine *machine_open(const char *path, unsigned int parts, GError **error);
void machine_free(struct machine *machine);
AUTOPTR_DEFINE(machine)
