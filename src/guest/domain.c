/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest/domain.h"

#include "guest/hyperv.h"
#include "guest/xml.h"

/*
 * The domain, element by element. What is the same for every guest stands here as it appears in
 * the file; each choice names the fact that it follows. An attribute whose value is NULL is left
 * out.
 */

#define METADATA_VERSION "1"
#define DEFAULT_VENDOR_ID "hotseat"

static gboolean uses_kvm(const struct domain_spec *spec)
{
	return g_str_equal(spec->capabilities->virt_type, "kvm");
}

static gboolean host_is_amd(const struct domain_spec *spec)
{
	const struct cpus *cpus = spec->plan->cpus;

	return cpus != NULL && g_strcmp0(cpus->vendor, "AuthenticAMD") == 0;
}

static char *number(guint64 value)
{
	return g_strdup_printf("%" G_GUINT64_FORMAT, value);
}

static void write_metadata(xmlTextWriter *xml, const struct domain_spec *spec)
{
	xml_open(xml, "metadata", NULL);
	xml_open(xml, "hotseat:guest", "xmlns:hotseat", DOMAIN_METADATA_URI, "version",
		 METADATA_VERSION, NULL);
	if (spec->plan->card != NULL)
		xml_empty(xml, "hotseat:card", "fingerprint", spec->plan->card->fingerprint, NULL);
	xml_close(xml);
	xml_close(xml);
}

/* PN-01: nothing of QEMU may float over the guest's cores. */
static void write_pins(xmlTextWriter *xml, const struct domain_spec *spec)
{
	const struct placement *placement = &spec->plan->placement;
	g_autofree char *host = cpus_format(placement->emulator);

	xml_open(xml, "cputune", NULL);
	for (guint i = 0; i < placement->vcpu->len; i++) {
		g_autofree char *vcpu = number(i);
		g_autofree char *cpu = number(g_array_index(placement->vcpu, guint, i));

		xml_empty(xml, "vcpupin", "vcpu", vcpu, "cpuset", cpu, NULL);
	}
	xml_empty(xml, "emulatorpin", "cpuset", host, NULL);
	if (spec->disk != NULL)
		xml_empty(xml, "iothreadpin", "iothread", "1", "cpuset", host, NULL);
	xml_close(xml);
}

/* The node and the cache that all vCPUs share. */
struct home {
	gboolean one_node, one_cache;
	guint node;
};

static struct home find_home(const struct plan *plan)
{
	struct home home = { TRUE, TRUE, 0 };
	const struct cpu *first = NULL;

	for (guint i = 0; plan->cpus != NULL && i < plan->placement.vcpu->len; i++) {
		const struct cpu *cpu =
			cpus_find(plan->cpus, g_array_index(plan->placement.vcpu, guint, i));

		if (cpu == NULL)
			continue;
		if (first == NULL)
			first = cpu;
		home.one_node &= cpu->node == first->node;
		home.one_cache &= cpu->l3 == first->l3;
	}
	home.one_node &= first != NULL;
	home.one_cache &= first != NULL;
	home.node = first != NULL ? first->node : 0;
	return home;
}

/*
 * MM-08: memory on the guest's own node. Preferred, not strict, as how much of it is free on that
 * node was not asked: a guest that does not start is worse than one with some remote pages.
 */
static void write_numa(xmlTextWriter *xml, const struct domain_spec *spec)
{
	const struct home home = find_home(spec->plan);
	g_autofree char *node = number(home.node);

	if (!home.one_node || spec->plan->cpus->nodes < 2)
		return;
	xml_open(xml, "numatune", NULL);
	xml_empty(xml, "memory", "mode", "preferred", "nodeset", node, NULL);
	xml_close(xml);
}

/* DX-02, DX-03: the machine as it is called today, the firmware by what it must be able to do. */
static void write_os(xmlTextWriter *xml, const struct domain_spec *spec)
{
	xml_open(xml, "os", "firmware", spec->kernel == NULL ? "efi" : NULL, NULL);
	xml_text(xml, "type", "hvm", "arch", "x86_64", "machine", spec->capabilities->machine,
		 NULL);
	if (spec->kernel == NULL) {
		xml_open(xml, "firmware", NULL);
		xml_empty(xml, "feature", "enabled", "no", "name", "secure-boot", NULL);
		xml_close(xml);
	} else {
		xml_text(xml, "kernel", spec->kernel, NULL);
		if (spec->initrd != NULL)
			xml_text(xml, "initrd", spec->initrd, NULL);
		if (spec->cmdline != NULL)
			xml_text(xml, "cmdline", spec->cmdline, NULL);
	}
	xml_close(xml);
}

static void write_features(xmlTextWriter *xml, const struct domain_spec *spec)
{
	const char *vendor_id = spec->vendor_id != NULL ? spec->vendor_id : DEFAULT_VENDOR_ID;

	xml_open(xml, "features", NULL);
	xml_empty(xml, "acpi", NULL);
	xml_empty(xml, "apic", NULL);
	if (uses_kvm(spec))
		hyperv_write(xml, spec->capabilities, spec->no_vendor_id ? NULL : vendor_id);
	xml_empty(xml, "vmport", "state", "off", NULL); /* TM-04 */
	xml_close(xml);
}

static void write_topology(xmlTextWriter *xml, const struct placement *placement)
{
	g_autofree char *sockets = number(placement->sockets);
	g_autofree char *dies = number(placement->dies);
	g_autofree char *cores = number(placement->cores);
	g_autofree char *threads = number(placement->threads);

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
	g_autofree char *bits = number(spec->address_bits);

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
	if (passthrough && find_home(spec->plan).one_cache)
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
 * TM-01, TM-02: Windows keeps local time in the clock and has no kvmclock. A guest that boots a
 * kernel of ours is a Linux, which wants UTC. The PIT and the paravirtual clocks are KVM's.
 */
static void write_clock(xmlTextWriter *xml, const struct domain_spec *spec)
{
	gboolean windows = spec->kernel == NULL;

	xml_open(xml, "clock", "offset", windows ? "localtime" : "utc", NULL);
	xml_empty(xml, "timer", "name", "rtc", "tickpolicy", "catchup", NULL);
	if (uses_kvm(spec))
		xml_empty(xml, "timer", "name", "pit", "tickpolicy", "delay", NULL);
	xml_empty(xml, "timer", "name", "hpet", "present", "no", NULL);
	if (uses_kvm(spec) && hyperv_offered(spec->capabilities))
		xml_empty(xml, "timer", "name", "hypervclock", "present", "yes", NULL);
	if (uses_kvm(spec) && windows)
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

/*
 * ST-01: the format as the caller found it in the file. ST-04: cache=none with io=native is legal
 * and goes past the host's page cache. ST-05: one I/O thread, used by this disk. Booted first, so
 * that an empty disk falls through to the installer and an installed one does not wait for a key.
 */
static void write_disk(xmlTextWriter *xml, const struct domain_spec *spec)
{
	gboolean block = g_str_has_prefix(spec->disk, "/dev/");

	xml_open(xml, "disk", "type", block ? "block" : "file", "device", "disk", NULL);
	xml_empty(xml, "driver", "name", "qemu", "type", spec->disk_format, "cache", "none", "io",
		  "native", "discard", "unmap", "iothread", "1", NULL);
	xml_empty(xml, "source", block ? "dev" : "file", spec->disk, NULL);
	xml_empty(xml, "target", "dev", "vda", "bus", "virtio", NULL);
	if (spec->kernel == NULL)
		xml_empty(xml, "boot", "order", "1", NULL);
	xml_close(xml);
}

/* ST-02: SATA, which every installer knows. */
static void write_iso(xmlTextWriter *xml, const struct domain_spec *spec, guint index)
{
	g_autofree char *target = g_strdup_printf("sd%c", (char)('a' + index % 26));
	g_autofree char *order = number(index + 2);

	xml_open(xml, "disk", "type", "file", "device", "cdrom", NULL);
	xml_empty(xml, "driver", "name", "qemu", "type", "raw", NULL);
	xml_empty(xml, "source", "file", spec->isos[index], NULL);
	xml_empty(xml, "target", "dev", target, "bus", "sata", NULL);
	xml_empty(xml, "readonly", NULL);
	if (spec->kernel == NULL)
		xml_empty(xml, "boot", "order", order, NULL);
	xml_close(xml);
}

/* The root port that the card sits below (HD-02) has an index, which is its bus in the guest. */
#define CARD_PORT_INDEX "1"
#define CARD_BUS "0x01"

static void write_controllers(xmlTextWriter *xml, const struct domain_spec *spec)
{
	xml_empty(xml, "controller", "type", "usb", "model", "qemu-xhci", "ports", "15",
		  NULL); /* US-01 */
	if (spec->plan->card == NULL)
		return;
	xml_empty(xml, "controller", "type", "pci", "index", "0", "model", "pcie-root", NULL);
	xml_empty(xml, "controller", "type", "pci", "index", CARD_PORT_INDEX, "model",
		  "pcie-root-port", NULL);
}

/* IN-01 to IN-04: by lasting path, and grab='all' on the keyboard alone. */
static void write_evdev(xmlTextWriter *xml, const struct input *input, gboolean keyboard)
{
	if (input == NULL)
		return;
	xml_open(xml, "input", "type", "evdev", NULL);
	if (keyboard)
		xml_empty(xml, "source", "dev", input->stable_path, "grab", "all", "grabToggle",
			  "ctrl-ctrl", "repeat", "on", NULL);
	else
		xml_empty(xml, "source", "dev", input->stable_path, NULL);
	xml_close(xml);
}

/* IN-07: PS/2 is built in, virtio takes over once its driver is there, and no tablet. */
static void write_inputs(xmlTextWriter *xml, const struct domain_spec *spec)
{
	xml_empty(xml, "input", "type", "keyboard", "bus", "virtio", NULL);
	xml_empty(xml, "input", "type", "mouse", "bus", "virtio", NULL);
	write_evdev(xml, spec->plan->keyboard, TRUE);
	write_evdev(xml, spec->plan->mouse, FALSE);
}

/* VD-01: without <video> libvirt would add a card of its own. */
static void write_screen(xmlTextWriter *xml, const struct domain_spec *spec)
{
	const char *type = spec->capabilities->spice ? "spice" : "vnc";

	if (spec->screen) {
		xml_open(xml, "graphics", "type", type, "autoport", "yes", "listen", "127.0.0.1",
			 NULL);
		xml_empty(xml, "listen", "type", "address", "address", "127.0.0.1", NULL);
		xml_close(xml);
	}
	xml_open(xml, "video", NULL);
	xml_empty(xml, "model", "type", spec->screen ? "vga" : "none", NULL);
	xml_close(xml);
}

/* A kernel of ours talks on its serial line; libvirt keeps what it says. */
static void write_serial(xmlTextWriter *xml, const struct domain_spec *spec)
{
	g_autofree char *log = g_strdup_printf("/var/log/libvirt/qemu/%s-serial0.log", spec->name);

	if (spec->kernel == NULL)
		return;
	xml_open(xml, "serial", "type", "pty", NULL);
	xml_empty(xml, "log", "file", log, "append", "off", NULL);
	xml_empty(xml, "target", "port", "0", NULL);
	xml_close(xml);
	xml_open(xml, "console", "type", "pty", NULL);
	xml_empty(xml, "target", "type", "serial", "port", "0", NULL);
	xml_close(xml);
}

/* The agent tells when the guest is up and shuts it down in order. */
static void write_agent(xmlTextWriter *xml)
{
	xml_open(xml, "channel", "type", "unix", NULL);
	xml_empty(xml, "target", "type", "virtio", "name", "org.qemu.guest_agent.0", NULL);
	xml_close(xml);
}

/*
 * HD-01: all functions in one slot of the guest, in the order of the card, the display first.
 * managed='no': binding is a journalled step of ours; libvirt refuses if it was not done.
 */
static void write_function(xmlTextWriter *xml, const struct pcidev *dev, guint index, guint count)
{
	g_auto(GStrv) part = g_strsplit_set(dev->address, ":.", -1);
	g_autofree char *domain = g_strconcat("0x", part[0], NULL);
	g_autofree char *bus = g_strconcat("0x", part[1], NULL);
	g_autofree char *slot = g_strconcat("0x", part[2], NULL);
	g_autofree char *function = g_strconcat("0x", part[3], NULL);
	g_autofree char *guest_function = g_strdup_printf("0x%x", index);

	xml_open(xml, "hostdev", "mode", "subsystem", "type", "pci", "managed", "no", NULL);
	xml_open(xml, "source", NULL);
	xml_empty(xml, "address", "domain", domain, "bus", bus, "slot", slot, "function", function,
		  NULL);
	xml_close(xml);
	xml_empty(xml, "address", "type", "pci", "domain", "0x0000", "bus", CARD_BUS, "slot",
		  "0x00", "function", guest_function, "multifunction",
		  index == 0 && count > 1 ? "on" : NULL, NULL);
	xml_close(xml);
}

static void write_card(xmlTextWriter *xml, const struct domain_spec *spec)
{
	const struct card *card = spec->plan->card;

	for (guint i = 0; card != NULL && i < card->functions->len; i++)
		write_function(xml, card->functions->pdata[i], i, card->functions->len);
}

/* US-02: a device that is not plugged in today must not keep the guest from starting. */
static void write_usb(xmlTextWriter *xml, const char *usb)
{
	g_auto(GStrv) id = g_strsplit(usb, ":", 2);
	g_autofree char *vendor = g_strconcat("0x", id[0], NULL);
	g_autofree char *product = g_strconcat("0x", id[1], NULL);

	xml_open(xml, "hostdev", "mode", "subsystem", "type", "usb", NULL);
	xml_open(xml, "source", "startupPolicy", "optional", NULL);
	xml_empty(xml, "vendor", "id", vendor, NULL);
	xml_empty(xml, "product", "id", product, NULL);
	xml_close(xml);
	xml_close(xml);
}

/* NW-01 */
static void write_network(xmlTextWriter *xml, const struct domain_spec *spec)
{
	if (spec->network == NULL)
		return;
	xml_open(xml, "interface", "type", "network", NULL);
	xml_empty(xml, "source", "network", spec->network, NULL);
	xml_empty(xml, "model", "type", "virtio", NULL);
	xml_close(xml);
}

/* SD-23: which emulator is libvirt's choice. MM-02: without the element it adds a balloon. */
static void write_devices(xmlTextWriter *xml, const struct domain_spec *spec)
{
	xml_open(xml, "devices", NULL);
	write_controllers(xml, spec);
	if (spec->disk != NULL)
		write_disk(xml, spec);
	for (guint i = 0; spec->isos != NULL && spec->isos[i] != NULL; i++)
		write_iso(xml, spec, i);
	write_network(xml, spec);
	write_serial(xml, spec);
	write_agent(xml);
	write_inputs(xml, spec);
	write_screen(xml, spec);
	write_card(xml, spec);
	for (guint i = 0; spec->usb != NULL && spec->usb[i] != NULL; i++)
		write_usb(xml, spec->usb[i]);
	xml_empty(xml, "memballoon", "model", "none", NULL);
	xml_close(xml);
}

/* No <memtune>, no <locked/>: libvirt computes the right limit for VFIO itself (MM-03, MM-04). */
static void write_domain(xmlTextWriter *xml, const struct domain_spec *spec)
{
	g_autofree char *memory = number(spec->plan->memory_kib);
	g_autofree char *vcpus = number(spec->plan->placement.vcpu->len);

	xml_open(xml, "domain", "type", spec->capabilities->virt_type, NULL);
	xml_text(xml, "name", spec->name, NULL);
	if (spec->uuid != NULL)
		xml_text(xml, "uuid", spec->uuid, NULL);
	write_metadata(xml, spec);
	xml_text(xml, "memory", memory, "unit", "KiB", NULL);
	xml_text(xml, "vcpu", vcpus, "placement", "static", NULL);
	if (spec->disk != NULL)
		xml_text(xml, "iothreads", "1", NULL);
	write_pins(xml, spec);
	write_numa(xml, spec);
	write_os(xml, spec);
	write_features(xml, spec);
	write_cpu(xml, spec);
	write_clock(xml, spec);
	write_life(xml);
	write_devices(xml, spec);
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
