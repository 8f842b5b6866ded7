/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "cli/commands.h"
#include "core/error.h"
#include "rules/devices.h"

static const char *const examples[] = {
	"hotseat devices",
	"The cards with their verdicts, then all IOMMU groups.",
	"hotseat --json devices",
	"The same for programs.",
	"hotseat --root /srv/machines/desktop devices",
	"Another machine, from a folder that holds its sys and proc.",
	NULL,
};

/* machine_open - a machine that cannot be read is one error, whatever the reason */
static struct machine *machine_open(const char *path, GError **error)
{
	struct root *root = root_open(path, error);
	struct machine *machine = root == NULL ? NULL : machine_read(root, MACHINE_DEVICES, error);

	if (machine == NULL && error != NULL && *error != NULL) {
		(*error)->domain = HOTSEAT_ERROR;
		(*error)->code = HOTSEAT_ERROR_UNREADABLE;
	}
	return machine;
}

static int run(const struct invocation *invocation, char **arguments, GError **error)
{
	autoptr(machine) machine = machine_open(invocation->root_path, error);

	if (machine == NULL)
		return -1;
	if (invocation->json)
		devices_print_json(machine, invocation->out);
	else
		devices_print(machine, invocation->out);
	return EXIT_SUCCESS;
}

const struct command command_devices = {
	.name = "devices",
	.arguments = "",
	.summary = "Show graphics cards with their verdicts, and all IOMMU groups",
	.description =
		"A card can be lent when no other device of its IOMMU group has a driver of the "
		"host. Bridges do not count, nor do the card's own functions, which go with it. "
		"The card is then ready. It is blocked while another member has a driver that the "
		"kernel does not allow beside a guest, and not known where a driver could not be "
		"read.\n\n"
		"The groups follow, with the address, class, vendor and device id, driver and name "
		"of each member. \"-\" as driver means that none is bound; \"-\" as group, that "
		"the "
		"IOMMU does not see the device.",
	.examples = examples,
	.flags = COMMAND_READS | COMMAND_SHOWS,
	.run = run,
};
