/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest/domain-internal.h"

#define SATA_DISK "sda"

static gboolean on_virtio(const struct domain_disk *disk)
{
	return disk->bus == NULL || g_str_equal(disk->bus, "virtio");
}

gboolean domain_has_iothread(const struct domain_spec *spec)
{
	return spec->disk.path != NULL && on_virtio(&spec->disk);
}

#define LIBVIRT_KEEPS_CLUSTERS 9005000
#define QEMU_KEEPS_CLUSTERS 8001000

/* ST-06: a cluster that is discarded keeps its place, or the image gets scattered over time. */
static gboolean keeps_clusters(const struct domain_spec *spec)
{
	return g_str_equal(spec->disk.format, "qcow2") &&
	       spec->capabilities->libvirt_version >= LIBVIRT_KEEPS_CLUSTERS &&
	       spec->capabilities->qemu_version >= QEMU_KEEPS_CLUSTERS;
}

/*
 * ST-01: the format as the caller found it in the file. ST-04: cache=none with io=native is legal
 * and goes past the host's page cache; where the file system needs that cache, the pair is
 * writeback and threads. ST-05: one I/O thread, used by this disk. Booted first, so that an empty
 * disk falls through to the installer and an installed one does not wait for a key.
 */
static void write_disk(xmlTextWriter *xml, const struct domain_spec *spec)
{
	const struct domain_disk *disk = &spec->disk;
	gboolean block = g_str_has_prefix(disk->path, "/dev/");

	xml_open(xml, "disk", "type", block ? "block" : "file", "device", "disk", NULL);
	xml_empty(xml, "driver", "name", "qemu", "type", disk->format, "cache",
		  disk->buffered ? "writeback" : "none", "io",
		  disk->buffered ? "threads" : "native", "discard", "unmap", "discard_no_unref",
		  keeps_clusters(spec) ? "on" : NULL, "iothread", on_virtio(disk) ? "1" : NULL,
		  NULL);
	xml_empty(xml, "source", block ? "dev" : "file", disk->path, NULL);
	xml_empty(xml, "target", "dev", on_virtio(disk) ? "vda" : SATA_DISK, "bus",
		  on_virtio(disk) ? "virtio" : disk->bus, NULL);
	if (spec->kernel == NULL)
		xml_empty(xml, "boot", "order", "1", NULL);
	xml_close(xml);
}

/* ST-02: SATA, which every installer knows. */
static void write_iso(xmlTextWriter *xml, const struct domain_spec *spec, guint index)
{
	guint first = spec->disk.path != NULL && !on_virtio(&spec->disk) ? 1 : 0;
	g_autofree char *target = g_strdup_printf("sd%c", (char)('a' + (first + index) % 26));
	g_autofree char *order = domain_count(index + 2);

	xml_open(xml, "disk", "type", "file", "device", "cdrom", NULL);
	xml_empty(xml, "driver", "name", "qemu", "type", "raw", NULL);
	xml_empty(xml, "source", "file", spec->isos[index], NULL);
	xml_empty(xml, "target", "dev", target, "bus", "sata", NULL);
	xml_empty(xml, "readonly", NULL);
	if (spec->kernel == NULL)
		xml_empty(xml, "boot", "order", order, NULL);
	xml_close(xml);
}

/* Without root ports cards sit where libvirt's own devices, placed from the first slot on, are not.
 */
#define CONVENTIONAL_SLOT 0x10

/* Each card below a root port of its own (HD-02), whose index is its bus in the guest. */
static struct domain_place place_of(const struct domain_spec *spec, guint card)
{
	if (spec->places != NULL)
		return spec->places[card];
	if (spec->conventional)
		return (struct domain_place){ 0, CONVENTIONAL_SLOT + card };
	return (struct domain_place){ card + 1, 0 };
}

static void write_controllers(xmlTextWriter *xml, const struct domain_spec *spec)
{
	xml_empty(xml, "controller", "type", "usb", "model", "qemu-xhci", "ports", "15",
		  NULL); /* US-01 */
	if (spec->plan->cards->len > 0 && !spec->conventional)
		xml_empty(xml, "controller", "type", "pci", "index", "0", "model", "pcie-root",
			  NULL);
	for (guint i = 0; i < spec->plan->cards->len; i++) {
		guint bus = place_of(spec, i).bus;
		g_autofree char *index = domain_count(bus);

		if (bus == 0)
			continue;
		xml_empty(xml, "controller", "type", "pci", "index", index, "model",
			  "pcie-root-port", NULL);
	}
}

static const char *path_of(const struct input *input)
{
	return input != NULL ? input->stable_path : NULL;
}

/* IN-01 to IN-04: by lasting path, and grab='all' on the keyboard alone, which has a toggle. */
static void write_evdev(xmlTextWriter *xml, const char *path, const char *toggle)
{
	if (path == NULL)
		return;
	xml_open(xml, "input", "type", "evdev", NULL);
	if (toggle != NULL)
		xml_empty(xml, "source", "dev", path, "grab", "all", "grabToggle", toggle, "repeat",
			  "on", NULL);
	else
		xml_empty(xml, "source", "dev", path, NULL);
	xml_close(xml);
}

/*
 * The device as it is: QEMU's own mouse has five buttons and whole steps of one wheel. Without a
 * driver for virtio in the guest it is dead. Never the keyboard: a release that is lost on the way
 * to it can be repeated only where QEMU looks at each key (seat/sink.h).
 */
static void write_passthrough(xmlTextWriter *xml, const char *path)
{
	xml_open(xml, "input", "type", "passthrough", "bus", "virtio", NULL);
	xml_empty(xml, "source", "evdev", path, NULL);
	xml_close(xml);
}

/* IN-07: PS/2 is built in, virtio takes over once its driver is there, and no tablet. */
static void write_inputs(xmlTextWriter *xml, const struct domain_spec *spec)
{
	g_autofree char *keyboard = NULL;
	g_autofree char *mouse = NULL;

	xml_empty(xml, "input", "type", "keyboard", "bus", "virtio", NULL);
	xml_empty(xml, "input", "type", "mouse", "bus", "virtio", NULL);
	if (spec->seat == NULL) {
		write_evdev(xml, path_of(spec->plan->keyboard), "ctrl-ctrl");
		write_evdev(xml, path_of(spec->plan->mouse), NULL);
		return;
	}
	/* A toggle that the relay never types: it moves the keys itself. */
	keyboard = g_strdup_printf("/dev/hotseat/%s/%u-keyboard", spec->seat, spec->seat_side);
	mouse = g_strdup_printf("/dev/hotseat/%s/%u-mouse", spec->seat, spec->seat_side);
	write_evdev(xml, keyboard, "ctrl-scrolllock");
	if (spec->passthrough)
		write_passthrough(xml, mouse);
	else
		write_evdev(xml, mouse, NULL);
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

/*
 * AU-02, AU-09: where it goes is always said, or libvirt's own choice is silence. A system QEMU
 * finds a user's server by its folder (AU-04, AU-05).
 */
static void write_sound(xmlTextWriter *xml, const struct domain_spec *spec)
{
	const char *type = spec->sound.type;
	g_autofree char *folder = g_strdup_printf(
		spec->sound.own ? "/run/user/%u" : DOMAIN_SOUND_FOLDER "/%u", spec->sound.uid);
	g_autofree char *server =
		g_strconcat(folder, spec->sound.own ? "/pulse/native" : "/native", NULL);

	if (type == NULL)
		return;
	xml_open(xml, "sound", "model", "ich9", NULL);
	xml_empty(xml, "audio", "id", "1", NULL);
	xml_close(xml);
	xml_empty(xml, "audio", "id", "1", "type", type, "runtimeDir",
		  g_str_equal(type, "pipewire") ? folder : NULL, "serverName",
		  g_str_equal(type, "pulseaudio") ? server : NULL, NULL);
}

/* DX-06: CRB is the interface that TPM 2.0 is made for. */
static void write_tpm(xmlTextWriter *xml, const struct domain_spec *spec)
{
	if (!spec->tpm)
		return;
	xml_open(xml, "tpm", "model", "tpm-crb", NULL);
	xml_empty(xml, "backend", "type", "emulator", "version", "2.0", NULL);
	xml_close(xml);
}

/* LG-01: ivshmem-plain; the name is the file's in /dev/shm. */
static void write_looking_glass(xmlTextWriter *xml, const struct domain_spec *spec)
{
	g_autofree char *mib = domain_count(spec->looking_glass.mib);

	if (spec->looking_glass.mib == 0 || spec->looking_glass.kvmfr)
		return;
	xml_open(xml, "shmem", "name", "looking-glass", NULL);
	xml_empty(xml, "model", "type", "ivshmem-plain", NULL);
	xml_text(xml, "size", mib, "unit", "M", NULL);
	xml_close(xml);
}

gboolean domain_has_extras(const struct domain_spec *spec)
{
	return spec->looking_glass.mib != 0 && spec->looking_glass.kvmfr;
}

/*
 * LG-01: memory of a device node is not known to libvirt. In JSON, as libvirt writes its own
 * devices since 7.9: QEMU places what is in the old syntax first, in a slot that libvirt has given
 * away.
 */
void domain_write_extras(xmlTextWriter *xml, const struct domain_spec *spec)
{
	static const char device[] =
		"{\"driver\":\"ivshmem-plain\",\"id\":\"shmem0\","
		"\"memdev\":\"looking-glass\"}";
	g_autofree char *object = g_strdup_printf(
		"{\"qom-type\":\"memory-backend-file\",\"id\":\"looking-glass\","
		"\"mem-path\":\"/dev/kvmfr0\",\"size\":%" G_GUINT64_FORMAT ",\"share\":true}",
		(guint64)spec->looking_glass.mib << 20);

	if (!domain_has_extras(spec))
		return;
	xml_open(xml, "qemu:commandline", NULL);
	xml_empty(xml, "qemu:arg", "value", "-device", NULL);
	xml_empty(xml, "qemu:arg", "value", device, NULL);
	xml_empty(xml, "qemu:arg", "value", "-object", NULL);
	xml_empty(xml, "qemu:arg", "value", object, NULL);
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
static void write_function(xmlTextWriter *xml, const struct pcidev *dev, struct domain_place place,
			   guint index, guint count)
{
	g_autofree char *guest_bus = g_strdup_printf("0x%02x", place.bus);
	g_autofree char *guest_slot = g_strdup_printf("0x%02x", place.slot);
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
	xml_empty(xml, "address", "type", "pci", "domain", "0x0000", "bus", guest_bus, "slot",
		  guest_slot, "function", guest_function, "multifunction",
		  index == 0 && count > 1 ? "on" : NULL, NULL);
	xml_close(xml);
}

static void write_cards(xmlTextWriter *xml, const struct domain_spec *spec)
{
	for (guint c = 0; c < spec->plan->cards->len; c++) {
		const GPtrArray *functions =
			((const struct card *)spec->plan->cards->pdata[c])->functions;

		for (guint i = 0; i < functions->len; i++)
			write_function(xml, functions->pdata[i], place_of(spec, c), i,
				       functions->len);
	}
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
void domain_write_devices(xmlTextWriter *xml, const struct domain_spec *spec)
{
	xml_open(xml, "devices", NULL);
	write_controllers(xml, spec);
	if (spec->disk.path != NULL)
		write_disk(xml, spec);
	for (guint i = 0; spec->isos != NULL && spec->isos[i] != NULL; i++)
		write_iso(xml, spec, i);
	write_network(xml, spec);
	write_serial(xml, spec);
	write_agent(xml);
	write_inputs(xml, spec);
	write_tpm(xml, spec);
	write_screen(xml, spec);
	write_sound(xml, spec);
	write_looking_glass(xml, spec);
	write_cards(xml, spec);
	for (guint i = 0; spec->usb != NULL && spec->usb[i] != NULL; i++)
		write_usb(xml, spec->usb[i]);
	xml_empty(xml, "memballoon", "model", "none", NULL);
	xml_close(xml);
}
