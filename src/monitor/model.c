/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "monitor/model.h"

#include <string.h>

#include "core/error.h"

static const struct quirk quirks[] = {
#include "monitors.inc"
};

/* Source: MCCS 2.2a, 8.3, "Input Select". What is not in here is a maker's own choice. */
static const char *const standard_names[] = {
	[0x01] = "vga1",       [0x02] = "vga2",       [0x03] = "dvi1",    [0x04] = "dvi2",
	[0x05] = "composite1", [0x06] = "composite2", [0x07] = "svideo1", [0x08] = "svideo2",
	[0x09] = "tuner1",     [0x0a] = "tuner2",     [0x0b] = "tuner3",  [0x0c] = "component1",
	[0x0d] = "component2", [0x0e] = "component3", [0x0f] = "dp1",     [0x10] = "dp2",
	[0x11] = "hdmi1",      [0x12] = "hdmi2",
};

const struct quirk *quirks_table(gsize *n)
{
	*n = G_N_ELEMENTS(quirks);
	return quirks;
}

char *input_name(guint8 value)
{
	if (value < G_N_ELEMENTS(standard_names) && standard_names[value] != NULL)
		return g_strdup(standard_names[value]);
	return g_strdup_printf("x%02x", value);
}

/* -1 for a name that the standard does not have */
static int standard_value(const char *name)
{
	for (guint i = 0; i < G_N_ELEMENTS(standard_names); i++) {
		if (g_strcmp0(standard_names[i], name) == 0)
			return (int)i;
	}
	return -1;
}

const char *input_origin_name(enum input_origin origin)
{
	static const char *const names[] = {
		[INPUT_LISTED] = "listed",
		[INPUT_SHIPPED] = "shipped",
		[INPUT_TAUGHT] = "taught",
		[INPUT_OFFERED] = "offered",
	};

	return names[origin];
}

static void free_input(gpointer data)
{
	struct monitor_input *input = data;

	g_free(input->name);
	g_free(input);
}

void model_free(struct model *model)
{
	if (model == NULL)
		return;
	g_free(model->name);
	g_ptr_array_unref(model->inputs);
	g_free(model);
}

/* What is known better replaces what has its name, and what has its value. */
void model_teach(struct model *model, const struct monitor_input *input)
{
	struct monitor_input *added = g_memdup2(input, sizeof(*input));

	for (guint i = model->inputs->len; i > 0; i--) {
		const struct monitor_input *other = model->inputs->pdata[i - 1];

		if (g_str_equal(other->name, input->name) ||
		    (other->feature == input->feature && other->told == input->told))
			g_ptr_array_remove_index(model->inputs, i - 1);
	}
	g_ptr_array_add(model->inputs, added);
}

static guint8 hex(const char *text)
{
	return (guint8)g_ascii_strtoull(text, NULL, 16);
}

static gboolean is_about(const struct quirk *quirk, const struct model *model)
{
	return g_str_equal(quirk->manufacturer, model->manufacturer) &&
	       model->product >= g_ascii_strtoull(quirk->first, NULL, 16) &&
	       model->product <= g_ascii_strtoull(quirk->last, NULL, 16);
}

static gboolean has_name(const struct model *model, const char *name)
{
	for (guint i = 0; i < model->inputs->len; i++) {
		const struct monitor_input *input = model->inputs->pdata[i];

		if (g_str_equal(input->name, name))
			return TRUE;
	}
	return FALSE;
}

static void add_quirk(struct model *model, const struct quirk *quirk)
{
	struct monitor_input input = {
		.feature = hex(quirk->feature),
		.told = hex(quirk->told),
		.origin = INPUT_SHIPPED,
	};
	int standard = standard_value(quirk->input);

	if (input.feature == MONITOR_FEATURE_INPUT) {
		input.reads = g_str_equal(quirk->reads, "-") ? input.told : hex(quirk->reads);
		input.name = g_strdup(quirk->input);
	} else {
		/* beside the standard's way, not in its place, until the user has chosen */
		input.origin = INPUT_OFFERED;
		input.reads = standard < 0 ? 0 : (guint8)standard;
		input.name = has_name(model, quirk->input)
				     ? g_strdup_printf("%s-%s", quirk->input, quirk->feature)
				     : g_strdup(quirk->input);
	}
	model_teach(model, &input);
}

struct model *model_new(const struct edid *edid, const guint8 *listed, gsize n_listed)
{
	struct model *model = g_new0(struct model, 1);

	memcpy(model->manufacturer, edid->manufacturer, sizeof(model->manufacturer));
	model->product = edid->product;
	model->name = g_strdup(edid->name);
	model->inputs = g_ptr_array_new_with_free_func(free_input);
	for (gsize i = 0; i < n_listed; i++) {
		const struct monitor_input input = {
			.name = input_name(listed[i]),
			.feature = MONITOR_FEATURE_INPUT,
			.told = listed[i],
			.reads = listed[i],
			.origin = INPUT_LISTED,
		};

		model_teach(model, &input);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(quirks); i++) {
		if (is_about(&quirks[i], model))
			add_quirk(model, &quirks[i]);
	}
	return model;
}

/* "HDMI-1", "hdmi 1" and "hdmi1" are one name, and "DisplayPort" is said for dp. */
static char *plain_name(const char *text)
{
	GString *plain = g_string_new(NULL);

	for (const char *c = text; *c != '\0'; c++) {
		if (*c != ' ' && *c != '-' && *c != '_')
			g_string_append_c(plain, g_ascii_tolower(*c));
	}
	g_string_replace(plain, "displayport", "dp", 1);
	return g_string_free(plain, FALSE);
}

static gboolean is_meant(const struct monitor_input *input, const char *plain, gboolean numbered)
{
	g_autofree char *name = plain_name(input->name);

	if (!numbered && name[0] != '\0')
		name[strlen(name) - 1] = '\0';
	return g_str_equal(name, plain);
}

/* The only one that is meant; NULL if there is none, or more than one. */
static const struct monitor_input *find_by_name(const struct model *model, const char *text,
						gboolean numbered)
{
	g_autofree char *plain = plain_name(text);
	const struct monitor_input *found = NULL;

	for (guint i = 0; i < model->inputs->len; i++) {
		const struct monitor_input *input = model->inputs->pdata[i];

		if (!is_meant(input, plain, numbered))
			continue;
		if (found != NULL)
			return NULL;
		found = input;
	}
	return found;
}

static const struct monitor_input *find_by_value(const struct model *model, const char *text)
{
	guint64 value;

	if (!g_str_has_prefix(text, "0x") ||
	    !g_ascii_string_to_unsigned(text + 2, 16, 0, 0xff, &value, NULL))
		return NULL;
	for (guint i = 0; i < model->inputs->len; i++) {
		const struct monitor_input *input = model->inputs->pdata[i];

		if (input->told == value)
			return input;
	}
	return NULL;
}

char *model_format_inputs(const struct model *model)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < model->inputs->len; i++) {
		const struct monitor_input *input = model->inputs->pdata[i];

		if (input->origin != INPUT_OFFERED)
			g_string_append_printf(text, "%s%s", text->len > 0 ? ", " : "",
					       input->name);
	}
	return g_string_free(text, FALSE);
}

const struct monitor_input *model_find_input(const struct model *model, const char *text,
					     GError **error)
{
	const struct monitor_input *input = find_by_name(model, text, TRUE);
	g_autofree char *names = NULL;

	if (input == NULL)
		input = find_by_name(model, text, FALSE);
	if (input == NULL)
		input = find_by_value(model, text);
	if (input != NULL)
		return input;
	names = model_format_inputs(model);
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_ABSENT,
		    "%s has no input \"%s\" that it lists or was taught; %s%s",
		    model->name != NULL ? model->name : "the monitor", text,
		    names[0] != '\0' ? "there are " : "there is none", names);
	return NULL;
}

const struct monitor_input *model_input_shown(const struct model *model, guint8 value)
{
	const struct monitor_input *shown = NULL;

	for (guint i = 0; i < model->inputs->len; i++) {
		const struct monitor_input *input = model->inputs->pdata[i];

		if (input->reads == value && !input->blind &&
		    (shown == NULL || shown->origin == INPUT_OFFERED))
			shown = input;
	}
	return shown;
}
