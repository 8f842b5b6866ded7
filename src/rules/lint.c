/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/lint.h"

#include "core/text.h"
#include "rules/config.h"
#include "rules/domain.h"

const char *lint_kind_name(enum lint_kind kind)
{
	static const char *const names[] = {
		[LINT_DOMAIN] = "domain XML",
		[LINT_SCRIPT] = "script",
		[LINT_MODPROBE] = "modprobe.d",
		[LINT_ARGUMENTS] = "kernel arguments",
		[LINT_QEMU_CONF] = "qemu.conf",
		[LINT_MKINITCPIO] = "mkinitcpio.conf",
		[LINT_DRACUT] = "dracut.conf",
		[LINT_MODULES] = "list of modules",
		[LINT_NOTHING] = "nothing that has rules",
	};

	return names[kind];
}

/* What each kind has that the ones after it have not, in this order. */
static const struct {
	enum lint_kind kind;
	const char *pattern;
} marks[] = {
	{ LINT_SCRIPT, "\\A#!" },
	{ LINT_DOMAIN, "\\A\\s*<|<domain\\b|<devices>|&lt;domain\\b" },
	{ LINT_MKINITCPIO, "(?m)^\\s*(MODULES|HOOKS|BINARIES)=[(\"]" },
	{ LINT_DRACUT, "(?m)^\\s*(force_drivers|add_drivers|omit_drivers|add_dracutmodules)\\+?=" },
	{ LINT_QEMU_CONF,
	  "(?m)^#?\\s*(cgroup_device_acl|clear_emulator_capabilities|nvram|relaxed_acs_check|"
	  "security_driver)\\s*=" },
	{ LINT_ARGUMENTS,
	  "(?m)^\\s*GRUB_CMDLINE|^\\s*(kernel_)?cmdline\\s*[:=]|^\\s*options\\s+(?!vfio|kvm|snd|"
	  "nvidia|i915|amdgpu|nouveau).*=|BOOT_IMAGE=|\\b(amd_iommu|intel_iommu|iommu)=|\\broot=" },
	{ LINT_MODPROBE, "(?m)^\\s*(options|softdep|blacklist|install|alias)\\s+\\S" },
	{ LINT_SCRIPT,
	  "(?m)^\\s*(echo|modprobe|rmmod|systemctl|virsh|if|for|while|case|export)\\s" },
	{ LINT_MODULES, "(?m)^\\s*vfio[\\w-]*\\s*$" },
};

enum lint_kind lint_kind_of(const char *text, gsize length)
{
	g_autofree char *valid = g_utf8_make_valid(text, (gssize)MIN(length, DOCUMENT_MAX));

	for (gsize i = 0; i < G_N_ELEMENTS(marks); i++) {
		if (g_regex_match(text_pattern(marks[i].pattern), valid, 0, NULL))
			return marks[i].kind;
	}
	return LINT_NOTHING;
}

GPtrArray *lint_judge(const char *text, gsize length, const struct machine *machine,
		      const struct schema *schema, GError **error)
{
	enum lint_kind kind = lint_kind_of(text, length);
	g_autofree char *valid = NULL;
	GPtrArray *findings;

	if (kind == LINT_DOMAIN || kind == LINT_NOTHING || length > DOCUMENT_MAX) {
		autoptr(document) document = document_read(text, length, error);

		findings = document == NULL ? NULL : domain_judge(document, machine, schema);
		for (guint i = 0; findings != NULL && i < findings->len; i++)
			((struct finding *)g_ptr_array_index(findings, i))->element = NULL;
		return findings;
	}
	valid = g_utf8_make_valid(text, (gssize)length);
	findings = findings_new();
	config_judge(valid, kind, machine, findings);
	findings_sort(findings);
	return findings;
}

void findings_print_text(const GPtrArray *findings, const char *subject, enum lint_kind kind,
			 gboolean why, FILE *out)
{
	g_autoptr(GString) counts = g_string_new(NULL);

	for (enum severity severity = SEVERITY_BROKEN; severity <= SEVERITY_STYLE; severity++) {
		guint count = findings_count(findings, severity);

		if (count > 0)
			g_string_append_printf(counts, "%s%u %s", counts->len > 0 ? ", " : "",
					       count, severity_name(severity));
	}
	fprintf(out, "%s (%s): %s\n", subject, lint_kind_name(kind),
		counts->len > 0 ? counts->str : "nothing to say");
	for (guint i = 0; i < findings->len; i++) {
		const struct finding *finding = g_ptr_array_index(findings, i);

		finding_print(finding, out);
		if (why)
			finding_print_why(finding, out);
	}
}
