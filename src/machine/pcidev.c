/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "machine/pcidev.h"

#include <stdio.h>
#include <string.h>

#include "core/error.h"
#include "machine/breadcrumb.h"
#include "machine/pcinames.h"

#define PCIDEV_FOLDER "sys/bus/pci/devices"
#define PCIDEV_BASE_BRIDGE 0x06

/* Configuration space, PCI Local Bus Specification 3.0, 6.1, and PCI Express Base 4.0, 7.9.3 */
#define CONFIG_HEADER_TYPE 0x0e
#define CONFIG_HEADER_TYPE_MASK 0x7f /* bit 7: has more functions */
#define CONFIG_EXTENDED 0x100
#define CONFIG_SIZE 4096
#define EXTENDED_CAP_SERIAL 0x0003

void pcidev_free(struct pcidev *dev)
{
	if (dev == NULL)
		return;
	g_free(dev->address);
	g_free(dev->group);
	g_free(dev->driver);
	g_free(dev->driver_override);
	g_free(dev->name);
	g_free(dev->path);
	g_free(dev->serial);
	g_free(dev);
}

static void free_one(gpointer dev)
{
	pcidev_free(dev);
}

gboolean pcidev_is_bridge(const struct pcidev *dev)
{
	if (dev->bridge != NOT_KNOWN)
		return dev->bridge == KNOWN_YES;
	return PCIDEV_CLASS_BASE(dev->class) == PCIDEV_BASE_BRIDGE;
}

gboolean pcidev_is_display(const struct pcidev *dev)
{
	return PCIDEV_CLASS_BASE(dev->class) == PCIDEV_BASE_DISPLAY;
}

gboolean pcidev_same_slot(const struct pcidev *a, const struct pcidev *b)
{
	const char *dot = strrchr(a->address, '.');

	return dot != NULL && strncmp(a->address, b->address, (gsize)(dot - a->address) + 1) == 0;
}

static gboolean read_hex(const struct root *folder, const char *file, guint64 max, guint64 *value)
{
	return root_read_number(folder, 16, value, NULL, "%s", file) && *value <= max;
}

static guint16 read_id(const struct root *folder, const char *file)
{
	guint64 value = 0;

	return read_hex(folder, file, G_MAXUINT16, &value) ? (guint16)value : 0;
}

/* "8086:100E", as in uevent */
static gboolean parse_id_pair(const char *text, guint16 *first, guint16 *second)
{
	unsigned int a, b;

	if (sscanf(text, "%4x:%4x", &a, &b) != 2)
		return FALSE;
	*first = (guint16)a;
	*second = (guint16)b;
	return TRUE;
}

static const char *uevent_value(char **lines, const char *key)
{
	for (guint i = 0; lines[i] != NULL; i++) {
		if (g_str_has_prefix(lines[i], key))
			return lines[i] + strlen(key);
	}
	return NULL;
}

/*
 * uevent has class and all four ids in one file, which is most of what is asked of a function.
 * The driver that it names as well is not taken from there: the link is what is true now.
 * Source: Linux drivers/pci/pci-driver.c, pci_uevent().
 */
static gboolean read_identity_uevent(struct pcidev *dev, const struct root *folder)
{
	g_autofree char *text = root_read_attribute(folder, NULL, "uevent");
	g_auto(GStrv) lines = g_strsplit(text == NULL ? "" : text, "\n", -1);
	const char *class = uevent_value(lines, "PCI_CLASS=");
	const char *ids = uevent_value(lines, "PCI_ID=");
	const char *subsystem = uevent_value(lines, "PCI_SUBSYS_ID=");

	if (class == NULL || ids == NULL || subsystem == NULL)
		return FALSE;
	dev->class = (guint32)g_ascii_strtoull(class, NULL, 16) & 0xffffff;
	return parse_id_pair(ids, &dev->vendor, &dev->device) &&
	       parse_id_pair(subsystem, &dev->subsystem_vendor, &dev->subsystem_device);
}

static void read_identity(struct pcidev *dev, const struct root *folder)
{
	guint64 value;

	if (!read_identity_uevent(dev, folder)) {
		dev->vendor = read_id(folder, "vendor");
		dev->device = read_id(folder, "device");
		dev->subsystem_vendor = read_id(folder, "subsystem_vendor");
		dev->subsystem_device = read_id(folder, "subsystem_device");
		if (read_hex(folder, "class", 0xffffff, &value))
			dev->class = (guint32)value;
	}
	if (read_hex(folder, "revision", G_MAXUINT8, &value))
		dev->revision = (guint8)value;
}

/*
 * Only class 06xx can have another header than 0 on a PC, and reading the configuration space of
 * a graphics card that sleeps in D3cold would wake it (drivers/pci/access.c,
 * pci_config_pm_runtime_get). So nothing else is asked.
 */
static enum known read_bridge(const struct pcidev *dev, const struct root *folder)
{
	g_autoptr(GBytes) config = NULL;
	const guint8 *byte;
	gsize size;

	if (PCIDEV_CLASS_BASE(dev->class) != PCIDEV_BASE_BRIDGE)
		return dev->class == 0 ? NOT_KNOWN : KNOWN_NO;
	config = root_read_bytes(folder, CONFIG_HEADER_TYPE + 1, NULL, "config");
	if (config == NULL)
		return NOT_KNOWN;
	byte = g_bytes_get_data(config, &size);
	if (size <= CONFIG_HEADER_TYPE || byte[CONFIG_HEADER_TYPE] == 0xff)
		return NOT_KNOWN;
	return known_from((byte[CONFIG_HEADER_TYPE] & CONFIG_HEADER_TYPE_MASK) != 0);
}

static guint32 config_dword(const guint8 *config, gsize offset)
{
	guint32 dword;

	memcpy(&dword, config + offset, sizeof(dword));
	return GUINT32_FROM_LE(dword);
}

/*
 * The chain of extended capabilities: each begins with id (16 bits), version (4), offset of the
 * next (12). A broken device can make it a circle, so the steps are counted.
 */
static char *find_serial(const guint8 *config, gsize size)
{
	gsize offset = CONFIG_EXTENDED;

	for (guint steps = 0; steps < (CONFIG_SIZE - CONFIG_EXTENDED) / 8; steps++) {
		guint32 header;

		if (offset < CONFIG_EXTENDED || offset + 12 > size)
			return NULL;
		header = config_dword(config, offset);
		if (header == 0 || header == G_MAXUINT32)
			return NULL;
		if ((header & 0xffff) == EXTENDED_CAP_SERIAL) {
			guint32 low = config_dword(config, offset + 4);
			guint32 high = config_dword(config, offset + 8);

			/* Makers that did not bother leave all zeros or all ones. */
			if ((low == 0 && high == 0) || (low & high) == G_MAXUINT32)
				return NULL;
			return g_strdup_printf("%08x%08x", high, low);
		}
		offset = (header >> 20) & ~3u;
	}
	return NULL;
}

/* Without CAP_SYS_ADMIN the file ends after 64 bytes: then the serial number is just not there. */
static char *read_serial(const struct root *folder)
{
	g_autofree char *power = root_read_attribute(folder, NULL, "power_state");
	g_autoptr(GBytes) config = NULL;
	const guint8 *byte;
	gsize size;

	if (g_strcmp0(power, "D3cold") == 0)
		return NULL; /* do not wake it, see read_bridge() */
	config = root_read_bytes(folder, CONFIG_SIZE, NULL, "config");
	if (config == NULL)
		return NULL;
	byte = g_bytes_get_data(config, &size);
	return find_serial(byte, size);
}

static void read_driver(struct pcidev *dev, const struct root *folder)
{
	g_autoptr(GError) error = NULL;

	dev->driver = root_read_link(folder, &error, "driver");
	if (error == NULL || hotseat_error_is(error, HOTSEAT_ERROR_ABSENT))
		dev->driver_known = KNOWN_YES;
	/* The kernel would make us wait for the driver, for ever if that hangs (UB-01). */
	if (dev->in_transit)
		return;
	dev->driver_override = root_read_attribute(folder, NULL, "driver_override");
	/* The kernel prints a NULL pointer so. */
	if (g_strcmp0(dev->driver_override, "(null)") == 0 ||
	    g_strcmp0(dev->driver_override, "") == 0)
		g_clear_pointer(&dev->driver_override, g_free);
}

static int read_numa_node(const struct root *folder)
{
	g_autofree char *text = root_read_attribute(folder, NULL, "numa_node");

	return text == NULL || text[0] == '\0' ? -1 : (int)g_ascii_strtoll(text, NULL, 10);
}

static enum known read_boot_vga(const struct root *folder)
{
	guint64 value;

	if (!root_read_number(folder, 10, &value, NULL, "boot_vga"))
		return NOT_KNOWN;
	return known_from(value == 1);
}

static void read_facts(struct pcidev *dev, const struct root *folder)
{
	read_identity(dev, folder);
	read_driver(dev, folder);
	dev->group = root_read_link(folder, NULL, "iommu_group");
	dev->bridge = read_bridge(dev, folder);
	dev->numa_node = read_numa_node(folder);
	if (pcidev_is_display(dev)) {
		dev->boot_vga = read_boot_vga(folder);
		dev->serial = read_serial(folder);
	}
}

static char *path_from_target(const char *target, const char *address)
{
	const char *below = target == NULL ? NULL : strstr(target, "devices/");

	return g_strdup(below == NULL ? address : below + strlen("devices/"));
}

/* By the way that the link leads, which spares the kernel to read it once more. */
static struct root *enter(const struct root *root, const char *target, const char *address)
{
	static const char up[] = "../../../devices/";

	if (target != NULL && g_str_has_prefix(target, up))
		return root_enter(root, NULL, "sys/devices/%s", target + strlen(up));
	return root_enter(root, NULL, PCIDEV_FOLDER "/%s", address);
}

/* What reading devices takes beside the root. */
struct reading {
	struct root *links; /* the folder of all devices, in which each address is a link */
	struct pcinames *names;
	struct breadcrumb *breadcrumb;
};

static void reading_clear(struct reading *reading)
{
	root_free(reading->links);
	pcinames_free(reading->names);
	breadcrumb_free(reading->breadcrumb);
}

static gboolean is_in_transit(const struct reading *reading, const char *address)
{
	return reading->breadcrumb != NULL && reading->breadcrumb->same_boot &&
	       g_str_equal(reading->breadcrumb->address, address);
}

static struct pcidev *read_one(const struct root *root, const struct reading *reading,
			       const char *address)
{
	struct pcidev *dev = g_new0(struct pcidev, 1);
	g_autofree char *target = root_read_link_target(reading->links, NULL, "%s", address);
	autoptr(root) folder = enter(root, target, address);

	dev->address = g_strdup(address);
	dev->path = path_from_target(target, address);
	dev->numa_node = -1;
	dev->in_transit = is_in_transit(reading, address);
	if (folder != NULL)
		read_facts(dev, folder);
	dev->name = pcinames_lookup(reading->names, dev->vendor, dev->device);
	return dev;
}

/* dddd:bb:dd.f; the domain has more digits behind a VMD controller: "10000:e1:00.0" */
char *pcidev_read_address(const char *text)
{
	unsigned int domain = 0, bus, slot, function;
	int end = 0;

	/* sscanf() would take signs, blanks and "0x" as well */
	if (text[strspn(text, "0123456789abcdefABCDEF:.")] != '\0')
		return NULL;
	if (sscanf(text, "%8x:%2x:%2x.%1x%n", &domain, &bus, &slot, &function, &end) != 4) {
		domain = 0;
		end = 0;
		if (sscanf(text, "%2x:%2x.%1x%n", &bus, &slot, &function, &end) != 3)
			return NULL;
	}
	if (text[end] != '\0' || slot > 0x1f || function > 7)
		return NULL;
	return g_strdup_printf("%04x:%02x:%02x.%x", domain, bus, slot, function);
}

static gint compare_addresses(gconstpointer a, gconstpointer b)
{
	const struct pcidev *first = *(const struct pcidev *const *)a;
	const struct pcidev *second = *(const struct pcidev *const *)b;
	gsize first_length = strlen(first->address), second_length = strlen(second->address);

	/* Hexadecimal of fixed width but for the domain, so that the longer is the larger. */
	if (first_length != second_length)
		return first_length < second_length ? -1 : 1;
	return strcmp(first->address, second->address);
}

GPtrArray *pcidev_read_all(const struct root *root, GError **error)
{
	g_autoptr(GPtrArray) devices = g_ptr_array_new_with_free_func(free_one);
	g_autoptr(GError) list_error = NULL;
	g_auto(GStrv) addresses = root_list(root, &list_error, PCIDEV_FOLDER);
	__attribute__((cleanup(reading_clear))) struct reading reading = {
		.links = addresses == NULL ? NULL : root_enter(root, error, PCIDEV_FOLDER)
	};

	if (addresses != NULL && reading.links == NULL)
		return NULL;
	if (addresses == NULL) {
		if (hotseat_error_is(list_error, HOTSEAT_ERROR_ABSENT))
			return g_steal_pointer(&devices);
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_UNREADABLE,
			    "cannot list the PCI devices: %s", list_error->message);
		return NULL;
	}
	reading.names = pcinames_new();
	reading.breadcrumb = breadcrumb_read(root, NULL); /* mostly there is none */
	for (guint i = 0; addresses[i] != NULL; i++) {
		g_autofree char *address = pcidev_read_address(addresses[i]);

		/* Nothing else lives there, but a stranger's folder may hold anything. */
		if (g_strcmp0(address, addresses[i]) == 0)
			g_ptr_array_add(devices, read_one(root, &reading, address));
	}
	g_ptr_array_sort(devices, compare_addresses);
	return g_steal_pointer(&devices);
}

struct pcidev *pcidev_find(const GPtrArray *devices, const char *address)
{
	g_autofree char *full = pcidev_read_address(address);

	if (full == NULL)
		return NULL;
	for (guint i = 0; i < devices->len; i++) {
		struct pcidev *dev = g_ptr_array_index(devices, i);

		if (g_str_equal(dev->address, full))
			return dev;
	}
	return NULL;
}

/*
 * The drivers with .driver_managed_dma = true in Linux 7.1: pci-stub and the port driver, which do
 * no DMA, vfio-pci, and its variants. The variants are those whose module has an alias that begins
 * with "vfio_pci:" and call themselves by KBUILD_MODNAME, so with underscores; dashes are taken as
 * well, as people write them. Not among them, although one would think so: pci-pf-stub,
 * uio_pci_generic, xen-pciback, shpchp.
 * Source: drivers/pci/pci-stub.c, drivers/pci/pcie/portdrv.c, drivers/vfio/pci/.
 */
static const char *const dma_owners[] = {
	"pci-stub",
	"pcieport",
	"vfio-pci",
	/* variants */
	"hisi-acc-vfio-pci",
	"ism-vfio-pci",
	"mlx5-vfio-pci",
	"nvgrace-gpu-vfio-pci",
	"pds-vfio-pci",
	"qat-vfio-pci",
	"virtio-vfio-pci",
	"xe-vfio-pci",
	NULL,
};

enum known pcidev_driver_allowed(const struct pcidev *dev, gboolean dma_ownership_model)
{
	g_autofree char *driver = NULL;

	if (dev->driver == NULL)
		return dev->driver_known == KNOWN_YES ? KNOWN_YES : NOT_KNOWN;
	/* Linux 5.18 drivers/vfio/vfio.c, vfio_dev_driver_allowed() */
	if (!dma_ownership_model && pcidev_is_bridge(dev))
		return KNOWN_YES;
	driver = g_strdelimit(g_strdup(dev->driver), "_", '-');
	return known_from(g_strv_contains(dma_owners, driver));
}
