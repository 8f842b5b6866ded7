/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "manifest.h"
#include "monitor/ddc.h"
#include "monitor/place.h"

#define MACHINE "monitor-buses"
#define VIRTUAL "sys/devices/pci0000:00/0000:00:02.0/drm/card0/card0-Virtual-1"

static const guint8 EDID[DDC_EDID_SIZE] = { 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00, 0x22 };

static void expect(const struct manifest *manifest, int bus, const char *card,
		   const char *connector)
{
	struct place place;

	place_find(manifest->root, bus, EDID, &place);
	g_assert_cmpstr(place.card, ==, card);
	g_assert_cmpstr(place.connector, ==, connector);
	place_clear(&place);
}

static void test_find(void)
{
	autoptr(manifest) manifest = manifest_build_file(MACHINE);
	GString *edid = g_string_new(VIRTUAL "/edid hex");

	expect(manifest, 3, "0000:01:00.0", "HDMI-A-1");
	expect(manifest, 4, "0000:01:00.0", "DP-1");
	expect(manifest, 1, "0000:00:02.0", NULL);
	expect(manifest, 9, NULL, NULL);
	/* the connector whose monitor says the same */
	for (guint i = 0; i < DDC_EDID_SIZE; i++)
		g_string_append_printf(edid, " %02x", EDID[i]);
	g_string_append_c(edid, '\n');
	manifest_add(manifest, edid->str);
	expect(manifest, 1, "0000:00:02.0", "Virtual-1");
	g_string_free(edid, TRUE);
}

static void expect_no_access(const struct manifest *manifest, const char *words)
{
	g_autoptr(GError) error = NULL;

	g_assert_false(place_check_access(manifest->root, &error));
	g_test_message("%s", error->message);
	g_assert_nonnull(strstr(error->message, words));
}

/* What has to be done is said, for each thing that can be missing. */
static void test_access(void)
{
	autoptr(manifest) manifest = manifest_build_file(MACHINE);

	expect_no_access(manifest, "modprobe i2c-dev");
	/* a bus of the board, not of a card */
	manifest_add(manifest,
		     "dir sys/devices/pci0000:00/0000:00:1f.4/i2c-0\n"
		     "sys/bus/pci/devices/0000:00:1f.4/class = 0x0c0500\n"
		     "sys/class/i2c-dev/i2c-0 -> ../../devices/pci0000:00/0000:00:1f.4/"
		     "i2c-0/i2c-dev/i2c-0\n");
	expect_no_access(manifest, "No graphics card");
	/* a card's, whose node is not there: nobody may speak on it */
	manifest_add(manifest,
		     "sys/bus/pci/devices/0000:01:00.0/class = 0x030000\n"
		     "sys/class/i2c-dev/i2c-9999 -> ../../devices/pci0000:00/0000:00:06.0/"
		     "0000:01:00.0/i2c-9999/i2c-dev/i2c-9999\n");
	expect_no_access(manifest, "usermod -aG i2c");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/monitor-place/find", test_find);
	g_test_add_func("/monitor-place/access", test_access);
	return g_test_run();
}
