/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "handover/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/error.h"
#include "handover/record.h"
#include "machine/breadcrumb.h"

/*
 * A journal is a text that only grows, one record a line, each record written by one write():
 *
 *	hotseat-journal 1 UUID NAME PID STARTED FINGERPRINT FUNCTION...
 *	begin 0 bind 0000:01:00.0 id=1234:1111 group=12 driver=bochs-drm override=
 *	done 0
 *	lent
 *	hook
 *	undo PID STARTED
 *	undone 0
 *
 * machine.journal is the same with another header ("machine" in place of the UUID), and with
 *
 *	begin 0 governor policy0 former=powersave
 *	claim 0 UUID performance
 *	value 0 performance
 *	release 0 UUID
 *	undone 0
 *
 * "begin" is in the file before the host is touched, so whatever has changed has its old values
 * here. A process can be killed inside the write() of a record: the line is then not complete and
 * does not count, because the change it announces comes after. That holds for the header too: a
 * journal without a complete first line, or an empty one, announces nothing.
 *
 * Nothing is fsynced: the changes live in the kernel and the journals in a tmpfs, and both end
 * together. What must survive here is the death of processes, and for that write() is enough.
 *
 * Whoever changes a journal, or the host on its behalf, holds an open file description lock on the
 * file itself (Linux 3.15, fcntl(2)): it goes with the process, however that dies, and it can be
 * asked for without being taken. There is no lock file beside it, so nothing is left behind. The
 * price is the race of all locks on files that get unlinked: a lock may have been won on a file
 * that its former holder has just removed. So after the lock, the name is looked up again, and if
 * it is another file or none, everything starts over. Only the holder of the lock unlinks.
 */
#define JOURNAL_SUFFIX ".journal"
#define JOURNAL_MAX_BYTES (4 << 20)
/* Beyond that nothing new is promised, so that there is always room to take things back. */
#define JOURNAL_FULL_BYTES (2 << 20)
#define JOURNAL_POLL_MS 50

static int *lock_of(struct host *host, const char *uuid)
{
	return g_str_equal(uuid, JOURNAL_MACHINE) ? &host->machine_lock : &host->lock;
}

void journal_free(struct journal *journal)
{
	if (journal == NULL)
		return;
	if (journal->host != NULL)
		*lock_of(journal->host, journal->uuid) = -1;
	if (journal->fd >= 0)
		close(journal->fd);
	if (journal->dir >= 0)
		close(journal->dir);
	g_free(journal->uuid);
	g_free(journal->path);
	g_free(journal->name);
	g_free(journal->card);
	g_strfreev(journal->functions);
	g_ptr_array_unref(journal->entries);
	g_free(journal);
}

gboolean journal_is_complete(const struct journal *journal)
{
	return journal->lent && !journal->undoing;
}

static char *file_name(const char *uuid)
{
	return g_strconcat(uuid, JOURNAL_SUFFIX, NULL);
}

/* The uuid becomes a file name. */
static gboolean check_uuid(const char *uuid, GError **error)
{
	if (g_uuid_string_is_valid(uuid) || g_str_equal(uuid, JOURNAL_MACHINE))
		return TRUE;
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED, "\"%s\" is no UUID of a guest",
		    uuid);
	return FALSE;
}

/*
 * open_dir - open run_dir; -1 and no error if there is none
 *
 * What is in there makes root write to the host, so nobody else may be able to put anything in.
 */
static gboolean open_dir(struct host *host, gboolean create, int *fd, GError **error)
{
	struct stat info = { 0 };

	if (create && mkdir(host->run_dir, 0700) != 0 && errno != EEXIST) {
		hotseat_error_set_errno(error, errno, "cannot make the folder %s", host->run_dir);
		return FALSE;
	}
	*fd = open(host->run_dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (*fd < 0 && errno == ENOENT && !create)
		return TRUE;
	if (*fd < 0) {
		hotseat_error_set_errno(error, errno, "cannot open the folder %s", host->run_dir);
		return FALSE;
	}
	if (fstat(*fd, &info) == 0 && info.st_uid == geteuid() && (info.st_mode & 022) == 0)
		return TRUE;
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_DENIED,
		    "the folder %s must belong to this user (root) and be writable for nobody else",
		    host->run_dir);
	close(*fd);
	*fd = -1;
	return FALSE;
}

static GString *read_file(int fd, const char *path, GError **error)
{
	g_autoptr(GString) text = g_string_new(NULL);
	char page[4096];
	ssize_t n;

	while ((n = pread(fd, page, sizeof(page), (off_t)text->len)) > 0) {
		g_string_append_len(text, page, n);
		if (text->len > JOURNAL_MAX_BYTES) {
			g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_UNREADABLE,
				    "%s is too long to be a journal", path);
			return NULL;
		}
	}
	if (n < 0) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_UNREADABLE, "cannot read %s: %s",
			    path, g_strerror(errno));
		return NULL;
	}
	return g_steal_pointer(&text);
}

static struct journal *parse_file(struct host *host, int fd, const char *uuid, GError **error)
{
	g_autofree char *name = file_name(uuid);
	g_autofree char *path = g_build_filename(host->run_dir, name, NULL);
	g_autoptr(GString) text = read_file(fd, path, error);

	return text == NULL ? NULL : journal_parse(text->str, text->len, uuid, path, error);
}

/* Of this machine, whatever the root. */
static guint64 worker_start(int pid)
{
	autoptr(root) live = root_open("/", NULL);

	return live == NULL ? 0 : process_started(live, pid);
}

static void set_busy_error(GError **error, const struct journal *journal, const char *path)
{
	if (journal != NULL && journal->worker > 0 &&
	    worker_start(journal->worker) == journal->worker_started)
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_BUSY,
			    "process %d is working on this guest's handover", journal->worker);
	else
		g_set_error(
			error, HOTSEAT_ERROR, HOTSEAT_ERROR_BUSY,
			"another process is working on this guest's handover, or the kernel has "
			"still to answer one that has ended (the lock in %s is held); hotseat "
			"status tells more",
			path);
}

static gboolean is_held(int fd)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	return fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

static gboolean lock_file(struct host *host, int fd, const char *uuid, gint64 deadline,
			  GError **error)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	while (fcntl(fd, F_OFD_SETLK, &lock) != 0) {
		int saved_errno = errno;

		if (saved_errno != EAGAIN && saved_errno != EACCES && saved_errno != EINTR) {
			hotseat_error_set_errno(error, saved_errno, "cannot lock the journal of %s",
						uuid);
			return FALSE;
		}
		if (g_get_monotonic_time() >= deadline || step_interrupted()) {
			autoptr(journal) journal = parse_file(host, fd, uuid, NULL);

			set_busy_error(error, journal, host->run_dir);
			return FALSE;
		}
		host->pause(host, JOURNAL_POLL_MS);
	}
	return TRUE;
}

static gboolean is_still_there(int dir, const char *name, int fd)
{
	struct stat ours = { 0 }, named = { 0 };

	return fstat(fd, &ours) == 0 && fstatat(dir, name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
	       ours.st_ino == named.st_ino && ours.st_dev == named.st_dev;
}

/* open_locked - *fd is -1 if there is no journal and none is to be created */
static gboolean open_locked(struct host *host, int dir, const char *uuid, gboolean create,
			    gint64 deadline, int *fd, GError **error)
{
	g_autofree char *name = file_name(uuid);

	for (;;) {
		*fd = openat(dir, name,
			     O_RDWR | O_APPEND | O_NOFOLLOW | O_CLOEXEC | (create ? O_CREAT : 0),
			     0600);
		if (*fd < 0 && errno == ENOENT && !create)
			return TRUE;
		if (*fd < 0) {
			hotseat_error_set_errno(error, errno, "cannot open %s/%s", host->run_dir,
						name);
			return FALSE;
		}
		if (!lock_file(host, *fd, uuid, deadline, error))
			break;
		if (is_still_there(dir, name, *fd))
			return TRUE;
		close(*fd);
	}
	close(*fd);
	*fd = -1;
	return FALSE;
}

gboolean journal_hold(struct host *host, const char *uuid, gboolean create, guint seconds,
		      struct journal **journal, GError **error)
{
	gint64 deadline = g_get_monotonic_time() + (gint64)seconds * G_USEC_PER_SEC;
	struct journal *held = NULL;
	int dir = -1, fd = -1;

	if (!check_uuid(uuid, error) || !open_dir(host, create, &dir, error))
		return FALSE;
	if (dir < 0) {
		*journal = NULL;
		return TRUE;
	}
	if (!open_locked(host, dir, uuid, create, deadline, &fd, error)) {
		close(dir);
		return FALSE;
	}
	if (fd >= 0)
		held = parse_file(host, fd, uuid, error);
	if (held == NULL) {
		close(dir);
		if (fd >= 0)
			close(fd);
		*journal = NULL;
		return fd < 0;
	}
	held->dir = dir;
	held->fd = fd;
	held->host = host;
	*lock_of(host, uuid) = fd;
	/* Whatever hung has come back, or we had not got the guest's lock. */
	if (lock_of(host, uuid) == &host->lock)
		g_clear_pointer(&host->stuck, g_ptr_array_unref);
	*journal = held;
	return TRUE;
}

struct journal *journal_read(struct host *host, const char *uuid, gboolean *worker_alive,
			     GError **error)
{
	g_autofree char *name = file_name(uuid);
	struct journal *journal;
	int dir = -1, fd, saved_errno;

	if (!check_uuid(uuid, error) || !open_dir(host, FALSE, &dir, error))
		return NULL;
	fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	saved_errno = dir < 0 ? ENOENT : errno;
	if (dir >= 0)
		close(dir);
	if (fd < 0) {
		hotseat_error_set_errno(error, saved_errno, "cannot open %s/%s", host->run_dir,
					name);
		return NULL;
	}
	/* The lock before the text: a worker that ends in between has then written its last. */
	if (worker_alive != NULL)
		*worker_alive = is_held(fd);
	journal = parse_file(host, fd, uuid, error);
	close(fd);
	if (journal != NULL && worker_start(journal->worker) != journal->worker_started)
		journal->worker = 0;
	return journal;
}

char **journal_list(struct host *host, GError **error)
{
	g_autoptr(GPtrArray) uuids = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GDir) names = NULL;
	const char *name;
	int dir = -1;

	if (!open_dir(host, FALSE, &dir, error))
		return NULL;
	if (dir >= 0) {
		close(dir);
		names = g_dir_open(host->run_dir, 0, error);
		if (names == NULL)
			return NULL;
	}
	while (names != NULL && (name = g_dir_read_name(names)) != NULL) {
		gsize length = strlen(name);

		if (g_str_has_suffix(name, JOURNAL_SUFFIX) &&
		    !g_str_equal(name, JOURNAL_MACHINE JOURNAL_SUFFIX))
			g_ptr_array_add(uuids, g_strndup(name, length - strlen(JOURNAL_SUFFIX)));
	}
	g_ptr_array_add(uuids, NULL);
	return (char **)g_ptr_array_free(g_steal_pointer(&uuids), FALSE);
}

/*
 * append - add a record, whole or not at all
 *
 * A full tmpfs can take a part of a line. It is cut off again; were that to fail, the next append
 * would have to do it first, because a record behind half a line would be lost with it.
 */
static gboolean append(struct journal *journal, GString *record, GError **error)
{
	g_autoptr(GString) line = record;
	ssize_t written;
	int saved_errno;

	g_assert(journal->fd >= 0);
	g_string_append_c(line, '\n');
	if (journal->torn && ftruncate(journal->fd, (off_t)journal->length) != 0) {
		hotseat_error_set_errno(error, errno, "cannot mend %s", journal->path);
		return FALSE;
	}
	journal->torn = FALSE;
	written = write(journal->fd, line->str, line->len);
	saved_errno = written < 0 ? errno : ENOSPC;
	if (written == (ssize_t)line->len) {
		journal->length += line->len;
		return TRUE;
	}
	journal->torn = written > 0 && ftruncate(journal->fd, (off_t)journal->length) != 0;
	hotseat_error_set_errno(error, saved_errno, "cannot write to %s", journal->path);
	return FALSE;
}

gboolean journal_start(struct journal *journal, const char *name, const char *card,
		       char **functions, GError **error)
{
	GString *record = g_string_new("hotseat-journal 1");
	int pid = getpid();
	guint64 started = worker_start(pid);

	g_assert(!journal->started);
	record_add(record, journal->uuid);
	record_add(record, name);
	record_add_number(record, (guint64)pid);
	record_add_number(record, started);
	record_add(record, card);
	for (guint i = 0; functions[i] != NULL; i++)
		record_add(record, functions[i]);
	if (!append(journal, record, error))
		return FALSE;
	journal->started = TRUE;
	journal->name = g_strdup(name);
	journal->card = g_strdup(card);
	journal->functions = g_strdupv(functions);
	journal->worker = pid;
	journal->worker_started = started;
	return TRUE;
}

gboolean journal_begin(struct journal *journal, struct step *owned, GError **error)
{
	autoptr(step) step = owned;
	GString *record = g_string_new("begin");
	struct journal_entry *entry;

	g_assert(journal->started && !journal->lent);
	record_add_number(record, journal->entries->len);
	record_add(record, step->kind->name);
	record_add(record, step->subject);
	for (guint i = 0; i < step->values->len; i++) {
		const struct step_value *value = g_ptr_array_index(step->values, i);

		record_add_pair(record, value->key, value->value);
	}
	if (!append(journal, record, error))
		return FALSE;
	entry = journal_entry_new(g_steal_pointer(&step));
	g_ptr_array_add(journal->entries, entry);
	return TRUE;
}

static gboolean append_word(struct journal *journal, const char *word, GError **error)
{
	return append(journal, g_string_new(word), error);
}

static gboolean append_entry(struct journal *journal, const char *word, guint entry, GError **error)
{
	GString *record = g_string_new(word);

	record_add_number(record, entry);
	return append(journal, record, error);
}

gboolean journal_done(struct journal *journal, guint number, GError **error)
{
	struct journal_entry *entry = g_ptr_array_index(journal->entries, number);

	return entry->done = append_entry(journal, "done", number, error);
}

gboolean journal_undone(struct journal *journal, guint number, GError **error)
{
	struct journal_entry *entry = g_ptr_array_index(journal->entries, number);

	return entry->undone = append_entry(journal, "undone", number, error);
}

gboolean journal_note_lent(struct journal *journal, GError **error)
{
	return journal->lent = append_word(journal, "lent", error);
}

gboolean journal_note_hook(struct journal *journal, GError **error)
{
	if (!journal->hook)
		journal->hook = append_word(journal, "hook", error);
	return journal->hook;
}

gboolean journal_note_undo(struct journal *journal, GError **error)
{
	GString *record = g_string_new("undo");
	int pid = getpid();

	record_add_number(record, (guint64)pid);
	record_add_number(record, worker_start(pid));
	journal->undoing = TRUE;
	return append(journal, record, error);
}

gboolean journal_claim(struct journal *journal, guint number, const char *uuid, const char *want,
		       GError **error)
{
	struct journal_entry *entry = g_ptr_array_index(journal->entries, number);
	GString *record;

	if (journal->length > JOURNAL_FULL_BYTES) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_FAILED,
			    "%s has grown too long; it starts anew when all guests are down",
			    journal->path);
		return FALSE;
	}
	record = g_string_new("claim");
	record_add_number(record, number);
	record_add(record, uuid);
	record_add(record, want);
	if (!append(journal, record, error))
		return FALSE;
	journal_entry_claims(entry, uuid, want);
	return TRUE;
}

gboolean journal_release(struct journal *journal, guint number, const char *uuid, GError **error)
{
	struct journal_entry *entry = g_ptr_array_index(journal->entries, number);
	GString *record = g_string_new("release");

	record_add_number(record, number);
	record_add(record, uuid);
	journal_entry_claims(entry, uuid, NULL);
	return append(journal, record, error);
}

gboolean journal_note_value(struct journal *journal, guint number, const char *value,
			    GError **error)
{
	struct journal_entry *entry = g_ptr_array_index(journal->entries, number);
	GString *record;

	if (g_ptr_array_find_with_equal_func(entry->values, value, g_str_equal, NULL))
		return TRUE;
	record = g_string_new("value");
	record_add_number(record, number);
	record_add(record, value);
	g_ptr_array_add(entry->values, g_strdup(value));
	return append(journal, record, error);
}

gboolean journal_discard(struct journal *journal, GError **error)
{
	g_autofree char *name = file_name(journal->uuid);

	if (unlinkat(journal->dir, name, 0) == 0)
		return TRUE;
	hotseat_error_set_errno(error, errno, "cannot remove %s", journal->path);
	return FALSE;
}
