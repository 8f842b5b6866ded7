/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "rules/host.h"

/* Whether what was written for the boot loader is what the next start will use. */

/* The arguments that people add for lending a card; others are none of our business. */
static gboolean is_ours(const char *word)
{
	static const char *const prefixes[] = { "intel_iommu=",  "amd_iommu=", "iommu=",
						"vfio-pci.",     "vfio_pci.",  "vfio_iommu_type1.",
						"rd.driver.pre", "isolcpus=",  "hugepages=",
						"initcall_",     "video=",     "kvm." };

	for (gsize i = 0; i < G_N_ELEMENTS(prefixes); i++) {
		if (g_str_has_prefix(word, prefixes[i]))
			return TRUE;
	}
	return FALSE;
}

static gboolean is_running(const struct machine *machine, const char *word)
{
	g_auto(GStrv) words = g_strsplit_set(machine->kernel->command_line, " \t\n", -1);

	return g_strv_contains((const char *const *)words, word);
}

/* The arguments in etc/default/grub that are not on the command line; NULL: none */
static char *forgotten(const struct machine *machine, const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	g_autoptr(GString) found = g_string_new(NULL);

	for (guint i = 0; lines[i] != NULL; i++) {
		g_auto(GStrv) words = NULL;
		const char *value = strchr(lines[i], '=');

		if (!g_str_has_prefix(lines[i], "GRUB_CMDLINE_LINUX") || value == NULL)
			continue;
		words = g_strsplit_set(value + 1, " \t\"'", -1);
		for (guint j = 0; words[j] != NULL; j++) {
			if (is_ours(words[j]) && !is_running(machine, words[j]))
				g_string_append_printf(found, "%s%s", found->len == 0 ? "" : " ",
						       words[j]);
		}
	}
	return found->len == 0 ? NULL : g_string_free(g_steal_pointer(&found), FALSE);
}

static void judge_grub_file(const struct rule *rule, const struct machine *machine,
			    GPtrArray *findings)
{
	g_autofree char *text = NULL;
	g_autofree char *words = NULL;

	if (machine->boot->loader != BOOT_GRUB_BLS || machine->kernel->command_line == NULL)
		return;
	text = root_read(machine->root, NULL, "etc/default/grub");
	words = text == NULL ? NULL : forgotten(machine, text);
	if (words == NULL)
		return;
	host_say(findings, rule, "host",
		 g_strdup_printf("/etc/default/grub has %s, and /proc/cmdline has not", words),
		 "On this system grub2-mkconfig does not carry that file's arguments over to the "
		 "boot entries.",
		 advice_add_argument(machine, words));
}

static void judge_fallback(const struct rule *rule, const struct machine *machine,
			   GPtrArray *findings)
{
	if (machine->boot->loader != BOOT_SYSTEMD ||
	    !root_exists(machine->root, "usr/bin/reinstall-kernels"))
		return;
	host_say(
		findings, rule, "host", g_strdup("/etc/kernel/cmdline does not exist"),
		"The next kernel's entry may then be written from whatever was typed at the last "
		"start.",
		g_strdup("Write the arguments that shall last into a file, without BOOT_IMAGE= and "
			 "initrd=:\n"
			 "sudoedit /etc/kernel/cmdline"));
}

static const struct rule rules[] = {
	{ "BL-03", SEVERITY_RISKY, 'D', "arguments were given to the boot entries",
	  "Fedora and its relatives keep arguments in boot loader entries, which grubby changes. "
	  "/etc/default/grub is read for them at installation only.",
	  "give the arguments to grubby", "Red Hat Enterprise Linux 9.3 release notes, boot loader",
	  judge_grub_file },
	{ "BL-06", SEVERITY_STYLE, 'U', "arguments that last are written down",
	  "kernel-install takes /etc/kernel/cmdline, and /proc/cmdline where that is missing.",
	  "write /etc/kernel/cmdline", "none: experience", judge_fallback },
};

const struct rule_set host_rules_boot = { rules, G_N_ELEMENTS(rules) };
