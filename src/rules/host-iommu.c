/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "rules/host.h"

/*
 * What the processor, the firmware and the kernel must offer before any device can be lent. One
 * cause makes one finding: a rule whose fact only follows from another's keeps silent.
 */

static void judge_virtualisation(const struct rule *rule, const struct machine *machine,
				 GPtrArray *findings)
{
	struct finding *finding;

	if (machine->firmware.virtualisation == KNOWN_YES)
		return;
	if (machine->firmware.virtualisation == NOT_KNOWN) {
		finding = finding_add_unknown(findings, rule, "host");
		finding->evidence = g_strdup("/proc/cpuinfo could not be read");
		finding->message = g_strdup("Whether the processor can run guests is not known.");
		return;
	}
	finding = finding_add(findings, rule, "host");
	finding->evidence = g_strdup("/proc/cpuinfo shows neither vmx nor svm");
	finding->message = g_strdup(
		"The processor's virtualisation is off. Without it there is no "
		"KVM, and so no guest.");
	if (host_is_guest(machine))
		finding->fix = g_strdup(
			"This machine is itself a guest: its host must offer it "
			"nested virtualisation.");
	else if (host_is_amd(machine))
		finding->fix = g_strdup(
			"In the firmware setup turn on \"SVM Mode\" (often under "
			"CPU or Overclocking).");
	else
		finding->fix = g_strdup(
			"In the firmware setup turn on \"Intel Virtualization "
			"Technology\" (VT-x).");
}

static void judge_kvm(const struct rule *rule, const struct machine *machine, GPtrArray *findings)
{
	const char *module = host_is_amd(machine) ? "kvm_amd" : "kvm_intel";
	enum module_state state =
		machine->kernel == NULL ? MODULE_NOT_KNOWN : machine->kernel->kvm_vendor;
	struct finding *finding;

	/* Without the processor's help KVM cannot be there; FW-01 has said so. */
	if (machine->firmware.kvm == KNOWN_YES || machine->firmware.virtualisation == KNOWN_NO)
		return;
	if (machine->firmware.kvm == NOT_KNOWN) {
		finding = finding_add_unknown(findings, rule, "/dev/kvm");
		finding->evidence = g_strdup("/dev cannot be seen from here");
		finding->message = g_strdup("Whether KVM is there is not known.");
		return;
	}
	finding = finding_add(findings, rule, "/dev/kvm");
	finding->evidence = g_strdup_printf("/dev/kvm does not exist; module %s is %s", module,
					    state == MODULE_ABSENT   ? "not on the disk"
					    : state >= MODULE_LOADED ? "there, and offers nothing"
								     : "not loaded");
	finding->message = g_strdup("KVM does not run, so guests cannot run on the processor.");
	finding->fix = state == MODULE_ABSENT ? advice_for(machine, ADVICE_KERNEL)
					      : g_strdup_printf("sudo modprobe %s", module);
}

static void judge_iommu_table(const struct rule *rule, const struct machine *machine,
			      GPtrArray *findings)
{
	const struct firmware *firmware = &machine->firmware;
	struct finding *finding;

	if (host_has_iommu_table(machine) || host_iommu_works(machine))
		return;
	if (firmware->dmar == NOT_KNOWN || firmware->ivrs == NOT_KNOWN) {
		finding = finding_add_unknown(findings, rule, "host");
		finding->evidence = g_strdup("/sys/firmware/acpi/tables could not be listed");
		finding->message =
			g_strdup("Whether the firmware has an IOMMU turned on is not known.");
		return;
	}
	finding = finding_add(findings, rule, "host");
	finding->evidence = g_strdup("/sys/firmware/acpi/tables has neither DMAR nor IVRS");
	finding->message = g_strdup(
		"The firmware offers no IOMMU, and no kernel argument can "
		"change that.");
	if (host_is_guest(machine))
		finding->fix = g_strdup(
			"This machine is itself a guest: its host must give it an "
			"IOMMU of its own (libvirt: <iommu model='intel'/>).");
	else if (host_is_amd(machine))
		finding->fix = g_strdup(
			"In the firmware setup set \"IOMMU\" (also under NBIO or "
			"CBS) to Enabled; \"Auto\" may mean off. If there is no such "
			"setting, update the BIOS.");
	else
		finding->fix = g_strdup(
			"In the firmware setup turn on \"VT-d\" (Intel "
			"Virtualization for Directed I/O). If there is no such "
			"setting, update the BIOS.");
}

/* off_argument - the argument that keeps the IOMMU off, or NULL; to be freed */
static char *off_argument(const struct machine *machine)
{
	static const struct {
		const char *name, *value;
	} offs[] = {
		{ "intel_iommu", "off" },
		{ "amd_iommu", "off" },
		{ "iommu", "off" },
		{ "iommu", "soft" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(offs); i++) {
		g_autofree char *value = host_argument(machine, offs[i].name);

		if (host_value_lists(value, offs[i].value))
			return g_strdup_printf("%s=%s", offs[i].name, value);
	}
	return NULL;
}

/* Intel, and neither turned off nor on by hand: then it is the kernel's default that decides. */
static gboolean needs_intel_argument(const struct machine *machine)
{
	g_autofree char *off = off_argument(machine);
	g_autofree char *given = host_argument(machine, "intel_iommu");
	g_autofree char *built_in = host_kernel_option(machine, "INTEL_IOMMU_DEFAULT_ON");
	g_autofree char *debian = host_kernel_option(machine, "INTEL_IOMMU_DEFAULT_ON_INTGPU_OFF");

	return machine->firmware.dmar == KNOWN_YES && off == NULL &&
	       !host_value_lists(given, "on") && g_strcmp0(built_in, "y") != 0 &&
	       g_strcmp0(debian, "y") != 0;
}

static void judge_iommu_active(const struct rule *rule, const struct machine *machine,
			       GPtrArray *findings)
{
	const struct firmware *firmware = &machine->firmware;
	g_autofree char *off = NULL;
	struct finding *finding;

	if (host_iommu_works(machine) || !host_has_iommu_table(machine) ||
	    needs_intel_argument(machine))
		return;
	off = off_argument(machine);
	finding = finding_add(findings, rule, "host");
	finding->evidence = g_strdup_printf(
		"%u entries in /sys/class/iommu, %u in "
		"/sys/kernel/iommu_groups%s%s",
		firmware->iommus, firmware->groups, off == NULL ? "" : "; /proc/cmdline has ",
		off == NULL ? "" : off);
	finding->message = g_strdup(
		off != NULL ? "The kernel was told not to use the IOMMU."
			    : "The firmware has an IOMMU, but the kernel does not run it.");
	finding->fix = off != NULL ? advice_drop_argument(machine, off)
				   : g_strdup(
					     "Read why (a broken table asks for a BIOS update):\n"
					     "sudo dmesg | grep -i -e DMAR -e AMD-Vi -e IOMMU");
}

static void judge_intel_argument(const struct rule *rule, const struct machine *machine,
				 GPtrArray *findings)
{
	g_autofree char *given = host_argument(machine, "intel_iommu");
	g_autofree char *built_in = host_kernel_option(machine, "INTEL_IOMMU_DEFAULT_ON");
	struct finding *finding;

	if (!host_iommu_works(machine) && needs_intel_argument(machine)) {
		finding = finding_add(findings, rule, "host");
		finding->evidence = g_strdup_printf(
			"ACPI table DMAR is there, /sys/kernel/iommu_groups is empty, "
			"/proc/cmdline "
			"has no intel_iommu=on, and %s",
			built_in == NULL ? "the kernel's configuration could not be read"
					 : "CONFIG_INTEL_IOMMU_DEFAULT_ON is not set");
		finding->message = g_strdup(
			"The firmware has the IOMMU on; this kernel wants to be "
			"told to use it.");
		finding->fix = advice_add_argument(machine, "intel_iommu=on");
	} else if (host_iommu_works(machine) && host_value_lists(given, "on") &&
		   g_strcmp0(built_in, "y") == 0) {
		finding = finding_add(findings, rule, "host");
		finding->severity = SEVERITY_STYLE;
		finding->evidence = g_strdup_printf(
			"/proc/cmdline has intel_iommu=%s, and the kernel was built with "
			"CONFIG_INTEL_IOMMU_DEFAULT_ON=y",
			given);
		finding->message = g_strdup(
			"The argument changes nothing: this kernel has the "
			"IOMMU on by itself.");
	}
}

static void judge_no_iommu(const struct rule *rule, const struct machine *machine,
			   GPtrArray *findings)
{
	struct finding *finding;

	if (!host_parameter_is_set(machine, "vfio", "enable_unsafe_noiommu_mode"))
		return;
	finding = finding_add(findings, rule, "host");
	finding->evidence = g_strdup("/sys/module/vfio/parameters/enable_unsafe_noiommu_mode is Y");
	finding->message = g_strdup(
		"This mode is for programs such as DPDK. No guest can use it, "
		"and devices may then write anywhere in memory.");
	finding->fix = g_strdup(
		"echo N | sudo tee "
		"/sys/module/vfio/parameters/enable_unsafe_noiommu_mode\n"
		"sudo grep -rn noiommu /etc/modprobe.d /proc/cmdline");
}

/* unsafe_switch - which of the two modules was told to do without; "" if it cannot be told */
static const char *unsafe_switch(const struct machine *machine)
{
	static const char *const modules[] = { "vfio_iommu_type1", "iommufd" };

	for (gsize i = 0; i < G_N_ELEMENTS(modules); i++) {
		if (host_parameter_is_set(machine, modules[i], "allow_unsafe_interrupts"))
			return modules[i];
	}
	return "";
}

static void judge_unsafe_interrupts(const struct rule *rule, const struct machine *machine,
				    GPtrArray *findings)
{
	gboolean remapped = machine->firmware.interrupt_remapping == KNOWN_YES;
	struct finding *finding = finding_add(findings, rule, "host");

	finding->severity = SEVERITY_RISKY;
	finding->evidence =
		g_strdup_printf("allow_unsafe_interrupts is set for %s", unsafe_switch(machine));
	finding->message =
		g_strdup(remapped ? "A guest may send the host any interrupt, for nothing: this "
				    "machine remaps interrupts and does not need the switch."
				  : "A guest that owns a device may send the host any interrupt.");
	finding->fix = g_strdup(
		"Find the switch, take it out, and boot anew:\n"
		"sudo grep -r allow_unsafe_interrupts /etc/modprobe.d "
		"/etc/default/grub /proc/cmdline");
}

static void add_remapping_unknown(const struct rule *rule, GPtrArray *findings)
{
	struct finding *finding = finding_add_unknown(findings, rule, "host");

	finding->evidence = g_strdup("/proc/interrupts names no I/O APIC, by which one could tell");
	finding->message = g_strdup(
		"Whether interrupts are remapped is not known. Without that the "
		"kernel lends no device.");
}

static void add_not_remapped(const struct rule *rule, const struct machine *machine,
			     GPtrArray *findings)
{
	g_autofree char *value = host_argument(machine, "intremap");
	struct finding *finding = finding_add(findings, rule, "host");

	finding->evidence = g_strdup_printf(
		"/proc/interrupts shows IO-APIC, not IR-IO-APIC%s%s",
		value == NULL ? "" : "; /proc/cmdline has intremap=", value == NULL ? "" : value);
	finding->message = g_strdup(
		"The kernel lends no device while a guest could send the host "
		"any interrupt.");
	finding->fix = host_value_lists(value, "off")
			       ? advice_drop_argument(machine, "intremap=off")
			       : g_strdup(
					 "Update the BIOS, and in its setup turn on x2APIC and "
					 "interrupt remapping where it has them.");
}

static void judge_interrupt_remapping(const struct rule *rule, const struct machine *machine,
				      GPtrArray *findings)
{
	/* Without an IOMMU there is nothing that could remap; other rules have said so. */
	if (!host_iommu_works(machine))
		return;
	if (machine->firmware.unsafe_interrupts == KNOWN_YES) {
		judge_unsafe_interrupts(rule, machine, findings);
		return;
	}
	switch (machine->firmware.interrupt_remapping) {
	case KNOWN_YES:
		return;
	case NOT_KNOWN:
		add_remapping_unknown(rule, findings);
		return;
	case KNOWN_NO:
		add_not_remapped(rule, machine, findings);
		return;
	}
}

static void judge_direct_regions(const struct rule *rule, const struct machine *machine,
				 GPtrArray *findings)
{
	for (guint i = 0; machine->cards != NULL && i < machine->cards->len; i++) {
		const struct card *card = g_ptr_array_index(machine->cards, i);
		const struct pcidev *dev = card_display(card);
		g_autofree char *regions =
			dev->group == NULL
				? NULL
				: root_read(machine->root, NULL,
					    "sys/kernel/iommu_groups/%s/reserved_regions",
					    dev->group);
		g_auto(GStrv) lines = g_strsplit(regions == NULL ? "" : regions, "\n", -1);

		for (guint j = 0; lines[j] != NULL; j++) {
			struct finding *finding;

			if (!g_str_has_suffix(lines[j], " direct"))
				continue;
			finding = finding_add(findings, rule, dev->address);
			if (host_has_other_spare(machine, card))
				finding->severity = SEVERITY_RISKY;
			finding->evidence = g_strdup_printf("IOMMU group %s has the region %s",
							    dev->group, lines[j]);
			finding->message = g_strdup(
				"The firmware wants a piece of memory mapped one to one "
				"for a device of this group, so the kernel lends none.");
			finding->fix =
				g_strdup("Put the card in another slot, or update the BIOS.");
			break;
		}
	}
}

static void judge_address_width(const struct rule *rule, const struct machine *machine,
				GPtrArray *findings)
{
	const struct firmware *firmware = &machine->firmware;
	struct finding *finding;

	if (firmware->iommu_bits == 0 || firmware->physical_bits <= firmware->iommu_bits)
		return;
	finding = finding_add(findings, rule, "host");
	finding->evidence = g_strdup_printf(
		"the processor has %u physical address bits, the IOMMU "
		"%u",
		firmware->physical_bits, firmware->iommu_bits);
	finding->message = g_strdup(
		"A guest that sees the processor's width may put its card where "
		"the IOMMU cannot reach (\"DMA mapping failed\").");
	finding->fix = g_strdup_printf(
		"hotseat new sees to it. In guests made by others put into <cpu>:\n"
		"<maxphysaddr mode='passthrough' limit='%u'/>",
		firmware->iommu_bits);
}

static const struct rule rules[] = {
	{ "FW-01", SEVERITY_BROKEN, 'V', "the processor's virtualisation is on",
	  "KVM runs guests on the processor itself and needs VMX (Intel) or SVM (AMD), which the "
	  "firmware can turn off.",
	  "turn on the processor's virtualisation in the firmware setup",
	  "libvirt tools/virt-host-validate-common.c", judge_virtualisation },
	{ "HS-01", SEVERITY_BROKEN, 'V', "KVM runs",
	  "QEMU asks for it through /dev/kvm, which appears when kvm_intel or kvm_amd is loaded.",
	  "load KVM", "Linux Documentation/virt/kvm/api.rst", judge_kvm },
	{ "FW-02", SEVERITY_BROKEN, 'V', "the firmware offers an IOMMU",
	  "Without the ACPI table DMAR (Intel) or IVRS (AMD) the kernel finds no IOMMU, and no "
	  "argument can change that.",
	  "turn on the IOMMU in the firmware setup", "libvirt tools/virt-host-validate-common.c",
	  judge_iommu_table },
	{ "FW-03", SEVERITY_BROKEN, 'V', "the kernel runs the IOMMU",
	  "The proof is a device in /sys/class/iommu and groups in /sys/kernel/iommu_groups. Lines "
	  "in the kernel's log prove nothing: some only say that an argument was read.",
	  "let the kernel use the IOMMU", "Linux drivers/iommu/iommu.c", judge_iommu_active },
	{ "FW-04", SEVERITY_BROKEN, 'V', "the kernel is told to use Intel's IOMMU where it must be",
	  "Most kernels use it by themselves. Those built without CONFIG_INTEL_IOMMU_DEFAULT_ON "
	  "want intel_iommu=on; elsewhere the argument changes nothing.",
	  "start the kernel with intel_iommu=on", "Linux drivers/iommu/intel/Kconfig",
	  judge_intel_argument },
	{ "GR-13", SEVERITY_RISKY, 'V', "VFIO's no-IOMMU mode is off",
	  "It makes groups for devices that nothing confines. Guests cannot use them.",
	  "turn VFIO's no-IOMMU mode off", "Linux drivers/vfio/Kconfig", judge_no_iommu },
	{ "FW-07", SEVERITY_BROKEN, 'V', "interrupts are remapped",
	  "Without remapping a guest that owns a device could send the host any interrupt, so VFIO "
	  "refuses. allow_unsafe_interrupts makes it lend all the same.",
	  "turn on interrupt remapping", "Linux drivers/vfio/vfio_iommu_type1.c",
	  judge_interrupt_remapping },
	{ "FW-08", SEVERITY_BROKEN, 'V', "the firmware wants no fixed memory for the card's group",
	  "A device with a one-to-one region (RMRR, IVMD) must stay with the host. Graphics and "
	  "USB "
	  "on Intel are exempt.",
	  "free the card's group from firmware regions",
	  "Linux drivers/iommu/iommu.c (require_direct)", judge_direct_regions },
	{ "FW-15", SEVERITY_RISKY, 'V', "the IOMMU reaches as far as the processor",
	  "Intel's desktop processors tell guests of 46 address bits where the IOMMU may have 39. "
	  "The guest's firmware may then place the card's memory out of reach.",
	  "limit the guest's address width", "libvirt docs/formatdomain.rst (maxphysaddr)",
	  judge_address_width },
};

const struct rule_set host_rules_iommu = { rules, G_N_ELEMENTS(rules) };
