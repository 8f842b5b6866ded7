/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "machine/displays.h"
#include "machine/machine.h"
#include "manifest.h"

#define PORT "sys/devices/pci0000:00/0000:00:01.0/"
#define CARD PORT "0000:01:00.0/"
#define LINKS                                                                                      \
	"sys/bus/pci/devices/0000:00:01.0 -> ../../../devices/pci0000:00/0000:00:01.0\n"           \
	"sys/bus/pci/devices/0000:01:00.0 -> "                                                     \
	"../../../devices/pci0000:00/0000:00:01.0/0000:01:00.0\n"                                  \
	"sys/bus/pci/devices/0000:01:00.1 -> "                                                     \
	"../../../devices/pci0000:00/0000:00:01.0/0000:01:00.1\n" PORT "class = 0x060400\n" CARD   \
	"class = 0x030000\n" PORT "0000:01:00.1/class = 0x040300\n"
#define STRANGER                                                                                   \
	"sys/bus/pci/devices/0000:01:02.0 -> "                                                     \
	"../../../devices/pci0000:00/0000:00:01.0/0000:01:02.0\n" PORT                             \
	"0000:01:02.0/class = 0x020000\n"

static struct machine *read_text(struct manifest *manifest)
{
	struct machine *machine =
		machine_read(root_open(manifest->folder, NULL), MACHINE_HARDWARE, NULL);

	g_assert_nonnull(machine);
	g_assert_cmpuint(machine->hardware->len, ==, machine->cards->len);
	return machine;
}

static const struct {
	const char *text;
	enum known function, bus;
} resets[] = {
	/* "bus" is a stale answer on a card with two functions, yet the whole bus can be reset */
	{ LINKS CARD "reset_method = bus\n", KNOWN_NO, KNOWN_YES },
	{ LINKS CARD "reset_method = flr bus\n", KNOWN_YES, KNOWN_YES },
	{ LINKS CARD "reset_method = device_specific bus\n", KNOWN_YES, KNOWN_YES },
	{ LINKS CARD "reset_method = \n", KNOWN_NO, KNOWN_YES },
	/* no file for the card while another device has one: the card cannot */
	{ LINKS PORT "0000:01:00.1/reset_method = pm\n", KNOWN_NO, KNOWN_YES },
	/* no file anywhere: an old kernel, or a folder that was not made for this */
	{ LINKS, NOT_KNOWN, KNOWN_YES },
	{ LINKS STRANGER CARD "reset_method = bus\n", KNOWN_NO, KNOWN_NO },
	/* alone on its bus "bus" is true */
	{ "sys/bus/pci/devices/0000:01:00.0 -> "
	  "../../../devices/pci0000:00/0000:00:01.0/0000:01:00.0\n" CARD "class = 0x030000\n" CARD
	  "reset_method = bus\n",
	  KNOWN_YES, KNOWN_YES },
	/* nothing above the root bus */
	{ "sys/bus/pci/devices/0000:00:02.0 -> ../../../devices/pci0000:00/0000:00:02.0\n"
	  "sys/devices/pci0000:00/0000:00:02.0/class = 0x030000\n"
	  "sys/devices/pci0000:00/0000:00:02.0/reset_method = flr\n",
	  KNOWN_YES, KNOWN_NO },
};

static void test_reset(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(resets); i++) {
		autoptr(manifest) manifest = manifest_build(resets[i].text);
		autoptr(machine) machine = read_text(manifest);
		const struct hardware *hardware = g_ptr_array_index(machine->hardware, 0);

		g_test_message("case %zu", i);
		g_assert_cmpint(hardware->reset->function, ==, resets[i].function);
		g_assert_cmpint(hardware->reset->bus, ==, resets[i].bus);
	}
}

static void test_bars(void)
{
	autoptr(manifest) manifest = manifest_build(
		LINKS CARD
		"resource = 0x00000000f6000000 0x00000000f6ffffff 0x0000000000040200\\n"
		"0x00000000e0000000 0x00000000efffffff 0x000000000014220c\\n"
		"0x0000000000000000 0x0000000000000000 0x0000000000000000\\n"
		"0x000000000000e000 0x000000000000e07f 0x0000000000040101\\n"
		"nonsense\n" CARD "resource1_resize = 0000000000001fc0\n");
	autoptr(machine) machine = read_text(manifest);
	const struct hardware *hardware = g_ptr_array_index(machine->hardware, 0);
	const struct bar *registers, *memory;

	g_assert_cmpuint(hardware->bars->len, ==, 2);
	registers = &g_array_index(hardware->bars, struct bar, 0);
	memory = &g_array_index(hardware->bars, struct bar, 1);
	g_assert_cmpuint(registers->size, ==, 16 << 20);
	g_assert_false(registers->prefetchable);
	g_assert_cmpuint(bar_largest(registers), ==, 16 << 20);
	g_assert_cmpuint(memory->number, ==, 1);
	g_assert_cmpuint(memory->size, ==, 256 << 20);
	g_assert_true(memory->prefetchable && memory->wide);
	/* bit 12: 4 GiB */
	g_assert_cmpuint(bar_largest(memory), ==, (guint64)4 << 30);
}

static void test_slot(void)
{
	autoptr(manifest) manifest = manifest_build(
		LINKS PORT "max_link_width = 4\n" CARD "current_link_speed = 2.5 GT/s PCIe\n" CARD
			   "max_link_speed = 16.0 GT/s PCIe\n" CARD "current_link_width = 4\n" CARD
			   "max_link_width = 16\n" CARD "power_state = D0\n" CARD
			   "power/runtime_status = active\n" CARD "d3cold_allowed = 1\n");
	autoptr(machine) machine = read_text(manifest);
	const struct slot *slot =
		((const struct hardware *)g_ptr_array_index(machine->hardware, 0))->slot;
	autoptr(manifest) asleep =
		manifest_build(LINKS CARD "power_state = D3cold\n" CARD "current_link_width = 4\n");
	autoptr(machine) sleeper = read_text(asleep);

	g_assert_cmpuint(slot->speed, ==, 25);
	g_assert_cmpuint(slot->max_speed, ==, 160);
	g_assert_cmpuint(slot->width, ==, 4);
	g_assert_cmpuint(slot->max_width, ==, 16);
	g_assert_cmpuint(slot->port_width, ==, 4);
	g_assert_cmpstr(slot->power_state, ==, "D0");
	g_assert_cmpint(slot->d3cold_allowed, ==, KNOWN_YES);
	/* whoever sleeps is not woken */
	slot = ((const struct hardware *)g_ptr_array_index(sleeper->hardware, 0))->slot;
	g_assert_cmpuint(slot->width, ==, 0);
}

/* The data file's linter: every row can be used, and has a source and a date. */
static void test_families_file(void)
{
	gsize n = 0;
	const struct family *table = families_table(&n);

	g_assert_cmpuint(n, >, 5);
	for (gsize i = 0; i < n; i++) {
		g_test_message("%s", table[i].name);
		g_assert_true(g_regex_match_simple("^[0-9a-f]{4}$", table[i].vendor, 0, 0));
		g_assert_true(g_regex_match_simple("^[0-9a-f]{4}$", table[i].first, 0, 0));
		g_assert_true(g_regex_match_simple("^[0-9a-f]{4}$", table[i].last, 0, 0));
		g_assert_cmpstr(table[i].first, <=, table[i].last);
		g_assert_true(g_str_equal(table[i].trait, FAMILY_VENDOR_RESET) ||
			      g_str_equal(table[i].trait, FAMILY_RESET_TROUBLE) ||
			      g_str_equal(table[i].trait, FAMILY_QEMU_RESETS));
		g_assert_nonnull(g_strstr_len(table[i].source, -1, "/"));
		g_assert_true(g_regex_match_simple("^20[0-9]{2}-[01][0-9]$", table[i].date, 0, 0));
	}
}

static void test_families(void)
{
	const struct pcidev navi = { .vendor = 0x1002, .device = 0x731f };
	const struct pcidev rdna2 = { .vendor = 0x1002, .device = 0x73bf };
	const struct pcidev other = { .vendor = 0x10de, .device = 0x731f };

	g_assert_cmpstr(families_find(&navi)->name, ==, "Navi 10");
	g_assert_null(families_find(&rdna2));
	g_assert_null(families_find(&other));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/reset/judged-rightly", test_reset);
	g_test_add_func("/bars/sizes", test_bars);
	g_test_add_func("/slot/link-and-power", test_slot);
	g_test_add_func("/families/file", test_families_file);
	g_test_add_func("/families/find", test_families);
	return g_test_run();
}
