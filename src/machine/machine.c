/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "machine/machine.h"

#include "core/error.h"

#include "machine/hugepages.h"

struct machine *machine_open(const char *path, unsigned int parts, GError **error)
{
	struct root *root = root_open(path, error);
	struct machine *machine = root == NULL ? NULL : machine_read(root, parts, error);

	if (machine == NULL && error != NULL && *error != NULL) {
		(*error)->domain = HOTSEAT_ERROR;
		(*error)->code = HOTSEAT_ERROR_UNREADABLE;
	}
	return machine;
}

void machine_free(struct machine *machine)
{
	if (machine == NULL)
		return;
	/* hardware points into cards, and cards point into devices */
	g_clear_pointer(&machine->hardware, g_ptr_array_unref);
	g_clear_pointer(&machine->cards, g_ptr_array_unref);
	g_clear_pointer(&machine->devices, g_ptr_array_unref);
	g_clear_pointer(&machine->inputs, g_ptr_array_unref);
	g_clear_pointer(&machine->nodes, g_array_unref);
	g_clear_pointer(&machine->hugepages, g_array_unref);
	cpus_free(machine->cpus);
	kernel_free(machine->kernel);
	tools_free(machine->tools);
	boot_free(machine->boot);
	tuning_free(machine->tuning);
	guard_free(machine->guard);
	desktop_free(machine->desktop);
	root_free(machine->root);
	g_free(machine);
}

static gboolean read_devices(struct machine *machine, GError **error)
{
	machine->devices = pcidev_read_all(machine->root, error);
	if (machine->devices == NULL)
		return FALSE;
	machine->cards = card_find_all(machine->devices, machine->kernel->dma_ownership_model);
	return TRUE;
}

static gboolean read_cpus(struct machine *machine, GError **error)
{
	machine->cpus = cpus_read(machine->root, error);
	return machine->cpus != NULL;
}

static gboolean read_memory(struct machine *machine, GError **error)
{
	machine->nodes = nodes_read(machine->root);
	machine->hugepages = hugepages_read(machine->root);
	return memory_read(machine->root, &machine->memory, error);
}

static gboolean read_inputs(struct machine *machine, GError **error)
{
	machine->inputs = inputs_read(machine->root, error);
	return machine->inputs != NULL;
}

static gboolean read_system(struct machine *machine, GError **error)
{
	firmware_read(machine->root, &machine->firmware);
	machine->tools = tools_read(machine->root);
	machine->boot = boot_read(machine->root, machine->kernel);
	return TRUE;
}

static gboolean read_hardware(struct machine *machine, GError **error)
{
	machine->hardware = hardware_read_all(machine->root, machine->devices, machine->cards);
	return TRUE;
}

static gboolean read_host(struct machine *machine, GError **error)
{
	machine->tuning = tuning_read(machine->root);
	machine->guard = guard_read(machine->root);
	machine->desktop = desktop_read(machine->root);
	return TRUE;
}

static gboolean read_kernel(struct machine *machine, GError **error)
{
	machine->kernel = kernel_read(machine->root, error);
	return machine->kernel != NULL;
}

/* In this order: what the kernel's rule is decides about the cards. */
static const struct {
	unsigned int parts; /* any of them asks for it */
	gboolean (*read)(struct machine *machine, GError **error);
} readers[] = {
	{ MACHINE_DEVICES | MACHINE_SYSTEM | MACHINE_HARDWARE, read_kernel },
	{ MACHINE_DEVICES | MACHINE_HARDWARE, read_devices },
	{ MACHINE_CPUS, read_cpus },
	{ MACHINE_MEMORY, read_memory },
	{ MACHINE_INPUTS, read_inputs },
	{ MACHINE_SYSTEM, read_system },
	{ MACHINE_HARDWARE, read_hardware },
	{ MACHINE_HOST, read_host },
};

struct machine *machine_read(struct root *root, unsigned int parts, GError **error)
{
	autoptr(machine) machine = g_new0(struct machine, 1);

	machine->root = root;
	machine->parts = parts;
	for (guint i = 0; i < G_N_ELEMENTS(readers); i++) {
		if ((readers[i].parts & parts) != 0 && !readers[i].read(machine, error))
			return NULL;
	}
	return g_steal_pointer(&machine);
}
