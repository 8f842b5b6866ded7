/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "core/error.h"
#include "corpus.h"
#include "machine/listing.h"

static const struct pcidev *find(const GPtrArray *devices, const char *address)
{
	const struct pcidev *dev = pcidev_find(devices, address);

	if (dev == NULL)
		g_error("%s was not found", address);
	return dev;
}

static void check(const char *text, const char *address, const char *group, guint32 class,
		  guint16 vendor, guint16 device)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) devices = listing_parse(text, &error);
	const struct pcidev *dev;

	g_assert_no_error(error);
	dev = find(devices, address);
	g_assert_cmpstr(dev->group, ==, group);
	g_assert_cmphex(dev->class >> 8, ==, class);
	g_assert_cmphex(dev->vendor, ==, vendor);
	g_assert_cmphex(dev->device, ==, device);
}

/* The shapes in which groups are pasted: nobody formats them for us. */
static void test_shapes(void)
{
	check("IOMMU Group 2 00:02.0 VGA compatible controller [0300]: Intel [8086:3e9b]",
	      "0000:00:02.0", "2", 0x0300, 0x8086, 0x3e9b);
	check("IOMMU Group 7:\n\t01:00.1 Audio device [0403]: NVIDIA [GeForce] [10de:10f0] (rev "
	      "a1)",
	      "0000:01:00.1", "7", 0x0403, 0x10de, 0x10f0);
	check("Group 26:  [1022:15b8] [R] 6b:00.0  USB controller    Device 15b8", "0000:6b:00.0",
	      "26", 0x0c03, 0x1022, 0x15b8);
	check("[    0.46] pci 0000:00:14.3: Adding to iommu group 10", "0000:00:14.3", "10", 0, 0,
	      0);
	check("iommu: Adding device 0000:00:1f.2 to group 9", "0000:00:1f.2", "9", 0, 0, 0);
	check("/sys/kernel/iommu_groups/13/devices/0000:03:00.0", "0000:03:00.0", "13", 0, 0, 0);
	check("01:00.0 VGA compatible controller [0300]: NVIDIA [10de:1b80] (rev a1)\n"
	      "\tKernel driver in use: nouveau\n\tIOMMU group: 15",
	      "0000:01:00.0", "15", 0x0300, 0x10de, 0x1b80);
	check("14\t0000:0a:00.0\t0300\t1002\t731f\tamdgpu\tNavi 10", "0000:0a:00.0", "14", 0x0300,
	      0x1002, 0x731f);
}

/* A guide that shows groups before and after the override must be judged by what is true now. */
static void test_later_replaces_earlier(void)
{
	check("IOMMU Group 1 01:00.0 VGA compatible controller [0300]: NVIDIA [10de:1e07]\n"
	      "Reboot and look again:\n"
	      "IOMMU Group 15 01:00.0 VGA compatible controller [0300]: NVIDIA [10de:1e07]\n",
	      "0000:01:00.0", "15", 0x0300, 0x10de, 0x1e07);
}

static void check_driver(const char *text, enum known known, const char *driver)
{
	g_autoptr(GPtrArray) devices = listing_parse(text, NULL);
	const struct pcidev *dev = find(devices, "0000:02:00.0");

	g_assert_cmpint(dev->driver_known, ==, known);
	g_assert_cmpstr(dev->driver, ==, driver);
}

/* "Not shown" must not become "none": the verdict would promise a card that is not free. */
static void test_drivers_not_shown_are_not_known(void)
{
	check_driver("02:00.0 Ethernet controller [0200]: Intel [8086:1539]", NOT_KNOWN, NULL);
	check_driver(
		"02:00.0 Ethernet controller [0200]: Intel [8086:1539]\n"
		"\tKernel driver in use: igb\n",
		KNOWN_YES, "igb");
	check_driver(
		"02:00.0 Ethernet controller [0200]: Intel [8086:1539]\n"
		"03:00.0 USB controller [0c03]: Intel [8086:1540]\n"
		"\tKernel driver in use: xhci_hcd\n",
		KNOWN_YES, NULL);
	check_driver("1\t0000:02:00.0\t0200\t8086\t1539\t\tx", NOT_KNOWN, NULL);
	check_driver("1\t0000:02:00.0\t0200\t8086\t1539\tnone\tx", KNOWN_YES, NULL);
	check_driver("1\t0000:02:00.0\t0200\t8086\t1539\tigb\tx", KNOWN_YES, "igb");
}

static void test_garbage_is_refused(void)
{
	static const char *const texts[] = { "",         "\n\n",
					     "hello",    "IOMMU Group 3:\n",
					     "\xff\xfe", "at 10:00.5 we met in group 3" };

	for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autoptr(GError) error = NULL;

		g_assert_null(listing_parse(texts[i], &error));
		g_assert_true(hotseat_error_is(error, HOTSEAT_ERROR_UNREADABLE));
	}
}

static void compare_row(const GPtrArray *devices, const char *line, const char *name)
{
	g_auto(GStrv) cells = g_strsplit(line, "\t", 7);
	const struct pcidev *dev = pcidev_find(devices, cells[1]);

	if (dev == NULL || g_strcmp0(dev->group, cells[0]) != 0)
		g_error("%s: %s is in group %s, we say %s", name, cells[1], cells[0],
			dev == NULL ? "nothing" : dev->group);
	if (strlen(cells[2]) == 4)
		g_assert_cmphex(dev->class >> 8, ==, g_ascii_strtoull(cells[2], NULL, 16));
	if (cells[3][0] != '\0')
		g_assert_cmphex(dev->vendor, ==, g_ascii_strtoull(cells[3], NULL, 16));
	if (cells[4][0] != '\0')
		g_assert_cmphex(dev->device, ==, g_ascii_strtoull(cells[4], NULL, 16));
}

static void compare_with_table(const char *listing, const char *name)
{
	g_autofree char *file = g_strdup_printf("iommu/normalized/%s.tsv", name);
	g_autofree char *table = corpus_read(file);
	g_auto(GStrv) lines = g_strsplit(table, "\n", -1);
	g_autoptr(GPtrArray) devices = listing_parse(listing, NULL);
	guint rows = 0;

	g_assert_nonnull(devices);
	for (guint i = 1; lines[i] != NULL; i++) {
		if (lines[i][0] == '\0')
			continue;
		compare_row(devices, lines[i], name);
		rows++;
	}
	/* This table leaves out 0000:01:00.0, a 3D controller that its listing shows. */
	if (g_str_equal(name, "M011") && devices->len == rows + 1)
		return;
	g_assert_cmpuint(devices->len, ==, rows);
}

/* Real listings by strangers, against the tables that somebody made of them by other means. */
static void test_corpus(void)
{
	g_autofree char *folder = corpus_path("iommu");
	guint compared = 0;
	g_auto(GStrv) names = folder == NULL ? NULL : corpus_list("iommu/normalized");

	if (names == NULL) {
		g_test_skip("the corpus is not here");
		return;
	}
	for (guint i = 0; names[i] != NULL; i++) {
		g_autofree char *name = g_strndup(names[i], strcspn(names[i], "."));
		g_autofree char *file = g_strdup_printf("iommu/listings/%s.txt", name);
		g_autofree char *table_file = g_strdup_printf("iommu/normalized/%s", names[i]);
		g_autofree char *listing = corpus_read(file);
		g_autofree char *table = corpus_read(table_file);

		if (listing != NULL)
			compare_with_table(listing, name);
		compare_with_table(table, name);
		compared++;
	}
	g_assert_cmpuint(compared, >, 0);
	g_test_message("%u machines", compared);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/listing/shapes", test_shapes);
	g_test_add_func("/listing/later-replaces-earlier", test_later_replaces_earlier);
	g_test_add_func("/listing/drivers-not-shown-are-not-known",
			test_drivers_not_shown_are_not_known);
	g_test_add_func("/listing/garbage-is-refused", test_garbage_is_refused);
	g_test_add_func("/listing/corpus", test_corpus);
	return g_test_run();
}
