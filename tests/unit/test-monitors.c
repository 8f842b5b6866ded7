/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "manifest.h"
#include "plan/choose.h"
#include "plan/reason.h"

/* Which monitor moves, which stays, by which cable, and what each side gets there. */

#define GUESTS "sys/bus/pci/devices/0000:01:00.0/"
#define HOSTS "sys/bus/pci/devices/0000:02:00.0/"
#define TWO_CARDS GUESTS "class = 0x030000\n" HOSTS "class = 0x030000\n"

/* A pixel clock in 10 kHz and a size, with 160 columns and 41 lines of blanks. */
struct timing {
	guint clock, width, height;
};

static const struct timing slow = { 24150, 2560, 1440 };  /* 60 Hz */
static const struct timing quick = { 58640, 2560, 1440 }; /* 146 Hz */
static const struct timing large = { 53325, 3840, 2160 }; /* 4K, 61 Hz */

static void write_timing(guint8 *bytes, const struct timing *timing)
{
	const guint8 text[18] = {
		(guint8)timing->clock,
		(guint8)(timing->clock >> 8),
		(guint8)timing->width,
		160,
		(guint8)(timing->width >> 8 << 4),
		(guint8)timing->height,
		41,
		(guint8)(timing->height >> 8 << 4),
	};

	memcpy(bytes, text, sizeof(text));
}

/* A connector with a monitor; @tmds: what its HDMI input says it takes, in 5 MHz; 0: no HDMI */
static void add_monitor(struct manifest *manifest, const char *path, const char *name,
			const struct timing *first, const struct timing *second, guint tmds)
{
	static const guint8 header[] = { 0, 255, 255, 255, 255, 255, 255, 0, 4, 67 };
	const guint8 hdmi[] = { 2, 3, 12, 0, 0x67, 3, 12, 0, 0, 0, 0, (guint8)tmds };
	guint8 edid[256] = { 0 };
	g_autoptr(GString) text = g_string_new(NULL);

	memcpy(edid, header, sizeof(header));
	edid[20] = 0x80;
	write_timing(edid + 54, first);
	if (second != NULL)
		write_timing(edid + 72, second);
	edid[90 + 3] = 0xfc;
	memset(edid + 95, '\n', 13);
	memcpy(edid + 95, name, strlen(name));
	if (tmds > 0)
		memcpy(edid + 128, hdmi, sizeof(hdmi));
	g_string_printf(text, "%s/status = connected\n%s/edid hex", path, path);
	for (guint i = 0; i < sizeof(edid); i++)
		g_string_append_printf(text, " %02x", edid[i]);
	g_string_append_c(text, '\n');
	manifest_add(manifest, text->str);
}

/* say_of - all that is said about monitors when these cards go to the guest; newly allocated */
static char *say_of(struct manifest *manifest, const char *const *lent, char **cable)
{
	autoptr(machine) machine =
		machine_read(root_open(manifest->folder, NULL), MACHINE_DEVICES, NULL);
	g_autoptr(GPtrArray) reasons = reasons_new();
	g_autoptr(GPtrArray) cards = g_ptr_array_new();
	struct plan plan = { .reasons = reasons, .cards = cards };
	g_autoptr(GString) text = g_string_new(NULL);

	for (guint i = 0; lent[i] != NULL; i++)
		g_ptr_array_add(cards,
				(gpointer)(guintptr)card_find(machine->cards, lent[i], NULL));
	choose_monitors(machine, NULL, &plan);
	for (guint i = 0; i < reasons->len; i++) {
		const struct reason *reason = g_ptr_array_index(reasons, i);

		g_assert_cmpstr(reason->about, ==, "monitor");
		g_string_append_printf(text, "%s\n", reason->why);
	}
	*cable = plan.cable;
	g_test_message("%s", text->str);
	return g_string_free(g_steal_pointer(&text), FALSE);
}

static char *say(struct manifest *manifest, char **cable)
{
	static const char *const lent[] = { "0000:01:00.0", NULL };

	return say_of(manifest, lent, cable);
}

/* A cable from each of the guest's own cards does not bring the monitor to the host. */
static void test_two_cards(void)
{
	static const char *const lent[] = { "0000:01:00.0", "0000:02:00.0", NULL };
	autoptr(manifest) manifest = manifest_build(TWO_CARDS);
	g_autofree char *cable = NULL;
	g_autofree char *text = NULL;

	add_monitor(manifest, GUESTS "drm/card1/card1-DP-1", "Example 27", &slow, &quick, 0);
	add_monitor(manifest, HOSTS "drm/card0/card0-HDMI-A-1", "Example 27", &slow, &quick, 60);
	text = say_of(manifest, lent, &cable);
	g_assert_null(cable);
	g_assert_null(strstr(text, "moves with the seat"));
	g_assert_nonnull(strstr(text, "Example 27 goes to the guest, from DP-1 of 0000:01:00.0"));
	g_assert_nonnull(strstr(text,
				"Example 27 goes to the guest, from HDMI-A-1 of "
				"0000:02:00.0"));
}

/* The blog's case: DisplayPort with all its pictures to the guest, HDMI for the host. */
static void test_two_cables(void)
{
	autoptr(manifest) manifest = manifest_build(TWO_CARDS);
	g_autofree char *cable = NULL;
	g_autofree char *text = NULL;

	add_monitor(manifest, GUESTS "drm/card1/card1-DP-1", "Example 27", &slow, &quick, 0);
	add_monitor(manifest, HOSTS "drm/card0/card0-HDMI-A-1", "Example 27", &slow, &quick, 60);
	text = say(manifest, &cable);
	g_assert_null(cable);
	g_assert_cmpstr(text, ==,
			"unless there are two of them, Example 27 has a cable from each card and "
			"moves with the seat: the guest has it from DP-1 of 0000:01:00.0, with "
			"2560x1440 at 146 Hz; the host keeps it on HDMI-A-1 of 0000:02:00.0, with "
			"2560x1440 at 60 Hz (its HDMI input takes no more)\n");
}

/* The other way round is said, and what would be better; equal texts are one monitor. */
static void test_worse_cable(void)
{
	autoptr(manifest) manifest = manifest_build(TWO_CARDS);
	g_autofree char *cable = NULL;
	g_autofree char *text = NULL;

	add_monitor(manifest, GUESTS "drm/card1/card1-HDMI-A-1", "Example 27", &slow, NULL, 0);
	add_monitor(manifest, HOSTS "drm/card0/card0-DP-1", "Example 27", &slow, &quick, 0);
	text = say(manifest, &cable);
	g_assert_nonnull(strstr(text, "change the two over"));
	g_free(text);
	add_monitor(manifest, GUESTS "drm/card1/card1-HDMI-A-1", "Example 27", &slow, &quick, 0);
	text = say(manifest, &cable);
	g_assert_true(g_str_has_prefix(text, "Example 27 has a cable from each card"));
	g_assert_null(strstr(text, "change the two over"));
}

/* No picture for the guest: which cable to plug where, and what that would bring. */
static void test_missing_cable(void)
{
	autoptr(manifest) manifest = manifest_build(
		TWO_CARDS GUESTS "drm/card1/card1-DVI-D-1/status = disconnected\n" GUESTS
				 "drm/card1/card1-VGA-1/status = disconnected\n" GUESTS
				 "drm/card1/card1-Writeback-1/status = disconnected\n");
	g_autofree char *cable = NULL;
	g_autofree char *text = NULL;

	add_monitor(manifest, HOSTS "drm/card0/card0-DP-1", "Example 32", &large, &slow, 0);
	add_monitor(manifest, HOSTS "drm/card0/card0-DP-2", "Example 22", &slow, NULL, 0);
	add_monitor(manifest, HOSTS "drm/card0/card0-eDP-1", "Panel", &slow, NULL, 0);
	text = say(manifest, &cable);
	g_assert_cmpstr(cable, ==,
			"plug a second cable from a free input of Example 32 into DVI-D-1 of "
			"0000:01:00.0; it has 2560x1440 at 60 Hz there (DVI carries no more)");
	g_assert_nonnull(strstr(text,
				"Example 22 stays with the host, on DP-2 of 0000:02:00.0, "
				"with 2560x1440 at 60 Hz\n"));
	g_assert_nonnull(strstr(text, "the panel stays with the host"));
	g_assert_null(strstr(text, "moves"));
}

/* A card without a driver shows no connectors: that is said, and no port is made up. */
static void test_no_driver(void)
{
	autoptr(manifest) manifest = manifest_build(TWO_CARDS);
	g_autofree char *cable = NULL;
	g_autofree char *text = say(manifest, &cable);

	g_assert_cmpstr(cable, ==,
			"plug a monitor into 0000:01:00.0 (its connectors cannot be seen without a "
			"driver)");
}

/* A monitor on the guest's card alone goes dark for the host, and a free port is named. */
static void test_guests_alone(void)
{
	autoptr(manifest) manifest =
		manifest_build(TWO_CARDS HOSTS "drm/card0/card0-HDMI-A-1/status = disconnected\n");
	g_autofree char *cable = NULL;
	g_autofree char *text = NULL;

	add_monitor(manifest, GUESTS "drm/card1/card1-DP-1", "Example 27", &slow, &quick, 0);
	text = say(manifest, &cable);
	g_assert_null(cable);
	g_assert_nonnull(strstr(text,
				"goes to the guest, from DP-1 of 0000:01:00.0, with "
				"2560x1440 at 146 Hz"));
	g_assert_nonnull(strstr(text, "into HDMI-A-1 of 0000:02:00.0\n"));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/monitors/two-cables", test_two_cables);
	g_test_add_func("/monitors/two-cards", test_two_cards);
	g_test_add_func("/monitors/worse-cable", test_worse_cable);
	g_test_add_func("/monitors/missing-cable", test_missing_cable);
	g_test_add_func("/monitors/no-driver", test_no_driver);
	g_test_add_func("/monitors/guests-alone", test_guests_alone);
	return g_test_run();
}
