/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <glib.h>

/*
 * What a picture is drawn on. The layout knows nothing of SVG, and a canvas nothing of machines:
 * the same layout runs once to measure and once to draw, and a third time in the tests, on a
 * canvas that looks for overlaps.
 */

/* How a box is filled. Guests follow CANVAS_GUEST: A, B, …; see canvas_guest(). */
enum canvas_paint {
	CANVAS_PAGE,
	CANVAS_PANEL, /* a node, the cards of a node */
	CANVAS_GROUP, /* an L3 domain */
	CANVAS_CORE,
	CANVAS_HOST,
	CANVAS_EMULATOR,
	CANVAS_CARD,
	CANVAS_BLOCKED,
	CANVAS_GUEST,
};

/* Guests have so many looks of their own; after that, letters alone tell them apart. */
#define CANVAS_GUESTS 8

enum canvas_style {
	CANVAS_PLAIN,
	CANVAS_BOLD,
	CANVAS_QUIET,
};

struct canvas_box {
	double x, y, width, height;
};

struct canvas {
	void (*begin)(struct canvas *canvas, double width, double height, const char *title);
	void (*box)(struct canvas *canvas, const struct canvas_box *box, guint paint,
		    const char *tip);
	/* @x and @y are the upper left corner; @tip may be NULL, as above */
	void (*text)(struct canvas *canvas, double x, double y, double size,
		     enum canvas_style style, const char *text);
	void (*line)(struct canvas *canvas, double x1, double y1, double x2, double y2);
	/* how wide a text is at most, whatever sans-serif font there is */
	double (*measure)(struct canvas *canvas, double size, enum canvas_style style,
			  const char *text);
	void (*end)(struct canvas *canvas);
};

/* canvas_guest - the paint of a guest, counted from 0 */
static inline guint canvas_guest(guint guest)
{
	return CANVAS_GUEST + guest % CANVAS_GUESTS;
}

/* canvas_estimate - a measure() for canvases without fonts: widths of DejaVu Sans, a wide font */
double canvas_estimate(double size, enum canvas_style style, const char *text);

/* The height of a line of text, with what hangs below it. */
#define CANVAS_LINE(size) ((size)*1.3)
