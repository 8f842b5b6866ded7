/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/manifest.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "core/error.h"
#include "core/gzip.h"

/* The result of reading what is there but was not read: "No data available". */
#define NOT_READ ENODATA

/* Values longer than this get lines of their own. */
#define VALUE_WIDTH 400
#define HEX_WIDTH 32

/* A path that stays below the folder by its text alone; links are the kernel's to refuse. */
static gboolean path_is_safe(const char *path)
{
	g_auto(GStrv) parts = g_strsplit(path, "/", -1);

	for (guint i = 0; parts[i] != NULL; i++) {
		if (parts[i][0] == '\0' || g_str_equal(parts[i], ".") ||
		    g_str_equal(parts[i], ".."))
			return FALSE;
	}
	return parts[0] != NULL;
}

/* open_folder - make and open the folders of @path, none of which may be a link */
static int open_folder(int folder, const char *path)
{
	const struct open_how how = {
		.flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS,
	};
	int fd = (int)syscall(SYS_openat2, folder, path, &how, sizeof(how));

	if (fd >= 0 || errno != ENOENT)
		return fd;
	for (const char *end = strchr(path, '/');; end = strchr(end + 1, '/')) {
		g_autofree char *prefix =
			end == NULL ? g_strdup(path) : g_strndup(path, (gsize)(end - path));
		g_autofree char *above = g_path_get_dirname(prefix);
		g_autofree char *name = g_path_get_basename(prefix);
		int parent = (int)syscall(SYS_openat2, folder, above, &how, sizeof(how));

		if (parent < 0)
			return -1;
		if (mkdirat(parent, name, 0755) != 0 && errno != EEXIST) {
			close(parent);
			return -1;
		}
		close(parent);
		if (end == NULL)
			break;
	}
	return (int)syscall(SYS_openat2, folder, path, &how, sizeof(how));
}

static gboolean write_file(int parent, const char *name, const char *data, gsize length)
{
	int fd;
	gboolean good;

	if (unlinkat(parent, name, 0) != 0 && errno != ENOENT)
		return FALSE;
	fd = openat(parent, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return FALSE;
	good = length == 0 || write(fd, data, length) == (ssize_t)length;
	return close(fd) == 0 && good;
}

/* A last backslash alone stands for itself; g_strcompress() would warn on standard error. */
static char *unescape(const char *text)
{
	g_autofree char *doubled = NULL;
	gsize length = strlen(text), last = length;

	while (last > 0 && text[last - 1] == '\\')
		last--;
	if ((length - last) % 2 == 0)
		return g_strcompress(text);
	doubled = g_strconcat(text, "\\", NULL);
	return g_strcompress(doubled);
}

/* What one line is about; the rest of it is the business of its kind. */
struct place {
	int parent; /* descriptor of the folder */
	const char *name;
	const char *path;
	struct tree *notes; /* NULL: nobody wants them */
};

/* What has a content is no longer just there. */
static void note_content(const struct place *place)
{
	struct tree_entry *entry =
		place->notes == NULL ? NULL : tree_find(place->notes, place->path);

	if (entry != NULL && entry->failure == NOT_READ)
		entry->failure = 0;
}

static gboolean make_link(const struct place *place, const char *target)
{
	if (unlinkat(place->parent, place->name, 0) != 0 && errno != ENOENT)
		return FALSE;
	note_content(place);
	return target[0] != '\0' && symlinkat(target, place->parent, place->name) == 0;
}

static gboolean make_hex(const struct place *place, const char *text)
{
	g_autoptr(GByteArray) bytes = g_byte_array_new();

	for (; *text != '\0'; text++) {
		int high = g_ascii_xdigit_value(text[0]);
		int low = high < 0 ? -1 : g_ascii_xdigit_value(text[1]);
		guint8 byte = low < 0 ? 0 : (guint8)(high << 4 | low);

		if (*text == ' ' || *text == '\n')
			continue;
		if (low < 0) {
			errno = EILSEQ;
			return FALSE;
		}
		g_byte_array_append(bytes, &byte, 1);
		text++;
	}
	note_content(place);
	return write_file(place->parent, place->name, (const char *)bytes->data, bytes->len);
}

static char *value_text(const char *text)
{
	g_autofree char *value = NULL;

	while (*text == ' ')
		text++;
	/* only after the mark of a value that goes on below, and not part of it */
	value = unescape(text + (*text == '\n'));
	return g_strconcat(value, "\n", NULL);
}

static gboolean make_value(const struct place *place, const char *text)
{
	g_autofree char *value = value_text(text);

	note_content(place);
	return write_file(place->parent, place->name, value, strlen(value));
}

static gboolean make_gzip(const struct place *place, const char *text)
{
	g_autofree char *value = value_text(text);
	g_autoptr(GBytes) plain = g_bytes_new(value, strlen(value));
	g_autoptr(GBytes) packed = gzip_pack(plain);
	gsize size;
	const char *data = g_bytes_get_data(packed, &size);

	note_content(place);
	return write_file(place->parent, place->name, data, size);
}

/* make_unread - something that is there, unless a line before has made it, and as what it is */
static gboolean make_unread(int parent, const char *name, gboolean is_folder, gboolean *made)
{
	struct stat info;

	if (is_folder)
		*made = mkdirat(parent, name, 0755) == 0;
	else
		*made = mknodat(parent, name, S_IFREG | 0644, 0) == 0;
	return *made ||
	       (errno == EEXIST && fstatat(parent, name, &info, AT_SYMLINK_NOFOLLOW) == 0 &&
		(S_ISLNK(info.st_mode) || S_ISDIR(info.st_mode) == (is_folder != FALSE)));
}

static void note_unread(const struct place *place, const char *path)
{
	if (place->notes != NULL)
		tree_need(place->notes, path)->failure = NOT_READ;
}

static gboolean make_listed(const struct place *place, int folder, const char *word)
{
	gboolean is_folder = g_str_has_suffix(word, "/");
	g_autofree char *escaped = g_strndup(word, strlen(word) - (is_folder ? 1 : 0));
	g_autofree char *name = unescape(escaped);
	g_autofree char *path = g_strconcat(place->path, "/", name, NULL);
	gboolean made;

	if (!path_is_safe(name) || strchr(name, '/') != NULL ||
	    !make_unread(folder, name, is_folder, &made))
		return FALSE;
	if (made)
		note_unread(place, path);
	return TRUE;
}

static gboolean make_list(const struct place *place, const char *text)
{
	g_auto(GStrv) words = g_strsplit(text, " ", -1);
	gboolean good = TRUE;
	int folder;

	if (mkdirat(place->parent, place->name, 0755) != 0 && errno != EEXIST)
		return FALSE;
	note_content(place);
	folder = open_folder(place->parent, place->name);
	for (guint i = 0; folder >= 0 && good && words[i] != NULL; i++)
		good = words[i][0] == '\0' || make_listed(place, folder, words[i]);
	if (folder >= 0)
		close(folder);
	return folder >= 0 && good;
}

static const struct {
	const char *word;
	mode_t type;
} types[] = {
	{ "file", S_IFREG }, { "dir", S_IFDIR },  { "socket", S_IFSOCK },
	{ "fifo", S_IFIFO }, { "char", S_IFCHR }, { "block", S_IFBLK },
};

static gboolean parse_mode(const char *text, mode_t *mode, dev_t *device)
{
	unsigned int permissions, first = 0, second = 0;
	char word[8];

	if (sscanf(text, "%7s %o %u:%u", word, &permissions, &first, &second) < 2 ||
	    permissions > 07777)
		return FALSE;
	*device = makedev(first, second);
	for (gsize i = 0; i < G_N_ELEMENTS(types); i++) {
		if (g_str_equal(word, types[i].word)) {
			*mode = types[i].type | permissions;
			return TRUE;
		}
	}
	return FALSE;
}

static gboolean make_mode(const struct place *place, const char *text)
{
	struct tree_entry *entry;
	gboolean made;
	mode_t mode;
	dev_t device;

	if (!parse_mode(text, &mode, &device) ||
	    !make_unread(place->parent, place->name, S_ISDIR(mode), &made))
		return FALSE;
	if (place->notes == NULL)
		return fchmodat(place->parent, place->name, (mode & 0777) | 0600, 0) == 0;
	if (made)
		note_unread(place, place->path);
	entry = tree_need(place->notes, place->path);
	entry->mode = mode;
	entry->device = device;
	return TRUE;
}

/* The year 10000 is far enough, and a file system takes it. */
#define CHANGED_MAX G_GINT64_CONSTANT(253402300800)

static gboolean make_changed(const struct place *place, const char *text)
{
	struct timespec times[2] = { { .tv_nsec = UTIME_OMIT } };
	gint64 seconds;

	if (!g_ascii_string_to_signed(text, 10, 1, CHANGED_MAX, &seconds, NULL))
		return FALSE;
	if (mknodat(place->parent, place->name, S_IFREG | 0644, 0) == 0)
		note_unread(place, place->path);
	else if (errno != EEXIST)
		return FALSE;
	times[1].tv_sec = seconds;
	return utimensat(place->parent, place->name, times, AT_SYMLINK_NOFOLLOW) == 0;
}

static gboolean note_failure(const struct place *place, const char *text)
{
	for (int number = 1; number < 134 && place->notes != NULL; number++) {
		if (g_strcmp0(strerrorname_np(number), text) == 0) {
			tree_need(place->notes, place->path)->failure = number;
			return TRUE;
		}
	}
	return FALSE;
}

static const struct {
	const char *mark;
	gboolean (*make)(const struct place *place, const char *rest);
} kinds[] = {
	{ " -> ", make_link },       { " hex", make_hex },          { " =", make_value },
	{ " gzip =", make_gzip },    { " lists ", make_list },      { " is ", make_mode },
	{ " fails ", note_failure }, { " changed ", make_changed },
};

static gboolean unpack_folder(int folder, const char *path, struct tree *notes)
{
	const struct place place = { .path = path, .notes = notes };
	int fd = path_is_safe(path) ? open_folder(folder, path) : -1;

	if (fd < 0)
		return FALSE;
	note_content(&place);
	close(fd);
	return TRUE;
}

static gboolean unpack_file(int folder, const char *path, const char *rest, struct tree *notes)
{
	g_autofree char *above = g_path_get_dirname(path);
	g_autofree char *name = g_path_get_basename(path);
	struct place place = { -1, name, path, notes };
	gboolean good = FALSE;

	if (!path_is_safe(path))
		return FALSE;
	place.parent = open_folder(folder, above);
	for (gsize i = 0; place.parent >= 0 && i < G_N_ELEMENTS(kinds); i++) {
		if (g_str_has_prefix(rest, kinds[i].mark)) {
			good = kinds[i].make(&place, rest + strlen(kinds[i].mark));
			break;
		}
	}
	if (place.parent >= 0)
		close(place.parent);
	return good;
}

/* Paths of devices have no blanks, but those of modules and links by label may: "\040" as in fstab.
 */
static gboolean unpack_line(int folder, const char *line, struct tree *notes)
{
	const char *blank = strchr(line, ' ');
	g_autofree char *path = NULL;

	if (g_str_has_prefix(line, "dir ")) {
		path = unescape(line + strlen("dir "));
		return unpack_folder(folder, path, notes);
	}
	if (blank == NULL)
		return FALSE;
	path = g_strndup(line, (gsize)(blank - line));
	if (strchr(path, '\\') != NULL) {
		g_autofree char *escaped = g_steal_pointer(&path);

		path = unescape(escaped);
	}
	return unpack_file(folder, path, blank, notes);
}

/* take_line - the line at *@text without white space around it, and on to the next */
static char *take_line(const char **text, guint *number)
{
	const char *start = *text + strspn(*text, " \t");
	const char *end = strchrnul(start, '\n');

	*text = *end == '\0' ? end : end + 1;
	++*number;
	return g_strchomp(g_strndup(start, (gsize)(end - start)));
}

/* take_more - the lines with a bar that go on with the one before */
static char *take_more(const char **text, guint *number, char *first)
{
	GString *all;

	if (**text != '|')
		return first;
	all = g_string_new(first);
	g_free(first);
	while (**text == '|') {
		g_autofree char *line = take_line(text, number);

		g_string_append_c(all, '\n');
		g_string_append(all, line + (line[1] == ' ' ? 2 : 1));
	}
	return g_string_free(all, FALSE);
}

gboolean manifest_unpack(const char *text, int folder, struct tree *notes, GError **error)
{
	guint number = 0;

	while (*text != '\0') {
		g_autofree char *line = take_line(&text, &number);
		guint first = number;

		if (line[0] == '\0' || line[0] == '#')
			continue;
		line = take_more(&text, &number, line);
		errno = 0;
		if (!unpack_line(folder, line, notes)) {
			int saved_errno = errno;

			g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_UNREADABLE,
				    "line %u of the recording makes no sense%s%s: %.60s", first,
				    saved_errno == 0 ? "" : ", ",
				    saved_errno == 0 ? "" : g_strerror(saved_errno), line);
			return FALSE;
		}
	}
	return TRUE;
}

/* What begins a comment, a line that goes on, or one that makes a folder, is no path. */
static gboolean begins_other_line(const char *path)
{
	return path[0] == '#' || path[0] == '|' || g_str_equal(path, "dir");
}

static char *escape_path(const char *path)
{
	g_autofree char *escaped = g_strescape(path, NULL);
	g_auto(GStrv) parts = g_strsplit(escaped, " ", -1);
	g_autofree char *joined = g_strjoinv("\\040", parts);

	return begins_other_line(path) ? g_strdup_printf("\\%03o%s", (guint)path[0], joined + 1)
				       : g_steal_pointer(&joined);
}

/* Tabs stand as they are, and high bytes in valid UTF-8, which people write in configuration files.
 */
static char *escape_value(const char *line)
{
	static char exceptions[131] = "\t\"";
	g_autofree char *escaped = NULL;
	gsize length;
	char last;

	for (guint i = 0; exceptions[2] == '\0' && i < 128; i++)
		exceptions[i + 2] = (char)(255 - i);
	escaped = g_strescape(line, g_utf8_validate(line, -1, NULL) ? exceptions : "\t\"");
	length = strlen(escaped);
	last = length == 0 ? '\0' : escaped[length - 1];
	if (last != ' ' && last != '\t')
		return g_steal_pointer(&escaped);
	/* or it would be lost with the white space at the end of the line */
	escaped[length - 1] = '\0';
	return g_strconcat(escaped, last == ' ' ? "\\040" : "\\t", NULL);
}

static void append_lines(GString *text, const char *value)
{
	g_auto(GStrv) lines = g_strsplit(value, "\n", -1);

	for (guint i = 0; lines[i] != NULL; i++) {
		g_autofree char *escaped = escape_value(lines[i]);

		g_string_append_printf(text, "|%s%s\n", escaped[0] == '\0' ? "" : " ", escaped);
	}
}

static void append_value(GString *text, const char *path, const char *value)
{
	g_autofree char *escaped = escape_value(value);

	if (strchr(value, '\n') != NULL || strlen(value) > VALUE_WIDTH || value[0] == ' ' ||
	    value[0] == '\t') {
		g_string_append_printf(text, "%s =\n", path);
		append_lines(text, value);
	} else {
		g_string_append_printf(text, "%s =%s%s\n", path, value[0] == '\0' ? "" : " ",
				       escaped);
	}
}

static void append_hex(GString *text, const char *path, const guint8 *data, gsize size)
{
	g_string_append_printf(text, "%s hex", path);
	for (gsize i = 0; i < size; i++) {
		if (size > HEX_WIDTH && i % HEX_WIDTH == 0)
			g_string_append(text, "\n|");
		g_string_append_printf(text, " %02x", data[i]);
	}
	g_string_append_c(text, '\n');
}

/* value_of - data as the value of a line, if unpacking that gives the same data again */
static char *value_of(GBytes *bytes, gboolean text)
{
	gsize size;
	const char *data = g_bytes_get_data(bytes, &size);
	g_autofree char *value = NULL;

	if (size > 0 && memchr(data, '\0', size) != NULL)
		return NULL;
	value = g_strndup(data == NULL ? "" : data, size);
	if (text)
		return g_strchomp(g_steal_pointer(&value));
	if (size == 0 || data[size - 1] != '\n')
		return NULL;
	value[size - 1] = '\0';
	return g_steal_pointer(&value);
}

static void append_data(GString *text, const char *path, const struct tree_entry *entry)
{
	g_autoptr(GBytes) plain = gzip_unpack(entry->data);
	g_autofree char *value = value_of(plain == NULL ? entry->data : plain, entry->text);
	gsize size;
	const guint8 *data = g_bytes_get_data(entry->data, &size);

	if (value == NULL) {
		append_hex(text, path, data, size);
	} else if (plain != NULL) {
		g_string_append_printf(text, "%s gzip =\n", path);
		append_lines(text, value);
	} else {
		append_value(text, path, value);
	}
}

static void append_mode(GString *text, const char *path, const struct tree_entry *entry)
{
	for (gsize i = 0; i < G_N_ELEMENTS(types); i++) {
		if ((entry->mode & S_IFMT) == types[i].type)
			g_string_append_printf(text, "%s is %s %o", path, types[i].word,
					       entry->mode & 07777);
	}
	if (entry->device != 0)
		g_string_append_printf(text, " %u:%u", major(entry->device), minor(entry->device));
	g_string_append_c(text, '\n');
}

/*
 * Links' targets are not escaped, as those that systemd makes have backslashes of their own. What
 * fits on no line, such as the name of a deleted file that a process has open, is left out.
 */
static gboolean fits_line(const char *target)
{
	gsize length = strlen(target);

	return length > 0 && strchr(target, '\n') == NULL && !g_ascii_isspace(target[length - 1]) &&
	       target[length - 1] != '\v';
}

static gboolean has_line(const struct tree_entry *entry)
{
	return entry->target != NULL || entry->data != NULL || entry->mode != 0 ||
	       entry->changed != 0;
}

static void append_entry(GString *text, const char *path, const struct tree_entry *entry)
{
	g_autofree char *escaped = escape_path(path);

	if (entry->target != NULL && fits_line(entry->target))
		g_string_append_printf(text, "%s -> %s\n", escaped, entry->target);
	else if (entry->target == NULL && entry->data != NULL)
		append_data(text, escaped, entry);
	if (entry->mode != 0)
		append_mode(text, escaped, entry);
	if (entry->changed > 0)
		g_string_append_printf(text, "%s changed %" G_GINT64_FORMAT "\n", escaped,
				       entry->changed);
	if (entry->failure != 0 && strerrorname_np(entry->failure) != NULL)
		g_string_append_printf(text, "%s fails %s\n", escaped,
				       strerrorname_np(entry->failure));
}

/* Everything that a recording has to say, in order. */
struct writing {
	const struct tree *tree;
	GPtrArray *paths;
	GHashTable *lists; /* folder to the names in it that were only seen */
	GString *text;
};

/* Is there a line that makes this folder, as it makes all folders above a file? */
static gboolean is_implied(const struct writing *writing, guint i)
{
	g_autofree char *folder = g_strconcat(g_ptr_array_index(writing->paths, i), "/", NULL);

	for (guint j = i + 1; j < writing->paths->len; j++) {
		const char *path = g_ptr_array_index(writing->paths, j);

		if (!g_str_has_prefix(path, folder))
			return FALSE;
		if (tree_find(writing->tree, path)->there)
			return TRUE;
	}
	return FALSE;
}

static void collect_names(struct writing *writing)
{
	for (guint i = 0; i < writing->paths->len; i++) {
		const char *path = g_ptr_array_index(writing->paths, i);
		const struct tree_entry *entry = tree_find(writing->tree, path);
		g_autofree char *above = g_path_get_dirname(path);
		g_autofree char *name = g_path_get_basename(path);
		g_autofree char *escaped = escape_path(name);
		const char *others;

		if (!entry->there || entry->entered || has_line(entry) || is_implied(writing, i) ||
		    strchr(path, '/') == NULL)
			continue;
		others = g_hash_table_lookup(writing->lists, above);
		g_hash_table_replace(writing->lists, g_strdup(above),
				     g_strdup_printf("%s %s%s", others == NULL ? "" : others,
						     escaped, entry->folder ? "/" : ""));
	}
}

static void append_folder(const struct writing *writing, guint i, const char *path)
{
	const struct tree_entry *entry = tree_find(writing->tree, path);
	const char *names = g_hash_table_lookup(writing->lists, path);
	g_autofree char *escaped = escape_path(path);

	if (names != NULL)
		g_string_append_printf(writing->text, "%s lists%s\n", escaped, names);
	else if ((entry->entered || (entry->folder && strchr(path, '/') == NULL)) &&
		 (entry->mode != 0 || !is_implied(writing, i)))
		g_string_append_printf(writing->text, "dir %s\n", escaped);
}

static void append_group(GString *text, char *(*group)(const char *path), const char *path,
			 char **current)
{
	g_autofree char *name = group(path);

	if (g_strcmp0(name, *current) == 0)
		return;
	g_string_append_printf(text, "\n# %s\n", name == NULL ? "" : name);
	g_free(*current);
	*current = g_steal_pointer(&name);
}

char *manifest_write(struct tree *tree, char *(*group)(const char *path))
{
	struct writing writing = { .tree = tree, .text = g_string_new(NULL) };
	g_autofree char *current = NULL;
	GHashTableIter iter;
	gpointer folder;

	writing.lists = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	writing.paths = tree_paths(tree);
	collect_names(&writing);
	g_hash_table_iter_init(&iter, writing.lists);
	while (g_hash_table_iter_next(&iter, &folder, NULL))
		(void)tree_need(tree, folder); /* it has a line now */
	g_ptr_array_unref(writing.paths);
	writing.paths = tree_paths(tree);
	for (guint i = 0; i < writing.paths->len; i++) {
		const char *path = g_ptr_array_index(writing.paths, i);
		gsize before = writing.text->len;

		append_entry(writing.text, path, tree_find(tree, path));
		append_folder(&writing, i, path);
		if (writing.text->len > before && group != NULL) {
			g_autofree char *lines = g_strdup(writing.text->str + before);

			g_string_truncate(writing.text, before);
			append_group(writing.text, group, path, &current);
			g_string_append(writing.text, lines);
		}
	}
	g_hash_table_unref(writing.lists);
	g_ptr_array_unref(writing.paths);
	return g_string_free(writing.text, FALSE);
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *where)
{
	return remove(path);
}

gboolean manifest_remove_tree(const char *path)
{
	return nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS) == 0 || errno == ENOENT;
}
