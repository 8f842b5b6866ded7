/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "setup/product.h"

#include <string.h>
#include <unistd.h>

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

char *product_image(const struct root *root, const char *version)
{
	static const struct {
		const char *before, *after;
	} names[] = { { "boot/initrd.img-", "" }, { "boot/initramfs-", ".img" } };

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		char *path = g_strconcat(names[i].before, version, names[i].after, NULL);

		if (root_exists(root, "%s", path))
			return path;
		g_free(path);
	}
	return NULL;
}

/*
 * A file that a program is to make anew. update-initramfs says that all is well where it was told
 * to leave the images alone (update-initramfs.conf, a live system), so the file is looked at: who
 * replaces one whole leaves another inode.
 */
struct former {
	char *path;
	struct statx info; /* zeros: it was not there */
};

static void clear_former(gpointer data)
{
	g_free(((struct former *)data)->path);
}

static GArray *formers_new(void)
{
	GArray *formers = g_array_new(FALSE, FALSE, sizeof(struct former));

	g_array_set_clear_func(formers, clear_former);
	return formers;
}

static void note_former(struct setup_host *host, GArray *formers, const char *path)
{
	struct former former = { .path = g_strdup(path) };

	if (!root_stat(host->root, &former.info, NULL, "%s", path))
		memset(&former.info, 0, sizeof(former.info));
	g_array_append_val(formers, former);
}

static gboolean is_anew(struct setup_host *host, const struct former *former)
{
	struct statx now = { 0 };

	return root_stat(host->root, &now, NULL, "%s", former->path) &&
	       (now.stx_ino != former->info.stx_ino ||
		now.stx_mtime.tv_sec != former->info.stx_mtime.tv_sec ||
		now.stx_mtime.tv_nsec != former->info.stx_mtime.tv_nsec);
}

/* run_for - run a program, and see that it made these anew */
static gboolean run_for(struct setup_host *host, const char *line, const GArray *formers,
			GError **error)
{
	g_auto(GStrv) words = g_strsplit(line, " ", 2);
	g_autofree char *program = find_program(host, words[0]);

	if (!run(host, line, error))
		return FALSE;
	for (guint i = 0; program != NULL && i < formers->len; i++) {
		const struct former *former = &g_array_index(formers, struct former, i);

		if (is_anew(host, former))
			continue;
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_FAILED,
			    "%s ended well, but has not made /%s anew; run it by hand to see why",
			    line, former->path);
		return FALSE;
	}
	return TRUE;
}

/* The images that update-initramfs makes anew: those of kernels that are there. */
static gboolean update_images(struct setup_host *host, GError **error)
{
	g_auto(GStrv) versions = root_list(host->root, NULL, "usr/lib/modules");
	g_autoptr(GArray) images = formers_new();

	for (guint i = 0; versions != NULL && versions[i] != NULL; i++) {
		g_autofree char *path = g_strconcat("boot/initrd.img-", versions[i], NULL);

		if (root_exists(host->root, "boot/vmlinuz-%s", versions[i]) &&
		    root_exists(host->root, "%s", path))
			note_former(host, images, path);
	}
	return run_for(host, "update-initramfs -u -k all", images, error);
}

static gboolean make_dracut_image(struct setup_host *host, const char *path, const char *version,
				  GError **error)
{
	g_autofree char *beside = store_beside(path);
	g_autofree char *line = g_strdup_printf("dracut --force /%s %s", beside, version);
	g_autoptr(GArray) image = formers_new();

	if (!store_clean(host->root, path, error))
		return FALSE;
	note_former(host, image, beside);
	return run_for(host, line, image, error) && store_take_beside(host->root, path, error);
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
		return update_images(host, error);
	for (guint i = 0; versions != NULL && versions[i] != NULL; i++) {
		g_autofree char *path = product_image(host->root, versions[i]);

		if (path == NULL)
			continue;
		if (!make_dracut_image(host, path, versions[i], error))
			return FALSE;
		made = TRUE;
	}
	return made || run(host, "dracut --force --regenerate-all", error);
}

static gboolean make_grub(struct setup_host *host, GError **error)
{
	g_autoptr(GArray) menu = formers_new();

	note_former(host, menu, "boot/grub/grub.cfg");
	return run_for(host, "update-grub", menu, error);
}

/* In the order in which kernel-install looks for the place. */
static const char *const entry_folders[] = { "boot/loader/entries", "efi/loader/entries",
					     "boot/efi/loader/entries" };

const char *product_entries(const struct root *root)
{
	for (gsize i = 0; i < G_N_ELEMENTS(entry_folders); i++) {
		if (root_exists(root, "%s", entry_folders[i]))
			return entry_folders[i];
	}
	return NULL;
}

/* is_entry - "TOKEN-VERSION.conf", or with boot counting "TOKEN-VERSION+3.conf" */
static gboolean is_entry(const char *name, const char *version, gboolean former)
{
	g_autofree char *middle = g_strconcat("-", version, NULL);
	const char *end = g_strrstr(name, middle);

	if (end == NULL || g_str_has_prefix(name, PRODUCT_FORMER_PREFIX) != former)
		return FALSE;
	end += strlen(middle);
	end += end[0] == '+' ? strspn(end, "+-0123456789") : 0;
	return g_str_equal(end, ".conf");
}

char *product_entry(const struct root *root, const char *version, gboolean former)
{
	for (gsize i = 0; i < G_N_ELEMENTS(entry_folders); i++) {
		g_auto(GStrv) names = root_list(root, NULL, "%s", entry_folders[i]);

		for (guint j = 0; names != NULL && names[j] != NULL; j++) {
			if (is_entry(names[j], version, former))
				return g_build_filename(entry_folders[i], names[j], NULL);
		}
	}
	return NULL;
}

/* Without our plug-in nobody removes what it made. */
static gboolean remove_former_entries(struct setup_host *host, GError **error)
{
	for (gsize i = 0; i < G_N_ELEMENTS(entry_folders); i++) {
		g_auto(GStrv) names = root_list(host->root, NULL, "%s", entry_folders[i]);

		for (guint j = 0; names != NULL && names[j] != NULL; j++) {
			g_autofree char *path = g_build_filename(entry_folders[i], names[j], NULL);

			if (g_str_has_prefix(names[j], PRODUCT_FORMER_PREFIX) &&
			    !store_remove(host->root, path, error))
				return FALSE;
		}
	}
	return TRUE;
}

/* add_kernel - @former: an entry with the former arguments has to come of it */
static gboolean add_kernel(struct setup_host *host, const char *version, gboolean former,
			   GError **error)
{
	g_autofree char *line =
		g_strdup_printf("kernel-install add %s /boot/vmlinuz-%s", version, version);
	g_autofree char *entry = NULL;

	if (!run(host, line, error))
		return FALSE;
	/* it copies the kernel over the old one: of two kernels, one is always whole on the disk */
	sync();
	entry = former ? product_entry(host->root, version, TRUE) : NULL;
	if (!former || entry != NULL)
		return TRUE;
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_FAILED,
		    "kernel-install has made no boot entry for %s that leaves out what hotseat "
		    "added; it has to keep entries (layout=bls in /etc/kernel/install.conf), not "
		    "whole images",
		    version);
	return FALSE;
}

/*
 * "kernel-install add-all" came with systemd 255; one by one works with all. The entries with the
 * former arguments go when the usual ones have them again: there is one at any time.
 */
static gboolean make_kernel_install(struct setup_host *host, GError **error)
{
	g_auto(GStrv) versions = root_list(host->root, NULL, "usr/lib/modules");
	gboolean former = root_exists(host->root, PRODUCT_PLUGIN);

	for (guint i = 0; versions != NULL && versions[i] != NULL; i++) {
		if (root_exists(host->root, "boot/vmlinuz-%s", versions[i]) &&
		    !add_kernel(host, versions[i], former, error))
			return FALSE;
	}
	return former || remove_former_entries(host, error);
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
	{ PRODUCT_INITRAMFS_TOOLS, "update-initramfs -u -k all", update_images },
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
