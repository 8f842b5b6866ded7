/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "core/error.h"
#include "rules/host.h"
#include "setup/draft.h"
#include "setup/product.h"
#include "setup/words.h"

/*
 * How the kernel gets its arguments.
 *
 * A boot entry that worked yesterday must be there tomorrow, and do what it did: if ours leaves
 * the screen dark, the user chooses the other in the menu. So each loader gets two things, the
 * arguments in the source that its entries are made from, and something that makes, for each
 * kernel, one more entry without them. Both belong to the source, so that kernels which come later
 * get both as well.
 *
 * GRUB on Debian and Ubuntu reads the files of /etc/default/grub.d after /etc/default/grub
 * (Debian's patch to grub-mkconfig). A file of our own there is safer than an edit: the package's
 * own file stays as dpkg knows it, the name zz- puts us after others, and what we have to take away
 * is a file. The file is shell, so it can keep the arguments without ours in a variable, which a
 * script of ours in /etc/grub.d gives to a second run of 10_linux. The script comes last, so that a
 * GRUB_DEFAULT that counts entries still counts the same ones.
 *
 * systemd-boot's entries are made by kernel-install from /etc/kernel/cmdline; a plug-in of ours
 * copies each new entry and takes our arguments out of the copy. Where that file is missing,
 * kernel-install takes /proc/cmdline, and we ask for the file first: if we made it, undo would
 * remove it, and the next entries would be made from a command line that still has our arguments.
 *
 * Other loaders get the exact commands printed: what we have not tried, we do not do.
 */
#define GRUB_ARGUMENTS "etc/default/grub.d/zz-hotseat.cfg"
#define GRUB_ENTRIES "etc/grub.d/90_hotseat"
#define CMDLINE "etc/kernel/cmdline"

static const char grub_entries[] =
	"#!/bin/sh\n" DRAFT_HEADER("#")
	"#\n"
	"# The boot entries as they were before: 10_linux once more, with the arguments that were\n"
	"# there before /" GRUB_ARGUMENTS ".\n"
	"set -e\n"
	"[ \"${HOTSEAT_FORMER+set}\" ] || exit 0\n"
	"linux=\"$(dirname \"$0\")/10_linux\"\n"
	"[ -x \"$linux\" ] || exit 0\n"
	"GRUB_CMDLINE_LINUX_DEFAULT=\"$HOTSEAT_FORMER\"\n"
	"GRUB_DISABLE_SUBMENU=true\n"
	"GRUB_DISABLE_RECOVERY=true\n"
	"export GRUB_CMDLINE_LINUX_DEFAULT GRUB_DISABLE_SUBMENU GRUB_DISABLE_RECOVERY\n"
	"# Entries alone: what 10_linux defines before them is there already, and may not stand in\n"
	"# a submenu. With ids of their own: a saved default is one of the first entries.\n"
	"entries=\"$(\"$linux\" | sed -n '/^menuentry/,$ { s/gnulinux-/hotseat-former-/g; p }')\"\n"
	"[ -n \"$entries\" ] || exit 0\n"
	"echo \"submenu 'Without what hotseat added' --id hotseat-former {\"\n"
	"printf '%s\\n' \"$entries\"\n"
	"echo '}'\n";

/* "@" is replaced by our arguments. The sort key keeps the copies behind the real entries. */
static const char plugin[] =
	"#!/bin/sh\n" DRAFT_HEADER("#")
	"#\n"
	"# For each kernel one more boot entry, as it was before: without the arguments that\n"
	"# hotseat added to /" CMDLINE ".\n"
	"set -e\n"
	"[ \"$KERNEL_INSTALL_LAYOUT\" = bls ] || exit 0\n"
	"entries=\"$KERNEL_INSTALL_BOOT_ROOT/loader/entries\"\n"
	"name=\"$KERNEL_INSTALL_ENTRY_TOKEN-$2\"\n"
	"former=\"$entries/" PRODUCT_FORMER_PREFIX "$name.conf\"\n"
	"[ \"$1\" = add ] || { rm -f \"$former\"; exit 0; }\n"
	"for entry in \"$entries/$name.conf\" \"$entries/$name\"+*.conf; do\n"
	"	[ -f \"$entry\" ] && grep -q '^sort-key' \"$entry\" || continue\n"
	"	awk -v ours=' @' '\n"
	"		/^title/ { $0 = $0 \" (without what hotseat added)\" }\n"
	"		/^sort-key/ { $0 = \"sort-key   zzz-hotseat-former\" }\n"
	"		/^options/ && (at = index($0, ours)) {\n"
	"			$0 = substr($0, 1, at - 1) substr($0, at + length(ours))\n"
	"		}\n"
	"		{ print }' \"$entry\" > \"$former.new\"\n"
	"	mv \"$former.new\" \"$former\"\n"
	"	exit 0\n"
	"done\n"
	"rm -f \"$former\"\n";

static char *join(const GPtrArray *words)
{
	g_autoptr(GString) line = g_string_new(NULL);

	for (guint i = 0; i < words->len; i++)
		g_string_append_printf(line, "%s%s", i == 0 ? "" : " ",
				       (char *)g_ptr_array_index(words, i));
	return g_string_free(g_steal_pointer(&line), FALSE);
}

/* What the running kernel was given, without what its loader adds each time. */
static GPtrArray *running_words(const struct machine *machine)
{
	static const char *const added[] = { "BOOT_IMAGE=", "initrd=", "systemd.machine_id=" };
	const char *text = machine->kernel->command_line;
	GPtrArray *words = words_of_line(text == NULL ? "" : text);

	for (guint i = words->len; i-- > 0;) {
		for (gsize j = 0; j < G_N_ELEMENTS(added); j++) {
			if (!g_str_has_prefix(g_ptr_array_index(words, i), added[j]))
				continue;
			g_ptr_array_remove_index(words, i);
			break;
		}
	}
	return words;
}

static void read_grub(const struct root *root, const char *path, GPtrArray *words)
{
	g_autofree char *text = root_read(root, NULL, "%s", path);

	if (text != NULL)
		words_of_grub(text, words);
}

static GPtrArray *grub_words(const struct machine *machine)
{
	GPtrArray *words = g_ptr_array_new_with_free_func(g_free);
	g_auto(GStrv) names = root_list(machine->root, NULL, "etc/default/grub.d");

	read_grub(machine->root, "etc/default/grub", words);
	for (guint i = 0; names != NULL && names[i] != NULL; i++) {
		g_autofree char *path = g_build_filename("etc/default/grub.d", names[i], NULL);

		if (g_str_has_suffix(path, ".cfg") && !g_str_equal(path, GRUB_ARGUMENTS))
			read_grub(machine->root, path, words);
	}
	return words;
}

static GPtrArray *cmdline_words(const struct machine *machine)
{
	g_autofree char *text = root_read(machine->root, NULL, CMDLINE);

	return words_of_line(text == NULL ? "" : text);
}

/* is_kernel_install - does kernel-install make systemd-boot's entries here, from the file? */
static gboolean is_kernel_install(const struct machine *machine)
{
	return machine->boot->loader == BOOT_KERNEL_INSTALL &&
	       root_exists(machine->root, "usr/bin/kernel-install");
}

/* is_without_file - the same, but the file is not there */
static gboolean is_without_file(const struct machine *machine)
{
	return machine->boot->loader == BOOT_SYSTEMD &&
	       root_exists(machine->root, "usr/bin/kernel-install") &&
	       root_exists(machine->root, "etc/kernel/postinst.d/zz-systemd-boot");
}

GPtrArray *draft_given(const struct draft *draft)
{
	if (draft->machine->boot->loader == BOOT_GRUB_DROP_IN)
		return grub_words(draft->machine);
	if (is_kernel_install(draft->machine))
		return cmdline_words(draft->machine);
	return running_words(draft->machine);
}

static gboolean draft_grub(struct draft *draft, GError **error)
{
	g_autofree char *words = join(draft->setup->arguments);
	g_autofree char *text = g_strdup_printf(
		DRAFT_HEADER("#") "HOTSEAT_FORMER=\"$GRUB_CMDLINE_LINUX_DEFAULT\"\n"
				  "export HOTSEAT_FORMER\n"
				  "GRUB_CMDLINE_LINUX_DEFAULT=\"$GRUB_CMDLINE_LINUX_DEFAULT %s\"\n",
		words);

	return draft_file(draft, GRUB_ARGUMENTS, text, FALSE, PRODUCT_GRUB, error) &&
	       draft_file(draft, GRUB_ENTRIES, grub_entries, TRUE, PRODUCT_GRUB, error);
}

/* Ours in one piece at the end, so that the plug-in finds them; former ones of ours are taken out.
 */
static gboolean draft_cmdline(struct draft *draft, GError **error)
{
	g_autoptr(GPtrArray) words = cmdline_words(draft->machine);
	g_autofree char *ours = join(draft->setup->arguments);
	g_autofree char *given = NULL;
	g_autofree char *line = NULL;
	g_autofree char *script = NULL;
	g_auto(GStrv) parts = g_strsplit(plugin, "@", -1);

	for (guint i = words->len; draft->ledger != NULL && i-- > 0;) {
		if (ledger_has(draft->ledger->arguments, g_ptr_array_index(words, i)))
			g_ptr_array_remove_index(words, i);
	}
	given = join(words);
	line = g_strdup_printf("%s %s\n", given, ours);
	script = g_strjoinv(ours, parts);
	return draft_file(draft, CMDLINE, line, FALSE, PRODUCT_KERNEL_INSTALL, error) &&
	       draft_file(draft, PRODUCT_PLUGIN, script, TRUE, PRODUCT_KERNEL_INSTALL, error);
}

/* rpm-ostree takes one argument at a time, the others a line of them. */
static char *commands_for(const struct draft *draft, const char *words)
{
	const GPtrArray *arguments = draft->setup->arguments;
	g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);

	if (draft->machine->boot->loader != BOOT_OSTREE)
		return advice_add_argument(draft->machine, words);
	for (guint i = 0; i < arguments->len; i++)
		g_ptr_array_add(lines, advice_add_argument(draft->machine,
							   g_ptr_array_index(arguments, i)));
	g_ptr_array_add(lines, NULL);
	return g_strjoinv("\n", (char **)lines->pdata);
}

static void draft_other_loader(struct draft *draft)
{
	const char *name = boot_loader_name(draft->machine->boot->loader);
	g_autofree char *words = join(draft->setup->arguments);
	g_autofree char *commands = commands_for(draft, words);

	draft_by_hand(draft,
		      g_strdup_printf(
			      "%s%s: not tried by us, so not done by us. The kernel is to be "
			      "started with\n  %s\nthus:\n%s\nKeep a boot entry without it, for a "
			      "day on which the screen stays dark.",
			      name == NULL ? "The boot loader is not known" : "The boot loader is ",
			      name == NULL ? "" : name, words, commands));
}

static void ask_for_file(struct draft *draft)
{
	g_autoptr(GPtrArray) running = running_words(draft->machine);
	g_autofree char *words = join(running);

	draft_by_hand(
		draft,
		g_strdup_printf("The boot entries are made from whatever the running kernel was "
				"started with, because /" CMDLINE " is missing. Write down "
				"what shall last, for example\n"
				"  echo '%s' | sudo tee /" CMDLINE "\n"
				"and then run hotseat setup again.",
				words));
}

/* The kernel has all of them now: then some other way of giving them works, and is left alone. */
static gboolean is_given(const struct draft *draft)
{
	g_autoptr(GPtrArray) given = draft_given(draft);

	for (guint i = 0; i < draft->setup->arguments->len; i++) {
		if (!ledger_has(given, g_ptr_array_index(draft->setup->arguments, i)))
			return FALSE;
	}
	return TRUE;
}

gboolean draft_loader(struct draft *draft, GError **error)
{
	const GPtrArray *arguments = draft->setup->arguments;

	if (arguments->len == 0)
		return TRUE;
	if (draft->machine->boot->loader == BOOT_GRUB_DROP_IN)
		return is_given(draft) || draft_grub(draft, error);
	if (is_kernel_install(draft->machine))
		return draft_cmdline(draft, error);
	if (is_without_file(draft->machine))
		ask_for_file(draft);
	else if (!is_given(draft))
		draft_other_loader(draft);
	/* what is done by hand is not for the ledger, which would miss it after the next boot */
	g_ptr_array_set_size(draft->setup->arguments, 0);
	return TRUE;
}
