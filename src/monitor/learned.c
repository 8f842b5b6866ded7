/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "monitor/learned.h"

#include <errno.h>
#include <string.h>

#include "core/error.h"

#define KEY_INPUTS "inputs"
#define KEY_NAME "name"

/* A maker may have brackets in it, and a group's name may not. */
static char *group_of(const struct model *model)
{
	return g_strdelimit(g_strdup_printf("%s %04x", model->manufacturer, model->product), "[]",
			    '?');
}

static char *read_key(GKeyFile *file, const char *group, const char *input, const char *suffix)
{
	g_autofree char *key = g_strconcat(input, suffix, NULL);

	return g_key_file_get_string(file, group, key, NULL);
}

static gboolean read_byte(GKeyFile *file, const char *group, const char *input, const char *suffix,
			  guint8 otherwise, guint8 *value)
{
	g_autofree char *text = read_key(file, group, input, suffix);
	guint64 number = otherwise;

	if (text != NULL && !g_ascii_string_to_unsigned(text, 16, 0, 0xff, &number, NULL))
		return FALSE;
	*value = (guint8)number;
	return TRUE;
}

gboolean learned_is_name(const char *text)
{
	return g_regex_match_simple("^[a-z0-9][a-z0-9-]{0,15}$", text, G_REGEX_DOLLAR_ENDONLY, 0);
}

static gboolean read_input(GKeyFile *file, const char *group, const char *name,
			   struct monitor_input *input)
{
	g_autofree char *told = read_key(file, group, name, "");
	g_autofree char *blind = read_key(file, group, name, "-blind");
	g_autofree char *back = read_key(file, group, name, "-back");

	*input = (struct monitor_input){ .origin = INPUT_TAUGHT };
	if (!learned_is_name(name) || told == NULL ||
	    !read_byte(file, group, name, "", 0, &input->told) ||
	    !read_byte(file, group, name, "-feature", MONITOR_FEATURE_INPUT, &input->feature) ||
	    !read_byte(file, group, name, "-reads", input->told, &input->reads))
		return FALSE;
	input->blind = g_strcmp0(blind, "yes") == 0;
	if (back != NULL)
		input->back = known_from(g_str_equal(back, "yes"));
	input->name = g_strdup(name);
	return TRUE;
}

static GKeyFile *load(const char *path, GError **error)
{
	g_autoptr(GKeyFile) file = g_key_file_new();
	g_autoptr(GError) why = NULL;

	if (g_key_file_load_from_file(file, path, G_KEY_FILE_KEEP_COMMENTS, &why) ||
	    g_error_matches(why, G_FILE_ERROR, G_FILE_ERROR_NOENT))
		return g_steal_pointer(&file);
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_UNREADABLE,
		    "%s cannot be read (%s); mend it, or remove it and let monitors be learned "
		    "anew: sudo hotseat monitor learn",
		    path, why->message);
	return NULL;
}

static void free_inputs(GArray *inputs)
{
	for (guint i = 0; i < inputs->len; i++)
		g_free(g_array_index(inputs, struct monitor_input, i).name);
	g_array_unref(inputs);
}

gboolean learned_apply(const char *path, struct model *model, GError **error)
{
	g_autoptr(GKeyFile) file = load(path, error);
	g_autofree char *group = group_of(model);
	g_auto(GStrv) names = NULL;
	GArray *inputs;

	if (file == NULL)
		return FALSE;
	names = g_key_file_get_string_list(file, group, KEY_INPUTS, NULL, NULL);
	inputs = g_array_new(FALSE, FALSE, sizeof(struct monitor_input));
	for (guint i = 0; names != NULL && names[i] != NULL; i++) {
		struct monitor_input input;

		if (!read_input(file, group, names[i], &input)) {
			g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_UNREADABLE,
				    "%s: input \"%s\" of [%s] makes no sense; take it out, and let "
				    "it be learned anew: sudo hotseat monitor learn",
				    path, names[i], group);
			free_inputs(inputs);
			return FALSE;
		}
		g_array_append_val(inputs, input);
	}
	for (guint i = 0; i < inputs->len; i++)
		model_teach(model, &g_array_index(inputs, struct monitor_input, i));
	g_array_unref(inputs);
	return TRUE;
}

static void set_byte(GKeyFile *file, const char *group, const char *input, const char *suffix,
		     guint8 value)
{
	g_autofree char *key = g_strconcat(input, suffix, NULL);
	g_autofree char *text = g_strdup_printf("%02x", value);

	g_key_file_set_string(file, group, key, text);
}

static void set_input(GKeyFile *file, const char *group, const struct monitor_input *input)
{
	g_autofree char *back = g_strconcat(input->name, "-back", NULL);
	g_autofree char *blind = g_strconcat(input->name, "-blind", NULL);

	set_byte(file, group, input->name, "", input->told);
	if (input->feature != MONITOR_FEATURE_INPUT)
		set_byte(file, group, input->name, "-feature", input->feature);
	if (input->reads != input->told)
		set_byte(file, group, input->name, "-reads", input->reads);
	if (input->blind)
		g_key_file_set_string(file, group, blind, "yes");
	if (input->back != NOT_KNOWN)
		g_key_file_set_string(file, group, back, input->back == KNOWN_YES ? "yes" : "no");
}

gboolean learned_save(const char *path, const struct model *model, GError **error)
{
	g_autoptr(GKeyFile) file = load(path, error);
	g_autofree char *group = group_of(model), *folder = g_path_get_dirname(path);
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	g_autoptr(GError) why = NULL;

	if (file == NULL)
		return FALSE;
	g_key_file_remove_group(file, group, NULL);
	if (model->name != NULL)
		g_key_file_set_string(file, group, KEY_NAME, model->name);
	for (guint i = 0; i < model->inputs->len; i++) {
		const struct monitor_input *input = model->inputs->pdata[i];

		if (input->origin != INPUT_TAUGHT)
			continue;
		g_ptr_array_add(names, input->name);
		set_input(file, group, input);
	}
	g_key_file_set_string_list(file, group, KEY_INPUTS, (const char *const *)names->pdata,
				   names->len);
	if (g_mkdir_with_parents(folder, 0755) != 0) {
		hotseat_error_set_errno(error, errno, "cannot make %s", folder);
		return FALSE;
	}
	if (!g_key_file_save_to_file(file, path, &why)) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_DENIED,
			    "cannot remember it: %s; run it as root", why->message);
		return FALSE;
	}
	return TRUE;
}
