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
};

struct edid {
	char manufacturer[4]; /* "DEL"; what is no letter is "?" */
	guint16 product;
	char *name; /* "Dell S2716DG"; NULL: it has none */
	gboolean digital;
	struct edid_mode preferred; /* its first timing; width 0: it names none */
	struct edid_mode best;      /* most pixels, then the quickest, of all detailed timings */
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

/* edid_format_mode - "2560x1440 at 144 Hz", newly allocated; NULL for no mode */
char *edid_format_mode(const struct edid_mode *mode);
