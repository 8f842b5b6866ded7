/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "machine/cpulist.h"
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

static void judge_split_lock(const struct rule *rule, const struct machine *machine,
			     GPtrArray *findings)
{
	g_autofree char *value = host_argument(machine, "split_lock_detect");
	g_autofree char *log = NULL;

	if (host_value_lists(value, "fatal")) {
		host_say(findings, rule, "host",
			 g_strdup("/proc/cmdline has split_lock_detect=fatal"),
			 "A game that locks across two cache lines takes its whole guest down.",
			 advice_drop_argument(machine, "split_lock_detect=fatal"))
			->severity = SEVERITY_RISKY;
		return;
	}
	if (machine->tuning->split_lock_mitigation != KNOWN_YES)
		return;
	/* the default, and right until a guest is seen to suffer: "#AC: CPU 0/KVM/1234 took a ..."
	 */
	log = root_read(machine->root, NULL, "var/log/kern.log");
	if (log == NULL ||
	    !g_regex_match_simple("split lock detection: #(AC|DB): CPU [0-9]+/KVM/", log, 0, 0))
		return;
	host_say(
		findings, rule, "host",
		g_strdup("/var/log/kern.log has split locks of a guest, and split_lock_mitigate is "
			 "1"),
		"The kernel slows a guest down each time one of its programs locks across two "
		"cache "
		"lines, and old games do.",
		g_strdup("While it plays (a hostile guest could then slow the host):\n"
			 "sudo sysctl kernel.split_lock_mitigate=0"));
}

static void judge_governor(const struct rule *rule, const struct machine *machine,
			   GPtrArray *findings)
{
	/* With these "powersave" is the name of the normal, quick one. */
	static const char *const active[] = { "intel_pstate", "amd-pstate-epp", "amd_pstate_epp",
					      NULL };
	const struct tuning *tuning = machine->tuning;

	if (g_strcmp0(tuning->governor, "powersave") == 0 && tuning->scaling_driver != NULL &&
	    !g_strv_contains(active, tuning->scaling_driver))
		host_say(findings, rule, "host",
			 g_strdup_printf("scaling_governor is powersave with the driver %s",
					 tuning->scaling_driver),
			 "With this driver that means the lowest frequency, always.",
			 g_strdup("echo schedutil | sudo tee "
				  "/sys/devices/system/cpu/cpu*/cpufreq/scaling_governor"));
	else if (g_strcmp0(tuning->energy, "power") == 0)
		host_say(
			findings, rule, "host", g_strdup("energy_performance_preference is power"),
			"The processor is told to save power above all, and stays slow under load.",
			g_strdup("echo balance_performance | sudo tee /sys/devices/system/cpu/cpu*/"
				 "cpufreq/energy_performance_preference"));
}

static void judge_cores(const struct rule *rule, const struct machine *machine, GPtrArray *findings)
{
	guint cores = machine->tuning->cores;

	if (cores == 0 || cores > 2)
		return;
	host_say(findings, rule, "host",
		 g_strdup_printf("%u core%s, %u threads", cores, cores == 1 ? "" : "s",
				 machine->tuning->threads),
		 "The host keeps one core for itself, so that little is left for a guest.", NULL);
}

static gboolean guest_runs(const struct machine *machine)
{
	g_auto(GStrv) names = root_list(machine->root, NULL, "run/libvirt/qemu");

	for (guint i = 0; names != NULL && names[i] != NULL; i++) {
		if (g_str_has_suffix(names[i], ".xml"))
			return TRUE;
	}
	return FALSE;
}

/* A slice that may use fewer processors than there are, while nobody is there who needs the rest.
 */
static void judge_squeezed(const struct rule *rule, const struct machine *machine,
			   GPtrArray *findings)
{
	static const char *const slices[] = { "user.slice", "system.slice", "init.scope" };
	g_autofree char *all =
		root_read(machine->root, NULL, "sys/fs/cgroup/cpuset.cpus.effective");

	for (gsize i = 0; all != NULL && i < G_N_ELEMENTS(slices); i++) {
		g_autofree char *own = root_read(
			machine->root, NULL, "sys/fs/cgroup/%s/cpuset.cpus.effective", slices[i]);

		if (own == NULL || own[0] == '\0' || g_str_equal(own, all) || guest_runs(machine))
			continue;
		host_say(findings, rule, slices[i],
			 g_strdup_printf("it may use processors %s of %s, and no guest runs", own,
					 all),
			 "Somebody moved the desktop aside for a guest and never let it back.",
			 g_strdup_printf("sudo systemctl set-property --runtime %s AllowedCPUs=%s",
					 slices[i], all));
	}
}

static void judge_cgroup(const struct rule *rule, const struct machine *machine,
			 GPtrArray *findings)
{
	if (machine->tuning->cgroup == 1)
		host_say(findings, rule, "host", g_strdup("/sys/fs/cgroup is of version 1"),
			 "The desktop cannot be moved aside while a guest runs: that needs version "
			 "2 "
			 "of control groups.",
			 advice_add_argument(machine, "systemd.unified_cgroup_hierarchy=1"));
	else
		judge_squeezed(rule, machine, findings);
}

static void judge_partition(const struct rule *rule, const struct machine *machine,
			    GPtrArray *findings)
{
	g_auto(GStrv) names = root_list(machine->root, NULL, "sys/fs/cgroup");

	for (guint i = 0; names != NULL && names[i] != NULL; i++) {
		g_autofree char *state = root_read(
			machine->root, NULL, "sys/fs/cgroup/%s/cpuset.cpus.partition", names[i]);

		if (state == NULL || strstr(state, "invalid") == NULL)
			continue;
		host_say(findings, rule, names[i],
			 g_strdup_printf("cpuset.cpus.partition says: %s", state),
			 "These processors were to be set apart, and are not.",
			 g_strdup_printf("echo member | sudo tee "
					 "/sys/fs/cgroup/%s/cpuset.cpus.partition",
					 names[i]));
	}
}

static gboolean sleep_is_held_off(const struct machine *machine)
{
	g_auto(GStrv) names = root_list(machine->root, NULL, "run/systemd/inhibit");

	for (guint i = 0; names != NULL && names[i] != NULL; i++) {
		g_autofree char *text =
			root_read(machine->root, NULL, "run/systemd/inhibit/%s", names[i]);

		if (text != NULL && strstr(text, "sleep") != NULL &&
		    strstr(text, "MODE=block") != NULL)
			return TRUE;
	}
	return FALSE;
}

/* in libvirt's own text of a guest that runs */
static gboolean has_pci_device(const char *text)
{
	return strstr(text, "<hostdev mode='subsystem' type='pci'") != NULL;
}

static void judge_sleep(const struct rule *rule, const struct machine *machine, GPtrArray *findings)
{
	g_auto(GStrv) names = root_list(machine->root, NULL, "run/libvirt/qemu");

	for (guint i = 0; names != NULL && names[i] != NULL; i++) {
		g_autofree char *text =
			root_read(machine->root, NULL, "run/libvirt/qemu/%s", names[i]);
		g_autofree char *guest = g_strndup(names[i], strcspn(names[i], "."));

		if (!g_str_has_suffix(names[i], ".xml") || text == NULL || !has_pci_device(text) ||
		    sleep_is_held_off(machine))
			continue;
		host_say(findings, rule, guest,
			 g_strdup("it runs with a PCI device, and nothing in /run/systemd/inhibit "
				  "blocks sleep"),
			 "A host that goes to sleep now may not wake up.",
			 g_strdup("Until the guest has ended, leave this running:\n"
				  "sudo systemd-inhibit --what=sleep --mode=block sleep infinity"));
	}
}

/* pinned - host processors that vCPUs of guests with a PCI device are pinned to; NULL: none */
static GArray *pinned(const struct machine *machine)
{
	g_auto(GStrv) names = root_list(machine->root, NULL, "run/libvirt/qemu");
	g_autoptr(GRegex) pin = g_regex_new("<vcpupin vcpu='\\d+' cpuset='([^']*)'", 0, 0, NULL);
	g_autoptr(GString) all = g_string_new(NULL);

	for (guint i = 0; names != NULL && names[i] != NULL; i++) {
		g_autofree char *text =
			root_read(machine->root, NULL, "run/libvirt/qemu/%s", names[i]);
		g_autoptr(GMatchInfo) match = NULL;

		if (!g_str_has_suffix(names[i], ".xml") || text == NULL || !has_pci_device(text) ||
		    !g_utf8_validate(text, -1, NULL))
			continue;
		for (g_regex_match(pin, text, 0, &match); g_match_info_matches(match);
		     g_match_info_next(match, NULL)) {
			g_autofree char *set = g_match_info_fetch(match, 1);

			g_string_append_printf(all, "%s%s", all->len > 0 ? "," : "", set);
		}
	}
	return all->len > 0 ? cpulist_read(all->str) : NULL;
}

/* The handlers of an interrupt are folders in its own; one that nobody handles never comes. */
static gboolean is_hosts_interrupt(const struct machine *machine, const char *number)
{
	g_auto(GStrv) names = root_list(machine->root, NULL, "proc/irq/%s", number);
	gboolean handled = FALSE;

	for (guint i = 0; names != NULL && names[i] != NULL; i++) {
		struct statx info;

		if (g_str_has_prefix(names[i], "vfio"))
			return FALSE;
		handled = handled || (root_stat(machine->root, &info, NULL, "proc/irq/%s/%s",
						number, names[i]) &&
				      S_ISDIR(info.stx_mode));
	}
	return handled;
}

static gboolean arrives_at(const struct machine *machine, const char *number, const GArray *cpus)
{
	g_autofree char *text =
		root_read(machine->root, NULL, "proc/irq/%s/effective_affinity_list", number);
	g_autoptr(GArray) list = text == NULL ? NULL : cpulist_read(text);

	for (guint i = 0; list != NULL && i < list->len; i++) {
		if (cpulist_has(cpus, g_array_index(list, guint, i)))
			return is_hosts_interrupt(machine, number);
	}
	return FALSE;
}

/* All of @online that is not in @cpus, as text; NULL: nothing would be left, or is known. */
static char *rest_of(const char *online, const GArray *cpus)
{
	g_autoptr(GArray) all = online == NULL ? NULL : cpulist_read(online);

	for (guint i = all == NULL ? 0 : all->len; i-- > 0;) {
		if (cpulist_has(cpus, g_array_index(all, guint, i)))
			g_array_remove_index(all, i);
	}
	return all == NULL || all->len == 0 ? NULL : cpus_format(all);
}

static void judge_interrupts(const struct rule *rule, const struct machine *machine,
			     GPtrArray *findings)
{
	g_autoptr(GArray) cpus = pinned(machine);
	g_auto(GStrv) numbers = cpus == NULL ? NULL : root_list(machine->root, NULL, "proc/irq");
	g_autofree char *online = root_read(machine->root, NULL, "sys/devices/system/cpu/online");
	g_autofree char *rest = cpus == NULL ? NULL : rest_of(online, cpus);
	guint count = 0;

	for (guint i = 0; numbers != NULL && numbers[i] != NULL; i++)
		count += g_ascii_isdigit(numbers[i][0]) && arrives_at(machine, numbers[i], cpus);
	if (count == 0 || rest == NULL)
		return;
	host_say(
		findings, rule, "host",
		g_strdup_printf("%u interrupt%s of the host's devices arrive at processors that a "
				"running guest is pinned to",
				count, count == 1 ? "" : "s"),
		"Each of them takes the processor from the guest for a moment.",
		g_strdup_printf(
			"Where this fails with an input/output error the device chooses for "
			"itself. irqbalance moves them again, unless IRQBALANCE_BANNED_CPULIST has "
			"the guest's processors:\n"
			"sudo sh -c 'for f in /proc/irq/*/smp_affinity_list; do echo %s >$f; done'",
			rest));
}

/* Shorter than a tenth of a frame at 144 Hz nobody feels. */
#define WAKING_SLOW_US 500

static void judge_idle_states(const struct rule *rule, const struct machine *machine,
			      GPtrArray *findings)
{
	g_autoptr(GArray) cpus = pinned(machine);
	g_auto(GStrv) states = cpus == NULL ? NULL
					    : root_list(machine->root, NULL,
							"sys/devices/system/cpu/cpu0/cpuidle");

	for (guint i = 0; states != NULL && states[i] != NULL; i++) {
		const char *folder = "sys/devices/system/cpu/cpu0/cpuidle";
		g_autofree char *name =
			root_read(machine->root, NULL, "%s/%s/name", folder, states[i]);
		guint64 latency = 0, disabled = 0;

		(void)root_read_number(machine->root, 10, &latency, NULL, "%s/%s/latency", folder,
				       states[i]);
		(void)root_read_number(machine->root, 10, &disabled, NULL, "%s/%s/disable", folder,
				       states[i]);
		if (latency < WAKING_SLOW_US || disabled != 0)
			continue;
		host_say(findings, rule, "host",
			 g_strdup_printf("idle state %s takes %" G_GUINT64_FORMAT
					 " µs to wake from, and a guest with a card runs",
					 name != NULL ? name : states[i], latency),
			 "A processor whose vCPU waits goes to sleep, and may wake too late for a "
			 "frame. If games stutter, try this; it costs power.",
			 g_strdup("Until the guest has ended, leave this running:\n"
				  "sudo sh -c 'exec 3>/dev/cpu_dma_latency; printf "
				  "\"\\0\\0\\0\\0\" >&3; sleep infinity'"));
		return;
	}
}

static const struct rule rules[] = {
	{ "FW-24", SEVERITY_RISKY, 'D', "the host does not sleep under a guest with a card",
	  "Hosts lock up when they wake, or when the guest ends.", "hold sleep off",
	  "ArchWiki PCI passthrough via OVMF", judge_sleep },
	{ "PN-07", SEVERITY_RISKY, 'V', "partitions of processors are what they say",
	  "A cpuset partition that could not be made says so only in its own file.",
	  "undo the partition", "Linux Documentation/admin-guide/cgroup-v2.rst", judge_partition },
	{ "PN-06", SEVERITY_SLOW, 'D', "the desktop can be moved aside, and came back",
	  "systemd's AllowedCPUs keeps the desktop off a guest's processors, with version 2 of "
	  "control groups. Emptying it again does not lift it from what runs.",
	  "give the desktop its processors back", "ArchWiki PCI passthrough via OVMF",
	  judge_cgroup },
	{ "PN-03", SEVERITY_SLOW, 'D', "there are cores for host and guest",
	  "QEMU's own threads and the desktop need at least one core that the guest has not.",
	  "take a processor with more cores", "Looking Glass doc, ArchWiki", judge_cores },
	{ "PN-11", SEVERITY_SLOW, 'D', "the processor may be quick",
	  "What \"powersave\" means depends on the driver below it.", "change the governor",
	  "ArchWiki CPU frequency scaling", judge_governor },
	{ "FW-20", SEVERITY_SLOW, 'V', "split locks of games are not punished",
	  "The kernel slows down, or ends, whoever locks across two cache lines.",
	  "turn the mitigation off while a guest plays",
	  "Linux Documentation/admin-guide/sysctl/kernel.rst, arch/x86/kernel/cpu/bus_lock.c",
	  judge_split_lock },
	{ "FW-21", SEVERITY_SLOW, 'D', "the clock is the processor's",
	  "With hpet or acpi_pm every look at the time leaves the processor, and the guest's "
	  "timing "
	  "suffers most.",
	  "get the clock back to tsc", "ArchWiki PCI passthrough via OVMF", judge_clocksource },
	{ "PN-09", SEVERITY_STYLE, 'U', "interrupts stay off the guest's processors",
	  "An interrupt of the host on a vCPU's processor stops the vCPU. Those of the guest's own "
	  "devices belong there.",
	  "move the interrupts", "Linux Documentation/core-api/irq/irq-affinity.rst",
	  judge_interrupts },
	{ "PN-12", SEVERITY_STYLE, 'U', "the guest's processors do not sleep deeply",
	  "Waking from a deep idle state takes up to a millisecond.", "hold deep sleep off",
	  "Linux Documentation/power/pm_qos_interface.rst", judge_idle_states },
};

const struct rule_set host_rules_tuning = { rules, G_N_ELEMENTS(rules) };
