/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "core/error.h"
#include "machine/card.h"
#include "manifest.h"

/* A desktop whose devices stay as long as its cards. */
struct desktop {
	struct manifest *manifest;
	GPtrArray *devices, *cards;
};

static void desktop_free(struct desktop *desktop)
{
	if (desktop == NULL)
		return;
	g_ptr_array_unref(desktop->cards);
	g_ptr_array_unref(desktop->devices);
	manifest_free(desktop->manifest);
	g_free(desktop);
}
AUTOPTR_DEFINE(desktop)

static struct desktop *desktop_read(struct manifest *manifest, gboolean dma_ownership_model)
{
	struct desktop *desktop = g_new0(struct desktop, 1);

	desktop->manifest = manifest;
	desktop->devices = pcidev_read_all(manifest->root, NULL);
	desktop->cards = card_find_all(desktop->devices, dma_ownership_model);
	return desktop;
}

static struct desktop *desktop_new(const char *more)
{
	struct manifest *manifest = manifest_build_file("intel-desktop");

	manifest_add(manifest, more);
	return desktop_read(manifest, TRUE);
}

static const struct card *card_at(const struct desktop *desktop, const char *address)
{
	const struct card *card = card_find(desktop->cards, address, NULL);

	g_assert_nonnull(card);
	return card;
}

static const char *verdict_of(const struct desktop *desktop, const char *address)
{
	return card_verdict_name(card_at(desktop, address)->verdict);
}

/* Ready although its port and three functions with host drivers are in the group. */
static void test_finds_cards(void)
{
	autoptr(desktop) desktop = desktop_new("");
	const struct card *card = card_at(desktop, "01:00.0");

	g_assert_cmpuint(desktop->cards->len, ==, 3);
	g_assert_cmpuint(card->functions->len, ==, 4);
	g_assert_cmpstr(card_display(card)->address, ==, "0000:01:00.0");
	g_assert_cmpint(card->verdict, ==, CARD_READY);
	g_assert_cmpuint(card->blockers->len, ==, 0);
	g_assert_cmpuint(card->companions->len, ==, 0);
	g_assert_cmpstr(card->fingerprint, ==, "10de:1e82/1458:37c1/030000/a1@00:01.0-00.0");
	g_assert_true(card_at(desktop, "01:00.3") == card);
}

static void test_blocker_is_named(void)
{
	autoptr(desktop) desktop = desktop_new("");
	const struct card *card = card_at(desktop, "02:00.0");
	const struct card_blocker *blocker;

	g_assert_cmpint(card->verdict, ==, CARD_BLOCKED);
	g_assert_cmpuint(card->blockers->len, ==, 1);
	g_assert_cmpuint(card->companions->len, ==, 1);
	blocker = g_ptr_array_index(card->blockers, 0);
	g_assert_cmpstr(blocker->dev->address, ==, "0000:03:00.0");
	g_assert_nonnull(strstr(blocker->why, "0000:03:00.0"));
	g_assert_nonnull(strstr(blocker->why, "igb"));
}

/* Bound to vfio-pci it does no harm. */
static void test_harmless_companion(void)
{
	autoptr(desktop) desktop = desktop_new(
		"sys/devices/pci0000:00/0000:00:1c.4/0000:03:00.0/"
		"driver -> ../x/vfio-pci\n");

	g_assert_cmpstr(verdict_of(desktop, "02:00.0"), ==, "ready");
	g_assert_cmpuint(card_at(desktop, "02:00.0")->companions->len, ==, 1);
}

/* A hidden driver is not a missing one, and does not hide a blocker either. */
static void test_unknown_driver(void)
{
	autoptr(desktop) desktop = desktop_new("");
	struct pcidev *nic = pcidev_find(desktop->devices, "03:00.0");
	struct pcidev *lan = pcidev_find(desktop->devices, "00:1f.6");

	g_clear_pointer(&nic->driver, g_free);
	nic->driver_known = NOT_KNOWN;
	g_ptr_array_unref(desktop->cards);
	desktop->cards = card_find_all(desktop->devices, TRUE);
	g_assert_cmpstr(verdict_of(desktop, "02:00.0"), ==, "unknown");

	g_free(lan->group);
	lan->group = g_strdup("5");
	g_ptr_array_unref(desktop->cards);
	desktop->cards = card_find_all(desktop->devices, TRUE);
	g_assert_cmpstr(verdict_of(desktop, "02:00.0"), ==, "blocked");
	g_assert_cmpuint(card_at(desktop, "02:00.0")->blockers->len, ==, 1);
}

/* Without an IOMMU there are no groups: nothing is ready. */
static void test_no_group(void)
{
	autoptr(manifest) manifest = manifest_build(
		"sys/bus/pci/devices/0000:01:00.0/class = 0x030000\n"
		"sys/bus/pci/devices/0000:02:00.0/class = 0x020000\n");
	g_autoptr(GPtrArray) devices = pcidev_read_all(manifest->root, NULL);
	g_autoptr(GPtrArray) cards = card_find_all(devices, TRUE);
	const struct card *card = g_ptr_array_index(cards, 0);

	g_assert_cmpint(card->verdict, ==, CARD_NO_GROUP);
	g_assert_cmpstr(card_verdict_name(card->verdict), ==, "unknown");
	g_assert_cmpuint(card->companions->len, ==, 0);
}

/* Two display functions in one slot are one card, 3D controllers and a BMC's VGA are cards too. */
static void test_what_is_a_card(void)
{
	autoptr(manifest) manifest = manifest_build(
		"sys/bus/pci/devices/0000:01:00.0/class = 0x030000\n"
		"sys/bus/pci/devices/0000:01:00.1/class = 0x038000\n"
		"sys/bus/pci/devices/0000:02:00.0/class = 0x030200\n"
		"sys/bus/pci/devices/0000:03:00.0/class = 0x040300\n"
		"sys/bus/pci/devices/0000:03:00.1/class = 0x030000\n"
		"sys/bus/pci/devices/0000:04:00.0/vendor = 0x1a03\n"
		"sys/bus/pci/devices/0000:04:00.0/class = 0x030000\n");
	g_autoptr(GPtrArray) devices = pcidev_read_all(manifest->root, NULL);
	g_autoptr(GPtrArray) cards = card_find_all(devices, TRUE);
	const struct card *late = g_ptr_array_index(cards, 2);

	g_assert_cmpuint(cards->len, ==, 4);
	g_assert_cmpstr(card_display(late)->address, ==, "0000:03:00.1");
	g_assert_cmpuint(late->functions->len, ==, 2);
}

/* Twins in one machine, as rendering people have them. */
static struct manifest *build_twins(const char *first, const char *second)
{
	struct manifest *manifest = manifest_build("dir sys\n");
	const char *const slots[] = { first, second };

	for (guint i = 0; i < G_N_ELEMENTS(slots); i++) {
		g_autofree char *path = g_strdup_printf(
			"sys/devices/pci0000:00/0000:00:%s/0000:%02x:00.0", slots[i], i + 1);
		g_autofree char *text = g_strdup_printf(
			"sys/bus/pci/devices/0000:%02x:00.0 -> ../../../../%s\n"
			"%s/vendor = 0x10de\n%s/device = 0x2204\n%s/class = 0x030000\n",
			i + 1, path, path, path, path);

		manifest_add(manifest, text);
	}
	return manifest;
}

static void test_moved_bus_is_found(void)
{
	autoptr(desktop) before = desktop_read(build_twins("01.0", "1c.0"), TRUE);
	autoptr(desktop) after = desktop_read(build_twins("1c.0", "01.0"), TRUE);
	const struct card *first = card_at(before, "01:00.0");

	/* same slots, other bus numbers */
	g_assert_cmpstr(card_display(card_at(after, first->fingerprint))->address, ==,
			"0000:02:00.0");
}

static void test_moved_twins_are_refused(void)
{
	autoptr(desktop) before = desktop_read(build_twins("01.0", "1c.0"), TRUE);
	autoptr(desktop) after = desktop_read(build_twins("02.0", "1d.0"), TRUE);
	const struct card *first = card_at(before, "01:00.0");
	g_autoptr(GError) error = NULL;

	g_assert_null(card_find(after->cards, first->fingerprint, &error));
	g_assert_true(hotseat_error_is(error, HOTSEAT_ERROR_REFUSED));
}

/* A lone card is found in any slot; one of another kind never. */
static void test_lone_card_moved(void)
{
	autoptr(desktop) desktop = desktop_new("");
	g_autoptr(GError) error = NULL;
	const char *moved = "10de:1e82/1458:37c1/030000/a1@00:1b.0-00.0";

	g_assert_true(card_at(desktop, moved) == card_at(desktop, "01:00.0"));
	g_assert_null(
		card_find(desktop->cards, "10de:1e82/1458:37c2/030000/a1@00:01.0-00.0", &error));
	g_assert_true(hotseat_error_is(error, HOTSEAT_ERROR_ABSENT));
	g_assert_nonnull(strstr(error->message, "0000:01:00.0"));
}

#define TWIN "10de:2204/0000:0000/030000/00@"

static struct card *fake_card(const char *fingerprint)
{
	struct card *card = g_new0(struct card, 1);

	card->fingerprint = g_strdup(fingerprint);
	return card;
}

static void free_card(gpointer card)
{
	card_free(card);
}

/* With serial numbers even twins that both moved are told apart, unless the maker gave all one. */
static void test_serial_decides(void)
{
	g_autoptr(GPtrArray) cards = g_ptr_array_new_with_free_func(free_card);
	struct card *a = fake_card(TWIN "00:02.0-00.0;000000000000000a");
	struct card *b = fake_card(TWIN "00:1d.0-00.0;000000000000000b");

	g_ptr_array_add(cards, a);
	g_ptr_array_add(cards, b);
	g_assert_true(card_find(cards, TWIN "00:1d.0-00.0;000000000000000a", NULL) == a);
	g_assert_true(card_find(cards, TWIN "00:1d.0-00.0", NULL) == b);
	g_assert_null(card_find(cards, TWIN "00:01.0-00.0", NULL));

	g_free(b->fingerprint);
	b->fingerprint = g_strdup(TWIN "00:1d.0-00.0;000000000000000a");
	g_assert_true(card_find(cards, TWIN "00:1d.0-00.0;000000000000000a", NULL) == b);
	g_assert_null(card_find(cards, TWIN "00:01.0-00.0;000000000000000a", NULL));
}

/* A twin put into the slot of the card that was meant is not that card. */
static void test_other_serial_is_another_card(void)
{
	g_autoptr(GPtrArray) cards = g_ptr_array_new_with_free_func(free_card);

	g_ptr_array_add(cards, fake_card(TWIN "00:02.0-00.0;000000000000000a"));
	/* the message about what there is wants functions */
	((struct card *)g_ptr_array_index(cards, 0))->functions = g_ptr_array_new();
	g_ptr_array_add(
		((struct card *)g_ptr_array_index(cards, 0))->functions,
		&(struct pcidev){ .address = (char[]){ "0000:01:00.0" }, .name = (char[]){ "x" } });
	g_assert_null(card_find(cards, TWIN "00:02.0-00.0;000000000000000b", NULL));
}

/* A user reads no serial number and root does: still the same card. */
static void test_fingerprints_compare(void)
{
	g_assert_true(card_fingerprint_equal(TWIN "00:01.0-00.0", TWIN "00:01.0-00.0;0a"));
	g_assert_true(card_fingerprint_equal(TWIN "00:01.0-00.0;0a", TWIN "00:01.0-00.0;0a"));
	g_assert_false(card_fingerprint_equal(TWIN "00:01.0-00.0;0b", TWIN "00:01.0-00.0;0a"));
	g_assert_false(card_fingerprint_equal(TWIN "00:01.0-00.0", TWIN "00:01.1-00.0"));
	g_assert_false(card_fingerprint_equal("01:00.0", "01:00.0"));
}

/* Several host bridges, and one behind a device (VMD). */
static void test_paths(void)
{
	static const struct {
		const char *path, *fingerprint;
	} cases[] = {
		{ "pci0000:40/0000:40:03.1/0000:41:00.0", "40:03.1-00.0" },
		{ "pci0001:00/0001:00:03.1/0001:01:00.0", "0001:00:03.1-00.0" },
		{ "pci0000:00/0000:00:0e.0/pci10000:e0/10000:e0:06.0/10000:e1:00.0",
		  "00:0e.0-e0:06.0-00.0" },
		{ "0000:01:00.0", "00.0" },
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = g_strdup(cases[i].path);
		struct pcidev dev = { .address = strrchr(path, '/') == NULL
							 ? path
							 : strrchr(path, '/') + 1,
				      .path = path,
				      .class = 0x030000 };
		g_autoptr(GPtrArray) devices = g_ptr_array_new();
		g_autoptr(GPtrArray) cards = NULL;
		const struct card *card;

		g_ptr_array_add(devices, &dev);
		cards = card_find_all(devices, TRUE);
		card = g_ptr_array_index(cards, 0);
		g_assert_cmpstr(strchr(card->fingerprint, '@') + 1, ==, cases[i].fingerprint);
	}
}

static void test_absent(void)
{
	autoptr(desktop) desktop = desktop_new("");
	g_autoptr(GError) error = NULL;

	g_assert_null(card_find(desktop->cards, "03:00.0", &error));
	g_assert_true(hotseat_error_is(error, HOTSEAT_ERROR_ABSENT));
	g_assert_nonnull(strstr(error->message, "0000:02:00.0"));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/card/finds-cards", test_finds_cards);
	g_test_add_func("/card/blocker-is-named", test_blocker_is_named);
	g_test_add_func("/card/harmless-companion", test_harmless_companion);
	g_test_add_func("/card/unknown-driver", test_unknown_driver);
	g_test_add_func("/card/no-group", test_no_group);
	g_test_add_func("/card/what-is-a-card", test_what_is_a_card);
	g_test_add_func("/card/moved-bus-is-found", test_moved_bus_is_found);
	g_test_add_func("/card/moved-twins-are-refused", test_moved_twins_are_refused);
	g_test_add_func("/card/lone-card-moved", test_lone_card_moved);
	g_test_add_func("/card/serial-decides", test_serial_decides);
	g_test_add_func("/card/other-serial-is-another-card", test_other_serial_is_another_card);
	g_test_add_func("/card/fingerprints-compare", test_fingerprints_compare);
	g_test_add_func("/card/paths", test_paths);
	g_test_add_func("/card/absent", test_absent);
	return g_test_run();
}
