/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hook.inc"
#include "rules/rules.h"
#include "setup/draft.h"
#include "setup/product.h"
#include "setup/words.h"

/*
 * What setup does because check asks for it: rules by their ids. The rest of what check finds is
 * not for a program to do: packages to install, switches in the firmware, arguments that somebody
 * chose. Limits on locked memory are not here either: libvirt raises them itself for a guest that
 * has a device (libvirt src/qemu/qemu_domain.c, qemuDomainAdjustMaxMemLock()), and AppArmor and
 * SELinux get their rules from libvirt for each guest.
 */
#define HOOK "etc/libvirt/hooks/qemu.d/hotseat"
#define MODULES_FILE "etc/modules-load.d/hotseat.conf"

static gboolean give_iommu(struct draft *draft, GError **error)
{
	draft_item(draft, g_strdup("start the kernel with intel_iommu=on"),
		   g_strdup("This kernel does not use Intel's IOMMU by itself."));
	words_set(draft->setup->arguments, "intel_iommu=on");
	return TRUE;
}

static gboolean install_hook(struct draft *draft, GError **error)
{
	draft_item(draft, g_strdup("install libvirt's hook"),
		   g_strdup("Without it a guest that is shut down from inside keeps its card."));
	return draft_file(draft, HOOK, hook_text, TRUE, PRODUCT_LIBVIRT, error);
}

static gboolean load_i2c(struct draft *draft, GError **error)
{
	draft_item(draft, g_strdup("load i2c-dev at boot"),
		   g_strdup("Without it no program can switch a monitor's input."));
	return draft_file(draft, MODULES_FILE, DRAFT_HEADER("#") "i2c-dev\n", FALSE,
			  PRODUCT_MODULES, error);
}

static const struct {
	const char *rule;
	gboolean (*mend)(struct draft *draft, GError **error);
} mends[] = {
	{ "FW-04", give_iommu },
	{ "HS-09", install_hook },
	{ "DD-05", load_i2c },
};

/* FW-04 also speaks, mildly, where the argument is there and changes nothing. */
static gboolean asked(const GPtrArray *findings, const char *rule)
{
	for (guint i = 0; i < findings->len; i++) {
		const struct finding *finding = g_ptr_array_index(findings, i);

		if (g_str_equal(finding->rule->id, rule) && !finding->unknown &&
		    finding->severity == finding->rule->severity)
			return TRUE;
	}
	return FALSE;
}

gboolean draft_findings(struct draft *draft, const GPtrArray *findings, GError **error)
{
	for (gsize i = 0; i < G_N_ELEMENTS(mends); i++) {
		if (asked(findings, mends[i].rule) && !mends[i].mend(draft, error))
			return FALSE;
	}
	return TRUE;
}
