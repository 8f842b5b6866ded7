/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/host.h"

/*
 * The rules for hosts. Ids with FW, GR, BD and UB stand for facts about firmware and kernel, IOMMU
 * groups, binding, and unbinding; HS for what Hotseat itself wants of a host. An id is never given
 * to another fact. The severity is that of the usual case; a predicate may be milder.
 */

const struct rule host_rules[] = {
	{ "FW-01", SEVERITY_BROKEN, "the processor's virtualisation is on",
	  "KVM runs guests on the processor itself and needs VMX (Intel) or SVM (AMD), which the "
	  "firmware can turn off.",
	  "turn on the processor's virtualisation in the firmware setup",
	  "libvirt tools/virt-host-validate-common.c", host_judge_virtualisation },
	{ "HS-01", SEVERITY_BROKEN, "KVM runs",
	  "QEMU asks for it through /dev/kvm, which appears when kvm_intel or kvm_amd is loaded.",
	  "load KVM", "Linux Documentation/virt/kvm/api.rst", host_judge_kvm },
	{ "FW-02", SEVERITY_BROKEN, "the firmware offers an IOMMU",
	  "Without the ACPI table DMAR (Intel) or IVRS (AMD) the kernel finds no IOMMU, and no "
	  "argument can change that.",
	  "turn on the IOMMU in the firmware setup", "libvirt tools/virt-host-validate-common.c",
	  host_judge_iommu_table },
	{ "FW-03", SEVERITY_BROKEN, "the kernel runs the IOMMU",
	  "The proof is a device in /sys/class/iommu and groups in /sys/kernel/iommu_groups. Lines "
	  "in the kernel's log prove nothing: some only say that an argument was read.",
	  "let the kernel use the IOMMU", "Linux drivers/iommu/iommu.c", host_judge_iommu_active },
	{ "FW-04", SEVERITY_BROKEN, "the kernel is told to use Intel's IOMMU where it must be",
	  "Most kernels use it by themselves. Those built without CONFIG_INTEL_IOMMU_DEFAULT_ON "
	  "want intel_iommu=on; elsewhere the argument changes nothing.",
	  "start the kernel with intel_iommu=on", "Linux drivers/iommu/intel/Kconfig",
	  host_judge_intel_argument },
	{ "GR-13", SEVERITY_RISKY, "VFIO's no-IOMMU mode is off",
	  "It makes groups for devices that nothing confines. Guests cannot use them.",
	  "turn VFIO's no-IOMMU mode off", "Linux drivers/vfio/Kconfig", host_judge_no_iommu },
	{ "FW-07", SEVERITY_BROKEN, "interrupts are remapped",
	  "Without remapping a guest that owns a device could send the host any interrupt, so VFIO "
	  "refuses. allow_unsafe_interrupts makes it lend all the same.",
	  "turn on interrupt remapping", "Linux drivers/vfio/vfio_iommu_type1.c",
	  host_judge_interrupt_remapping },
	{ "HS-02", SEVERITY_BROKEN, "the kernel has VFIO",
	  "vfio_pci takes devices from the host, vfio_iommu_type1 maps a guest's memory for them.",
	  "install a kernel with VFIO", "Linux drivers/vfio/Kconfig", host_judge_modules },
	{ "HS-11", SEVERITY_BROKEN, "there is a graphics card", "It is what Hotseat hands over.",
	  NULL, "Linux Documentation/ABI/testing/sysfs-bus-pci", host_judge_cards_exist },
	{ "GR-02", SEVERITY_BROKEN, "nothing else in the card's group has a driver of the host",
	  "The kernel lends a device only if every member of its IOMMU group has no driver, or one "
	  "that leaves DMA alone: vfio-pci and its variants, pci-stub, pcieport. The others need "
	  "not go to the guest; they must only be left without a driver.",
	  "free the card's IOMMU group", "Linux drivers/iommu/iommu.c, drivers/pci/pci-driver.c",
	  host_judge_viability },
	{ "FW-08", SEVERITY_BROKEN, "the firmware wants no fixed memory for the card's group",
	  "A device with a one-to-one region (RMRR, IVMD) must stay with the host. Graphics and "
	  "USB "
	  "on Intel are exempt.",
	  "free the card's group from firmware regions",
	  "Linux drivers/iommu/iommu.c (require_direct)", host_judge_direct_regions },
	{ "HS-03", SEVERITY_BROKEN, "QEMU is installed", "It is the guest's machine.",
	  "install QEMU", "QEMU docs/system/introduction.rst", host_judge_qemu },
	{ "HS-04", SEVERITY_BROKEN, "libvirt is installed",
	  "Guests are libvirt domains, so that virt-manager and virsh stay usable beside us.",
	  "install libvirt", "libvirt docs/daemons.rst", host_judge_libvirt },
	{ "HS-05", SEVERITY_BROKEN, "libvirt runs",
	  "Its socket answers when the daemon runs, or starts it.", "start libvirt",
	  "libvirt docs/daemons.rst", host_judge_libvirt_running },
	{ "HS-06", SEVERITY_BROKEN, "libvirt's default network is defined",
	  "New guests reach the world through it.", "define libvirt's default network",
	  "libvirt docs/formatnetwork.rst", host_judge_network },
	{ "HS-08", SEVERITY_BROKEN, "UEFI firmware for guests is installed",
	  "libvirt chooses it by the descriptions in /usr/share/qemu/firmware.",
	  "install the guests' UEFI firmware",
	  "QEMU docs/interop/firmware.json, libvirt docs/kbase/secureboot.rst",
	  host_judge_uefi_firmware },
	{ "UB-05", SEVERITY_RISKY, "the desktop keeps a display",
	  "A desktop whose only card is lent goes dark, and its programs die, until the card is "
	  "back.",
	  "give the desktop another display", "Linux drivers/firmware/sysfb.c",
	  host_judge_only_display },
	{ "HS-07", SEVERITY_RISKY, "libvirt's default network is active",
	  "libvirt starts no guest whose network is inactive.", "start libvirt's default network",
	  "libvirt docs/formatnetwork.rst", host_judge_network_active },
	{ "HS-09", SEVERITY_RISKY, "the hook is installed",
	  "libvirt calls it when a guest has ended, in whatever way, and it brings the card back.",
	  "install the hook", "libvirt docs/hooks.rst", host_judge_hook },
	{ "FW-09", SEVERITY_RISKY, "groups are what the hardware makes them",
	  "pcie_acs_override= is a patch outside the mainline. It makes the kernel believe in "
	  "walls "
	  "between devices that are not there.",
	  "drop pcie_acs_override=", "Linux tree has no such argument", host_judge_acs_override },
	{ "FW-15", SEVERITY_RISKY, "the IOMMU reaches as far as the processor",
	  "Intel's desktop processors tell guests of 46 address bits where the IOMMU may have 39. "
	  "The guest's firmware may then place the card's memory out of reach.",
	  "limit the guest's address width", "libvirt docs/formatdomain.rst (maxphysaddr)",
	  host_judge_address_width },
	{ "BD-05", SEVERITY_RISKY, "no card lacks its driver because of a blacklist",
	  "A blacklist line stops the module for all cards, the host's own of the same maker too, "
	  "and does not stop explicit loading.",
	  "take the blacklist line out", "modprobe.d(5)", host_judge_blacklist },
	{ "FW-21", SEVERITY_SLOW, "the clock is the processor's",
	  "With hpet or acpi_pm every look at the time leaves the processor, and the guest's "
	  "timing "
	  "suffers most.",
	  "get the clock back to tsc", "ArchWiki PCI passthrough via OVMF",
	  host_judge_clocksource },
	{ "FW-18", SEVERITY_OBSOLETE, "video=efifb:off is no longer needed",
	  "vfio-pci evicts the firmware's framebuffer from a VGA card when it takes it.",
	  "drop video=efifb:off", "Linux drivers/vfio/pci/vfio_pci_core.c vfio_pci_vga_init",
	  host_judge_framebuffer_argument },
	{ "FW-19", SEVERITY_OBSOLETE, "no framebuffer spells on the command line",
	  "simpledrm and its kin read no video= option, and one option names one driver. The "
	  "general "
	  "switch, if one is needed, is initcall_blacklist=sysfb_init.",
	  "drop the video= argument", "Linux drivers/firmware/sysfb.c, drivers/video/fbdev/efifb.c",
	  host_judge_framebuffer_ritual },
	{ "FW-22", SEVERITY_OBSOLETE, "KVM reports what guests ask in vain",
	  "ignore_msrs hides errors. The guests that needed it are of 2018.", "drop ignore_msrs",
	  "Linux Documentation/admin-guide/kernel-parameters.txt", host_judge_ignored_msrs },
	{ "BD-06", SEVERITY_OBSOLETE, "nothing asks for vfio_virqfd",
	  "It became a part of vfio with Linux 6.2.", "drop vfio_virqfd",
	  "Linux drivers/vfio/Kconfig", host_judge_virqfd },
	{ "FW-05", SEVERITY_STYLE, "no amd_iommu=on, no iommu=1",
	  "The kernel knows neither. AMD's IOMMU is on whenever the firmware offers it.",
	  "drop the argument", "Linux drivers/iommu/amd/init.c parse_amd_iommu_options",
	  host_judge_amd_argument },
	{ "FW-06", SEVERITY_STYLE, "iommu=pt is a choice, not a need",
	  "It maps the host's own devices one to one. A lent device has its own mappings in any "
	  "case.",
	  "drop iommu=pt", "Linux drivers/iommu/iommu.c iommu_subsys_init",
	  host_judge_identity_argument },
	{ "GR-05", SEVERITY_STYLE, "vfio-pci is not told to take bridges",
	  "vfio-pci refuses whatever has not header type 0, and bridges need not be taken.",
	  "drop the bridge's id", "Linux drivers/vfio/pci/vfio_pci_core.c", host_judge_bridge_ids },
	{ "HS-10", SEVERITY_STYLE, "you may talk to libvirt",
	  "Members of the group libvirt need no password for making and starting guests.",
	  "join the group libvirt", "libvirt docs/auth.rst", host_judge_rights },
};

const gsize n_host_rules = G_N_ELEMENTS(host_rules);
