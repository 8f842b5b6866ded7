/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "rules/host.h"

/*
 * Where the kernel's arguments are kept, for each way of booting (BL-01 to BL-16). One recipe only:
 * whoever has to choose between two edits the file that does not count. "@" is the argument, "$"
 * the file that holds it.
 */
struct recipe {
	const char *add, *drop;
	const char *kept[4]; /* files or folders that "$" is looked for in */
};

static const struct recipe recipes[BOOT_N_LOADERS] = {
	[BOOT_NOT_KNOWN] = {
		.add = "Add @ to the kernel arguments of the boot loader, and boot anew.",
		.drop = "Take @ out of the kernel arguments of the boot loader.",
	},
	[BOOT_OSTREE] = {
		.add = "sudo rpm-ostree kargs --append-if-missing=@",
		.drop = "sudo rpm-ostree kargs --delete-if-present=@",
	},
	[BOOT_NIXOS] = {
		.add = "Add \"@\" to boot.kernelParams, then:\nsudo nixos-rebuild boot",
		.drop = "Take \"@\" out of boot.kernelParams, then:\nsudo nixos-rebuild boot",
	},
	[BOOT_KERNELSTUB] = {
		.add = "sudo kernelstub -a '@'",
		.drop = "sudo kernelstub -d '@'",
	},
	[BOOT_PROXMOX] = {
		.add = "Add @ to the line in /etc/kernel/cmdline, then:\n"
		       "sudo proxmox-boot-tool refresh",
		.drop = "Take @ out of /etc/kernel/cmdline, then:\n"
			"sudo proxmox-boot-tool refresh",
	},
	[BOOT_GRUB_DROP_IN] = {
		.add = "echo 'GRUB_CMDLINE_LINUX_DEFAULT=\"$GRUB_CMDLINE_LINUX_DEFAULT @\"' | "
		       "sudo tee -a /etc/default/grub.d/hotseat.cfg\n"
		       "sudo update-grub",
		.drop = "Take @ out of $, then:\nsudo update-grub",
		.kept = { "etc/default/grub.d", "etc/default/grub" },
	},
	/* Editing /etc/default/grub does not reach the entries here (BL-03). */
	[BOOT_GRUB_BLS] = {
		.add = "sudo grubby --update-kernel=ALL --args='@'",
		.drop = "sudo grubby --update-kernel=ALL --remove-args='@'",
	},
	[BOOT_GRUB] = {
		.add = "Add @ to GRUB_CMDLINE_LINUX_DEFAULT in /etc/default/grub, then:\n"
		       "sudo grub-mkconfig -o /boot/grub/grub.cfg",
		.drop = "Take @ out of /etc/default/grub, then:\n"
			"sudo grub-mkconfig -o /boot/grub/grub.cfg",
	},
	[BOOT_GRUB2] = {
		.add = "Add @ to GRUB_CMDLINE_LINUX_DEFAULT in /etc/default/grub, then:\n"
		       "sudo grub2-mkconfig -o /boot/grub2/grub.cfg",
		.drop = "Take @ out of /etc/default/grub, then:\n"
			"sudo grub2-mkconfig -o /boot/grub2/grub.cfg",
	},
	[BOOT_SDBOOTUTIL] = {
		.add = "Add @ to the line in /etc/kernel/cmdline, then:\n"
		       "sudo sdbootutil update-all-entries",
		.drop = "Take @ out of /etc/kernel/cmdline, then:\n"
			"sudo sdbootutil update-all-entries",
	},
	[BOOT_UKI_MKINITCPIO] = {
		.add = "Add @ to the line in $, then:\nsudo mkinitcpio -P",
		.drop = "Take @ out of $, then:\nsudo mkinitcpio -P",
		.kept = { "etc/cmdline.d", "etc/kernel/cmdline" },
	},
	[BOOT_UKI_DRACUT] = {
		.add = "echo 'kernel_cmdline+=\" @ \"' | sudo tee -a "
		       "/etc/dracut.conf.d/hotseat-cmdline.conf\n"
		       "sudo dracut -f --regenerate-all",
		.drop = "Take @ out of kernel_cmdline in $, then:\n"
			"sudo dracut -f --regenerate-all",
		.kept = { "etc/dracut.conf.d" },
	},
	[BOOT_KERNEL_INSTALL] = {
		.add = "Add @ to the line in /etc/kernel/cmdline, then:\n"
		       "sudo kernel-install add-all",
		.drop = "Take @ out of /etc/kernel/cmdline, then:\nsudo kernel-install add-all",
	},
	[BOOT_SYSTEMD] = {
		.add = "Add @ to the options line of the entry in $, and boot anew.",
		.drop = "Take @ out of the options line of the entry in $.",
		.kept = { "boot/loader/entries", "efi/loader/entries", "boot/efi/loader/entries" },
	},
	[BOOT_LIMINE_TOOL] = {
		.add = "Add @ to KERNEL_CMDLINE[default] in /etc/default/limine, then:\n"
		       "sudo limine-update",
		.drop = "Take @ out of /etc/default/limine, then:\nsudo limine-update",
	},
	[BOOT_LIMINE] = {
		.add = "Add @ to the entry's line \"cmdline:\" in $, and boot anew.",
		.drop = "Take @ out of the entry's line \"cmdline:\" in $.",
		.kept = { "boot/limine.conf", "boot/limine/limine.conf" },
	},
	[BOOT_REFIND] = {
		.add = "Add @ to the first line of /boot/refind_linux.conf, inside its second quotes.",
		.drop = "Take @ out of /boot/refind_linux.conf.",
	},
};

static const struct recipe *find_recipe(const struct machine *machine)
{
	if (machine->boot != NULL && machine->boot->loader != BOOT_NOT_KNOWN)
		return &recipes[machine->boot->loader];
	return &recipes[advice_usual_loader(machine)];
}

static gboolean file_has(const struct machine *machine, const char *path, const char *argument)
{
	g_autofree char *text = root_read(machine->root, NULL, "%s", path);

	return text != NULL && strstr(text, argument) != NULL;
}

/* The file in which the argument stands, so that nobody has to look for it; NULL: none of these */
static char *find_file(const struct machine *machine, const char *place, const char *argument)
{
	g_auto(GStrv) names = root_list(machine->root, NULL, "%s", place);

	if (names == NULL)
		return file_has(machine, place, argument) ? g_strconcat("/", place, NULL) : NULL;
	for (guint i = 0; names[i] != NULL; i++) {
		g_autofree char *path = g_build_filename(place, names[i], NULL);

		if (file_has(machine, path, argument))
			return g_strconcat("/", path, NULL);
	}
	return NULL;
}

/* Where it stands, or else the first of the recipe's places that is there. */
static char *find_place(const struct machine *machine, const struct recipe *recipe,
			const char *argument)
{
	const char *first = recipe->kept[0];

	for (gsize i = G_N_ELEMENTS(recipe->kept); i-- > 0;) {
		const char *place = recipe->kept[i];
		char *found = place == NULL ? NULL : find_file(machine, place, argument);

		if (found != NULL)
			return found;
		if (place != NULL && root_exists(machine->root, "%s", place))
			first = place;
	}
	return first == NULL ? NULL : g_strconcat("/", first, NULL);
}

static char *replace(const char *text, const char *mark, const char *with)
{
	g_auto(GStrv) parts = g_strsplit(text, mark, -1);

	return g_strjoinv(with, parts);
}

/* The place first: an argument may hold a "$" of its own. */
static char *fill(const struct machine *machine, const struct recipe *recipe, const char *text,
		  const char *argument)
{
	g_autofree char *place = find_place(machine, recipe, argument);
	gboolean wanted = place != NULL && strstr(text, "$GRUB") == NULL;
	g_autofree char *placed = wanted ? replace(text, "$", place) : g_strdup(text);

	return replace(placed, "@", argument);
}

char *advice_add_argument(const struct machine *machine, const char *argument)
{
	const struct recipe *recipe = find_recipe(machine);

	return fill(machine, recipe, recipe->add, argument);
}

char *advice_drop_argument(const struct machine *machine, const char *argument)
{
	const struct recipe *recipe = find_recipe(machine);

	return fill(machine, recipe, recipe->drop, argument);
}
