/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "fix/mend.h"

/* Keyboards, mice and sound. */

/* lasting - the path below by-id of what is eventN on this machine now; NULL */
static const char *lasting(const struct mending *mending, const char *path)
{
	const struct machine *machine = mending->wish->machine;
	const char *event = strrchr(path, '/');

	if (machine == NULL || machine->inputs == NULL ||
	    !g_str_has_prefix(path, "/dev/input/event"))
		return NULL;
	for (guint i = 0; i < machine->inputs->len; i++) {
		const struct input *input = g_ptr_array_index(machine->inputs, i);

		if (g_strcmp0(input->event, event + 1) == 0 && !input->virtual_device)
			return input->stable_path;
	}
	return NULL;
}

/* The options of "input-linux,id=k,evdev=/dev/input/event10,grab_all=on,repeat=on". */
struct by_hand {
	const char *path;
	gboolean grab, repeat, other;
};

static struct by_hand read_options(char **options)
{
	struct by_hand device = { 0 };

	for (guint i = 1; options[0] != NULL && options[i] != NULL; i++) {
		if (g_str_has_prefix(options[i], "evdev="))
			device.path = options[i] + strlen("evdev=");
		else if (g_str_equal(options[i], "grab_all=on") ||
			 g_str_equal(options[i], "grab_all=yes"))
			device.grab = TRUE;
		else if (g_str_equal(options[i], "repeat=on") ||
			 g_str_equal(options[i], "repeat=yes"))
			device.repeat = TRUE;
		else if (!g_str_has_prefix(options[i], "id="))
			device.other = TRUE;
	}
	return device;
}

/* The element, and the "-object" before it, and what held them if nothing else is there. */
static gboolean take_argument_out(struct mending *mending)
{
	const struct element *object =
		document_first(mending->document, mending->element,
			       "preceding-sibling::*[1][self::qemu:arg][@value='-object']");

	if (object == NULL)
		return FALSE;
	if (document_first(mending->document, mending->element, "../*[3]") == NULL) {
		edit_remove(mending->edit,
			    document_first(mending->document, mending->element, ".."));
		return TRUE;
	}
	edit_remove(mending->edit, object);
	edit_remove(mending->edit, mending->element);
	return TRUE;
}

static gboolean use_evdev(struct mending *mending)
{
	const char *value = element_attribute(mending->document, mending->element, "value");
	g_auto(GStrv) options = g_strsplit(value, ",", 16);
	struct by_hand device = read_options(options);
	const char *path = device.path != NULL ? lasting(mending, device.path) : NULL;
	g_autofree char *escaped = NULL, *xml = NULL;

	if (device.path == NULL || device.other || !take_argument_out(mending))
		return FALSE;
	escaped = g_markup_escape_text(path != NULL ? path : device.path, -1);
	xml = g_strdup_printf("<input type='evdev'>\n  <source dev='%s'%s%s/>\n</input>", escaped,
			      device.grab ? " grab='all'" : "",
			      device.repeat ? " repeat='on'" : "");
	edit_put(mending->edit, "devices", xml);
	return TRUE;
}

/* Exactly one: the only keyboard by its path. */
static gboolean one_grabs(struct mending *mending)
{
	g_autoptr(GPtrArray) sources =
		document_find(mending->document, NULL, "devices/input[@type='evdev']/source[@dev]");
	const struct element *keyboard = NULL;

	for (guint i = 0; i < sources->len; i++) {
		const struct element *source = g_ptr_array_index(sources, i);
		const char *path = element_attribute(mending->document, source, "dev");

		if (!g_str_has_suffix(path, "-event-kbd") || strstr(path, "-if0") != NULL)
			continue;
		if (keyboard != NULL)
			return FALSE;
		keyboard = source;
	}
	if (keyboard == NULL)
		return FALSE;
	for (guint i = 0; i < sources->len; i++) {
		const struct element *source = g_ptr_array_index(sources, i);

		edit_set(mending->edit, source, "grab", source == keyboard ? "all" : NULL);
	}
	return TRUE;
}

static gboolean let_repeat(struct mending *mending)
{
	const struct element *source =
		document_first(mending->document, mending->element, "source");

	if (source == NULL)
		return FALSE;
	edit_set(mending->edit, source, "repeat", "on");
	return TRUE;
}

static gboolean lasting_path(struct mending *mending)
{
	const struct element *source =
		document_first(mending->document, mending->element, "source[@dev]");
	const char *path =
		source == NULL
			? NULL
			: lasting(mending, element_attribute(mending->document, source, "dev"));

	if (path == NULL)
		return FALSE;
	edit_set(mending->edit, source, "dev", path);
	return TRUE;
}

/* "…-mouse" is the old interface's node, "…-event-mouse" that of the same device. */
static gboolean event_path(struct mending *mending)
{
	const struct element *source =
		document_first(mending->document, mending->element, "source[@dev]");
	const char *path =
		source == NULL ? NULL : element_attribute(mending->document, source, "dev");
	const char *end = path == NULL ? NULL : strrchr(path, '-');
	g_autofree char *other = NULL;

	if (end == NULL || !g_str_has_prefix(path, "/dev/input/by-"))
		return FALSE;
	other = g_strdup_printf("%.*s-event%s", (int)(end - path), path, end);
	edit_set(mending->edit, source, "dev", other);
	return TRUE;
}

/* What the variable said, as libvirt's element, where there is none; then the variable goes. */
static gboolean no_variable(struct mending *mending)
{
	const char *name = element_attribute(mending->document, mending->element, "name");
	const char *server = element_attribute(mending->document, mending->element, "value");

	if (g_str_equal(name, "QEMU_PA_SERVER") && server != NULL &&
	    document_first(mending->document, NULL, "devices[sound][not(audio)]") != NULL) {
		g_autofree char *escaped = g_markup_escape_text(server, -1);
		g_autofree char *xml = g_strdup_printf(
			"<audio id='1' type='pulseaudio' serverName='%s'/>", escaped);

		edit_put(mending->edit, "devices", xml);
	}
	if (document_first(mending->document, mending->element, "../*[2]") == NULL)
		edit_remove(mending->edit,
			    document_first(mending->document, mending->element, ".."));
	else
		edit_remove(mending->edit, mending->element);
	return TRUE;
}

static const struct mend table[] = {
	{ "IN-01", FALSE, "gave the device to the guest by libvirt's own element", MEND_CALL,
	  .mend = use_evdev },
	{ "IN-02", FALSE, "let the keyboard alone switch", MEND_CALL, .mend = one_grabs },
	{ "IN-03", FALSE, "let held keys repeat", MEND_CALL, .mend = let_repeat },
	{ "IN-04", TRUE, "named the device that has this number now by a path that lasts",
	  MEND_CALL, .mend = lasting_path },
	{ "IN-04#2", FALSE, "named the event device instead of the old interface", MEND_CALL,
	  .mend = event_path },
	{ "IN-07", TRUE, "took the tablet out", MEND_REMOVE },
	{ "AU-01", FALSE, "took out a variable that QEMU does not look at", MEND_CALL,
	  .mend = no_variable },
	{ "AU-09", FALSE, "gave the guest a sound card of today", MEND_SET, "model", "ich9" },
};

const struct mends mends_inputs = MENDS(table);
