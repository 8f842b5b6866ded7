/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/domain.h"

/* The processor that the guest sees. */

static void judge_topology(const struct domain_rule *rule, struct judging *judging)
{
	static const char *const parts[] = { "@sockets", "@dies", "@clusters", "@cores",
					     "@threads" };
	const struct element *topology = document_first(judging->document, NULL, "cpu/topology");
	/* libvirt takes one where none is said; in a piece of a domain it may have been lost */
	const unsigned int whole = DOMAIN_COMPLETE | DOMAIN_INTACT;
	guint unsaid =
		(judging->traits & whole) == whole && !document_true(judging->document, "vcpu") ? 1
												: 0;
	guint vcpus = domain_number(judging, NULL, "vcpu", unsaid);
	guint64 product = 1;

	if (topology == NULL || vcpus == 0)
		return;
	for (gsize i = 0; i < G_N_ELEMENTS(parts); i++)
		product *= MIN(domain_number(judging, topology, parts[i], 1), 4096u);
	if (product != vcpus)
		finding_say(domain_blame(rule, judging, topology),
			    "The topology makes %" G_GUINT64_FORMAT
			    " processors, <vcpu> says %u: libvirt refuses.",
			    product, vcpus);
}

static void judge_sockets(const struct domain_rule *rule, struct judging *judging)
{
	guint vcpus = domain_number(judging, NULL, "vcpu", 0);
	const struct element *topology = document_first(judging->document, NULL, "cpu/topology");
	guint sockets = topology == NULL ? vcpus : domain_number(judging, topology, "@sockets", 1);
	const struct element *vcpu = document_first(judging->document, NULL, "vcpu");

	if (vcpu == NULL || sockets < 2 || document_true(judging->document, "cpu/numa/cell"))
		return;
	finding_say(domain_blame(rule, judging, topology != NULL ? topology : vcpu),
		    "Windows sees %u sockets%s. Home uses one of them, Pro two; the rest stays "
		    "unused.",
		    sockets,
		    topology == NULL ? ", because libvirt makes each processor one where no "
				       "topology is given"
				     : "");
}

static void judge_threads(const struct domain_rule *rule, struct judging *judging)
{
	const struct element *topology =
		document_first(judging->document, NULL, "cpu/topology[@threads > 1]");

	if (topology != NULL && !document_true(judging->document, "cputune/vcpupin"))
		domain_blame(rule, judging, topology);
}

static void judge_topoext(const struct domain_rule *rule, struct judging *judging)
{
	const struct element *topology =
		document_first(judging->document, NULL, "cpu/topology[@threads > 1]");

	if (topology != NULL && !document_true(judging->document, "cpu/feature[@name='topoext']") &&
	    !document_true(judging->document, "cpu[@mode='custom' or not(@mode)]"))
		domain_blame(rule, judging, topology);
}

static const struct domain_rule table[] = {
	{ .rule = { "CP-01", SEVERITY_SLOW, 'V', "the guest sees the host's processor",
		    "host-passthrough shows every instruction and every detail that the processor "
		    "has.",
		    NULL, "libvirt docs/formatdomain.rst" },
	  .needs = DOMAIN_X86 | DOMAIN_PCI | DOMAIN_COMPLETE,
	  .find = "cpu[not(@mode) or @mode='custom' or @mode='host-model'] | "
		  "self::domain[not(cpu)][not(qemu:commandline/qemu:arg[@value='-cpu'])]",
	  .message = "The guest gets a model of a processor instead of the host's own.",
	  .fix = "<cpu mode='host-passthrough' check='none' migratable='off'>" },
	{ .rule = { "CP-02", SEVERITY_SLOW, 'V', "Windows sees one socket with cores",
		    "Windows limits the sockets that it uses, by edition. libvirt makes each vCPU "
		    "a "
		    "socket where no topology is given.",
		    NULL,
		    "libvirt src/qemu/qemu_command.c qemuBuildSmpCommandLine; limits: reports" },
	  .needs = DOMAIN_WINDOWS,
	  .judge = judge_sockets,
	  .message = "Windows sees several sockets.",
	  .fix = "<topology sockets='1' dies='1' cores='N' threads='1'/> in <cpu>, N being the "
		 "number of vCPUs; threads='2' only where pairs are pinned to siblings" },
	{ .rule = { "CP-02", SEVERITY_BROKEN, 'V', "the topology has as many processors as <vcpu>",
		    "libvirt compares the product of the topology with the most vCPUs there can "
		    "be.",
		    NULL, "libvirt src/conf/domain_validate.c" },
	  .judge = judge_topology,
	  .message = "The topology does not match the number of vCPUs.",
	  .fix = "sockets × dies × clusters × cores × threads must be <vcpu>" },
	{ .rule = { "CP-03", SEVERITY_SLOW, 'V', "guest siblings are host siblings",
		    "Two threads of one core share it. A guest that is told so about vCPUs that "
		    "run "
		    "anywhere plans badly.",
		    NULL, "ArchWiki PCI passthrough via OVMF; libvirt docs/formatdomain.rst" },
	  .needs = DOMAIN_X86 | DOMAIN_PCI,
	  .judge = judge_threads,
	  .message =
		  "The guest is told that its vCPUs are pairs of siblings, but nothing pins them "
		  "to siblings.",
	  .fix = "Pin each pair to the two threads of one core, or say threads='1'." },
	{ .rule = { "CP-04", SEVERITY_SLOW, 'V', "AMD guests with siblings have topoext",
		    "QEMU never turns it on by itself; without it an AMD guest sees its siblings "
		    "as "
		    "full cores.",
		    NULL, "QEMU target/i386/cpu.c" },
	  .needs = DOMAIN_AMD,
	  .judge = judge_topoext,
	  .message = "Without topoext an AMD guest does not see which of its vCPUs are siblings.",
	  .fix = "<feature policy='require' name='topoext'/> in <cpu>" },
	{ .rule = { "CP-09", SEVERITY_SLOW, 'C', "the guest may know that it is one",
		    "Windows looks for a hypervisor before it uses any of what Hyper-V guests "
		    "have.",
		    NULL, "QEMU docs/system/i386/hyperv.rst" },
	  .needs = DOMAIN_X86,
	  .find = "cpu/feature[@name='hypervisor'][@policy='disable' or @policy='forbid']",
	  .message =
		  "With the hypervisor hidden, Windows uses none of the Hyper-V features and gets "
		  "slower.",
	  .fix = "Take the line out, unless software that refuses virtual machines is the "
		 "reason." },
	{ .rule = { "CP-11", SEVERITY_STYLE, 'U', "nested virtualisation only where it is wanted",
		    "With svm or vmx Windows may run its memory integrity inside the guest.", NULL,
		    "none: experience" },
	  .needs = DOMAIN_WINDOWS,
	  .find = "cpu/feature[@name='svm' or @name='vmx'][@policy='require' or @policy='force']",
	  .message = "Windows may turn memory integrity on inside the guest, which costs speed.",
	  .fix = "policy='disable', unless WSL2 or Hyper-V is used in the guest" },
	{ .rule = { "CP-13", SEVERITY_RISKY, 'V', "evmcs on Intel only",
		    "It is an interface for Intel's nested virtualisation.", NULL,
		    "QEMU docs/system/i386/hyperv.rst" },
	  .needs = DOMAIN_AMD,
	  .find = "features/hyperv/evmcs[@state='on']",
	  .message = "evmcs exists for Intel processors only; on AMD the guest may not start.",
	  .fix = "Take <evmcs> out." },
};

const struct domain_rules domain_cpu_rules = DOMAIN_RULES(table);
