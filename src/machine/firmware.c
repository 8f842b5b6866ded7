/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "machine/firmware.h"

#include <string.h>

#include "machine/cpuinfo.h"
#include "machine/probe.h"

/* Bits 21:16 of the capability register: maximum guest address width less one. VT-d 11.4.2. */
#define DMAR_CAP_MGAW(cap) ((guint)(((cap) >> 16) & 0x3f) + 1)

static void read_cpuinfo(const struct root *root, struct firmware *firmware)
{
	g_autofree char *text = cpuinfo_read(root);
	g_autofree char *flags = NULL;
	g_autofree char *sizes = NULL;

	if (text == NULL)
		return;
	flags = cpuinfo_value(text, "flags");
	if (flags != NULL) {
		g_auto(GStrv) words = g_strsplit(flags, " ", -1);

		firmware->virtualisation =
			known_from(g_strv_contains((const char *const *)words, "vmx") ||
				   g_strv_contains((const char *const *)words, "svm"));
	}
	sizes = cpuinfo_value(text, "address sizes");
	if (sizes != NULL)
		firmware->physical_bits = (guint)g_ascii_strtoull(sizes, NULL, 10);
}

/* The misc device is registered exactly when /dev/kvm is there, and recordings hold sys/, not dev/.
 */
static enum known read_kvm(const struct root *root)
{
	static const char *const paths[] = { "dev/kvm", "sys/class/misc/kvm", NULL };

	return probe_any(root, paths);
}

static enum known acpi_table(const struct root *root, const char *name)
{
	g_autofree char *path = g_strconcat("sys/firmware/acpi/tables/", name, NULL);

	if (!root_exists(root, "sys/firmware/acpi/tables"))
		return NOT_KNOWN;
	return probe_exists(root, path);
}

/*
 * No file says it outright, but the names of the interrupt chips do. With remapping on, the I/O
 * APICs' parent is a remapping domain and their chip is called "IR-IO-APIC", and MSI chips are
 * prefixed "IR-" likewise (Intel and AMD). A plain "IO-APIC" has the processor's vectors as its
 * parent, so that remapping is off: both drivers turn it on for all I/O APICs or not at all.
 * No I/O APIC in the list (Xen, hidden /proc): not known.
 * Source: Linux arch/x86/kernel/apic/io_apic.c mp_irqdomain_alloc(); drivers/iommu/intel/
 * irq_remapping.c intel_prepare_irq_remapping(); drivers/iommu/amd/init.c
 * check_ioapic_information().
 */
static enum known read_interrupt_remapping(const struct root *root)
{
	g_autofree char *text = root_read(root, NULL, "proc/interrupts");

	if (text == NULL)
		return NOT_KNOWN;
	if (strstr(text, " IR-IO-APIC") != NULL || strstr(text, " IR-PCI-MSI") != NULL)
		return KNOWN_YES;
	return strstr(text, " IO-APIC") != NULL ? KNOWN_NO : NOT_KNOWN;
}

/* FW-07: the switch exists twice, for the old containers and for iommufd. */
static enum known read_unsafe_interrupts(const struct root *root)
{
	static const char *const modules[] = { "vfio_iommu_type1", "iommufd" };
	enum known answer = NOT_KNOWN;

	for (guint i = 0; i < G_N_ELEMENTS(modules); i++) {
		g_autofree char *value = root_read(
			root, NULL, "sys/module/%s/parameters/allow_unsafe_interrupts", modules[i]);

		if (g_strcmp0(value, "Y") == 0 || g_strcmp0(value, "1") == 0)
			return KNOWN_YES;
		if (value != NULL)
			answer = KNOWN_NO;
	}
	return answer;
}

static enum known read_uefi(const struct root *root)
{
	if (!root_exists(root, "sys/firmware"))
		return NOT_KNOWN;
	return probe_exists(root, "sys/firmware/efi");
}

/* The narrowest counts: a guest's memory is mapped through any of them. */
static guint read_iommu_bits(const struct root *root)
{
	g_auto(GStrv) names = root_list(root, NULL, "sys/class/iommu");
	guint narrowest = 0;

	for (guint i = 0; names != NULL && names[i] != NULL; i++) {
		guint64 cap;

		if (!root_read_number(root, 16, &cap, NULL, "sys/class/iommu/%s/intel-iommu/cap",
				      names[i]))
			continue;
		if (narrowest == 0 || DMAR_CAP_MGAW(cap) < narrowest)
			narrowest = DMAR_CAP_MGAW(cap);
	}
	return narrowest;
}

void firmware_read(const struct root *root, struct firmware *firmware)
{
	*firmware = (struct firmware){ 0 };
	read_cpuinfo(root, firmware);
	firmware->kvm = read_kvm(root);
	firmware->dmar = acpi_table(root, "DMAR");
	firmware->ivrs = acpi_table(root, "IVRS");
	firmware->iommus = probe_count(root, "sys/class/iommu");
	firmware->groups = probe_count(root, "sys/kernel/iommu_groups");
	firmware->interrupt_remapping = read_interrupt_remapping(root);
	firmware->unsafe_interrupts = read_unsafe_interrupts(root);
	firmware->uefi = read_uefi(root);
	firmware->iommu_bits = read_iommu_bits(root);
}

guint firmware_address_limit(const struct firmware *firmware)
{
	gboolean short_arm =
		firmware->iommu_bits != 0 && firmware->iommu_bits < firmware->physical_bits;

	return short_arm ? firmware->iommu_bits : 0;
}
