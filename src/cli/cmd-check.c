/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>

#include "cli/commands.h"
#include "core/error.h"
#include "rules/games.h"
#include "rules/rules.h"

static const char *const examples[] = {
	"hotseat check",
	"What stands in the way on this machine, and the commands that mend it.",
	"sudo hotseat check",
	"The same with the answers that only root can read.",
	"hotseat --json check",
	"For programs: every finding with rule, severity, evidence, fix and source.",
	NULL,
};

static int run(const struct invocation *invocation, char **arguments, GError **error)
{
	autoptr(machine) machine = machine_open(invocation->root_path, MACHINE_JUDGED, error);
	g_autoptr(GPtrArray) findings = NULL;

	if (machine == NULL)
		return -1;
	findings = rules_judge_host(machine);
	if (invocation->json) {
		findings_print_json(findings, "host", stdout);
	} else {
		g_autofree char *games = games_summary();

		findings_print(findings, machine, stdout);
		printf("\n%s\n", games);
	}
	return findings_count(findings, SEVERITY_BROKEN) > 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

const struct command command_check = {
	.name = "check",
	.arguments = "",
	.summary = "Say whether this machine can lend a card, and what would mend it",
	.description =
		"Looks at the processor, the firmware, the IOMMU and its groups, the kernel, QEMU "
		"and libvirt, and judges what it sees by rules. Nothing is changed.\n\n"
		"The first lines say whether a graphics card can be handed over and what to do "
		"next, and which answers only root can read: those are never taken for wrong. Then "
		"come the findings: what blocks, what may go wrong, what is slow, and advice. Each "
		"has the id of its rule, what was seen and where, and the commands for this "
		"distribution. All rules are described in rules.md, games that refuse virtual "
		"machines in games.md.\n\n"
		"The exit status is 1 if something blocks, 0 if not, 5 if the machine could not be "
		"read.",
	.examples = examples,
	.flags = COMMAND_READS | COMMAND_SHOWS,
	.run = run,
};
