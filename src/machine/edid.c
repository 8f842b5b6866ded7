/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "machine/edid.h"

#include <string.h>

/*
 * Source: VESA E-EDID Standard, Release A, Revision 2 (EDID 1.4), 3.3 to 3.10; CTA-861-H, 7.5;
 * VESA DisplayID 1.3, 4.4, and 2.0, 4.3. Checksums are not asked: every fifth EDID or so that
 * people send in breaks some rule, and what it says is still what the monitor shows.
 */
#define EDID_BLOCK 128
#define EDID_MANUFACTURER 8
#define EDID_PRODUCT 10
#define EDID_INPUT 20
#define EDID_INPUT_DIGITAL 0x80
#define EDID_DESCRIPTORS 54
#define EDID_N_DESCRIPTORS 4
#define DESCRIPTOR_SIZE 18
#define CLOCK_LEAST 1000 /* 10 MHz */
#define DESCRIPTOR_NAME 0xfc
#define DESCRIPTOR_TEXT 5
#define DESCRIPTOR_TEXT_SIZE 13

#define EXTENSION_CTA 0x02
#define CTA_FIRST 4
#define CTA_TAG_VIDEO 2
#define CTA_TAG_VENDOR 3
#define CTA_OUI_HDMI 0x000c03  /* HDMI 1.4b, 8.3.2 */
#define CTA_OUI_FORUM 0xc45dd8 /* HDMI 2.1, 10.3.2 */
#define TMDS_UNIT_HZ 5000000
#define EXTENSION_DISPLAYID 0x70

#define DISPLAYID_FIRST 5 /* the extension's tag, then the section's header of four bytes */
#define DISPLAYID_TYPE_1 0x03
#define DISPLAYID_TYPE_7 0x22
#define DISPLAYID_TIMING_SIZE 20

void edid_free(struct edid *edid)
{
	if (edid == NULL)
		return;
	g_free(edid->name);
	g_array_unref(edid->modes);
	g_free(edid);
}

static guint word_at(const guint8 *bytes)
{
	return (guint)bytes[0] | (guint)bytes[1] << 8;
}

/* Five bits for each of three letters, 1 is A; "MS_" is what a Surface says. */
static void read_manufacturer(struct edid *edid, const guint8 *bytes)
{
	guint packed = (guint)bytes[0] << 8 | bytes[1];

	for (guint i = 0; i < 3; i++)
		edid->manufacturer[i] = (char)('@' + ((packed >> (10 - 5 * i)) & 0x1f));
}

/*
 * A text ends with a line feed, if it is not full; some fill it up with 0 or 0xff in its place. It
 * is printed on terminals, so ASCII only.
 */
static char *read_text(const guint8 *bytes)
{
	char text[DESCRIPTOR_TEXT_SIZE + 1] = "";

	for (guint i = 0; i < DESCRIPTOR_TEXT_SIZE && strchr("\n\xff", bytes[i]) == NULL; i++)
		text[i] = g_ascii_isprint((char)bytes[i]) ? (char)bytes[i] : '.';
	g_strstrip(text);
	return text[0] == '\0' ? NULL : g_strdup(text);
}

/* hertz = clock / (width * height), both with their blanks; FALSE for what no monitor shows */
static gboolean set_rate(struct edid_mode *mode, guint64 clock_hz, guint64 total_width,
			 guint64 total_height)
{
	guint64 pixels = total_width * total_height;
	guint64 rate;

	if (mode->width == 0 || mode->height == 0 || pixels == 0)
		return FALSE;
	/* An interlaced frame is two fields and a line, each field a picture to the eye. */
	if (mode->interlaced) {
		mode->height *= 2;
		rate = clock_hz * 2000 / (total_width * (2 * total_height + 1));
	} else {
		rate = clock_hz * 1000 / pixels;
	}
	if (rate > G_MAXUINT)
		return FALSE;
	mode->millihertz = (guint)rate;
	mode->clock_hz = clock_hz;
	return rate > 0;
}

/*
 * A detailed timing: 18 bytes, of which the first two are the pixel clock in 10 kHz; 0 marks what
 * is something else. EDID 1.0 filled up with 01.
 */
static gboolean read_timing(const guint8 *bytes, struct edid_mode *mode)
{
	guint clock = word_at(bytes);
	guint width_blank = bytes[3] | (guint)(bytes[4] & 0x0f) << 8;
	guint height_blank = bytes[6] | (guint)(bytes[7] & 0x0f) << 8;

	if (clock < CLOCK_LEAST)
		return FALSE;
	*mode = (struct edid_mode){
		.width = bytes[2] | (guint)(bytes[4] & 0xf0) << 4,
		.height = bytes[5] | (guint)(bytes[7] & 0xf0) << 4,
		.interlaced = (bytes[17] & 0x80) != 0,
	};
	return set_rate(mode, (guint64)clock * 10000, mode->width + width_blank,
			mode->height + height_blank);
}

static gboolean is_better(const struct edid_mode *mode, const struct edid_mode *than)
{
	guint64 pixels = (guint64)mode->width * mode->height;
	guint64 others = (guint64)than->width * than->height;

	if (mode->interlaced != than->interlaced && than->width != 0)
		return than->interlaced;
	return pixels != others ? pixels > others : mode->millihertz > than->millihertz;
}

static void offer_mode(struct edid *edid, const struct edid_mode *mode)
{
	g_array_append_val(edid->modes, *mode);
	if (is_better(mode, &edid->best))
		edid->best = *mode;
}

/* One that is described in full; the first of them is what the monitor likes best. */
static void offer_timing(struct edid *edid, const struct edid_mode *mode)
{
	if (edid->preferred.width == 0)
		edid->preferred = *mode;
	offer_mode(edid, mode);
}

static void read_descriptor(struct edid *edid, const guint8 *bytes)
{
	struct edid_mode mode;

	if (read_timing(bytes, &mode)) {
		offer_timing(edid, &mode);
	} else if (word_at(bytes) == 0 && bytes[3] == DESCRIPTOR_NAME && edid->name == NULL) {
		edid->name = read_text(bytes + DESCRIPTOR_TEXT);
	}
}

/* Those of CTA-861's numbered modes that are no smaller than a desktop, and square in pixels. */
static const struct {
	guint code;
	struct edid_mode mode;
} cta_modes[] = {
	{ 4, { 1280, 720, 60000, FALSE, 74250000 } },
	{ 16, { 1920, 1080, 60000, FALSE, 148500000 } },
	{ 19, { 1280, 720, 50000, FALSE, 74250000 } },
	{ 31, { 1920, 1080, 50000, FALSE, 148500000 } },
	{ 34, { 1920, 1080, 30000, FALSE, 74250000 } },
	{ 47, { 1280, 720, 120000, FALSE, 148500000 } },
	{ 63, { 1920, 1080, 120000, FALSE, 297000000 } },
	{ 64, { 1920, 1080, 100000, FALSE, 297000000 } },
	{ 93, { 3840, 2160, 24000, FALSE, 297000000 } },
	{ 94, { 3840, 2160, 25000, FALSE, 297000000 } },
	{ 95, { 3840, 2160, 30000, FALSE, 297000000 } },
	{ 96, { 3840, 2160, 50000, FALSE, 594000000 } },
	{ 97, { 3840, 2160, 60000, FALSE, 594000000 } },
	{ 117, { 3840, 2160, 100000, FALSE, 1188000000 } },
	{ 118, { 3840, 2160, 120000, FALSE, 1188000000 } },
	{ 199, { 7680, 4320, 60000, FALSE, 2376000000 } },
};

/* Up to 64 the first bit marks what the monitor likes best, and is no part of the number. */
static void read_cta_video(struct edid *edid, const guint8 *codes, guint length)
{
	for (guint i = 0; i < length; i++) {
		guint code = codes[i] > 128 && codes[i] <= 192 ? codes[i] & 0x7f : codes[i];

		for (gsize j = 0; j < G_N_ELEMENTS(cta_modes); j++) {
			if (cta_modes[j].code == code)
				offer_mode(edid, &cta_modes[j].mode);
		}
	}
}

static void read_cta_vendor(struct edid *edid, const guint8 *bytes, guint length)
{
	guint oui = length < 3 ? 0 : word_at(bytes) | (guint)bytes[2] << 16;

	if (oui == CTA_OUI_HDMI)
		edid->hdmi = TRUE;
	if (oui == CTA_OUI_HDMI && length > 6)
		edid->tmds_hz = MAX(edid->tmds_hz, (guint64)bytes[6] * TMDS_UNIT_HZ);
	if (oui == CTA_OUI_FORUM && length > 4)
		edid->tmds_hz = MAX(edid->tmds_hz, (guint64)bytes[4] * TMDS_UNIT_HZ);
	if (oui == CTA_OUI_FORUM && length > 6)
		edid->frl = edid->frl || bytes[6] >> 4 != 0;
}

/*
 * Data blocks: three bits of tag and five of length, then what is in them. The last one may run
 * into the timings, which then begin too early: what it says is true of monitors that do so.
 */
static void read_cta_blocks(struct edid *edid, const guint8 *block, guint end)
{
	for (guint at = CTA_FIRST; at < end;) {
		guint tag = block[at] >> 5, length = block[at] & 0x1f;

		if (at + 1 + length >= EDID_BLOCK)
			return;
		if (tag == CTA_TAG_VIDEO)
			read_cta_video(edid, block + at + 1, length);
		else if (tag == CTA_TAG_VENDOR)
			read_cta_vendor(edid, block + at + 1, length);
		at += 1 + length;
	}
}

/* Detailed timings, and other descriptors, begin where the third byte says. */
static void read_cta(struct edid *edid, const guint8 *block)
{
	guint at = block[2];

	if (at < CTA_FIRST)
		return;
	if (block[1] >= 3) /* revisions before that have no data blocks */
		read_cta_blocks(edid, block, MIN(at, EDID_BLOCK - 1));
	for (; at + DESCRIPTOR_SIZE < EDID_BLOCK; at += DESCRIPTOR_SIZE)
		read_descriptor(edid, block + at);
}

static void read_displayid_timing(struct edid *edid, const guint8 *bytes, guint clock_unit)
{
	guint64 clock = (guint64)(word_at(bytes) | (guint)bytes[2] << 16) + 1;
	struct edid_mode mode = {
		.width = word_at(bytes + 4) + 1,
		.height = word_at(bytes + 12) + 1,
		.interlaced = (bytes[3] & 0x10) != 0,
	};

	if (mode.interlaced) /* here the height is the frame's, and rare enough to leave alone */
		return;
	if (set_rate(&mode, clock * clock_unit, mode.width + word_at(bytes + 6) + 1,
		     mode.height + word_at(bytes + 14) + 1))
		offer_timing(edid, &mode);
}

/* Data blocks of three bytes (tag, revision, length) and what follows; tag 0 of length 0 fills. */
static void read_displayid(struct edid *edid, const guint8 *block)
{
	guint end = MIN((guint)DISPLAYID_FIRST + block[2], EDID_BLOCK - 1);

	for (guint at = DISPLAYID_FIRST; at + 3 <= end && (block[at] | block[at + 2]) != 0;) {
		guint tag = block[at], stop = at + 3 + block[at + 2];

		for (guint timing = at + 3; timing + DISPLAYID_TIMING_SIZE <= MIN(stop, end);
		     timing += DISPLAYID_TIMING_SIZE) {
			if (tag == DISPLAYID_TYPE_1)
				read_displayid_timing(edid, block + timing, 10000);
			else if (tag == DISPLAYID_TYPE_7)
				read_displayid_timing(edid, block + timing, 1000);
		}
		at = stop;
	}
}

struct edid *edid_parse(const guint8 *bytes, gsize length)
{
	static const guint8 header[] = { 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00 };
	struct edid *edid;

	if (length < EDID_BLOCK || memcmp(bytes, header, sizeof(header)) != 0)
		return NULL;
	edid = g_new0(struct edid, 1);
	edid->modes = g_array_new(FALSE, FALSE, sizeof(struct edid_mode));
	read_manufacturer(edid, bytes + EDID_MANUFACTURER);
	edid->product = (guint16)word_at(bytes + EDID_PRODUCT);
	edid->digital = (bytes[EDID_INPUT] & EDID_INPUT_DIGITAL) != 0;
	for (guint i = 0; i < EDID_N_DESCRIPTORS; i++)
		read_descriptor(edid, bytes + EDID_DESCRIPTORS + i * DESCRIPTOR_SIZE);
	/* The number of extensions may be wrong; those that are there count. */
	for (gsize at = EDID_BLOCK; at + EDID_BLOCK <= length; at += EDID_BLOCK) {
		if (bytes[at] == EXTENSION_CTA)
			read_cta(edid, bytes + at);
		else if (bytes[at] == EXTENSION_DISPLAYID)
			read_displayid(edid, bytes + at);
	}
	return edid;
}

gboolean edid_best_within(const struct edid *edid, guint64 clock_hz, struct edid_mode *mode)
{
	struct edid_mode best = { 0 };

	for (guint i = 0; i < edid->modes->len; i++) {
		const struct edid_mode *one = &g_array_index(edid->modes, struct edid_mode, i);

		if ((clock_hz == 0 || one->clock_hz <= clock_hz) && is_better(one, &best))
			best = *one;
	}
	if (best.width == 0)
		return FALSE;
	*mode = best;
	return TRUE;
}

char *edid_format_mode(const struct edid_mode *mode)
{
	if (mode->width == 0)
		return NULL;
	return g_strdup_printf("%ux%u%s at %u Hz", mode->width, mode->height,
			       mode->interlaced ? " interlaced" : "",
			       (mode->millihertz + 500) / 1000);
}
