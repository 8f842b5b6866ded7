/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/manifest.h"
#include "guest/copy.h"
#include "guest/snapshot.h"

/*
 * A guest of files: a qcow2 and a raw disk, firmware variables, TPM state, a definition. Its state
 * is a letter that stands in each of them. What is promised of kills is tried with real ones: the
 * program runs itself under killat, which ends it, and the qemu-img below it, at every system call
 * that writes.
 */

#define UUID "11111111-2222-3333-4444-555555555555"
#define KILLAT_NOT_REACHED 124
#define KILLAT_FAILED 125
#define DIED 99

struct place {
	char *folder, *store;
	char *qcow2, *raw, *nvram, *tpm, *tpm_state, *defined;
};

static struct place *place_new(const char *folder)
{
	struct place *place = g_new0(struct place, 1);

	place->folder = g_strdup(folder);
	place->store = g_build_filename(folder, "store", NULL);
	place->qcow2 = g_build_filename(folder, "disk.qcow2", NULL);
	place->raw = g_build_filename(folder, "disk.img", NULL);
	place->nvram = g_build_filename(folder, "VARS.fd", NULL);
	place->tpm = g_build_filename(folder, "swtpm", NULL);
	place->tpm_state = g_build_filename(place->tpm, "tpm2", "permall", NULL);
	place->defined = g_build_filename(folder, "defined.xml", NULL);
	return place;
}

static void place_free(struct place *place)
{
	if (place == NULL)
		return;
	g_free(place->folder);
	g_free(place->store);
	g_free(place->qcow2);
	g_free(place->raw);
	g_free(place->nvram);
	g_free(place->tpm);
	g_free(place->tpm_state);
	g_free(place->defined);
	g_free(place);
}

AUTOPTR_DEFINE(place)

static int run(const char *const *argv, char **out)
{
	int status = 0;

	g_assert_true(g_spawn_sync(NULL, (char **)(guintptr)argv, NULL,
				   G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL,
				   out, NULL, &status, NULL));
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void write_disk(const struct place *place, char state)
{
	g_autofree char *write = g_strdup_printf("write -P 0x%02x 0 1M", (guint)state);
	const char *const qcow2[] = { "qemu-io", "-f", "qcow2", "-c", write, place->qcow2, NULL };
	const char *const raw[] = { "qemu-io", "-f", "raw", "-c", write, place->raw, NULL };
	g_autofree char *said = NULL;
	g_autofree char *also = NULL;

	g_assert_cmpint(run(qcow2, &said), ==, 0);
	g_assert_cmpint(run(raw, &also), ==, 0);
}

static void write_file(const char *path, char state)
{
	g_autofree char *text = g_strdup_printf("state %c\n", state);

	g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

/* The guest has run: all of it says so. */
static void live_on(const struct place *place, char state)
{
	g_autofree char *folder = g_path_get_dirname(place->tpm_state);
	g_autofree char *xml = g_strdup_printf(
		"<domain><name>g</name><title>%c</title><devices>"
		"<disk type='file' device='disk'><driver type='qcow2'/>"
		"<source file='%s'/><target dev='vda'/></disk>"
		"<disk type='file'><driver type='raw'/><source file='%s'/><target "
		"dev='vdb'/></disk>"
		"<disk type='file' device='cdrom'><source file='/nowhere.iso'/>"
		"<target dev='sda'/><readonly/></disk>"
		"</devices></domain>\n",
		state, place->qcow2, place->raw);

	write_disk(place, state);
	g_assert_cmpint(g_mkdir_with_parents(folder, 0700), ==, 0);
	write_file(place->nvram, state);
	write_file(place->tpm_state, state);
	g_assert_true(g_file_set_contents(place->defined, xml, -1, NULL));
}

static void make_guest(const struct place *place)
{
	const char *const qcow2[] = { "qemu-img", "create",     "-q", "-f",
				      "qcow2",    place->qcow2, "8M", NULL };
	const char *const raw[] = {
		"qemu-img", "create", "-q", "-f", "raw", place->raw, "4M", NULL
	};

	g_assert_cmpint(run(qcow2, NULL), ==, 0);
	g_assert_cmpint(run(raw, NULL), ==, 0);
	live_on(place, 'A');
	g_assert_cmpint(chmod(place->nvram, 0640), ==, 0);
	g_assert_cmpint(chmod(place->raw, 0600), ==, 0);
}

static gboolean disk_is(const char *format, const char *path, char state)
{
	g_autofree char *read = g_strdup_printf("read -P 0x%02x 0 1M", (guint)state);
	const char *const argv[] = { "qemu-io", "-r", "-f", format, "-c", read, path, NULL };
	g_autofree char *said = NULL;
	int status = run(argv, &said);

	return status == 0 && strstr(said, "verification failed") == NULL;
}

static gboolean file_is(const char *path, char state)
{
	g_autofree char *text = NULL;
	g_autofree char *wanted = g_strdup_printf("state %c\n", state);

	return g_file_get_contents(path, &text, NULL, NULL) && g_str_equal(text, wanted);
}

static gboolean definition_is(const struct place *place, char state)
{
	g_autofree char *text = NULL;
	g_autofree char *wanted = g_strdup_printf("<title>%c</title>", state);

	return g_file_get_contents(place->defined, &text, NULL, NULL) &&
	       strstr(text, wanted) != NULL;
}

/* Not even a cluster is lost; 3 would be a leak. */
static int check_image(const struct place *place)
{
	const char *const check[] = { "qemu-img", "check", "-q", place->qcow2, NULL };

	return run(check, NULL);
}

/*
 * All of the guest is in this state, and its image is sound. A cluster may leak: "qemu-img snapshot
 * -c" of QEMU 7.2 leaks one itself in an image whose table of clusters was repaired before.
 */
static gboolean guest_is(const struct place *place, char state)
{
	int checked = check_image(place);

	return disk_is("qcow2", place->qcow2, state) && disk_is("raw", place->raw, state) &&
	       file_is(place->nvram, state) && file_is(place->tpm_state, state) &&
	       definition_is(place, state) && (checked == 0 || checked == 3);
}

static gboolean define(const char *xml, void *data, GError **error)
{
	const struct place *place = data;

	return g_file_set_contents(place->defined, xml, -1, error);
}

/* QEMU's backup job, as far as files can tell. */
static gboolean copy_live(char **targets, char **copies, char **formats, gboolean *quiesced,
			  void *data, GError **error)
{
	const struct place *place = data;

	g_assert_cmpstr(targets[0], ==, "vda");
	g_assert_cmpstr(formats[1], ==, "raw");
	*quiesced = TRUE;
	return copy_file(place->qcow2, copies[0], error) && copy_file(place->raw, copies[1], error);
}

/* QEMU had begun; then somebody killed us. */
static gboolean die_in_copy(char **targets, char **copies, char **formats, gboolean *quiesced,
			    void *data, GError **error)
{
	const struct place *place = data;

	g_assert_true(copy_file(place->qcow2, copies[0], NULL));
	_exit(DIED);
}

/* What a command does; for the program under killat, and here. */
static gboolean act(const struct place *place, const char *what, GError **error)
{
	g_autofree char *xml = NULL;
	autoptr(snapshot_store) store = snapshot_store_open(place->store, UUID, error);
	struct snapshot_guest guest = {
		.name = "g",
		.uuid = UUID,
		.nvram = place->nvram,
		.tpm = place->tpm,
		.define = define,
		.data = (void *)(guintptr)place,
	};

	if (store == NULL || !g_file_get_contents(place->defined, &xml, NULL, error))
		return FALSE;
	guest.xml = xml;
	if (g_str_equal(what, "create"))
		return snapshot_create(store, &guest, "one", error);
	if (g_str_equal(what, "revert"))
		return snapshot_revert(store, &guest, "one", error);
	if (g_str_equal(what, "delete"))
		return snapshot_delete(store, "one", error);
	if (g_str_equal(what, "revert-two"))
		return snapshot_revert(store, &guest, "two", error);
	if (g_str_equal(what, "settle"))
		return snapshot_settle(store, &guest, error);
	guest.copy_live = copy_live;
	if (g_str_equal(what, "create-live"))
		return snapshot_create(store, &guest, "two", error);
	if (g_str_equal(what, "create-one-live"))
		return snapshot_create(store, &guest, "one", error);
	if (g_str_equal(what, "settle-live"))
		return snapshot_settle(store, &guest, error);
	g_assert_cmpstr(what, ==, "die-live");
	guest.copy_live = die_in_copy;
	return snapshot_create(store, &guest, "two", error);
}

static void must(const struct place *place, const char *what)
{
	g_autoptr(GError) error = NULL;

	act(place, what, &error);
	g_assert_no_error(error);
}

static void must_not(const struct place *place, const char *what, enum hotseat_error code,
		     const char *word)
{
	g_autoptr(GError) error = NULL;

	g_assert_false(act(place, what, &error));
	g_test_message("%s: %s", what, error->message);
	g_assert_true(hotseat_error_is(error, code));
	g_assert_nonnull(strstr(error->message, word));
}

static guint count_snapshots(const struct place *place)
{
	autoptr(snapshot_store) store = snapshot_store_open(place->store, UUID, NULL);
	g_autoptr(GPtrArray) list = snapshot_list(store, NULL);

	g_assert_nonnull(list);
	return list->len;
}

static guint count_lines(const char *text)
{
	guint count = 0;

	for (; (text = strchr(text, '\n')) != NULL; text++)
		count++;
	return count;
}

/*
 * Whatever a dead process left is somebody's disk space, and half a snapshot in wait. The qcow2
 * image keeps it inside, unless the file system can share blocks.
 */
static void assert_nothing_left(const struct place *place, gboolean with_snapshot)
{
	const char *const find[] = { "find",  place->folder,   "(",  "-name", "*.snapshot-*", "-o",
				     "-name", "*.hotseat-new", "-o", "-name", "unfinished",   "-o",
				     "-name", ".reverting*",   ")",  NULL };
	const char *const list[] = { "qemu-img", "snapshot", "-l", place->qcow2, NULL };
	gboolean clones = copy_can_clone(place->qcow2);
	g_autofree char *found = NULL;
	g_autofree char *tags = NULL;

	g_assert_cmpint(run(find, &found), ==, 0);
	g_assert_cmpuint(count_lines(found), ==, with_snapshot ? (clones ? 2 : 1) : 0);
	g_assert_null(strstr(found, "hotseat-new"));
	g_assert_null(strstr(found, "unfinished"));
	g_assert_cmpint(check_image(place), ==, 0);
	g_assert_cmpint(run(list, &tags), ==, 0);
	g_assert_cmpint(strstr(tags, "hotseat-one") != NULL, ==, with_snapshot && !clones);
}

static gboolean have_tools(void)
{
	g_autofree char *qemu_img = g_find_program_in_path("qemu-img");
	g_autofree char *qemu_io = g_find_program_in_path("qemu-io");

	if (qemu_img != NULL && qemu_io != NULL)
		return TRUE;
	g_test_skip("qemu-img and qemu-io are not installed (qemu-utils)");
	return FALSE;
}

static struct place *fresh_place(void)
{
	g_autofree char *folder = g_dir_make_tmp("hotseat-snapshot-XXXXXX", NULL);
	struct place *place = place_new(folder);

	make_guest(place);
	return place;
}

static void leave(const struct place *place)
{
	g_assert_true(manifest_remove_tree(place->folder));
}

/* The first write is there, the second is not, in every part; modes are what they were. */
static void test_goes_back(void)
{
	autoptr(place) place = NULL;
	struct stat info;

	if (!have_tools())
		return;
	place = fresh_place();
	must(place, "create");
	g_assert_cmpuint(count_snapshots(place), ==, 1);
	live_on(place, 'B');
	g_assert_cmpint(chmod(place->nvram, 0666), ==, 0);
	g_assert_true(guest_is(place, 'B'));
	must(place, "revert");
	g_assert_true(guest_is(place, 'A'));
	g_assert_cmpint(stat(place->nvram, &info), ==, 0);
	g_assert_cmpint(info.st_mode & 0777, ==, 0640);
	g_assert_cmpint(stat(place->raw, &info), ==, 0);
	g_assert_cmpint(info.st_mode & 0777, ==, 0600);
	/* a point stays what it is, however often one goes back */
	live_on(place, 'C');
	must(place, "revert");
	g_assert_true(guest_is(place, 'A'));
	assert_nothing_left(place, TRUE);
	must(place, "delete");
	g_assert_true(guest_is(place, 'A'));
	g_assert_cmpuint(count_snapshots(place), ==, 0);
	assert_nothing_left(place, FALSE);
	leave(place);
}

/* A copy of a running guest must not cost what the image keeps inside; nor does it know more. */
static void test_live_beside_internal(void)
{
	autoptr(place) place = NULL;

	if (!have_tools())
		return;
	place = fresh_place();
	must(place, "create");
	live_on(place, 'B');
	must(place, "create-live");
	live_on(place, 'C');
	must(place, "revert-two");
	g_assert_true(disk_is("qcow2", place->qcow2, 'B') && disk_is("raw", place->raw, 'B'));
	g_assert_true(file_is(place->nvram, 'C') && file_is(place->tpm_state, 'C'));
	g_assert_true(definition_is(place, 'C'));
	must(place, "revert");
	g_assert_true(guest_is(place, 'A'));
	leave(place);
}

/* A guest that never ran has no variables and no TPM state yet: going back takes them away. */
static void test_before_the_first_start(void)
{
	autoptr(place) place = NULL;

	if (!have_tools())
		return;
	place = fresh_place();
	g_assert_cmpint(unlink(place->nvram), ==, 0);
	g_assert_true(manifest_remove_tree(place->tpm));
	must(place, "create");
	live_on(place, 'B');
	must(place, "revert");
	g_assert_false(g_file_test(place->nvram, G_FILE_TEST_EXISTS));
	g_assert_false(g_file_test(place->tpm, G_FILE_TEST_EXISTS));
	g_assert_true(disk_is("raw", place->raw, 'A'));
	leave(place);
}

/* Refused means that nothing changed, and what is to be done is said. */
static void test_refusals(void)
{
	static const char *const names[] = { "", "..", "a/b", "-x", ".reverting" };
	autoptr(place) place = NULL;
	g_autoptr(GError) error = NULL;
	g_autofree char *copy = NULL;

	if (!have_tools())
		return;
	place = fresh_place();
	must(place, "create");
	g_assert_false(act(place, "create", &error));
	g_assert_true(hotseat_error_is(error, HOTSEAT_ERROR_REFUSED));
	g_clear_error(&error);
	{
		autoptr(snapshot_store) store = snapshot_store_open(place->store, UUID, NULL);

		g_assert_null(snapshot_store_open(place->store, UUID, &error));
		g_assert_true(hotseat_error_is(error, HOTSEAT_ERROR_BUSY));
		g_clear_error(&error);
		for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
			g_assert_false(snapshot_delete(store, names[i], &error));
			g_assert_true(hotseat_error_is(error, HOTSEAT_ERROR_USAGE));
			g_clear_error(&error);
		}
		g_assert_false(snapshot_delete(store, "two", &error));
		g_assert_true(hotseat_error_is(error, HOTSEAT_ERROR_ABSENT));
		g_clear_error(&error);
	}
	live_on(place, 'B');
	copy = g_strconcat(place->raw, ".snapshot-one", NULL);
	g_assert_cmpint(unlink(copy), ==, 0);
	g_assert_false(act(place, "revert", &error));
	g_assert_true(hotseat_error_is(error, HOTSEAT_ERROR_ABSENT));
	g_assert_true(guest_is(place, 'B'));
	leave(place);
}

/* What does not follow a link of swtpm's user cannot be led to root's files. */
static void test_links_stay_behind(void)
{
	autoptr(place) place = NULL;
	g_autofree char *link = NULL;
	g_autofree char *kept = NULL;

	if (!have_tools())
		return;
	place = fresh_place();
	link = g_build_filename(place->tpm, "tpm2", "link", NULL);
	g_assert_cmpint(symlink("/etc/shadow", link), ==, 0);
	must(place, "create");
	kept = g_build_filename(place->store, UUID, "one", "tpm", "tpm2", "link", NULL);
	g_assert_false(g_file_test(kept, G_FILE_TEST_EXISTS | G_FILE_TEST_IS_SYMLINK));
	leave(place);
}

/* Holes stay holes, and the end of the file is where it was. */
static void test_copies_holes(void)
{
	g_autofree char *folder = g_dir_make_tmp("hotseat-copy-XXXXXX", NULL);
	g_autofree char *from = g_build_filename(folder, "from", NULL);
	g_autofree char *to = g_build_filename(folder, "to", NULL);
	g_autofree char *one = NULL;
	g_autofree char *other = NULL;
	gsize one_length, other_length;
	struct stat info;
	FILE *file = fopen(from, "w");

	g_assert_nonnull(file);
	g_assert_cmpint(fseek(file, 5 << 20, SEEK_SET), ==, 0);
	fputs("middle", file);
	g_assert_cmpint(fclose(file), ==, 0);
	g_assert_cmpint(truncate(from, (9 << 20) + 1), ==, 0);
	g_assert_true(copy_file(from, to, NULL));
	g_assert_true(g_file_get_contents(from, &one, &one_length, NULL));
	g_assert_true(g_file_get_contents(to, &other, &other_length, NULL));
	g_assert_cmpmem(one, one_length, other, other_length);
	g_assert_cmpint(stat(to, &info), ==, 0);
	g_assert_cmpint(info.st_blocks * 512, <, 1 << 20);
	g_assert_false(copy_file(from, to, NULL)); /* there is one */
	g_assert_true(manifest_remove_tree(folder));
}

/* ---- what may stand in the way ------------------------------------------------------------- */

/* Somebody else's file or tag under the name that ours would get is theirs, also when we give up.
 */
static void test_names_that_are_taken(void)
{
	autoptr(place) place = NULL;
	g_autofree char *copy = NULL;
	g_autofree char *text = NULL;

	if (!have_tools())
		return;
	place = fresh_place();
	copy = g_strconcat(place->raw, ".snapshot-one", NULL);
	g_assert_true(g_file_set_contents(copy, "mine", -1, NULL));
	must_not(place, "create", HOTSEAT_ERROR_REFUSED, copy);
	must_not(place, "create-one-live", HOTSEAT_ERROR_REFUSED, copy);
	g_assert_true(g_file_get_contents(copy, &text, NULL, NULL));
	g_assert_cmpstr(text, ==, "mine");
	g_assert_cmpint(unlink(copy), ==, 0);
	assert_nothing_left(place, FALSE);
	if (!copy_can_clone(place->qcow2)) {
		const char *const tag[] = { "qemu-img",    "snapshot",   "-c",
					    "hotseat-one", place->qcow2, NULL };
		const char *const apply[] = { "qemu-img",    "snapshot",   "-a",
					      "hotseat-one", place->qcow2, NULL };

		g_assert_cmpint(run(tag, NULL), ==, 0);
		live_on(place, 'B');
		must_not(place, "create", HOTSEAT_ERROR_REFUSED, "hotseat-one");
		g_assert_cmpint(run(apply, NULL), ==, 0);
		g_assert_true(disk_is("qcow2", place->qcow2, 'A'));
	}
	g_assert_cmpuint(count_snapshots(place), ==, 0);
	leave(place);
}

static void define_disk(const struct place *place, const char *disk)
{
	g_autofree char *xml =
		g_strdup_printf("<domain><name>g</name><devices>%s</devices></domain>", disk);

	g_assert_true(g_file_set_contents(place->defined, xml, -1, NULL));
}

/* Nothing of these can be put back by putting a file in its place. */
static void test_disks_that_cannot_be_kept(void)
{
	static const struct {
		const char *disk, *word;
	} cases[] = {
		{ "<disk type='block'><source dev='/dev/sda'/><target dev='vda'/></disk>", "LVM" },
		{ "<disk type='block' device='lun'><source dev='/dev/sda'/><target dev='sda'/>"
		  "</disk>",
		  "LVM" },
		{ "<disk type='file'><source file='/dev/null'/><target dev='vda'/></disk>", "LVM" },
		{ "<disk type='file'><source file='/'/><target dev='vda'/></disk>", "LVM" },
		{ "<disk type='network'><source protocol='nbd' name='a'/><target "
		  "dev='vda'/></disk>",
		  "LVM" },
		{ "<disk type='file'><source file='/dev/null'/><shareable/><target dev='vda'/>"
		  "</disk>",
		  "shareable" },
	};
	autoptr(place) place = NULL;

	if (!have_tools())
		return;
	place = fresh_place();
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		define_disk(place, cases[i].disk);
		must_not(place, "create", HOTSEAT_ERROR_REFUSED, cases[i].word);
		must_not(place, "create-live", HOTSEAT_ERROR_REFUSED, cases[i].word);
	}
	define_disk(place, "<disk><source file='/nowhere.img'/><target dev='vda'/></disk>");
	must_not(place, "create", HOTSEAT_ERROR_ABSENT, "/nowhere.img");
	define_disk(place, "");
	must_not(place, "create-live", HOTSEAT_ERROR_REFUSED, "no disk");
	g_assert_cmpuint(count_snapshots(place), ==, 0);
	assert_nothing_left(place, FALSE);
	leave(place);
}

/* Many a disk lies on another drive, with a link to it where libvirt looks. */
static void test_an_image_behind_a_link(void)
{
	autoptr(place) place = NULL;
	g_autofree char *elsewhere = NULL;

	if (!have_tools())
		return;
	place = fresh_place();
	elsewhere = g_build_filename(place->folder, "elsewhere.img", NULL);
	g_assert_cmpint(rename(place->raw, elsewhere), ==, 0);
	g_assert_cmpint(symlink(elsewhere, place->raw), ==, 0);
	must(place, "create");
	live_on(place, 'B');
	must(place, "revert");
	g_assert_true(guest_is(place, 'A'));
	g_assert_true(g_file_test(place->raw, G_FILE_TEST_IS_SYMLINK));
	g_assert_true(disk_is("raw", elsewhere, 'A'));
	must(place, "delete");
	assert_nothing_left(place, FALSE);
	leave(place);
}

/* A QEMU that has an image open for writing, as another guest's does. */
struct user {
	GPid pid;
	int commands;
};

static struct user user_start(const char *format, const char *path)
{
	const char *const argv[] = { "qemu-io", "-f", format, path, NULL };
	struct user user;
	char prompt;
	int said;

	g_assert_true(g_spawn_async_with_pipes(NULL, (char **)(guintptr)argv, NULL,
					       G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD,
					       NULL, NULL, &user.pid, &user.commands, &said, NULL,
					       NULL));
	/* It asks for orders once it has the image. */
	g_assert_cmpint(read(said, &prompt, 1), ==, 1);
	close(said);
	return user;
}

static void user_stop(const struct user *user)
{
	close(user->commands);
	waitpid(user->pid, NULL, 0);
}

static void test_an_image_in_use(void)
{
	autoptr(place) place = NULL;

	if (!have_tools())
		return;
	place = fresh_place();
	for (guint i = 0; i < 2; i++) {
		const char *path = i == 0 ? place->qcow2 : place->raw;
		struct user user = user_start(i == 0 ? "qcow2" : "raw", path);

		must_not(place, "create", HOTSEAT_ERROR_BUSY, path);
		user_stop(&user);
	}
	g_assert_cmpuint(count_snapshots(place), ==, 0);
	assert_nothing_left(place, FALSE);
	must(place, "create");
	live_on(place, 'B');
	for (guint i = 0; i < 2; i++) {
		const char *path = i == 0 ? place->qcow2 : place->raw;
		struct user user = user_start(i == 0 ? "qcow2" : "raw", path);

		must_not(place, "revert", HOTSEAT_ERROR_BUSY, path);
		user_stop(&user);
		g_assert_true(guest_is(place, 'B'));
	}
	must(place, "revert");
	g_assert_true(guest_is(place, 'A'));
	leave(place);
}

/* The guest has its images open: what a killed copy left goes all the same, and the next one works.
 */
static void test_killed_while_it_runs(void)
{
	autoptr(place) place = NULL;
	g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
	struct user user;

	if (!have_tools())
		return;
	place = fresh_place();
	{
		const char *const argv[] = { self, "--act", "die-live", place->folder, NULL };

		g_assert_cmpint(run(argv, NULL), ==, DIED);
	}
	user = user_start("qcow2", place->qcow2);
	must(place, "settle-live");
	must(place, "create-live");
	g_assert_cmpuint(count_snapshots(place), ==, 1);
	user_stop(&user);
	leave(place);
}

/* Half a snapshot inside an image waits until nobody writes to it, and is in nobody's way. */
static void test_half_inside_while_it_runs(void)
{
	autoptr(place) place = NULL;
	g_autofree char *manifest = NULL;
	g_autofree char *unfinished = NULL;
	struct user user;

	if (!have_tools())
		return;
	place = fresh_place();
	if (copy_can_clone(place->qcow2)) {
		g_test_skip("nothing is kept inside an image here");
		leave(place);
		return;
	}
	must(place, "create");
	manifest = g_build_filename(place->store, UUID, "one", "manifest", NULL);
	unfinished = g_build_filename(place->store, UUID, "one", "unfinished", NULL);
	g_assert_cmpint(rename(manifest, unfinished), ==, 0);
	user = user_start("qcow2", place->qcow2);
	must(place, "settle-live");
	must_not(place, "create-one-live", HOTSEAT_ERROR_REFUSED, "another name");
	must(place, "create-live");
	user_stop(&user);
	g_assert_true(g_file_test(unfinished, G_FILE_TEST_EXISTS));
	must(place, "settle");
	g_assert_false(g_file_test(unfinished, G_FILE_TEST_EXISTS));
	g_assert_cmpuint(count_snapshots(place), ==, 1);
	g_assert_cmpint(check_image(place), ==, 0);
	leave(place);
}

/* What cannot be put back now is put back by the next command, and until then that is said. */
static void test_a_way_back_that_is_blocked(void)
{
	autoptr(place) place = NULL;
	g_autofree char *obstacle = NULL;

	if (!have_tools())
		return;
	place = fresh_place();
	must(place, "create");
	live_on(place, 'B');
	obstacle = g_strconcat(place->raw, ".hotseat-new", NULL);
	g_assert_cmpint(mkdir(obstacle, 0700), ==, 0);
	must_not(place, "revert", HOTSEAT_ERROR_FAILED, "half at the snapshot");
	{
		autoptr(snapshot_store) store = snapshot_store_open(place->store, UUID, NULL);

		g_assert_true(snapshot_is_reverting(store));
	}
	must_not(place, "settle-live", HOTSEAT_ERROR_BUSY, "shut it down");
	must_not(place, "settle", HOTSEAT_ERROR_FAILED, "half at the snapshot");
	g_assert_cmpint(rmdir(obstacle), ==, 0);
	must(place, "settle");
	g_assert_true(guest_is(place, 'A'));
	assert_nothing_left(place, TRUE);
	leave(place);
}

/*
 * Two disks, each of which would fit; and a way back that does not. In a file system of 4 MiB,
 * which whoever may make one has for itself: the program runs itself there.
 */
static void test_no_room(void)
{
	g_autofree char *folder = g_dir_make_tmp("hotseat-room-XXXXXX", NULL);
	g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
	const char *const can[] = { "unshare", "-rm",     "mount", "-t",   "tmpfs",
				    "-o",      "size=4m", "none",  folder, NULL };
	const char *const argv[] = { "unshare",
				     "-rm",
				     "sh",
				     "-c",
				     "mount -t tmpfs -o size=4m none \"$1\" && exec \"$0\" --act "
				     "no-room \"$1\"",
				     self,
				     folder,
				     NULL };

	if (!have_tools())
		return;
	if (run(can, NULL) != 0)
		g_test_skip("nobody may mount here");
	else
		g_assert_cmpint(run(argv, NULL), ==, 0);
	g_assert_cmpint(rmdir(folder), ==, 0);
}

static void in_little_room(const struct place *place)
{
	make_guest(place);
	must_not(place, "create-live", HOTSEAT_ERROR_REFUSED, "needs 2");
	assert_nothing_left(place, FALSE);
	/* The qcow2 keeps it inside; the raw one has its copy, and no room for another. */
	must(place, "create");
	must_not(place, "revert", HOTSEAT_ERROR_REFUSED, "needs 1");
	g_assert_true(guest_is(place, 'A'));
	assert_nothing_left(place, TRUE);
}

/* ---- kills ---------------------------------------------------------------------------------- */

struct kill_case {
	const char *what;
	gboolean with_snapshot; /* before it */
	void (*judge)(const struct place *place);
};

/* It is there as a whole or not at all; the guest itself never changed. */
static void judge_create(const struct place *place)
{
	gboolean there = count_snapshots(place) == 1;

	g_assert_true(guest_is(place, 'A'));
	assert_nothing_left(place, there);
	live_on(place, 'B');
	if (!there)
		must(place, "create");
	must(place, "revert");
	g_assert_true(guest_is(place, there ? 'A' : 'B'));
}

/* All of it is as it was then, or all as it was just before. */
static void judge_revert(const struct place *place)
{
	g_assert_true(guest_is(place, 'A') || guest_is(place, 'B'));
	assert_nothing_left(place, TRUE);
	must(place, "revert");
	g_assert_true(guest_is(place, 'A'));
}

static void judge_delete(const struct place *place)
{
	gboolean there = count_snapshots(place) == 1;

	g_assert_true(guest_is(place, 'B'));
	assert_nothing_left(place, there);
	if (!there)
		return;
	must(place, "revert");
	g_assert_true(guest_is(place, 'A'));
}

static void judge_revert_two(const struct place *place)
{
	gboolean back = disk_is("raw", place->raw, 'B');

	g_assert_true(disk_is("qcow2", place->qcow2, back ? 'B' : 'C'));
	g_assert_true(back || disk_is("raw", place->raw, 'C'));
	g_assert_cmpint(check_image(place), ==, 0);
	g_assert_cmpuint(count_snapshots(place), ==, 2);
	must(place, "revert");
	g_assert_true(guest_is(place, 'A'));
}

static const struct kill_case kill_cases[] = {
	{ "create", FALSE, judge_create },
	{ "revert", TRUE, judge_revert },
	{ "delete", TRUE, judge_delete },
	{ "revert-two", TRUE, judge_revert_two },
};

/* The same folder each time, for the paths are in definition and manifest. */
static void start_over(const struct place *template, const struct place *place)
{
	const char *const copy[] = { "cp", "-a", template->folder, place->folder, NULL };

	manifest_remove_tree(place->folder);
	g_assert_cmpint(run(copy, NULL), ==, 0);
}

static int kill_at(const char *point, const char *what, const char *folder)
{
	const char *killat = g_getenv("HOTSEAT_KILLAT");
	g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
	const char *const argv[] = { killat, point, self, "--act", what, folder, NULL };

	return run(argv, NULL);
}

static void test_kills(gconstpointer data)
{
	const struct kill_case *one = data;
	autoptr(place) place = NULL;
	autoptr(place) template = NULL;
	g_autofree char *aside = NULL;
	guint point = 1;

	if (!have_tools())
		return;
	if (g_getenv("HOTSEAT_KILLAT") == NULL) {
		g_test_skip("HOTSEAT_KILLAT names no killat");
		return;
	}
	place = fresh_place();
	if (one->with_snapshot) {
		must(place, "create");
		live_on(place, 'B');
	}
	if (g_str_equal(one->what, "revert-two")) {
		must(place, "create-live");
		live_on(place, 'C');
	}
	aside = g_strconcat(place->folder, "-template", NULL);
	g_assert_cmpint(rename(place->folder, aside), ==, 0);
	template = place_new(aside);
	for (;; point++) {
		g_autofree char *text = g_strdup_printf("%u", point);
		int status;

		start_over(template, place);
		status = kill_at(text, one->what, place->folder);
		if (status == KILLAT_FAILED)
			break;
		must(place, "settle");
		one->judge(place);
		if (status == KILLAT_NOT_REACHED || status == 0)
			break;
	}
	g_test_message("%s was killed at %u points", one->what, point - 1);
	if (point == 1)
		g_test_skip("killat may not trace here");
	else
		g_assert_cmpuint(point, >, 10);
	leave(place);
	leave(template);
}

/* The program under killat. */
static int run_as_command(const char *what, const char *folder)
{
	autoptr(place) place = place_new(folder);
	g_autoptr(GError) error = NULL;

	if (g_str_equal(what, "no-room")) {
		in_little_room(place);
		return 0;
	}
	if (act(place, what, &error))
		return 0;
	fprintf(stderr, "%s\n", error->message);
	return 1;
}

int main(int argc, char **argv)
{
	if (argc == 4 && g_str_equal(argv[1], "--act"))
		return run_as_command(argv[2], argv[3]);
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/snapshot/goes-back", test_goes_back);
	g_test_add_func("/snapshot/live-beside-internal", test_live_beside_internal);
	g_test_add_func("/snapshot/before-the-first-start", test_before_the_first_start);
	g_test_add_func("/snapshot/refusals", test_refusals);
	g_test_add_func("/snapshot/links-stay-behind", test_links_stay_behind);
	g_test_add_func("/snapshot/copies-holes", test_copies_holes);
	g_test_add_func("/snapshot/names-that-are-taken", test_names_that_are_taken);
	g_test_add_func("/snapshot/disks-that-cannot-be-kept", test_disks_that_cannot_be_kept);
	g_test_add_func("/snapshot/image-behind-a-link", test_an_image_behind_a_link);
	g_test_add_func("/snapshot/image-in-use", test_an_image_in_use);
	g_test_add_func("/snapshot/killed-while-it-runs", test_killed_while_it_runs);
	g_test_add_func("/snapshot/half-inside-while-it-runs", test_half_inside_while_it_runs);
	g_test_add_func("/snapshot/way-back-blocked", test_a_way_back_that_is_blocked);
	g_test_add_func("/snapshot/no-room", test_no_room);
	for (guint i = 0; i < G_N_ELEMENTS(kill_cases); i++) {
		g_autofree char *name =
			g_strconcat("/snapshot/killed-in-", kill_cases[i].what, NULL);

		g_test_add_data_func(name, &kill_cases[i], test_kills);
	}
	return g_test_run();
}
