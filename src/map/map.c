/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "map/map.h"

#include <string.h>

#include "core/size.h"
#include "map/owner.h"
#include "plan/choose.h"

/*
 * From top to bottom: what machine this is, a panel for each NUMA node (memory as a bar, caches
 * with their cores and threads, cards with their groups), the marks, the reasons. Everything that
 * comes in numbers flows into rows, so that four threads and five hundred are drawn by the same
 * few lines.
 */
#define MARGIN 20.0
#define PAD 10.0
#define GAP 8.0
#define SMALL MAP_TEXT_LEAST
#define NORMAL 13.0
#define HEADING 15.0
#define TITLE 20.0

#define CELL_HEIGHT 20.0
#define CORE_PAD 3.0
#define BAR_HEIGHT 22.0
#define CARD_NAME_LINES 2
#define CARD_LINES 4 /* below the name */
#define CARD_STRIP 24.0
#define CACHES_MOST 10 /* in a row */

struct layout {
	const struct machine *machine;
	const GPtrArray *plans;
	struct canvas *canvas;
	double cell_width;
	double y; /* where the next thing begins */
};

/* --- text ---------------------------------------------------------------------------------- */

static double measure(const struct layout *layout, double size, enum canvas_style style,
		      const char *text)
{
	return layout->canvas->measure(layout->canvas, size, style, text);
}

static void put(const struct layout *layout, double x, double y, double size,
		enum canvas_style style, const char *text)
{
	layout->canvas->text(layout->canvas, x, y, size, style, text);
}

/* @text, shortened until it is not wider than @width. */
static char *fit(const struct layout *layout, double size, enum canvas_style style, double width,
		 const char *text)
{
	g_autoptr(GString) shorter = g_string_new(text);
	glong letters;

	if (measure(layout, size, style, text) <= width)
		return g_strdup(text);
	for (letters = g_utf8_strlen(text, -1); letters > 0; letters--) {
		const char *end = g_utf8_offset_to_pointer(text, letters - 1);

		g_string_truncate(shorter, 0);
		g_string_append_len(shorter, text, end - text);
		g_string_append(shorter, "\342\200\246");
		if (measure(layout, size, style, shorter->str) <= width)
			break;
	}
	return g_string_free(g_steal_pointer(&shorter), FALSE);
}

/* As many lines as it takes, broken between words; the last of @most is shortened. */
static GPtrArray *wrap(const struct layout *layout, double size, enum canvas_style style,
		       double width, guint most, const char *text)
{
	GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
	g_auto(GStrv) words = g_strsplit(text, " ", -1);
	g_autoptr(GString) line = g_string_new(NULL);

	for (guint i = 0; words[i] != NULL; i++) {
		g_autofree char *longer =
			g_strconcat(line->str, line->len > 0 ? " " : "", words[i], NULL);

		if (line->len > 0 && lines->len + 1 < most &&
		    measure(layout, size, style, longer) > width) {
			g_ptr_array_add(lines, fit(layout, size, style, width, line->str));
			g_string_assign(line, words[i]);
		} else {
			g_string_assign(line, longer);
		}
	}
	g_ptr_array_add(lines, fit(layout, size, style, width, line->str));
	return lines;
}

/* --- threads, cores, caches ---------------------------------------------------------------- */

static guint paint_of(int owner)
{
	if (owner == OWNER_HOST)
		return CANVAS_HOST;
	return owner == OWNER_EMULATOR ? CANVAS_EMULATOR : canvas_guest((guint)owner);
}

static char *describe_owner(int owner)
{
	g_autofree char *mark = owner_mark(owner);

	if (owner == OWNER_HOST)
		return g_strdup("host");
	return owner == OWNER_EMULATOR ? g_strdup("host: emulator and I/O threads")
				       : g_strdup_printf("guest %s", mark);
}

static void draw_thread(const struct layout *layout, double x, double y, guint id)
{
	const struct canvas_box box = { x, y, layout->cell_width, CELL_HEIGHT };
	const int owner = owner_of_cpu(layout->plans, id);
	g_autofree char *number = g_strdup_printf("%u", id);
	g_autofree char *mark = owner_mark(owner);
	g_autofree char *who = describe_owner(owner);
	g_autofree char *tip = g_strdup_printf("CPU %u: %s", id, who);
	const double top = y + (CELL_HEIGHT - CANVAS_LINE(SMALL)) / 2;

	layout->canvas->box(layout->canvas, &box, paint_of(owner), tip);
	put(layout, x + 4, top, SMALL, CANVAS_PLAIN, number);
	if (mark[0] != '\0')
		put(layout, x + layout->cell_width - 4 - measure(layout, SMALL, CANVAS_BOLD, mark),
		    top, SMALL, CANVAS_BOLD, mark);
}

/* The cpus of one core, or the cores of one cache: indices into cpus->cpu. */
static GArray *threads_of(const struct cpus *cpus, guint core)
{
	GArray *threads = g_array_new(FALSE, FALSE, sizeof(guint));

	for (guint i = 0; i < cpus->cpu->len; i++) {
		const struct cpu *cpu = &g_array_index(cpus->cpu, struct cpu, i);

		if (cpu->core == core)
			g_array_append_val(threads, cpu->id);
	}
	return threads;
}

static GArray *cores_of(const struct cpus *cpus, guint l3, guint node)
{
	GArray *cores = g_array_new(FALSE, FALSE, sizeof(guint));

	for (guint i = 0; i < cpus->cpu->len; i++) {
		const struct cpu *cpu = &g_array_index(cpus->cpu, struct cpu, i);

		if (cpu->l3 == l3 && cpu->node == node && cpu->thread == 0)
			g_array_append_val(cores, cpu->core);
	}
	return cores;
}

static double core_width(const struct layout *layout, guint threads)
{
	return threads * (layout->cell_width + 2) - 2 + 2 * CORE_PAD;
}

static void draw_core(const struct layout *layout, double x, double y, const GArray *threads)
{
	const struct canvas_box box = { x, y, core_width(layout, threads->len),
					CELL_HEIGHT + 2 * CORE_PAD };

	layout->canvas->box(layout->canvas, &box, CANVAS_CORE, NULL);
	for (guint i = 0; i < threads->len; i++)
		draw_thread(layout, x + CORE_PAD + i * (layout->cell_width + 2), y + CORE_PAD,
			    g_array_index(threads, guint, i));
}

static double heading_height(void)
{
	return CANVAS_LINE(SMALL) + 4;
}

/* Draws, or only tells the height: cores flow in rows of @width. */
static double flow_cores(const struct layout *layout, const struct canvas_box *box,
			 const GArray *cores, gboolean draw)
{
	double x = box->x + PAD, y = box->y + PAD / 2 + heading_height();
	const double row = CELL_HEIGHT + 2 * CORE_PAD;

	for (guint i = 0; i < cores->len; i++) {
		g_autoptr(GArray) threads =
			threads_of(layout->machine->cpus, g_array_index(cores, guint, i));
		double width = core_width(layout, threads->len);

		if (i > 0 && x + width > box->x + box->width - PAD) {
			x = box->x + PAD;
			y += row + 4;
		}
		if (draw)
			draw_core(layout, x, y, threads);
		x += width + 4;
	}
	return y + row + PAD - box->y;
}

static char *describe_cache(const struct cpus *cpus, guint l3)
{
	guint64 kib = l3 < cpus->l3_kib->len ? g_array_index(cpus->l3_kib, guint64, l3) : 0;
	g_autofree char *size = size_format(kib << 10);

	return kib > 0 ? g_strdup_printf("Cache %u, %s", l3, size)
		       : g_strdup_printf("Cores %u", l3);
}

static void draw_cache(const struct layout *layout, const struct canvas_box *box, guint l3,
		       const GArray *cores)
{
	g_autofree char *text = describe_cache(layout->machine->cpus, l3);
	g_autofree char *fitting = fit(layout, SMALL, CANVAS_QUIET, box->width - 2 * PAD, text);

	layout->canvas->box(layout->canvas, box, CANVAS_GROUP, text);
	put(layout, box->x + PAD, box->y + PAD / 2, SMALL, CANVAS_QUIET, fitting);
	flow_cores(layout, box, cores, TRUE);
}

/* The caches that have cpus on this node. */
static GArray *caches_of(const struct cpus *cpus, guint node)
{
	GArray *caches = g_array_new(FALSE, FALSE, sizeof(guint));

	for (guint l3 = 0; l3 < cpus->l3s; l3++) {
		g_autoptr(GArray) cores = cores_of(cpus, l3, node);

		if (cores->len > 0)
			g_array_append_val(caches, l3);
	}
	return caches;
}

/* As many caches in a row as leave each room for four cores side by side, or all it has. */
static guint caches_per_row(const struct layout *layout, guint node, const GArray *caches,
			    double width)
{
	const struct cpus *cpus = layout->machine->cpus;
	double needed = 110;

	for (guint i = 0; i < caches->len; i++) {
		g_autoptr(GArray) cores = cores_of(cpus, g_array_index(caches, guint, i), node);
		g_autoptr(GArray) threads = threads_of(cpus, g_array_index(cores, guint, 0));

		needed = MAX(needed,
			     MIN(cores->len, 4) * (core_width(layout, threads->len) + 4) + 2 * PAD);
	}
	for (guint n = MIN(caches->len, CACHES_MOST); n > 1; n--) {
		if ((width - (n - 1) * GAP) / n >= needed)
			return n;
	}
	return 1;
}

static void draw_caches(struct layout *layout, guint node, double x, double width)
{
	const struct cpus *cpus = layout->machine->cpus;
	g_autoptr(GArray) caches = caches_of(cpus, node);
	const guint per_row = caches_per_row(layout, node, caches, width);
	struct canvas_box box = { x, layout->y, (width - (per_row - 1) * GAP) / per_row, 0 };

	for (guint from = 0; from < caches->len; from += per_row) {
		const guint to = MIN(from + per_row, caches->len);

		box.y = layout->y;
		box.height = 0;
		for (guint i = from; i < to; i++) {
			g_autoptr(GArray) cores =
				cores_of(cpus, g_array_index(caches, guint, i), node);

			box.height = MAX(box.height, flow_cores(layout, &box, cores, FALSE));
		}
		for (guint i = from; i < to; i++) {
			guint l3 = g_array_index(caches, guint, i);
			g_autoptr(GArray) cores = cores_of(cpus, l3, node);

			box.x = x + (i - from) * (box.width + GAP);
			draw_cache(layout, &box, l3, cores);
		}
		layout->y += box.height + GAP;
	}
}

/* --- memory -------------------------------------------------------------------------------- */

static guint64 memory_of_node(const struct machine *machine, guint node)
{
	const struct node_memory *memory = nodes_find(machine->nodes, node);

	if (memory != NULL)
		return memory->total_kib;
	return machine->cpus->nodes == 1 ? machine->memory.total_kib : 0;
}

static void draw_share(const struct layout *layout, const struct canvas_box *box, int owner,
		       guint64 kib)
{
	g_autofree char *size = size_format(kib << 10);
	g_autofree char *mark = owner_mark(owner);
	g_autofree char *who = describe_owner(owner);
	g_autofree char *tip = g_strdup_printf("%s of memory: %s", size, who);
	g_autofree char *text = g_strdup_printf("%s %s", owner == OWNER_HOST ? "host" : mark, size);
	const char *shown = measure(layout, SMALL, CANVAS_BOLD, text) <= box->width - 8   ? text
			    : measure(layout, SMALL, CANVAS_BOLD, mark) <= box->width - 4 ? mark
											  : "";

	layout->canvas->box(layout->canvas, box, paint_of(owner), tip);
	if (shown[0] != '\0')
		put(layout, box->x + 4, box->y + (BAR_HEIGHT - CANVAS_LINE(SMALL)) / 2, SMALL,
		    CANVAS_BOLD, shown);
}

static void draw_memory(struct layout *layout, guint node, double x, double width)
{
	const guint64 total = memory_of_node(layout->machine, node);
	struct canvas_box box = { x, layout->y, 0, BAR_HEIGHT };
	guint64 left = total;

	if (total == 0)
		return;
	for (guint i = 0; i < layout->plans->len; i++) {
		const struct plan *plan = layout->plans->pdata[i];
		guint64 kib = MIN(plan->memory_kib, left);

		if (kib == 0 || plan->memory_node != (int)node)
			continue;
		box.width = width * (double)kib / (double)total;
		draw_share(layout, &box, (int)i, kib);
		box.x += box.width;
		left -= kib;
	}
	box.width = x + width - box.x;
	if (left > 0 && box.width > 1)
		draw_share(layout, &box, OWNER_HOST, left);
	layout->y += BAR_HEIGHT + GAP;
}

/* --- cards --------------------------------------------------------------------------------- */

/* "01:00.0" where there is only one domain, as lspci does */
static const char *short_address(const char *address)
{
	return g_str_has_prefix(address, "0000:") ? address + 5 : address;
}

static char *list_devices(const GPtrArray *devices, guint from)
{
	g_autoptr(GString) text = g_string_new(NULL);

	for (guint i = from; i < devices->len; i++) {
		const struct pcidev *dev = devices->pdata[i];

		g_string_append_printf(text, "%s%s", text->len > 0 ? ", " : "",
				       short_address(dev->address));
		if (dev->driver != NULL)
			g_string_append_printf(text, " (%s)", dev->driver);
	}
	return g_string_free(g_steal_pointer(&text), FALSE);
}

static char *describe_blockers(const struct card *card)
{
	GString *text = g_string_new("cannot be lent:");

	for (guint i = 0; i < card->blockers->len; i++) {
		const struct pcidev *dev = ((struct card_blocker *)card->blockers->pdata[i])->dev;

		g_string_append_printf(text, "%s %s %s", i > 0 ? "," : "",
				       short_address(dev->address),
				       dev->driver != NULL ? dev->driver : "not known");
	}
	return g_string_free(text, FALSE);
}

static char *describe_verdict(const struct machine *machine, const struct card *card, int owner)
{
	g_autofree char *who = describe_owner(owner);
	g_autofree char *loss = NULL;

	if (owner >= 0)
		return g_strdup_printf("goes to %s", who);
	switch (card->verdict) {
	case CARD_READY:
		break;
	case CARD_NO_GROUP:
		return g_strdup("cannot be lent: no IOMMU group");
	case CARD_UNKNOWN:
	case CARD_BLOCKED:
		return describe_blockers(card);
	}
	loss = card_loss(machine, card);
	return loss != NULL ? g_strdup_printf("stays: %s", short_address(loss))
			    : g_strdup("stays with the host; could be lent");
}

/* From the root port down: "00:01.0 > 01:00.0" */
static char *describe_path(const struct pcidev *dev)
{
	g_auto(GStrv) parts = g_strsplit(dev->path, "/", -1);
	g_autoptr(GString) text = g_string_new("PCI ");

	for (guint i = 1; parts[0] != NULL && parts[i] != NULL; i++)
		g_string_append_printf(text, "%s%s", i > 1 ? " \342\200\272 " : "",
				       short_address(parts[i]));
	return g_string_free(g_steal_pointer(&text), FALSE);
}

/* What is said below a card's name; each to be freed. */
static void card_lines(const struct machine *machine, const struct card *card, int owner,
		       char *lines[CARD_LINES])
{
	const struct pcidev *display = card_display(card);
	g_autofree char *functions = list_devices(card->functions, 0);
	g_autofree char *others =
		card->companions != NULL ? list_devices(card->companions, 0) : g_strdup("");

	lines[0] = describe_verdict(machine, card, owner);
	lines[1] = g_strdup_printf("functions %s", functions);
	lines[2] = g_strdup_printf("IOMMU group %s%s%s",
				   display->group != NULL ? display->group : "none",
				   others[0] != '\0' ? ", beside " : "", others);
	lines[3] = describe_path(display);
}

static double card_height(void)
{
	return PAD + CARD_NAME_LINES * CANVAS_LINE(NORMAL) + CARD_LINES * (CANVAS_LINE(SMALL) + 2) +
	       PAD;
}

/* The mark is a strip at the side: text on a pattern is hard to read. */
static void draw_card_box(const struct layout *layout, const struct canvas_box *box,
			  const struct card *card, int owner)
{
	const struct canvas_box strip = { box->x, box->y, CARD_STRIP, box->height };
	const gboolean ready = owner >= 0 || card->verdict == CARD_READY;
	g_autofree char *mark = owner_mark(owner);

	layout->canvas->box(layout->canvas, box, ready ? CANVAS_CARD : CANVAS_BLOCKED,
			    card_display(card)->name);
	if (owner < 0)
		return;
	layout->canvas->box(layout->canvas, &strip, canvas_guest((guint)owner), NULL);
	put(layout, box->x + (CARD_STRIP - measure(layout, NORMAL, CANVAS_BOLD, mark)) / 2,
	    box->y + PAD, NORMAL, CANVAS_BOLD, mark);
}

static void draw_card(const struct layout *layout, const struct canvas_box *box,
		      const struct card *card)
{
	const int owner = owner_of_card(layout->plans, card);
	const double width = box->width - CARD_STRIP - 2 * PAD, x = box->x + CARD_STRIP + PAD;
	g_autoptr(GPtrArray) name =
		wrap(layout, NORMAL, CANVAS_BOLD, width, CARD_NAME_LINES, card_display(card)->name);
	char *lines[CARD_LINES] = { NULL };
	double y = box->y + PAD;

	draw_card_box(layout, box, card, owner);
	for (guint i = 0; i < name->len; i++, y += CANVAS_LINE(NORMAL))
		put(layout, x, y, NORMAL, CANVAS_BOLD, name->pdata[i]);
	y = box->y + PAD + CARD_NAME_LINES * CANVAS_LINE(NORMAL) + 2;
	card_lines(layout->machine, card, owner, lines);
	for (guint i = 0; i < CARD_LINES; i++, y += CANVAS_LINE(SMALL) + 2) {
		g_autofree char *text = fit(layout, SMALL, CANVAS_PLAIN, width, lines[i]);

		put(layout, x, y, SMALL, CANVAS_PLAIN, text);
		g_free(lines[i]);
	}
}

/* Cards of a node hang on a line, as on the bus. */
static void draw_cards(struct layout *layout, const GPtrArray *cards, double x, double width)
{
	const guint per_row = CLAMP(cards->len, 2, 3);
	const double stem = 12;
	struct canvas_box box = { x, 0, (width - (per_row - 1) * GAP) / per_row, card_height() };

	for (guint from = 0; from < cards->len; from += per_row) {
		const guint to = MIN(from + per_row, cards->len);
		const double middle = box.width / 2;

		layout->canvas->line(layout->canvas, x + middle, layout->y,
				     x + (to - from - 1) * (box.width + GAP) + middle, layout->y);
		for (guint i = from; i < to; i++) {
			box.x = x + (i - from) * (box.width + GAP);
			box.y = layout->y + stem;
			layout->canvas->line(layout->canvas, box.x + middle, layout->y,
					     box.x + middle, box.y);
			draw_card(layout, &box, cards->pdata[i]);
		}
		layout->y += stem + box.height + GAP;
	}
}

/* --- nodes --------------------------------------------------------------------------------- */

static GArray *nodes_of(const struct cpus *cpus)
{
	GArray *nodes = g_array_new(FALSE, FALSE, sizeof(guint));

	for (guint i = 0; i < cpus->cpu->len; i++) {
		guint node = g_array_index(cpus->cpu, struct cpu, i).node;
		guint at = 0;

		while (at < nodes->len && g_array_index(nodes, guint, at) < node)
			at++;
		if (at == nodes->len || g_array_index(nodes, guint, at) != node)
			g_array_insert_val(nodes, at, node);
	}
	return nodes;
}

static gboolean has_node(const GArray *nodes, int node)
{
	for (guint i = 0; i < nodes->len; i++) {
		if ((int)g_array_index(nodes, guint, i) == node)
			return TRUE;
	}
	return FALSE;
}

/* The cards of a node; with one node all of them; for -1 those that belong nowhere. */
static GPtrArray *cards_of(const struct machine *machine, const GArray *nodes, int node)
{
	GPtrArray *cards = g_ptr_array_new();

	for (guint i = 0; machine->cards != NULL && i < machine->cards->len; i++) {
		struct card *card = machine->cards->pdata[i];
		int at = card_display(card)->numa_node;

		if (nodes->len == 1)
			at = (int)g_array_index(nodes, guint, 0);
		else if (!has_node(nodes, at))
			at = -1;
		if (at == node)
			g_ptr_array_add(cards, card);
	}
	return cards;
}

static char *describe_node(const struct machine *machine, guint node)
{
	guint64 kib = memory_of_node(machine, node);
	g_autofree char *size = size_format(kib << 10);
	g_autofree char *name = machine->cpus->nodes > 1 ? g_strdup_printf("NUMA node %u", node)
							 : g_strdup("Processor and memory");

	return kib > 0 ? g_strdup_printf("%s, %s", name, size) : g_strdup(name);
}

/* What is inside a panel; the panel itself is drawn before it, when its height is known. */
static void fill_panel(struct layout *layout, const char *title, const GArray *nodes, int node)
{
	const double x = MARGIN + PAD, width = MAP_WIDTH - 2 * (MARGIN + PAD);
	g_autoptr(GPtrArray) cards = cards_of(layout->machine, nodes, node);

	layout->y += PAD;
	put(layout, x, layout->y, HEADING, CANVAS_BOLD, title);
	layout->y += CANVAS_LINE(HEADING) + GAP / 2;
	if (node >= 0) {
		draw_memory(layout, (guint)node, x, width);
		draw_caches(layout, (guint)node, x, width);
	}
	draw_cards(layout, cards, x, width);
	layout->y += PAD - GAP;
}

static void ignore_box(struct canvas *canvas, const struct canvas_box *box, guint paint,
		       const char *tip)
{
}

static void ignore_text(struct canvas *canvas, double x, double y, double size,
			enum canvas_style style, const char *text)
{
}

static void ignore_line(struct canvas *canvas, double x1, double y1, double x2, double y2)
{
}

static void ignore_begin(struct canvas *canvas, double width, double height, const char *title)
{
}

static void ignore_end(struct canvas *canvas)
{
}

/* A canvas that only measures, for the first run. */
static struct canvas measuring(const struct canvas *real)
{
	return (struct canvas){ ignore_begin, ignore_box,    ignore_text,
				ignore_line,  real->measure, ignore_end };
}

static void draw_panel(struct layout *layout, const char *title, const GArray *nodes, int node)
{
	struct canvas nothing = measuring(layout->canvas);
	struct layout first = *layout;
	struct canvas_box box = { MARGIN, layout->y, MAP_WIDTH - 2 * MARGIN, 0 };

	first.canvas = &nothing;
	fill_panel(&first, title, nodes, node);
	box.height = first.y - layout->y;
	layout->canvas->box(layout->canvas, &box, CANVAS_PANEL, NULL);
	fill_panel(layout, title, nodes, node);
	layout->y += GAP * 1.5;
}

static void draw_nodes(struct layout *layout)
{
	g_autoptr(GArray) nodes = nodes_of(layout->machine->cpus);
	g_autoptr(GPtrArray) elsewhere = cards_of(layout->machine, nodes, -1);

	for (guint i = 0; i < nodes->len; i++) {
		guint node = g_array_index(nodes, guint, i);
		g_autofree char *title = describe_node(layout->machine, node);

		draw_panel(layout, title, nodes, (int)node);
	}
	if (elsewhere->len > 0)
		draw_panel(layout, "Cards that do not say where they are", nodes, -1);
}

/* --- above and below ----------------------------------------------------------------------- */

static void draw_title(struct layout *layout)
{
	const struct cpus *cpus = layout->machine->cpus;
	g_autofree char *memory = size_format(layout->machine->memory.total_kib << 10);
	g_autofree char *name = fit(layout, TITLE, CANVAS_BOLD, MAP_WIDTH - 2 * MARGIN,
				    cpus->model_name != NULL ? cpus->model_name : "This machine");
	g_autofree char *counts = g_strdup_printf(
		"%u core%s, %u thread%s%s%s; planned for %u guest%s", cpus->cores,
		cpus->cores == 1 ? "" : "s", cpus->cpu->len, cpus->cpu->len == 1 ? "" : "s",
		layout->machine->memory.total_kib > 0 ? ", " : "",
		layout->machine->memory.total_kib > 0 ? memory : "", layout->plans->len,
		layout->plans->len == 1 ? "" : "s");

	put(layout, MARGIN, layout->y, TITLE, CANVAS_BOLD, name);
	layout->y += CANVAS_LINE(TITLE);
	put(layout, MARGIN, layout->y, NORMAL, CANVAS_QUIET, counts);
	layout->y += CANVAS_LINE(NORMAL) + GAP;
}

static void draw_mark(struct layout *layout, double *x, guint paint, const char *mark,
		      const char *text)
{
	struct canvas_box box = { *x, layout->y, 28, CELL_HEIGHT };
	const double width = 28 + 6 + measure(layout, SMALL, CANVAS_PLAIN, text) + 18;
	const double inset = (CELL_HEIGHT - CANVAS_LINE(SMALL)) / 2;

	if (*x + width > MAP_WIDTH - MARGIN) {
		*x = MARGIN;
		layout->y += CELL_HEIGHT + GAP / 2;
		box.x = *x;
		box.y = layout->y;
	}
	layout->canvas->box(layout->canvas, &box, paint, NULL);
	if (mark[0] != '\0')
		put(layout, *x + 8, layout->y + inset, SMALL, CANVAS_BOLD, mark);
	put(layout, *x + 34, layout->y + inset, SMALL, CANVAS_PLAIN, text);
	*x += width;
}

static void draw_legend(struct layout *layout)
{
	double x = MARGIN;

	draw_mark(layout, &x, CANVAS_HOST, "", "host");
	draw_mark(layout, &x, CANVAS_EMULATOR, "e", "host: emulator and I/O threads of guests");
	for (guint i = 0; i < layout->plans->len; i++) {
		g_autofree char *mark = owner_mark((int)i);
		g_autofree char *text = g_strdup_printf("guest %s", mark);

		draw_mark(layout, &x, canvas_guest(i), mark, text);
	}
	draw_mark(layout, &x, CANVAS_BLOCKED, "", "card that cannot be lent as things are");
	layout->y += CELL_HEIGHT + GAP * 1.5;
}

static void draw_paragraph(struct layout *layout, const char *label, const char *text)
{
	const double indent = 90;
	g_autoptr(GPtrArray) lines =
		wrap(layout, NORMAL, CANVAS_PLAIN, MAP_WIDTH - 2 * MARGIN - indent, 4, text);

	put(layout, MARGIN, layout->y, NORMAL, CANVAS_QUIET, label);
	for (guint i = 0; i < lines->len; i++) {
		put(layout, MARGIN + indent, layout->y, NORMAL, CANVAS_PLAIN, lines->pdata[i]);
		layout->y += CANVAS_LINE(NORMAL);
	}
	layout->y += 3;
}

static char *describe_guest(const struct plan *plan)
{
	g_autofree char *vcpus = cpus_format(plan->placement.vcpu);
	g_autofree char *memory = size_format(plan->memory_kib << 10);
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < plan->cards->len; i++) {
		const struct pcidev *display = card_display(plan->cards->pdata[i]);

		g_string_append_printf(text, "%s %s; ", short_address(display->address),
				       display->name);
	}
	g_string_append_printf(text, "%u vCPU%s on %s", plan->placement.vcpu->len,
			       plan->placement.vcpu->len == 1 ? "" : "s", vcpus);
	if (plan->memory_kib > 0)
		g_string_append_printf(text, "; %s", memory);
	if (plan->memory_kib > 0 && plan->memory_node >= 0)
		g_string_append_printf(text, " on node %d", plan->memory_node);
	if (plan->keyboard != NULL)
		g_string_append_printf(text, "; %s", plan->keyboard->name);
	if (plan->mouse != NULL)
		g_string_append_printf(text, "; %s", plan->mouse->name);
	return g_string_free(text, FALSE);
}

static void draw_guests(struct layout *layout)
{
	for (guint i = 0; i < layout->plans->len; i++) {
		g_autofree char *mark = owner_mark((int)i);
		g_autofree char *label = g_strdup_printf("Guest %s", mark);
		g_autofree char *text = describe_guest(layout->plans->pdata[i]);

		draw_paragraph(layout, label, text);
	}
}

/* Of one guest; with several, they would be the same sentences over and over. */
static void draw_reasons(struct layout *layout)
{
	const struct plan *plan = layout->plans->pdata[0];
	const char *about = "";

	if (layout->plans->len != 1)
		return;
	layout->y += GAP;
	put(layout, MARGIN, layout->y, HEADING, CANVAS_BOLD, "Why");
	layout->y += CANVAS_LINE(HEADING) + 2;
	for (guint i = 0; i < plan->reasons->len; i++) {
		const struct reason *reason = plan->reasons->pdata[i];

		draw_paragraph(layout, g_str_equal(about, reason->about) ? "" : reason->about,
			       reason->why);
		about = reason->about;
	}
}

static void run_layout(struct layout *layout)
{
	layout->y = MARGIN;
	draw_title(layout);
	draw_nodes(layout);
	draw_legend(layout);
	draw_guests(layout);
	draw_reasons(layout);
	layout->y += MARGIN;
}

static double cell_width(struct canvas *canvas, const struct cpus *cpus)
{
	const guint last = g_array_index(cpus->cpu, struct cpu, cpus->cpu->len - 1).id;
	g_autofree char *widest = g_strdup_printf("%u", last);

	return canvas->measure(canvas, SMALL, CANVAS_PLAIN, widest) +
	       canvas->measure(canvas, SMALL, CANVAS_BOLD, "M") + 12;
}

void map_draw(const struct machine *machine, const GPtrArray *plans, struct canvas *canvas)
{
	struct canvas nothing = measuring(canvas);
	struct layout layout = { machine, plans, &nothing, cell_width(canvas, machine->cpus) };

	g_assert(plans->len > 0 && machine->cpus->cpu->len > 0);
	run_layout(&layout);
	canvas->begin(canvas, MAP_WIDTH, layout.y, "Who gets what of this machine");
	layout.canvas = canvas;
	run_layout(&layout);
	canvas->end(canvas);
}
