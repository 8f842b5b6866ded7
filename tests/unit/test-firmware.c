/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "machine/firmware.h"
#include "manifest.h"

static void test_reads_desktop(void)
{
	autoptr(manifest) manifest = manifest_build_file("intel-desktop");
	struct firmware firmware;

	firmware_read(manifest->root, &firmware);
	g_assert_cmpint(firmware.virtualisation, ==, KNOWN_YES);
	g_assert_cmpint(firmware.kvm, ==, KNOWN_YES);
	g_assert_cmpint(firmware.dmar, ==, KNOWN_YES);
	g_assert_cmpint(firmware.ivrs, ==, KNOWN_NO);
	g_assert_cmpuint(firmware.iommus, ==, 2);
	g_assert_cmpuint(firmware.groups, ==, 7);
	g_assert_cmpint(firmware.interrupt_remapping, ==, KNOWN_YES);
	g_assert_cmpint(firmware.unsafe_interrupts, ==, KNOWN_NO);
	g_assert_cmpint(firmware.uefi, ==, KNOWN_YES);
	g_assert_cmpuint(firmware.physical_bits, ==, 46);
	g_assert_cmpuint(firmware.iommu_bits, ==, 39);
}

/* A folder that says nothing must not read as "everything is off". */
static void test_nothing_is_not_known(void)
{
	autoptr(manifest) manifest = manifest_build("dir etc\n");
	struct firmware firmware;

	firmware_read(manifest->root, &firmware);
	g_assert_cmpint(firmware.virtualisation, ==, NOT_KNOWN);
	g_assert_cmpint(firmware.kvm, ==, NOT_KNOWN);
	g_assert_cmpint(firmware.dmar, ==, NOT_KNOWN);
	g_assert_cmpint(firmware.ivrs, ==, NOT_KNOWN);
	g_assert_cmpint(firmware.interrupt_remapping, ==, NOT_KNOWN);
	g_assert_cmpint(firmware.unsafe_interrupts, ==, NOT_KNOWN);
	g_assert_cmpint(firmware.uefi, ==, NOT_KNOWN);
	g_assert_cmpuint(firmware.physical_bits, ==, 0);
	g_assert_cmpuint(firmware.iommu_bits, ==, 0);
}

static void test_switched_off(void)
{
	autoptr(manifest) manifest = manifest_build(
		"dir dev\n"
		"dir sys/class/misc\n"
		"dir sys/firmware/acpi/tables\n"
		"proc/cpuinfo = flags\\t\\t: fpu vmxnot svm_lock\n"
		"proc/interrupts = 9:  0  IO-APIC    9-fasteoi   acpi\n"
		"sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts = N\n"
		"sys/module/iommufd/parameters/allow_unsafe_interrupts = Y\n");
	struct firmware firmware;

	firmware_read(manifest->root, &firmware);
	g_assert_cmpint(firmware.virtualisation, ==, KNOWN_NO);
	g_assert_cmpint(firmware.kvm, ==, KNOWN_NO);
	g_assert_cmpint(firmware.dmar, ==, KNOWN_NO);
	g_assert_cmpint(firmware.uefi, ==, KNOWN_NO);
	g_assert_cmpint(firmware.interrupt_remapping, ==, KNOWN_NO);
	g_assert_cmpint(firmware.unsafe_interrupts, ==, KNOWN_YES);
}

/* Xen and others list no I/O APIC: that proves nothing. */
static void test_no_io_apic_proves_nothing(void)
{
	autoptr(manifest) manifest =
		manifest_build("proc/interrupts = 16:  0  xen-pirq  ehci_hcd\n");
	struct firmware firmware;

	firmware_read(manifest->root, &firmware);
	g_assert_cmpint(firmware.interrupt_remapping, ==, NOT_KNOWN);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/firmware/reads-desktop", test_reads_desktop);
	g_test_add_func("/firmware/nothing-is-not-known", test_nothing_is_not_known);
	g_test_add_func("/firmware/switched-off", test_switched_off);
	g_test_add_func("/firmware/no-io-apic-proves-nothing", test_no_io_apic_proves_nothing);
	return g_test_run();
}
