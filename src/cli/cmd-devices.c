/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/commands.h"
#include "core/error.h"
#include "core/text.h"
#include "machine/listing.h"
#include "rules/devices.h"

static const char *const examples[] = {
	"hotseat devices",
	"The cards with their verdicts, then all IOMMU groups.",
	"hotseat --json devices",
	"The same for programs.",
	"hotseat devices --listing groups.txt",
	"What somebody pasted: the output of a group script, or of lspci -nnk.",
	"hotseat --root /srv/machines/desktop devices",
	"Another machine, from a folder that holds its sys and proc.",
	NULL,
};

/* Nobody pastes more than this, and a wrong file should not fill the memory. */
#define LISTING_MAX ((gsize)4 << 20)

static char *read_listing(const char *path, GError **error)
{
	g_autofree char *text = g_malloc0(LISTING_MAX + 1);
	FILE *in = g_str_equal(path, "-") ? stdin : fopen(path, "re");
	int saved_errno = errno;
	gboolean failed;

	if (in != NULL) {
		errno = 0;
		text[fread(text, 1, LISTING_MAX, in)] = '\0';
		saved_errno = errno;
		failed = ferror(in) != 0;
		if (in != stdin)
			fclose(in);
		if (!failed)
			return g_steal_pointer(&text);
	}
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_UNREADABLE, "cannot read %s: %s", path,
		    g_strerror(saved_errno));
	return NULL;
}

/*
 * As much of a machine as a listing tells: no folder and no kernel behind it, so the rule is that
 * of current kernels, and names and paths are what the listing gave.
 */
static struct machine *machine_from_listing(const char *path, GError **error)
{
	g_autofree char *text = read_listing(path, error);
	g_autoptr(GPtrArray) devices = NULL;
	struct machine *machine;

	if (text == NULL)
		return NULL;
	text_disarm(text);
	devices = listing_parse(text, error);
	if (devices == NULL)
		return NULL;
	for (guint i = 0; i < devices->len; i++) {
		struct pcidev *dev = g_ptr_array_index(devices, i);

		if (dev->path == NULL)
			dev->path = g_strdup(dev->address);
		if (dev->name == NULL || dev->name[0] == '\0') {
			g_free(dev->name);
			dev->name = g_strdup_printf("Device %04x:%04x", dev->vendor, dev->device);
		}
	}
	machine = g_new0(struct machine, 1);
	machine->cards = card_find_all(devices, TRUE);
	machine->devices = g_steal_pointer(&devices);
	return machine;
}

static char *listing;

static const GOptionEntry options[] = {
	{ "listing", 0, 0, G_OPTION_ARG_FILENAME, &listing,
	  "Judge a pasted listing instead; \"-\" is standard input", "FILE" },
	{ NULL },
};

static int run(const struct invocation *invocation, char **arguments, GError **error)
{
	g_autofree char *file = g_steal_pointer(&listing);
	autoptr(machine) machine =
		file != NULL ? machine_from_listing(file, error)
			     : machine_open(invocation->root_path, MACHINE_DEVICES, error);

	if (machine == NULL)
		return -1;
	if (invocation->json)
		devices_print_json(machine, stdout);
	else
		devices_print(machine, stdout);
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
		"read. The programs that have it open are named, but for sound servers, which let "
		"go when they are told; \"hotseat check\" says what to do about the others. Root "
		"sees those of all users.\n\n"
		"With --listing the same is said of what people paste: group scripts in their many "
		"shapes, lspci -nnk, or tab-separated group, address, class, vendor, device, "
		"driver and name. Drivers that a listing does not show are not known.\n\n"
		"The groups follow, with the address, class, vendor and device id, driver and name "
		"of each member. \"-\" as driver means that none is bound; \"-\" as group, that "
		"the "
		"IOMMU does not see the device.",
	.examples = examples,
	.flags = COMMAND_READS | COMMAND_SHOWS,
	.options = options,
	.run = run,
};
