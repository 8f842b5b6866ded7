/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <glib/gstdio.h>
#include <string.h>

#include "core/error.h"
#include "monitor/i2c.h"
#include "monitor/learned.h"
#include "monitor/model.h"

static const guint8 LISTED[] = { 0x0f, 0x10, 0x11, 0x1b };

static struct model *make(const char *manufacturer, guint16 product)
{
	struct edid edid = { .product = product };

	g_strlcpy(edid.manufacturer, manufacturer, sizeof(edid.manufacturer));
	return model_new(&edid, LISTED, G_N_ELEMENTS(LISTED));
}

static gboolean is_hex(const char *text, gsize length)
{
	return strlen(text) == length && strspn(text, "0123456789abcdef") == length;
}

/* The data file's linter: an address and a date for everything, and nothing twice. */
static void test_file(void)
{
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	gsize n = 0;
	const struct quirk *rows = quirks_table(&n);

	g_assert_cmpuint(n, >, 10);
	for (gsize i = 0; i < n; i++) {
		g_test_message("%s %s %s", rows[i].manufacturer, rows[i].first, rows[i].input);
		g_assert_true(
			g_hash_table_add(seen, g_strjoin(" ", rows[i].manufacturer, rows[i].first,
							 rows[i].feature, rows[i].input, NULL)));
		g_assert_cmpuint(strlen(rows[i].manufacturer), ==, 3);
		g_assert_true(is_hex(rows[i].first, 4) && is_hex(rows[i].last, 4));
		g_assert_cmpstr(rows[i].first, <=, rows[i].last);
		g_assert_true(is_hex(rows[i].feature, 2) && is_hex(rows[i].told, 2));
		g_assert_true(is_hex(rows[i].reads, 2) || g_str_equal(rows[i].reads, "-"));
		g_assert_true(learned_is_name(rows[i].input));
		g_assert_true(g_str_has_prefix(rows[i].source, "https://"));
		g_assert_true(
			g_regex_match_simple("^20[0-9]{2}-(0[1-9]|1[0-2])$", rows[i].date, 0, 0));
	}
}

static void expect_input(const struct model *model, const char *text, guint feature, guint told)
{
	g_autoptr(GError) error = NULL;
	const struct monitor_input *input = model_find_input(model, text, &error);

	g_assert_no_error(error);
	g_assert_cmphex(input->feature, ==, feature);
	g_assert_cmphex(input->told, ==, told);
}

static void test_names(void)
{
	static const char *const unknown[] = { "hdmi2", "dp", "",   "x",
					       "0x12",  "0x", "17", "hdmi-1-1" };
	autoptr(model) model = make("ABC", 1);
	g_autofree char *names = model_format_inputs(model);

	g_assert_cmpstr(names, ==, "dp1, dp2, hdmi1, x1b");
	expect_input(model, "dp1", 0x60, 0x0f);
	expect_input(model, "DisplayPort-2", 0x60, 0x10);
	expect_input(model, "HDMI", 0x60, 0x11);
	expect_input(model, "0x1b", 0x60, 0x1b);
	expect_input(model, "x1b", 0x60, 0x1b);
	for (gsize i = 0; i < G_N_ELEMENTS(unknown); i++) {
		g_autoptr(GError) error = NULL;

		g_assert_null(model_find_input(model, unknown[i], &error));
		g_assert_true(hotseat_error_is(error, HOTSEAT_ERROR_ABSENT));
	}
}

/* Facts about a model go before what it lists; a maker's own way stands beside it. */
static void test_quirks(void)
{
	autoptr(model) dell = make("DEL", 0x41b7), *other = NULL, *lg = NULL;
	g_autofree char *names = model_format_inputs(dell);

	g_assert_cmpstr(names, ==, "dp1, dp2, hdmi1, usbc1");
	expect_input(dell, "usb-c", 0x60, 0x1b);
	lg = make("GSM", 0x1234);
	expect_input(lg, "hdmi1", 0x60, 0x11);
	expect_input(lg, "hdmi1-f4", 0xf4, 0x90);
	other = make("DEL", 0x41b8);
	g_assert_null(model_find_input(other, "usbc1", NULL));
}

/* Makers of a few monitors have characters that a file of settings has other uses for. */
static void test_remember(gconstpointer maker)
{
	g_autofree char *folder = g_dir_make_tmp("hotseat-monitors-XXXXXX", NULL);
	g_autofree char *below = g_build_filename(folder, "etc", NULL);
	g_autofree char *path = g_build_filename(below, "monitors.conf", NULL);
	autoptr(model) taught = make(maker, 1), *fresh = make(maker, 1), *twin = make(maker, 2);
	struct monitor_input input = { .name = g_strdup("hdmi1"),
				       .feature = 0xf4,
				       .told = 0x90,
				       .reads = 0x14,
				       .blind = TRUE,
				       .origin = INPUT_TAUGHT,
				       .back = KNOWN_NO };
	const struct monitor_input *found;
	g_autoptr(GError) error = NULL;

	g_assert_true(learned_apply(path, taught, &error));
	model_teach(taught, &input);
	g_assert_true(learned_save(path, taught, &error));
	/* what is said of another model stays */
	g_assert_true(learned_save(path, twin, &error));
	g_assert_true(learned_apply(path, fresh, &error));
	found = model_find_input(fresh, "hdmi1", &error);
	g_assert_no_error(error);
	g_assert_cmphex(found->feature, ==, 0xf4);
	g_assert_cmphex(found->told, ==, 0x90);
	g_assert_cmphex(found->reads, ==, 0x14);
	g_assert_true(found->blind);
	g_assert_cmpint(found->back, ==, KNOWN_NO);
	g_assert_cmpint(found->origin, ==, INPUT_TAUGHT);
	g_assert_null(model_input_shown(fresh, 0x14));
	g_unlink(path);
	g_rmdir(below);
	g_rmdir(folder);
}

/* A file that somebody has mended wrongly is said, with its name; nothing of it is used. */
static void test_damaged(void)
{
	static const char *const texts[] = {
		"[ABC 0001\n",
		"[ABC 0001]\ninputs=dp1\n",
		"[ABC 0001]\ninputs=dp1;\ndp1=0f\ninputs=dp2;\n",
		"[ABC 0001]\ninputs=dp1;\ndp1=100\n",
		"[ABC 0001]\ninputs=dp1;\ndp1=zz\n",
		"[ABC 0001]\ninputs=../x;\n../x=01\n",
		"[ABC 0001]\ninputs=dp1;hdmi1;\ndp1=01\nhdmi1=11\nhdmi1-reads=\n",
	};
	g_autofree char *path = NULL;

	g_close(g_file_open_tmp("hotseat-monitors-XXXXXX", &path, NULL), NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		autoptr(model) model = make("ABC", 1);
		g_autofree char *names = NULL;
		g_autoptr(GError) error = NULL;

		g_test_message("%s", texts[i]);
		g_assert_true(g_file_set_contents(path, texts[i], -1, NULL));
		g_assert_false(learned_apply(path, model, &error));
		g_assert_true(hotseat_error_is(error, HOTSEAT_ERROR_UNREADABLE));
		g_assert_nonnull(strstr(error->message, path));
		names = model_format_inputs(model);
		g_assert_cmpstr(names, ==, "dp1, dp2, hdmi1, x1b");
	}
	g_unlink(path);
}

/* Source: the example of ddcutil's own "setvcp xF4 x90 --i2c-source-addr x50" */
static void test_packet(void)
{
	guint8 bytes[I2C_SET_SIZE], sum = 0x6e;

	i2c_make_set(bytes, 0x50, 0xf4, 0x90);
	g_assert_cmphex(bytes[0], ==, 0x50);
	g_assert_cmphex(bytes[1], ==, 0x84);
	g_assert_cmphex(bytes[2], ==, 0x03);
	g_assert_cmphex(bytes[3], ==, 0xf4);
	g_assert_cmphex(bytes[4], ==, 0x00);
	g_assert_cmphex(bytes[5], ==, 0x90);
	for (guint i = 0; i < sizeof(bytes); i++)
		sum ^= bytes[i];
	g_assert_cmphex(sum, ==, 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/monitor-model/file", test_file);
	g_test_add_func("/monitor-model/names", test_names);
	g_test_add_func("/monitor-model/quirks", test_quirks);
	g_test_add_data_func("/monitor-model/remember", "ABC", test_remember);
	g_test_add_data_func("/monitor-model/remember-odd-maker", "[M]", test_remember);
	g_test_add_func("/monitor-model/damaged", test_damaged);
	g_test_add_func("/monitor-model/packet", test_packet);
	return g_test_run();
}
