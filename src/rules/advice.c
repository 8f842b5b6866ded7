/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "rules/host.h"

/*
 * Advice that can be typed: packages, by distribution, tried from the top. Kernel arguments are the
 * matter of advice-boot.c. Where we do not know the distribution, the words say what, not how.
 */
struct distribution {
	const char *ids;    /* ID and ID_LIKE of os-release that mean it */
	const char *marker; /* a file that must be there as well; NULL: none */
	const char *advice[N_ADVICE];
	enum boot_loader loader; /* the usual one, where none was recognised */
};

static const struct distribution distributions[] = {
	{
		.ids = "fedora rhel centos",
		.marker = "run/ostree-booted",
		.advice = {
			[ADVICE_QEMU] = "sudo rpm-ostree install qemu-kvm",
			[ADVICE_LIBVIRT] = "sudo rpm-ostree install libvirt",
			[ADVICE_NETWORK] = "sudo rpm-ostree install libvirt-daemon-config-network",
			[ADVICE_UEFI] = "sudo rpm-ostree install edk2-ovmf",
			[ADVICE_SOUND] = "sudo rpm-ostree install qemu-audio-pipewire qemu-audio-pa",
			[ADVICE_KERNEL] = "sudo rpm-ostree upgrade",
			[ADVICE_INITRAMFS] = "sudo rpm-ostree initramfs --enable",
		},
		.loader = BOOT_OSTREE,
	},
	{
		.ids = "fedora rhel centos",
		.advice = {
			[ADVICE_QEMU] = "sudo dnf install qemu-kvm",
			[ADVICE_LIBVIRT] = "sudo dnf install libvirt",
			[ADVICE_NETWORK] = "sudo dnf install libvirt-daemon-config-network",
			[ADVICE_UEFI] = "sudo dnf install edk2-ovmf",
			[ADVICE_SOUND] = "sudo dnf install qemu-audio-pipewire qemu-audio-pa",
			[ADVICE_KERNEL] = "sudo dnf install kernel kernel-modules",
			[ADVICE_INITRAMFS] = "sudo dracut -f --regenerate-all",
		},
		.loader = BOOT_GRUB_BLS,
	},
	{
		.ids = "pop",
		.advice = {
			[ADVICE_QEMU] = "sudo apt install qemu-system-x86",
			[ADVICE_LIBVIRT] =
				"sudo apt install libvirt-daemon-system libvirt-clients",
			[ADVICE_NETWORK] = "sudo apt install libvirt-daemon-config-network",
			[ADVICE_UEFI] = "sudo apt install ovmf",
			[ADVICE_SOUND] = "sudo apt install qemu-system-gui",
			[ADVICE_KERNEL] = "sudo apt install linux-generic",
			[ADVICE_INITRAMFS] = "sudo update-initramfs -u -k all",
		},
		.loader = BOOT_KERNELSTUB,
	},
	{
		.ids = "ubuntu linuxmint",
		.advice = {
			[ADVICE_QEMU] = "sudo apt install qemu-system-x86",
			[ADVICE_LIBVIRT] =
				"sudo apt install libvirt-daemon-system libvirt-clients",
			[ADVICE_NETWORK] = "sudo apt install libvirt-daemon-config-network",
			[ADVICE_UEFI] = "sudo apt install ovmf",
			[ADVICE_SOUND] = "sudo apt install qemu-system-gui",
			[ADVICE_KERNEL] = "sudo apt install linux-generic",
			[ADVICE_INITRAMFS] = "sudo update-initramfs -u -k all",
		},
		.loader = BOOT_GRUB_DROP_IN,
	},
	{
		.ids = "debian",
		.advice = {
			[ADVICE_QEMU] = "sudo apt install qemu-system-x86",
			[ADVICE_LIBVIRT] =
				"sudo apt install libvirt-daemon-system libvirt-clients",
			[ADVICE_NETWORK] = "sudo apt install libvirt-daemon-config-network",
			[ADVICE_UEFI] = "sudo apt install ovmf",
			[ADVICE_SOUND] = "sudo apt install qemu-system-gui",
			[ADVICE_KERNEL] = "sudo apt install linux-image-amd64",
			[ADVICE_INITRAMFS] = "sudo update-initramfs -u -k all",
		},
		.loader = BOOT_GRUB_DROP_IN,
	},
	{
		.ids = "arch",
		.advice = {
			[ADVICE_QEMU] = "sudo pacman -S --needed qemu-desktop",
			[ADVICE_LIBVIRT] = "sudo pacman -S --needed libvirt dnsmasq",
			[ADVICE_NETWORK] = "sudo pacman -S --needed libvirt dnsmasq",
			[ADVICE_UEFI] = "sudo pacman -S --needed edk2-ovmf",
			[ADVICE_SOUND] = "sudo pacman -S --needed qemu-audio-pipewire qemu-audio-pa",
			[ADVICE_KERNEL] = "sudo pacman -S linux",
			[ADVICE_INITRAMFS] = "sudo mkinitcpio -P",
		},
	},
	{
		.ids = "suse opensuse",
		.advice = {
			[ADVICE_QEMU] = "sudo zypper install qemu-x86",
			[ADVICE_LIBVIRT] = "sudo zypper install libvirt libvirt-daemon-qemu",
			[ADVICE_NETWORK] =
				"sudo zypper install libvirt-daemon-config-network",
			[ADVICE_UEFI] = "sudo zypper install qemu-ovmf-x86_64",
			[ADVICE_SOUND] =
				"sudo zypper install qemu-audio-pipewire qemu-audio-pa",
			[ADVICE_KERNEL] = "sudo zypper install kernel-default",
			[ADVICE_INITRAMFS] = "sudo dracut -f --regenerate-all",
		},
		.loader = BOOT_GRUB2,
	},
	{
		.ids = "nixos",
		.advice = {
			[ADVICE_QEMU] = "Set virtualisation.libvirtd.enable = true; then:\n"
					"sudo nixos-rebuild switch",
			[ADVICE_LIBVIRT] = "Set virtualisation.libvirtd.enable = true; then:\n"
					   "sudo nixos-rebuild switch",
			[ADVICE_NETWORK] = "Define libvirt's network \"default\" in the machine's "
					   "configuration.",
			[ADVICE_UEFI] = "Set virtualisation.libvirtd.enable = true; then:\n"
					"sudo nixos-rebuild switch",
			[ADVICE_SOUND] = "Take a QEMU that is built with PipeWire.",
			[ADVICE_KERNEL] = "Choose a kernel with VFIO in boot.kernelPackages.",
			[ADVICE_INITRAMFS] = "sudo nixos-rebuild boot",
		},
		.loader = BOOT_NIXOS,
	},
};

static const struct distribution anything_else = {
	.advice = {
		[ADVICE_QEMU] = "Install the package that holds qemu-system-x86_64.",
		[ADVICE_LIBVIRT] = "Install libvirt with its QEMU driver and virsh.",
		[ADVICE_NETWORK] = "Install the package that holds libvirt's default network.",
		[ADVICE_UEFI] = "Install OVMF (edk2) with its descriptions in "
				"/usr/share/qemu/firmware.",
		[ADVICE_SOUND] = "Install QEMU's sound modules for PipeWire or PulseAudio.",
		[ADVICE_KERNEL] = "Install a kernel with CONFIG_VFIO_PCI and "
				  "CONFIG_VFIO_IOMMU_TYPE1.",
		[ADVICE_INITRAMFS] = "Build the initramfs anew.",
	},
};

static gboolean has_word(const char *words, const char *wanted)
{
	g_auto(GStrv) each = g_strsplit(words, " ", -1);

	return g_strv_contains((const char *const *)each, wanted);
}

static const struct distribution *find_id(const struct machine *machine, const char *id)
{
	for (gsize i = 0; i < G_N_ELEMENTS(distributions); i++) {
		const struct distribution *distribution = &distributions[i];

		if (has_word(distribution->ids, id) &&
		    (distribution->marker == NULL ||
		     root_exists(machine->root, "%s", distribution->marker)))
			return distribution;
	}
	return NULL;
}

/* The distribution by its own name first, then by those that it takes after, nearest first. */
static const struct distribution *find_distribution(const struct machine *machine)
{
	const struct tools *tools = machine->tools;
	g_autofree char *names = NULL;
	g_auto(GStrv) each = NULL;

	if (tools == NULL || tools->os_id == NULL)
		return &anything_else;
	names = g_strconcat(tools->os_id, " ", tools->os_id_like, NULL);
	each = g_strsplit(names, " ", -1);
	for (guint i = 0; each[i] != NULL; i++) {
		const struct distribution *found = find_id(machine, each[i]);

		if (found != NULL)
			return found;
	}
	return &anything_else;
}

/* The generator that is there counts more than the distribution's usual one. */
static const char *const rebuilds[] = {
	[INITRAMFS_TOOLS] = "sudo update-initramfs -u -k all",
	[INITRAMFS_DRACUT] = "sudo dracut -f --regenerate-all",
	[INITRAMFS_MKINITCPIO] = "sudo mkinitcpio -P",
	[INITRAMFS_BOOSTER] = "sudo /usr/lib/booster/regenerate_images",
};

char *advice_for(const struct machine *machine, enum advice advice)
{
	const struct distribution *distribution = find_distribution(machine);

	if (advice == ADVICE_INITRAMFS && machine->boot != NULL && distribution->marker == NULL &&
	    machine->boot->initramfs != INITRAMFS_NOT_KNOWN)
		return g_strdup(rebuilds[machine->boot->initramfs]);
	return g_strdup(distribution->advice[advice]);
}

enum boot_loader advice_usual_loader(const struct machine *machine)
{
	return find_distribution(machine)->loader;
}
