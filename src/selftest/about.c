/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "selftest/about.h"

#include "machine/scrub.h"

static void add(GString *text, const char *what, const char *value)
{
	g_string_append_printf(text, "%-10s  %s\n", what, value == NULL ? "not known" : value);
}

static char *version(guint number)
{
	return number == 0 ? NULL
			   : g_strdup_printf("%u.%u.%u", number / 1000000, number / 1000 % 1000,
					     number % 1000);
}

static void add_version(GString *text, const char *what, guint number)
{
	g_autofree char *value = version(number);

	add(text, what, value);
}

/* Only what is about devices: the rest is the user's. */
static void add_arguments(GString *text, const struct machine *machine)
{
	const char *all = machine->kernel->command_line;
	g_autofree char *kept =
		all == NULL ? NULL : scrub_text_of(machine->root, "proc/cmdline", all);

	add(text, "arguments", kept == NULL ? NULL : g_strstrip(kept));
}

static void add_board(GString *text, const struct root *root)
{
	g_autofree char *vendor = root_read(root, NULL, "sys/class/dmi/id/board_vendor");
	g_autofree char *name = root_read(root, NULL, "sys/class/dmi/id/board_name");
	g_autofree char *bios = root_read(root, NULL, "sys/class/dmi/id/bios_version");
	g_autofree char *board =
		g_strdup_printf("%s %s, firmware %s", vendor == NULL ? "?" : vendor,
				name == NULL ? "?" : name, bios == NULL ? "?" : bios);

	add(text, "board", vendor == NULL && name == NULL ? NULL : board);
}

static void add_function(GString *text, const struct pcidev *dev)
{
	g_autofree char *line = g_strdup_printf(
		"%04x:%04x, subsystem %04x:%04x, revision %02x, group %s, %s, %s", dev->vendor,
		dev->device, dev->subsystem_vendor, dev->subsystem_device, dev->revision,
		dev->group == NULL ? "none" : dev->group,
		dev->driver == NULL ? "no driver" : dev->driver, dev->name);

	add(text, dev->address, line);
}

char *about_machine(const struct machine *machine, const GPtrArray *functions)
{
	GString *text = g_string_new(NULL);

	add(text, "system", machine->tools->os_name);
	add(text, "kernel", machine->kernel->release);
	add_arguments(text, machine);
	add_version(text, "libvirt", machine->tools->libvirt_version);
	add_version(text, "QEMU", machine->tools->qemu_version);
	add_board(text, machine->root);
	add(text, "processor", machine->cpus->model_name);
	for (guint i = 0; i < functions->len; i++)
		add_function(text, g_ptr_array_index(functions, i));
	return g_string_free(text, FALSE);
}
