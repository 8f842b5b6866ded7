/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "machine/cpulist.h"
#include "rules/domain.h"

/* How well a domain fits the processors and the memory of a machine. Silent without one. */

const struct cpu *domain_pinned(struct judging *judging, guint number)
{
	g_autoptr(GPtrArray) pins = document_find(judging->document, NULL, "cputune/vcpupin");

	for (guint i = 0; i < pins->len; i++) {
		const struct element *pin = g_ptr_array_index(pins, i);
		const char *text = element_attribute(judging->document, pin, "cpuset");
		g_autoptr(GArray) set = text != NULL ? cpulist_read(text) : NULL;

		if (domain_number(judging, pin, "@vcpu", G_MAXUINT) == number && set != NULL &&
		    set->len == 1)
			return cpus_find(judging->machine->cpus, g_array_index(set, guint, 0));
	}
	return NULL;
}

/* The caches that the pinned vCPUs run on; 0: none is pinned, or not all. */
static guint caches(struct judging *judging)
{
	guint vcpus = MIN(domain_number(judging, NULL, "vcpu", 0), 512u);
	g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);

	for (guint number = 0; number < vcpus; number++) {
		const struct cpu *cpu = domain_pinned(judging, number);

		if (cpu == NULL)
			return 0;
		g_hash_table_add(seen, GUINT_TO_POINTER(cpu->l3 + 1));
	}
	return g_hash_table_size(seen);
}

static void judge_cache(const struct domain_rule *rule, struct judging *judging)
{
	const struct element *cpu = document_first(judging->document, NULL,
						   "cpu[@mode='host-passthrough'][not(cache)]");

	if (cpu != NULL && domain_knows(judging, MACHINE_CPUS) && caches(judging) == 1)
		domain_blame(rule, judging, cpu);
}

static void judge_false_cache(const struct domain_rule *rule, struct judging *judging)
{
	const struct element *cache =
		document_first(judging->document, NULL, "cpu/cache[@mode='passthrough']");

	if (cache != NULL && domain_knows(judging, MACHINE_CPUS) && caches(judging) > 1)
		domain_blame(rule, judging, cache);
}

#define QEMU_HIDES_ARCH_CAPABILITIES 10001000

static void judge_arch_capabilities(const struct domain_rule *rule, struct judging *judging)
{
	const struct element *cpu = document_first(
		judging->document, NULL,
		"cpu[@mode='host-passthrough' or @mode='host-model']"
		"[not(feature[@name='arch-capabilities'][@policy='disable' or @policy='forbid'])]");
	guint version = domain_knows(judging, MACHINE_SYSTEM) && judging->machine->tools != NULL
				? judging->machine->tools->qemu_version
				: 0;

	if (cpu != NULL && version != 0 && version < QEMU_HIDES_ARCH_CAPABILITIES)
		domain_blame(rule, judging, cpu);
}

/* The files in which KVM's modules say whether interrupts go to a guest by the processor itself. */
static void judge_avic(const struct domain_rule *rule, struct judging *judging)
{
	static const char *const files[] = { "kvm_intel/parameters/enable_apicv",
					     "kvm_amd/parameters/avic" };
	const struct element *avic =
		document_first(judging->document, NULL, "features/hyperv/avic[@state='on']");

	for (gsize i = 0; avic != NULL && judging->machine != NULL && i < G_N_ELEMENTS(files);
	     i++) {
		g_autofree char *value =
			root_read(judging->machine->root, NULL, "sys/module/%s", files[i]);

		if (value != NULL && (value[0] == 'N' || value[0] == '0'))
			finding_say(domain_blame(rule, judging, avic),
				    "avic is on, and this host's KVM does not have the hardware's "
				    "help in use (%s is %s): it may slow the guest down.",
				    files[i], value);
	}
}

/* node_of_card - the NUMA node of what is passed first and says one; -1 */
static int node_of_card(struct judging *judging, const char **name)
{
	g_autoptr(GPtrArray) hostdevs =
		document_find(judging->document, NULL, "devices/hostdev[@type='pci']");

	for (guint i = 0; i < hostdevs->len; i++) {
		g_autofree char *address =
			domain_host_address(judging, g_ptr_array_index(hostdevs, i));
		const struct pcidev *dev =
			address != NULL ? pcidev_find(judging->machine->devices, address) : NULL;

		if (dev != NULL && pcidev_is_display(dev) && dev->numa_node >= 0) {
			*name = dev->name;
			return dev->numa_node;
		}
	}
	return -1;
}

static void judge_node(const struct domain_rule *rule, struct judging *judging)
{
	const struct element *memory =
		document_first(judging->document, NULL, "numatune/memory[@nodeset]");
	const char *name = NULL;
	g_autoptr(GArray) set = NULL;
	int node;

	if (!domain_knows(judging, MACHINE_CPUS | MACHINE_DEVICES) ||
	    judging->machine->cpus->nodes < 2 ||
	    document_true(judging->document, "numatune/memnode"))
		return;
	node = node_of_card(judging, &name);
	if (node < 0)
		return;
	if (memory != NULL)
		set = cpulist_read(element_attribute(judging->document, memory, "nodeset"));
	if (memory != NULL && (set == NULL || cpulist_has(set, (guint)node)))
		return;
	finding_say(domain_blame(rule, judging,
				 memory != NULL ? memory : document_domain(judging->document)),
		    "%s is on NUMA node %d, and the guest's memory %s.", name, node,
		    memory != NULL ? "is kept on another" : "may come from any");
}

/* What is left of whole cores when every pinned one is taken. */
static void judge_rest(const struct domain_rule *rule, struct judging *judging)
{
	g_autoptr(GHashTable) taken = g_hash_table_new(NULL, NULL);
	const struct element *pin = document_first(judging->document, NULL, "cputune/vcpupin");
	guint vcpus = MIN(domain_number(judging, NULL, "vcpu", 0), 512u);

	if (pin == NULL || !domain_knows(judging, MACHINE_CPUS))
		return;
	for (guint number = 0; number < vcpus; number++) {
		const struct cpu *cpu = domain_pinned(judging, number);

		if (cpu != NULL)
			g_hash_table_add(taken, GUINT_TO_POINTER(cpu->core + 1));
	}
	if (g_hash_table_size(taken) >= judging->machine->cpus->cores)
		domain_blame(rule, judging, pin);
}

/* default_smp_affinity is a mask of 32 processors a word, the highest word first. */
static gboolean mask_has(const char *mask, guint cpu)
{
	g_auto(GStrv) words = g_strsplit(mask, ",", 512);
	guint n = g_strv_length(words), word = cpu / 32;

	return word < n && (g_ascii_strtoull(words[n - 1 - word], NULL, 16) >> (cpu % 32) & 1) != 0;
}

static void judge_interrupts(const struct domain_rule *rule, struct judging *judging)
{
	const struct element *pin = document_first(judging->document, NULL, "cputune/vcpupin");
	guint vcpus = MIN(domain_number(judging, NULL, "vcpu", 0), 512u);
	g_autofree char *mask = NULL;

	if (pin == NULL || !domain_knows(judging, MACHINE_CPUS))
		return;
	mask = root_read(judging->machine->root, NULL, "proc/irq/default_smp_affinity");
	for (guint number = 0; mask != NULL && number < vcpus; number++) {
		const struct cpu *cpu = domain_pinned(judging, number);

		if (cpu == NULL || !mask_has(mask, cpu->id))
			continue;
		domain_blame(rule, judging, pin);
		return;
	}
}

static const struct domain_rule table[] = {
	{ .rule = { "CP-05", SEVERITY_STYLE, 'V', "the guest sees the cache that it runs on",
		    "Without it QEMU makes caches up.", NULL, "libvirt docs/formatdomain.rst" },
	  .rule.versions = "libvirt 3.3",
	  .needs = DOMAIN_X86 | DOMAIN_PCI | DOMAIN_COMPLETE,
	  .judge = judge_cache,
	  .message = "All vCPUs are pinned to one last-level cache, and the guest sees a made-up "
		     "one.",
	  .fix = "<cache mode='passthrough'/> in <cpu>" },
	{ .rule = { "CP-05", SEVERITY_SLOW, 'V', "a cache that is shown is the only one",
		    "Shown as it is, one cache seems to be shared by all vCPUs.", NULL,
		    "libvirt docs/formatdomain.rst" },
	  .judge = judge_false_cache,
	  .message = "The vCPUs are pinned to several last-level caches, and the guest takes them "
		     "for one.",
	  .fix = "Pin to the processors of one cache, or take <cache> out." },
	{ .rule = { "CP-10", SEVERITY_RISKY, 'V', "AMD guests see no arch-capabilities",
		    "It describes Intel's processors; Windows 11 has crashed on finding it on "
		    "AMD's. QEMU hides it since 10.1.",
		    NULL, "libvirt NEWS v12.5.0" },
	  .rule.versions = "QEMU before 10.1",
	  .needs = DOMAIN_AMD | DOMAIN_WINDOWS,
	  .judge = judge_arch_capabilities,
	  .message = "This QEMU shows an AMD guest Intel's arch-capabilities, on which Windows 11 "
		     "can crash.",
	  .fix = "<feature policy='disable' name='arch-capabilities'/> in <cpu>" },
	{ .rule = { "HV-04", SEVERITY_SLOW, 'V', "avic only with the hardware for it",
		    "Without APICv or AVIC in use it only costs.", NULL,
		    "QEMU docs/system/i386/hyperv.rst; Linux arch/x86/kvm" },
	  .judge = judge_avic,
	  .message = "avic is on without hardware for it.",
	  .fix = "Take <avic> out." },
	{ .rule = { "MM-08", SEVERITY_SLOW, 'D', "memory is on the card's node",
		    "Memory of another node is reached through the link between them.", NULL,
		    "Looking Glass documentation; Linux Documentation/ABI/testing/sysfs-bus-pci" },
	  .judge = judge_node,
	  .message = "The memory is on another node than the card.",
	  .fix = "<numatune><memory mode='preferred' nodeset='N'/></numatune> with the card's "
		 "node" },
	{ .rule = { "PN-03", SEVERITY_SLOW, 'D', "the host keeps a core",
		    "The desktop, QEMU's own threads and the guest's disk work there.", NULL,
		    "ArchWiki; Looking Glass documentation" },
	  .judge = judge_rest,
	  .message = "Every core of this machine has a vCPU: nothing is left to the host and to "
		     "QEMU's own threads.",
	  .fix = "Leave a core, better two; hotseat plan divides them." },
	{ .rule = { "PN-09", SEVERITY_STYLE, 'U', "interrupts stay off the guest's processors",
		    "An interrupt of the host's stops the vCPU that runs there.", NULL,
		    "none: experience" },
	  .needs = DOMAIN_PCI,
	  .judge = judge_interrupts,
	  .message = "The host's interrupts may go to processors that vCPUs are pinned to.",
	  .fix = "/proc/irq/default_smp_affinity without them while the guest runs, and "
		 "IRQBALANCE_BANNED_CPULIST for irqbalance" },
};

const struct domain_rules domain_tuning_rules = DOMAIN_RULES(table);
