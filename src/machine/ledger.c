/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "machine/ledger.h"

#include <string.h>

#include "core/error.h"

/*
 * The format is GLib's key file:
 *
 *	[setup]
 *	version=1
 *	arguments=vfio-pci.ids=10de:1b80;
 *	products=initramfs-tools;grub;
 *	folders=etc/environment.d;
 *	made=true
 *	boot=6f0c...
 *
 *	[file etc/initramfs-tools/modules]
 *	former=e3b0c442...
 *	mode=420
 *	uid=0
 *	gid=0
 *	attributes=security.selinux;c3lz...;
 *	ours=9f86d081...;
 */
#define VERSION 1
#define SETUP_GROUP "setup"
#define FILE_GROUP "file "

static void free_file(gpointer data)
{
	struct ledger_file *file = data;

	g_free(file->path);
	g_free(file->former);
	g_ptr_array_unref(file->ours);
	g_strfreev(file->attributes);
	g_free(file);
}

struct ledger *ledger_new(void)
{
	struct ledger *ledger = g_new0(struct ledger, 1);

	ledger->files = g_ptr_array_new_with_free_func(free_file);
	ledger->folders = g_ptr_array_new_with_free_func(g_free);
	ledger->arguments = g_ptr_array_new_with_free_func(g_free);
	ledger->products = g_ptr_array_new_with_free_func(g_free);
	return ledger;
}

void ledger_free(struct ledger *ledger)
{
	if (ledger == NULL)
		return;
	g_ptr_array_unref(ledger->files);
	g_ptr_array_unref(ledger->folders);
	g_ptr_array_unref(ledger->arguments);
	g_ptr_array_unref(ledger->products);
	g_free(ledger->boot);
	g_free(ledger);
}

struct ledger_file *ledger_file(const struct ledger *ledger, const char *path)
{
	for (guint i = 0; i < ledger->files->len; i++) {
		struct ledger_file *file = g_ptr_array_index(ledger->files, i);

		if (g_str_equal(file->path, path))
			return file;
	}
	return NULL;
}

struct ledger_file *ledger_add_file(struct ledger *ledger, const char *path)
{
	struct ledger_file *file = ledger_file(ledger, path);

	if (file != NULL)
		return file;
	file = g_new0(struct ledger_file, 1);
	file->path = g_strdup(path);
	file->ours = g_ptr_array_new_with_free_func(g_free);
	g_ptr_array_add(ledger->files, file);
	return file;
}

gboolean ledger_has(const GPtrArray *texts, const char *text)
{
	for (guint i = 0; i < texts->len; i++) {
		if (g_str_equal(g_ptr_array_index(texts, i), text))
			return TRUE;
	}
	return FALSE;
}

void ledger_add(GPtrArray *texts, const char *text)
{
	if (!ledger_has(texts, text))
		g_ptr_array_add(texts, g_strdup(text));
}

gboolean ledger_wrote(const struct ledger_file *file, const char *sum)
{
	return ledger_has(file->ours, sum);
}

/* Nothing absolute, no step upwards, no empty step. */
static gboolean is_path(const char *path)
{
	g_auto(GStrv) steps = g_strsplit(path, "/", -1);

	for (guint i = 0; steps[i] != NULL; i++) {
		if (steps[i][0] == '\0' || g_str_equal(steps[i], ".") ||
		    g_str_equal(steps[i], ".."))
			return FALSE;
	}
	return steps[0] != NULL && g_utf8_validate(path, -1, NULL);
}

static gboolean is_sum(const char *text)
{
	return strlen(text) == 64 && strspn(text, "0123456789abcdef") == 64;
}

static void read_list(GKeyFile *keys, const char *group, const char *key, GPtrArray *texts)
{
	g_auto(GStrv) list = g_key_file_get_string_list(keys, group, key, NULL, NULL);

	for (guint i = 0; list != NULL && list[i] != NULL; i++)
		ledger_add(texts, list[i]);
}

static gboolean all(const GPtrArray *texts, gboolean (*test)(const char *text))
{
	for (guint i = 0; i < texts->len; i++) {
		if (!test(g_ptr_array_index(texts, i)))
			return FALSE;
	}
	return TRUE;
}

static gboolean read_file(GKeyFile *keys, const char *group, struct ledger *ledger)
{
	const char *path = group + strlen(FILE_GROUP);
	struct ledger_file *file;

	if (!is_path(path))
		return FALSE;
	file = ledger_add_file(ledger, path);
	file->former = g_key_file_get_string(keys, group, "former", NULL);
	file->mode = (guint)g_key_file_get_integer(keys, group, "mode", NULL);
	file->uid = (guint)g_key_file_get_uint64(keys, group, "uid", NULL);
	file->gid = (guint)g_key_file_get_uint64(keys, group, "gid", NULL);
	file->attributes = g_key_file_get_string_list(keys, group, "attributes", NULL, NULL);
	read_list(keys, group, "ours", file->ours);
	return (file->former == NULL || is_sum(file->former)) && all(file->ours, is_sum) &&
	       (file->mode & ~07777U) == 0 &&
	       (file->attributes == NULL || g_strv_length(file->attributes) % 2 == 0);
}

static gboolean read_files(GKeyFile *keys, struct ledger *ledger)
{
	g_auto(GStrv) groups = g_key_file_get_groups(keys, NULL);

	for (guint i = 0; groups[i] != NULL; i++) {
		if (g_str_equal(groups[i], SETUP_GROUP))
			continue;
		if (!g_str_has_prefix(groups[i], FILE_GROUP) || !read_file(keys, groups[i], ledger))
			return FALSE;
	}
	return TRUE;
}

struct ledger *ledger_parse(const char *text, gsize length, GError **error)
{
	g_autoptr(GKeyFile) keys = g_key_file_new();
	autoptr(ledger) ledger = ledger_new();

	if (length > 0 && g_key_file_load_from_data(keys, text, length, G_KEY_FILE_NONE, NULL) &&
	    g_key_file_get_integer(keys, SETUP_GROUP, "version", NULL) == VERSION &&
	    read_files(keys, ledger)) {
		read_list(keys, SETUP_GROUP, "arguments", ledger->arguments);
		read_list(keys, SETUP_GROUP, "products", ledger->products);
		read_list(keys, SETUP_GROUP, "folders", ledger->folders);
		ledger->made = g_key_file_get_boolean(keys, SETUP_GROUP, "made", NULL);
		ledger->boot = g_key_file_get_string(keys, SETUP_GROUP, "boot", NULL);
		if (all(ledger->folders, is_path))
			return g_steal_pointer(&ledger);
	}
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_UNREADABLE,
		    "/" LEDGER_PATH
		    " is damaged, or was written by another version of hotseat; "
		    "the former bytes of the files are beside it");
	return NULL;
}

struct ledger *ledger_read(const struct root *root, GError **error)
{
	g_autofree char *text = root_read(root, error, LEDGER_PATH);

	return text == NULL ? NULL : ledger_parse(text, strlen(text), error);
}

static void write_list(GKeyFile *keys, const char *group, const char *key, const GPtrArray *texts)
{
	if (texts->len > 0)
		g_key_file_set_string_list(keys, group, key, (const char *const *)texts->pdata,
					   texts->len);
}

static void write_file(GKeyFile *keys, const struct ledger_file *file)
{
	g_autofree char *group = g_strconcat(FILE_GROUP, file->path, NULL);

	if (file->former != NULL) {
		g_key_file_set_string(keys, group, "former", file->former);
		g_key_file_set_integer(keys, group, "mode", (int)file->mode);
		g_key_file_set_uint64(keys, group, "uid", file->uid);
		g_key_file_set_uint64(keys, group, "gid", file->gid);
	}
	if (file->attributes != NULL && file->attributes[0] != NULL)
		g_key_file_set_string_list(keys, group, "attributes",
					   (const char *const *)file->attributes,
					   g_strv_length(file->attributes));
	write_list(keys, group, "ours", file->ours);
}

char *ledger_text(const struct ledger *ledger)
{
	g_autoptr(GKeyFile) keys = g_key_file_new();

	g_key_file_set_integer(keys, SETUP_GROUP, "version", VERSION);
	write_list(keys, SETUP_GROUP, "arguments", ledger->arguments);
	write_list(keys, SETUP_GROUP, "products", ledger->products);
	write_list(keys, SETUP_GROUP, "folders", ledger->folders);
	g_key_file_set_boolean(keys, SETUP_GROUP, "made", ledger->made);
	if (ledger->boot != NULL)
		g_key_file_set_string(keys, SETUP_GROUP, "boot", ledger->boot);
	for (guint i = 0; i < ledger->files->len; i++)
		write_file(keys, g_ptr_array_index(ledger->files, i));
	return g_key_file_to_data(keys, NULL, NULL);
}
