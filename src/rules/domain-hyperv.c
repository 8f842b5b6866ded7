/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "rules/domain.h"

/* Hyper-V's features, KVM's own, and what hides them. */

/* What QEMU asks for with each: its kvm_hyperv_properties, in libvirt's words. */
static const struct {
	const char *feature; /* XPath of it being on */
	const char *name;
	const char *needed;
	const char *needed_name;
	enum severity severity;
} needs[] = {
	{ "features/hyperv/synic[@state='on']", "synic", "features/hyperv/vpindex[@state='on']",
	  "vpindex" },
	{ "features/hyperv/stimer[@state='on']", "stimer", "features/hyperv/synic[@state='on']",
	  "synic" },
	{ "features/hyperv/stimer[@state='on']", "stimer",
	  "clock/timer[@name='hypervclock'][@present='yes']", "<timer name='hypervclock'>",
	  /* libvirt's own tests define it so; it was not seen to fail here */
	  SEVERITY_RISKY },
	{ "features/hyperv/stimer/direct[@state='on']", "stimer's direct",
	  "features/hyperv/stimer[@state='on']", "stimer" },
	{ "features/hyperv/tlbflush[@state='on']", "tlbflush",
	  "features/hyperv/vpindex[@state='on']", "vpindex" },
	{ "features/hyperv/tlbflush/extended[@state='on']", "tlbflush's extended",
	  "features/hyperv/tlbflush[@state='on']", "tlbflush" },
	{ "features/hyperv/tlbflush/direct[@state='on']", "tlbflush's direct",
	  "features/hyperv/vapic[@state='on']", "vapic" },
	{ "features/hyperv/ipi[@state='on']", "ipi", "features/hyperv/vpindex[@state='on']",
	  "vpindex" },
	{ "features/hyperv/evmcs[@state='on']", "evmcs", "features/hyperv/vapic[@state='on']",
	  "vapic" },
};

/* With these modes QEMU or libvirt brings the whole set. */
#define HAND_PICKED "features/hyperv[not(@mode) or @mode='custom']"

static void judge_dependencies(const struct domain_rule *rule, struct judging *judging)
{
	if (!document_true(judging->document, HAND_PICKED))
		return;
	for (gsize i = 0; i < G_N_ELEMENTS(needs); i++) {
		const struct element *feature =
			document_first(judging->document, NULL, needs[i].feature);
		struct finding *finding;

		if (feature == NULL || document_true(judging->document, needs[i].needed))
			continue;
		finding = domain_blame(rule, judging, feature);
		finding->severity = needs[i].severity;
		finding_say(finding, "Hyper-V's %s needs %s, which is not on: QEMU does not start.",
			    needs[i].name, needs[i].needed_name);
	}
}

static void judge_set(const struct domain_rule *rule, struct judging *judging)
{
	static const struct {
		const char *name, *path;
	} set[] = {
		{ "relaxed", "features/hyperv/relaxed[@state='on']" },
		{ "vapic", "features/hyperv/vapic[@state='on']" },
		{ "spinlocks", "features/hyperv/spinlocks[@state='on']" },
		{ "vpindex", "features/hyperv/vpindex[@state='on']" },
		{ "runtime", "features/hyperv/runtime[@state='on']" },
		{ "synic", "features/hyperv/synic[@state='on']" },
		{ "stimer", "features/hyperv/stimer[@state='on']" },
		{ "frequencies", "features/hyperv/frequencies[@state='on']" },
		{ "tlbflush", "features/hyperv/tlbflush[@state='on']" },
		{ "ipi", "features/hyperv/ipi[@state='on']" },
		{ "hypervclock", "clock/timer[@name='hypervclock'][@present='yes']" },
	};
	const struct element *place = document_first(judging->document, NULL, "features/hyperv");
	g_autoptr(GString) missing = g_string_new(NULL);

	if (place != NULL && !document_true(judging->document, HAND_PICKED))
		return;
	/* given to QEMU by hand */
	if (document_true(judging->document,
			  "qemu:commandline/qemu:arg[contains(@value, 'hv_') or "
			  "contains(@value, 'hv-')]"))
		return;
	for (gsize i = 0; i < G_N_ELEMENTS(set); i++) {
		if (!document_true(judging->document, set[i].path))
			g_string_append_printf(missing, "%s%s", missing->len > 0 ? ", " : "",
					       set[i].name);
	}
	if (missing->len == 0)
		return;
	finding_say(domain_blame(rule, judging,
				 place != NULL ? place : document_domain(judging->document)),
		    "Windows runs quicker with Hyper-V's features; these are not on: %s.",
		    missing->str);
}

static void judge_vendor(const struct domain_rule *rule, struct judging *judging)
{
	const struct element *vendor =
		document_first(judging->document, NULL, "features/hyperv/vendor_id[@state='on']");
	const char *value =
		vendor == NULL ? NULL : element_attribute(judging->document, vendor, "value");

	if (vendor != NULL && (value == NULL || strlen(value) > 12 || strchr(value, ',') != NULL))
		domain_blame(rule, judging, vendor);
}

static const struct domain_rule table[] = {
	{ .rule = { "HV-01", SEVERITY_BROKEN, 'V', "each Hyper-V feature has what it needs",
		    "QEMU refuses to start with a feature whose base is off; libvirt says so at "
		    "definition since 11.9.",
		    NULL, "QEMU target/i386/kvm/kvm.c kvm_hyperv_properties" },
	  .needs = DOMAIN_X86,
	  .judge = judge_dependencies,
	  .message = "A Hyper-V feature lacks what it needs.",
	  .fix = "Turn on what it needs as well." },
	{ .rule = { "HV-02", SEVERITY_SLOW, 'V', "Windows has Hyper-V's features",
		    "Without them Windows takes slow timers and asks emulated devices for what a "
		    "hypervisor could tell.",
		    NULL,
		    "QEMU docs/system/i386/hyperv.rst; virt-manager virtinst/domain/features.py" },
	  .needs = DOMAIN_WINDOWS | DOMAIN_PCI | DOMAIN_COMPLETE,
	  .judge = judge_set,
	  .message = "Hyper-V features are missing.",
	  .fix = "<hyperv mode='custom'> with relaxed, vapic, spinlocks retries='8191', vpindex, "
		 "runtime, synic, stimer, frequencies, tlbflush, ipi; and <timer "
		 "name='hypervclock' present='yes'/>. virsh domcapabilities lists what this host "
		 "has." },
	{ .rule = { "HV-03", SEVERITY_OBSOLETE, 'V', "KVM need not hide",
		    "NVIDIA's drivers before 465 looked for it; later ones support virtual "
		    "machines.",
		    NULL, "libvirt docs/formatdomain.rst; ArchWiki" },
	  .find = "features/kvm/hidden[@state='on']",
	  .message =
		  "Only NVIDIA drivers before 465 wanted KVM hidden. It does no harm to Windows.",
	  .fix = "Take it out, or leave it." },
	{ .rule = { "HV-05", SEVERITY_RISKY, 'V', "Hyper-V's features are chosen",
		    "passthrough turns on whatever the host's kernel has, which changes with it.",
		    NULL, "QEMU docs/system/i386/hyperv.rst" },
	  .find = "features/hyperv[@mode='passthrough']",
	  .message = "mode='passthrough' is for debugging: the set changes with the host's kernel, "
		     "and guests have hung with it.",
	  .fix = "mode='custom' with the features by name" },
	{ .rule = { "HV-06", SEVERITY_BROKEN, 'V',
		    "Hyper-V's vendor_id has a form that libvirt takes",
		    "It is 12 characters in the processor's registers.", NULL,
		    "libvirt src/conf/domain_conf.c" },
	  .judge = judge_vendor,
	  .message = "vendor_id must be 1 to 12 characters without a comma: libvirt refuses.",
	  .fix = "A shorter value, or none" },
	{ .rule = { "HV-07", SEVERITY_BROKEN, 'V', "spinlocks has a number of retries",
		    "Windows' least is 4095; before libvirt 11.9 the number must be there.", NULL,
		    "libvirt src/conf/domain_conf.c" },
	  .find = "features/hyperv/spinlocks[@state='on'][not(@retries) or @retries < 4095]",
	  .message = "No number of retries, or less than 4095: libvirt refuses (11.9 and later do "
		     "without the number).",
	  .fix = "retries='8191'" },
	{ .rule = { "CD-02", SEVERITY_STYLE, 'D', "vendor_id only on symptoms",
		    "NVIDIA needs none since driver 465. Some AMD drivers show a black screen "
		    "without a custom one.",
		    NULL, "ArchWiki PCI passthrough via OVMF" },
	  .needs = DOMAIN_PCI,
	  .find = "features/hyperv/vendor_id[@state='on']",
	  .message = "A custom vendor_id is not needed for NVIDIA since driver 465; with an AMD "
		     "card it "
		     "may cure a black screen.",
	  .fix = "Keep it only where it cured something." },
};

const struct domain_rules domain_hyperv_rules = DOMAIN_RULES(table);
