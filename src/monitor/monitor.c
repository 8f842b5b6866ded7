/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "monitor/monitor.h"

#include <string.h>

#include "core/error.h"
#include "monitor/learned.h"

void monitor_free(struct monitor *monitor)
{
	if (monitor == NULL)
		return;
	place_clear(&monitor->place);
	model_free(monitor->model);
	g_free(monitor->name);
	g_free(monitor->why);
	g_free(monitor);
}

static void free_monitor(gpointer monitor)
{
	monitor_free(monitor);
}

const struct monitor_input *monitor_shows(const struct monitor *monitor)
{
	return monitor->says < 0 ? NULL : model_input_shown(monitor->model, (guint8)monitor->says);
}

char *monitor_format_place(const struct monitor *monitor)
{
	const struct place *place = &monitor->place;

	if (place->connector != NULL && place->card != NULL)
		return g_strdup_printf("%s of %s", place->connector, place->card);
	if (place->card != NULL)
		return g_strdup_printf("bus %d of %s", monitor->cable.bus, place->card);
	return g_strdup_printf("bus %d", monitor->cable.bus);
}

static gboolean can_switch(const struct model *model)
{
	for (guint i = 0; i < model->inputs->len; i++) {
		const struct monitor_input *input = model->inputs->pdata[i];

		if (input->origin != INPUT_OFFERED)
			return TRUE;
	}
	return FALSE;
}

static char *explain(const struct monitor *monitor, const GError *listing)
{
	if (!monitor->cable.answers)
		return g_strdup(
			"does not answer DDC/CI: off, switched off in its menu, or it shows "
			"another computer and answers that one only");
	if (can_switch(monitor->model))
		return NULL;
	if (listing != NULL)
		return g_strdup_printf("does not tell its inputs (%s)", listing->message);
	return g_strdup("lists no input: it cannot be switched over its cable, as far as it says");
}

static void ask(struct monitor *monitor, struct ddc *ddc, const struct edid *edid, GError **listing)
{
	g_autoptr(GBytes) listed = NULL;
	const guint8 *values = NULL;
	gsize n = 0;
	guint8 value;

	monitor->says = -1;
	if (monitor->cable.answers) {
		listed = ddc->listed(ddc, &monitor->cable, listing);
		if (ddc->get(ddc, &monitor->cable, MONITOR_FEATURE_INPUT, &value, NULL))
			monitor->says = value;
	}
	if (listed != NULL)
		values = g_bytes_get_data(listed, &n);
	monitor->model = model_new(edid, values, n);
}

static gboolean add_monitor(GPtrArray *monitors, struct ddc *ddc, const struct root *root,
			    const char *learned, const struct ddc_cable *cable, GError **error)
{
	autoptr(edid) edid = edid_parse(cable->edid, sizeof(cable->edid));
	autoptr(monitor) monitor = NULL;
	g_autoptr(GError) listing = NULL;

	if (edid == NULL)
		return TRUE; /* no monitor that could be told from others */
	monitor = g_new0(struct monitor, 1);
	monitor->cable = *cable;
	place_find(root, cable->bus, cable->edid, &monitor->place);
	ask(monitor, ddc, edid, &listing);
	monitor->name = edid->name != NULL
				? g_strdup(edid->name)
				: g_strdup_printf("%s %04x", edid->manufacturer, edid->product);
	if (!learned_apply(learned, monitor->model, error))
		return FALSE;
	monitor->why = explain(monitor, listing);
	g_ptr_array_add(monitors, g_steal_pointer(&monitor));
	return TRUE;
}

static gint compare_buses(gconstpointer a, gconstpointer b)
{
	const struct ddc_cable *first = *(const struct ddc_cable *const *)a;
	const struct ddc_cable *second = *(const struct ddc_cable *const *)b;

	return first->bus - second->bus;
}

GPtrArray *monitors_read(struct ddc *ddc, const struct root *root, const char *learned,
			 GError **error)
{
	g_autoptr(GPtrArray) monitors = g_ptr_array_new_with_free_func(free_monitor);
	g_autoptr(GPtrArray) cables = ddc->scan(ddc, error);

	if (cables == NULL)
		return NULL;
	g_ptr_array_sort(cables, compare_buses);
	for (guint i = 0; i < cables->len; i++) {
		if (!add_monitor(monitors, ddc, root, learned, cables->pdata[i], error))
			return NULL;
	}
	return g_steal_pointer(&monitors);
}

static gboolean is_at(const struct monitor *monitor, const char *text)
{
	g_autofree char *full = NULL;

	if (monitor->place.connector == NULL)
		return FALSE;
	full = g_strdup_printf("%s/%s", monitor->place.card, monitor->place.connector);
	return g_ascii_strcasecmp(monitor->place.connector, text) == 0 ||
	       g_ascii_strcasecmp(full, text) == 0;
}

static gboolean has_in_name(const struct monitor *monitor, const char *text)
{
	g_autofree char *name = g_ascii_strdown(monitor->name, -1);
	g_autofree char *part = g_ascii_strdown(text, -1);

	return strstr(name, part) != NULL;
}

static guint count(const GPtrArray *monitors, const char *text,
		   gboolean (*is_meant)(const struct monitor *, const char *),
		   struct monitor **last)
{
	guint n = 0;

	for (guint i = 0; i < monitors->len; i++) {
		if (is_meant(monitors->pdata[i], text)) {
			*last = monitors->pdata[i];
			n++;
		}
	}
	return n;
}

struct monitor *monitors_find(const GPtrArray *monitors, const char *text, GError **error)
{
	struct monitor *found = NULL;
	guint64 number;
	guint n;

	if (g_ascii_string_to_unsigned(text, 10, 1, monitors->len, &number, NULL))
		return monitors->pdata[number - 1];
	n = count(monitors, text, is_at, &found);
	if (n == 0 && text[0] != '\0')
		n = count(monitors, text, has_in_name, &found);
	if (n == 1)
		return found;
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_ABSENT,
		    n == 0 ? "There is no monitor \"%s\"; see hotseat monitor list"
			   : "More than one monitor is \"%s\"; name it by its number in hotseat "
			     "monitor list, or by card and connector (0000:01:00.0/DP-1)",
		    text);
	return NULL;
}
