/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <glib.h>

#include "core/autoptr.h"

/*
 * What a monitor says about itself: the 128 bytes of an EDID and its extensions (CTA-861 and
 * DisplayID). Its serial number is read by nobody here, so that it can end up nowhere.
 */
struct edid_mode {
	guint width, height;
	guint millihertz; /* of fields, if interlaced */
	gboolean interlaced;
	guint64 clock_hz; /* of its pixels, blanks included: what a cable must carry */
};

struct edid {
	char manufacturer[4]; /* "DEL"; of 32 characters, from '@' to '_' */
	guint16 product;
	char *name; /* "Dell S2716DG"; NULL: it has none */
	gboolean digital;
	struct edid_mode preferred; /* its first timing, wherever; width 0: it names none */
	struct edid_mode best;      /* most pixels, then the quickest, of all that it names */
	GArray *modes;              /* struct edid_mode: detailed timings, and codes of CTA-861 */
	gboolean hdmi;              /* this is what an HDMI input says */
	guint64 tmds_hz;            /* the most that such an input takes; 0: it does not say */
	gboolean frl;               /* it knows HDMI 2.1's other way, which takes more */
};

void edid_free(struct edid *edid);
AUTOPTR_DEFINE(edid)

/**
 * edid_parse - read an EDID, as far as it makes sense
 * @bytes:  may be NULL if @length is 0; truncated or otherwise broken EDIDs are common, and wrong
 *          checksums, missing extensions and impossible timings are passed over
 *
 * Return: a new edid, or NULL if it does not begin as an EDID does.
 */
struct edid *edid_parse(const guint8 *bytes, gsize length);

/**
 * edid_best_within - the best mode whose pixels a cable can carry
 * @clock_hz: what it carries; 0 for any
 *
 * Return: FALSE if there is none; @mode is then left alone.
 */
gboolean edid_best_within(const struct edid *edid, guint64 clock_hz, struct edid_mode *mode);

/* edid_format_mode - "2560x1440 at 144 Hz", newly allocated; NULL for no mode */
char *edid_format_mode(const struct edid_mode *mode);
