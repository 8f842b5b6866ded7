/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest/hyperv.h"

/*
 * What is not in this table is off on purpose: reset (modern Hyper-V lacks it), reenlightenment,
 * evmcs and emsr_bitmap (nested guests only; evmcs is Intel's, CP-13), avic (slower without the
 * hardware for it, HV-04). Order matters: what is needed comes before what needs it. The stimer's
 * third need, hypervclock, is a timer, which domain.c always adds beside this element.
 */
static const struct enlightenment {
	const char *name;
	const char *needs[2];
	const char *retries; /* never notify, 4294967295, needs libvirt 11.9 */
	gboolean direct;
} enlightenments[] = {
	{ "relaxed" },
	{ "vapic" },
	{ "spinlocks", .retries = "8191" },
	{ "vpindex" },
	{ "runtime" },
	{ "synic", { "vpindex" } },
	{ "stimer", { "synic", "vpindex" }, .direct = TRUE },
	{ "frequencies" },
	{ "tlbflush", { "vpindex" } },
	{ "ipi", { "vpindex" } },
	{ "xmm_input" },
};

static gboolean on_offer(const struct virt_capabilities *capabilities, const char *name)
{
	return capabilities->hyperv != NULL &&
	       g_strv_contains((const char *const *)capabilities->hyperv, name);
}

static gboolean usable(const struct virt_capabilities *capabilities, const char *name)
{
	const struct enlightenment *found = NULL;

	for (guint i = 0; i < G_N_ELEMENTS(enlightenments); i++) {
		if (g_str_equal(enlightenments[i].name, name))
			found = &enlightenments[i];
	}
	if (found == NULL || !on_offer(capabilities, name))
		return FALSE;
	for (guint i = 0; i < G_N_ELEMENTS(found->needs) && found->needs[i] != NULL; i++) {
		if (!usable(capabilities, found->needs[i]))
			return FALSE;
	}
	return TRUE;
}

gboolean hyperv_offered(const struct virt_capabilities *capabilities)
{
	for (guint i = 0; i < G_N_ELEMENTS(enlightenments); i++) {
		if (usable(capabilities, enlightenments[i].name))
			return TRUE;
	}
	return FALSE;
}

/* The vendor id is no enlightenment: alone it does nothing. */
void hyperv_write(xmlTextWriter *xml, const struct virt_capabilities *capabilities,
		  const char *vendor_id)
{
	if (!hyperv_offered(capabilities))
		return;
	xml_open(xml, "hyperv", "mode", "custom", NULL);
	for (guint i = 0; i < G_N_ELEMENTS(enlightenments); i++) {
		const struct enlightenment *one = &enlightenments[i];

		if (!usable(capabilities, one->name))
			continue;
		xml_open(xml, one->name, "state", "on", "retries", one->retries, NULL);
		if (one->direct)
			xml_empty(xml, "direct", "state", "on", NULL);
		xml_close(xml);
	}
	if (vendor_id != NULL && on_offer(capabilities, "vendor_id"))
		xml_empty(xml, "vendor_id", "state", "on", "value", vendor_id, NULL);
	xml_close(xml);
}
