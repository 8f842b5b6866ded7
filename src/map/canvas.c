/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "map/canvas.h"

#include <string.h>

static const struct {
	const char *letters;
	double width; /* in parts of the size */
} widths[] = {
	{ "ijl'|!.,:; ", 0.33 },
	{ "ftrI()[]{}-\"/\\", 0.42 },
	{ "mMwWQ%@&", 1.0 },
	{ "ABCDEFGHJKLNOPRSTUVXYZ", 0.74 },
};

static double letter_width(gunichar letter)
{
	for (guint i = 0; letter < 128 && i < G_N_ELEMENTS(widths); i++) {
		if (strchr(widths[i].letters, (int)letter) != NULL)
			return widths[i].width;
	}
	return letter < 0x2e80 ? 0.64 : 1.1;
}

double canvas_estimate(double size, enum canvas_style style, const char *text)
{
	double width = 0;
	g_autofree gunichar *letters = g_utf8_to_ucs4_fast(text, -1, NULL);

	for (guint i = 0; letters[i] != 0; i++)
		width += letter_width(letters[i]);
	return width * size * (style == CANVAS_BOLD ? 1.12 : 1.0);
}
