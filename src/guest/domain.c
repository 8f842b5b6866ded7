/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest/domain-internal.h"
#include "guest/hyperv.h"

/*
 * The domain, element by element. What is the same for every guest stands here as it appears in
 * the file; each choice names the fact that it follows. An attribute whose value is NULL is left
 * out.
 */

#define METADATA_VERSION "1"
#define LIBOSINFO_METADATA_URI "http://libosinfo.org/xmlns/libvirt/domain/1.0"
#define DEFAULT_VENDOR_ID "hotseat"
#define ORDINARY_PAGE_KIB 4
#define QEMU_NAMESPACE "http://libvirt.org/schemas/domain/qemu/1.0"

static gboolean uses_kvm(const struct domain_spec *spec)
{
	return g_str_equal(spec->capabilities->virt_type, "kvm");
}

static gboolean host_is_amd(const struct domain_spec *spec)
{
	const struct cpus *cpus = spec->plan->cpus;

	return cpus != NULL && g_strcmp0(cpus->vendor, "AuthenticAMD") == 0;
}

char *domain_count(guint64 value)
{
	return g_strdup_printf("%" G_GUINT64_FORMAT, value);
}

static const char *yes_if(gboolean truth)
{
	return truth ? "yes" : NULL;
}

static void write_lend(xmlTextWriter *xml, const struct domain_lend *lend)
{
	const char *pages = lend->transparent ? "transparent" : yes_if(lend->hugepages);

	if (pages == NULL && !lend->cpuset && !lend->display_manager && lend->governor == NULL)
		return;
	xml_empty(xml, "hotseat:lend", "hugepages", pages, "governor", lend->governor, "cpuset",
		  yes_if(lend->cpuset), "display-manager", lend->display_manager ? "stop" : NULL,
		  NULL);
}

/* Ours, and libosinfo's: virt-manager shows the system's icon and knows its needs by it. */
static void write_metadata(xmlTextWriter *xml, const struct domain_spec *spec)
{
	xml_open(xml, "metadata", NULL);
	xml_open(xml, "hotseat:guest", "xmlns:hotseat", DOMAIN_METADATA_URI, "version",
		 METADATA_VERSION, NULL);
	for (guint i = 0; i < spec->plan->cards->len; i++) {
		const struct card *card = spec->plan->cards->pdata[i];

		xml_empty(xml, "hotseat:card", "fingerprint", card->fingerprint, NULL);
	}
	write_lend(xml, &spec->lend);
	xml_close(xml);
	if (spec->os_uri != NULL) {
		xml_open(xml, "libosinfo:libosinfo", "xmlns:libosinfo", LIBOSINFO_METADATA_URI,
			 NULL);
		xml_empty(xml, "libosinfo:os", "id", spec->os_uri, NULL);
		xml_close(xml);
	}
	xml_close(xml);
}

/* PN-01: nothing of QEMU may float over the guest's cores. */
static void write_pins(xmlTextWriter *xml, const struct domain_spec *spec)
{
	const struct placement *placement = &spec->plan->placement;
	g_autofree char *host = cpus_format(placement->emulator);
	g_autofree char *iothread = cpus_format(placement->iothread);

	xml_open(xml, "cputune", NULL);
	for (guint i = 0; i < placement->vcpu->len; i++) {
		g_autofree char *vcpu = domain_count(i);
		g_autofree char *cpu = domain_count(g_array_index(placement->vcpu, guint, i));

		xml_empty(xml, "vcpupin", "vcpu", vcpu, "cpuset", cpu, NULL);
	}
	xml_empty(xml, "emulatorpin", "cpuset", host, NULL);
	if (domain_has_iothread(spec))
		xml_empty(xml, "iothreadpin", "iothread", "1", "cpuset", iothread, NULL);
	xml_close(xml);
}

/* Are all vCPUs within one last-level cache? */
static gboolean share_cache(const struct plan *plan)
{
	const struct cpu *first = NULL;

	for (guint i = 0; plan->cpus != NULL && i < plan->placement.vcpu->len; i++) {
		const struct cpu *cpu =
			cpus_find(plan->cpus, g_array_index(plan->placement.vcpu, guint, i));

		if (cpu == NULL)
			continue;
		if (first == NULL)
			first = cpu;
		if (cpu->l3 != first->l3)
			return FALSE;
	}
	return first != NULL;
}

static gboolean has_huge_pages(const struct domain_spec *spec)
{
	return spec->plan->page_kib > ORDINARY_PAGE_KIB;
}

/* MM-05: the page's size is named, for the host may have several and another default. */
static void write_memory_backing(xmlTextWriter *xml, const struct domain_spec *spec)
{
	g_autofree char *page = domain_count(spec->plan->page_kib);

	if (!has_huge_pages(spec))
		return;
	xml_open(xml, "memoryBacking", NULL);
	xml_open(xml, "hugepages", NULL);
	xml_empty(xml, "page", "size", page, "unit", "KiB", NULL);
	xml_close(xml);
	xml_close(xml);
}

/*
 * MM-08: memory on the guest's own node. Of huge pages enough were seen there, so it is strict. Of
 * ordinary ones only preferred, as how much is free was not asked: a guest that does not start is
 * worse than one with some remote pages.
 */
static void write_numa(xmlTextWriter *xml, const struct domain_spec *spec)
{
	const struct plan *plan = spec->plan;
	g_autofree char *node = NULL;

	if (plan->memory_node < 0 || plan->cpus == NULL || plan->cpus->nodes < 2)
		return;
	node = domain_count((guint64)plan->memory_node);
	xml_open(xml, "numatune", NULL);
	xml_empty(xml, "memory", "mode", has_huge_pages(spec) ? "strict" : "preferred", "nodeset",
		  node, NULL);
	xml_close(xml);
}

/*
 * DX-03, DX-05: the firmware by what it must be able to do. Without Secure Boot nothing is said of
 * its keys: images that have them enrolled would do, and enforce nothing when told not to.
 */
static void write_firmware(xmlTextWriter *xml, enum domain_firmware firmware)
{
	gboolean secure = firmware == DOMAIN_FIRMWARE_SECURE;

	if (firmware == DOMAIN_FIRMWARE_BIOS)
		return;
	xml_open(xml, "firmware", NULL);
	xml_empty(xml, "feature", "enabled", secure ? "yes" : "no", "name", "secure-boot", NULL);
	if (secure)
		xml_empty(xml, "feature", "enabled", "yes", "name", "enrolled-keys", NULL);
	xml_close(xml);
}

/* DX-02: the machine as it is called today. */
static void write_os(xmlTextWriter *xml, const struct domain_spec *spec)
{
	gboolean uefi = spec->firmware != DOMAIN_FIRMWARE_BIOS;

	xml_open(xml, "os", "firmware", uefi ? "efi" : NULL, NULL);
	xml_text(xml, "type", "hvm", "arch", "x86_64", "machine", spec->capabilities->machine,
		 NULL);
	write_firmware(xml, spec->firmware);
	if (spec->kernel != NULL)
		xml_text(xml, "kernel", spec->kernel, NULL);
	if (spec->initrd != NULL)
		xml_text(xml, "initrd", spec->initrd, NULL);
	if (spec->cmdline != NULL)
		xml_text(xml, "cmdline", spec->cmdline, NULL);
	xml_close(xml);
}

static gboolean enlightens(const struct domain_spec *spec)
{
	return uses_kvm(spec) && spec->windows;
}

static void write_features(xmlTextWriter *xml, const struct domain_spec *spec)
{
	const char *vendor_id = spec->vendor_id != NULL ? spec->vendor_id : DEFAULT_VENDOR_ID;

	xml_open(xml, "features", NULL);
	xml_empty(xml, "acpi", NULL);
	xml_empty(xml, "apic", NULL);
	if (enlightens(spec))
		hyperv_write(xml, spec->capabilities, spec->no_vendor_id ? NULL : vendor_id);
	if (spec->hidden && uses_kvm(spec)) {
		xml_open(xml, "kvm", NULL);
		xml_empty(xml, "hidden", "state", "on", NULL); /* CD-01: before driver 465 */
		xml_close(xml);
	}
	/* DX-05: firmware that enforces Secure Boot keeps its variables behind SMM. */
	if (spec->firmware == DOMAIN_FIRMWARE_SECURE)
		xml_empty(xml, "smm", "state", "on", NULL);
	xml_empty(xml, "vmport", "state", "off", NULL); /* TM-04 */
	xml_close(xml);
}

static void write_topology(xmlTextWriter *xml, const struct placement *placement)
{
	g_autofree char *sockets = domain_count(placement->sockets);
	g_autofree char *dies = domain_count(placement->dies);
	g_autofree char *cores = domain_count(placement->cores);
	g_autofree char *threads = domain_count(placement->threads);

	xml_empty(xml, "topology", "sockets", sockets, "dies", dies, "cores", cores, "threads",
		  threads, NULL); /* CP-02 */
}

#define LIBVIRT_LIMITS_ADDRESS_BITS 9003000

/*
 * FW-15: firmware puts the card where the processor's address width allows it, which may be beyond
 * what the IOMMU can translate. Before libvirt 9.3 the width can only be given outright.
 */
static void write_address_width(xmlTextWriter *xml, const struct domain_spec *spec)
{
	g_autofree char *bits = domain_count(spec->address_bits);

	if (spec->address_bits == 0)
		return;
	if (spec->capabilities->libvirt_version >= LIBVIRT_LIMITS_ADDRESS_BITS)
		xml_empty(xml, "maxphysaddr", "mode", "passthrough", "limit", bits, NULL);
	else
		xml_empty(xml, "maxphysaddr", "mode", "emulate", "bits", bits, NULL);
}

#define QEMU_HIDES_ARCH_CAPABILITIES 10001000

static void write_cpu(xmlTextWriter *xml, const struct domain_spec *spec)
{
	gboolean passthrough = uses_kvm(spec) && spec->capabilities->host_passthrough;
	gboolean amd = passthrough && host_is_amd(spec);

	/* CP-01; libvirt refuses host-passthrough for emulated processors. */
	if (passthrough)
		xml_open(xml, "cpu", "mode", "host-passthrough", "check", "none", "migratable",
			 "off", NULL);
	else
		xml_open(xml, "cpu", "mode", "maximum", "check", "none", NULL);
	write_topology(xml, &spec->plan->placement);
	/* CP-05: the real caches are the truth only while the guest is within one of them. */
	if (passthrough && share_cache(spec->plan))
		xml_empty(xml, "cache", "mode", "passthrough", NULL);
	if (passthrough)
		write_address_width(xml, spec);
	/* CP-04 */
	if (amd && spec->plan->placement.threads > 1)
		xml_empty(xml, "feature", "policy", "require", "name", "topoext", NULL);
	/* CP-10 */
	if (amd && spec->capabilities->qemu_version < QEMU_HIDES_ARCH_CAPABILITIES)
		xml_empty(xml, "feature", "policy", "disable", "name", "arch-capabilities", NULL);
	xml_close(xml);
}

/*
 * TM-01, TM-02: Windows keeps local time in the clock and has no kvmclock, a Linux wants UTC. The
 * PIT and the paravirtual clocks are KVM's.
 */
static void write_clock(xmlTextWriter *xml, const struct domain_spec *spec)
{
	xml_open(xml, "clock", "offset", spec->windows ? "localtime" : "utc", NULL);
	xml_empty(xml, "timer", "name", "rtc", "tickpolicy", "catchup", NULL);
	if (uses_kvm(spec))
		xml_empty(xml, "timer", "name", "pit", "tickpolicy", "delay", NULL);
	xml_empty(xml, "timer", "name", "hpet", "present", "no", NULL);
	if (enlightens(spec) && hyperv_offered(spec->capabilities))
		xml_empty(xml, "timer", "name", "hypervclock", "present", "yes", NULL);
	if (enlightens(spec))
		xml_empty(xml, "timer", "name", "kvmclock", "present", "no", NULL);
	xml_close(xml);
}

/* What happens at the end of a guest; WN-08: a card does not survive the guest's sleep. */
static void write_life(xmlTextWriter *xml)
{
	xml_text(xml, "on_poweroff", "destroy", NULL);
	xml_text(xml, "on_reboot", "restart", NULL);
	xml_text(xml, "on_crash", "destroy", NULL);
	xml_open(xml, "pm", NULL);
	xml_empty(xml, "suspend-to-mem", "enabled", "no", NULL);
	xml_empty(xml, "suspend-to-disk", "enabled", "no", NULL);
	xml_close(xml);
}

/* No <memtune>, no <locked/>: libvirt computes the right limit for VFIO itself (MM-03, MM-04). */
static void write_domain(xmlTextWriter *xml, const struct domain_spec *spec)
{
	g_autofree char *memory = domain_count(spec->plan->memory_kib);
	g_autofree char *vcpus = domain_count(spec->plan->placement.vcpu->len);

	xml_open(xml, "domain", "type", spec->capabilities->virt_type, "xmlns:qemu",
		 domain_has_extras(spec) ? QEMU_NAMESPACE : NULL, NULL);
	xml_text(xml, "name", spec->name, NULL);
	if (spec->uuid != NULL)
		xml_text(xml, "uuid", spec->uuid, NULL);
	write_metadata(xml, spec);
	xml_text(xml, "memory", memory, "unit", "KiB", NULL);
	xml_text(xml, "vcpu", vcpus, "placement", "static", NULL);
	write_memory_backing(xml, spec);
	if (domain_has_iothread(spec))
		xml_text(xml, "iothreads", "1", NULL);
	write_pins(xml, spec);
	write_numa(xml, spec);
	write_os(xml, spec);
	write_features(xml, spec);
	write_cpu(xml, spec);
	write_clock(xml, spec);
	write_life(xml);
	domain_write_devices(xml, spec);
	domain_write_extras(xml, spec);
	xml_close(xml);
}

char *domain_xml(const struct domain_spec *spec)
{
	xmlBuffer *buffer = xmlBufferCreate();
	xmlTextWriter *xml = xmlNewTextWriterMemory(buffer, 0);
	char *text;

	xmlTextWriterSetIndent(xml, 1);
	xmlTextWriterSetIndentString(xml, XML_STRING("  "));
	write_domain(xml, spec);
	xmlTextWriterEndDocument(xml);
	xmlFreeTextWriter(xml);
	text = g_strdup((const char *)xmlBufferContent(buffer));
	xmlBufferFree(buffer);
	g_assert(g_str_has_suffix(text, "</domain>\n"));
	return text;
}
