/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "rules/host.h"

/*
 * Advice that can be typed. Distributions differ in the names of packages and in where the kernel's
 * arguments are kept (BL-01 to BL-16); all of that is this one table, tried from the top. An
 * argument stands as "@". Where we do not know the distribution, the words say what, not how.
 */
struct distribution {
	const char *ids;    /* ID and ID_LIKE of os-release that mean it */
	const char *marker; /* a file that must be there as well; NULL: none */
	const char *advice[N_ADVICE];
	const char *add_argument, *drop_argument;
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
			[ADVICE_KERNEL] = "sudo rpm-ostree upgrade",
			[ADVICE_INITRAMFS] = "sudo rpm-ostree initramfs --enable",
		},
		.add_argument = "sudo rpm-ostree kargs --append-if-missing=@",
		.drop_argument = "sudo rpm-ostree kargs --delete-if-present=@",
	},
	{
		.ids = "fedora rhel centos",
		.advice = {
			[ADVICE_QEMU] = "sudo dnf install qemu-kvm",
			[ADVICE_LIBVIRT] = "sudo dnf install libvirt",
			[ADVICE_NETWORK] = "sudo dnf install libvirt-daemon-config-network",
			[ADVICE_UEFI] = "sudo dnf install edk2-ovmf",
			[ADVICE_KERNEL] = "sudo dnf install kernel kernel-modules",
			[ADVICE_INITRAMFS] = "sudo dracut -f --regenerate-all",
		},
		/* Editing /etc/default/grub does not reach the entries here (BL-03). */
		.add_argument = "sudo grubby --update-kernel=ALL --args='@'",
		.drop_argument = "sudo grubby --update-kernel=ALL --remove-args='@'",
	},
	{
		.ids = "pop",
		.advice = {
			[ADVICE_QEMU] = "sudo apt install qemu-system-x86",
			[ADVICE_LIBVIRT] =
				"sudo apt install libvirt-daemon-system libvirt-clients",
			[ADVICE_NETWORK] = "sudo apt install libvirt-daemon-config-network",
			[ADVICE_UEFI] = "sudo apt install ovmf",
			[ADVICE_KERNEL] = "sudo apt install linux-generic",
			[ADVICE_INITRAMFS] = "sudo update-initramfs -u -k all",
		},
		.add_argument = "sudo kernelstub -a '@'",
		.drop_argument = "sudo kernelstub -d '@'",
	},
	{
		.ids = "ubuntu linuxmint",
		.advice = {
			[ADVICE_QEMU] = "sudo apt install qemu-system-x86",
			[ADVICE_LIBVIRT] =
				"sudo apt install libvirt-daemon-system libvirt-clients",
			[ADVICE_NETWORK] = "sudo apt install libvirt-daemon-config-network",
			[ADVICE_UEFI] = "sudo apt install ovmf",
			[ADVICE_KERNEL] = "sudo apt install linux-generic",
			[ADVICE_INITRAMFS] = "sudo update-initramfs -u -k all",
		},
		.add_argument = "echo 'GRUB_CMDLINE_LINUX_DEFAULT=\"$GRUB_CMDLINE_LINUX_DEFAULT @\"' | "
				"sudo tee -a /etc/default/grub.d/hotseat.cfg\n"
				"sudo update-grub",
		.drop_argument = "Take @ out of /etc/default/grub and /etc/default/grub.d/*, then:\n"
				 "sudo update-grub",
	},
	{
		.ids = "debian",
		.advice = {
			[ADVICE_QEMU] = "sudo apt install qemu-system-x86",
			[ADVICE_LIBVIRT] =
				"sudo apt install libvirt-daemon-system libvirt-clients",
			[ADVICE_NETWORK] = "sudo apt install libvirt-daemon-config-network",
			[ADVICE_UEFI] = "sudo apt install ovmf",
			[ADVICE_KERNEL] = "sudo apt install linux-image-amd64",
			[ADVICE_INITRAMFS] = "sudo update-initramfs -u -k all",
		},
		.add_argument = "echo 'GRUB_CMDLINE_LINUX_DEFAULT=\"$GRUB_CMDLINE_LINUX_DEFAULT @\"' | "
				"sudo tee -a /etc/default/grub.d/hotseat.cfg\n"
				"sudo update-grub",
		.drop_argument = "Take @ out of /etc/default/grub and /etc/default/grub.d/*, then:\n"
				 "sudo update-grub",
	},
	{
		.ids = "arch",
		.advice = {
			[ADVICE_QEMU] = "sudo pacman -S --needed qemu-desktop",
			[ADVICE_LIBVIRT] = "sudo pacman -S --needed libvirt dnsmasq",
			[ADVICE_NETWORK] = "sudo pacman -S --needed libvirt dnsmasq",
			[ADVICE_UEFI] = "sudo pacman -S --needed edk2-ovmf",
			[ADVICE_KERNEL] = "sudo pacman -S linux",
			[ADVICE_INITRAMFS] = "sudo mkinitcpio -P",
		},
		.add_argument = "With GRUB: add @ to GRUB_CMDLINE_LINUX_DEFAULT in "
				"/etc/default/grub, then:\n"
				"sudo grub-mkconfig -o /boot/grub/grub.cfg\n"
				"With systemd-boot: add it to the options line of the entry in "
				"/boot/loader/entries.",
		.drop_argument = "With GRUB: take @ out of /etc/default/grub, then:\n"
				 "sudo grub-mkconfig -o /boot/grub/grub.cfg\n"
				 "With systemd-boot: take it out of the entry in "
				 "/boot/loader/entries.",
	},
	{
		.ids = "suse opensuse",
		.advice = {
			[ADVICE_QEMU] = "sudo zypper install qemu-x86",
			[ADVICE_LIBVIRT] = "sudo zypper install libvirt libvirt-daemon-qemu",
			[ADVICE_NETWORK] =
				"sudo zypper install libvirt-daemon-config-network",
			[ADVICE_UEFI] = "sudo zypper install qemu-ovmf-x86_64",
			[ADVICE_KERNEL] = "sudo zypper install kernel-default",
			[ADVICE_INITRAMFS] = "sudo dracut -f --regenerate-all",
		},
		.add_argument = "Add @ to GRUB_CMDLINE_LINUX_DEFAULT in /etc/default/grub, then:\n"
				"sudo grub2-mkconfig -o /boot/grub2/grub.cfg",
		.drop_argument = "Take @ out of /etc/default/grub, then:\n"
				 "sudo grub2-mkconfig -o /boot/grub2/grub.cfg",
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
			[ADVICE_KERNEL] = "Choose a kernel with VFIO in boot.kernelPackages.",
			[ADVICE_INITRAMFS] = "sudo nixos-rebuild boot",
		},
		.add_argument = "Add \"@\" to boot.kernelParams, then:\n"
				"sudo nixos-rebuild boot",
		.drop_argument = "Take \"@\" out of boot.kernelParams, then:\n"
				 "sudo nixos-rebuild boot",
	},
};

static const struct distribution anything_else = {
	.advice = {
		[ADVICE_QEMU] = "Install the package that holds qemu-system-x86_64.",
		[ADVICE_LIBVIRT] = "Install libvirt with its QEMU driver and virsh.",
		[ADVICE_NETWORK] = "Install the package that holds libvirt's default network.",
		[ADVICE_UEFI] = "Install OVMF (edk2) with its descriptions in "
				"/usr/share/qemu/firmware.",
		[ADVICE_KERNEL] = "Install a kernel with CONFIG_VFIO_PCI and "
				  "CONFIG_VFIO_IOMMU_TYPE1.",
		[ADVICE_INITRAMFS] = "Build the initramfs anew.",
	},
	.add_argument = "Add @ to the kernel arguments of the boot loader, and boot anew.",
	.drop_argument = "Take @ out of the kernel arguments of the boot loader.",
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

char *advice_for(const struct machine *machine, enum advice advice)
{
	return g_strdup(find_distribution(machine)->advice[advice]);
}

static char *with_argument(const char *text, const char *argument)
{
	g_auto(GStrv) parts = g_strsplit(text, "@", -1);

	return g_strjoinv(argument, parts);
}

char *advice_add_argument(const struct machine *machine, const char *argument)
{
	return with_argument(find_distribution(machine)->add_argument, argument);
}

char *advice_drop_argument(const struct machine *machine, const char *argument)
{
	return with_argument(find_distribution(machine)->drop_argument, argument);
}
