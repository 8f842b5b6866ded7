/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest/snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/manifest.h"
#include "guest/copy.h"
#include "guest/domain.h"
#include "guest/snapshot-content.h"

/*
 * On the disk: BASE/UUID/.lock, BASE/UUID/.reverting (the name of a snapshot), and for each
 * snapshot a folder BASE/UUID/NAME with
 *
 *	manifest    what there is and where, a key file; "unfinished" before all of it is there
 *	domain.xml  the definition
 *	nvram       firmware variables, if there were any
 *	tpm/        the TPM's state, if there was any
 *
 * Copies of disks are beside their images, or inside them.
 */
#define MANIFEST "manifest"
#define UNFINISHED "unfinished"
#define REVERTING ".reverting"
#define DEFINITION "domain.xml"

struct snapshot_store {
	char *path;
	int lock;
};

static char *in_store(const struct snapshot_store *store, const char *name, const char *file)
{
	return g_build_filename(store->path, name, file, NULL);
}

static gboolean exists(const struct snapshot_store *store, const char *name, const char *file)
{
	g_autofree char *path = in_store(store, name, file);

	return g_file_test(path, G_FILE_TEST_EXISTS);
}

/* ---- the store ------------------------------------------------------------------------------ */

struct snapshot_store *snapshot_store_open(const char *base, const char *uuid, GError **error)
{
	autoptr(snapshot_store) store = g_new0(struct snapshot_store, 1);
	g_autofree char *lock = NULL;

	store->path = g_build_filename(base, uuid, NULL);
	store->lock = -1;
	lock = g_build_filename(store->path, ".lock", NULL);
	if (g_mkdir_with_parents(store->path, 0700) != 0) {
		hotseat_error_set_errno(error, errno, "cannot make the folder %s", store->path);
		return NULL;
	}
	store->lock = open(lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (store->lock < 0) {
		hotseat_error_set_errno(error, errno, "cannot open %s", lock);
		return NULL;
	}
	if (flock(store->lock, LOCK_EX | LOCK_NB) != 0) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_BUSY,
			    "another hotseat is at work on the snapshots of this guest (%s)", lock);
		return NULL;
	}
	return g_steal_pointer(&store);
}

void snapshot_store_free(struct snapshot_store *store)
{
	if (store == NULL)
		return;
	if (store->lock >= 0)
		close(store->lock);
	g_free(store->path);
	g_free(store);
}

/* Names of the snapshots that have this file, in the order of the folder. */
static char **list_with(const struct snapshot_store *store, const char *file)
{
	g_autoptr(GStrvBuilder) names = g_strv_builder_new();
	g_autoptr(GDir) folder = g_dir_open(store->path, 0, NULL);
	const char *name;

	while (folder != NULL && (name = g_dir_read_name(folder)) != NULL) {
		if (exists(store, name, file))
			g_strv_builder_add(names, name);
	}
	return g_strv_builder_end(names);
}

/* ---- manifests ------------------------------------------------------------------------------ */

static struct snapshot_content *read_content(const struct snapshot_store *store, const char *name,
					     const char *which, GError **error)
{
	g_autofree char *path = in_store(store, name, which);

	return snapshot_content_load(path, name, error);
}

/* All at once, and on the disk when it returns. */
static gboolean write_text(const char *path, const char *text, GError **error)
{
	g_autoptr(GError) why = NULL;

	if (g_file_set_contents_full(path, text, -1,
				     G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE,
				     0600, &why))
		return copy_sync_folder(path, error);
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_FAILED, "cannot write %s: %s", path,
		    why->message);
	return FALSE;
}

static gboolean write_content(const struct snapshot_store *store,
			      const struct snapshot_content *content, const char *which,
			      GError **error)
{
	g_autofree char *path = in_store(store, content->about->name, which);
	g_autofree char *text = snapshot_content_format(content);

	return write_text(path, text, error);
}

/* The moment at which a snapshot is there, or is not any more. */
static gboolean rename_manifest(const struct snapshot_store *store, const char *name,
				const char *from, const char *to, GError **error)
{
	g_autofree char *old = in_store(store, name, from);
	g_autofree char *new = in_store(store, name, to);

	if (rename(old, new) == 0)
		return copy_sync_folder(new, error);
	hotseat_error_set_errno(error, errno, "cannot rename %s", old);
	return FALSE;
}

/* ---- making and forgetting ------------------------------------------------------------------ */

/* What has the name that a copy or tag would get is not ours to replace, or to remove later. */
static gboolean check_unused(const struct snapshot_disk *disk, GError **error)
{
	if (!snapshot_disk_is_kept(disk))
		return TRUE;
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED,
		    "%s %s is there already, and belongs to no snapshot of this guest; take "
		    "another name, or see whose it is",
		    disk->way == SNAPSHOT_COPY ? "the file" : "the image's snapshot", disk->kept);
	return FALSE;
}

/* Before anything is written. */
static gboolean check_disks(const struct snapshot_guest *guest, const GPtrArray *disks,
			    GError **error)
{
	gboolean live = guest->copy_live != NULL;

	if (live && disks->len == 0) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED,
			    "%s has no disk, and of a guest that runs nothing else is kept",
			    guest->name);
		return FALSE;
	}
	for (guint i = 0; i < disks->len; i++) {
		if ((!live && !snapshot_disk_check_idle(disks->pdata[i], error)) ||
		    !check_unused(disks->pdata[i], error))
			return FALSE;
	}
	return snapshot_disks_check_room(disks, live ? SNAPSHOT_KEEPING_LIVE : SNAPSHOT_KEEPING,
					 error);
}

/* What is there now, and how it is going to be kept. */
static struct snapshot_content *plan_content(const struct snapshot_guest *guest, const char *name,
					     GError **error)
{
	gboolean live = guest->copy_live != NULL;
	autoptr(snapshot_content) content = g_new0(struct snapshot_content, 1);

	content->about = g_new0(struct snapshot, 1);
	content->about->name = g_strdup(name);
	content->about->created = g_get_real_time() / G_USEC_PER_SEC;
	content->about->live = live;
	content->disks = snapshot_disks_read(guest->xml, name, live, error);
	if (content->disks == NULL || !check_disks(guest, content->disks, error))
		return NULL;
	if (live)
		return g_steal_pointer(&content);
	content->nvram = g_strdup(guest->nvram);
	content->had_nvram =
		guest->nvram != NULL && g_file_test(guest->nvram, G_FILE_TEST_IS_REGULAR);
	content->tpm = g_strdup(guest->tpm);
	content->had_tpm = guest->tpm != NULL && g_file_test(guest->tpm, G_FILE_TEST_IS_DIR);
	return g_steal_pointer(&content);
}

static gboolean keep_disks(const struct snapshot_content *content, GError **error)
{
	for (guint i = 0; i < content->disks->len; i++) {
		if (!snapshot_disk_keep(content->disks->pdata[i], error))
			return FALSE;
	}
	return TRUE;
}

static gboolean keep_live_disks(const struct snapshot_guest *guest,
				struct snapshot_content *content, GError **error)
{
	g_autoptr(GStrvBuilder) targets = g_strv_builder_new();
	g_autoptr(GStrvBuilder) copies = g_strv_builder_new();
	g_autoptr(GStrvBuilder) formats = g_strv_builder_new();
	g_auto(GStrv) target = NULL;
	g_auto(GStrv) copy = NULL;
	g_auto(GStrv) format = NULL;

	for (guint i = 0; i < content->disks->len; i++) {
		const struct snapshot_disk *disk = content->disks->pdata[i];

		g_strv_builder_add(targets, disk->target);
		g_strv_builder_add(copies, disk->kept);
		g_strv_builder_add(formats, disk->format);
	}
	target = g_strv_builder_end(targets);
	copy = g_strv_builder_end(copies);
	format = g_strv_builder_end(formats);
	return guest->copy_live(target, copy, format, &content->about->quiesced, guest->data,
				error);
}

static gboolean keep_state(const struct snapshot_store *store,
			   const struct snapshot_content *content, GError **error)
{
	g_autofree char *nvram = in_store(store, content->about->name, "nvram");
	g_autofree char *tpm = in_store(store, content->about->name, "tpm");

	return (!content->had_nvram || copy_file(content->nvram, nvram, error)) &&
	       (!content->had_tpm || copy_tree(content->tpm, tpm, error));
}

static gboolean keep(const struct snapshot_store *store, const struct snapshot_guest *guest,
		     struct snapshot_content *content, GError **error)
{
	g_autofree char *definition = in_store(store, content->about->name, DEFINITION);

	if (!write_text(definition, guest->xml, error))
		return FALSE;
	if (content->about->live)
		return keep_live_disks(guest, content, error) &&
		       write_content(store, content, UNFINISHED, error);
	return keep_state(store, content, error) && keep_disks(content, error);
}

/* Of a snapshot that is not there any more, or not yet; again after a kill in the middle. */
static gboolean remove_remains(const struct snapshot_store *store, const char *name, gboolean mend,
			       GError **error)
{
	g_autofree char *folder = in_store(store, name, NULL);
	g_autofree char *manifest = in_store(store, name, UNFINISHED);
	autoptr(snapshot_content) content = read_content(store, name, UNFINISHED, error);

	if (content == NULL)
		return FALSE;
	for (guint i = 0; i < content->disks->len; i++) {
		const struct snapshot_disk *disk = content->disks->pdata[i];

		/* A copy beside an image never touched it, and the guest may be running on it. */
		if (!snapshot_disk_forget(disk, error) ||
		    (mend && disk->way == SNAPSHOT_INTERNAL && !snapshot_disk_mend(disk, error)))
			return FALSE;
	}
	/* The manifest goes last: until then it tells what there may be. */
	{
		g_autofree char *nvram = in_store(store, name, "nvram");
		g_autofree char *definition = in_store(store, name, DEFINITION);
		g_autofree char *tpm = in_store(store, name, "tpm");

		if (!copy_remove(nvram, error) || !copy_remove(definition, error) ||
		    !copy_back_tree(NULL, tpm, error) || !copy_remove(manifest, error))
			return FALSE;
	}
	manifest_remove_tree(folder);
	return TRUE;
}

gboolean snapshot_name_check(const char *name, GError **error)
{
	if (guest_name_valid(name))
		return TRUE;
	g_set_error(
		error, HOTSEAT_ERROR, HOTSEAT_ERROR_USAGE,
		"\"%s\" cannot be a snapshot's name: up to 64 letters, digits, dots, dashes and "
		"underscores, not starting with a dash or dot",
		name);
	return FALSE;
}

static gboolean check_name(const struct snapshot_store *store, const char *name, gboolean new,
			   GError **error)
{
	if (!snapshot_name_check(name, error))
		return FALSE;
	if (exists(store, name, MANIFEST) != new)
		return TRUE;
	if (new)
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED,
			    "there is a snapshot \"%s\" already; delete it first, or take another "
			    "name",
			    name);
	else
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_ABSENT,
			    "there is no snapshot \"%s\"; hotseat snapshot list shows those there "
			    "are",
			    name);
	return FALSE;
}

gboolean snapshot_create(struct snapshot_store *store, const struct snapshot_guest *guest,
			 const char *name, GError **error)
{
	autoptr(snapshot_content) content = NULL;
	g_autofree char *folder = NULL;

	if (!check_name(store, name, TRUE, error))
		return FALSE;
	if (exists(store, name, UNFINISHED)) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED,
			    "half of a snapshot \"%s\" is still inside an image, and goes when the "
			    "guest is off; take another name until then",
			    name);
		return FALSE;
	}
	content = plan_content(guest, name, error);
	if (content == NULL)
		return FALSE;
	folder = in_store(store, name, NULL);
	/* A kill before the first manifest leaves an empty folder, which is no harm. */
	if (mkdir(folder, 0700) != 0 && errno != EEXIST) {
		hotseat_error_set_errno(error, errno, "cannot make the folder %s", folder);
		return FALSE;
	}
	if (!write_content(store, content, UNFINISHED, error)) {
		manifest_remove_tree(folder);
		return FALSE;
	}
	if (keep(store, guest, content, error) &&
	    rename_manifest(store, name, UNFINISHED, MANIFEST, error))
		return TRUE;
	remove_remains(store, name, TRUE, NULL);
	return FALSE;
}

gboolean snapshot_delete(struct snapshot_store *store, const char *name, GError **error)
{
	return check_name(store, name, FALSE, error) &&
	       rename_manifest(store, name, MANIFEST, UNFINISHED, error) &&
	       remove_remains(store, name, FALSE, error);
}

static int compare_age(gconstpointer a, gconstpointer b)
{
	const struct snapshot *one = *(struct snapshot *const *)a;
	const struct snapshot *other = *(struct snapshot *const *)b;

	if (one->created != other->created)
		return one->created < other->created ? -1 : 1;
	return strcmp(one->name, other->name);
}

static void free_snapshot(gpointer data)
{
	snapshot_free(data);
}

GPtrArray *snapshot_list(const struct snapshot_store *store, GError **error)
{
	g_auto(GStrv) names = list_with(store, MANIFEST);
	g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(free_snapshot);

	for (guint i = 0; names[i] != NULL; i++) {
		autoptr(snapshot_content) content = read_content(store, names[i], MANIFEST, error);

		if (content == NULL)
			return NULL;
		g_ptr_array_add(list, g_steal_pointer(&content->about));
	}
	g_ptr_array_sort(list, compare_age);
	return g_steal_pointer(&list);
}

/* ---- going back ----------------------------------------------------------------------------- */

/* Both looked at before anything is changed. */
static gboolean check_idle(const struct snapshot_content *content, GError **error)
{
	for (guint i = 0; i < content->disks->len; i++) {
		if (!snapshot_disk_check_idle(content->disks->pdata[i], error))
			return FALSE;
	}
	return snapshot_disks_check_room(content->disks, SNAPSHOT_GOING_BACK, error);
}

static gboolean check_kept(const struct snapshot_store *store,
			   const struct snapshot_content *content, GError **error)
{
	const char *name = content->about->name;

	for (guint i = 0; i < content->disks->len; i++) {
		const struct snapshot_disk *disk = content->disks->pdata[i];

		if (snapshot_disk_is_kept(disk))
			continue;
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_ABSENT,
			    "the snapshot \"%s\" is not whole any more: %s of %s is gone; nothing "
			    "was changed",
			    name, disk->kept, disk->path);
		return FALSE;
	}
	if ((!content->had_nvram || exists(store, name, "nvram")) &&
	    (!content->had_tpm || exists(store, name, "tpm")))
		return TRUE;
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_ABSENT,
		    "the snapshot \"%s\" is not whole any more; nothing was changed", name);
	return FALSE;
}

static gboolean put_back_state(const struct snapshot_store *store,
			       const struct snapshot_content *content, GError **error)
{
	g_autofree char *nvram = in_store(store, content->about->name, "nvram");
	g_autofree char *tpm = in_store(store, content->about->name, "tpm");

	return (content->nvram == NULL ||
		copy_back_file(content->had_nvram ? nvram : NULL, content->nvram, error)) &&
	       (content->tpm == NULL ||
		copy_back_tree(content->had_tpm ? tpm : NULL, content->tpm, error));
}

static gboolean put_back(const struct snapshot_store *store, const struct snapshot_content *content,
			 gboolean mend, GError **error)
{
	for (guint i = 0; i < content->disks->len; i++) {
		const struct snapshot_disk *disk = content->disks->pdata[i];

		if ((mend && !snapshot_disk_mend(disk, error)) ||
		    !snapshot_disk_revert(disk, error))
			return FALSE;
	}
	return put_back_state(store, content, error);
}

static gboolean define(const struct snapshot_store *store, const struct snapshot_guest *guest,
		       const char *name, GError **error)
{
	g_autofree char *path = in_store(store, name, DEFINITION);
	g_autofree char *xml = NULL;
	g_autoptr(GError) why = NULL;

	if (!g_file_get_contents(path, &xml, NULL, &why)) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_ABSENT,
			    "the snapshot \"%s\" is not whole any more: %s; nothing was changed",
			    name, why->message);
		return FALSE;
	}
	return guest->define(xml, guest->data, error);
}

/*
 * The definition comes first: it is the only part that somebody else may refuse, and until then
 * nothing is lost.
 */
static gboolean revert(const struct snapshot_store *store, const struct snapshot_guest *guest,
		       const char *name, gboolean again, GError **error)
{
	g_autofree char *note = in_store(store, REVERTING, NULL);
	autoptr(snapshot_content) content = read_content(store, name, MANIFEST, error);

	if (content == NULL)
		return FALSE;
	if (!again && (!check_idle(content, error) || !check_kept(store, content, error) ||
		       !write_text(note, name, error)))
		return FALSE;
	if (!content->about->live && !define(store, guest, name, error)) {
		if (!again)
			copy_remove(note, NULL);
		return FALSE;
	}
	if (put_back(store, content, again, error))
		return copy_remove(note, error) && copy_sync_folder(note, error);
	g_prefix_error(
		error,
		"%s is half at the snapshot \"%s\" and cannot start until it is there, which "
		"the next hotseat snapshot or up tries again: ",
		guest->name, name);
	return FALSE;
}

gboolean snapshot_revert(struct snapshot_store *store, const struct snapshot_guest *guest,
			 const char *name, GError **error)
{
	return check_name(store, name, FALSE, error) && revert(store, guest, name, FALSE, error);
}

gboolean snapshot_is_reverting(const struct snapshot_store *store)
{
	return exists(store, REVERTING, NULL);
}

gboolean snapshot_needs_settling(const struct snapshot_store *store)
{
	g_auto(GStrv) unfinished = list_with(store, UNFINISHED);

	return unfinished[0] != NULL || snapshot_is_reverting(store);
}

/* What GLib was writing when it was killed, before it got its name. */
static void remove_torn_notes(const struct snapshot_store *store)
{
	g_autoptr(GDir) folder = g_dir_open(store->path, 0, NULL);
	const char *name;

	while (folder != NULL && (name = g_dir_read_name(folder)) != NULL) {
		g_autofree char *path = in_store(store, name, NULL);

		if (g_str_has_prefix(name, REVERTING "."))
			copy_remove(path, NULL);
	}
}

/* Into an image that a guest writes to, nobody else can: what is inside can wait. */
static gboolean settle_half(const struct snapshot_store *store, const struct snapshot_guest *guest,
			    const char *name, GError **error)
{
	if (guest->copy_live != NULL) {
		autoptr(snapshot_content) content = read_content(store, name, UNFINISHED, error);

		if (content == NULL || content->about->internal)
			return content != NULL;
	}
	return remove_remains(store, name, TRUE, error);
}

gboolean snapshot_settle(struct snapshot_store *store, const struct snapshot_guest *guest,
			 GError **error)
{
	g_autofree char *note = in_store(store, REVERTING, NULL);
	g_autofree char *name = NULL;
	g_auto(GStrv) unfinished = list_with(store, UNFINISHED);

	remove_torn_notes(store);
	if (g_file_get_contents(note, &name, NULL, NULL)) {
		if (guest->copy_live != NULL) {
			g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_BUSY,
				    "%s was started while it was going back to the snapshot "
				    "\"%s\"; shut it down first",
				    guest->name, name);
			return FALSE;
		}
		if (!check_name(store, name, FALSE, error) ||
		    !revert(store, guest, name, TRUE, error))
			return FALSE;
	}
	for (guint i = 0; unfinished[i] != NULL; i++) {
		if (!settle_half(store, guest, unfinished[i], error))
			return FALSE;
	}
	return TRUE;
}
