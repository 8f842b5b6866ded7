/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "cli/commands.h"
#include "cli/planning.h"
#include "plan/print.h"

static const char *const examples[] = {
	"hotseat plan",
	"Which card, which cores, how much memory, and why.",
	"hotseat plan --vcpus 12 --memory 24G",
	"The same for a guest of this size.",
	"hotseat plan --guests 7",
	"Divide the machine between seven guests, or say what is in the way.",
	"hotseat --json plan --root desktop.txt",
	"The plan for another machine, from its recording, for programs.",
	NULL,
};

static struct planning wanted = { .vcpus = VCPUS_UNSAID, .guests = 1 };

static const GOptionEntry options[] = { PLANNING_OPTIONS(wanted), { NULL } };

static void print_all(const GPtrArray *plans)
{
	for (guint i = 0; i < plans->len; i++) {
		g_autofree char *name = g_strdup_printf("Guest %u of %u", i + 1, plans->len);

		if (i > 0)
			putchar('\n');
		plan_print(plans->pdata[i], plans->len > 1 ? name : NULL, stdout);
	}
}

static int run(const struct invocation *invocation, char **arguments, GError **error)
{
	autoptr(machine) machine = planning_read_machine(invocation->root_path, error);
	g_autoptr(GPtrArray) plans =
		machine == NULL ? NULL : planning_make(&wanted, machine, error);

	if (plans == NULL)
		return -1;
	if (!invocation->json)
		print_all(plans);
	else if (wanted.guests > 0)
		plans_print_json(plans, stdout);
	else
		plan_print_json(plans->pdata[0], stdout);
	return EXIT_SUCCESS;
}

const struct command command_plan = {
	.name = "plan",
	.arguments = "",
	.summary = "Choose card, cores and memory for a guest, and say why",
	.description =
		"Nothing is changed. What is chosen, in this order: one kind of core, the quicker; "
		"the NUMA node of the card; the fewest L3 caches, the larger where they differ; "
		"whole cores, so that no core is shared between guest and host. The core of CPU 0 "
		"and one more stay with the host (only CPU 0's where there are four or fewer).\n\n"
		"With --guests the machine is divided: every guest gets the same, and a card, "
		"keyboard and mouse of its own; or one sentence says which limit is in the way.\n\n"
		"What a machine does not tell is left out and said: a folder that holds nothing "
		"but processors gets a plan for its cores.",
	.examples = examples,
	.flags = COMMAND_READS | COMMAND_SHOWS,
	.options = options,
	.run = run,
};
