/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "core/size.h"
#include "machine/hugepages.h"
#include "rules/host.h"

/* Memory for guests: large pages, and what is done with small ones. */

static void judge_unsupported_pages(const struct rule *rule, const struct machine *machine,
				    GPtrArray *findings)
{
	g_autofree char *size = host_argument(machine, "hugepagesz");

	if (!host_value_lists(size, "1G") || !host_cpuinfo_has(machine, " ") ||
	    host_cpuinfo_has(machine, " pdpe1gb"))
		return;
	host_say(findings, rule, "host",
		 g_strdup("/proc/cmdline has hugepagesz=1G, and the processor no flag pdpe1gb"),
		 "This processor has no pages of 1 GiB, and guests that want them do not start.",
		 advice_drop_argument(machine, "hugepagesz=1G"))
		->severity = SEVERITY_RISKY;
}

static void judge_hugepages(const struct rule *rule, const struct machine *machine,
			    GPtrArray *findings)
{
	const GArray *pools = machine->tuning->hugepages;
	guint64 total = 0, unused = 0;
	g_autofree char *size = NULL;

	judge_unsupported_pages(rule, machine, findings);
	for (guint i = 0; i < pools->len; i++) {
		const struct hugepages *pool = &g_array_index(pools, struct hugepages, i);

		total += pool->total * pool->page_kib;
		unused += pool->free * pool->page_kib;
	}
	/* A guest has them: then they are where they belong. */
	if (total == 0 || unused < total)
		return;
	size = size_format(total * 1024);
	host_say(findings, rule, "host",
		 g_strdup_printf("%s are set aside as huge pages, and nobody uses them", size),
		 "Programs of the host cannot use this memory. Hotseat takes huge pages when a "
		 "guest "
		 "starts and gives them back when it ends.",
		 g_strdup("Unless other programs want them: take hugepages= off the command line, "
			  "and vm.nr_hugepages out of /etc/sysctl.d."));
}

static void judge_transparent(const struct rule *rule, const struct machine *machine,
			      GPtrArray *findings)
{
	if (g_strcmp0(machine->tuning->transparent, "never") != 0)
		return;
	host_say(findings, rule, "host",
		 g_strdup("/sys/kernel/mm/transparent_hugepage/enabled is never"),
		 "Guests without huge pages of their own run on small pages alone.",
		 g_strdup("echo madvise | sudo tee /sys/kernel/mm/transparent_hugepage/enabled"));
}

static void judge_merging(const struct rule *rule, const struct machine *machine,
			  GPtrArray *findings)
{
	if (machine->tuning->merging != KNOWN_YES)
		return;
	host_say(findings, rule, "host", g_strdup("/sys/kernel/mm/ksm/run is 1"),
		 "The kernel looks for equal pages to merge. The memory of a guest with a card is "
		 "pinned, so that this only costs time.",
		 g_strdup("echo 0 | sudo tee /sys/kernel/mm/ksm/run"));
}

static void judge_node(const struct rule *rule, const struct machine *machine, GPtrArray *findings)
{
	for (guint i = 0; machine->tuning->nodes > 1 && i < machine->hardware->len; i++) {
		const struct hardware *hardware = host_wanted(machine, i);

		if (hardware == NULL || card_display(hardware->card)->numa_node >= 0)
			continue;
		host_say(
			findings, rule, card_display(hardware->card)->address,
			g_strdup_printf("numa_node is -1 on a machine with %u nodes",
					machine->tuning->nodes),
			"The firmware does not say which processors the card is near to, so a "
			"guest "
			"may get far ones.",
			g_strdup(
				"Update the BIOS, or read in the board's manual which socket feeds "
				"the slot."));
	}
}

static const struct rule rules[] = {
	{ "MM-05", SEVERITY_STYLE, 'V',
	  "huge pages are there when a guest wants them, and only then",
	  "Pages of 1 GiB need the processor's flag pdpe1gb. Reserved pages are lost to the host.",
	  "drop the reserved huge pages", "Linux Documentation/admin-guide/mm/hugetlbpage.rst",
	  judge_hugepages },
	{ "MM-06", SEVERITY_STYLE, 'D', "transparent huge pages are on",
	  "They are a fair substitute for huge pages that are set aside; QEMU asks for them.",
	  "turn transparent huge pages on", "ArchWiki PCI passthrough via OVMF",
	  judge_transparent },
	{ "MM-07", SEVERITY_STYLE, 'V', "equal pages are not looked for",
	  "KSM finds nothing to merge in memory that is pinned for a device.", "turn KSM off",
	  "libvirt docs/formatdomain.rst (nosharepages)", judge_merging },
	{ "MM-08", SEVERITY_STYLE, 'D', "the card's node is known",
	  "Memory and processors of the card's own node are nearer to it.", "update the BIOS",
	  "Linux Documentation/ABI/testing/sysfs-bus-pci (numa_node)", judge_node },
};

const struct rule_set host_rules_memory = { rules, G_N_ELEMENTS(rules) };
