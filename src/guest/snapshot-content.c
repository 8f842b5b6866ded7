/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest/snapshot-content.h"

#define GROUP "snapshot"

void snapshot_free(struct snapshot *snapshot)
{
	if (snapshot == NULL)
		return;
	g_free(snapshot->name);
	g_strfreev(snapshot->disks);
	g_free(snapshot);
}

void snapshot_content_free(struct snapshot_content *content)
{
	if (content == NULL)
		return;
	snapshot_free(content->about);
	g_clear_pointer(&content->disks, g_ptr_array_unref);
	g_free(content->nvram);
	g_free(content->tpm);
	g_free(content);
}

static void write_disk(GKeyFile *file, const struct snapshot_disk *disk, guint index)
{
	g_autofree char *group = g_strdup_printf("disk %u", index);

	g_key_file_set_string(file, group, "target", disk->target);
	g_key_file_set_string(file, group, "path", disk->path);
	g_key_file_set_string(file, group, "format", disk->format);
	g_key_file_set_string(file, group, disk->way == SNAPSHOT_COPY ? "copy" : "tag", disk->kept);
}

static struct snapshot_disk *read_disk(GKeyFile *file, const char *group)
{
	struct snapshot_disk *disk = g_new0(struct snapshot_disk, 1);

	disk->target = g_key_file_get_string(file, group, "target", NULL);
	disk->path = g_key_file_get_string(file, group, "path", NULL);
	disk->format = g_key_file_get_string(file, group, "format", NULL);
	disk->kept = g_key_file_get_string(file, group, "copy", NULL);
	if (disk->kept == NULL) {
		disk->way = SNAPSHOT_INTERNAL;
		disk->kept = g_key_file_get_string(file, group, "tag", NULL);
	}
	if (disk->target != NULL && disk->path != NULL && disk->format != NULL &&
	    disk->kept != NULL)
		return disk;
	snapshot_disk_free(disk);
	return NULL;
}

static GKeyFile *to_file(const struct snapshot_content *content)
{
	GKeyFile *file = g_key_file_new();

	g_key_file_set_int64(file, GROUP, "created", content->about->created);
	g_key_file_set_boolean(file, GROUP, "live", content->about->live);
	g_key_file_set_boolean(file, GROUP, "quiesced", content->about->quiesced);
	if (content->nvram != NULL) {
		g_key_file_set_string(file, "nvram", "path", content->nvram);
		g_key_file_set_boolean(file, "nvram", "kept", content->had_nvram);
	}
	if (content->tpm != NULL) {
		g_key_file_set_string(file, "tpm", "path", content->tpm);
		g_key_file_set_boolean(file, "tpm", "kept", content->had_tpm);
	}
	for (guint i = 0; i < content->disks->len; i++)
		write_disk(file, content->disks->pdata[i], i);
	return file;
}

static void free_disk(gpointer data)
{
	snapshot_disk_free(data);
}

static gboolean read_disks(GKeyFile *file, struct snapshot_content *content)
{
	g_auto(GStrv) groups = g_key_file_get_groups(file, NULL);
	g_autoptr(GStrvBuilder) paths = g_strv_builder_new();

	content->disks = g_ptr_array_new_with_free_func(free_disk);
	for (guint i = 0; groups[i] != NULL; i++) {
		struct snapshot_disk *disk;

		if (!g_str_has_prefix(groups[i], "disk "))
			continue;
		disk = read_disk(file, groups[i]);
		if (disk == NULL)
			return FALSE;
		g_ptr_array_add(content->disks, disk);
		g_strv_builder_add(paths, disk->path);
		content->about->internal |= disk->way == SNAPSHOT_INTERNAL;
	}
	content->about->disks = g_strv_builder_end(paths);
	return TRUE;
}

struct snapshot_content *snapshot_content_load(const char *path, const char *name, GError **error)
{
	g_autoptr(GKeyFile) file = g_key_file_new();
	g_autoptr(GError) why = NULL;
	autoptr(snapshot_content) content = g_new0(struct snapshot_content, 1);

	content->about = g_new0(struct snapshot, 1);
	content->about->name = g_strdup(name);
	if (!g_key_file_load_from_file(file, path, G_KEY_FILE_NONE, &why) ||
	    !g_key_file_has_group(file, GROUP) || !read_disks(file, content)) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_UNREADABLE,
			    "the manifest %s makes no sense%s%s", path, why != NULL ? ": " : "",
			    why != NULL ? why->message : "");
		return NULL;
	}
	content->about->created = g_key_file_get_int64(file, GROUP, "created", NULL);
	content->about->live = g_key_file_get_boolean(file, GROUP, "live", NULL);
	content->about->quiesced = g_key_file_get_boolean(file, GROUP, "quiesced", NULL);
	content->nvram = g_key_file_get_string(file, "nvram", "path", NULL);
	content->had_nvram = g_key_file_get_boolean(file, "nvram", "kept", NULL);
	content->tpm = g_key_file_get_string(file, "tpm", "path", NULL);
	content->had_tpm = g_key_file_get_boolean(file, "tpm", "kept", NULL);
	return g_steal_pointer(&content);
}

char *snapshot_content_format(const struct snapshot_content *content)
{
	g_autoptr(GKeyFile) file = to_file(content);

	return g_key_file_to_data(file, NULL, NULL);
}
