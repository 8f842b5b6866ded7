/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/root.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "core/error.h"
#include "core/manifest.h"
#include "core/text.h"

#define ROOT_READ_MAX (4 << 20)
/* A machine with 512 processors takes 4 MiB. */
#define RECORDING_MAX ((gsize)64 << 20)
/* More than one is rare, more than ten was never seen; the bound is for attackers. */
#define OPEN_TRIES 1000
/* As the kernel, MAXSYMLINKS. */
#define MAX_LINKS 40

struct root {
	int fd;
	gboolean live;
	char *path;
	char *unpacked; /* temporary folder of a recording, removed with the root; NULL: none */

	/* of the root that this one was entered from at first, which outlives it; itself else */
	const struct root *top;
	char *below;        /* path of this root below the top, without links */
	struct tree *trace; /* of the top: where to note what is read; borrowed, NULL: nowhere */
	struct tree *notes; /* of the top: what files cannot say of a recording; NULL: nothing */
};

/*
 * glibc has no openat2(). RESOLVE_IN_ROOT (Linux 5.6) takes absolute links and ".." as chroot()
 * would; the live root needs no such walls, and plain openat() is quicker.
 *
 * The kernel gives up with EAGAIN when anything anywhere on the machine was renamed or mounted
 * while it went through a "..", because it can then not be sure to have stayed inside.
 * Source: openat2(2), fs/namei.c handle_dots().
 */
static int open_below(const struct root *root, const char *path, int flags)
{
	struct open_how how = {
		.flags = (guint64)(flags | O_CLOEXEC),
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};

	if (path[0] == '\0')
		path = ".";
	if (root->live)
		return openat(root->fd, path, flags | O_CLOEXEC);
	for (int tries = 0; tries < OPEN_TRIES; tries++) {
		int fd = (int)syscall(SYS_openat2, root->fd, path, &how, sizeof(how));

		if (fd >= 0 || errno != EAGAIN)
			return fd;
	}
	return -1;
}

/* look - is there something, and is it a link? Return: 0 with @target set for a link, or errno */
static int look(const struct root *top, const char *path, char **target)
{
	char text[PATH_MAX];
	int fd = open_below(top, path, O_PATH | O_NOFOLLOW);
	int failure = 0;
	ssize_t n;

	*target = NULL;
	if (fd < 0)
		return errno;
	n = readlinkat(fd, "", text, sizeof(text) - 1);
	if (n >= 0)
		*target = g_strndup(text, (gsize)n);
	else if (errno == EACCES || errno == EPERM)
		failure = errno; /* the link of another's process */
	close(fd);
	return failure;
}

static void push_steps(GPtrArray *todo, const char *path)
{
	g_auto(GStrv) steps = g_strsplit(path, "/", -1);

	for (guint i = g_strv_length(steps); i > 0; i--)
		g_ptr_array_add(todo, g_strdup(steps[i - 1]));
}

static void step_up(GString *path)
{
	const char *slash = strrchr(path->str, '/');

	g_string_truncate(path, slash == NULL ? 0 : (gsize)(slash - path->str));
}

/* A step that is not there was looked for in a folder that is; one that is barred stays barred. */
static void note_missed_step(struct tree *trace, const char *folder, const char *path, int failure)
{
	gboolean barred = failure == EACCES || failure == EPERM;

	if (barred)
		tree_need(trace, path)->failure = failure;
	if ((barred || failure == ENOENT) && folder[0] != '\0') {
		struct tree_entry *entry = tree_need(trace, folder);

		entry->there = entry->folder = entry->entered = TRUE;
	}
}

static void note_link(struct tree *trace, const char *path, const char *target)
{
	struct tree_entry *entry = tree_need(trace, path);

	g_free(entry->target);
	entry->target = g_strdup(target);
}

static void note_there(const struct root *top, struct tree *trace, const char *path)
{
	const int flags = AT_EMPTY_PATH | AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT;
	struct tree_entry *entry = tree_need(trace, path);
	int fd = open_below(top, path, O_PATH | O_NOFOLLOW);
	struct statx info;

	entry->there = TRUE;
	if (fd < 0)
		return;
	if (statx(fd, "", flags, STATX_TYPE, &info) == 0 && S_ISDIR(info.stx_mode))
		entry->folder = TRUE;
	close(fd);
}

/*
 * walk - the path without links, from the top, whatever of it exists
 * @trace:   gets the links on the way, and what @path is; may be NULL
 * @failure: 0, or why it goes no further; the rest is then appended as it stands
 *
 * Only for who traces and for recordings: otherwise the kernel walks, and quicker.
 */
static char *walk(const struct root *root, const char *path, gboolean follow, struct tree *trace,
		  int *failure)
{
	g_autoptr(GPtrArray) todo = g_ptr_array_new_with_free_func(g_free);
	GString *done = g_string_new(root->below);
	guint links = 0;

	*failure = 0;
	push_steps(todo, path);
	while (todo->len > 0) {
		g_autofree char *step = g_ptr_array_steal_index(todo, todo->len - 1);
		g_autofree char *here = g_strdup(done->str);
		g_autofree char *target = NULL;

		if (step[0] == '\0' || g_str_equal(step, "."))
			continue;
		if (g_str_equal(step, "..") && *failure == 0) {
			step_up(done);
			continue;
		}
		g_string_append_printf(done, "%s%s", done->len > 0 ? "/" : "", step);
		if (*failure != 0)
			continue;
		*failure = look(root->top, done->str, &target);
		if (*failure == 0 && target != NULL && ++links > MAX_LINKS)
			*failure = ELOOP;
		if (*failure != 0 && trace != NULL)
			note_missed_step(trace, here, done->str, *failure);
		if (*failure != 0 || target == NULL)
			continue;
		if (trace != NULL)
			note_link(trace, done->str, target);
		if (!follow && todo->len == 0)
			continue;
		g_string_assign(done, target[0] == '/' ? "" : here);
		push_steps(todo, target);
	}
	if (*failure == 0 && trace != NULL && done->len > 0)
		note_there(root->top, trace, done->str);
	return g_string_free(done, FALSE);
}

/* traced - where to note what was found at @path; NULL: nowhere, or the way there was noted */
static struct tree_entry *traced(const struct root *root, const char *path, gboolean follow)
{
	g_autofree char *place = NULL;
	int failure;

	if (root->top->trace == NULL)
		return NULL;
	place = walk(root, path, follow, root->top->trace, &failure);
	return failure == 0 && place[0] != '\0' ? tree_need(root->top->trace, place) : NULL;
}

/* A failure to read or to list. That a folder is no file needs no note: it is none either way. */
static void trace_failure(const struct root *root, const char *path, int failure)
{
	struct tree_entry *entry = traced(root, path, TRUE);

	if (entry != NULL && entry->data == NULL && failure != EISDIR && failure != ENOTDIR)
		entry->failure = failure;
}

static void trace_data(const struct root *root, const char *path, const GByteArray *bytes,
		       gboolean text)
{
	struct tree_entry *entry = traced(root, path, TRUE);

	if (entry == NULL)
		return;
	entry->text = text && (entry->data == NULL || entry->text);
	entry->failure = 0;
	if (entry->data != NULL && g_bytes_get_size(entry->data) >= bytes->len)
		return;
	g_clear_pointer(&entry->data, g_bytes_unref);
	entry->data = g_bytes_new(bytes->data, bytes->len);
}

/* Links get their targets, so that the folder has them whether or not they are read. */
static void trace_name(const struct root *root, const char *folder, const struct dirent *name)
{
	g_autofree char *path = NULL;

	if (root->top->trace == NULL)
		return;
	path = g_strconcat(folder, "/", name->d_name, NULL);
	(void)traced(root, path, FALSE);
}

/*
 * noted_failure - what a recording says of a path that files cannot
 * @contents: it is to be read or listed; else only looked at
 *
 * What is not there, below something that could not be looked into, may have been there.
 * Return: an errno, or 0 if files have the answer.
 */
static int noted_failure(const struct root *root, const char *path, gboolean follow,
			 gboolean contents)
{
	const struct tree_entry *entry;
	g_autofree char *place = NULL;
	int failure;

	if (root->top->notes == NULL)
		return 0;
	place = walk(root, path, follow, NULL, &failure);
	entry = tree_find(root->top->notes, place);
	if (failure == 0)
		return contents && entry != NULL ? entry->failure : 0;
	for (char *end = place + strlen(place); end != NULL; end = strrchr(place, '/')) {
		*end = '\0';
		entry = tree_find(root->top->notes, place);
		if (entry != NULL && entry->failure != 0)
			return entry->failure;
	}
	return 0;
}

static void set_read_error(GError **error, int saved_errno, const struct root *root,
			   const char *path)
{
	hotseat_error_set_errno(error, saved_errno, "cannot read %s%s%s", root->path,
				g_str_has_suffix(root->path, "/") ? "" : "/", path);
	if (error != NULL && hotseat_error_is(*error, HOTSEAT_ERROR_FAILED))
		(*error)->code = HOTSEAT_ERROR_UNREADABLE;
}

static struct root *root_new(int fd, gboolean live, char *path)
{
	struct root *root = g_new0(struct root, 1);

	root->fd = fd;
	root->live = live;
	root->path = path;
	root->top = root;
	root->below = g_strdup("");
	return root;
}

/* From anywhere, so that it may be a pipe, or a disk by mistake. */
static char *read_recording(const char *path, GError **error)
{
	g_autoptr(GString) text = g_string_new(NULL);
	FILE *in = fopen(path, "re");
	int failure = in == NULL ? errno : 0;

	while (in != NULL && failure == 0 && !feof(in)) {
		char chunk[65536];

		errno = 0;
		g_string_append_len(text, chunk, (gssize)fread(chunk, 1, sizeof(chunk), in));
		if (ferror(in))
			failure = errno == 0 ? EIO : errno;
		else if (text->len > RECORDING_MAX)
			failure = EFBIG;
	}
	if (in != NULL)
		fclose(in);
	if (failure == 0)
		return g_string_free(g_steal_pointer(&text), FALSE);
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_UNREADABLE,
		    "cannot read the recording %s: %s", path, g_strerror(failure));
	return NULL;
}

/*
 * A recording becomes a folder again while it is read: hwloc and others want one, and what reads a
 * folder is what reads the machine.
 */
static struct root *open_recording(const char *path, GError **error)
{
	g_autofree char *text = read_recording(path, error);
	g_autofree char *folder = NULL;
	g_autoptr(GError) failure = NULL;
	struct root *root;
	int fd;

	if (text == NULL)
		return NULL;
	folder = g_dir_make_tmp("hotseat-recording-XXXXXX", &failure);
	fd = folder == NULL ? -1 : open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_UNREADABLE,
			    "cannot unpack the recording %s: %s", path,
			    failure == NULL ? g_strerror(errno) : failure->message);
		return NULL;
	}
	root = root_new(fd, FALSE, g_strdup(path));
	root->unpacked = g_steal_pointer(&folder);
	root->notes = tree_new();
	if (!manifest_unpack(text, fd, root->notes, error)) {
		g_prefix_error(error, "%s: ", path);
		root_free(root);
		return NULL;
	}
	if (g_hash_table_size(root->notes->entries) == 0)
		g_clear_pointer(&root->notes, tree_free);
	return root;
}

struct root *root_open(const char *path, GError **error)
{
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 && errno == ENOTDIR)
		return open_recording(path, error);
	if (fd < 0) {
		int saved_errno = errno;

		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_UNREADABLE,
			    "cannot open %s as a root folder: %s", path, g_strerror(saved_errno));
		return NULL;
	}
	return root_new(fd, g_str_equal(path, "/"), g_strdup(path));
}

#define FORMAT_PATH(path, format)                                                                  \
	g_autofree char *path = NULL;                                                              \
	va_list path##_args;                                                                       \
	va_start(path##_args, format);                                                             \
	path = g_strdup_vprintf(format, path##_args);                                              \
	va_end(path##_args)

struct root *root_enter(const struct root *root, GError **error, const char *format, ...)
{
	FORMAT_PATH(path, format);
	int fd = open_below(root, path, O_PATH | O_DIRECTORY);
	struct root *entered;
	int failure;

	if (fd < 0) {
		int saved_errno = errno;
		int noted = noted_failure(root, path, TRUE, FALSE);

		(void)traced(root, path, TRUE);
		set_read_error(error, noted != 0 ? noted : saved_errno, root, path);
		return NULL;
	}
	entered = root_new(fd, root->live, g_build_filename(root->path, path, NULL));
	entered->top = root->top;
	if (root->top->trace != NULL || root->top->notes != NULL) {
		g_free(entered->below);
		entered->below = walk(root, path, TRUE, root->top->trace, &failure);
	}
	return entered;
}

void root_trace(struct root *root, struct tree *trace)
{
	g_assert(root->top == root);
	root->trace = trace;
}

void root_free(struct root *root)
{
	if (root == NULL)
		return;
	close(root->fd);
	if (root->unpacked != NULL)
		(void)manifest_remove_tree(root->unpacked); /* only clutter in a temporary folder */
	tree_free(root->notes);
	g_free(root->unpacked);
	g_free(root->below);
	g_free(root->path);
	g_free(root);
}

gboolean root_is_live(const struct root *root)
{
	return root->live;
}

const char *root_path(const struct root *root)
{
	return root->path;
}

int root_fd(const struct root *root)
{
	return root->fd;
}

/*
 * sysfs reports a size of 4096 for every attribute and proc a size of 0, so the size is no help:
 * read until the end. A first buffer of one page makes the usual attribute one read() plus the one
 * that sees its end.
 */
static int read_bytes(const struct root *root, const char *path, gsize max, gboolean one_read,
		      GByteArray *bytes)
{
	int saved_errno = noted_failure(root, path, TRUE, TRUE);
	int fd;

	if (saved_errno != 0)
		return saved_errno;
	fd = open_below(root, path, O_RDONLY | O_NONBLOCK);
	if (fd < 0)
		return errno;
	while (bytes->len < max) {
		guint8 page[4096];
		ssize_t n = read(fd, page, MIN(sizeof(page), max - bytes->len));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			saved_errno = errno;
		if (n <= 0)
			break;
		g_byte_array_append(bytes, page, (guint)n);
		if (one_read && (gsize)n < sizeof(page))
			break;
	}
	close(fd);
	return saved_errno;
}

enum reading {
	READING_BYTES,
	READING_TEXT,
	READING_ATTRIBUTE, /* text, all of it in one read */
};

static GByteArray *read_all(const struct root *root, const char *path, gsize max,
			    enum reading reading, GError **error)
{
	g_autoptr(GByteArray) bytes = g_byte_array_sized_new(256);
	int failure = read_bytes(root, path, max, reading == READING_ATTRIBUTE, bytes);

	if (failure != 0) {
		trace_failure(root, path, failure);
		set_read_error(error, failure, root, path);
		return NULL;
	}
	trace_data(root, path, bytes, reading != READING_BYTES);
	return g_steal_pointer(&bytes);
}

/*
 * An empty line feed at the end goes, and what would end a C string early becomes one. What is read
 * here is printed there, and a recording may be anybody's: nothing in it steers a terminal.
 */
static char *text_from_bytes(GByteArray *bytes)
{
	char *text;

	for (guint i = 0; i < bytes->len; i++) {
		if (bytes->data[i] == '\0')
			bytes->data[i] = '\n';
	}
	g_byte_array_append(bytes, (const guint8 *)"", 1);
	text = (char *)g_byte_array_free(bytes, FALSE);
	text_disarm(text);
	return g_strchomp(text);
}

char *root_read(const struct root *root, GError **error, const char *format, ...)
{
	FORMAT_PATH(path, format);
	GByteArray *bytes = read_all(root, path, ROOT_READ_MAX, READING_TEXT, error);

	return bytes == NULL ? NULL : text_from_bytes(bytes);
}

char *root_read_attribute(const struct root *root, GError **error, const char *format, ...)
{
	FORMAT_PATH(path, format);
	GByteArray *bytes = read_all(root, path, ROOT_READ_MAX, READING_ATTRIBUTE, error);

	return bytes == NULL ? NULL : text_from_bytes(bytes);
}

GBytes *root_read_bytes(const struct root *root, gsize max, GError **error, const char *format, ...)
{
	FORMAT_PATH(path, format);
	GByteArray *bytes = read_all(root, path, MIN(max, ROOT_READ_MAX), READING_BYTES, error);

	return bytes == NULL ? NULL : g_byte_array_free_to_bytes(bytes);
}

gboolean root_read_number(const struct root *root, int base, guint64 *number, GError **error,
			  const char *format, ...)
{
	FORMAT_PATH(path, format);
	/* a number is one record, which even /proc does not cut in two */
	g_autofree char *text = root_read_attribute(root, error, "%s", path);
	char *end = NULL;
	guint64 value;

	if (text == NULL)
		return FALSE;
	errno = 0;
	value = g_ascii_strtoull(text, &end, (guint)base);
	if (errno != 0 || end == text || *end != '\0' || strchr(text, '-') != NULL) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_UNREADABLE,
			    "%s/%s holds \"%.40s\", not a number", root->path, path, text);
		return FALSE;
	}
	*number = value;
	return TRUE;
}

/*
 * readlinkat() itself would walk the folders above the link freely; below a foreign root they are
 * opened with walls first. A name in the folder itself has none to walk.
 */
static char *read_link(const struct root *root, const char *path, GError **error)
{
	char target[PATH_MAX];
	ssize_t n;

	if (root->live || strchr(path, '/') == NULL) {
		n = readlinkat(root->fd, path, target, sizeof(target) - 1);
	} else {
		int fd = open_below(root, path, O_PATH | O_NOFOLLOW);

		n = fd < 0 ? -1 : readlinkat(fd, "", target, sizeof(target) - 1);
		if (fd >= 0) {
			int saved_errno = errno;

			close(fd);
			errno = saved_errno;
		}
	}
	if (n < 0) {
		int saved_errno = errno;
		int noted = noted_failure(root, path, FALSE, FALSE);

		(void)traced(root, path, FALSE);
		set_read_error(error, noted != 0 ? noted : saved_errno, root, path);
		return NULL;
	}
	(void)traced(root, path, FALSE);
	return g_strndup(target, (gsize)n);
}

char *root_read_link_target(const struct root *root, GError **error, const char *format, ...)
{
	FORMAT_PATH(path, format);

	return read_link(root, path, error);
}

char *root_read_link(const struct root *root, GError **error, const char *format, ...)
{
	FORMAT_PATH(path, format);
	g_autofree char *target = read_link(root, path, error);

	return target == NULL ? NULL : g_path_get_basename(target);
}

static int compare_names(gconstpointer a, gconstpointer b)
{
	return strverscmp(*(const char *const *)a, *(const char *const *)b);
}

static DIR *open_list(const struct root *root, const char *path, GError **error)
{
	int failure = noted_failure(root, path, TRUE, TRUE);
	int fd = failure != 0 ? -1 : open_below(root, path, O_RDONLY | O_DIRECTORY);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct tree_entry *entry;

	if (dir == NULL) {
		failure = failure != 0 ? failure : errno;
		if (fd >= 0)
			close(fd);
		trace_failure(root, path, failure);
		set_read_error(error, failure, root, path);
		return NULL;
	}
	entry = traced(root, path, TRUE);
	if (entry != NULL)
		entry->folder = entry->entered = TRUE;
	return dir;
}

char **root_list(const struct root *root, GError **error, const char *format, ...)
{
	FORMAT_PATH(path, format);
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	const struct dirent *entry;
	DIR *dir = open_list(root, path, error);

	if (dir == NULL)
		return NULL;
	while ((entry = readdir(dir)) != NULL) {
		if (g_str_equal(entry->d_name, ".") || g_str_equal(entry->d_name, ".."))
			continue;
		g_ptr_array_add(names, g_strdup(entry->d_name));
		trace_name(root, path, entry);
	}
	closedir(dir);
	g_ptr_array_sort(names, compare_names);
	g_ptr_array_add(names, NULL);
	return (char **)g_ptr_array_free(g_steal_pointer(&names), FALSE);
}

gboolean root_exists(const struct root *root, const char *format, ...)
{
	FORMAT_PATH(path, format);
	int fd = open_below(root, path, O_PATH);

	(void)traced(root, path, TRUE);
	if (fd < 0)
		return FALSE;
	close(fd);
	return TRUE;
}

/* A recording's files have neither the owner's permissions nor, if made by a user, devices. */
static void stat_from_notes(const struct root *root, const char *path, struct statx *info)
{
	const struct tree_entry *entry;
	g_autofree char *place = NULL;
	int failure;

	if (root->top->notes == NULL)
		return;
	place = walk(root, path, TRUE, NULL, &failure);
	entry = tree_find(root->top->notes, place);
	if (entry == NULL || entry->mode == 0)
		return;
	info->stx_mode = (guint16)entry->mode;
	info->stx_rdev_major = major(entry->device);
	info->stx_rdev_minor = minor(entry->device);
}

static void trace_stat(const struct root *root, const char *path, const struct statx *info)
{
	struct tree_entry *entry = traced(root, path, TRUE);

	if (entry == NULL)
		return;
	entry->mode = info->stx_mode;
	entry->device = makedev(info->stx_rdev_major, info->stx_rdev_minor);
	entry->folder |= S_ISDIR(entry->mode);
}

gboolean root_stat(const struct root *root, struct statx *info, GError **error, const char *format,
		   ...)
{
	FORMAT_PATH(path, format);
	const int flags = AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT;
	const unsigned int mask = STATX_TYPE | STATX_MODE | STATX_MTIME | STATX_SIZE | STATX_INO;
	struct statx found;
	int result, fd;

	if (root->live) {
		result = statx(root->fd, path, flags, mask, &found);
	} else {
		int saved_errno;

		fd = open_below(root, path, O_PATH);
		result = fd < 0 ? -1 : statx(fd, "", flags | AT_EMPTY_PATH, mask, &found);
		saved_errno = errno;
		if (fd >= 0)
			close(fd);
		errno = saved_errno;
	}
	if (result < 0) {
		int saved_errno = errno;
		int noted = noted_failure(root, path, TRUE, FALSE);

		(void)traced(root, path, TRUE);
		set_read_error(error, noted != 0 ? noted : saved_errno, root, path);
		return FALSE;
	}
	stat_from_notes(root, path, &found);
	trace_stat(root, path, &found);
	*info = found;
	return TRUE;
}

gint64 root_changed(const struct root *root, const char *format, ...)
{
	FORMAT_PATH(path, format);
	struct tree_entry *entry;
	struct statx info;

	if (!root_stat(root, &info, NULL, "%s", path) || !S_ISREG(info.stx_mode))
		return 0;
	entry = traced(root, path, TRUE);
	if (entry != NULL)
		entry->changed = info.stx_mtime.tv_sec;
	return info.stx_mtime.tv_sec;
}
