/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/diff.h"

#include <string.h>

/*
 * Eugene Myers' search for the fewest changes ("An O(ND) Difference Algorithm", 1986), on lines.
 * What it needs to find its way back grows with the square of the number of changes, so that is
 * bounded; what a program changes in a file of a person is few lines.
 */
#define MAX_CHANGES 1500
#define CONTEXT 3u

/* Lines of a text, each with its line feed; the last may have none. */
static GPtrArray *split(const char *text)
{
	GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);

	while (*text != '\0') {
		const char *end = strchr(text, '\n');
		gsize length = end == NULL ? strlen(text) : (gsize)(end - text) + 1;

		g_ptr_array_add(lines, g_strndup(text, length));
		text += length;
	}
	return lines;
}

/* For each line of a text, whether it is only there. */
struct marks {
	gboolean *gone, *come;
};

static gboolean same(const GPtrArray *a, gint x, const GPtrArray *b, gint y)
{
	return x < (gint)a->len && y < (gint)b->len &&
	       g_str_equal(g_ptr_array_index(a, (guint)x), g_ptr_array_index(b, (guint)y));
}

/* step - where diagonal @k begins after one more change, seen from the ends of @d - 1 changes */
static gint step(const gint *ends, gint d, gint k)
{
	return k == -d || (k != d && ends[k - 1] < ends[k + 1]) ? ends[k + 1] : ends[k - 1] + 1;
}

/* go_back - mark the changes on the way, from the end to the beginning */
static void go_back(const GPtrArray *trace, gint x, gint y, struct marks *marks)
{
	for (gint d = (gint)trace->len - 1; d > 0; d--) {
		const gint *ends = (const gint *)g_ptr_array_index(trace, (guint)d) + d + 1;
		gint k = x - y;
		gboolean down = k == -d || (k != d && ends[k - 1] < ends[k + 1]);
		gint from_k = down ? k + 1 : k - 1;
		gint from_x = ends[from_k], from_y = from_x - from_k;

		if (down)
			marks->come[from_y] = TRUE;
		else
			marks->gone[from_x] = TRUE;
		x = from_x;
		y = from_y;
	}
}

/* compare - FALSE if there are too many changes */
static gboolean compare(const GPtrArray *a, const GPtrArray *b, struct marks *marks)
{
	g_autoptr(GPtrArray) trace = g_ptr_array_new_with_free_func(g_free);
	gint most = MIN((gint)(a->len + b->len), MAX_CHANGES);
	g_autofree gint *all = g_new0(gint, (gsize)most * 2 + 3);
	gint *ends = all + most + 1;

	for (gint d = 0; d <= most; d++) {
		/* of diagonals -d-1 to d+1, as they were before this round */
		g_ptr_array_add(trace, g_memdup2(ends - d - 1, sizeof(gint) * ((gsize)d * 2 + 3)));
		for (gint k = -d; k <= d; k += 2) {
			gint x = d == 0 ? 0 : step(ends, d, k);

			while (same(a, x, b, x - k))
				x++;
			ends[k] = x;
			if (x >= (gint)a->len && x - k >= (gint)b->len) {
				go_back(trace, (gint)a->len, (gint)b->len, marks);
				return TRUE;
			}
		}
	}
	return FALSE;
}

static void mark_all(gboolean *marks, guint count)
{
	for (guint i = 0; i < count; i++)
		marks[i] = TRUE;
}

static void print_line(GString *out, char sign, const char *line)
{
	g_string_append_printf(out, "%c%s", sign, line);
	if (!g_str_has_suffix(line, "\n"))
		g_string_append(out, "\n\\ No newline at end of file\n");
}

static void print_range(GString *out, char sign, guint start, guint count)
{
	/* an empty range is named by the line before it */
	g_string_append_printf(out, "%c%u", sign, count == 0 ? start : start + 1);
	if (count != 1)
		g_string_append_printf(out, ",%u", count);
}

/* Where both texts are at, and how many of the same lines come next. */
struct walk {
	const GPtrArray *a, *b;
	const struct marks *marks;
	guint x, y;
};

static gboolean changes_at(const struct walk *walk)
{
	return (walk->x < walk->a->len && walk->marks->gone[walk->x]) ||
	       (walk->y < walk->b->len && walk->marks->come[walk->y]);
}

static guint same_ahead(const struct walk *walk)
{
	struct walk ahead = *walk;

	while (ahead.x < ahead.a->len && !changes_at(&ahead)) {
		ahead.x++;
		ahead.y++;
	}
	return ahead.x - walk->x;
}

static void print_same(GString *out, struct walk *walk, guint count)
{
	for (; count > 0; count--, walk->x++, walk->y++)
		print_line(out, ' ', g_ptr_array_index(walk->a, walk->x));
}

static void print_changes(GString *out, struct walk *walk)
{
	for (; walk->x < walk->a->len && walk->marks->gone[walk->x]; walk->x++)
		print_line(out, '-', g_ptr_array_index(walk->a, walk->x));
	for (; walk->y < walk->b->len && walk->marks->come[walk->y]; walk->y++)
		print_line(out, '+', g_ptr_array_index(walk->b, walk->y));
}

/* print_hunk - changes that are at most twice the context apart; @walk is at the first */
static void print_hunk(GString *out, struct walk *walk, guint before)
{
	g_autoptr(GString) body = g_string_new(NULL);
	guint old_start, new_start;

	walk->x -= before;
	walk->y -= before;
	old_start = walk->x;
	new_start = walk->y;
	print_same(body, walk, before);
	for (;;) {
		guint ahead;

		print_changes(body, walk);
		ahead = same_ahead(walk);
		if (ahead > 2 * CONTEXT || walk->x + ahead >= walk->a->len) {
			struct walk end = *walk;

			end.x += ahead;
			end.y += ahead;
			if (ahead > 2 * CONTEXT || !changes_at(&end)) {
				print_same(body, walk, MIN(ahead, CONTEXT));
				break;
			}
		}
		print_same(body, walk, ahead);
	}
	g_string_append(out, "@@ ");
	print_range(out, '-', old_start, walk->x - old_start);
	g_string_append_c(out, ' ');
	print_range(out, '+', new_start, walk->y - new_start);
	g_string_append_printf(out, " @@\n%s", body->str);
}

char *diff_unified(const char *old_text, const char *new_text, const char *old_name,
		   const char *new_name)
{
	g_autoptr(GPtrArray) a = split(old_text);
	g_autoptr(GPtrArray) b = split(new_text);
	g_autofree gboolean *gone = g_new0(gboolean, a->len + 1);
	g_autofree gboolean *come = g_new0(gboolean, b->len + 1);
	struct marks marks = { gone, come };
	struct walk walk = { .a = a, .b = b, .marks = &marks };
	GString *out = g_string_new(NULL);

	if (g_str_equal(old_text, new_text))
		return g_string_free(out, FALSE);
	if (!compare(a, b, &marks)) {
		mark_all(gone, a->len);
		mark_all(come, b->len);
	}
	g_string_append_printf(out, "--- %s\n+++ %s\n", old_name, new_name);
	for (;;) {
		guint ahead = same_ahead(&walk);

		walk.x += ahead;
		walk.y += ahead;
		if (!changes_at(&walk))
			break;
		/* what the hunk before has shown behind itself is not shown again */
		print_hunk(out, &walk, MIN(ahead, CONTEXT));
	}
	return g_string_free(out, FALSE);
}
