/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/lint.h"

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

enum lint_kind lint_kind_of(const char *text, gsize length)
{
	return LINT_DOMAIN;
}

GPtrArray *lint_judge(const char *text, gsize length, const struct machine *machine, GError **error)
{
	autoptr(document) document = document_read(text, length, error);

	return document == NULL ? NULL : domain_judge(document, machine);
}

void findings_print_text(const GPtrArray *findings, const char *subject, enum lint_kind kind,
			 FILE *out)
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
	for (guint i = 0; i < findings->len; i++)
		finding_print(g_ptr_array_index(findings, i), out);
}
