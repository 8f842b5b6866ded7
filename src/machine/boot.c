/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "machine/boot.h"

#include <string.h>

/* Set by loaders that speak systemd's Boot Loader Interface: UTF-16 after four bytes of attributes.
 */
#define LOADER_INFO "sys/firmware/efi/efivars/LoaderInfo-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"
#define LOADER_INFO_MAX 512

void boot_free(struct boot *boot)
{
	if (boot == NULL)
		return;
	g_free(boot->loader_info);
	g_free(boot);
}

static char *read_loader_info(const struct root *root)
{
	g_autoptr(GBytes) bytes = root_read_bytes(root, LOADER_INFO_MAX, NULL, LOADER_INFO);
	g_autoptr(GString) text = g_string_new(NULL);
	gsize length = 0;
	const guint8 *data = bytes == NULL ? NULL : g_bytes_get_data(bytes, &length);

	/* Loaders call themselves in ASCII; anything else would only soil the terminal. */
	for (gsize i = 4; i + 1 < length && (data[i] | data[i + 1]) != 0; i += 2) {
		char letter = (char)data[i];

		g_string_append_c(text, data[i + 1] == 0 && g_ascii_isprint(letter) ? letter : '?');
	}
	return text->len == 0 ? NULL : g_string_free(g_steal_pointer(&text), FALSE);
}

/* What the running loader is, before it is asked how its arguments are kept. */
enum program {
	PROGRAM_NOT_KNOWN,
	PROGRAM_GRUB,
	PROGRAM_SYSTEMD,
	PROGRAM_LIMINE,
	PROGRAM_REFIND,
	PROGRAM_STUB, /* the kernel or an image of its own, started by the firmware */
};

static enum program program_of_info(const char *info)
{
	static const struct {
		const char *prefix;
		enum program program;
	} names[] = {
		{ "GRUB", PROGRAM_GRUB },         { "systemd-boot", PROGRAM_SYSTEMD },
		{ "Limine", PROGRAM_LIMINE },     { "rEFInd", PROGRAM_REFIND },
		{ "systemd-stub", PROGRAM_STUB },
	};

	for (gsize i = 0; info != NULL && i < G_N_ELEMENTS(names); i++) {
		if (g_ascii_strncasecmp(info, names[i].prefix, strlen(names[i].prefix)) == 0)
			return names[i].program;
	}
	return PROGRAM_NOT_KNOWN;
}

/* GRUB tells the kernel where it was found; what the firmware starts is told of an initrd=\... */
static enum program program_of_arguments(const struct kernel *kernel)
{
	g_autofree char *image = NULL;

	if (kernel == NULL || kernel->command_line == NULL)
		return PROGRAM_NOT_KNOWN;
	image = kernel_argument(kernel, "BOOT_IMAGE");
	return image != NULL ? PROGRAM_GRUB : PROGRAM_NOT_KNOWN;
}

static const struct {
	const char *path;
	enum program program;
} program_files[] = {
	{ "boot/refind_linux.conf", PROGRAM_REFIND },
	{ "boot/limine.conf", PROGRAM_LIMINE },
	{ "boot/limine/limine.conf", PROGRAM_LIMINE },
	{ "etc/default/limine", PROGRAM_LIMINE },
	{ "boot/loader/loader.conf", PROGRAM_SYSTEMD },
	{ "efi/loader/loader.conf", PROGRAM_SYSTEMD },
	{ "boot/efi/loader/loader.conf", PROGRAM_SYSTEMD },
	{ "boot/grub/grub.cfg", PROGRAM_GRUB },
	{ "boot/grub2/grub.cfg", PROGRAM_GRUB },
};

static enum program find_program(const struct root *root, const struct kernel *kernel,
				 const char *info)
{
	enum program program = program_of_info(info);

	if (program == PROGRAM_NOT_KNOWN)
		program = program_of_arguments(kernel);
	for (gsize i = 0; program == PROGRAM_NOT_KNOWN && i < G_N_ELEMENTS(program_files); i++) {
		if (root_exists(root, "%s", program_files[i].path))
			program = program_files[i].program;
	}
	return program;
}

static gboolean has_tool(const struct root *root, const char *name)
{
	return root_exists(root, "usr/bin/%s", name) || root_exists(root, "usr/sbin/%s", name);
}

static gboolean file_says(const struct root *root, const char *path, const char *word)
{
	g_autofree char *text = root_read(root, NULL, "%s", path);

	return text != NULL && strstr(text, word) != NULL;
}

/* any_file_says - a line that is no comment, in one of a folder's files */
static gboolean any_file_says(const struct root *root, const char *folder, const char *word)
{
	g_auto(GStrv) names = root_list(root, NULL, "%s", folder);

	for (guint i = 0; names != NULL && names[i] != NULL; i++) {
		g_autofree char *text = root_read(root, NULL, "%s/%s", folder, names[i]);
		g_auto(GStrv) lines = g_strsplit(text == NULL ? "" : text, "\n", -1);

		for (guint j = 0; lines[j] != NULL; j++) {
			if (g_strstrip(lines[j])[0] != '#' && strstr(lines[j], word) != NULL)
				return TRUE;
		}
	}
	return FALSE;
}

/* The entries' folder is closed to users on Fedora, so the setting counts. */
static gboolean is_bls(const struct root *root)
{
	return has_tool(root, "grubby") &&
	       file_says(root, "etc/default/grub", "GRUB_ENABLE_BLSCFG=true");
}

static enum boot_loader grub_of(const struct root *root)
{
	if (is_bls(root))
		return BOOT_GRUB_BLS;
	if (has_tool(root, "update-grub") && root_exists(root, "etc/default/grub.d"))
		return BOOT_GRUB_DROP_IN;
	if (has_tool(root, "grub2-mkconfig"))
		return BOOT_GRUB2;
	return has_tool(root, "grub-mkconfig") ? BOOT_GRUB : BOOT_NOT_KNOWN;
}

/* The images that carry their arguments along are started by systemd-boot or by the firmware. */
static enum boot_loader systemd_of(const struct root *root)
{
	if (has_tool(root, "sdbootutil"))
		return BOOT_SDBOOTUTIL;
	if (any_file_says(root, "etc/mkinitcpio.d", "_uki="))
		return BOOT_UKI_MKINITCPIO;
	if (any_file_says(root, "etc/dracut.conf.d", "uefi=\"yes\""))
		return BOOT_UKI_DRACUT;
	if (root_exists(root, "etc/kernel/cmdline"))
		return BOOT_KERNEL_INSTALL;
	return BOOT_SYSTEMD;
}

static enum boot_loader loader_of_program(const struct root *root, enum program program)
{
	switch (program) {
	case PROGRAM_GRUB:
		return grub_of(root);
	case PROGRAM_SYSTEMD:
	case PROGRAM_STUB:
		return systemd_of(root);
	case PROGRAM_LIMINE:
		return has_tool(root, "limine-update") && root_exists(root, "etc/default/limine")
			       ? BOOT_LIMINE_TOOL
			       : BOOT_LIMINE;
	case PROGRAM_REFIND:
		return BOOT_REFIND;
	case PROGRAM_NOT_KNOWN:
		break;
	}
	return BOOT_NOT_KNOWN;
}

/* Systems that keep the arguments themselves, above any loader. */
static const struct {
	const char *path;
	enum boot_loader loader;
} keepers[] = {
	{ "run/ostree-booted", BOOT_OSTREE },
	{ "etc/NIXOS", BOOT_NIXOS },
	{ "etc/kernelstub/configuration", BOOT_KERNELSTUB },
	{ "etc/kernel/proxmox-boot-uuids", BOOT_PROXMOX },
};

static enum boot_loader find_loader(const struct root *root, const struct kernel *kernel,
				    const char *info)
{
	for (gsize i = 0; i < G_N_ELEMENTS(keepers); i++) {
		if (root_exists(root, "%s", keepers[i].path))
			return keepers[i].loader;
	}
	return loader_of_program(root, find_program(root, kernel, info));
}

/*
 * booster's and mkinitcpio's images have their own names, and may be installed beside each other.
 * dracut brings an update-initramfs of its own on Debian, so it is mkinitramfs that tells.
 */
static enum initramfs find_initramfs(const struct root *root)
{
	g_auto(GStrv) images = root_list(root, NULL, "boot");

	for (guint i = 0; images != NULL && images[i] != NULL; i++) {
		if (g_str_has_prefix(images[i], "booster-"))
			return INITRAMFS_BOOSTER;
	}
	if (has_tool(root, "mkinitcpio"))
		return INITRAMFS_MKINITCPIO;
	if (has_tool(root, "mkinitramfs"))
		return INITRAMFS_TOOLS;
	if (has_tool(root, "dracut"))
		return INITRAMFS_DRACUT;
	return has_tool(root, "booster") ? INITRAMFS_BOOSTER : INITRAMFS_NOT_KNOWN;
}

struct boot *boot_read(const struct root *root, const struct kernel *kernel)
{
	struct boot *boot = g_new0(struct boot, 1);

	boot->loader_info = read_loader_info(root);
	boot->loader = find_loader(root, kernel, boot->loader_info);
	boot->initramfs = find_initramfs(root);
	return boot;
}

const char *boot_loader_name(enum boot_loader loader)
{
	static const char *const names[] = {
		[BOOT_OSTREE] = "rpm-ostree",
		[BOOT_NIXOS] = "NixOS",
		[BOOT_KERNELSTUB] = "kernelstub",
		[BOOT_PROXMOX] = "proxmox-boot-tool",
		[BOOT_GRUB_DROP_IN] = "GRUB",
		[BOOT_GRUB_BLS] = "GRUB with boot loader entries",
		[BOOT_GRUB] = "GRUB",
		[BOOT_GRUB2] = "GRUB",
		[BOOT_SDBOOTUTIL] = "systemd-boot with sdbootutil",
		[BOOT_UKI_MKINITCPIO] = "a unified kernel image by mkinitcpio",
		[BOOT_UKI_DRACUT] = "a unified kernel image by dracut",
		[BOOT_KERNEL_INSTALL] = "systemd-boot with kernel-install",
		[BOOT_SYSTEMD] = "systemd-boot",
		[BOOT_LIMINE_TOOL] = "Limine with limine-update",
		[BOOT_LIMINE] = "Limine",
		[BOOT_REFIND] = "rEFInd",
	};

	return (gsize)loader < G_N_ELEMENTS(names) ? names[loader] : NULL;
}
