/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/planning.h"
#include "core/error.h"
#include "map/map.h"
#include "map/svg.h"

static const char *const examples[] = {
	"hotseat map -o machine.svg",
	"Draw this machine, and on it what a guest would get.",
	"hotseat map --guests 3 -o machine.svg",
	"The same, divided between three guests.",
	"hotseat map --root desktop.txt",
	"Another machine, from its recording, as text.",
	NULL,
};

static struct planning wanted = { .vcpus = VCPUS_UNSAID, .guests = 1 };
static char *output;

static const GOptionEntry options[] = {
	{ "output", 'o', 0, G_OPTION_ARG_FILENAME, &output,
	  "Write SVG to this file; \"-\" is standard output (default: text)", "FILE" },
	PLANNING_OPTIONS(wanted),
	{ NULL }
};

static gboolean write_picture(const char *path, const GString *picture, GError **error)
{
	FILE *out = g_str_equal(path, "-") ? stdout : fopen(path, "we");
	gboolean done;

	if (out == NULL) {
		hotseat_error_set_errno(error, errno, "cannot write %s", path);
		return FALSE;
	}
	done = fwrite(picture->str, 1, picture->len, out) == picture->len && fflush(out) == 0;
	if (!done)
		hotseat_error_set_errno(error, errno, "cannot write %s", path);
	if (out != stdout)
		fclose(out);
	return done;
}

static int run(const struct invocation *invocation, char **arguments, GError **error)
{
	g_autofree char *path = g_steal_pointer(&output);
	autoptr(machine) machine = planning_read_machine(invocation->root_path, error);
	g_autoptr(GPtrArray) plans =
		machine == NULL ? NULL : planning_make(&wanted, machine, error);
	g_autoptr(GString) picture = g_string_new(NULL);
	g_autofree struct canvas *canvas = NULL;

	if (plans == NULL)
		return -1;
	if (path == NULL) {
		g_autofree char *text = map_text(machine, plans);

		fputs(text, stdout);
		return EXIT_SUCCESS;
	}
	canvas = svg_new(picture);
	map_draw(machine, plans, canvas);
	return write_picture(path, picture, error) ? EXIT_SUCCESS : -1;
}

const struct command command_map = {
	.name = "map",
	.arguments = "",
	.summary = "Draw the machine, and on it the plan",
	.description =
		"A picture of NUMA nodes, caches, cores with their threads, memory, and cards with "
		"their IOMMU groups. What the plan gives to guests is coloured, patterned and "
		"lettered. The picture is light or dark as the reader's desktop is.\n\n"
		"Takes the options of \"plan\". Without -o the same is printed as text.",
	.examples = examples,
	.flags = COMMAND_READS,
	.options = options,
	.run = run,
};
