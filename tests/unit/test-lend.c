/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "core/error.h"
#include "lend/lend.h"
#include "manifest.h"

/*
 * Which cards a guest gets on the machine as it is now: by what they are and where, never by
 * address alone, all of them or none.
 */
#define LINK(port, bus)                                                                            \
	"sys/bus/pci/devices/0000:" bus ":00.0 -> ../../../devices/" PLACE(port, bus) "\n"
#define PLACE(port, bus) "pci0000:00/0000:00:" port "/0000:" bus ":00.0"
#define AT(port, bus)                                                                              \
	LINK(port, bus)                                                                            \
	"sys/devices/" PLACE(port, bus) "/class = 0x030000\nsys/devices/" PLACE(                   \
		port, bus) "/vendor = 0x10de\nsys/devices/" PLACE(port, bus) "/device = 0x2204\n"
#define DISK LINK("1d.0", "05") "sys/devices/" PLACE("1d.0", "05") "/class = 0x010802\n"
#define CARD(port) "<h:card fingerprint='10de:2204/0000:0000/030000/00@00:" port "-00.0'/>"
#define PASSED(bus)                                                                                \
	"<hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' "      \
	"bus='0x" bus "' slot='0x00' function='0x0'/></source></hostdev>"

static struct machine *read_machine(const struct manifest *manifest)
{
	g_autoptr(GError) error = NULL;
	struct machine *machine =
		machine_read(root_open(manifest->folder, NULL), MACHINE_DEVICES, &error);

	g_assert_no_error(error);
	return machine;
}

static struct domain_facts *read_guest(const char *cards, const char *devices)
{
	g_autofree char *xml = g_strconcat(
		"<domain><name>win</name><metadata><h:guest "
		"xmlns:h='" DOMAIN_METADATA_URI "'>",
		cards, "</h:guest></metadata><devices>", devices, "</devices></domain>", NULL);
	g_autoptr(GError) error = NULL;
	struct domain_facts *facts = domain_facts_parse(xml, &error);

	g_assert_no_error(error);
	return facts;
}

/* Twins, told apart by where they are, in the order of the guest's metadata. */
static void test_two(void)
{
	autoptr(manifest) manifest = manifest_build(AT("01.0", "01") AT("02.0", "02"));
	autoptr(machine) machine = read_machine(manifest);
	autoptr(domain_facts) facts =
		read_guest(CARD("02.0") CARD("01.0"), PASSED("02") PASSED("01"));
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) cards = lend_find_cards(machine, facts, &error);

	g_assert_no_error(error);
	g_assert_cmpuint(cards->len, ==, 2);
	g_assert_cmpstr(card_display(cards->pdata[0])->address, ==, "0000:02:00.0");
	g_assert_cmpstr(card_display(cards->pdata[1])->address, ==, "0000:01:00.0");
}

/* What guests of one card have always had in their metadata. */
static void test_one(void)
{
	autoptr(manifest) manifest = manifest_build(AT("01.0", "01") AT("02.0", "02"));
	autoptr(machine) machine = read_machine(manifest);
	autoptr(domain_facts) facts = read_guest(CARD("01.0"), PASSED("01"));
	g_autoptr(GPtrArray) cards = lend_find_cards(machine, facts, NULL);

	g_assert_cmpuint(cards->len, ==, 1);
	g_assert_cmpstr(card_display(cards->pdata[0])->address, ==, "0000:01:00.0");
}

static void test_refusals(void)
{
	static const struct {
		const char *machine, *cards, *devices;
		int code;
		const char *said;
	} cases[] = {
		/* one is not plugged in any more, and its twin would stand for both */
		{ AT("01.0", "01"), CARD("01.0") CARD("02.0"), PASSED("01") PASSED("02"),
		  HOTSEAT_ERROR_REFUSED, "are one card, the one at 0000:01:00.0" },
		/* both moved: which is which? */
		{ AT("03.0", "01") AT("04.0", "02"), CARD("01.0") CARD("02.0"),
		  PASSED("01") PASSED("02"), HOTSEAT_ERROR_REFUSED, "must be said by address" },
		/* a new card before them has moved the buses */
		{ AT("01.0", "02") AT("02.0", "03"), CARD("01.0") CARD("02.0"),
		  PASSED("01") PASSED("02"), HOTSEAT_ERROR_REFUSED,
		  "its cards are at 0000:02:00.0 and 0000:03:00.0 now" },
		/* neither of them is there */
		{ DISK, CARD("01.0") CARD("02.0"), PASSED("01") PASSED("02"), HOTSEAT_ERROR_ABSENT,
		  "one of the cards of win" },
		/* a disk that was added with virt-manager is not a card that moved */
		{ AT("01.0", "01") AT("02.0", "02") DISK, CARD("01.0") CARD("02.0"),
		  PASSED("01") PASSED("02") PASSED("05"), HOTSEAT_ERROR_REFUSED,
		  "0000:05:00.0 (*, which is no part of a graphics card" },
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		autoptr(manifest) manifest = manifest_build(cases[i].machine);
		autoptr(machine) machine = read_machine(manifest);
		autoptr(domain_facts) facts = read_guest(cases[i].cards, cases[i].devices);
		g_autofree char *pattern = g_strconcat("*", cases[i].said, "*", NULL);
		g_autoptr(GError) error = NULL;

		g_assert_null(lend_find_cards(machine, facts, &error));
		g_assert_cmpint(error->code, ==, cases[i].code);
		if (!g_pattern_match_simple(pattern, error->message))
			g_error("\"%s\" is not in: %s", cases[i].said, error->message);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/lend/two", test_two);
	g_test_add_func("/lend/one", test_one);
	g_test_add_func("/lend/refusals", test_refusals);
	return g_test_run();
}
