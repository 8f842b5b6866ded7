/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "machine/boot.h"
#include "manifest.h"

#define GRUB "proc/cmdline = BOOT_IMAGE=/boot/vmlinuz-6.12 root=/dev/sda2 ro\n"
#define STUB "proc/cmdline = initrd=\\\\initramfs-linux.img root=/dev/sda2 rw\n"
#define INFO                                                                                       \
	"sys/firmware/efi/efivars/LoaderInfo-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f hex 06 00 00 "   \
	"00 "
/* the names in UTF-16 */
#define INFO_SYSTEMD                                                                               \
	INFO "73 00 79 00 73 00 74 00 65 00 6d 00 64 00 2d 00 62 00 6f 00 6f 00 74 00 20 00 32 "   \
	     "00 "                                                                                 \
	     "35 00 37 00 00 00\n"
#define INFO_LIMINE INFO "4c 00 69 00 6d 00 69 00 6e 00 65 00 20 00 39 00 00 00\n"

static const struct {
	const char *text;
	enum boot_loader loader;
} loaders[] = {
	{ GRUB "usr/sbin/update-grub = x\ndir etc/default/grub.d\nusr/sbin/grub-mkconfig = x\n",
	  BOOT_GRUB_DROP_IN },
	{ GRUB "usr/bin/grub-mkconfig = x\n", BOOT_GRUB },
	{ GRUB "usr/sbin/grub2-mkconfig = x\n", BOOT_GRUB2 },
	{ GRUB "usr/sbin/grub2-mkconfig = x\nusr/sbin/grubby = x\n"
	       "etc/default/grub = GRUB_ENABLE_BLSCFG=true\n",
	  BOOT_GRUB_BLS },
	/* what booted counts, not what is installed beside it */
	{ STUB INFO_SYSTEMD "usr/bin/grub-mkconfig = x\nboot/grub/grub.cfg = x\n", BOOT_SYSTEMD },
	{ STUB INFO_SYSTEMD "etc/kernel/cmdline = ro\n", BOOT_KERNEL_INSTALL },
	{ STUB INFO_SYSTEMD "etc/mkinitcpio.d/linux.preset = default_uki=\"/efi/a.efi\"\n",
	  BOOT_UKI_MKINITCPIO },
	{ STUB INFO_SYSTEMD "etc/mkinitcpio.d/linux.preset = #default_uki=\"/efi/a.efi\"\n",
	  BOOT_SYSTEMD },
	{ STUB INFO_SYSTEMD "etc/dracut.conf.d/uki.conf = uefi=\"yes\"\n", BOOT_UKI_DRACUT },
	{ STUB INFO_SYSTEMD "usr/bin/sdbootutil = x\n", BOOT_SDBOOTUTIL },
	{ STUB "boot/loader/loader.conf = default arch\n", BOOT_SYSTEMD },
	{ STUB INFO_LIMINE, BOOT_LIMINE },
	{ STUB INFO_LIMINE "etc/default/limine = x\nusr/bin/limine-update = x\n",
	  BOOT_LIMINE_TOOL },
	{ STUB "boot/refind_linux.conf = x\n", BOOT_REFIND },
	/* systems that keep the arguments themselves, whatever the loader */
	{ GRUB "run/ostree-booted = \n", BOOT_OSTREE },
	{ STUB INFO_SYSTEMD "etc/kernelstub/configuration = {}\n", BOOT_KERNELSTUB },
	{ STUB INFO_SYSTEMD "etc/kernel/proxmox-boot-uuids = 0\n", BOOT_PROXMOX },
	{ STUB INFO_SYSTEMD "etc/NIXOS = \n", BOOT_NIXOS },
	{ STUB, BOOT_NOT_KNOWN },
	{ "dir sys\n", BOOT_NOT_KNOWN },
};

static void test_loaders(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(loaders); i++) {
		autoptr(manifest) manifest = manifest_build(loaders[i].text);
		autoptr(kernel) kernel = kernel_read(manifest->root, NULL);
		autoptr(boot) boot = boot_read(manifest->root, kernel);

		g_test_message("case %zu", i);
		g_assert_cmpint(boot->loader, ==, loaders[i].loader);
	}
}

static void test_info(void)
{
	autoptr(manifest) manifest = manifest_build(INFO_SYSTEMD);
	autoptr(boot) boot = boot_read(manifest->root, NULL);

	g_assert_cmpstr(boot->loader_info, ==, "systemd-boot 257");
}

static const struct {
	const char *text;
	enum initramfs initramfs;
} generators[] = {
	{ "usr/sbin/mkinitramfs = x\nusr/sbin/update-initramfs = x\n", INITRAMFS_TOOLS },
	{ "usr/bin/dracut = x\nusr/sbin/update-initramfs = x\n", INITRAMFS_DRACUT },
	{ "usr/bin/mkinitcpio = x\n", INITRAMFS_MKINITCPIO },
	{ "usr/bin/mkinitcpio = x\nboot/booster-linux.img = x\n", INITRAMFS_BOOSTER },
	{ "usr/bin/env = x\n", INITRAMFS_NOT_KNOWN },
};

static void test_generators(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(generators); i++) {
		autoptr(manifest) manifest = manifest_build(generators[i].text);
		autoptr(boot) boot = boot_read(manifest->root, NULL);

		g_assert_cmpint(boot->initramfs, ==, generators[i].initramfs);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/boot/loaders", test_loaders);
	g_test_add_func("/boot/info", test_info);
	g_test_add_func("/boot/generators", test_generators);
	return g_test_run();
}
