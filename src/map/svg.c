/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "map/svg.h"

/*
 * Classes instead of attributes, so that one block of style turns the picture dark. Colours are
 * written out in both: not every viewer knows variables. Guests' colours are those of Okabe and
 * Ito, told apart by most colour-blind people, softened for text on them; the patterns are for the
 * rest, and for paper.
 */
struct svg {
	struct canvas canvas;
	GString *out;
};

struct look {
	const char *class;
	const char *light, *light_edge;
	const char *dark, *dark_edge;
	const char *pattern; /* path in a tile of 8 by 8; NULL: none */
};

static const struct look looks[] = {
	[CANVAS_PAGE] = { "page", "#ffffff", "none", "#16181d", "none", NULL },
	[CANVAS_PANEL] = { "panel", "#f4f5f7", "#c3c8d0", "#1f232a", "#434b57", NULL },
	[CANVAS_GROUP] = { "group", "#e9ecf0", "#aab1bc", "#272c35", "#59636f", NULL },
	[CANVAS_CORE] = { "core", "#fbfcfd", "#aab1bc", "#1c2027", "#59636f", NULL },
	[CANVAS_HOST] = { "host", "#ffffff", "#7b8491", "#2f3540", "#8b95a3", NULL },
	[CANVAS_EMULATOR] = { "emulator", "#d9dde3", "#4a525e", "#4b5462", "#c6cdd7", "M0 4H8" },
	[CANVAS_CARD] = { "card", "#ffffff", "#7b8491", "#2a303a", "#8b95a3", NULL },
	[CANVAS_BLOCKED] = { "blocked", "#fdeceb", "#b3261e", "#43201e", "#f2857c", NULL },
	[CANVAS_GUEST + 0] = { "ga", "#bfe0f5", "#0072b2", "#0f4a70", "#6cc0f0", "M0 8L8 0" },
	[CANVAS_GUEST + 1] = { "gb", "#fbdca6", "#b06f00", "#5f4100", "#f0b040", "M0 0L8 8" },
	[CANVAS_GUEST + 2] = { "gc", "#b9e8d8", "#00805c", "#0a4c39", "#4fd0a8", "M4 0V8" },
	[CANVAS_GUEST + 3] = { "gd", "#f2cfe2", "#a84b7d", "#5d2846", "#e79cc4",
			       "M0 8L8 0M0 0L8 8" },
	[CANVAS_GUEST + 4] = { "ge", "#fbf3a6", "#8a7f00", "#4d4700", "#e6da4a", "M0 4H8M4 0V8" },
	[CANVAS_GUEST + 5] = { "gf", "#f8c9b0", "#b84a00", "#662b04", "#f09a66",
			       "M2 2h1v1h-1zM6 6h1v1h-1z" },
	[CANVAS_GUEST + 6] = { "gg", "#cfd3f7", "#4450b8", "#2a3078", "#a0a9f5", "M0 2H8M0 6H8" },
	[CANVAS_GUEST + 7] = { "gh", "#dfe9c4", "#5f7a1e", "#3a4a14", "#b5d36a", "M2 0V8M6 0V8" },
};

static const struct {
	const char *class;
	const char *light, *dark;
	const char *weight;
} text_looks[] = {
	[CANVAS_PLAIN] = { "plain", "#1c2128", "#e8ebf0", "normal" },
	[CANVAS_BOLD] = { "bold", "#1c2128", "#e8ebf0", "bold" },
	[CANVAS_QUIET] = { "quiet", "#4f5763", "#b4bcc8", "normal" },
};

/* Never depends on the locale's decimal point. */
static void add_number(GString *out, const char *name, double value)
{
	char text[G_ASCII_DTOSTR_BUF_SIZE];

	g_string_append_printf(out, " %s=\"%s\"", name,
			       g_ascii_formatd(text, sizeof(text), "%.1f", value));
}

static void add_escaped(GString *out, const char *text)
{
	g_autofree char *escaped = g_markup_escape_text(text, -1);

	g_string_append(out, escaped);
}

static void add_colours(GString *out, gboolean dark)
{
	for (guint i = 0; i < G_N_ELEMENTS(looks); i++)
		g_string_append_printf(out, ".%s{fill:%s;stroke:%s}.p%s{stroke:%s}\n",
				       looks[i].class, dark ? looks[i].dark : looks[i].light,
				       dark ? looks[i].dark_edge : looks[i].light_edge,
				       looks[i].class,
				       dark ? looks[i].dark_edge : looks[i].light_edge);
	for (guint i = 0; i < G_N_ELEMENTS(text_looks); i++)
		g_string_append_printf(out, ".%s{fill:%s}\n", text_looks[i].class,
				       dark ? text_looks[i].dark : text_looks[i].light);
	g_string_append_printf(out, ".line{stroke:%s}\n", dark ? "#8b95a3" : "#7b8491");
}

static void add_style(GString *out)
{
	g_string_append(out,
			"<style>\n"
			"text{font-family:\"DejaVu Sans\",Verdana,sans-serif}\n"
			"rect{stroke-width:1}.line{stroke-width:1.5}\n"
			"path{fill:none;stroke-width:.8;stroke-opacity:.45}\n"
			".bold{font-weight:bold}\n");
	add_colours(out, FALSE);
	g_string_append(out, "@media (prefers-color-scheme: dark) {\n");
	add_colours(out, TRUE);
	g_string_append(out, "}\n</style>\n<defs>\n");
	for (guint i = 0; i < G_N_ELEMENTS(looks); i++) {
		if (looks[i].pattern != NULL)
			g_string_append_printf(
				out,
				"<pattern id=\"%s\" width=\"8\" height=\"8\" "
				"patternUnits=\"userSpaceOnUse\"><path class=\"p%s\" "
				"d=\"%s\"/></pattern>\n",
				looks[i].class, looks[i].class, looks[i].pattern);
	}
	g_string_append(out, "</defs>\n");
}

static void svg_begin(struct canvas *canvas, double width, double height, const char *title)
{
	GString *out = ((struct svg *)canvas)->out;
	const struct canvas_box page = { 0, 0, width, height };

	g_string_append(out, "<svg xmlns=\"http://www.w3.org/2000/svg\"");
	add_number(out, "width", width);
	add_number(out, "height", height);
	g_string_append_printf(out, " viewBox=\"0 0 %d %d\" role=\"img\">\n<title>", (int)width,
			       (int)(height + 0.5));
	add_escaped(out, title);
	g_string_append(out, "</title>\n");
	add_style(out);
	canvas->box(canvas, &page, CANVAS_PAGE, NULL);
}

static void add_rect(GString *out, const struct canvas_box *box, const char *tip)
{
	add_number(out, "x", box->x);
	add_number(out, "y", box->y);
	add_number(out, "width", box->width);
	add_number(out, "height", box->height);
	if (tip == NULL) {
		g_string_append(out, "/>\n");
		return;
	}
	g_string_append(out, "><title>");
	add_escaped(out, tip);
	g_string_append(out, "</title></rect>\n");
}

static void svg_box(struct canvas *canvas, const struct canvas_box *box, guint paint,
		    const char *tip)
{
	GString *out = ((struct svg *)canvas)->out;
	const struct look *look = &looks[paint];

	g_string_append_printf(out, "<rect class=\"%s\"%s", look->class,
			       paint == CANVAS_PAGE ? "" : " rx=\"3\"");
	add_rect(out, box, tip);
	if (look->pattern == NULL)
		return;
	/* presentation attributes lose against the class, and this rectangle has none */
	g_string_append_printf(out, "<rect rx=\"3\" fill=\"url(#%s)\" pointer-events=\"none\"",
			       look->class);
	add_rect(out, box, NULL);
}

static void svg_text(struct canvas *canvas, double x, double y, double size,
		     enum canvas_style style, const char *text)
{
	GString *out = ((struct svg *)canvas)->out;

	g_string_append_printf(out, "<text class=\"%s\"", text_looks[style].class);
	add_number(out, "x", x);
	add_number(out, "y", y + size);
	add_number(out, "font-size", size);
	g_string_append(out, ">");
	add_escaped(out, text);
	g_string_append(out, "</text>\n");
}

static void svg_line(struct canvas *canvas, double x1, double y1, double x2, double y2)
{
	GString *out = ((struct svg *)canvas)->out;

	g_string_append(out, "<line class=\"line\"");
	add_number(out, "x1", x1);
	add_number(out, "y1", y1);
	add_number(out, "x2", x2);
	add_number(out, "y2", y2);
	g_string_append(out, "/>\n");
}

static double svg_measure(struct canvas *canvas, double size, enum canvas_style style,
			  const char *text)
{
	return canvas_estimate(size, style, text);
}

static void svg_end(struct canvas *canvas)
{
	g_string_append(((struct svg *)canvas)->out, "</svg>\n");
}

struct canvas *svg_new(GString *out)
{
	struct svg *svg = g_new0(struct svg, 1);

	svg->canvas =
		(struct canvas){ svg_begin, svg_box, svg_text, svg_line, svg_measure, svg_end };
	svg->out = out;
	return &svg->canvas;
}
