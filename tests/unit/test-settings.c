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

/* ---- what "hotseat set" writes --------------------------------------------------------------- */

/* follow_of - from monitor, host's and guest's input, and so on */
static GPtrArray *follow_of(const char *const *words)
{
	GPtrArray *array = g_ptr_array_new_with_free_func(g_free);

	for (; words[0] != NULL; words += 3) {
		struct settings_follow *follow = g_new0(struct settings_follow, 1);

		follow->monitor = (char *)(guintptr)words[0];
		follow->host = (char *)(guintptr)words[1];
		follow->guest = (char *)(guintptr)words[2];
		g_ptr_array_add(array, follow);
	}
	return array;
}

/* Somebody's own lines stay, with what was written beside them. */
#define OWN                                                                                        \
	"# the desk in the corner\n\n"                                                             \
	"[seat]\n"                                                                                 \
	"# the good one\n"                                                                         \
	"inputs=/dev/input/by-id/usb-K-event-kbd\n"

static void test_put_chord(void)
{
	static const struct {
		const char *before, *chord, *after;
	} cases[] = {
		{ "", "leftmeta+f1", "[chords]\nwin11=leftmeta+f1\n" },
		{ OWN, "leftmeta+f1", OWN "\n[chords]\nwin11=leftmeta+f1\n" },
		{ "[chords]\nwin10=f9\nwin11=f1\n", "f2", "[chords]\nwin10=f9\nwin11=f2\n" },
		{ "[chords]\nwin10=f9\nwin11=f1\n", NULL, "[chords]\nwin10=f9\n" },
		{ OWN "[chords]\nwin11=f1\n", NULL, OWN },
		{ "", NULL, "" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		g_autofree char *after = settings_put_chord(cases[i].before, "seat0.conf", "win11",
							    cases[i].chord, &error);

		g_assert_no_error(error);
		g_assert_cmpstr(after, ==, cases[i].after);
	}
}

static void test_put_monitors(void)
{
	static const struct {
		const char *before;
		const char *follow[4];
		const char *after;
	} cases[] = {
		{ "", { "U2720Q", "dp1", "hdmi1" }, "[monitor U2720Q]\nhost=dp1\nwin11=hdmi1\n" },
		/* others go on with the one that this guest leaves alone now */
		{ "[monitor A]\nhost=dp1\nwin10=dp2\nwin11=hdmi1\n",
		  { "B", "dvi1", "dp1" },
		  "[monitor A]\nhost=dp1\nwin10=dp2\n\n[monitor B]\nhost=dvi1\nwin11=dp1\n" },
		{ OWN "[monitor A]\nhost=dp1\nwin11=hdmi1\n", { NULL }, OWN },
		{ "[monitor A]\nhost=dp1\nwin11=hdmi1\n",
		  { "A", "dp2", "hdmi2" },
		  "[monitor A]\nhost=dp2\nwin11=hdmi2\n" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GPtrArray) follow = follow_of(cases[i].follow);
		g_autoptr(GError) error = NULL;
		g_autofree char *after = settings_put_monitors(cases[i].before, "seat0.conf",
							       "win11", follow, &error);

		g_assert_no_error(error);
		g_assert_cmpstr(after, ==, cases[i].after);
	}
}

/* What hotseatd would not take is not written. */
static void test_put_refused(void)
{
	static const struct {
		const char *before, *chord, *words;
	} cases[] = {
		{ "", "leftctrl+rightctrl", "[chords]" },
		{ "", "alt-alt", "no key is called" },
		{ "[chords]\nwin10=f9\n", "f9", "[chords]" },
		{ "no group\n", "f9", "seat0.conf" },
		{ "[seat]\ninputs=/etc/passwd\n", "f9", "/etc/passwd" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;

		g_assert_null(settings_put_chord(cases[i].before, "seat0.conf", "win11",
						 cases[i].chord, &error));
		g_assert_true(hotseat_error_is(error, HOTSEAT_ERROR_UNREADABLE));
		g_assert_nonnull(strstr(error->message, cases[i].words));
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/settings/usual", test_usual);
	g_test_add_func("/settings/everything", test_everything);
	g_test_add_func("/settings/slips", test_slips);
	g_test_add_func("/settings/put-chord", test_put_chord);
	g_test_add_func("/settings/put-monitors", test_put_monitors);
	g_test_add_func("/settings/put-refused", test_put_refused);
	return g_test_run();
}
