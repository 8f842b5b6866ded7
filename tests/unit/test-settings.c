/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Protects: a seat is as its file says, and a file with a slip in it is named with group and key,
 * not half obeyed.
 */
#include "hotseatd/settings.h"

#include <string.h>

#include "core/error.h"

static struct settings *parse(const char *text, GError **error)
{
	return settings_parse(text, strlen(text), "seat0.conf", error);
}

static void test_usual(void)
{
	g_autoptr(GError) error = NULL;
	autoptr(settings) empty = parse("", &error);
	autoptr(settings) absent = settings_read("/nonexistent/seat0.conf", &error);

	g_assert_no_error(error);
	g_assert_null(empty->inputs);
	g_assert_null(empty->programs);
	g_assert_cmpuint(empty->chord.n_keys, ==, 2);
	g_assert_cmpuint(empty->monitors->len, ==, 0);
	g_assert_cmpuint(absent->panic.n_keys, ==, 3);
}

static void test_everything(void)
{
	static const char text[] =
		"[seat]\n"
		"inputs=/dev/input/by-id/usb-K-event-kbd\n"
		"programs=keyd_virtual_keyboard;keyd_virtual_pointer\n"
		"chord=leftmeta+f12\n"
		"[chords]\n"
		"win11=leftmeta+f1\n"
		"[monitor Dell S2716DG]\n"
		"host=hdmi1\n"
		"win11=dp1\n";
	g_autoptr(GError) error = NULL;
	autoptr(settings) settings = parse(text, &error);
	const struct settings_monitor *monitor;

	g_assert_no_error(error);
	g_assert_cmpstr(settings->inputs[0], ==, "/dev/input/by-id/usb-K-event-kbd");
	g_assert_null(settings->inputs[1]);
	g_assert_cmpstr(settings->programs[0], ==, "keyd_virtual_keyboard");
	g_assert_cmpstr(settings->programs[1], ==, "keyd_virtual_pointer");
	g_assert_null(settings->programs[2]);
	g_assert_cmpuint(settings->chord.keys[1], ==, 88);
	g_assert_true(g_hash_table_contains(settings->direct, "win11"));
	monitor = g_ptr_array_index(settings->monitors, 0);
	g_assert_cmpstr(monitor->name, ==, "Dell S2716DG");
	g_assert_cmpstr(g_hash_table_lookup(monitor->inputs, "win11"), ==, "dp1");
}

static void test_slips(void)
{
	static const struct {
		const char *text, *words;
	} cases[] = {
		{ "[seat]\ninputs=/etc/passwd\n", "[seat] inputs: /etc/passwd" },
		{ "[seat]\nprograms=../event3\n", "[seat] programs: \"../event3\"" },
		{ "[seat]\nprograms=a;..\n", "[seat] programs: \"..\"" },
		{ "[seat]\nprograms=;\n", "[seat] programs" },
		{ "[seat]\nchord=leftctl\n", "[seat] chord" },
		{ "[chords]\nwin11=leftctrl\n", "[chords]" },
		{ "[chords]\nno/name=f1\n", "no/name" },
		{ "[monitor X]\nwin11=dp1\n", "[monitor X] host" },
		{ "no group\n", "seat0.conf: " },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		autoptr(settings) settings = parse(cases[i].text, &error);

		g_assert_null(settings);
		g_assert_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_UNREADABLE);
		g_assert_true(g_str_has_prefix(error->message, "seat0.conf: "));
		if (strstr(error->message, cases[i].words) == NULL)
			g_error("\"%s\" is not in \"%s\"", cases[i].words, error->message);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/settings/usual", test_usual);
	g_test_add_func("/settings/everything", test_everything);
	g_test_add_func("/settings/slips", test_slips);
	return g_test_run();
}
