/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <gio/gio.h>
#include <string.h>

#include "core/error.h"
#include "rules/host.h"

/*
 * The processor, the firmware's tables and the kernel's arguments. One cause makes one finding: a
 * rule whose fact only follows from another's keeps silent.
 */

/* cpuinfo_has - a word about the first processor */
static gboolean cpuinfo_has(const struct machine *machine, const char *word)
{
	static const gsize first_processor = 4096;
	g_autoptr(GBytes) bytes =
		root_read_bytes(machine->root, first_processor, NULL, "proc/cpuinfo");
	gsize length = 0;
	const char *text = bytes == NULL ? NULL : g_bytes_get_data(bytes, &length);

	return text != NULL && g_strstr_len(text, (gssize)length, word) != NULL;
}

/* For the words of a firmware setup, where the tables do not tell. */
static gboolean is_amd(const struct machine *machine)
{
	if (host_has_iommu_table(machine))
		return machine->firmware.ivrs == KNOWN_YES;
	return cpuinfo_has(machine, "AuthenticAMD");
}

/* The flag that hypervisors show to guests: then there is no firmware setup to go to. */
static gboolean is_guest(const struct machine *machine)
{
	return cpuinfo_has(machine, " hypervisor ");
}

gboolean host_has_iommu_table(const struct machine *machine)
{
	return machine->firmware.dmar == KNOWN_YES || machine->firmware.ivrs == KNOWN_YES;
}

gboolean host_iommu_works(const struct machine *machine)
{
	const struct firmware *firmware = &machine->firmware;

	if (firmware->groups == 0)
		return FALSE;
	/* VFIO's no-IOMMU mode makes groups too, so groups alone prove nothing where no IOMMU is.
	 * A folder that lacks sys/class/iommu altogether was not recorded in full. */
	return firmware->iommus > 0 || !root_exists(machine->root, "sys/class/iommu");
}

gboolean host_parameter_is_set(const struct machine *machine, const char *module,
			       const char *parameter)
{
	g_autofree char *value =
		root_read(machine->root, NULL, "sys/module/%s/parameters/%s", module, parameter);

	return value != NULL && (value[0] == 'Y' || value[0] == 'y' || value[0] == '1');
}

static char *argument(const struct machine *machine, const char *name)
{
	if (machine->kernel == NULL || machine->kernel->command_line == NULL)
		return NULL;
	return kernel_argument(machine->kernel, name);
}

/* value_lists - is @wanted one of the words of "a,b,c"? */
static gboolean value_lists(const char *value, const char *wanted)
{
	g_auto(GStrv) words = NULL;

	if (value == NULL)
		return FALSE;
	words = g_strsplit(value, ",", -1);
	return g_strv_contains((const char *const *)words, wanted);
}

void host_judge_virtualisation(const struct rule *rule, const struct machine *machine,
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
	if (is_guest(machine))
		finding->fix = g_strdup(
			"This machine is itself a guest: its host must offer it "
			"nested virtualisation.");
	else if (is_amd(machine))
		finding->fix = g_strdup(
			"In the firmware setup turn on \"SVM Mode\" (often under "
			"CPU or Overclocking).");
	else
		finding->fix = g_strdup(
			"In the firmware setup turn on \"Intel Virtualization "
			"Technology\" (VT-x).");
}

void host_judge_kvm(const struct rule *rule, const struct machine *machine, GPtrArray *findings)
{
	const char *module = is_amd(machine) ? "kvm_amd" : "kvm_intel";
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

void host_judge_iommu_table(const struct rule *rule, const struct machine *machine,
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
	if (is_guest(machine))
		finding->fix = g_strdup(
			"This machine is itself a guest: its host must give it an "
			"IOMMU of its own (libvirt: <iommu model='intel'/>).");
	else if (is_amd(machine))
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

/* config_from_proc - what some kernels carry along themselves, unpacked; NULL if this one does not
 */
static char *config_from_proc(const struct machine *machine)
{
	static const gsize max_packed = 1 << 20, max_text = 4 << 20;
	g_autoptr(GBytes) packed =
		root_read_bytes(machine->root, max_packed, NULL, "proc/config.gz");
	g_autoptr(GInputStream) from = NULL;
	g_autoptr(GConverter) gzip = NULL;
	g_autoptr(GInputStream) unpacked = NULL;
	g_autofree char *text = NULL;
	gsize length = 0;

	if (packed == NULL)
		return NULL;
	from = g_memory_input_stream_new_from_bytes(packed);
	gzip = G_CONVERTER(g_zlib_decompressor_new(G_ZLIB_COMPRESSOR_FORMAT_GZIP));
	unpacked = g_converter_input_stream_new(from, gzip);
	text = g_malloc0(max_text + 1);
	if (!g_input_stream_read_all(unpacked, text, max_text, &length, NULL, NULL))
		return NULL;
	return g_steal_pointer(&text);
}

static char *kernel_config(const struct machine *machine)
{
	const char *release = machine->kernel == NULL ? NULL : machine->kernel->release;
	char *text = NULL;

	if (release == NULL)
		return NULL;
	text = root_read(machine->root, NULL, "boot/config-%s", release);
	if (text == NULL)
		text = root_read(machine->root, NULL, "lib/modules/%s/config", release);
	return text == NULL ? config_from_proc(machine) : text;
}

/*
 * kernel_option - CONFIG_NAME of the running kernel: "y", "m", or "" if it is not set
 *
 * Return: newly allocated, or NULL if the kernel's configuration is not here to be read.
 */
static char *kernel_option(const struct machine *machine, const char *name)
{
	g_autofree char *text = kernel_config(machine);
	g_autofree char *start = g_strdup_printf("\nCONFIG_%s=", name);
	const char *found, *end;

	if (text == NULL)
		return NULL;
	found = strstr(text, start);
	if (found == NULL)
		return g_strdup("");
	found += strlen(start);
	end = strchrnul(found, '\n');
	return g_strndup(found, (gsize)(end - found));
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
		g_autofree char *value = argument(machine, offs[i].name);

		if (value_lists(value, offs[i].value))
			return g_strdup_printf("%s=%s", offs[i].name, value);
	}
	return NULL;
}

/* Intel, and neither turned off nor on by hand: then it is the kernel's default that decides. */
static gboolean needs_intel_argument(const struct machine *machine)
{
	g_autofree char *off = off_argument(machine);
	g_autofree char *given = argument(machine, "intel_iommu");
	g_autofree char *built_in = kernel_option(machine, "INTEL_IOMMU_DEFAULT_ON");
	g_autofree char *debian = kernel_option(machine, "INTEL_IOMMU_DEFAULT_ON_INTGPU_OFF");

	return machine->firmware.dmar == KNOWN_YES && off == NULL && !value_lists(given, "on") &&
	       g_strcmp0(built_in, "y") != 0 && g_strcmp0(debian, "y") != 0;
}

void host_judge_iommu_active(const struct rule *rule, const struct machine *machine,
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

void host_judge_intel_argument(const struct rule *rule, const struct machine *machine,
			       GPtrArray *findings)
{
	g_autofree char *given = argument(machine, "intel_iommu");
	g_autofree char *built_in = kernel_option(machine, "INTEL_IOMMU_DEFAULT_ON");
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
	} else if (host_iommu_works(machine) && value_lists(given, "on") &&
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

/* What an argument of no use looks like: a name, one word of its value, and what to say. */
static void judge_argument(const struct rule *rule, const struct machine *machine,
			   GPtrArray *findings, const char *name, const char *word,
			   const char *message)
{
	g_autofree char *value = argument(machine, name);
	g_autofree char *whole = g_strdup_printf("%s=%s", name, value == NULL ? "" : value);
	struct finding *finding;

	if (!value_lists(value, word))
		return;
	finding = finding_add(findings, rule, "host");
	finding->evidence = g_strdup_printf("/proc/cmdline has %s", whole);
	finding->message = g_strdup(message);
	finding->fix = advice_drop_argument(machine, whole);
}

void host_judge_amd_argument(const struct rule *rule, const struct machine *machine,
			     GPtrArray *findings)
{
	judge_argument(rule, machine, findings, "amd_iommu", "on",
		       "The kernel knows no such value and only prints a notice. AMD's IOMMU is on "
		       "whenever the firmware offers it.");
	judge_argument(rule, machine, findings, "iommu", "1",
		       "The kernel documents no such value of iommu=; it does nothing.");
}

void host_judge_identity_argument(const struct rule *rule, const struct machine *machine,
				  GPtrArray *findings)
{
	static const char message[] =
		"This gives the host's own devices unchecked access to memory. It is not needed to "
		"lend a card and does not speed up a guest. Keep it if you have a reason.";

	judge_argument(rule, machine, findings, "iommu", "pt", message);
	judge_argument(rule, machine, findings, "iommu.passthrough", "1", message);
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
	g_autofree char *value = argument(machine, "intremap");
	struct finding *finding = finding_add(findings, rule, "host");

	finding->evidence = g_strdup_printf(
		"/proc/interrupts shows IO-APIC, not IR-IO-APIC%s%s",
		value == NULL ? "" : "; /proc/cmdline has intremap=", value == NULL ? "" : value);
	finding->message = g_strdup(
		"The kernel lends no device while a guest could send the host "
		"any interrupt.");
	finding->fix = value_lists(value, "off")
			       ? advice_drop_argument(machine, "intremap=off")
			       : g_strdup(
					 "Update the BIOS, and in its setup turn on x2APIC and "
					 "interrupt remapping where it has them.");
}

void host_judge_interrupt_remapping(const struct rule *rule, const struct machine *machine,
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

void host_judge_direct_regions(const struct rule *rule, const struct machine *machine,
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

void host_judge_acs_override(const struct rule *rule, const struct machine *machine,
			     GPtrArray *findings)
{
	g_autofree char *value = argument(machine, "pcie_acs_override");
	g_autofree char *whole = NULL;
	struct finding *finding;

	if (value == NULL)
		return;
	whole = g_strdup_printf("pcie_acs_override=%s", value);
	finding = finding_add(findings, rule, "host");
	finding->evidence = g_strdup_printf("/proc/cmdline has %s", whole);
	finding->message = g_strdup(
		"On a kernel without the patch this does nothing. With it, groups look smaller "
		"than "
		"they are: devices \"split\" this way still reach each other's memory.");
	finding->fix = advice_drop_argument(machine, whole);
}

void host_judge_address_width(const struct rule *rule, const struct machine *machine,
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
		"In the guest's <cpu mode='host-passthrough'> put:\n"
		"<maxphysaddr mode='passthrough' limit='%u'/>",
		firmware->iommu_bits);
}

/* video_argument - the video= word of the command line that has @part in it, or NULL */
static char *video_argument(const struct machine *machine, const char *part)
{
	g_auto(GStrv) words = NULL;

	if (machine->kernel == NULL || machine->kernel->command_line == NULL)
		return NULL;
	words = g_strsplit(machine->kernel->command_line, " ", -1);
	for (guint i = 0; words[i] != NULL; i++) {
		if (g_str_has_prefix(words[i], "video=") && strstr(words[i], part) != NULL)
			return g_strdup(words[i]);
	}
	return NULL;
}

/* The option that once did what it says, alone as it must be. */
void host_judge_framebuffer_argument(const struct rule *rule, const struct machine *machine,
				     GPtrArray *findings)
{
	g_autofree char *word = video_argument(machine, "efifb:off");
	const struct kernel *kernel = machine->kernel;
	struct finding *finding;

	if (word == NULL || !g_str_equal(word, "video=efifb:off"))
		return;
	/* From 6.1 on it is certain that vfio-pci evicts the framebuffer itself. */
	if (kernel->major < 6 || (kernel->major == 6 && kernel->minor < 1))
		return;
	finding = finding_add(findings, rule, "host");
	finding->evidence = g_strdup_printf("/proc/cmdline has %s, kernel %u.%u", word,
					    kernel->major, kernel->minor);
	finding->message = g_strdup(
		"This kernel frees a VGA card from the firmware's framebuffer by "
		"itself when vfio-pci takes it.");
	finding->fix = advice_drop_argument(machine, word);
}

/* The spells: drivers that take no such option, or two options in one. */
void host_judge_framebuffer_ritual(const struct rule *rule, const struct machine *machine,
				   GPtrArray *findings)
{
	static const char *const spells[] = { "simplefb:off", "vesafb:off", "efifb:off," };

	for (gsize i = 0; i < G_N_ELEMENTS(spells); i++) {
		g_autofree char *word = video_argument(machine, spells[i]);
		struct finding *finding;

		if (word == NULL)
			continue;
		finding = finding_add(findings, rule, "host");
		finding->evidence = g_strdup_printf("/proc/cmdline has %s", word);
		finding->message = g_strdup("No driver of a current kernel understands this.");
		finding->fix = advice_drop_argument(machine, word);
		return;
	}
}

void host_judge_clocksource(const struct rule *rule, const struct machine *machine,
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

void host_judge_ignored_msrs(const struct rule *rule, const struct machine *machine,
			     GPtrArray *findings)
{
	struct finding *finding;

	if (!host_parameter_is_set(machine, "kvm", "ignore_msrs"))
		return;
	finding = finding_add(findings, rule, "host");
	finding->evidence = g_strdup("/sys/module/kvm/parameters/ignore_msrs is Y");
	finding->message = g_strdup(
		"This hides real errors from guests. It was a workaround for "
		"Windows 10 of 2018 and for a few tools.");
	finding->fix = g_strdup(
		"Find the switch, and take it out:\n"
		"sudo grep -r ignore_msrs /etc/modprobe.d /proc/cmdline");
}
