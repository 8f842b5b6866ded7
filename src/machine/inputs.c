/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "machine/inputs.h"

#include <linux/input-event-codes.h>
#include <string.h>

#include "core/error.h"

/*
 * proc/bus/input/devices has all that we ask in one file: a block of lines for each device, "N:"
 * its name, "P:" where it is plugged in, "S:" its place in sysfs, "H:" who handles it, "B:" its
 * capabilities as bitmaps. Source: Linux drivers/input/input.c, input_devices_seq_show().
 */
#define INPUT_DEVICES "proc/bus/input/devices"

/* The bitmaps are printed as the recorded kernel's longs, the most significant first. */
#define BITS_PER_WORD 64

/* Named by our own rules for udev. */
#define PROGRAMS_FOLDER "dev/input/by-program"

/* Likewise: one name for each node, where udev's own are shared by several or missing. */
#define DEVICES_FOLDER "dev/input/by-device"

/* What uinput makes. Not all of sys/devices/virtual: Bluetooth keyboards are below misc/uhid. */
#define VIRTUAL_FOLDER "/devices/virtual/input/"

void input_free(struct input *input)
{
	if (input == NULL)
		return;
	g_free(input->name);
	g_free(input->event);
	g_free(input->stable_path);
	g_free(input->own_path);
	g_free(input->phys);
	g_free(input->uniq);
	g_free(input);
}

static void free_one(gpointer input)
{
	input_free(input);
}

static gboolean bitmap_has(char **words, guint bit)
{
	guint count = words == NULL ? 0 : g_strv_length(words);
	guint word = bit / BITS_PER_WORD;

	if (word >= count)
		return FALSE;
	return (g_ascii_strtoull(words[count - 1 - word], NULL, 16) >> (bit % BITS_PER_WORD)) & 1;
}

/* What follows "KEY" in one of the block's lines, or NULL. */
static const char *block_value(char **lines, const char *prefix)
{
	for (guint i = 0; lines[i] != NULL; i++) {
		if (g_str_has_prefix(lines[i], prefix))
			return lines[i] + strlen(prefix);
	}
	return NULL;
}

static char **block_bitmap(char **lines, const char *prefix)
{
	const char *value = block_value(lines, prefix);
	g_autofree char *text = g_strstrip(g_strdup(value == NULL ? "" : value));

	return g_strsplit(text, " ", -1);
}

static gboolean bitmap_has_one(char **words, guint first, guint last)
{
	for (guint bit = first; bit <= last; bit++) {
		if (bitmap_has(words, bit))
			return TRUE;
	}
	return FALSE;
}

/* Source: systemd src/udev/udev-builtin-input_id.c, test_key(): what the desktop goes by, too. */
static gboolean is_keyboard(char **keys)
{
	for (guint key = KEY_ESC; key < KEY_D; key++) {
		if (!bitmap_has(keys, key))
			return FALSE;
	}
	return TRUE;
}

/* Tablets and touch screens say where, not how far, and a relay does not pass that. */
static gboolean is_pen_or_touch(char **keys, char **places)
{
	return bitmap_has(places, ABS_X) && bitmap_has(places, ABS_Y) &&
	       bitmap_has_one(keys, BTN_TOOL_PEN, BTN_TOOL_QUADTAP);
}

static gboolean has_keys(char **keys)
{
	return bitmap_has_one(keys, KEY_ESC, BTN_MISC - 1) ||
	       bitmap_has_one(keys, KEY_OK, BTN_TRIGGER_HAPPY - 1);
}

/*
 * By what it can do, never by its name: gaming mice have a keyboard node for their macros, and
 * gaming keyboards a mouse node, both named alike. A node that can do both, as small wireless
 * keyboards with a pad have it, is a keyboard.
 */
static enum input_kind block_kind(char **lines)
{
	g_auto(GStrv) keys = block_bitmap(lines, "B: KEY=");
	g_auto(GStrv) axes = block_bitmap(lines, "B: REL=");
	g_auto(GStrv) places = block_bitmap(lines, "B: ABS=");

	if (is_pen_or_touch(keys, places))
		return INPUT_OTHER;
	if (is_keyboard(keys))
		return INPUT_KEYBOARD;
	if (bitmap_has(axes, REL_X) && bitmap_has(axes, REL_Y) && bitmap_has(keys, BTN_LEFT))
		return INPUT_MOUSE;
	if (bitmap_has(places, ABS_X) || bitmap_has(places, ABS_Y))
		return INPUT_OTHER;
	return has_keys(keys) || bitmap_has_one(axes, REL_X, REL_MAX) ? INPUT_MORE : INPUT_OTHER;
}

static char *block_event(char **lines)
{
	const char *handlers = block_value(lines, "H: Handlers=");
	g_auto(GStrv) names = g_strsplit(handlers == NULL ? "" : handlers, " ", -1);

	for (guint i = 0; names[i] != NULL; i++) {
		if (g_str_has_prefix(names[i], "event"))
			return g_strdup(names[i]);
	}
	return NULL;
}

/* "usb-0000:00:14.0-3/input1": the interfaces of one device differ in what follows the slash. */
static char *block_phys(char **lines)
{
	const char *value = block_value(lines, "P: Phys=");
	const char *slash = value == NULL ? NULL : strstr(value, "/input");

	if (value == NULL || value[0] == '\0')
		return NULL;
	return slash == NULL ? g_strdup(value) : g_strndup(value, (gsize)(slash - value));
}

static char *block_uniq(char **lines)
{
	const char *value = block_value(lines, "U: Uniq=");

	return value == NULL || value[0] == '\0' ? NULL : g_strdup(value);
}

static char *block_name(char **lines)
{
	const char *value = block_value(lines, "N: Name=");
	gsize length;

	if (value == NULL)
		return g_strdup("");
	length = strlen(value);
	if (length >= 2 && value[0] == '"' && value[length - 1] == '"')
		return g_strndup(value + 1, length - 2);
	return g_strdup(value);
}

static struct input *input_parse(const char *block)
{
	g_auto(GStrv) lines = g_strsplit(block, "\n", -1);
	g_autofree char *event = block_event(lines);
	const char *place = block_value(lines, "S: Sysfs=");
	struct input *input;

	/* without an event node it cannot be handed to anyone */
	if (event == NULL)
		return NULL;
	input = g_new0(struct input, 1);
	input->event = g_steal_pointer(&event);
	input->name = block_name(lines);
	input->phys = block_phys(lines);
	input->uniq = block_uniq(lines);
	input->kind = block_kind(lines);
	input->virtual_device = place != NULL && g_str_has_prefix(place, VIRTUAL_FOLDER);
	return input;
}

gboolean input_same_device(const struct input *a, const struct input *b)
{
	return a->phys != NULL && g_strcmp0(a->phys, b->phys) == 0 &&
	       g_strcmp0(a->uniq, b->uniq) == 0;
}

static gboolean belongs_to_another(const GPtrArray *inputs, const struct input *input)
{
	for (guint i = 0; i < inputs->len; i++) {
		const struct input *other = g_ptr_array_index(inputs, i);

		if ((other->kind == INPUT_KEYBOARD || other->kind == INPUT_MOUSE) &&
		    !other->virtual_device && input_same_device(input, other))
			return TRUE;
	}
	return FALSE;
}

/* A headset's volume keys, and those of a laptop's lid, are no part of any keyboard. */
static void leave_strangers(const GPtrArray *inputs)
{
	for (guint i = 0; i < inputs->len; i++) {
		struct input *input = g_ptr_array_index(inputs, i);

		if (input->kind == INPUT_MORE &&
		    (input->virtual_device || !belongs_to_another(inputs, input)))
			input->kind = INPUT_OTHER;
	}
}

static struct input *find_event(GPtrArray *inputs, const char *event)
{
	for (guint i = 0; i < inputs->len; i++) {
		struct input *input = g_ptr_array_index(inputs, i);

		if (g_str_equal(input->event, event))
			return input;
	}
	return NULL;
}

/*
 * Only links to event nodes count (IN-04): beside each "-event-mouse" there is a "-mouse" that
 * leads to the old interface. In natural order, so that the answer is the same at each boot.
 */
static void add_paths(const struct root *root, GPtrArray *inputs, const char *folder, gboolean own)
{
	g_auto(GStrv) links = root_list(root, NULL, "%s", folder);

	for (guint i = 0; links != NULL && links[i] != NULL; i++) {
		g_autofree char *event = root_read_link(root, NULL, "%s/%s", folder, links[i]);
		struct input *input = event == NULL ? NULL : find_event(inputs, event);
		g_autofree char *path = g_strdup_printf("/%s/%s", folder, links[i]);

		if (input != NULL && input->stable_path == NULL)
			input->stable_path = g_strdup(path);
		if (input != NULL && own && input->own_path == NULL)
			input->own_path = g_steal_pointer(&path);
	}
}

static gint compare_events(gconstpointer a, gconstpointer b)
{
	const struct input *first = *(const struct input *const *)a;
	const struct input *second = *(const struct input *const *)b;

	return strverscmp(first->event, second->event);
}

GPtrArray *inputs_read(const struct root *root, GError **error)
{
	g_autoptr(GPtrArray) inputs = g_ptr_array_new_with_free_func(free_one);
	g_autoptr(GError) read_error = NULL;
	g_autofree char *text = root_read(root, &read_error, INPUT_DEVICES);
	g_auto(GStrv) blocks = NULL;

	if (text == NULL && hotseat_error_is(read_error, HOTSEAT_ERROR_ABSENT))
		return g_steal_pointer(&inputs);
	if (text == NULL) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_UNREADABLE,
			    "cannot list keyboards and mice: %s", read_error->message);
		return NULL;
	}
	blocks = g_strsplit(text, "\n\n", -1);
	for (guint i = 0; blocks[i] != NULL; i++) {
		struct input *input = input_parse(blocks[i]);

		if (input != NULL)
			g_ptr_array_add(inputs, input);
	}
	g_ptr_array_sort(inputs, compare_events);
	leave_strangers(inputs);
	add_paths(root, inputs, "dev/input/by-id", FALSE);
	add_paths(root, inputs, "dev/input/by-path", FALSE);
	add_paths(root, inputs, PROGRAMS_FOLDER, FALSE);
	add_paths(root, inputs, DEVICES_FOLDER, TRUE);
	return g_steal_pointer(&inputs);
}

char *inputs_programs(const GPtrArray *inputs)
{
	g_autoptr(GString) names = g_string_new(NULL);
	gboolean keyboard = FALSE;

	for (guint i = 0; i < inputs->len; i++) {
		const struct input *input = g_ptr_array_index(inputs, i);

		if ((input->kind != INPUT_KEYBOARD && input->kind != INPUT_MOUSE) ||
		    input->stable_path == NULL ||
		    !g_str_has_prefix(input->stable_path, "/" PROGRAMS_FOLDER "/"))
			continue;
		keyboard = keyboard || input->kind == INPUT_KEYBOARD;
		g_string_append_printf(names, "%s%s", names->len > 0 ? ";" : "",
				       input->stable_path + strlen("/" PROGRAMS_FOLDER "/"));
	}
	return keyboard ? g_strdup(names->str) : NULL;
}
