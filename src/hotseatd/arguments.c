/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hotseatd/arguments.h"

#include <stddef.h>
#include <string.h>

#include "core/error.h"

#define SHOWN_MOST 40 /* letters of a stranger's text in a sentence */

static const struct option {
	const char *name;
	gboolean number; /* seconds; else TRUE or FALSE */
	guint methods;
	gsize offset;
} known[] = {
#define OPTION(option, is_number, taken_by)                                                        \
	{                                                                                          \
#option, is_number, taken_by, offsetof(struct lend_options, option)                \
	}
	OPTION(take_last_display, FALSE, ARGUMENTS_UP), OPTION(dead_man, TRUE, ARGUMENTS_UP),
	OPTION(force, FALSE, ARGUMENTS_DOWN),           OPTION(timeout, TRUE, ARGUMENTS_DOWN),
	OPTION(end_guest, FALSE, ARGUMENTS_RECOVER),
#undef OPTION
};

/* A stranger's text, fit for a terminal and a log. */
static char *shown(const char *text)
{
	g_autofree char *escaped = g_strescape(text, NULL);

	return g_strndup(escaped, SHOWN_MOST);
}

static const struct option *find(const char *name, enum arguments_method method)
{
	for (guint i = 0; i < G_N_ELEMENTS(known); i++) {
		if ((known[i].methods & method) != 0 && g_str_equal(known[i].name, name))
			return &known[i];
	}
	return NULL;
}

static gboolean set(const struct option *option, GVariant *value, struct lend_options *options)
{
	void *place = (char *)options + option->offset;

	if (!option->number && g_variant_is_of_type(value, G_VARIANT_TYPE_BOOLEAN)) {
		*(gboolean *)place = g_variant_get_boolean(value);
		return TRUE;
	}
	if (option->number && g_variant_is_of_type(value, G_VARIANT_TYPE_UINT32) &&
	    g_variant_get_uint32(value) <= LEND_SECONDS_MOST) {
		*(guint *)place = g_variant_get_uint32(value);
		return TRUE;
	}
	return FALSE;
}

static gboolean parse_options(GVariant *values, enum arguments_method method,
			      struct lend_options *options, GError **error)
{
	gboolean given[G_N_ELEMENTS(known)] = { FALSE };
	gsize count = g_variant_n_children(values);

	for (gsize i = 0; i < count; i++) {
		g_autoptr(GVariant) value = NULL;
		g_autofree char *said = NULL;
		const struct option *option;
		const char *name;

		g_variant_get_child(values, i, "{&sv}", &name, &value);
		option = find(name, method);
		if (option != NULL && !given[option - known] && set(option, value, options)) {
			given[option - known] = TRUE;
			continue;
		}
		said = shown(name);
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_USAGE,
			    "the option \"%s\" is not known here, makes no sense, or came twice",
			    said);
		return FALSE;
	}
	return TRUE;
}

gboolean arguments_parse(GVariant *parameters, enum arguments_method method, char **guest,
			 struct lend_options *options, GError **error)
{
	g_autoptr(GVariant) values = NULL;
	struct lend_options parsed = LEND_OPTIONS_DEFAULT;
	g_autofree char *said = NULL;
	const char *name;

	g_variant_get(parameters, "(&s@a{sv})", &name, &values);
	if (!guest_name_valid(name) && (name[0] != '\0' || method != ARGUMENTS_RECOVER)) {
		said = shown(name);
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_USAGE,
			    "\"%s\" cannot be the name of a guest", said);
		return FALSE;
	}
	if (!parse_options(values, method, &parsed, error))
		return FALSE;
	*guest = g_strdup(name);
	*options = parsed;
	return TRUE;
}

GVariant *arguments_pack(enum arguments_method method, const char *guest,
			 const struct lend_options *options)
{
	const struct lend_options usual = LEND_OPTIONS_DEFAULT;
	GVariantBuilder values;

	g_variant_builder_init(&values, G_VARIANT_TYPE_VARDICT);
	for (guint i = 0; i < G_N_ELEMENTS(known); i++) {
		const char *place = (const char *)options + known[i].offset;
		guint value;

		memcpy(&value, place, sizeof(value));
		if ((known[i].methods & method) == 0 ||
		    memcmp(place, (const char *)&usual + known[i].offset, sizeof(value)) == 0)
			continue;
		g_variant_builder_add(&values, "{sv}", known[i].name,
				      known[i].number ? g_variant_new_uint32(value)
						      : g_variant_new_boolean(value != 0));
	}
	return g_variant_new("(s@a{sv})", guest, g_variant_builder_end(&values));
}
