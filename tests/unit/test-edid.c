/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>

#include "corpus.h"
#include "machine/edid.h"

/* A base block made up: maker "ABC", product 0x1234, one timing and a name. */
static void make_block(guint8 *block)
{
	static const guint8 header[] = { 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00,
					 0x04, 0x43, 0x34, 0x12, 'S',  'E',  'C',  'R' };
	/* 2560x1440 at 59.95 Hz, reduced blanking: 241.5 MHz, 2720 x 1481 */
	static const guint8 timing[] = { 0x56, 0x5e, 0x00, 0xa0, 0xa0, 0xa0, 0x29, 0x50, 0x30,
					 0x20, 0x35, 0x00, 0x56, 0x50, 0x21, 0x00, 0x00, 0x1a };
	static const guint8 name[] = { 0, 0, 0, 0xfc, 0, 'L', 'o', '\033', 'f', 't', '\n', ' ' };

	memset(block, 0, 128);
	memcpy(block, header, sizeof(header));
	block[20] = 0x80;
	memcpy(block + 54, timing, sizeof(timing));
	memcpy(block + 72, name, sizeof(name));
}

static void test_base_block(void)
{
	guint8 block[128];
	autoptr(edid) edid = NULL;
	g_autofree char *mode = NULL;

	make_block(block);
	edid = edid_parse(block, sizeof(block));
	g_assert_nonnull(edid);
	g_assert_cmpstr(edid->manufacturer, ==, "ABC");
	g_assert_cmpuint(edid->product, ==, 0x1234);
	/* what goes to a terminal cannot steer it */
	g_assert_cmpstr(edid->name, ==, "Lo.ft");
	g_assert_true(edid->digital);
	g_assert_cmpuint(edid->preferred.width, ==, 2560);
	g_assert_cmpuint(edid->preferred.height, ==, 1440);
	g_assert_cmpuint(edid->preferred.millihertz, ==, 59950);
	mode = edid_format_mode(&edid->best);
	g_assert_cmpstr(mode, ==, "2560x1440 at 60 Hz");
}

/* What real monitors do that the standard does not say. */
static void test_oddities(void)
{
	guint8 block[128];
	autoptr(edid) edid = NULL;

	make_block(block);
	/* a Surface's maker has a character that is no letter */
	block[8] = 0x36;
	block[9] = 0x7f;
	/* a name that is filled up with 0xff */
	memset(block + 72 + 5 + 2, 0xff, 11);
	/* EDID 1.0 filled what it does not have with 01: no picture of one dot at 38 Hz */
	memset(block + 54, 0x01, 18);
	memset(block + 90, 0x01, 18);
	edid = edid_parse(block, sizeof(block));
	g_assert_cmpstr(edid->manufacturer, ==, "MS_");
	g_assert_cmpstr(edid->name, ==, "Lo");
	g_assert_cmpuint(edid->preferred.width, ==, 0);
	g_assert_cmpuint(edid->modes->len, ==, 0);
}

/*
 * One half of a monitor of two tiles has no timing in its first block; and some say that their
 * timings begin where HDMI's limits still go on, which a cable is judged by.
 */
static void test_late_timing(void)
{
	static const guint8 cta[] = { 0x02, 0x03, 0x09, 0x00, /* timings from byte 9 */
				      0x67, 0x03, 0x0c, 0x00, 0x10, 0x00, 0x00, 0x2d };
	guint8 blocks[256];
	autoptr(edid) edid = NULL;

	make_block(blocks);
	memset(blocks + 128, 0, 128);
	memcpy(blocks + 128, cta, sizeof(cta));
	memcpy(blocks + 128 + 9 + 18, blocks + 54, 18);
	memset(blocks + 54, 0, 18);
	edid = edid_parse(blocks, sizeof(blocks));
	g_assert_cmpuint(edid->preferred.width, ==, 2560);
	g_assert_true(edid->hdmi);
	g_assert_cmpuint(edid->tmds_hz, ==, 225000000);
}

/* 144 Hz is in an extension on most monitors that have it. */
static void test_extensions(void)
{
	/* DisplayID 1.3, one timing of type I: 1920x1080, 2080 x 1157, 346.5 MHz: 143.98 Hz */
	static const guint8 displayid[] = { 0x70, 0x13, 0x17, 0x03, 0x00, 0x03, 0x00,
					    0x14, 0x59, 0x87, 0x00, 0x84, 0x7f, 0x07,
					    0x9f, 0x00, 0x2f, 0x00, 0x1f, 0x00, 0x37,
					    0x04, 0x4c, 0x00, 0x02, 0x00, 0x04, 0x00 };
	guint8 blocks[256];
	autoptr(edid) edid = NULL;

	make_block(blocks);
	blocks[54] = 0x01; /* the base block's own timing becomes a slow one */
	blocks[55] = 0x10;
	blocks[56] = 0x80;
	blocks[58] = 0x70;
	blocks[59] = 0x38;
	blocks[61] = 0x40;
	memset(blocks + 128, 0, 128);
	memcpy(blocks + 128, displayid, sizeof(displayid));
	edid = edid_parse(blocks, sizeof(blocks));
	g_assert_cmpuint(edid->best.width, ==, 1920);
	g_assert_cmpuint(edid->best.millihertz / 1000, ==, 143);
}

/*
 * A television's numbered modes, and what its input takes: without the second, 4K at 60 Hz would be
 * promised to a cable that carries half of it.
 */
static void test_hdmi(void)
{
	static const guint8 cta[] = { 0x02, 0x03, 0x10, 0x00,       /* timings from byte 16 */
				      0x42, 0x90, 0x61,             /* 16, native, and 97 */
				      0x67, 0x03, 0x0c, 0x00, 0x10, /* HDMI */
				      0x00, 0x00, 0x44, 0x00 };     /* 340 MHz */
	guint8 blocks[256];
	autoptr(edid) edid = NULL;
	struct edid_mode mode;
	g_autofree char *text = NULL;

	make_block(blocks);
	memset(blocks + 128, 0, 128);
	memcpy(blocks + 128, cta, sizeof(cta));
	edid = edid_parse(blocks, sizeof(blocks));
	g_assert_true(edid->hdmi);
	g_assert_false(edid->frl);
	g_assert_cmpuint(edid->tmds_hz, ==, 340000000);
	g_assert_cmpuint(edid->best.width, ==, 3840);
	g_assert_true(edid_best_within(edid, edid->tmds_hz, &mode));
	text = edid_format_mode(&mode);
	g_assert_cmpstr(text, ==, "2560x1440 at 60 Hz");
	g_assert_false(edid_best_within(edid, 1000, &mode));
}

/* Whatever the bytes are, they are read within their bounds. */
static void test_nonsense(void)
{
	guint8 blocks[384];

	g_assert_null(edid_parse(NULL, 0));
	make_block(blocks);
	g_assert_null(edid_parse(blocks, 127));
	for (guint round = 0; round < 20000; round++) {
		autoptr(edid) edid = NULL;

		for (guint i = 8; i < sizeof(blocks); i++)
			blocks[i] = (guint8)g_test_rand_int();
		blocks[128] = round % 2 == 0 ? 0x02 : 0x70;
		edid = edid_parse(blocks, sizeof(blocks) - (gsize)(round % 64));
		g_assert_nonnull(edid);
	}
}

/* decoded_value - what follows @key in the first line that holds it; NULL for none */
static char *decoded_value(const char *text, const char *key)
{
	const char *found = strstr(text, key);

	if (found == NULL)
		return NULL;
	found += strlen(key);
	return g_strndup(found, strcspn(found, "\n"));
}

static void compare_name(const struct edid *edid, const char *text, const char *file)
{
	g_autofree char *quoted = decoded_value(text, "Display Product Name: ");
	g_autofree char *wanted = NULL;

	if (quoted == NULL || strlen(quoted) < 2)
		return;
	wanted = g_strstrip(g_strndup(quoted + 1, strlen(quoted) - 2));
	/* what cannot be printed is told in other ways by others */
	if (!g_str_is_ascii(wanted) || strchr(wanted, '.') != NULL || wanted[0] == '\0')
		return;
	g_test_message("%s: %s", file, wanted);
	g_assert_cmpstr(edid->name, ==, wanted);
}

static gboolean compare_timing(const struct edid *edid, const char *text, const char *file)
{
	g_autofree char *line = decoded_value(text, "DTD 1:");
	unsigned int width, height;
	double hertz;
	char mark[2] = "";

	if (line == NULL)
		return FALSE;
	if (sscanf(line, "%ux%u%1[i]", &width, &height, mark) < 2 ||
	    sscanf(line + strcspn(line, "x"), "x%*u%*[i ]%lf", &hertz) != 1)
		return FALSE;
	g_test_message("%s: %ux%u%s %f", file, width, height, mark, hertz);
	g_assert_cmpuint(edid->preferred.width, ==, width);
	g_assert_cmpuint(edid->preferred.height, ==, height);
	g_assert_cmpint(edid->preferred.interlaced, ==, mark[0] == 'i');
	g_assert_cmpfloat_with_epsilon(edid->preferred.millihertz / 1000.0, hertz, 0.01);
	return TRUE;
}

/* The most that any line of this kind says: monitors contradict themselves. */
static guint most_of(const char *text, const char *label)
{
	guint most = 0;

	for (const char *at = strstr(text, label); at != NULL; at = strstr(at + 1, label))
		most = MAX(most, (guint)g_ascii_strtoull(at + strlen(label), NULL, 10));
	return most;
}

static gboolean compare_tmds(const struct edid *edid, const char *text, const char *file)
{
	guint most = MAX(most_of(text, "Maximum TMDS clock: "),
			 most_of(text, "Maximum TMDS Character Rate: "));

	g_test_message("%s: %u MHz", file, most);
	g_assert_cmpuint((guint)(edid->tmds_hz / 1000000), ==, most);
	return most != 0;
}

static void test_corpus(void)
{
	g_auto(GStrv) names = corpus_list("edid");
	guint compared = 0, timings = 0, tmds = 0;

	if (names == NULL) {
		g_test_skip("the corpus is not here");
		return;
	}
	for (guint i = 0; names[i] != NULL; i++) {
		g_autofree char *path = g_build_filename("edid", names[i], NULL);
		g_autofree char *full = corpus_path(path);
		g_autofree char *other = NULL, *text = NULL, *maker = NULL, *model = NULL;
		g_autofree char *bytes = NULL, *product = NULL;
		autoptr(edid) edid = NULL;
		gsize length = 0;

		if (!g_str_has_suffix(names[i], ".bin"))
			continue;
		other = g_strdup_printf("edid/%.*s.decoded.txt", (int)strcspn(names[i], "."),
					names[i]);
		text = corpus_read(other);
		g_assert_true(g_file_get_contents(full, &bytes, &length, NULL));
		edid = edid_parse((const guint8 *)bytes, length);
		maker = text == NULL ? NULL : decoded_value(text, "Manufacturer: ");
		if (maker == NULL)
			continue;
		g_assert_nonnull(edid);
		g_assert_cmpstr(edid->manufacturer, ==, maker);
		model = decoded_value(text, "Model: ");
		product = g_strdup_printf("%u", edid->product);
		g_assert_cmpstr(product, ==, model);
		compare_name(edid, text, names[i]);
		timings += compare_timing(edid, text, names[i]) ? 1 : 0;
		tmds += compare_tmds(edid, text, names[i]) ? 1 : 0;
		compared++;
	}
	g_test_message("%u compared, %u with timings, %u with an HDMI limit", compared, timings,
		       tmds);
	g_assert_cmpuint(compared, >, 100);
	g_assert_cmpuint(timings, >, 100);
	g_assert_cmpuint(tmds, >, 10);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/edid/base-block", test_base_block);
	g_test_add_func("/edid/oddities", test_oddities);
	g_test_add_func("/edid/late-timing", test_late_timing);
	g_test_add_func("/edid/extensions", test_extensions);
	g_test_add_func("/edid/hdmi", test_hdmi);
	g_test_add_func("/edid/nonsense", test_nonsense);
	g_test_add_func("/edid/corpus", test_corpus);
	return g_test_run();
}
