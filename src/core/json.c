/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/json.h"

void json_add_string(JsonBuilder *json, const char *name, const char *value)
{
	json_builder_set_member_name(json, name);
	if (value == NULL)
		json_builder_add_null_value(json);
	else
		json_builder_add_string_value(json, value);
}

void json_add_int(JsonBuilder *json, const char *name, gint64 value)
{
	json_builder_set_member_name(json, name);
	json_builder_add_int_value(json, value);
}

void json_add_strings(JsonBuilder *json, const char *name, const char *const *values)
{
	json_builder_set_member_name(json, name);
	json_builder_begin_array(json);
	for (; values != NULL && *values != NULL; values++)
		json_builder_add_string_value(json, *values);
	json_builder_end_array(json);
}

void json_print(JsonBuilder *json, FILE *out)
{
	g_autoptr(JsonNode) root = json_builder_get_root(json);
	g_autoptr(JsonGenerator) generator = json_generator_new();
	g_autofree char *text = NULL;

	json_generator_set_pretty(generator, TRUE);
	json_generator_set_root(generator, root);
	text = json_generator_to_data(generator, NULL);
	fprintf(out, "%s\n", text);
}
