/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/commands.h"
#include "core/error.h"
#include "core/outfile.h"
#include "machine/displays.h"
#include "machine/holders.h"
#include "machine/recording.h"
#include "plan/plan.h"
#include "rules/devices.h"
#include "rules/rules.h"

static const char *const examples[] = {
	"sudo hotseat record desktop.txt",
	"Save this machine, with what only root can read.",
	"hotseat record desktop.txt",
	"Save what you can read yourself. What you cannot is noted as such.",
	"hotseat --root desktop.txt check",
	"What check says about a recording, here or anywhere else.",
	"hotseat record - | less",
	"Look at it first.",
	NULL,
};

static gboolean force;

static const GOptionEntry options[] = {
	{ "force", 0, 0, G_OPTION_ARG_NONE, &force, "Replace the file if it exists", NULL },
	{ NULL },
};

static struct root *open_traced(const char *path, struct tree *trace, GError **error)
{
	struct root *root = root_open(path, error);

	if (root != NULL)
		root_trace(root, trace);
	return root;
}

/* Their answers are not wanted here, but what they read to give them. */
static void ask_everything(const struct machine *machine)
{
	g_autoptr(GPtrArray) findings = NULL;
	autoptr(plan) plan = NULL;
	struct wish wish = { 0 };

	for (guint i = 0; machine->cards != NULL && i < machine->cards->len; i++) {
		const struct card *card = g_ptr_array_index(machine->cards, i);
		g_autoptr(GPtrArray) holders = NULL;
		g_autofree char *why = NULL;
		gboolean complete;

		holders = holders_read(machine->root, card, &complete);
		(void)displays_is_only(machine->root, machine->cards, card, &why);
	}
	if ((machine->parts & MACHINE_JUDGED) == MACHINE_JUDGED)
		findings = rules_judge_host(machine);
	if (machine->parts == MACHINE_ALL)
		plan = plan_make(machine, &wish, NULL);
}

/* A machine of which one part cannot be read is worth a recording all the more. */
static gboolean read_parts(const char *path, struct tree *trace, GError **error)
{
	static const unsigned int parts[] = {
		MACHINE_ALL, MACHINE_JUDGED, MACHINE_CPUS, MACHINE_MEMORY, MACHINE_INPUTS,
	};
	gboolean whole = FALSE;

	for (gsize i = 0; i < G_N_ELEMENTS(parts) && !whole; i++) {
		struct root *root = open_traced(path, trace, error);
		autoptr(machine) machine = NULL;

		if (root == NULL)
			return FALSE;
		machine = machine_read(root, parts[i], NULL);
		whole = machine != NULL && i == 0;
		if (machine != NULL)
			ask_everything(machine);
	}
	return TRUE;
}

static char *record(const char *path, GError **error)
{
	autoptr(tree) trace = tree_new();
	autoptr(root) plain = root_open(path, error);
	autoptr(root) traced = plain == NULL ? NULL : root_open(path, error);

	if (traced == NULL || !read_parts(path, trace, error))
		return NULL;
	recording_add_files(plain, traced, trace);
	return recording_write(plain, trace);
}

static int run(const struct invocation *invocation, char **arguments, GError **error)
{
	const char *file = arguments[0];
	gboolean to_stdout = g_str_equal(file, "-");
	g_autofree char *text = NULL;

	if (!to_stdout && !outfile_check_free(file, force, error))
		return -1;
	text = record(invocation->root_path, error);
	if (text == NULL)
		return -1;
	if (to_stdout) {
		fputs(text, stdout);
		if (fflush(stdout) == 0)
			return EXIT_SUCCESS;
		hotseat_error_set_errno(error, errno, "cannot write the recording");
		return -1;
	}
	if (!outfile_write(file, text, force, error))
		return -1;
	fprintf(stderr,
		"%s holds this machine without serial numbers, MAC addresses, UUIDs and names of "
		"users.\nRead it before you send it.%s\n",
		file,
		geteuid() != 0 && g_str_equal(invocation->root_path, "/")
			? " What only root can read is missing: sudo hotseat record"
			: "");
	return EXIT_SUCCESS;
}

const struct command command_record = {
	.name = "record",
	.arguments = "FILE",
	.min_arguments = 1,
	.max_arguments = 1,
	.summary = "Save what hotseat reads of this machine as a text",
	.description =
		"Reads everything that the other commands read, and writes it to one text file "
		"(\"-\" is standard output). Every command that reads takes it in place of a "
		"machine, with --root FILE, and gives the answers that it gave there: a bug report "
		"that can be replayed. What was absent, or could not be read by who recorded, is "
		"so in the recording.\n\n"
		"Serial numbers, MAC addresses, UUIDs, names of users and of the host, and values "
		"on the kernel command line that are not about devices are replaced. Look through "
		"the file all the same before you give it away; lines may be taken out.\n\n"
		"An existing file is kept unless --force is given.",
	.examples = examples,
	.flags = COMMAND_READS,
	.options = options,
	.run = run,
};
