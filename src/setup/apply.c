/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "core/error.h"
#include "setup/product.h"
#include "setup/store.h"

/*
 * How setup changes a machine, so that it can be killed, or the power cut, at any instant.
 *
 * All that will be written is known beforehand: it was shown as a diff. So the ledger need not
 * grow with the work, as the journal of a handover does. Before the first file is touched there
 * are, fsynced: a copy of the former bytes of each file, named by its sum, and then, in one
 * rename, the ledger with the sums of the former bytes and of ours. From then on each file has
 * either the one or the other, because files are only ever replaced whole. Undo looks at each:
 * what has our bytes gets the former ones; what has the former ones is done; what has any others
 * was edited by somebody, and is left. That is the same at whatever instant we were stopped, and
 * however often undo itself is stopped.
 *
 * The sources first, then what is generated from them: initramfs images before boot menus, because
 * kernel-install copies the image to where the loader finds it. A machine that loses power in
 * between boots, from the old menu with the new image or with the new menu: an image loads vfio-pci
 * early or not, and only a menu's arguments say for which card. The generators replace their files
 * whole as well (product.c), except kernel-install. The ledger says "made" when all of them are
 * done, and check reports one that does not say so.
 *
 * A second setup adds to the first. For a file that we wrote before, the ledger then has all our
 * versions, and still the one former state, so that there is one way back, to the machine before
 * hotseat.
 */

static void say(struct setup_host *host, const char *format, const char *path)
{
	g_autofree char *what = g_strdup_printf("%s /%s", format, path);

	if (host->progress != NULL)
		host->progress(what, host->data);
}

/* lock_ledger - one setup at a time; the lock is on the folder and goes with the process */
static int lock_ledger(struct setup_host *host, GError **error)
{
	autoptr(root) folder = root_enter(host->root, error, LEDGER_FOLDER);
	int fd = folder == NULL ? -1
				: openat(root_fd(folder), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (folder != NULL && fd < 0)
		hotseat_error_set_errno(error, errno, "cannot open /" LEDGER_FOLDER);
	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) == 0)
		return fd;
	close(fd);
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_BUSY,
		    "another hotseat setup is at work; wait until it is done");
	return -1;
}

static char *copy_path(const char *sum)
{
	return g_build_filename(LEDGER_FOLDER, sum, NULL);
}

static gboolean write_text(struct setup_host *host, const char *path, GBytes *bytes, guint mode,
			   GError **error)
{
	const struct store_file file = {
		.bytes = bytes, .mode = mode, .uid = geteuid(), .gid = getegid()
	};

	return store_replace(host->root, path, &file, error);
}

static gboolean write_ledger(struct setup_host *host, const struct ledger *ledger, GError **error)
{
	char *text = ledger_text(ledger);
	g_autoptr(GBytes) bytes = g_bytes_new_take(text, strlen(text));

	return write_text(host, LEDGER_PATH, bytes, 0644, error);
}

/* The copies hold what the files held, some of which not everybody may read. */
static gboolean save_copy(struct setup_host *host, GBytes *bytes, const char *sum, GError **error)
{
	g_autofree char *path = copy_path(sum);

	return write_text(host, path, bytes, 0600, error);
}

static gboolean make_ledger_folder(struct setup_host *host, GError **error)
{
	static const char *const folders[] = { "var", "var/lib", "var/lib/hotseat", LEDGER_FOLDER };

	for (gsize i = 0; i < G_N_ELEMENTS(folders); i++) {
		if (!root_exists(host->root, "%s", folders[i]) &&
		    !store_make_folder(host->root, folders[i], error))
			return FALSE;
	}
	return TRUE;
}

/* remove_ledger_folder - with everything in it: the ledger is gone, so nobody needs the copies */
static gboolean remove_ledger_folder(struct setup_host *host, GError **error)
{
	g_auto(GStrv) names = root_list(host->root, NULL, LEDGER_FOLDER);

	for (guint i = 0; names != NULL && names[i] != NULL; i++) {
		g_autofree char *path = g_build_filename(LEDGER_FOLDER, names[i], NULL);

		if (!store_remove(host->root, path, error))
			return FALSE;
	}
	return store_remove_folder(host->root, LEDGER_FOLDER, error) &&
	       store_remove_folder(host->root, "var/lib/hotseat", error);
}

/* sum_of - of a file's bytes; NULL: there is no file */
static char *sum_of(const struct store_file *file)
{
	return file->bytes == NULL ? NULL : store_sum(file->bytes);
}

/*
 * note_file - what the ledger has to know of a file before it is written
 *
 * A file that was edited since we wrote it is refused: undo could not give back both what was
 * there before us and what was edited into it.
 */
static gboolean note_file(struct setup_host *host, struct ledger *ledger,
			  const struct setup_file *wanted, GError **error)
{
	struct ledger_file *file = ledger_file(ledger, wanted->path);
	g_autofree char *ours = store_sum(wanted->wanted);
	auto_store_file now = { 0 };
	g_autofree char *sum = NULL;

	if (!store_read(host->root, wanted->path, &now, error))
		return FALSE;
	sum = sum_of(&now);
	if (file != NULL && g_strcmp0(sum, file->former) != 0 &&
	    (sum == NULL || !ledger_wrote(file, sum))) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED,
			    "/%s was edited since hotseat wrote it; take hotseat's changes back "
			    "first: sudo hotseat setup --undo",
			    wanted->path);
		return FALSE;
	}
	if (file == NULL) {
		file = ledger_add_file(ledger, wanted->path);
		file->former = g_strdup(sum);
		file->mode = now.mode;
		file->uid = now.uid;
		file->gid = now.gid;
		file->attributes = g_strdupv(now.attributes);
		if (sum != NULL && !save_copy(host, now.bytes, sum, error))
			return FALSE;
	}
	ledger_add(file->ours, ours);
	return TRUE;
}

/* note_folders - those above a file that are not there yet, outermost first */
static void note_folders(struct setup_host *host, struct ledger *ledger, const char *path)
{
	for (const char *slash = strchr(path, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		g_autofree char *folder = g_strndup(path, (gsize)(slash - path));

		if (!root_exists(host->root, "%s", folder))
			ledger_add(ledger->folders, folder);
	}
}

static void note_texts(GPtrArray *to, const GPtrArray *from)
{
	for (guint i = 0; i < from->len; i++)
		ledger_add(to, g_ptr_array_index(from, i));
}

static gboolean note_all(struct setup_host *host, struct ledger *ledger, const struct setup *setup,
			 GError **error)
{
	for (guint i = 0; i < setup->files->len; i++) {
		const struct setup_file *file = g_ptr_array_index(setup->files, i);

		note_folders(host, ledger, file->path);
		if (!note_file(host, ledger, file, error))
			return FALSE;
	}
	note_texts(ledger->products, setup->products);
	g_ptr_array_set_size(ledger->arguments, 0);
	note_texts(ledger->arguments, setup->arguments);
	ledger->made = FALSE;
	return write_ledger(host, ledger, error);
}

/* A file keeps its owner, mode and labels; a new one is everybody's to read. */
static gboolean write_file(struct setup_host *host, const struct setup_file *wanted, GError **error)
{
	auto_store_file file = { 0 }, now = { 0 };
	gboolean same;

	if (!store_read(host->root, wanted->path, &file, error))
		return FALSE;
	if (file.bytes == NULL) {
		file.mode = wanted->program ? 0755 : 0644;
		file.uid = geteuid();
		file.gid = getegid();
	}
	g_clear_pointer(&file.bytes, g_bytes_unref);
	file.bytes = g_bytes_ref(wanted->wanted);
	say(host, "writing", wanted->path);
	if (!store_replace(host->root, wanted->path, &file, error) ||
	    !store_read(host->root, wanted->path, &now, error))
		return FALSE;
	same = now.bytes != NULL && g_bytes_equal(now.bytes, wanted->wanted);
	if (!same)
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_FAILED,
			    "/%s does not hold what was written to it", wanted->path);
	return same;
}

static gboolean make_folders(struct setup_host *host, const struct ledger *ledger, GError **error)
{
	for (guint i = 0; i < ledger->folders->len; i++) {
		const char *folder = g_ptr_array_index(ledger->folders, i);

		if (!store_make_folder(host->root, folder, error))
			return FALSE;
	}
	return TRUE;
}

static gboolean make_products(struct setup_host *host, const struct ledger *ledger, GError **error)
{
	for (guint i = 0; i < ledger->products->len; i++) {
		if (!product_make(host, g_ptr_array_index(ledger->products, i), error))
			return FALSE;
	}
	/* kernel-install and update-grub do not wait for the disk; the ledger is not to be there
	 * before what it says */
	sync();
	return TRUE;
}

static gboolean change(struct setup_host *host, struct ledger *ledger, const struct setup *setup,
		       GError **error)
{
	if (!make_folders(host, ledger, error))
		return FALSE;
	for (guint i = 0; i < setup->files->len; i++) {
		if (!write_file(host, g_ptr_array_index(setup->files, i), error))
			return FALSE;
	}
	if (!make_products(host, ledger, error))
		return FALSE;
	ledger->made = TRUE;
	g_free(ledger->boot);
	ledger->boot = root_read(host->root, NULL, "proc/sys/kernel/random/boot_id");
	return write_ledger(host, ledger, error);
}

/* read_ledger - what was done before; an empty one if that is nothing */
static struct ledger *read_ledger(struct setup_host *host, GError **error)
{
	g_autoptr(GError) failure = NULL;
	struct ledger *ledger = ledger_read(host->root, &failure);

	if (ledger != NULL)
		return ledger;
	if (hotseat_error_is(failure, HOTSEAT_ERROR_ABSENT))
		return ledger_new();
	g_propagate_error(error, g_steal_pointer(&failure));
	return NULL;
}

/* A file of the ledger as it was before us. */
static gboolean restore_bytes(struct setup_host *host, const struct ledger_file *file,
			      GError **error)
{
	g_autofree char *path = copy_path(file->former);
	g_autofree char *sum = NULL;
	auto_store_file copy = { 0 };
	struct store_file former = { .mode = file->mode, .uid = file->uid, .gid = file->gid };

	if (!store_read(host->root, path, &copy, error))
		return FALSE;
	sum = sum_of(&copy);
	if (g_strcmp0(sum, file->former) != 0) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_NOT_BACK,
			    "the former bytes of /%s should be in /%s, and are not", file->path,
			    path);
		return FALSE;
	}
	former.bytes = copy.bytes;
	former.attributes = file->attributes;
	return store_replace(host->root, file->path, &former, error);
}

/* restore_file - @left is set if somebody has edited it */
static gboolean restore_file(struct setup_host *host, const struct ledger_file *file,
			     gboolean *left, GError **error)
{
	auto_store_file now = { 0 };
	g_autofree char *sum = NULL;

	*left = FALSE;
	if (!store_clean(host->root, file->path, error) ||
	    !store_read(host->root, file->path, &now, error))
		return FALSE;
	sum = sum_of(&now);
	if (g_strcmp0(sum, file->former) == 0)
		return TRUE;
	*left = sum == NULL || !ledger_wrote(file, sum);
	if (*left)
		return TRUE;
	say(host, file->former == NULL ? "removing" : "restoring", file->path);
	return file->former == NULL ? store_remove(host->root, file->path, error)
				    : restore_bytes(host, file, error);
}

static void free_left(gpointer data)
{
	struct setup_left *left = data;

	g_free(left->path);
	g_free(left->copy);
	g_free(left);
}

static void add_left(GPtrArray *all, const struct ledger_file *file)
{
	struct setup_left *left = g_new0(struct setup_left, 1);

	left->path = g_strdup(file->path);
	left->copy = file->former == NULL ? NULL : copy_path(file->former);
	g_ptr_array_add(all, left);
}

/* restore_files - the last first; takes those that are back out of the ledger */
static gboolean restore_files(struct setup_host *host, struct ledger *ledger, GPtrArray *left,
			      GError **error)
{
	for (guint i = ledger->files->len; i-- > 0;) {
		const struct ledger_file *file = g_ptr_array_index(ledger->files, i);
		gboolean edited;

		if (!restore_file(host, file, &edited, error))
			return FALSE;
		if (edited)
			add_left(left, file);
		else
			g_ptr_array_remove_index(ledger->files, i);
	}
	for (guint i = ledger->folders->len; i-- > 0;) {
		const char *folder = g_ptr_array_index(ledger->folders, i);

		if (!store_remove_folder(host->root, folder, error))
			return FALSE;
	}
	return TRUE;
}

/* The ledger goes before the copies: without it they mean nothing, it without them is damaged. */
static gboolean forget(struct setup_host *host, struct ledger *ledger, GError **error)
{
	if (ledger->files->len > 0) {
		ledger->made = TRUE;
		g_ptr_array_set_size(ledger->arguments, 0);
		return write_ledger(host, ledger, error);
	}
	return store_remove(host->root, LEDGER_PATH, error) && remove_ledger_folder(host, error);
}

static gboolean undo_all(struct setup_host *host, struct ledger *ledger, GPtrArray *left,
			 GError **error)
{
	ledger->made = FALSE;
	return write_ledger(host, ledger, error) && restore_files(host, ledger, left, error) &&
	       make_products(host, ledger, error) && forget(host, ledger, error);
}

/* Copies whose ledger is gone, or has not come to be, are swept up. */
static struct ledger *read_for_undo(struct setup_host *host, GError **error)
{
	g_autoptr(GError) failure = NULL;
	struct ledger *ledger = ledger_read(host->root, &failure);

	if (ledger == NULL && hotseat_error_is(failure, HOTSEAT_ERROR_ABSENT) &&
	    !remove_ledger_folder(host, error))
		return NULL;
	if (ledger == NULL)
		g_propagate_error(error, g_steal_pointer(&failure));
	return ledger;
}

/* are_ready - can everything be made that is generated? */
static gboolean are_ready(struct setup_host *host, const GPtrArray *products, gboolean growing,
			  GError **error)
{
	for (guint i = 0; i < products->len; i++) {
		if (!product_is_ready(host->root, g_ptr_array_index(products, i), growing, error))
			return FALSE;
	}
	return TRUE;
}

gboolean setup_undo(struct setup_host *host, GPtrArray **left, GError **error)
{
	autoptr(ledger) ledger = NULL;
	g_autoptr(GError) failure = NULL;
	g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(free_left);
	int lock = lock_ledger(host, error);
	gboolean done;

	if (lock < 0)
		return FALSE;
	ledger = read_for_undo(host, error);
	if (ledger == NULL) {
		close(lock);
		return FALSE;
	}
	done = are_ready(host, ledger->products, FALSE, &failure) &&
	       undo_all(host, ledger, found, &failure);
	close(lock);
	if (done)
		*left = g_steal_pointer(&found);
	else
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_NOT_BACK,
			    "%s; when that is mended, go on with: sudo hotseat setup --undo",
			    failure->message);
	return done;
}

/*
 * A first setup that fails puts everything back at once. A later one leaves what was there before
 * it as it is known to work, so it is left for the user to say: go on, or undo all.
 */
static gboolean give_up(struct setup_host *host, struct ledger *ledger, gboolean first,
			GError *failure, GError **error)
{
	g_autoptr(GPtrArray) left = g_ptr_array_new_with_free_func(free_left);
	g_autoptr(GError) second = NULL;

	if (first && undo_all(host, ledger, left, &second) && left->len == 0) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_FAILED,
			    "%s; everything is as it was before", failure->message);
		return FALSE;
	}
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_NOT_BACK,
		    "%s; setup stopped half-way. When that is mended, run it again, or take all "
		    "of it back with: sudo hotseat setup --undo",
		    failure->message);
	return FALSE;
}

/* refuse - no file was touched yet, so only what a first setup has put into our own folder goes */
static gboolean refuse(struct setup_host *host, gboolean first, GError *failure, GError **error)
{
	if (!first || remove_ledger_folder(host, NULL)) {
		g_propagate_error(error, g_error_copy(failure));
		return FALSE;
	}
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_NOT_BACK,
		    "%s; no file was changed but those in /" LEDGER_FOLDER
		    ", which go with: sudo "
		    "hotseat setup --undo",
		    failure->message);
	return FALSE;
}

gboolean setup_apply(struct setup_host *host, const struct setup *setup, GError **error)
{
	autoptr(ledger) ledger = NULL;
	g_autoptr(GError) failure = NULL;
	gboolean first, done = FALSE;
	int lock;

	if (!are_ready(host, setup->products, TRUE, error) || !make_ledger_folder(host, error))
		return FALSE;
	lock = lock_ledger(host, error);
	ledger = lock < 0 ? NULL : read_ledger(host, error);
	if (ledger == NULL) {
		if (lock >= 0)
			close(lock);
		return FALSE;
	}
	first = ledger->files->len == 0;
	if (note_all(host, ledger, setup, &failure))
		done = change(host, ledger, setup, &failure) ||
		       give_up(host, ledger, first, failure, error);
	else
		done = refuse(host, first, failure, error);
	close(lock);
	return done;
}
