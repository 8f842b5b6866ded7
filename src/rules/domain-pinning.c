/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "machine/cpulist.h"
#include "rules/domain.h"

/* Which host processors the guest's threads run on, as far as the text decides. */

static void free_set(gpointer set)
{
	if (set != NULL)
		g_array_unref(set);
}

/* pins - the sets of all <vcpupin>, NULL where one cannot be read */
static GPtrArray *pins(struct judging *judging, const GPtrArray *elements)
{
	GPtrArray *sets = g_ptr_array_new_with_free_func(free_set);

	for (guint i = 0; i < elements->len; i++) {
		const char *text = element_attribute(judging->document,
						     g_ptr_array_index(elements, i), "cpuset");

		g_ptr_array_add(sets, text != NULL ? cpulist_read(text) : NULL);
	}
	return sets;
}

static void judge_missing(const struct domain_rule *rule, struct judging *judging)
{
	guint vcpus = domain_number(judging, NULL, "vcpu", 0);
	g_autoptr(GPtrArray) elements = document_find(judging->document, NULL, "cputune/vcpupin");

	if (elements->len == 0 || elements->len >= vcpus)
		return;
	finding_say(domain_blame(rule, judging, g_ptr_array_index(elements, 0)),
		    "%u of %u vCPUs are pinned; the others run anywhere.", elements->len, vcpus);
}

static void judge_shared(const struct domain_rule *rule, struct judging *judging)
{
	g_autoptr(GPtrArray) elements = document_find(judging->document, NULL, "cputune/vcpupin");
	g_autoptr(GPtrArray) sets = pins(judging, elements);
	g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);

	for (guint i = 0; i < sets->len; i++) {
		const GArray *set = g_ptr_array_index(sets, i);
		guint cpu;

		if (set == NULL || set->len != 1)
			continue;
		cpu = g_array_index(set, guint, 0);
		if (!g_hash_table_add(seen, GUINT_TO_POINTER(cpu + 1)))
			finding_say(domain_blame(rule, judging, g_ptr_array_index(elements, i)),
				    "Another vCPU is pinned to host processor %u as well.", cpu);
	}
}

static void judge_emulator(const struct domain_rule *rule, struct judging *judging)
{
	g_autoptr(GPtrArray) elements = document_find(judging->document, NULL, "cputune/vcpupin");
	g_autoptr(GPtrArray) sets = pins(judging, elements);
	const struct element *emulator =
		document_first(judging->document, NULL, "cputune/emulatorpin");
	const char *text =
		emulator == NULL ? NULL : element_attribute(judging->document, emulator, "cpuset");
	g_autoptr(GArray) own = text != NULL ? cpulist_read(text) : NULL;

	if (elements->len == 0)
		return;
	if (emulator == NULL) {
		domain_blame(rule, judging, g_ptr_array_index(elements, 0));
		return;
	}
	for (guint i = 0; i < sets->len && own != NULL; i++) {
		const GArray *set = g_ptr_array_index(sets, i);

		if (set == NULL || set->len != 1 || !cpulist_has(own, g_array_index(set, guint, 0)))
			continue;
		finding_say(domain_blame(rule, judging, emulator),
			    "QEMU's own threads share host processor %u with a vCPU.",
			    g_array_index(set, guint, 0));
		return;
	}
}

static void judge_first(const struct domain_rule *rule, struct judging *judging)
{
	g_autoptr(GPtrArray) elements = document_find(judging->document, NULL, "cputune/vcpupin");
	g_autoptr(GPtrArray) sets = pins(judging, elements);

	for (guint i = 0; i < sets->len; i++) {
		if (!cpulist_has(g_ptr_array_index(sets, i), 0))
			continue;
		domain_blame(rule, judging, g_ptr_array_index(elements, i));
		return;
	}
}

#define SOURCE "libvirt docs/formatdomain.rst"

static const struct domain_rule table[] = {
	{ .rule = { "PN-01", SEVERITY_SLOW, 'V',
		    "vCPUs are pinned one to one, QEMU's threads elsewhere",
		    "Without <emulatorpin> QEMU's own threads may run on every host processor, "
		    "those "
		    "of the vCPUs included.",
		    NULL, SOURCE },
	  .needs = DOMAIN_PCI,
	  .judge = judge_emulator,
	  .message = "The vCPUs are pinned, but QEMU's own threads run on every host processor, "
		     "those of the vCPUs included.",
	  .fix = "<emulatorpin cpuset='…'/> in <cputune>, with processors that no vCPU has" },
	{ .rule = { "PN-01", SEVERITY_SLOW, 'V', "every vCPU is pinned",
		    "A vCPU that is not pinned "
		    "runs anywhere, also on another vCPU's processor.",
		    NULL, SOURCE },
	  .needs = DOMAIN_PCI,
	  .judge = judge_missing,
	  .message = "Some vCPUs are not pinned.",
	  .fix = "One <vcpupin> for each vCPU" },
	{ .rule = { "PN-01", SEVERITY_SLOW, 'V', "no host processor has two vCPUs",
		    "Two vCPUs on one processor wait for each other.", NULL, SOURCE },
	  .needs = DOMAIN_PCI,
	  .judge = judge_shared,
	  .message = "Two vCPUs share a host processor.",
	  .fix = "Give each vCPU a processor of its own." },
	{ .rule = { "PN-01", SEVERITY_BROKEN, 'V', "each vCPU is pinned once",
		    "libvirt keeps one set for each vCPU.", NULL,
		    "libvirt src/conf/domain_conf.c" },
	  .find = "cputune/vcpupin[@vcpu = preceding-sibling::vcpupin/@vcpu]",
	  .message = "This vCPU is pinned already: libvirt refuses.",
	  .fix = "One <vcpupin> for each vCPU; cpuset='2,3' names several processors." },
	{ .rule = { "PN-02", SEVERITY_SLOW, 'V', "the first processor stays with the host",
		    "The boot processor keeps time and takes many interrupts.", NULL,
		    "Linux Documentation/admin-guide/kernel-parameters.txt nohz_full; ArchWiki" },
	  .needs = DOMAIN_PCI,
	  .judge = judge_first,
	  .message =
		  "A vCPU runs on host processor 0, which keeps time and takes interrupts for the "
		  "whole host.",
	  .fix = "Leave processor 0 and its sibling to the host and to <emulatorpin>." },
	{ .rule = { "PN-04", SEVERITY_RISKY, 'V', "no real-time priority on a desktop",
		    "A real-time vCPU that spins starves what else must run on its processor, the "
		    "kernel's own threads included.",
		    NULL, "libvirt docs/kbase/kvm-realtime.rst; the hazard: experience" },
	  .find = "cputune/vcpusched[@scheduler='fifo' or @scheduler='rr']",
	  .message = "A real-time vCPU can starve the host's own threads; meant for isolated "
		     "processors only.",
	  .fix = "Take <vcpusched> out." },
};

const struct domain_rules domain_pinning_rules = DOMAIN_RULES(table);
