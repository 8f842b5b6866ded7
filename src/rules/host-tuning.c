/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "rules/host.h"

/* How the host is set up to run, where a guest would feel it. */

static void judge_clocksource(const struct rule *rule, const struct machine *machine,
			      GPtrArray *findings)
{
	static const char *const slow[] = { "hpet", "acpi_pm", "refined-jiffies", "jiffies", NULL };
	g_autofree char *clock =
		root_read(machine->root, NULL,
			  "sys/devices/system/clocksource/clocksource0/current_clocksource");
	struct finding *finding;

	/* Those of hypervisors are right where we are a guest ourselves. */
	if (clock == NULL || !g_strv_contains(slow, clock))
		return;
	finding = finding_add(findings, rule, "host");
	finding->evidence = g_strdup_printf("current_clocksource is %s", clock);
	finding->message = g_strdup(
		"The kernel does not trust the processor's clock. Each look at "
		"the time is slow then, and guests stutter.");
	finding->fix = g_strdup(
		"Update the BIOS, and read why the kernel gave up tsc:\n"
		"sudo dmesg | grep -i -e tsc -e clocksource");
}

static const struct rule rules[] = {
	{ "FW-21", SEVERITY_SLOW, 'D', "the clock is the processor's",
	  "With hpet or acpi_pm every look at the time leaves the processor, and the guest's "
	  "timing "
	  "suffers most.",
	  "get the clock back to tsc", "ArchWiki PCI passthrough via OVMF", judge_clocksource },
};

const struct rule_set host_rules_tuning = { rules, G_N_ELEMENTS(rules) };
