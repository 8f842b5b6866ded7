/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "core/error.h"
#include "manifest.h"
#include "plan/choose.h"
#include "plan/reason.h"

/* Memory, inputs and the card; the cores have tests of their own. */

#define GIB ((guint64)1024 * 1024)

/* MM-01: what cannot be pinned must be refused before the host runs out of memory. */
static void test_memory(void)
{
	static const struct {
		guint64 total, available, wanted, expected; /* 0: refused */
	} cases[] = {
		{ 64 * GIB, 60 * GIB, 0, 16 * GIB },
		{ 32 * GIB, 30 * GIB, 0, 16 * GIB },
		{ 16 * GIB, 14 * GIB, 0, 8 * GIB },
		{ 16 * GIB, 5 * GIB, 0, 4 * GIB }, /* less than half, as programs run */
		{ 2 * GIB, GIB * 3 / 2, 0, GIB },
		{ 16 * GIB, 14 * GIB, 12 * GIB, 12 * GIB },
		{ 16 * GIB, 14 * GIB, 12 * GIB + 2048, 0 }, /* the host keeps 4 GiB */
		{ 16 * GIB, 8 * GIB, 8 * GIB, 0 },          /* QEMU needs some as well */
		{ 2 * GIB, GIB * 3 / 2, GIB / 2, GIB / 2 },
		{ 16 * GIB, 14 * GIB, GIB + 1, GIB }, /* whole pages, never more than asked */
		{ 16 * GIB, 14 * GIB, 1024, 0 },
		{ 16 * GIB, 100, 0, 0 },
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		const struct memory memory = { cases[i].total, cases[i].available };
		g_autoptr(GPtrArray) reasons = reasons_new();
		g_autoptr(GError) error = NULL;
		guint64 kib = choose_memory(&memory, cases[i].wanted, reasons, &error);

		g_assert_cmpuint(kib, ==, cases[i].expected);
		g_assert_cmpuint(kib % 2048, ==, 0);
		g_assert_cmpint(hotseat_error_is(error, HOTSEAT_ERROR_REFUSED), ==, kib == 0);
		g_assert_cmpuint(reasons->len, ==, kib != 0);
	}
}

static char *writable(const char *text)
{
	return g_strdup(text);
}

static void add_input(GPtrArray *inputs, enum input_kind kind, const char *path, const char *phys,
		      gboolean made_by_program)
{
	struct input *input = g_new0(struct input, 1);

	input->name = writable(path != NULL ? path : "nameless");
	input->stable_path = writable(path);
	input->phys = writable(phys);
	input->kind = kind;
	input->virtual_device = made_by_program;
	g_ptr_array_add(inputs, input);
}

static void free_input(gpointer data)
{
	struct input *input = data;

	g_free(input->name);
	g_free(input->stable_path);
	g_free(input->phys);
	g_free(input);
}

/* IN-04: the macro keys of a mouse are a keyboard too, but not the one people type on. */
static void test_inputs(void)
{
	g_autoptr(GPtrArray) inputs = g_ptr_array_new_with_free_func(free_input);
	g_autoptr(GPtrArray) reasons = reasons_new();

	add_input(inputs, INPUT_KEYBOARD, NULL, "isa0060/serio0", FALSE);
	g_assert_null(choose_input(inputs, INPUT_KEYBOARD, reasons));
	g_assert_null(choose_input(inputs, INPUT_MOUSE, reasons));
	add_input(inputs, INPUT_KEYBOARD, "/dev/input/by-id/keyd", NULL, TRUE);
	add_input(inputs, INPUT_MOUSE, "/dev/input/by-id/m", "usb-0000:00:14.0-2", FALSE);
	add_input(inputs, INPUT_KEYBOARD, "/dev/input/by-id/m-if01", "usb-0000:00:14.0-2", FALSE);
	add_input(inputs, INPUT_KEYBOARD, "/dev/input/by-path/k", "usb-0000:00:14.0-22", FALSE);
	g_assert_true(choose_input(inputs, INPUT_KEYBOARD, reasons) == inputs->pdata[4]);
	g_assert_true(choose_input(inputs, INPUT_MOUSE, reasons) == inputs->pdata[2]);
	g_assert_cmpuint(reasons->len, ==, 4);
}

/* Two cards, 00:02.0 of the firmware and 01:00.0, as most machines have them. */
struct desk {
	struct pcidev devices[3];
	struct card cards[2];
	struct card_blocker blocker;
	struct machine machine;
	struct manifest *manifest;
};

#define NAMES(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void desk_init(struct desk *desk)
{
	static const char *const addresses[] = { "0000:00:02.0", "0000:01:00.0", "0000:03:00.0" };

	memset(desk, 0, sizeof(*desk));
	desk->manifest = manifest_build("dir sys/bus/pci/devices");
	desk->machine.root = desk->manifest->root;
	desk->machine.cards = g_ptr_array_new();
	for (guint i = 0; i < 3; i++) {
		desk->devices[i].address = g_strdup(addresses[i]);
		desk->devices[i].name = g_strdup_printf("Device %u", i);
		desk->devices[i].driver_known = KNOWN_YES;
		desk->devices[i].numa_node = -1;
		desk->devices[i].class = 0x030000;
	}
	desk->devices[0].boot_vga = KNOWN_YES;
	desk->devices[1].boot_vga = KNOWN_NO;
	for (guint i = 0; i < 2; i++) {
		desk->cards[i].functions = g_ptr_array_new();
		desk->cards[i].blockers = g_ptr_array_new();
		desk->cards[i].fingerprint = g_strdup_printf("print-%u", i);
		g_ptr_array_add(desk->cards[i].functions, &desk->devices[i]);
		g_ptr_array_add(desk->machine.cards, &desk->cards[i]);
	}
}

static void desk_clear(struct desk *desk)
{
	g_ptr_array_unref(desk->machine.cards);
	manifest_free(desk->manifest);
	for (guint i = 0; i < 3; i++) {
		g_free(desk->devices[i].address);
		g_free(desk->devices[i].name);
		g_free(desk->devices[i].driver);
	}
	for (guint i = 0; i < 2; i++) {
		g_ptr_array_unref(desk->cards[i].functions);
		g_ptr_array_unref(desk->cards[i].blockers);
		g_free(desk->cards[i].fingerprint);
	}
	g_free(desk->blocker.why);
}

static void test_card_in_slot_wins(void)
{
	g_autoptr(GPtrArray) reasons = reasons_new();
	g_autoptr(GPtrArray) cards = NULL;
	g_autoptr(GError) error = NULL;
	struct desk desk;

	desk_init(&desk);
	cards = choose_own_cards(&desk.machine, NULL, reasons, &error);
	g_assert_no_error(error);
	g_assert_cmpuint(cards->len, ==, 1);
	g_assert_true(cards->pdata[0] == &desk.cards[1]);
	g_assert_cmpuint(reasons->len, ==, 1);
	desk_clear(&desk);
}

/* A refusal that does not name the device and driver in the way helps nobody. */
static void test_blocked_card_is_refused_by_name(void)
{
	g_autoptr(GPtrArray) reasons = reasons_new();
	g_autoptr(GError) error = NULL;
	struct desk desk;

	desk_init(&desk);
	desk.devices[2].driver = g_strdup("r8169");
	desk.blocker.dev = &desk.devices[2];
	desk.blocker.why = g_strdup("0000:03:00.0 (a network card) is driven by r8169");
	desk.cards[1].verdict = CARD_BLOCKED;
	g_ptr_array_add(desk.cards[1].blockers, &desk.blocker);
	g_assert_null(choose_own_cards(&desk.machine, NAMES("0000:01:00.0"), reasons, &error));
	g_assert_true(hotseat_error_is(error, HOTSEAT_ERROR_REFUSED));
	g_assert_nonnull(strstr(error->message, "0000:03:00.0"));
	g_assert_nonnull(strstr(error->message, "r8169"));
	desk_clear(&desk);
}

/* In the order that was asked for: the first is the one that the guest's cores are near to. */
static void test_several_cards(void)
{
	g_autoptr(GPtrArray) reasons = reasons_new();
	g_autoptr(GPtrArray) cards = NULL;
	g_autoptr(GError) error = NULL;
	const struct reason *last;
	struct desk desk;

	desk_init(&desk);
	cards = choose_own_cards(&desk.machine, NAMES("01:00.0", "00:02.0"), reasons, &error);
	g_assert_no_error(error);
	g_assert_cmpuint(cards->len, ==, 2);
	g_assert_true(cards->pdata[0] == &desk.cards[1] && cards->pdata[1] == &desk.cards[0]);
	g_assert_cmpuint(reasons->len, ==, 2);
	/* The desktop would lose its last display, which neither of the two is alone. */
	last = reasons->pdata[1];
	g_assert_nonnull(strstr(last->why, "beware"));
	g_assert_null(strstr(((const struct reason *)reasons->pdata[0])->why, "beware"));
	desk_clear(&desk);
}

/* Each of them has to be one that can be lent, and another one. */
static void test_several_cards_are_refused(void)
{
	g_autoptr(GPtrArray) reasons = reasons_new();
	g_autoptr(GError) error = NULL;
	struct desk desk;

	desk_init(&desk);
	g_assert_null(
		choose_own_cards(&desk.machine, NAMES("01:00.0", "0000:01:00.0"), reasons, &error));
	g_assert_true(hotseat_error_is(error, HOTSEAT_ERROR_REFUSED));
	g_assert_nonnull(strstr(error->message, "one card"));
	g_clear_error(&error);
	g_assert_null(
		choose_own_cards(&desk.machine, NAMES("01:00.0", "09:00.0"), reasons, &error));
	g_assert_true(hotseat_error_is(error, HOTSEAT_ERROR_ABSENT));
	g_clear_error(&error);
	desk.cards[0].verdict = CARD_NO_GROUP;
	g_assert_null(
		choose_own_cards(&desk.machine, NAMES("01:00.0", "00:02.0"), reasons, &error));
	g_assert_true(hotseat_error_is(error, HOTSEAT_ERROR_REFUSED));
	g_assert_nonnull(strstr(error->message, "0000:00:02.0"));
	g_assert_cmpuint(reasons->len, ==, 0);
	desk_clear(&desk);
}

static void test_no_card(void)
{
	g_autoptr(GPtrArray) reasons = reasons_new();
	g_autoptr(GError) error = NULL;
	struct desk desk;

	desk_init(&desk);
	g_assert_null(choose_own_cards(&desk.machine, NAMES("0000:09:00.0"), reasons, &error));
	g_assert_true(hotseat_error_is(error, HOTSEAT_ERROR_ABSENT));
	g_clear_error(&error);
	g_ptr_array_set_size(desk.machine.cards, 0);
	g_assert_null(choose_own_cards(&desk.machine, NULL, reasons, &error));
	g_assert_true(hotseat_error_is(error, HOTSEAT_ERROR_ABSENT));
	desk_clear(&desk);
}

/* No IOMMU: every card is out of reach, and the user is sent to the command that knows more. */
static void test_no_iommu(void)
{
	g_autoptr(GPtrArray) reasons = reasons_new();
	g_autoptr(GError) error = NULL;
	struct desk desk;

	desk_init(&desk);
	desk.cards[0].verdict = desk.cards[1].verdict = CARD_NO_GROUP;
	g_assert_null(choose_own_cards(&desk.machine, NULL, reasons, &error));
	g_assert_true(hotseat_error_is(error, HOTSEAT_ERROR_REFUSED));
	g_assert_nonnull(strstr(error->message, "hotseat check"));
	desk_clear(&desk);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/plan/memory", test_memory);
	g_test_add_func("/plan/inputs", test_inputs);
	g_test_add_func("/plan/card-in-slot-wins", test_card_in_slot_wins);
	g_test_add_func("/plan/blocked-card-is-refused-by-name",
			test_blocked_card_is_refused_by_name);
	g_test_add_func("/plan/several-cards", test_several_cards);
	g_test_add_func("/plan/several-cards-are-refused", test_several_cards_are_refused);
	g_test_add_func("/plan/no-card", test_no_card);
	g_test_add_func("/plan/no-iommu", test_no_iommu);
	return g_test_run();
}
