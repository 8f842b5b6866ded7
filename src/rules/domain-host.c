/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "machine/cpulist.h"
#include "rules/domain.h"

/* The domain against the machine that is to run it. Nothing of this is said without one. */

static gboolean passes(struct judging *judging, const char *address)
{
	g_autoptr(GPtrArray) hostdevs =
		document_find(judging->document, NULL, "devices/hostdev[@type='pci']");

	for (guint i = 0; i < hostdevs->len; i++) {
		g_autofree char *own = domain_host_address(judging, g_ptr_array_index(hostdevs, i));

		if (g_strcmp0(own, address) == 0)
			return TRUE;
	}
	return FALSE;
}

/* each_hostdev - call @look for every function that is passed and is there */
static void each_hostdev(const struct domain_rule *rule, struct judging *judging,
			 void (*look)(const struct domain_rule *, struct judging *,
				      const struct element *, const char *, const struct pcidev *))
{
	g_autoptr(GPtrArray) hostdevs =
		document_find(judging->document, NULL, "devices/hostdev[@type='pci']");

	if (!domain_knows(judging, MACHINE_DEVICES))
		return;
	for (guint i = 0; i < hostdevs->len; i++) {
		const struct element *hostdev = g_ptr_array_index(hostdevs, i);
		g_autofree char *address = domain_host_address(judging, hostdev);

		if (address != NULL)
			look(rule, judging, hostdev, address,
			     pcidev_find(judging->machine->devices, address));
	}
}

static void look_absent(const struct domain_rule *rule, struct judging *judging,
			const struct element *hostdev, const char *address,
			const struct pcidev *dev)
{
	if (dev == NULL)
		finding_say(domain_blame(rule, judging, hostdev),
			    "There is no device at %s in this machine.", address);
}

static void judge_absent(const struct domain_rule *rule, struct judging *judging)
{
	each_hostdev(rule, judging, look_absent);
}

static void look_bridge(const struct domain_rule *rule, struct judging *judging,
			const struct element *hostdev, const char *address,
			const struct pcidev *dev)
{
	if (dev != NULL && pcidev_is_bridge(dev))
		finding_say(domain_blame(rule, judging, hostdev),
			    "%s is a bridge (%s): libvirt passes end points only.", address,
			    dev->name);
}

static void judge_bridge(const struct domain_rule *rule, struct judging *judging)
{
	each_hostdev(rule, judging, look_bridge);
}

static void look_group(const struct domain_rule *rule, struct judging *judging,
		       const struct element *hostdev, const char *address, const struct pcidev *dev)
{
	const GPtrArray *devices = judging->machine->devices;

	for (guint i = 0; dev != NULL && dev->group != NULL && i < devices->len; i++) {
		const struct pcidev *other = g_ptr_array_index(devices, i);

		if (other == dev || g_strcmp0(other->group, dev->group) != 0 ||
		    passes(judging, other->address) ||
		    pcidev_driver_allowed(other, judging->machine->kernel->dma_ownership_model) !=
			    KNOWN_NO)
			continue;
		finding_say(
			domain_blame(rule, judging, hostdev),
			"%s (%s) of the same IOMMU group %s is used by the host's driver %s: the "
			"group is not viable and QEMU does not start.",
			other->address, other->name, dev->group, other->driver);
		return;
	}
}

static void judge_group(const struct domain_rule *rule, struct judging *judging)
{
	each_hostdev(rule, judging, look_group);
}

static void look_siblings(const struct domain_rule *rule, struct judging *judging,
			  const struct element *hostdev, const char *address,
			  const struct pcidev *dev)
{
	const GPtrArray *devices = judging->machine->devices;

	if (dev == NULL || !pcidev_is_display(dev))
		return;
	for (guint i = 0; i < devices->len; i++) {
		const struct pcidev *other = g_ptr_array_index(devices, i);

		if (other != dev && pcidev_same_slot(other, dev) &&
		    !passes(judging, other->address))
			finding_say(domain_blame(rule, judging, hostdev),
				    "%s (%s) is a function of the same card and is not passed: the "
				    "card cannot be reset, and the guest's second start fails.",
				    other->address, other->name);
	}
}

static void judge_siblings(const struct domain_rule *rule, struct judging *judging)
{
	each_hostdev(rule, judging, look_siblings);
}

/* The processors that a pinning names, as sets beside their elements. */
static void judge_processors(const struct domain_rule *rule, struct judging *judging)
{
	g_autoptr(GPtrArray) pins = document_find(judging->document, NULL,
						  "cputune/*[@cpuset][contains(name(), 'pin')]");

	if (!domain_knows(judging, MACHINE_CPUS))
		return;
	for (guint i = 0; i < pins->len; i++) {
		const struct element *pin = g_ptr_array_index(pins, i);
		g_autoptr(GArray) set =
			cpulist_read(element_attribute(judging->document, pin, "cpuset"));

		for (guint k = 0; set != NULL && k < set->len; k++) {
			guint cpu = g_array_index(set, guint, k);

			if (cpus_find(judging->machine->cpus, cpu) != NULL)
				continue;
			finding_say(domain_blame(rule, judging, pin),
				    "There is no host processor %u in this machine.", cpu);
			break;
		}
	}
}

static void judge_pairs(const struct domain_rule *rule, struct judging *judging)
{
	guint vcpus = MIN(domain_number(judging, NULL, "vcpu", 0), 512u);
	guint threads = domain_number(judging, NULL, "cpu/topology/@threads", 1);
	const struct element *topology = document_first(judging->document, NULL, "cpu/topology");

	if (!domain_knows(judging, MACHINE_CPUS) || threads != 2)
		return;
	for (guint number = 0; number + 1 < vcpus; number += 2) {
		const struct cpu *a = domain_pinned(judging, number);
		const struct cpu *b = domain_pinned(judging, number + 1);

		if (a == NULL || b == NULL || a->core == b->core)
			continue;
		finding_say(
			domain_blame(rule, judging, topology),
			"The guest takes vCPUs %u and %u for siblings, but host processors %u and "
			"%u are different cores.",
			number, number + 1, a->id, b->id);
		return;
	}
}

static void judge_spread(const struct domain_rule *rule, struct judging *judging)
{
	guint vcpus = MIN(domain_number(judging, NULL, "vcpu", 0), 512u);
	const struct cpu *first = NULL;
	gboolean kinds = strstr(rule->rule.id, "CP-06") != NULL;

	if (!domain_knows(judging, MACHINE_CPUS))
		return;
	for (guint number = 0; number < vcpus; number++) {
		const struct cpu *cpu = domain_pinned(judging, number);

		if (cpu == NULL || first == NULL) {
			first = first != NULL ? first : cpu;
			continue;
		}
		if (kinds ? cpu->kind == first->kind : cpu->l3 == first->l3)
			continue;
		finding_say(
			domain_blame(rule, judging,
				     document_first(judging->document, NULL, "cputune/vcpupin")),
			kinds ? "Host processors %u and %u are cores of different kinds: a vCPU "
				"on the slower one holds the others up."
			      : "Host processors %u and %u have different last-level caches.",
			first->id, cpu->id);
		return;
	}
}

static void judge_huge_pages(const struct domain_rule *rule, struct judging *judging)
{
	guint64 memory = domain_kib(judging, "memory");
	const struct element *pages =
		document_first(judging->document, NULL, "memoryBacking/hugepages");
	guint64 free_kib;

	if (pages == NULL || !domain_knows(judging, MACHINE_MEMORY) ||
	    document_true(judging->document, "memoryBacking/hugepages/page"))
		return;
	free_kib = judging->machine->memory.hugepages_free * judging->machine->memory.hugepage_kib;
	if (free_kib < memory)
		finding_say(domain_blame(rule, judging, pages),
			    "The guest wants %" G_GUINT64_FORMAT
			    " MiB of huge pages, and %" G_GUINT64_FORMAT
			    " MiB are free now: it does not start unless they are "
			    "reserved before.",
			    memory >> 10, free_kib >> 10);
}

static void judge_memory(const struct domain_rule *rule, struct judging *judging)
{
	guint64 memory = domain_kib(judging, "memory");

	if (domain_knows(judging, MACHINE_MEMORY) && memory > judging->machine->memory.total_kib)
		finding_say(domain_blame(rule, judging,
					 document_first(judging->document, NULL, "memory")),
			    "The guest pins %" G_GUINT64_FORMAT
			    " MiB, and the machine has %" G_GUINT64_FORMAT " MiB.",
			    memory >> 10, judging->machine->memory.total_kib >> 10);
}

/* Files that the guest does not start without. A recording has no images: only /usr is judged. */
static void judge_files(const struct domain_rule *rule, struct judging *judging)
{
	g_autoptr(GPtrArray) files =
		document_find(judging->document, NULL, "os/loader | devices/emulator");

	if (judging->machine == NULL || !domain_knows(judging, MACHINE_SYSTEM))
		return;
	for (guint i = 0; i < files->len; i++) {
		const struct element *file = g_ptr_array_index(files, i);
		const char *path = document_text(judging->document, file, "text()");

		if (path != NULL && g_str_has_prefix(path, "/usr/") &&
		    root_exists(judging->machine->root, "usr") &&
		    !root_exists(judging->machine->root, "%s", path + 1))
			finding_say(domain_blame(rule, judging, file),
				    "%s does not exist in this machine.", path);
	}
}

static void judge_magic(const struct domain_rule *rule, struct judging *judging)
{
	static const char magic[] = { 'Q', 'F', 'I', '\xfb' };
	g_autoptr(GPtrArray) drivers =
		document_find(judging->document, NULL,
			      "devices/disk[source/@file]/driver[@type='raw' or @type='qcow2']");

	for (guint i = 0; judging->machine != NULL && i < drivers->len; i++) {
		const struct element *driver = g_ptr_array_index(drivers, i);
		const char *type = element_attribute(judging->document, driver, "type");
		const char *path = document_text(judging->document, driver, "../source/@file");
		g_autoptr(GBytes) head =
			path[0] != '/' ? NULL
				       : root_read_bytes(judging->machine->root, sizeof(magic),
							 NULL, "%s", path + 1);
		gboolean qcow2;

		if (head == NULL || g_bytes_get_size(head) < sizeof(magic))
			continue;
		qcow2 = memcmp(g_bytes_get_data(head, NULL), magic, sizeof(magic)) == 0;
		if (qcow2 != g_str_equal(type, "qcow2"))
			finding_say(domain_blame(rule, judging, driver),
				    "%s is %s, and the type says %s.%s", path,
				    qcow2 ? "a qcow2 image" : "no qcow2 image", type,
				    qcow2 ? " A guest that writes to it destroys it." : "");
	}
}

/* uses_block_device - a file system or swap of the host is on the device, or on a part of it */
static gboolean uses_block_device(const struct root *root, const char *address, char **name)
{
	g_auto(GStrv) disks = root_list(root, NULL, "sys/block");
	g_autofree char *mounts = root_read(root, NULL, "proc/self/mounts");
	g_autofree char *swaps = root_read(root, NULL, "proc/swaps");
	g_autofree char *middle = g_strdup_printf("/%s/", address);

	for (guint i = 0; disks != NULL && disks[i] != NULL; i++) {
		g_autofree char *link = root_read_link_target(root, NULL, "sys/block/%s", disks[i]);
		g_autofree char *node = g_strdup_printf("/dev/%s", disks[i]);
		g_auto(GStrv) holders = root_list(root, NULL, "sys/block/%s/holders", disks[i]);

		if (link == NULL || strstr(link, middle) == NULL)
			continue;
		if ((mounts != NULL && strstr(mounts, node) != NULL) ||
		    (swaps != NULL && strstr(swaps, node) != NULL) ||
		    (holders != NULL && holders[0] != NULL)) {
			*name = g_steal_pointer(&node);
			return TRUE;
		}
	}
	return FALSE;
}

static void look_disk(const struct domain_rule *rule, struct judging *judging,
		      const struct element *hostdev, const char *address, const struct pcidev *dev)
{
	g_autofree char *name = NULL;

	if (dev != NULL && PCIDEV_CLASS_BASE(dev->class) == 0x01 &&
	    uses_block_device(judging->machine->root, address, &name))
		finding_say(domain_blame(rule, judging, hostdev),
			    "The host uses %s, which is on the controller at %s: passing it takes "
			    "the disk away below a mounted file system.",
			    name, address);
}

static void judge_storage(const struct domain_rule *rule, struct judging *judging)
{
	each_hostdev(rule, judging, look_disk);
}

/* daemon_user - whom QEMU runs as: qemu.conf's user, else NULL for the distribution's own */
static char *daemon_user(const struct root *root)
{
	g_autofree char *text = root_read(root, NULL, "etc/libvirt/qemu.conf");
	g_autoptr(GRegex) regex =
		g_regex_new("^\\s*user\\s*=\\s*\"\\+?([^\"]+)\"", G_REGEX_MULTILINE, 0, NULL);
	g_autoptr(GMatchInfo) match = NULL;

	if (text == NULL || !g_utf8_validate(text, -1, NULL) ||
	    !g_regex_match(regex, text, 0, &match))
		return NULL;
	return g_match_info_fetch(match, 1);
}

/* is_user - does /etc/passwd have this name with this number, or is it the number? */
static gboolean is_user(const struct root *root, const char *name, const char *number)
{
	g_autofree char *text = root_read(root, NULL, "etc/passwd");
	g_auto(GStrv) lines = g_strsplit(text != NULL ? text : "", "\n", -1);

	for (guint i = 0; lines[i] != NULL; i++) {
		g_auto(GStrv) fields = g_strsplit(lines[i], ":", 4);

		if (g_strv_length(fields) >= 3 && g_str_equal(fields[0], name))
			return g_str_equal(fields[2], number);
	}
	return g_str_equal(name, number);
}

static void judge_audience(const struct domain_rule *rule, struct judging *judging)
{
	g_autoptr(GPtrArray) found = document_find(
		judging->document, NULL,
		"devices/audio[@type='pipewire' or @type='pulseaudio'][starts-with(@runtimeDir, "
		"'/run/user/') or contains(@serverName, '/run/user/')]");

	for (guint i = 0; domain_knows(judging, MACHINE_SYSTEM) && i < found->len; i++) {
		const struct element *audio = g_ptr_array_index(found, i);
		const char *folder = element_attribute(judging->document, audio, "runtimeDir");
		const char *path =
			folder != NULL ? folder
				       : element_attribute(judging->document, audio, "serverName");
		const char *start = strstr(path, "/run/user/") + strlen("/run/user/");
		g_autofree char *number = g_strndup(start, strspn(start, "0123456789"));
		g_autofree char *user = daemon_user(judging->machine->root);

		if (user != NULL && is_user(judging->machine->root, user, number))
			continue;
		finding_say(domain_blame(rule, judging, audio),
			    "QEMU runs as %s, and the sound daemon of user number %s lets nobody "
			    "else in: no sound, or no start.",
			    user != NULL ? user : "a user of its own", number);
	}
}

static const struct domain_rule table[] = {
	{ .rule = { "ST-03", SEVERITY_BROKEN, 'V', "no disk of the host is passed",
		    "A controller goes with all its disks, mounted ones too.", NULL,
		    "Linux Documentation/ABI/stable/sysfs-block (holders); libvirt "
		    "docs/formatdomain.rst" },
	  .judge = judge_storage,
	  .message = "The host uses a disk on this controller.",
	  .fix = "Unmount what is on it for good, or pass another controller." },
	{ .rule = { "AU-06", SEVERITY_RISKY, 'D', "QEMU may speak to the sound daemon",
		    "PipeWire and PulseAudio let in their own user only; the folder of their "
		    "socket is closed to others.",
		    NULL, "ArchWiki; systemd pam_systemd(8) on /run/user" },
	  .judge = judge_audience,
	  .message = "QEMU runs as another user.",
	  .fix = "user = \"NAME\" in /etc/libvirt/qemu.conf, which holds for every guest; or take "
		 "the sound from the passed card's own outputs." },
	{ .rule = { "GR-11", SEVERITY_BROKEN, 'V', "what is passed is there",
		    "Bus numbers change when cards are added or moved.", NULL,
		    "Linux drivers/pci/probe.c" },
	  .judge = judge_absent,
	  .message = "This device is not there.",
	  .fix = "hotseat devices shows the addresses of today." },
	{ .rule = { "GR-05", SEVERITY_BROKEN, 'V', "no bridge is passed",
		    "Bridges cannot be bound to "
		    "vfio-pci.",
		    NULL, "libvirt src/hypervisor/virhostdev.c" },
	  .judge = judge_bridge,
	  .message = "A bridge cannot be passed.",
	  .fix = "Take it out; bridges may stay with the host." },
	{ .rule = { "GR-02", SEVERITY_BROKEN, 'V', "the group is free of host drivers",
		    "A group is handed over as a whole.", NULL, "Linux drivers/iommu/iommu.c" },
	  .judge = judge_group,
	  .message = "The group is not viable.",
	  .fix = "Pass the other device as well, unbind it, or use another slot." },
	{ .rule = { "RS-03", SEVERITY_RISKY, 'V', "all functions of a card are passed",
		    "Without function-level reset VFIO resets the whole bus, and only if all of it "
		    "is the guest's.",
		    NULL, "Linux drivers/vfio/pci/vfio_pci_core.c" },
	  .judge = judge_siblings,
	  .message = "A function is missing.",
	  .fix = "A <hostdev> for each function" },
	{ .rule = { "PN-01", SEVERITY_BROKEN, 'V', "pinned processors are there",
		    "libvirt gives the set to the kernel, which refuses it.", NULL,
		    "libvirt docs/formatdomain.rst" },
	  .judge = judge_processors,
	  .message = "This processor is not there.",
	  .fix = "lscpu -e shows those that are." },
	{ .rule = { "CP-03", SEVERITY_SLOW, 'V', "guest siblings are pinned to host siblings",
		    "Some processors number siblings N and N+1, others N and N plus all cores.",
		    NULL, "ArchWiki; Linux Documentation/ABI/stable/sysfs-devices-system-cpu" },
	  .judge = judge_pairs,
	  .message = "Siblings in the guest are not siblings on the host.",
	  .fix = "Pin each pair to the processors of one thread_siblings_list." },
	{ .rule = { "CP-06", SEVERITY_SLOW, 'D', "all vCPUs are on cores of one kind",
		    "P and E cores differ in speed, cache and siblings.", NULL, "ArchWiki" },
	  .judge = judge_spread,
	  .message = "The vCPUs are on cores of different kinds.",
	  .fix = "Pin to the quick cores only; hotseat plan chooses some." },
	{ .rule = { "CP-07", SEVERITY_SLOW, 'D', "all vCPUs share a last-level cache",
		    "Threads that share data across caches wait for the fabric between them.", NULL,
		    "ArchWiki" },
	  .judge = judge_spread,
	  .message = "The vCPUs are on different caches.",
	  .fix = "Pin to the processors of one cache if it has enough; hotseat plan chooses "
		 "some." },
	{ .rule = { "MM-05", SEVERITY_RISKY, 'V', "there are enough huge pages",
		    "They are taken when the guest starts.", NULL,
		    "Linux Documentation/admin-guide/mm/hugetlbpage.rst" },
	  .judge = judge_huge_pages,
	  .message = "There are not enough huge pages.",
	  .fix = "Reserve them before the start; hotseat up does. Transparent ones need no "
		 "reserving: hotseat set GUEST hugepages=transparent" },
	{ .rule = { "MM-01", SEVERITY_BROKEN, 'V', "the guest's memory fits in the machine",
		    "VFIO pins all of it.", NULL, "Linux drivers/vfio/vfio_iommu_type1.c" },
	  .needs = DOMAIN_PCI,
	  .judge = judge_memory,
	  .message = "The guest's memory does not fit.",
	  .fix = "Give it less." },
	{ .rule = { "DX-04", SEVERITY_BROKEN, 'V', "firmware and emulator are there",
		    "Distributions keep them in different places.", NULL,
		    "edk2: Debian ovmf.NEWS" },
	  .judge = judge_files,
	  .message = "This file is not there.",
	  .fix = "<os firmware='efi'> without <loader>; no <emulator>" },
	{ .rule = { "ST-01", SEVERITY_BROKEN, 'V', "the image is of the type it is given",
		    "libvirt never looks into the image.", NULL, "QEMU docs/interop/qcow2.txt" },
	  .judge = judge_magic,
	  .message = "The image has another format.",
	  .fix = "Correct the type; do not convert." },
};

const struct domain_rules domain_host_rules = DOMAIN_RULES(table);
