/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "machine/displays.h"
#include "machine/machine.h"
#include "manifest.h"

static struct machine *read_text(struct manifest *manifest)
{
	struct root *root = root_open(manifest->folder, NULL);
	struct machine *machine = machine_read(root, MACHINE_DEVICES, NULL);

	g_assert_nonnull(machine);
	return machine;
}

static enum known is_only(struct manifest *manifest, const char *address)
{
	autoptr(machine) machine = read_text(manifest);
	const struct card *card = card_find(machine->cards, address, NULL);
	g_autofree char *why = NULL;
	enum known answer = displays_is_only(machine->root, machine->cards, card, &why);

	g_assert_nonnull(why);
	return answer;
}

static void test_connectors(void)
{
	autoptr(manifest) manifest = manifest_build_file("intel-desktop");
	autoptr(machine) machine = read_text(manifest);
	g_autoptr(GPtrArray) none =
		displays_read(machine->root, pcidev_find(machine->devices, "00:14.0"));
	g_autoptr(GPtrArray) connectors =
		displays_read(machine->root, pcidev_find(machine->devices, "01:00.0"));
	const struct connector *first = g_ptr_array_index(connectors, 0);

	g_assert_cmpuint(none->len, ==, 0);
	g_assert_cmpuint(connectors->len, ==, 2);
	g_assert_cmpstr(first->name, ==, "card1-DP-1");
	g_assert_cmpint(first->connected, ==, KNOWN_YES);
	g_assert_cmpint(first->enabled, ==, KNOWN_NO);
}

/* The last display of a running desktop is never taken by accident. */
static void test_desktop(void)
{
	autoptr(manifest) manifest = manifest_build_file("intel-desktop");

	g_assert_cmpint(is_only(manifest, "00:02.0"), ==, KNOWN_YES);
	g_assert_cmpint(is_only(manifest, "01:00.0"), ==, KNOWN_NO);
	/* a monitor on the second card, and the first may go */
	manifest_add(manifest,
		     "sys/devices/pci0000:00/0000:00:01.0/0000:01:00.0/drm/card1/"
		     "card1-DP-1/enabled = enabled\n");
	g_assert_cmpint(is_only(manifest, "00:02.0"), ==, KNOWN_NO);
}

#define FIRST "sys/bus/pci/devices/0000:01:00.0/"
#define SECOND "sys/bus/pci/devices/0000:02:00.0/"
#define TWO_CARDS FIRST "class = 0x030000\n" SECOND "class = 0x030000\n"

static void test_combinations(void)
{
	static const struct {
		const char *text;
		enum known first;
	} cases[] = {
		/* nothing is said at all: no driver on either, no boot_vga */
		{ TWO_CARDS, NOT_KNOWN },
		/* a text console on the firmware's display, the other card without driver */
		{ TWO_CARDS FIRST "boot_vga = 1\n", KNOWN_YES },
		/* the other one is kept for a guest */
		{ TWO_CARDS FIRST "boot_vga = 1\n" SECOND "driver -> x/vfio-pci\n", KNOWN_YES },
		/* the other one could show the desktop */
		{ TWO_CARDS FIRST "boot_vga = 1\n" SECOND "driver -> x/i915\n" SECOND
				  "drm/card0/card0-DP-1/enabled = disabled\n",
		  KNOWN_NO },
		/* both have NVIDIA's driver without modeset: sysfs does not say */
		{ TWO_CARDS FIRST "boot_vga = 1\n" FIRST "driver -> x/nvidia\n" SECOND
				  "driver -> x/nvidia\n",
		  NOT_KNOWN },
		/* NVIDIA's driver here, and a lit monitor there */
		{ TWO_CARDS FIRST "boot_vga = 1\n" FIRST "driver -> x/nvidia\n" SECOND
				  "driver -> x/i915\n" SECOND
				  "drm/card0/card0-DP-1/enabled = enabled\n",
		  KNOWN_NO },
		/* it is not the firmware's, but it has the only monitor that is on */
		{ TWO_CARDS FIRST "boot_vga = 0\n" FIRST "drm/card1/card1-DP-1/enabled = enabled\n",
		  KNOWN_YES },
		/* the same, but the other may have one */
		{ TWO_CARDS FIRST "boot_vga = 0\n" FIRST
				  "drm/card1/card1-DP-1/enabled = enabled\n" SECOND
				  "driver -> x/nvidia\n",
		  NOT_KNOWN },
		/* kept for a guest since boot */
		{ TWO_CARDS FIRST "boot_vga = 0\n" FIRST "driver -> x/vfio-pci\n", KNOWN_NO },
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		autoptr(manifest) manifest = manifest_build(cases[i].text);

		g_assert_cmpint(is_only(manifest, "01:00.0"), ==, cases[i].first);
	}
}

/* What remains counts: of two cards that show the desktop each may go, but not both. */
static void test_lent_together(void)
{
	static const struct {
		const char *text;
		enum known first, second, both;
		const char *why;
	} cases[] = {
		/* each has a lit monitor */
		{ TWO_CARDS FIRST
		  "boot_vga = 1\n" FIRST "drm/card1/card1-DP-1/enabled = enabled\n" SECOND
		  "boot_vga = 0\n" SECOND "drm/card0/card0-DP-1/enabled = enabled\n",
		  KNOWN_NO, KNOWN_NO, KNOWN_YES, "is the firmware's display" },
		{ TWO_CARDS FIRST
		  "boot_vga = 0\n" FIRST "drm/card1/card1-DP-1/enabled = enabled\n" SECOND
		  "boot_vga = 0\n" SECOND "drm/card0/card0-DP-1/enabled = enabled\n",
		  KNOWN_NO, KNOWN_NO, KNOWN_YES, "drive the only monitors that are on" },
		/* both are kept for guests since boot */
		{ TWO_CARDS FIRST "boot_vga = 0\n" FIRST "driver -> x/vfio-pci\n" SECOND
				  "boot_vga = 0\n" SECOND "driver -> x/vfio-pci\n",
		  KNOWN_NO, KNOWN_NO, KNOWN_NO, "drive no monitor" },
		/* one of them may drive one */
		{ TWO_CARDS FIRST "boot_vga = 0\n" FIRST "driver -> x/vfio-pci\n" SECOND
				  "boot_vga = 0\n" SECOND "driver -> x/nvidia\n",
		  KNOWN_NO, NOT_KNOWN, NOT_KNOWN, "sysfs does not say" },
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		autoptr(manifest) manifest = manifest_build(cases[i].text);
		autoptr(machine) machine = read_text(manifest);
		g_autofree char *why = NULL;

		g_assert_cmpint(is_only(manifest, "01:00.0"), ==, cases[i].first);
		g_assert_cmpint(is_only(manifest, "02:00.0"), ==, cases[i].second);
		g_assert_cmpuint(machine->cards->len, ==, 2);
		g_assert_cmpint(
			displays_are_only(machine->root, machine->cards, machine->cards, &why), ==,
			cases[i].both);
		g_assert_nonnull(strstr(why, cases[i].why));
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/displays/connectors", test_connectors);
	g_test_add_func("/displays/desktop", test_desktop);
	g_test_add_func("/displays/combinations", test_combinations);
	g_test_add_func("/displays/lent-together", test_lent_together);
	return g_test_run();
}
