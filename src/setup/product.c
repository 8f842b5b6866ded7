/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "setup/product.h"

#include "core/error.h"
#include "setup/store.h"

/* find_program - sbin is not on everybody's path, not even on that of a root who came by su */
static char *find_program(struct setup_host *host, const char *name)
{
	static const char *const folders[] = { "usr/sbin", "usr/bin", "sbin", "bin" };

	for (gsize i = 0; i < G_N_ELEMENTS(folders); i++) {
		if (root_exists(host->root, "%s/%s", folders[i], name))
			return g_strdup_printf("/%s/%s", folders[i], name);
	}
	return NULL;
}

/* A program that is gone makes nothing: what it would have made is its remover's matter. */
static gboolean run(struct setup_host *host, const char *line, GError **error)
{
	g_auto(GStrv) argv = g_strsplit(line, " ", -1);
	g_autofree char *program = find_program(host, argv[0]);

	if (program == NULL)
		return TRUE;
	if (host->progress != NULL)
		host->progress(line, host->data);
	g_free(argv[0]);
	argv[0] = g_steal_pointer(&program);
	return host->run(host, argv, error);
}

/* find_image - of a kernel; NULL: it has none, or one whose name is not known here */
static char *find_image(struct setup_host *host, const char *version)
{
	static const struct {
		const char *before, *after;
	} names[] = { { "boot/initrd.img-", "" }, { "boot/initramfs-", ".img" } };

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		char *path = g_strconcat(names[i].before, version, names[i].after, NULL);

		if (root_exists(host->root, "%s", path))
			return path;
		g_free(path);
	}
	return NULL;
}

static gboolean make_dracut_image(struct setup_host *host, const char *path, const char *version,
				  GError **error)
{
	g_autofree char *beside = store_beside(path);
	g_autofree char *line = g_strdup_printf("dracut --force /%s %s", beside, version);

	return store_clean(host->root, path, error) && run(host, line, error) &&
	       store_take_beside(host->root, path, error);
}

/*
 * dracut copies its image over the old one (dracut.sh, "cp --reflink=auto"), and a power cut would
 * leave a kernel with half of it. So it makes the image beside the old one, and the rename is ours.
 * Where dracut comes with an update-initramfs, that one knows the names.
 */
static gboolean make_dracut(struct setup_host *host, GError **error)
{
	g_auto(GStrv) versions = root_list(host->root, NULL, "usr/lib/modules");
	gboolean made = FALSE;

	if (root_exists(host->root, "usr/sbin/update-initramfs"))
		return run(host, "update-initramfs -u -k all", error);
	for (guint i = 0; versions != NULL && versions[i] != NULL; i++) {
		g_autofree char *path = find_image(host, versions[i]);

		if (path == NULL)
			continue;
		if (!make_dracut_image(host, path, versions[i], error))
			return FALSE;
		made = TRUE;
	}
	return made || run(host, "dracut --force --regenerate-all", error);
}

static gboolean make_initramfs_tools(struct setup_host *host, GError **error)
{
	return run(host, "update-initramfs -u -k all", error);
}

static gboolean make_grub(struct setup_host *host, GError **error)
{
	return run(host, "update-grub", error);
}

/* Without our plug-in nobody removes what it made. */
static gboolean remove_former_entries(struct setup_host *host, GError **error)
{
	static const char *const folders[] = { "boot/loader/entries", "efi/loader/entries",
					       "boot/efi/loader/entries" };

	for (gsize i = 0; i < G_N_ELEMENTS(folders); i++) {
		g_auto(GStrv) names = root_list(host->root, NULL, "%s", folders[i]);

		for (guint j = 0; names != NULL && names[j] != NULL; j++) {
			g_autofree char *path = g_build_filename(folders[i], names[j], NULL);

			if (g_str_has_prefix(names[j], PRODUCT_FORMER_PREFIX) &&
			    !store_remove(host->root, path, error))
				return FALSE;
		}
	}
	return TRUE;
}

/* "kernel-install add-all" came with systemd 255; one by one works with all. */
static gboolean make_kernel_install(struct setup_host *host, GError **error)
{
	g_auto(GStrv) versions = root_list(host->root, NULL, "usr/lib/modules");

	if (!remove_former_entries(host, error))
		return FALSE;
	for (guint i = 0; versions != NULL && versions[i] != NULL; i++) {
		g_autofree char *line = NULL;

		if (!root_exists(host->root, "boot/vmlinuz-%s", versions[i]))
			continue;
		line = g_strdup_printf("kernel-install add %s /boot/vmlinuz-%s", versions[i],
				       versions[i]);
		if (!run(host, line, error))
			return FALSE;
	}
	return TRUE;
}

static gboolean make_udev(struct setup_host *host, GError **error)
{
	return run(host, "udevadm control --reload", error) &&
	       run(host, "udevadm trigger --subsystem-match=drm", error);
}

static gboolean make_modules(struct setup_host *host, GError **error)
{
	return run(host, "systemctl restart systemd-modules-load.service", error);
}

/* A daemon that does not run finds new hooks when it starts; one that runs looks only if told. */
static gboolean make_libvirt(struct setup_host *host, GError **error)
{
	static const char *const daemons[] = { "libvirtd", "virtqemud" };

	for (gsize i = 0; i < G_N_ELEMENTS(daemons); i++) {
		g_autofree char *line = g_strconcat("systemctl reload ", daemons[i], NULL);

		if (root_exists(host->root, "run/%s.pid", daemons[i]) && !run(host, line, error))
			return FALSE;
	}
	return TRUE;
}

static const struct {
	const char *name;
	const char *command;
	gboolean (*make)(struct setup_host *host, GError **error);
} products[] = {
	{ PRODUCT_INITRAMFS_TOOLS, "update-initramfs -u -k all", make_initramfs_tools },
	{ PRODUCT_DRACUT, "dracut --force, for each kernel", make_dracut },
	{ PRODUCT_GRUB, "update-grub", make_grub },
	{ PRODUCT_KERNEL_INSTALL, "kernel-install add, for each kernel", make_kernel_install },
	{ PRODUCT_UDEV, "udevadm control --reload", make_udev },
	{ PRODUCT_MODULES, "systemctl restart systemd-modules-load.service", make_modules },
	{ PRODUCT_LIBVIRT, "systemctl reload libvirtd, or virtqemud", make_libvirt },
};

gboolean product_make(struct setup_host *host, const char *name, GError **error)
{
	for (gsize i = 0; i < G_N_ELEMENTS(products); i++) {
		if (g_str_equal(products[i].name, name))
			return products[i].make(host, error);
	}
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_UNREADABLE,
		    "/" LEDGER_PATH " names \"%s\", which this version of hotseat cannot make",
		    name);
	return FALSE;
}

const char *product_command(const char *name)
{
	for (gsize i = 0; i < G_N_ELEMENTS(products); i++) {
		if (g_str_equal(products[i].name, name))
			return products[i].command;
	}
	return name;
}
