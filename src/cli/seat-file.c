/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/seat-file.h"

#include <errno.h>
#include <string.h>

#include "core/diff.h"
#include "core/outfile.h"
#include "hotseatd/settings.h"
#include "monitor/ddcutil.h"
#include "monitor/learned.h"
#include "monitor/monitor.h"

#define NONE "none"

struct seat_file {
	char *path, *guest;
	char *before, *text; /* as it is, and as it is to be */
};

void seat_file_free(struct seat_file *file)
{
	if (file == NULL)
		return;
	g_free(file->path);
	g_free(file->guest);
	g_free(file->before);
	g_free(file->text);
	g_free(file);
}

struct seat_file *seat_file_read(const char *seat, const char *guest, GError **error)
{
	autoptr(seat_file) file = g_new0(struct seat_file, 1);
	autoptr(settings) settings = NULL;
	g_autoptr(GError) why = NULL;

	file->path = g_strdup_printf(SETTINGS_FOLDER "/%s.conf", seat);
	file->guest = g_strdup(guest);
	if (!g_file_get_contents(file->path, &file->before, NULL, &why)) {
		if (!g_error_matches(why, G_FILE_ERROR, G_FILE_ERROR_NOENT)) {
			g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_UNREADABLE, "%s",
				    why->message);
			return NULL;
		}
		file->before = g_strdup("");
	}
	settings = settings_parse(file->before, strlen(file->before), file->path, error);
	if (settings == NULL)
		return NULL;
	file->text = g_strdup(file->before);
	return g_steal_pointer(&file);
}

/* settings_of - of a text that was found good */
static struct settings *settings_of(const struct seat_file *file)
{
	return settings_parse(file->text, strlen(file->text), file->path, NULL);
}

static gboolean take(struct seat_file *file, char *text)
{
	if (text == NULL)
		return FALSE;
	g_free(file->text);
	file->text = text;
	return TRUE;
}

/* ---- chord ---------------------------------------------------------------------------------- */

char *seat_file_chord(const struct seat_file *file)
{
	g_autoptr(GKeyFile) keys = g_key_file_new();
	char *chord = NULL;

	if (g_key_file_load_from_data(keys, file->text, strlen(file->text), G_KEY_FILE_NONE, NULL))
		chord = g_key_file_get_string(keys, SETTINGS_CHORDS, file->guest, NULL);
	return chord != NULL ? chord : g_strdup(NONE);
}

gboolean seat_file_set_chord(struct seat_file *file, const char *chord, GError **error)
{
	const char *own = g_str_equal(chord, NONE) ? NULL : chord;

	return take(file, settings_put_chord(file->text, file->path, file->guest, own, error));
}

/* ---- monitors ------------------------------------------------------------------------------- */

char *seat_file_monitors(const struct seat_file *file)
{
	autoptr(settings) settings = settings_of(file);
	g_autoptr(GString) text = g_string_new(NULL);

	for (guint i = 0; i < settings->monitors->len; i++) {
		const struct settings_monitor *monitor = g_ptr_array_index(settings->monitors, i);
		const char *input = g_hash_table_lookup(monitor->inputs, file->guest);

		if (input != NULL)
			g_string_append_printf(text, "%s%s:%s", text->len > 0 ? "," : "",
					       monitor->name, input);
	}
	if (text->len == 0)
		g_string_append(text, NONE);
	return g_string_free(g_steal_pointer(&text), FALSE);
}

static void free_follow(gpointer data)
{
	struct settings_follow *follow = data;

	g_free(follow->monitor);
	g_free(follow->host);
	g_free(follow->guest);
	g_free(follow);
}

static GPtrArray *look_for_monitors(GError **error)
{
	autoptr(root) root = root_open("/", error);
	autoptr(ddc) ddc = NULL;

	if (root == NULL || !place_check_access(root, error))
		return NULL;
	ddc = ddcutil_new(error);
	return ddc != NULL ? monitors_read(ddc, root, LEARNED_FILE, error) : NULL;
}

/* A name that will mean this one alone tomorrow, too, and can head a group of a key file. */
static char *lasting_name(const GPtrArray *monitors, const struct monitor *monitor)
{
	if (strpbrk(monitor->name, "[]\n") == NULL &&
	    monitors_find(monitors, monitor->name, NULL) == monitor)
		return g_strdup(monitor->name);
	return monitor->place.connector == NULL
		       ? NULL
		       : g_strdup_printf("%s/%s", monitor->place.card, monitor->place.connector);
}

/* What it shows for the host: as the user says, else what it says it shows now. */
static char *host_input(const struct monitor *monitor, const char *said, GError **error)
{
	const struct monitor_input *input = said != NULL
						    ? model_find_input(monitor->model, said, error)
						    : monitor_shows(monitor);

	if (input != NULL)
		return g_strdup(input->name);
	if (said == NULL)
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_ABSENT,
			    "%s does not say what it shows now; say what it shows for the host "
			    "after a slash, as in %s:dp1/hdmi1",
			    monitor->name, monitor->name);
	return NULL;
}

static gboolean check_follow(const struct settings_follow *follow, const struct monitor *monitor,
			     GError **error)
{
	g_autofree char *inputs = model_format_inputs(monitor->model);

	if (follow->monitor == NULL) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED,
			    "There is another %s, and nothing says which connector this one hangs "
			    "on",
			    monitor->name);
		return FALSE;
	}
	if (g_str_equal(follow->host, follow->guest)) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_USAGE,
			    "%s shows %s for the host already; name the input that the guest's "
			    "card is on, of %s",
			    monitor->name, follow->host, inputs);
		return FALSE;
	}
	return TRUE;
}

/* One word of the user's, MONITOR:INPUT[/HOST]. */
static gboolean add_follow(GPtrArray *follow, const GPtrArray *monitors, const char *word,
			   GError **error)
{
	const char *colon = strrchr(word, ':');
	g_autofree char *name = colon != NULL ? g_strndup(word, (gsize)(colon - word)) : NULL;
	g_auto(GStrv) inputs = g_strsplit(colon != NULL ? colon + 1 : "", "/", 2);
	const struct monitor_input *guest;
	struct settings_follow *one;
	const struct monitor *monitor;

	if (name == NULL || inputs[0] == NULL || inputs[0][0] == '\0') {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_USAGE,
			    "monitors takes MONITOR:INPUT, as in 1:dp1 or S2716DG:dp1, not \"%s\"",
			    word);
		return FALSE;
	}
	monitor = monitors_find(monitors, name, error);
	guest = monitor != NULL ? model_find_input(monitor->model, inputs[0], error) : NULL;
	if (guest == NULL)
		return FALSE;
	one = g_new0(struct settings_follow, 1);
	g_ptr_array_add(follow, one);
	one->guest = g_strdup(guest->name);
	one->monitor = lasting_name(monitors, monitor);
	one->host = host_input(monitor, inputs[1], error);
	return one->host != NULL && check_follow(one, monitor, error);
}

gboolean seat_file_set_monitors(struct seat_file *file, const char *text, GError **error)
{
	g_auto(GStrv) words = g_strsplit(g_str_equal(text, NONE) ? "" : text, ",", -1);
	g_autoptr(GPtrArray) follow = g_ptr_array_new_with_free_func(free_follow);
	g_autoptr(GPtrArray) monitors = words[0] != NULL ? look_for_monitors(error) : NULL;

	if (words[0] != NULL && monitors == NULL)
		return FALSE;
	for (guint i = 0; words[i] != NULL; i++) {
		if (!add_follow(follow, monitors, words[i], error))
			return FALSE;
	}
	return take(file,
		    settings_put_monitors(file->text, file->path, file->guest, follow, error));
}

/* ---- writing -------------------------------------------------------------------------------- */

char *seat_file_difference(const struct seat_file *file)
{
	return diff_unified(file->before, file->text, file->path, "at once");
}

gboolean seat_file_write(const struct seat_file *file, GError **error)
{
	if (g_str_equal(file->before, file->text))
		return TRUE;
	if (g_mkdir_with_parents(SETTINGS_FOLDER, 0755) != 0) {
		hotseat_error_set_errno(error, errno, "cannot make %s", SETTINGS_FOLDER);
		return FALSE;
	}
	return outfile_write(file->path, file->text, TRUE, error);
}
