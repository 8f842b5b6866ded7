/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "core/error.h"
#include "rules/config.h"
#include "rules/host.h"

/*
 * Scripts that people hang on libvirt's hooks, most of them copied from guides. They are read line
 * by line; a line that begins with # is none.
 */
#define HOOKS "etc/libvirt/hooks"
#define OUR_HOOK "etc/libvirt/hooks/qemu.d/hotseat"
/* hooks/qemu.d/GUEST/prepare/begin/start.sh, and one more */
#define MAX_DEPTH 6

/* What is looked for, and the first line that has it. */
struct search {
	GRegex *pattern;
	char *path;
	char *text;
};

static void search_clear(struct search *search)
{
	g_clear_pointer(&search->pattern, g_regex_unref);
	g_free(search->path);
	g_free(search->text);
}

static void search_file(const struct machine *machine, const char *path, struct search *search)
{
	g_autofree char *text = root_read(machine->root, NULL, "%s", path);
	g_autofree char *valid = text == NULL ? NULL : g_utf8_make_valid(text, -1);
	g_auto(GStrv) lines = g_strsplit(valid == NULL ? "" : valid, "\n", -1);

	for (guint i = 0; lines[i] != NULL; i++) {
		g_strstrip(lines[i]);
		if (lines[i][0] == '#' || !g_regex_match(search->pattern, lines[i], 0, NULL))
			continue;
		search->path = g_strdup(path);
		search->text = g_strndup(lines[i], 80);
		return;
	}
}

static void search_folder(const struct machine *machine, const char *folder, guint depth,
			  struct search *search)
{
	g_auto(GStrv) names = root_list(machine->root, NULL, "%s", folder);

	for (guint i = 0; names != NULL && names[i] != NULL && search->path == NULL; i++) {
		g_autofree char *path = g_build_filename(folder, names[i], NULL);
		struct statx info;

		if (g_str_equal(path, OUR_HOOK) ||
		    !root_stat(machine->root, &info, NULL, "%s", path))
			continue;
		if (S_ISDIR(info.stx_mode) && depth < MAX_DEPTH)
			search_folder(machine, path, depth + 1, search);
		else if (S_ISREG(info.stx_mode))
			search_file(machine, path, search);
	}
}

static void judge_scripts(const struct rule *rule, const struct machine *machine,
			  GPtrArray *findings, const char *pattern, const char *message,
			  const char *fix)
{
	__attribute__((cleanup(search_clear))) struct search search = {
		.pattern = g_regex_new(pattern, G_REGEX_OPTIMIZE, 0, NULL),
	};

	g_assert(search.pattern != NULL);
	search_folder(machine, HOOKS, 0, &search);
	if (search.path == NULL)
		return;
	host_say(findings, rule, "hooks", g_strdup_printf("/%s: %s", search.path, search.text),
		 message, g_strdup(fix));
}

static void judge_virsh(const struct rule *rule, const struct machine *machine, GPtrArray *findings)
{
	g_autoptr(GError) error = NULL;
	g_auto(GStrv) names = root_list(machine->root, &error, HOOKS);

	if (names == NULL && hotseat_error_is(error, HOTSEAT_ERROR_DENIED)) {
		host_add_unknown(rule, findings, "hooks", "/" HOOKS " can be read by root only");
		return;
	}
	judge_scripts(
		rule, machine, findings, "(^|[;&|`(\\s])virsh\\s",
		"libvirt waits for its hook, so a hook that asks libvirt something can wait "
		"for ever, and the guest with it.",
		"Take virsh out of the hook. For guests that Hotseat made, the whole script is "
		"not needed.");
}

/* What lint says of such a line in any script. */
static void judge_as_lint(const struct rule *rule, const struct machine *machine,
			  GPtrArray *findings)
{
	const struct config_rule *lint = config_script_rule(rule->id);

	judge_scripts(rule, machine, findings, lint->pattern, lint->message, lint->fix);
}

static void judge_cset(const struct rule *rule, const struct machine *machine, GPtrArray *findings)
{
	if (machine->tuning->cgroup == 2)
		judge_as_lint(rule, machine, findings);
}

static const struct rule rules[] = {
	{ "BD-12", SEVERITY_RISKY, 'V', "no hook calls virsh",
	  "libvirt's documentation forbids hooks to call libvirt: the daemon waits for them.",
	  "take virsh out of the hook", "libvirt docs/hooks.rst", judge_virsh },
	{ "BD-01", SEVERITY_RISKY, 'V', "no script uses new_id",
	  "driver_override names one device and is undone by an empty line. new_id names all of a "
	  "kind.",
	  "use driver_override", "Linux Documentation/ABI/testing/sysfs-bus-pci", judge_as_lint },
	{ "UB-07", SEVERITY_RISKY, 'D', "no script removes PCI devices and scans anew",
	  "It enumerates again, and may change what other devices rely on.",
	  "unbind and bind instead",
	  "ArchWiki PCI passthrough via OVMF, Linux Documentation/ABI/testing/sysfs-bus-pci",
	  judge_as_lint },
	{ "PN-08", SEVERITY_STYLE, 'U', "no script calls cset",
	  "cset was written for the first version of control groups.",
	  "use AllowedCPUs=", "none: experience", judge_cset },
	{ "UB-06", SEVERITY_STYLE, 'U', "scripts wait for conditions, not for seconds",
	  "What takes two seconds today takes three when the disk is busy.",
	  "wait for the condition", "none: experience", judge_as_lint },
};

const struct rule_set host_rules_scripts = { rules, G_N_ELEMENTS(rules) };
