/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest/snapshot-disk.h"

#include <errno.h>
#include <fcntl.h>
#include <json-glib/json-glib.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "core/size.h"
#include "guest/copy.h"
#include "guest/xml.h"

#define TAG_PREFIX "hotseat-"
#define STAT_BLOCK 512

void snapshot_disk_free(struct snapshot_disk *disk)
{
	if (disk == NULL)
		return;
	g_free(disk->target);
	g_free(disk->path);
	g_free(disk->format);
	g_free(disk->kept);
	g_free(disk);
}

static guint64 allocated(const char *path)
{
	struct stat info;

	return stat(path, &info) == 0 ? (guint64)info.st_blocks * STAT_BLOCK : 0;
}

static void choose_way(struct snapshot_disk *disk, const char *name, gboolean live)
{
	if (!live && g_str_equal(disk->format, "qcow2") && !copy_can_clone(disk->path)) {
		disk->way = SNAPSHOT_INTERNAL;
		disk->kept = g_strconcat(TAG_PREFIX, name, NULL);
		return;
	}
	disk->way = SNAPSHOT_COPY;
	disk->kept = g_strdup_printf("%s.snapshot-%s", disk->path, name);
}

/* Only a file can have a copy beside it that takes its place later. */
static gboolean find_image(struct snapshot_disk *disk, const char *named, GError **error)
{
	struct stat info = { 0 };

	if (named != NULL && stat(named, &info) != 0) {
		hotseat_error_set_errno(error, errno,
					"the image of the disk %s, %s, cannot be read",
					disk->target, named);
		return FALSE;
	}
	if (named == NULL || !S_ISREG(info.st_mode)) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED,
			    "the disk %s is no image file but a device or a network disk: its "
			    "snapshots are the business of LVM, ZFS or the storage behind it",
			    disk->target);
		return FALSE;
	}
	/* What is replaced later is the file, not a link that leads to it. */
	disk->path = realpath(named, NULL);
	return disk->path != NULL;
}

static struct snapshot_disk *read_disk(xmlNode *node, const char *name, gboolean live,
				       GError **error)
{
	g_autoptr(xmlXPathContext) context = xmlXPathNewContext(node->doc);
	struct snapshot_disk *disk = g_new0(struct snapshot_disk, 1);
	g_autofree char *named = NULL;

	xmlXPathSetContextNode(node, context);
	named = xml_find_text(context, "source/@file");
	disk->target = xml_find_text(context, "target/@dev");
	disk->format = xml_find_text(context, "driver/@type");
	if (disk->format == NULL)
		disk->format = g_strdup("raw"); /* libvirt's own default */
	if (disk->target == NULL)
		g_set_error(
			error, HOTSEAT_ERROR, HOTSEAT_ERROR_UNREADABLE,
			"the guest's definition makes no sense: it has a disk without a target");
	else if (xml_has(context, "shareable"))
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED,
			    "the disk %s is shared with other guests (<shareable/>), who would be "
			    "taken back with this one",
			    disk->target);
	else if (find_image(disk, named, error)) {
		choose_way(disk, name, live);
		return disk;
	}
	snapshot_disk_free(disk);
	return NULL;
}

static void free_disk(gpointer data)
{
	snapshot_disk_free(data);
}

GPtrArray *snapshot_disks_read(const char *xml, const char *name, gboolean live, GError **error)
{
	const char *why = NULL;
	g_autoptr(xmlDoc) document = xml_parse(xml, &why);
	g_autoptr(xmlXPathContext) context = NULL;
	g_autoptr(xmlXPathObject) found = NULL;
	g_autoptr(GPtrArray) disks = g_ptr_array_new_with_free_func(free_disk);

	if (document == NULL) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_UNREADABLE,
			    "the guest's definition makes no sense: %s", why);
		return NULL;
	}
	context = xmlXPathNewContext(document);
	found = xml_find(context,
			 "/domain/devices/disk[not(@device) or @device='disk' or @device='lun']"
			 "[not(readonly)]");
	for (guint i = 0; i < xml_found_count(found); i++) {
		struct snapshot_disk *disk =
			read_disk(found->nodesetval->nodeTab[i], name, live, error);

		if (disk == NULL)
			return NULL;
		g_ptr_array_add(disks, disk);
	}
	return g_steal_pointer(&disks);
}

/* Without us nobody waits for it: what it began is mended as after any kill. */
static void die_with_parent(gpointer data)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
}

static gboolean qemu_img(const char *const *arguments, const char *image, char **output,
			 GError **error)
{
	g_autoptr(GPtrArray) argv = g_ptr_array_new();
	const GSpawnFlags flags =
		G_SPAWN_SEARCH_PATH | (output == NULL ? G_SPAWN_STDOUT_TO_DEV_NULL : 0);
	g_autofree char *said = NULL;
	g_autoptr(GError) why = NULL;
	int status = 0;

	g_ptr_array_add(argv, (gpointer)(guintptr) "qemu-img");
	for (guint i = 0; arguments[i] != NULL; i++)
		g_ptr_array_add(argv, (gpointer)(guintptr)arguments[i]);
	g_ptr_array_add(argv, (gpointer)(guintptr)image);
	g_ptr_array_add(argv, NULL);
	if (g_spawn_sync(NULL, (char **)argv->pdata, NULL, flags, die_with_parent, NULL, output,
			 &said, &status, &why) &&
	    g_spawn_check_wait_status(status, &why))
		return TRUE;
	if (said != NULL && said[0] != '\0')
		g_strdelimit(g_strchomp(said), "\n", ' ');
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_FAILED, "qemu-img %s %s: %s", arguments[0],
		    image, said != NULL && said[0] != '\0' ? said : why->message);
	return FALSE;
}

/* What QEMU copies of a running guest's disk is all that the guest sees, whichever file has it. */
static guint64 allocated_in_chain(const struct snapshot_disk *disk)
{
	static const char *const arguments[] = { "info", "-U", "--backing-chain", "--output=json",
						 NULL };
	g_autofree char *said = NULL;
	g_autoptr(JsonParser) parser = json_parser_new();
	JsonNode *root;
	guint64 sum = 0;

	if (!qemu_img(arguments, disk->path, &said, NULL) ||
	    !json_parser_load_from_data(parser, said, -1, NULL))
		return allocated(disk->path);
	root = json_parser_get_root(parser);
	for (guint i = 0; root != NULL && JSON_NODE_HOLDS_ARRAY(root) &&
			  i < json_array_get_length(json_node_get_array(root));
	     i++) {
		JsonNode *image = json_array_get_element(json_node_get_array(root), i);

		if (JSON_NODE_HOLDS_OBJECT(image))
			sum += (guint64)json_object_get_int_member_with_default(
				json_node_get_object(image), "actual-size", 0);
	}
	return sum;
}

static guint64 bytes_needed(const struct snapshot_disk *disk, enum snapshot_copying copying)
{
	const char *from = copying == SNAPSHOT_GOING_BACK ? disk->kept : disk->path;

	if (disk->way == SNAPSHOT_INTERNAL)
		return 0;
	if (copying == SNAPSHOT_KEEPING_LIVE)
		return allocated_in_chain(disk);
	return copy_can_clone(from) ? 0 : allocated(from);
}

static gboolean find_folder(const struct snapshot_disk *disk, struct stat *info)
{
	g_autofree char *folder = g_path_get_dirname(disk->path);

	return stat(folder, info) == 0;
}

/* All copies that the file system of this disk has to take. */
static guint64 needed_beside(const GPtrArray *disks, const struct snapshot_disk *disk,
			     enum snapshot_copying copying)
{
	struct stat here, there;
	guint64 sum = 0;

	for (guint i = 0; find_folder(disk, &here) && i < disks->len; i++) {
		const struct snapshot_disk *other = disks->pdata[i];

		if (find_folder(other, &there) && here.st_dev == there.st_dev)
			sum += bytes_needed(other, copying);
	}
	return sum;
}

static gboolean check_room_beside(const GPtrArray *disks, const struct snapshot_disk *disk,
				  enum snapshot_copying copying, GError **error)
{
	g_autofree char *folder = g_path_get_dirname(disk->path);
	guint64 needed = bytes_needed(disk, copying) == 0 ? 0 : needed_beside(disks, disk, copying);
	g_autofree char *wanted = size_format(MAX(needed, 1));
	g_autofree char *have = NULL;
	struct statvfs room;
	guint64 free_bytes;

	if (needed == 0 || statvfs(folder, &room) != 0)
		return TRUE; /* the copy itself will say why */
	free_bytes = (guint64)room.f_bavail * room.f_frsize;
	if (needed < free_bytes) /* and some is left, as f_bavail leaves out root's share */
		return TRUE;
	have = size_format(MAX(free_bytes, 1));
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED,
		    "%s has to be copied, which needs %s with all that is copied there, and %s has "
		    "%s left; a qcow2 image of a guest that is off, or a file system that shares "
		    "blocks (btrfs, XFS), would need hardly any",
		    disk->path, wanted, folder, have);
	return FALSE;
}

gboolean snapshot_disks_check_room(const GPtrArray *disks, enum snapshot_copying copying,
				   GError **error)
{
	for (guint i = 0; i < disks->len; i++) {
		if (!check_room_beside(disks, disks->pdata[i], copying, error))
			return FALSE;
	}
	return TRUE;
}

/*
 * QEMU and its tools hold a lock on one byte of an image for each permission that they have, in all
 * formats (RAW_PERM_LOCK_BASE in block/file-posix.c, BLK_PERM_WRITE). qemu-img cannot be asked: it
 * shares a raw image with everybody.
 */
#define LOCK_OF_WRITERS 101

static gboolean has_writer(const char *path)
{
	struct flock lock = {
		.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = LOCK_OF_WRITERS, .l_len = 1
	};
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	gboolean found = fd >= 0 && fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;

	if (fd >= 0)
		close(fd);
	return found;
}

gboolean snapshot_disk_check_idle(const struct snapshot_disk *disk, GError **error)
{
	if (!has_writer(disk->path))
		return TRUE;
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_BUSY,
		    "%s is in use, though the guest is off: by another guest that has it, by "
		    "qemu-nbd or by qemu-img. That must end first (sudo fuser -v %s shows who it "
		    "is)",
		    disk->path, disk->path);
	return FALSE;
}

/* What an image keeps inside, as "qemu-img snapshot -l" lists it; NULL if it cannot. */
static char *list_tags(const struct snapshot_disk *disk)
{
	static const char *const arguments[] = { "snapshot", "-l", NULL };
	char *list = NULL;

	return qemu_img(arguments, disk->path, &list, NULL) ? list : NULL;
}

static gboolean has_tag(const struct snapshot_disk *disk)
{
	g_autofree char *list = list_tags(disk);
	g_autofree char *quoted = g_regex_escape_string(disk->kept, -1);
	g_autofree char *pattern = g_strdup_printf("^\\S+\\s+%s\\s", quoted);

	return list != NULL && g_regex_match_simple(pattern, list, G_REGEX_MULTILINE, 0);
}

/* Other points, ours or somebody else's: they would go with the file. */
static gboolean has_tags(const struct snapshot_disk *disk)
{
	g_autofree char *list = g_str_equal(disk->format, "qcow2") ? list_tags(disk) : NULL;

	return list != NULL && list[0] != '\0';
}

/* All of what the guest sees, into the image that is there. */
static gboolean pour_back(const struct snapshot_disk *disk, GError **error)
{
	const char *const arguments[] = { "convert", "-n",         "-f",       disk->format,
					  "-O",      disk->format, disk->kept, NULL };

	return qemu_img(arguments, disk->path, NULL, error);
}

static gboolean run_on_tag(const struct snapshot_disk *disk, const char *operation, GError **error)
{
	const char *const arguments[] = { "snapshot", operation, disk->kept, NULL };

	return qemu_img(arguments, disk->path, NULL, error);
}

gboolean snapshot_disk_is_kept(const struct snapshot_disk *disk)
{
	if (disk->way == SNAPSHOT_INTERNAL)
		return has_tag(disk);
	return g_file_test(disk->kept, G_FILE_TEST_IS_REGULAR);
}

gboolean snapshot_disk_keep(const struct snapshot_disk *disk, GError **error)
{
	if (disk->way == SNAPSHOT_INTERNAL)
		return run_on_tag(disk, "-c", error);
	return copy_file(disk->path, disk->kept, error) && copy_sync_folder(disk->kept, error);
}

gboolean snapshot_disk_revert(const struct snapshot_disk *disk, GError **error)
{
	if (disk->way == SNAPSHOT_INTERNAL)
		return run_on_tag(disk, "-a", error);
	return has_tags(disk) ? pour_back(disk, error)
			      : copy_back_file(disk->kept, disk->path, error);
}

gboolean snapshot_disk_forget(const struct snapshot_disk *disk, GError **error)
{
	if (disk->way == SNAPSHOT_INTERNAL)
		return !has_tag(disk) || run_on_tag(disk, "-d", error);
	return copy_remove(disk->kept, error);
}

/*
 * qemu-img writes so that a kill leaves clusters that are counted too often, and none that are
 * counted too rarely. The flag of those that only one table has may be wrong too, which "leaks"
 * would report and leave.
 */
gboolean snapshot_disk_mend(const struct snapshot_disk *disk, GError **error)
{
	static const char *const arguments[] = { "check", "-q", "-r", "all", NULL };

	if (!g_str_equal(disk->format, "qcow2") || !g_file_test(disk->path, G_FILE_TEST_EXISTS))
		return TRUE;
	return qemu_img(arguments, disk->path, NULL, error);
}
