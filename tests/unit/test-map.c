/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "builder.h"
#include "manifest.h"
#include "map/map.h"
#include "map/svg.h"

/*
 * A picture is looked at by people, and what can be seen by a program is seen here: no text lies
 * on another or leaves the box that it is in, boxes are inside each other or apart, nothing is
 * smaller than promised or off the page.
 */
struct shape {
	struct canvas_box box;
	char *text; /* NULL: a box */
};

struct recorder {
	struct canvas canvas;
	GArray *shapes; /* struct shape */
	double width, height;
	gboolean ended;
};

static void record_begin(struct canvas *canvas, double width, double height, const char *title)
{
	struct recorder *recorder = (struct recorder *)canvas;

	recorder->width = width;
	recorder->height = height;
}

static void record_box(struct canvas *canvas, const struct canvas_box *box, guint paint,
		       const char *tip)
{
	const struct shape shape = { *box, NULL };

	g_assert_cmpuint(paint, <, CANVAS_GUEST + CANVAS_GUESTS);
	g_assert_cmpfloat(box->width, >, 0);
	g_assert_cmpfloat(box->height, >, 0);
	g_array_append_val(((struct recorder *)canvas)->shapes, shape);
}

static void record_text(struct canvas *canvas, double x, double y, double size,
			enum canvas_style style, const char *text)
{
	const struct shape shape = {
		{ x, y, canvas_estimate(size, style, text), CANVAS_LINE(size) }, g_strdup(text)
	};

	g_assert_cmpfloat(size, >=, 11.0);
	g_assert_true(g_utf8_validate(text, -1, NULL));
	g_array_append_val(((struct recorder *)canvas)->shapes, shape);
}

static void record_line(struct canvas *canvas, double x1, double y1, double x2, double y2)
{
	g_assert_true(x1 == x2 || y1 == y2);
}

static double record_measure(struct canvas *canvas, double size, enum canvas_style style,
			     const char *text)
{
	return canvas_estimate(size, style, text);
}

static void record_end(struct canvas *canvas)
{
	((struct recorder *)canvas)->ended = TRUE;
}

static void clear_shape(gpointer data)
{
	g_free(((struct shape *)data)->text);
}

/* Numbers with a fraction: what differs by less is the same. */
#define NOTHING 0.05

static gboolean overlap(const struct canvas_box *a, const struct canvas_box *b)
{
	return a->x + a->width > b->x + NOTHING && b->x + b->width > a->x + NOTHING &&
	       a->y + a->height > b->y + NOTHING && b->y + b->height > a->y + NOTHING;
}

static gboolean is_inside(const struct canvas_box *a, const struct canvas_box *b)
{
	return a->x >= b->x - NOTHING && a->y >= b->y - NOTHING &&
	       a->x + a->width <= b->x + b->width + NOTHING &&
	       a->y + a->height <= b->y + b->height + NOTHING;
}

static void fail(const char *what, const struct shape *a, const struct shape *b)
{
	g_error("%s: \"%s\" at %.1f,%.1f (%.1f by %.1f) and \"%s\" at %.1f,%.1f (%.1f by %.1f)",
		what, a->text != NULL ? a->text : "box", a->box.x, a->box.y, a->box.width,
		a->box.height, b->text != NULL ? b->text : "box", b->box.x, b->box.y, b->box.width,
		b->box.height);
}

static void check_pair(const struct shape *a, const struct shape *b)
{
	if (!overlap(&a->box, &b->box))
		return;
	if (a->text != NULL && b->text != NULL)
		fail("two texts overlap", a, b);
	if (a->text != NULL && !is_inside(&a->box, &b->box))
		fail("a text leaves its box", a, b);
	if (b->text != NULL && !is_inside(&b->box, &a->box))
		fail("a text leaves its box", b, a);
	if (!is_inside(&a->box, &b->box) && !is_inside(&b->box, &a->box))
		fail("two boxes overlap", a, b);
}

static void check_shapes(const struct recorder *recorder)
{
	const struct canvas_box page = { 0, 0, recorder->width, recorder->height };

	g_assert_true(recorder->ended);
	g_assert_cmpfloat(recorder->width, ==, MAP_WIDTH);
	for (guint i = 0; i < recorder->shapes->len; i++) {
		const struct shape *a = &g_array_index(recorder->shapes, struct shape, i);

		if (!is_inside(&a->box, &page))
			g_error("\"%s\" at %.1f,%.1f is off the page", a->text, a->box.x, a->box.y);
		for (guint j = 0; j < i; j++)
			check_pair(a, &g_array_index(recorder->shapes, struct shape, j));
	}
}

static guint count_texts(const struct recorder *recorder, const char *text)
{
	guint count = 0;

	for (guint i = 0; i < recorder->shapes->len; i++)
		count +=
			g_strcmp0(g_array_index(recorder->shapes, struct shape, i).text, text) == 0;
	return count;
}

/* Every cpu is there, and every vCPU carries its guest's letter. */
static void check_marks(const struct recorder *recorder, const struct machine *machine,
			const GPtrArray *plans)
{
	for (guint i = 0; i < machine->cpus->cpu->len; i++) {
		g_autofree char *number =
			g_strdup_printf("%u", g_array_index(machine->cpus->cpu, struct cpu, i).id);

		/* a wrapped line may be a number, too */
		g_assert_cmpuint(count_texts(recorder, number), >=, 1);
	}
	for (guint i = 0; i < plans->len; i++) {
		const struct plan *plan = plans->pdata[i];
		const char mark[] = { (char)('A' + i), '\0' };

		/* and one in the legend, one on the card, one in the bar of memory at most */
		g_assert_cmpuint(count_texts(recorder, mark), >=, plan->placement.vcpu->len + 1);
		g_assert_cmpuint(count_texts(recorder, mark), <=, plan->placement.vcpu->len + 3);
	}
}

static void free_plan(gpointer data)
{
	plan_free(data);
}

static GPtrArray *make_plans(const struct machine *machine, guint guests)
{
	const struct wish wish = { .partial = TRUE };
	g_autoptr(GError) error = NULL;
	GPtrArray *plans;

	if (guests > 1) {
		plans = plan_divide(machine, &wish, guests, &error);
		g_assert_no_error(error);
		return plans;
	}
	plans = g_ptr_array_new_with_free_func(free_plan);
	g_ptr_array_add(plans, plan_make(machine, &wish, &error));
	g_assert_no_error(error);
	return plans;
}

static void check_picture(const struct machine *machine, guint guests)
{
	g_autoptr(GPtrArray) plans = make_plans(machine, guests);
	struct recorder recorder = {
		{ record_begin, record_box, record_text, record_line, record_measure, record_end },
		g_array_new(FALSE, FALSE, sizeof(struct shape)),
		0,
		0,
		FALSE,
	};

	g_array_set_clear_func(recorder.shapes, clear_shape);
	map_draw(machine, plans, &recorder.canvas);
	check_shapes(&recorder);
	check_marks(&recorder, machine, plans);
	g_array_unref(recorder.shapes);
}

/* Well-formed, and both lights in it. */
static void check_svg(const struct machine *machine, guint guests)
{
	static const GMarkupParser parser = { 0 };
	g_autoptr(GPtrArray) plans = make_plans(machine, guests);
	g_autoptr(GString) out = g_string_new(NULL);
	g_autofree struct canvas *canvas = svg_new(out);
	g_autoptr(GMarkupParseContext) context = NULL;
	g_autoptr(GError) error = NULL;

	map_draw(machine, plans, canvas);
	context = g_markup_parse_context_new(&parser, 0, NULL, NULL);
	g_markup_parse_context_parse(context, out->str, -1, &error);
	g_assert_no_error(error);
	g_assert_true(g_markup_parse_context_end_parse(context, NULL));
	g_assert_nonnull(strstr(out->str, "prefers-color-scheme: dark"));
}

static void check_manifest(struct manifest *manifest, guint guests)
{
	g_autoptr(GError) error = NULL;
	autoptr(machine) machine =
		machine_read(g_steal_pointer(&manifest->root), MACHINE_ALL, &error);

	g_assert_no_error(error);
	check_picture(machine, guests);
	check_svg(machine, guests);
}

static void test_desktop(void)
{
	autoptr(manifest) manifest = manifest_build_file("intel-desktop");

	check_manifest(manifest, 1);
}

static void check_built(const struct builder *builder, guint guests)
{
	g_autofree char *text = builder_text(builder);
	autoptr(manifest) manifest = manifest_build(text);

	check_manifest(manifest, guests);
}

static void test_small_desktop(void)
{
	const struct builder machine = { 1, 1, 2, 1, 8, 1, 0, 1, 0 };

	check_built(&machine, 1);
}

static void test_two_dies(void)
{
	const struct builder machine = { 1, 2, 8, 2, 64, 3, 1, 2, 32 };

	check_built(&machine, 1);
	check_built(&machine, 2);
}

static void test_two_sockets_128_threads(void)
{
	const struct builder machine = { 2, 4, 8, 2, 256, 7, 2, 7, 0 };

	check_built(&machine, 1);
	check_built(&machine, 5);
}

static void test_seven_gamers(void)
{
	const struct builder machine = { 2, 1, 14, 2, 128, 7, 0, 7, 0 };

	check_built(&machine, 7);
}

static void test_512_threads(void)
{
	const struct builder machine = { 2, 16, 8, 2, 512, 12, 0, 12, 0 };

	check_built(&machine, 12);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/map/desktop", test_desktop);
	g_test_add_func("/map/small-desktop", test_small_desktop);
	g_test_add_func("/map/two-dies", test_two_dies);
	g_test_add_func("/map/two-sockets-128-threads", test_two_sockets_128_threads);
	g_test_add_func("/map/seven-gamers", test_seven_gamers);
	g_test_add_func("/map/512-threads", test_512_threads);
	return g_test_run();
}
