/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "media/media.h"

/* Guest tools of today have 120 MiB; a user's file that claims more than this is not virtio-win. */
#define COPIED_MAX ((gint64)512 * 1024 * 1024)
#define BLOCK 65536

struct media_file {
	char *path;
	GBytes *bytes;
};

struct media_image {
	GPtrArray *files; /* struct media_file */
	gint64 copied;    /* bytes that came from virtio-win */
};

static void file_free(gpointer data)
{
	struct media_file *file = data;

	g_free(file->path);
	g_bytes_unref(file->bytes);
	g_free(file);
}

struct media_image *media_image_new(void)
{
	struct media_image *image = g_new0(struct media_image, 1);

	image->files = g_ptr_array_new_with_free_func(file_free);
	return image;
}

void media_image_free(struct media_image *image)
{
	if (image == NULL)
		return;
	g_ptr_array_unref(image->files);
	g_free(image);
}

void media_image_add(struct media_image *image, const char *path, GBytes *bytes)
{
	struct media_file *file = g_new0(struct media_file, 1);

	*file = (struct media_file){ g_strdup(path), bytes };
	g_ptr_array_add(image->files, file);
}

void media_image_add_answers(struct media_image *image, const struct media_spec *spec)
{
	char *answers = media_answer_file(spec);

	media_image_add(image, "Autounattend.xml", g_bytes_new_take(answers, strlen(answers)));
	media_image_add(
		image, "hotseat/first-logon.ps1",
		g_bytes_new_static(media_first_logon_script, strlen(media_first_logon_script)));
	media_image_add(image, "hotseat/msi.ps1",
			g_bytes_new_static(media_msi_script, strlen(media_msi_script)));
}

/* Installers for the first logon, in the root of virtio-win and of our image alike. */
static const char *const installers[] = {
	"virtio-win-guest-tools.exe",
	"virtio-win-gt-x64.msi",
	"guest-agent/qemu-ga-x86_64.msi",
};

/*
 * wanted_as - where on our image a file of virtio-win goes; NULL: nowhere
 *
 * "viostor/w11/amd64/viostor.inf" becomes "drivers/viostor/viostor.inf". Names are compared
 * without case: it depends on which of the image's name tables was read.
 */
static char *wanted_as(const char *path, enum media_windows windows)
{
	for (gsize i = 0; i < G_N_ELEMENTS(installers); i++) {
		if (g_ascii_strcasecmp(path, installers[i]) == 0)
			return g_strdup(installers[i]);
	}
	for (gsize i = 0; media_drivers[i] != NULL; i++) {
		g_autofree char *folder = g_strdup_printf("%s/%s/amd64/", media_drivers[i],
							  media_windows_folder(windows));
		gsize length = strlen(folder);

		if (g_ascii_strncasecmp(path, folder, length) == 0 &&
		    strchr(path + length, '/') == NULL)
			return g_strdup_printf("drivers/%s/%s", media_drivers[i], path + length);
	}
	return NULL;
}

static gboolean set_unreadable(GError **error, const char *iso, struct archive *archive)
{
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_UNREADABLE,
		    "%s cannot be read as a CD image: %s", iso, archive_error_string(archive));
	return FALSE;
}

static gboolean copy_entry(struct media_image *image, const char *path, struct archive *archive,
			   struct archive_entry *entry, const char *iso, GError **error)
{
	gint64 size = archive_entry_size(entry);
	g_autofree char *bytes = NULL;

	if (size < 0 || size > COPIED_MAX - image->copied) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED,
			    "%s has drivers of more than 512 MiB, which virtio-win has not", iso);
		return FALSE;
	}
	bytes = g_malloc((gsize)size + 1);
	if (archive_read_data(archive, bytes, (size_t)size) != size)
		return set_unreadable(error, iso, archive);
	image->copied += size;
	media_image_add(image, path, g_bytes_new_take(g_steal_pointer(&bytes), (gsize)size));
	return TRUE;
}

static gboolean copy_wanted(struct media_image *image, struct archive *archive, const char *iso,
			    enum media_windows windows, GError **error)
{
	struct archive_entry *entry;
	int result;

	while ((result = archive_read_next_header(archive, &entry)) == ARCHIVE_OK ||
	       result == ARCHIVE_WARN) {
		const char *path = archive_entry_pathname(entry);
		g_autofree char *as = NULL;

		if (path == NULL || archive_entry_filetype(entry) != AE_IFREG)
			continue;
		as = wanted_as(path, windows);
		if (as != NULL && !copy_entry(image, as, archive, entry, iso, error))
			return FALSE;
	}
	return result == ARCHIVE_EOF || set_unreadable(error, iso, archive);
}

static gboolean has_prefix(const struct media_image *image, const char *prefix)
{
	for (guint i = 0; i < image->files->len; i++) {
		const struct media_file *file = g_ptr_array_index(image->files, i);

		if (g_str_has_prefix(file->path, prefix))
			return TRUE;
	}
	return FALSE;
}

/* Without these two Windows sees neither a disk nor a network; the rest can follow. */
static gboolean check_complete(const struct media_image *image, const char *iso,
			       enum media_windows windows, GError **error)
{
	static const char *const needed[] = { "viostor", "NetKVM" };

	for (gsize i = 0; i < G_N_ELEMENTS(needed); i++) {
		g_autofree char *folder = g_strdup_printf("drivers/%s/", needed[i]);

		if (has_prefix(image, folder))
			continue;
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED,
			    "%s has no folder %s/%s/amd64, so it is not virtio-win or too old for "
			    "this Windows; a new one: " MEDIA_VIRTIO_WIN,
			    iso, needed[i], media_windows_folder(windows));
		return FALSE;
	}
	return TRUE;
}

char *media_checksum(const char *path, GError **error)
{
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	guint8 part[BLOCK];
	ssize_t length = -1;

	while (fd >= 0 && (length = read(fd, part, sizeof(part))) > 0)
		g_checksum_update(sum, part, length);
	if (length < 0)
		hotseat_error_set_errno(error, errno, "cannot read %s", path);
	if (fd >= 0)
		close(fd);
	return length == 0 ? g_strdup(g_checksum_get_string(sum)) : NULL;
}

gboolean media_image_add_drivers(struct media_image *image, const char *iso,
				 enum media_windows windows, GError **error)
{
	int fd = open(iso, O_RDONLY | O_CLOEXEC);
	struct archive *archive;
	gboolean good;

	if (fd < 0) {
		hotseat_error_set_errno(error, errno, "cannot read %s", iso);
		return FALSE;
	}
	archive = archive_read_new();
	archive_read_support_format_iso9660(archive);
	good = archive_read_open_fd(archive, fd, BLOCK) == ARCHIVE_OK ||
	       set_unreadable(error, iso, archive);
	good = good && copy_wanted(image, archive, iso, windows, error) &&
	       check_complete(image, iso, windows, error);
	archive_read_free(archive);
	close(fd);
	return good;
}

static gboolean write_file(struct archive *archive, const struct media_file *file)
{
	struct archive_entry *entry = archive_entry_new();
	gsize length;
	const void *bytes = g_bytes_get_data(file->bytes, &length);
	gboolean good;

	archive_entry_set_pathname(entry, file->path);
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_entry_set_perm(entry, 0444);
	archive_entry_set_size(entry, (gint64)length);
	good = archive_write_header(archive, entry) == ARCHIVE_OK &&
	       archive_write_data(archive, bytes, length) == (la_ssize_t)length;
	archive_entry_free(entry);
	return good;
}

gboolean media_image_write(const struct media_image *image, int fd, GError **error)
{
	struct archive *archive = archive_write_new();
	gboolean good = archive_write_set_format_iso9660(archive) == ARCHIVE_OK &&
			archive_write_set_options(archive,
						  "joliet,!rockridge,"
						  "volume-id=HOTSEAT") == ARCHIVE_OK &&
			archive_write_open_fd(archive, fd) == ARCHIVE_OK;

	for (guint i = 0; good && i < image->files->len; i++)
		good = write_file(archive, g_ptr_array_index(image->files, i));
	good = good && archive_write_close(archive) == ARCHIVE_OK;
	if (!good)
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_FAILED,
			    "the image cannot be written: %s", archive_error_string(archive));
	archive_write_free(archive);
	return good;
}
