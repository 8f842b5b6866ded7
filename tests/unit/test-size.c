/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/error.h"
#include "core/size.h"

/* A slip in a size makes a guest of 16 KiB or takes all memory of the host. */
static void test_parses_what_people_write(void)
{
	static const struct {
		const char *text;
		guint64 bare, bytes;
	} cases[] = {
		{ "8192", 1 << 20, G_GUINT64_CONSTANT(8192) << 20 },
		{ "512M", 1, 512 << 20 },
		{ "16G", 1, G_GUINT64_CONSTANT(16) << 30 },
		{ "1.5 GiB", 1, G_GUINT64_CONSTANT(1536) << 20 },
		{ "2tb", 1, G_GUINT64_CONSTANT(2) << 40 },
		{ "64k", 1, 64 << 10 },
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		guint64 bytes = 0;

		g_assert_true(size_parse(cases[i].text, cases[i].bare, &bytes, NULL));
		g_assert_cmpuint(bytes, ==, cases[i].bytes);
	}
}

static void test_refuses_the_rest(void)
{
	static const char *const texts[] = { "",    "G",   "-1G",  "0",   "12X",  "1GB2",
					     "inf", "nan", "1e30", " 5G", "0x10", "5 G i B" };

	for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autoptr(GError) error = NULL;
		guint64 bytes = 7;

		if (size_parse(texts[i], 1 << 20, &bytes, &error))
			g_error("\"%s\" was taken for %" G_GUINT64_FORMAT, texts[i], bytes);
		g_assert_true(hotseat_error_is(error, HOTSEAT_ERROR_USAGE));
		g_assert_cmpuint(bytes, ==, 7);
	}
}

static void test_formats(void)
{
	static const struct {
		guint64 bytes;
		const char *text;
	} cases[] = {
		{ 512, "512 B" },
		{ 1024, "1 KiB" },
		{ 256 << 20, "256 MiB" },
		{ G_GUINT64_CONSTANT(16) << 30, "16 GiB" },
		{ G_GUINT64_CONSTANT(1536) << 20, "1.5 GiB" },
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *text = size_format(cases[i].bytes);

		g_assert_cmpstr(text, ==, cases[i].text);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/size/parses-what-people-write", test_parses_what_people_write);
	g_test_add_func("/size/refuses-the-rest", test_refuses_the_rest);
	g_test_add_func("/size/formats", test_formats);
	return g_test_run();
}
