/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "strangers.h"

static struct machine *machine;

static void forget(void)
{
	machine_free(machine);
}

const struct machine *strangers_machine(void)
{
	if (machine == NULL) {
		struct root *root = root_open(MACHINES "/intel-desktop.manifest", NULL);

		g_assert_nonnull(root);
		machine = machine_read(root, MACHINE_ALL, NULL);
		g_assert_nonnull(machine);
		(void)atexit(forget); /* with its temporary folder */
	}
	return machine;
}
