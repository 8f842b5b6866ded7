/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "plan/choose.h"
#include "plan/reason.h"

static const char *kind_name(enum input_kind kind)
{
	return kind == INPUT_KEYBOARD ? "keyboard" : "mouse";
}

static gboolean has_node_of_other_kind(const GPtrArray *inputs, const struct input *input)
{
	for (guint i = 0; i < inputs->len; i++) {
		const struct input *other = inputs->pdata[i];

		if (other->kind != input->kind &&
		    (other->kind == INPUT_KEYBOARD || other->kind == INPUT_MOUSE) &&
		    input_same_device(input, other))
			return TRUE;
	}
	return FALSE;
}

/*
 * Gaming mice have a keyboard of their own for macros, and keyboards a mouse (IN-04): a device
 * that is nothing else is more likely the one under the hands. A path by id survives another
 * socket, one by path does not.
 */
static guint input_merit(const GPtrArray *inputs, const struct input *input)
{
	guint merit = 1;

	if (!input->virtual_device)
		merit += 4;
	if (!has_node_of_other_kind(inputs, input))
		merit += 2;
	if (strstr(input->stable_path, "/by-id/") != NULL)
		merit += 1;
	return merit;
}

void choose_remove_device(GPtrArray *inputs, const struct input *input, enum input_kind kind)
{
	for (guint i = inputs->len; input != NULL && i-- > 0;) {
		const struct input *other = inputs->pdata[i];

		if (other == input || (other->kind == kind && input_same_device(other, input)))
			g_ptr_array_remove_index(inputs, i);
	}
}

const struct input *choose_input_from(const GPtrArray *inputs, enum input_kind kind,
				      GPtrArray *reasons)
{
	const struct input *chosen = choose_input(inputs, kind, reasons);
	const struct reason *last = reasons->pdata[reasons->len - 1];

	if (chosen == NULL && g_str_equal(last->why, "none was found")) {
		g_ptr_array_remove_index(reasons, reasons->len - 1);
		reason_add(reasons, kind_name(kind), NULL,
			   "none is left: plug in one more, or share one by the chord");
	}
	return chosen;
}

const struct input *choose_input(const GPtrArray *inputs, enum input_kind kind, GPtrArray *reasons)
{
	const struct input *best = NULL, *second = NULL;
	guint best_merit = 0, unstable = 0;

	for (guint i = 0; i < inputs->len; i++) {
		const struct input *input = inputs->pdata[i];
		guint merit;

		if (input->kind != kind)
			continue;
		if (input->stable_path == NULL) {
			unstable++;
			continue;
		}
		merit = input_merit(inputs, input);
		if (merit > best_merit) {
			second = best;
			best = input;
			best_merit = merit;
		} else if (second == NULL) {
			second = input;
		}
	}
	if (best != NULL)
		reason_add(reasons, kind_name(kind), second != NULL ? g_strdup(second->name) : NULL,
			   "%s, by its lasting path %s (IN-04)", best->name, best->stable_path);
	else if (unstable > 0)
		reason_add(reasons, kind_name(kind), NULL,
			   "none: what is there has no lasting path below /dev/input/by-id or "
			   "by-path (IN-04)");
	else
		reason_add(reasons, kind_name(kind), NULL, "none was found");
	return best;
}
