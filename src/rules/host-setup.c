/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "core/error.h"
#include "machine/ledger.h"
#include "rules/host.h"

/* Whether what setup has done is still there: updates and people change files too. */

static struct ledger *read_ledger(const struct machine *machine)
{
	return ledger_read(machine->root, NULL);
}

static void judge_finished(const struct rule *rule, const struct machine *machine,
			   GPtrArray *findings)
{
	g_autoptr(GError) error = NULL;
	autoptr(ledger) ledger = ledger_read(machine->root, &error);

	if (hotseat_error_is(error, HOTSEAT_ERROR_UNREADABLE))
		host_say(findings, rule, "setup", g_strdup(error->message),
			 "What setup has changed can no longer be taken back by itself.",
			 g_strdup("Compare the files in /" LEDGER_FOLDER " with those in /etc."));
	if (ledger == NULL || ledger->made)
		return;
	host_say(findings, rule, "setup", g_strdup("/" LEDGER_PATH " does not say that it is done"),
		 "A setup was interrupted. The files are written whole or not at all, but boot "
		 "menu and initramfs may still be those from before.",
		 g_strdup("Finish it, or take it back:\n"
			  "sudo hotseat setup\n"
			  "sudo hotseat setup --undo"));
}

/* now_of - the sum of a file as it is; NULL with *@known FALSE if it cannot be read */
static char *now_of(const struct machine *machine, const char *path, gboolean *known)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GBytes) bytes = root_read_bytes(machine->root, 1 << 20, &error, "%s", path);

	*known = bytes != NULL || hotseat_error_is(error, HOTSEAT_ERROR_ABSENT);
	return bytes == NULL ? NULL : g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, bytes);
}

static void judge_files(const struct rule *rule, const struct machine *machine, GPtrArray *findings)
{
	autoptr(ledger) ledger = read_ledger(machine);

	for (guint i = 0; ledger != NULL && ledger->made && i < ledger->files->len; i++) {
		const struct ledger_file *file = g_ptr_array_index(ledger->files, i);
		gboolean known;
		g_autofree char *sum = now_of(machine, file->path, &known);

		if (!known || (sum != NULL && ledger_wrote(file, sum)))
			continue;
		host_say(findings, rule, "setup",
			 g_strdup_printf(sum == NULL ? "/%s is gone"
						     : "/%s is not as setup wrote it",
					 file->path),
			 "An update or a hand has changed it since, so what setup did may not hold "
			 "any more. Undo leaves such a file alone.",
			 g_strdup("Take back what is left of it, and set up anew:\n"
				  "sudo hotseat setup --undo\n"
				  "sudo hotseat setup"));
	}
}

static gboolean is_running(const struct machine *machine, const char *argument)
{
	g_auto(GStrv) words = g_strsplit_set(machine->kernel->command_line, " \t\n", -1);

	return g_strv_contains((const char *const *)words, argument);
}

/* Until the first boot after setup the arguments cannot be there. */
static void judge_arguments(const struct rule *rule, const struct machine *machine,
			    GPtrArray *findings)
{
	autoptr(ledger) ledger = read_ledger(machine);
	g_autofree char *boot = root_read(machine->root, NULL, "proc/sys/kernel/random/boot_id");

	if (ledger == NULL || !ledger->made || machine->kernel->command_line == NULL ||
	    boot == NULL || g_strcmp0(boot, ledger->boot) == 0)
		return;
	for (guint i = 0; i < ledger->arguments->len; i++) {
		const char *argument = g_ptr_array_index(ledger->arguments, i);

		if (!is_running(machine, argument))
			host_say(findings, rule, "setup",
				 g_strdup_printf("/proc/cmdline has no %s", argument),
				 "Setup wrote it for the boot menu. Either an entry without it was "
				 "chosen at this boot, or the menu was made in another way since.",
				 g_strdup("If you did not choose that entry, let setup write "
					  "everything anew:\n"
					  "sudo hotseat setup --undo\n"
					  "sudo hotseat setup"));
	}
}

static const struct rule rules[] = {
	{ "HS-13", SEVERITY_RISKY, 'V', "setup was finished",
	  "Setup writes its files first, then boot menu and initramfs are made from them. It can "
	  "be "
	  "finished or taken back at any time.",
	  "finish setup, or undo it", "src/setup/apply.c", judge_finished },
	{ "HS-14", SEVERITY_RISKY, 'V', "what setup wrote is still there",
	  "Updates of packages and people edit the same files. Setup knows what it wrote by its "
	  "sum.",
	  "set up anew", "src/setup/apply.c", judge_files },
	{ "HS-15", SEVERITY_STYLE, 'V', "the kernel was started as setup wrote it",
	  "Each boot entry has its own arguments, and one without those of setup is kept on "
	  "purpose.",
	  "choose the usual boot entry", "Linux /proc/cmdline", judge_arguments },
};

const struct rule_set host_rules_setup = { rules, G_N_ELEMENTS(rules) };
