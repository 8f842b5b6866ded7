/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "corpus.h"
#include "evdev-model.h"
#include "machine/inputs.h"
#include "manifest.h"
#include "seat/seat.h"
#include "seat/uinput.h"

/*
 * Strangers' devices, as evemu and umockdev describe them: each is taken for what it is, all that
 * it can say arrives on the side that has the seat, and so does what it was recorded saying.
 */
struct node {
	guint8 keys[KEY_CNT / 8], axes[KEY_CNT / 8], places[KEY_CNT / 8];
};

static gboolean has_bit(const guint8 *bits, unsigned int bit)
{
	return bits[bit / 8] >> bit % 8 & 1;
}

static guint8 *bits_of_type(struct node *node, unsigned long type)
{
	return type == EV_KEY   ? node->keys
	       : type == EV_REL ? node->axes
	       : type == EV_ABS ? node->places
				: NULL;
}

/* "B: TYPE HEX...": eight bytes of a bitmap, the next ones in the next line. */
static gboolean read_description(const char *text, struct node *node)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	gsize used[EV_CNT] = { 0 };
	gboolean found = FALSE;

	memset(node, 0, sizeof(*node));
	for (guint i = 0; lines[i] != NULL; i++) {
		g_auto(GStrv) words = g_strsplit(lines[i], " ", -1);
		unsigned long type;
		guint8 *bits;

		if (g_strv_length(words) < 3 || !g_str_equal(words[0], "B:"))
			continue;
		type = strtoul(words[1], NULL, 16);
		bits = bits_of_type(node, type);
		found = TRUE;
		for (guint j = 2; bits != NULL && words[j] != NULL; j++) {
			if (words[j][0] != '\0' && used[type] < sizeof(node->keys))
				bits[used[type]++] = (guint8)strtoul(words[j], NULL, 16);
		}
	}
	return found;
}

static void add_bitmap(GString *block, const char *name, const guint8 *bits)
{
	g_string_append_printf(block, "\\nB: %s=", name);
	for (gsize at = KEY_CNT / 8; at > 0; at -= 8) {
		guint64 word = 0;

		for (gsize byte = 1; byte <= 8; byte++)
			word = word << 8 | bits[at - byte];
		g_string_append_printf(block, "%" G_GINT64_MODIFIER "x%s", word, at > 8 ? " " : "");
	}
}

/* What inputs_read() takes a node for; beside a keyboard of the same device, or alone. */
static enum input_kind kind_of(const struct node *node, gboolean alone)
{
	g_autoptr(GString) text = g_string_new(
		"proc/bus/input/devices = N: Name=\"x\"\\nP: "
		"Phys=usb-1/input1\\nH: Handlers=event5 ");
	autoptr(manifest) manifest = NULL;
	g_autoptr(GPtrArray) inputs = NULL;
	const struct input *input;

	add_bitmap(text, "KEY", node->keys);
	add_bitmap(text, "REL", node->axes);
	add_bitmap(text, "ABS", node->places);
	if (!alone)
		g_string_append(text,
				"\\n\\nP: Phys=usb-1/input0\\nH: Handlers=event6 \\n"
				"B: KEY=7 ff9f207ac14057ff febeffdfffefffff fffffffffffffffe");
	g_string_append(text, "\\n\n");
	manifest = manifest_build(text->str);
	inputs = inputs_read(manifest->root, NULL);
	input = g_ptr_array_index(inputs, 0);
	g_assert_cmpstr(input->event, ==, "event5");
	return input->kind;
}

/* ---- a seat that a guest has, and one source ------------------------------------------------- */

static void on_moved(void *data, unsigned int side, enum seat_cause cause, int error)
{
	g_assert_cmpint(error, ==, 0);
}

static void on_source(void *data, unsigned int id, enum source_state state, int fd)
{
}

static const struct seat_listener listener = { on_moved, on_source, NULL };

static void seat_up(struct seat *seat)
{
	const int fds[] = { model_sink_fd(0), model_sink_fd(1) };
	const int nodes[] = { model_sink_node(0), model_sink_node(1) };
	const bool repairs[] = { false, false };

	model_reset();
	model_plug(0);
	seat_init(seat, &evdev_model_calls, &listener);
	g_assert_cmpint(seat_set_sink(seat, 1, fds, nodes, repairs), ==, 0);
	seat_watch(seat, true);
	g_assert_cmpint(seat_add_source(seat, 0, model_fd(0), true), ==, 0);
	g_assert_cmpint(seat_move(seat, 1, SEAT_BY_REQUEST), ==, 0);
}

static void seat_read_all(struct seat *seat)
{
	while (model_readable(0))
		seat_read(seat, &seat->sources[0]);
}

static enum sink_kind sink_of(unsigned int type, unsigned int code)
{
	return type == EV_REL || evdev_is_button(code) ? SINK_MOUSE : SINK_KEYBOARD;
}

/* One event alone in a report arrives alone in a report, and not on the other device. */
static void pass_event(struct seat *seat, unsigned int type, unsigned int code, int value)
{
	enum sink_kind kind = sink_of(type, code);
	const struct model_log *log = &model.sinks[kind].log;

	model.sinks[0].log.count = model.sinks[1].log.count = 0;
	model_event(0, type, code, value);
	model_report(0);
	seat_read_all(seat);
	g_assert_cmpuint(model.sinks[!kind].log.count, ==, 0);
	g_assert_cmpuint(log->count, ==, 2);
	g_assert_cmpuint(log->events[0].type, ==, type);
	g_assert_cmpuint(log->events[0].code, ==, code);
	g_assert_cmpint(log->events[0].value, ==, value);
	g_assert_cmpuint(log->events[1].type, ==, EV_SYN);
}

/*
 * What the guests' devices do not offer though a keyboard or mouse may: ScrollLock, see uinput.h;
 * and what would make a joystick of them, for which QEMU has no use.
 */
static gboolean stays_behind(unsigned int code)
{
	return code == KEY_RESERVED || code == KEY_SCROLLLOCK ||
	       (code >= BTN_JOYSTICK && code < KEY_OK) ||
	       (code >= BTN_DPAD_UP && code <= BTN_DPAD_RIGHT) || code >= BTN_TRIGGER_HAPPY;
}

static guint pass_node(const struct node *node)
{
	struct seat seat;
	guint passed = 0;

	seat_up(&seat);
	for (unsigned int code = 1; code < KEY_CNT; code++) {
		if (!has_bit(node->keys, code))
			continue;
		pass_event(&seat, EV_KEY, code, 1);
		pass_event(&seat, EV_KEY, code, 0);
		/* and the kernel does not drop it on its way into the guest's device */
		g_assert_true(uinput_has(sink_of(EV_KEY, code), code) != stays_behind(code));
		passed += stays_behind(code) ? 0 : 1;
	}
	for (unsigned int axis = 0; axis < REL_CNT; axis++) {
		if (!has_bit(node->axes, axis))
			continue;
		pass_event(&seat, EV_REL, axis, -7);
		passed++;
	}
	return passed;
}

/* ---- what was recorded ----------------------------------------------------------------------- */

/* Keys that change and motion, as they were said, on the device where they belong. */
struct said {
	guint count[SINK_KINDS];
	struct input_event events[SINK_KINDS][MODEL_LOG];
};

static void expect_said(struct said *said)
{
	for (guint kind = 0; kind < SINK_KINDS; kind++) {
		struct model_log *log = &model.sinks[kind].log;
		guint arrived = 0;

		for (guint i = 0; i < log->count; i++) {
			const struct input_event *event = &log->events[i];

			if (event->type == EV_SYN)
				continue;
			g_assert_cmpuint(arrived, <, said->count[kind]);
			g_assert_cmpmem(event, sizeof(*event), &said->events[kind][arrived],
					sizeof(*event));
			arrived++;
		}
		g_assert_cmpuint(arrived, ==, said->count[kind]);
		log->count = 0;
		said->count[kind] = 0;
	}
}

/* "E: SECONDS TYPE CODE VALUE", the first two of them hexadecimal. */
static guint replay(const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	g_autofree struct said *said = g_new0(struct said, 1);
	struct keys down = { 0 };
	struct seat seat;
	guint count = 0;

	seat_up(&seat);
	for (guint i = 0; lines[i] != NULL; i++) {
		unsigned int type, code;
		int value;

		if (sscanf(lines[i], "E: %*f %x %x %d", &type, &code, &value) != 3)
			continue;
		model_event(0, type, code, value);
		if (type == EV_SYN && code == SYN_REPORT) {
			seat_read_all(&seat);
			expect_said(said);
		} else if (type == EV_REL ||
			   (type == EV_KEY && value < 2 && keys_has(&down, code) != (value == 1))) {
			enum sink_kind kind = sink_of(type, code);

			said->events[kind][said->count[kind]++] = evdev_event(type, code, value);
			count++;
		}
		if (type == EV_KEY && value == 1)
			keys_add(&down, code);
		else if (type == EV_KEY && value == 0)
			keys_remove(&down, code);
	}
	return count;
}

/* ---- the corpus ------------------------------------------------------------------------------ */

static gboolean is_named(const char *file, const char *kinds)
{
	g_auto(GStrv) names = g_strsplit(kinds, " ", -1);

	for (guint i = 0; names[i] != NULL; i++) {
		if (g_str_has_prefix(file, names[i]))
			return TRUE;
	}
	return FALSE;
}

/* By the folder of the collection. "misc" has both: a key that types passwords is a keyboard. */
static gboolean expect_kind(const char *file, const struct node *node)
{
	enum input_kind kind;

	if (is_named(file, "misc_"))
		return kind_of(node, TRUE) != INPUT_OTHER;
	if (is_named(file, "keyboards_ mice_ trackballs_ trackpoints_")) {
		kind = kind_of(node, FALSE);
		g_test_message("%s: %d", file, kind);
		g_assert_cmpint(kind, !=, INPUT_OTHER);
		return TRUE;
	}
	kind = kind_of(node, TRUE);
	g_test_message("%s: %d", file, kind);
	g_assert_cmpint(kind, ==, INPUT_OTHER);
	return FALSE;
}

static void test_evemu(void)
{
	g_auto(GStrv) names = corpus_list("input/evemu");
	guint taken = 0, left = 0, passed = 0, events = 0;

	if (names == NULL) {
		g_test_skip("no corpus");
		return;
	}
	for (guint i = 0; names[i] != NULL; i++) {
		g_autofree char *path = g_strconcat("input/evemu/", names[i], NULL);
		g_autofree char *text = corpus_read(path);
		struct node node;

		if (read_description(text, &node) && !expect_kind(names[i], &node)) {
			left++;
			continue;
		}
		if (is_named(names[i], "joysticks_ touchpads_ tablets_ other_"))
			continue;
		passed += pass_node(&node);
		events += replay(text);
		taken++;
	}
	g_test_message("%u taken, %u left; %u keys, buttons and axes, %u recorded", taken, left,
		       passed, events);
	g_assert_cmpuint(taken, >, 10);
	g_assert_cmpuint(passed, >, 1000);
	g_assert_cmpuint(events, >, 100);
}

static void read_words(const char *text, const char *key, guint8 *bits)
{
	g_autofree char *prefix = g_strdup_printf("\nE: %s=", key);
	const char *found = strstr(text, prefix);
	g_autofree char *value = NULL;
	g_auto(GStrv) words = NULL;

	if (found == NULL)
		return;
	found += strlen(prefix);
	value = g_strndup(found, strcspn(found, "\n"));
	words = g_strsplit(value, " ", -1);
	for (guint i = 0, count = g_strv_length(words); i < count; i++) {
		guint64 word = g_ascii_strtoull(words[count - 1 - i], NULL, 16);

		for (guint byte = 0; byte < 8 && i * 8 + byte < KEY_CNT / 8; byte++)
			bits[i * 8 + byte] = (guint8)(word >> (byte * 8));
	}
}

/* Blocks of udev's database, with its own opinion. */
static guint judge_blocks(const char *text)
{
	g_auto(GStrv) blocks = g_strsplit(text, "\n\n", -1);
	guint judged = 0;

	for (guint i = 0; blocks[i] != NULL; i++) {
		struct node node = { 0 };
		enum input_kind kind;

		if (strstr(blocks[i], "\nE: EV=") == NULL)
			continue;
		read_words(blocks[i], "KEY", node.keys);
		read_words(blocks[i], "REL", node.axes);
		read_words(blocks[i], "ABS", node.places);
		kind = kind_of(&node, TRUE);
		g_assert_cmpint(strstr(blocks[i], "\nE: ID_INPUT_KEYBOARD=1") != NULL, ==,
				kind == INPUT_KEYBOARD);
		g_assert_cmpint(strstr(blocks[i], "\nE: ID_INPUT_MOUSE=1") != NULL, ==,
				kind == INPUT_MOUSE);
		if (kind != INPUT_OTHER)
			g_assert_cmpuint(pass_node(&node), >, 0);
		judged++;
	}
	return judged;
}

static void test_umockdev(void)
{
	g_auto(GStrv) names = corpus_list("input/umockdev");
	guint judged = 0;

	if (names == NULL) {
		g_test_skip("no corpus");
		return;
	}
	for (guint i = 0; names[i] != NULL; i++) {
		g_autofree char *path = g_strconcat("input/umockdev/", names[i], NULL);
		g_autofree char *text =
			g_str_has_suffix(names[i], ".umockdev") ? corpus_read(path) : NULL;

		if (text != NULL)
			judged += judge_blocks(text);
	}
	g_test_message("%u nodes judged as udev does", judged);
	g_assert_cmpuint(judged, >, 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/devices/evemu", test_evemu);
	g_test_add_func("/devices/umockdev", test_umockdev);
	return g_test_run();
}
