/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/domain.h"

/* Memory that VFIO pins as a whole when the guest starts. */

static void judge_current(const struct domain_rule *rule, struct judging *judging)
{
	guint64 memory = domain_kib(judging, "memory");
	guint64 current = domain_kib(judging, "currentMemory");

	if (current > 0 && current < memory)
		domain_blame(rule, judging,
			     document_first(judging->document, NULL, "currentMemory"));
}

static void judge_limit(const struct domain_rule *rule, struct judging *judging)
{
	guint64 memory = domain_kib(judging, "memory");
	guint64 limit = domain_kib(judging, "memtune/hard_limit");
	struct finding *finding;

	if (limit == 0 || memory == 0)
		return;
	finding = domain_blame(rule, judging,
			       document_first(judging->document, NULL, "memtune/hard_limit"));
	if (limit < memory + (1 << 20)) {
		finding->severity = limit < memory ? SEVERITY_BROKEN : SEVERITY_RISKY;
		finding_say(finding,
			    "The limit is below the guest's memory and the 1 GiB that VFIO "
			    "needs beside it: pinning fails, and the guest does not "
			    "start.");
	}
}

static void judge_pages(const struct domain_rule *rule, struct judging *judging)
{
	guint64 memory = domain_kib(judging, "memory");
	const struct element *page =
		document_first(judging->document, NULL, "memoryBacking/hugepages/page[@size]");
	const char *unit = page == NULL ? NULL : element_attribute(judging->document, page, "unit");
	guint64 size = page == NULL ? 0 : domain_number(judging, page, "@size", 0);

	if (g_strcmp0(unit, "G") == 0 || g_strcmp0(unit, "GiB") == 0)
		size <<= 20;
	else if (g_strcmp0(unit, "M") == 0 || g_strcmp0(unit, "MiB") == 0)
		size <<= 10;
	if (size > 0 && memory % size != 0 &&
	    !document_true(judging->document, "memoryBacking/hugepages/page[2] or cpu/numa"))
		domain_blame(rule, judging, page);
}

#define KVM_FORMAT "libvirt docs/formatdomain.rst"

static const struct domain_rule table[] = {
	{ .rule = { "MM-01", SEVERITY_STYLE, 'V', "the guest has its whole memory from the start",
		    "VFIO pins everything at once, so there is nothing to give later.", NULL,
		    "libvirt src/qemu/qemu_domain.c; QEMU hw/vfio" },
	  .needs = DOMAIN_PCI,
	  .judge = judge_current,
	  .message = "currentMemory below memory is pointless with a passed device: all of it is "
		     "pinned at the start.",
	  .fix = "Make both the same." },
	{ .rule = { "MM-02", SEVERITY_SLOW, 'V', "no balloon",
		    "QEMU turns ballooning off while a VFIO device is there, so the balloon only "
		    "costs. libvirt adds one where the element is missing.",
		    NULL, "QEMU hw/virtio/virtio-balloon.c; Looking Glass documentation" },
	  .needs = DOMAIN_PCI | DOMAIN_COMPLETE,
	  .find = "devices/memballoon[not(@model='none')] | devices[not(memballoon)]",
	  .message = "A balloon is dead weight beside a passed device; without the element libvirt "
		     "adds one.",
	  .fix = "<memballoon model='none'/>" },
	{ .rule = { "MM-03", SEVERITY_STYLE, 'V', "no limit on memory",
		    "libvirt computes the limit that VFIO needs; hard_limit takes its place.", NULL,
		    "libvirt src/qemu/qemu_domain.c, " KVM_FORMAT },
	  .needs = DOMAIN_PCI,
	  .judge = judge_limit,
	  .message =
		  "A limit of one's own takes the place of the one that libvirt computes for VFIO; "
		  "libvirt advises against it.",
	  .fix = "Take <hard_limit> out." },
	{ .rule = { "MM-04", SEVERITY_RISKY, 'V', "memory is not locked twice",
		    "VFIO pins all memory anyway. <locked/> takes the limit away.", NULL,
		    KVM_FORMAT },
	  .needs = DOMAIN_PCI,
	  .find = "memoryBacking/locked",
	  .message =
		  "VFIO pins the memory anyway; <locked/> only takes away QEMU's limit, so that a "
		  "leak can take the host's memory.",
	  .fix = "Take <locked/> out." },
	{ .rule = { "MM-05", SEVERITY_RISKY, 'V', "memory is a whole number of huge pages",
		    "What is left over gets no page.", NULL,
		    "Linux Documentation/admin-guide/mm/hugetlbpage.rst" },
	  .judge = judge_pages,
	  .message = "The memory is no multiple of the page size.",
	  .fix = "Round <memory> and <currentMemory> up to whole pages." },
	{ .rule = { "MM-07", SEVERITY_BROKEN, 'V', "virtiofs has shared memory",
		    "virtiofsd reads the guest's memory.", NULL,
		    "libvirt src/qemu/qemu_validate.c" },
	  .find = "devices/filesystem[driver/@type='virtiofs'][not(../../memoryBacking/access/@mode"
		  "='shared')][not(../../cpu/numa/cell/@memAccess='shared')]",
	  .message = "virtiofs needs shared memory: libvirt refuses.",
	  .fix = "<source type='memfd'/><access mode='shared'/> in <memoryBacking>" },
};

const struct domain_rules domain_memory_rules = DOMAIN_RULES(table);
