/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hotseatd/settings.h"

#include <string.h>

#include "guest/domain.h"
#include "relay/controller.h"

#define CHORD_USUAL "leftctrl+rightctrl"
#define PANIC_USUAL "leftshift+rightshift+esc"

static void monitor_free_entry(gpointer data)
{
	struct settings_monitor *monitor = data;

	g_free(monitor->name);
	g_hash_table_unref(monitor->inputs);
	g_free(monitor);
}

void settings_free(struct settings *settings)
{
	if (settings == NULL)
		return;
	g_strfreev(settings->inputs);
	g_strfreev(settings->programs);
	g_hash_table_unref(settings->direct);
	g_ptr_array_unref(settings->monitors);
	g_free(settings);
}

struct settings *settings_default(void)
{
	struct settings *settings = g_new0(struct settings, 1);
	gboolean good = chord_parse(CHORD_USUAL, &settings->chord, NULL) &&
			chord_parse(PANIC_USUAL, &settings->panic, NULL);

	g_assert(good);
	settings->panic.action = CHORD_SIDE;
	settings->direct = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	settings->monitors = g_ptr_array_new_with_free_func(monitor_free_entry);
	return settings;
}

/* read_chord - TRUE also if there is none, and @chord is left alone */
static gboolean read_chord(GKeyFile *file, const char *group, const char *key, struct chord *chord,
			   GError **error)
{
	g_autofree char *text = g_key_file_get_string(file, group, key, NULL);
	struct chord parsed;

	if (text == NULL)
		return TRUE;
	if (!chord_parse(text, &parsed, error)) {
		g_prefix_error(error, "[%s] %s: ", group, key);
		return FALSE;
	}
	parsed.action = chord->action;
	*chord = parsed;
	return TRUE;
}

static gboolean check_side(const char *group, const char *name, GError **error)
{
	if (guest_name_valid(name))
		return TRUE;
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_UNREADABLE,
		    "[%s] %s: that is no name of a guest", group, name);
	return FALSE;
}

static gboolean read_direct(GKeyFile *file, struct settings *settings, GError **error)
{
	g_auto(GStrv) names = g_key_file_get_keys(file, SETTINGS_CHORDS, NULL, NULL);

	for (guint i = 0; names != NULL && names[i] != NULL; i++) {
		struct chord chord = { .action = CHORD_SIDE };

		if (!check_side(SETTINGS_CHORDS, names[i], error) ||
		    !read_chord(file, SETTINGS_CHORDS, names[i], &chord, error))
			return FALSE;
		g_hash_table_insert(settings->direct, g_strdup(names[i]),
				    g_memdup2(&chord, sizeof(chord)));
	}
	return TRUE;
}

static gboolean read_monitor(GKeyFile *file, const char *group, struct settings *settings,
			     GError **error)
{
	g_auto(GStrv) sides = g_key_file_get_keys(file, group, NULL, NULL);
	struct settings_monitor *monitor = g_new0(struct settings_monitor, 1);

	monitor->name = g_strdup(group + strlen(SETTINGS_MONITOR));
	monitor->inputs = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	g_ptr_array_add(settings->monitors, monitor);
	for (guint i = 0; sides != NULL && sides[i] != NULL; i++) {
		char *input = g_key_file_get_string(file, group, sides[i], NULL);

		if (input != NULL)
			g_hash_table_insert(monitor->inputs, g_strdup(sides[i]), input);
		if (!check_side(group, sides[i], error))
			return FALSE;
	}
	if (g_hash_table_contains(monitor->inputs, "host"))
		return TRUE;
	g_set_error(
		error, HOTSEAT_ERROR, HOTSEAT_ERROR_UNREADABLE,
		"[%s] host: the input that it shows for the host is missing, and it would never "
		"come back",
		group);
	return FALSE;
}

static gboolean read_monitors(GKeyFile *file, struct settings *settings, GError **error)
{
	g_auto(GStrv) groups = g_key_file_get_groups(file, NULL);

	for (guint i = 0; groups[i] != NULL; i++) {
		if (g_str_has_prefix(groups[i], SETTINGS_MONITOR) &&
		    !read_monitor(file, groups[i], settings, error))
			return FALSE;
	}
	return TRUE;
}

static gboolean check_inputs(const struct settings *settings, GError **error)
{
	for (guint i = 0; settings->inputs != NULL && settings->inputs[i] != NULL; i++) {
		if (g_str_has_prefix(settings->inputs[i], "/dev/input/"))
			continue;
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_UNREADABLE,
			    "[seat] inputs: %s is not below /dev/input", settings->inputs[i]);
		return FALSE;
	}
	return TRUE;
}

static gboolean check_programs(const struct settings *settings, GError **error)
{
	for (guint i = 0; settings->programs != NULL && settings->programs[i] != NULL; i++) {
		const char *name = settings->programs[i];

		if (name[0] != '\0' && name[0] != '.' && strchr(name, '/') == NULL)
			continue;
		g_set_error(
			error, HOTSEAT_ERROR, HOTSEAT_ERROR_UNREADABLE,
			"[seat] programs: \"%s\" is not the name of a device in " SETTINGS_PROGRAMS,
			name);
		return FALSE;
	}
	return TRUE;
}

/* One chord inside another would always come first. */
static gboolean check_chords(const struct settings *settings, GError **error)
{
	struct chord chords[CHORDS_MAX] = { settings->chord, settings->panic };
	guint count = 2;
	GHashTableIter iter;
	gpointer chord;
	const char *why = "there are more than 16";

	g_hash_table_iter_init(&iter, settings->direct);
	while (g_hash_table_iter_next(&iter, NULL, &chord) && count < CHORDS_MAX)
		chords[count++] = *(const struct chord *)chord;
	if (g_hash_table_size(settings->direct) + 2 <= CHORDS_MAX)
		why = chords_check(chords, count);
	if (why == NULL)
		return TRUE;
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_UNREADABLE, "[chords]: %s", why);
	return FALSE;
}

static gboolean read_groups(GKeyFile *file, struct settings *settings, GError **error)
{
	settings->inputs = g_key_file_get_string_list(file, "seat", "inputs", NULL, NULL);
	settings->programs = g_key_file_get_string_list(file, "seat", "programs", NULL, NULL);
	return check_inputs(settings, error) && check_programs(settings, error) &&
	       read_chord(file, "seat", "chord", &settings->chord, error) &&
	       read_chord(file, "seat", "panic", &settings->panic, error) &&
	       read_direct(file, settings, error) && read_monitors(file, settings, error) &&
	       check_chords(settings, error);
}

static void set_unreadable(GError **error, const char *path, GError *failure)
{
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_UNREADABLE, "%s: %s", path,
		    failure->message);
	g_error_free(failure);
}

struct settings *settings_parse(const char *text, gsize length, const char *path, GError **error)
{
	g_autoptr(GKeyFile) file = g_key_file_new();
	autoptr(settings) settings = settings_default();
	GError *failure = NULL;

	if (g_key_file_load_from_data(file, text, length, G_KEY_FILE_NONE, &failure) &&
	    read_groups(file, settings, &failure))
		return g_steal_pointer(&settings);
	set_unreadable(error, path, failure);
	return NULL;
}

struct settings *settings_read(const char *path, GError **error)
{
	g_autofree char *text = NULL;
	gsize length = 0;
	GError *failure = NULL;

	if (g_file_get_contents(path, &text, &length, &failure))
		return settings_parse(text, length, path, error);
	if (!g_error_matches(failure, G_FILE_ERROR, G_FILE_ERROR_NOENT)) {
		set_unreadable(error, path, failure);
		return NULL;
	}
	g_error_free(failure);
	return settings_default();
}
