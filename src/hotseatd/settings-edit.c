/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "hotseatd/settings.h"

/* What stands there stays, comments too; only what is a guest's own is written anew. */

#define HOST "host"

static GKeyFile *load(const char *text, const char *path, GError **error)
{
	g_autoptr(GKeyFile) file = g_key_file_new();
	g_autoptr(GError) why = NULL;

	if (g_key_file_load_from_data(file, text, strlen(text), G_KEY_FILE_KEEP_COMMENTS, &why))
		return g_steal_pointer(&file);
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_UNREADABLE, "%s: %s", path, why->message);
	return NULL;
}

/* checked - the text of the file, if hotseatd would take it */
static char *checked(GKeyFile *file, const char *path, GError **error)
{
	gsize length;
	g_autofree char *text = g_key_file_to_data(file, &length, NULL);
	autoptr(settings) settings = settings_parse(text, length, path, error);

	return settings != NULL ? g_steal_pointer(&text) : NULL;
}

static void drop_empty(GKeyFile *file, const char *group, gsize least)
{
	gsize n = 0;
	g_auto(GStrv) keys = g_key_file_get_keys(file, group, &n, NULL);

	if (keys != NULL && n < least)
		g_key_file_remove_group(file, group, NULL);
}

char *settings_put_chord(const char *text, const char *path, const char *guest, const char *chord,
			 GError **error)
{
	g_autoptr(GKeyFile) file = load(text, path, error);

	if (file == NULL)
		return NULL;
	if (chord != NULL) {
		g_key_file_set_string(file, SETTINGS_CHORDS, guest, chord);
	} else {
		g_key_file_remove_key(file, SETTINGS_CHORDS, guest, NULL);
		drop_empty(file, SETTINGS_CHORDS, 1);
	}
	return checked(file, path, error);
}

char *settings_put_monitors(const char *text, const char *path, const char *guest,
			    const GPtrArray *follow, GError **error)
{
	g_autoptr(GKeyFile) file = load(text, path, error);
	g_auto(GStrv) groups = file != NULL ? g_key_file_get_groups(file, NULL) : NULL;

	if (file == NULL)
		return NULL;
	for (guint i = 0; groups[i] != NULL; i++) {
		if (g_str_has_prefix(groups[i], SETTINGS_MONITOR))
			g_key_file_remove_key(file, groups[i], guest, NULL);
	}
	for (guint i = 0; i < follow->len; i++) {
		const struct settings_follow *one = g_ptr_array_index(follow, i);
		g_autofree char *group = g_strconcat(SETTINGS_MONITOR, one->monitor, NULL);

		g_key_file_set_string(file, group, HOST, one->host);
		g_key_file_set_string(file, group, guest, one->guest);
	}
	/* one that shows the host to everybody does not move */
	for (guint i = 0; groups[i] != NULL; i++) {
		if (g_str_has_prefix(groups[i], SETTINGS_MONITOR))
			drop_empty(file, groups[i], 2);
	}
	return checked(file, path, error);
}
