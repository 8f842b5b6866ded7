/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "core/error.h"
#include "machine/pcidev.h"
#include "manifest.h"

#define GPU "sys/devices/pci0000:00/0000:00:01.0/0000:01:00.0"

static struct pcidev *read_first(const char *text, GPtrArray **devices)
{
	autoptr(manifest) manifest = manifest_build(text);

	*devices = pcidev_read_all(manifest->root, NULL);
	g_assert_nonnull(*devices);
	g_assert_cmpuint((*devices)->len, ==, 1);
	return g_ptr_array_index(*devices, 0);
}

/* Every field of the contract, from a whole desktop. */
static void test_reads_desktop(void)
{
	autoptr(manifest) manifest = manifest_build_file("intel-desktop");
	g_autoptr(GPtrArray) devices = pcidev_read_all(manifest->root, NULL);
	const struct pcidev *gpu = pcidev_find(devices, "01:00.0");
	const struct pcidev *port = pcidev_find(devices, "0000:00:01.0");
	const struct pcidev *host = g_ptr_array_index(devices, 0);

	g_assert_cmpuint(devices->len, ==, 17);
	g_assert_nonnull(gpu);
	g_assert_cmpstr(gpu->address, ==, "0000:01:00.0");
	g_assert_cmpstr(gpu->group, ==, "1");
	g_assert_cmpstr(gpu->driver, ==, "nouveau");
	g_assert_cmpint(gpu->driver_known, ==, KNOWN_YES);
	g_assert_null(gpu->driver_override);
	g_assert_cmpstr(gpu->path, ==, "pci0000:00/0000:00:01.0/0000:01:00.0");
	g_assert_cmphex(gpu->vendor, ==, 0x10de);
	g_assert_cmphex(gpu->device, ==, 0x1e82);
	g_assert_cmphex(gpu->subsystem_vendor, ==, 0x1458);
	g_assert_cmphex(gpu->subsystem_device, ==, 0x37c1);
	g_assert_cmphex(gpu->class, ==, 0x030000);
	g_assert_cmphex(gpu->revision, ==, 0xa1);
	g_assert_cmpint(gpu->bridge, ==, KNOWN_NO);
	g_assert_cmpint(gpu->boot_vga, ==, KNOWN_NO);
	g_assert_cmpint(gpu->numa_node, ==, -1);
	g_assert_nonnull(gpu->name);
	g_assert_cmpint(port->bridge, ==, KNOWN_YES);
	g_assert_cmpint(port->boot_vga, ==, NOT_KNOWN);
	g_assert_cmpstr(host->address, ==, "0000:00:00.0");
	g_assert_cmpint(host->bridge, ==, KNOWN_NO);
	g_assert_false(pcidev_is_bridge(host));
}

/* No PCI bus is a fact about a machine; a bus that cannot be listed is a failure. */
static void test_no_bus_is_empty(void)
{
	autoptr(manifest) none = manifest_build("dir sys\n");
	autoptr(manifest) odd = manifest_build("sys/bus/pci/devices -> devices\n");
	g_autoptr(GPtrArray) devices = pcidev_read_all(none->root, NULL);
	g_autoptr(GError) error = NULL;

	g_assert_cmpuint(devices->len, ==, 0);
	g_assert_null(pcidev_read_all(odd->root, &error));
	g_assert_true(hotseat_error_is(error, HOTSEAT_ERROR_UNREADABLE));
}

/* uevent alone says who it is, and the driver it names is not believed. */
static void test_uevent_is_enough(void)
{
	g_autoptr(GPtrArray) devices = NULL;
	const struct pcidev *dev = read_first(
		"sys/bus/pci/devices/0000:01:00.0 -> ../../../devices/pci0000:00/0000:00:01.0/"
		"0000:01:00.0\n" GPU
		"/uevent = DRIVER=nouveau\\nPCI_CLASS=30200\\n"
		"PCI_ID=10DE:2204\\nPCI_SUBSYS_ID=1043:87D6\\nPCI_SLOT_NAME=0000:01:00.0\n",
		&devices);

	g_assert_cmphex(dev->vendor, ==, 0x10de);
	g_assert_cmphex(dev->device, ==, 0x2204);
	g_assert_cmphex(dev->subsystem_device, ==, 0x87d6);
	g_assert_cmphex(dev->class, ==, 0x030200);
	g_assert_true(pcidev_is_display(dev));
	g_assert_null(dev->driver);
	g_assert_cmpint(dev->driver_known, ==, KNOWN_YES);
	g_assert_null(dev->group);
}

/* A function that cannot be read must not look as if it had no driver. */
static void test_unreadable_is_not_known(void)
{
	g_autoptr(GPtrArray) devices = NULL;
	const struct pcidev *dev = read_first(
		"sys/bus/pci/devices/0000:01:00.0 -> ../../../devices/gone/0000:01:00.0\n",
		&devices);

	g_assert_cmpint(dev->driver_known, ==, NOT_KNOWN);
	g_assert_cmpint(dev->bridge, ==, NOT_KNOWN);
	g_assert_cmpint(pcidev_driver_allowed(dev, TRUE), ==, NOT_KNOWN);
	g_assert_cmpstr(dev->name, ==, "Device 0000:0000");
}

/* Folders collected by hand have no config and no links; class must do. */
static void test_copied_folder(void)
{
	g_autoptr(GPtrArray) devices = NULL;
	const struct pcidev *dev = read_first(
		"sys/bus/pci/devices/0000:02:00.0/class = 0x060400\n"
		"sys/bus/pci/devices/0000:02:00.0/driver_override = vfio-pci\n"
		"sys/bus/pci/devices/0000:02:00.0/numa_node = 1\n"
		"sys/bus/pci/devices/rubbish/class = 0x030000\n",
		&devices);

	g_assert_cmpint(dev->bridge, ==, NOT_KNOWN);
	g_assert_true(pcidev_is_bridge(dev));
	g_assert_cmpstr(dev->path, ==, "0000:02:00.0");
	g_assert_cmpstr(dev->driver_override, ==, "vfio-pci");
	g_assert_cmpint(dev->numa_node, ==, 1);
}

static char *read_serial(const char *capabilities)
{
	g_autoptr(GString) text = g_string_new("sys/bus/pci/devices/0000:01:00.0/config hex");
	g_autoptr(GPtrArray) devices = NULL;
	const struct pcidev *dev;

	for (guint i = 0; i < 0x100; i++)
		g_string_append(text, " 00");
	g_string_append_printf(text, " %s\nsys/bus/pci/devices/0000:01:00.0/class = 0x030000\n",
			       capabilities);
	dev = read_first(text->str, &devices);
	return g_strdup(dev->serial);
}

/* The serial number tells twins apart; a broken chain of capabilities must not hang us. */
static void test_serial_number(void)
{
	g_autofree char *there = read_serial(
		"01 00 01 11 00 00 00 00 00 00 00 00 00 00 00 00 "
		"03 00 01 00 78 56 34 12 ef be ad de");
	g_autofree char *second = read_serial(
		"01 00 01 10 00 00 00 00 00 00 00 00 00 00 00 00 "
		"03 00 01 00 78 56 34 12 ef be ad de");
	g_autofree char *zero = read_serial("03 00 01 00 00 00 00 00 00 00 00 00");
	g_autofree char *cut = read_serial("03 00 01 00 78 56");
	g_autofree char *circle = read_serial("01 00 01 10 00 00 00 00 00 00 00 00");

	g_assert_cmpstr(there, ==, "deadbeef12345678");
	g_assert_null(second); /* points at itself before the serial number */
	g_assert_null(zero);
	g_assert_null(cut);
	g_assert_null(circle);
}

/* Reading the configuration space would wake a sleeping card. */
static void test_sleeping_card_is_left_alone(void)
{
	g_autoptr(GString) text = g_string_new("sys/bus/pci/devices/0000:01:00.0/config hex");
	g_autoptr(GPtrArray) devices = NULL;

	for (guint i = 0; i < 0x100; i++)
		g_string_append(text, " 00");
	g_string_append(text,
			" 03 00 01 00 78 56 34 12 ef be ad de\n"
			"sys/bus/pci/devices/0000:01:00.0/class = 0x030000\n"
			"sys/bus/pci/devices/0000:01:00.0/power_state = D3cold\n");
	g_assert_null(read_first(text->str, &devices)->serial);
}

static void test_addresses(void)
{
	static const struct {
		const char *text, *address;
	} cases[] = {
		{ "01:00.0", "0000:01:00.0" },
		{ "0000:0A:1f.7", "0000:0a:1f.7" },
		{ "10000:e1:00.0", "10000:e1:00.0" },
		{ "01:20.0", NULL },
		{ "01:00.8", NULL },
		{ "01:00", NULL },
		{ "01:00.0x", NULL },
		{ "-1:00.0", NULL },
		{ "", NULL },
		{ "win11", NULL },
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *address = pcidev_read_address(cases[i].text);

		g_assert_cmpstr(address, ==, cases[i].address);
	}
}

/* Natural order is not the order of addresses: 0a comes after 09, and a VMD domain last. */
static void test_order_of_addresses(void)
{
	static const char *const order[] = { "0000:09:00.0", "0000:0a:00.0", "0000:10:00.0",
					     "10000:e1:00.0" };
	g_autoptr(GString) text = g_string_new(NULL);
	autoptr(manifest) manifest = NULL;
	g_autoptr(GPtrArray) devices = NULL;

	for (guint i = G_N_ELEMENTS(order); i-- > 0;)
		g_string_append_printf(text, "sys/bus/pci/devices/%s/class = 0x020000\n", order[i]);
	manifest = manifest_build(text->str);
	devices = pcidev_read_all(manifest->root, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(order); i++) {
		const struct pcidev *dev = g_ptr_array_index(devices, i);

		g_assert_cmpstr(dev->address, ==, order[i]);
	}
}

/* GR-02 and GR-03: the kernel's rule, driver by driver. */
static void test_driver_allowed(void)
{
	static const struct {
		const char *driver;
		enum known bridge, now, before_5_19;
	} cases[] = {
		{ NULL, KNOWN_NO, KNOWN_YES, KNOWN_YES },
		{ "vfio-pci", KNOWN_NO, KNOWN_YES, KNOWN_YES },
		{ "mlx5_vfio_pci", KNOWN_NO, KNOWN_YES, KNOWN_YES },
		{ "nvgrace_gpu_vfio_pci", KNOWN_NO, KNOWN_YES, KNOWN_YES },
		{ "pci-stub", KNOWN_NO, KNOWN_YES, KNOWN_YES },
		{ "pcieport", KNOWN_YES, KNOWN_YES, KNOWN_YES },
		{ "shpchp", KNOWN_YES, KNOWN_NO, KNOWN_YES },
		{ "pci-pf-stub", KNOWN_NO, KNOWN_NO, KNOWN_NO },
		{ "uio_pci_generic", KNOWN_NO, KNOWN_NO, KNOWN_NO },
		{ "vfio-pci-not", KNOWN_NO, KNOWN_NO, KNOWN_NO },
		{ "e1000e", KNOWN_NO, KNOWN_NO, KNOWN_NO },
	};
	char driver[32];

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct pcidev dev = { .bridge = cases[i].bridge, .driver_known = KNOWN_YES };

		if (cases[i].driver != NULL) {
			g_strlcpy(driver, cases[i].driver, sizeof(driver));
			dev.driver = driver;
		}
		g_assert_cmpint(pcidev_driver_allowed(&dev, TRUE), ==, cases[i].now);
		g_assert_cmpint(pcidev_driver_allowed(&dev, FALSE), ==, cases[i].before_5_19);
	}
}

static void test_same_slot(void)
{
	char a[] = "0000:01:00.0", b[] = "0000:01:00.7", c[] = "0000:01:01.0", d[] = "0001:01:00.0";
	struct pcidev gpu = { .address = a }, audio = { .address = b }, other = { .address = c },
		      far = { .address = d };

	g_assert_true(pcidev_same_slot(&gpu, &audio));
	g_assert_false(pcidev_same_slot(&gpu, &other));
	g_assert_false(pcidev_same_slot(&gpu, &far));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/pcidev/reads-desktop", test_reads_desktop);
	g_test_add_func("/pcidev/no-bus-is-empty", test_no_bus_is_empty);
	g_test_add_func("/pcidev/uevent-is-enough", test_uevent_is_enough);
	g_test_add_func("/pcidev/unreadable-is-not-known", test_unreadable_is_not_known);
	g_test_add_func("/pcidev/copied-folder", test_copied_folder);
	g_test_add_func("/pcidev/serial-number", test_serial_number);
	g_test_add_func("/pcidev/sleeping-card-is-left-alone", test_sleeping_card_is_left_alone);
	g_test_add_func("/pcidev/addresses", test_addresses);
	g_test_add_func("/pcidev/order-of-addresses", test_order_of_addresses);
	g_test_add_func("/pcidev/driver-allowed", test_driver_allowed);
	g_test_add_func("/pcidev/same-slot", test_same_slot);
	return g_test_run();
}
