/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/outfit.h"
#include "core/error.h"
#include "core/manifest.h"
#include "guest/image.h"
#include "guest/osinfo.h"
#include "plan/reason.h"

/* Wishes come from the command line, and so are not const. */
#define WORD(text) ((char *)(guintptr)(text))

/* A host with a card that has sound, and what libvirt would offer on it. */
struct scene {
	char *folder;
	struct machine machine;
	struct desktop desktop;
	struct tools tools;
	struct card card;
	struct pcidev display, sound;
	struct plan plan;
	struct virt_capabilities capabilities;
	struct domain_spec spec;
	struct outfit_wish wish;
	struct outfit outfit;
};

static struct scene *scene_new(const char *files)
{
	struct scene *scene = g_new0(struct scene, 1);
	g_autoptr(GError) error = NULL;
	guint cpu = 1;
	int fd;

	scene->folder = g_dir_make_tmp("hotseat-outfit-XXXXXX", NULL);
	fd = open(scene->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	g_assert_true(manifest_unpack(files, fd, NULL, &error));
	close(fd);
	scene->machine.root = root_open(scene->folder, &error);
	g_assert_no_error(error);
	scene->machine.cards = g_ptr_array_new();
	scene->machine.desktop = &scene->desktop;
	scene->machine.tools = &scene->tools;
	scene->machine.memory.hugepage_kib = 2048;
	scene->desktop.audio = g_array_new(FALSE, TRUE, sizeof(struct audio));
	scene->card.functions = g_ptr_array_new();
	scene->display.class = 0x030000;
	scene->sound.class = 0x040300;
	g_ptr_array_add(scene->card.functions, &scene->display);
	g_ptr_array_add(scene->card.functions, &scene->sound);
	g_ptr_array_add(scene->machine.cards, &scene->card);
	g_ptr_array_add(scene->machine.cards, &scene->card); /* two of them: one stays */
	scene->plan.cards = g_ptr_array_new();
	g_ptr_array_add(scene->plan.cards, &scene->card);
	scene->plan.reasons = reasons_new();
	scene->plan.memory_kib = 16 << 20;
	scene->plan.page_kib = 4;
	scene->plan.placement.vcpu = g_array_new(FALSE, FALSE, sizeof(guint));
	for (guint i = 0; i < 4; i++)
		g_array_append_val(scene->plan.placement.vcpu, cpu);
	scene->capabilities.uefi = scene->capabilities.secure_boot = TRUE;
	scene->capabilities.tpm = scene->capabilities.spice = TRUE;
	scene->capabilities.libvirt_version = 11003000;
	scene->capabilities.qemu_version = 10000002;
	scene->spec.plan = &scene->plan;
	scene->spec.capabilities = &scene->capabilities;
	scene->spec.screen = TRUE;
	return scene;
}

static void scene_free(struct scene *scene)
{
	outfit_clear(&scene->outfit);
	root_free(scene->machine.root);
	g_ptr_array_unref(scene->machine.cards);
	g_array_unref(scene->desktop.audio);
	g_ptr_array_unref(scene->card.functions);
	g_ptr_array_unref(scene->plan.cards);
	g_ptr_array_unref(scene->plan.reasons);
	g_array_unref(scene->plan.placement.vcpu);
	g_assert_true(manifest_remove_tree(scene->folder));
	g_free(scene->folder);
	g_free(scene);
}

static gboolean choose(struct scene *scene, GError **error)
{
	return outfit_check(&scene->wish, error) &&
	       outfit_choose(&scene->wish, &scene->machine, &scene->plan, &scene->spec,
			     &scene->outfit, error);
}

static const char *reason_about(const struct scene *scene, const char *about)
{
	for (guint i = 0; i < scene->plan.reasons->len; i++) {
		const struct reason *reason = scene->plan.reasons->pdata[i];

		if (g_str_equal(reason->about, about))
			return reason->why;
	}
	return NULL;
}

/* DX-06: what its Setup asks for it gets, unasked; and the user is told why. */
static void test_windows_11(void)
{
	struct scene *scene = scene_new("");

	g_assert_true(choose(scene, NULL));
	g_assert_true(scene->spec.windows && scene->spec.tpm);
	g_assert_cmpint(scene->spec.firmware, ==, DOMAIN_FIRMWARE_SECURE);
	g_assert_cmpstr(scene->spec.sound.type, ==, "spice");
	g_assert_false(scene->spec.hidden || scene->spec.lend.display_manager);
	g_assert_nonnull(reason_about(scene, "system"));
	g_assert_nonnull(reason_about(scene, "firmware"));
	g_assert_nonnull(reason_about(scene, "tpm"));
	scene_free(scene);
}

/* Said before hours are spent on an installation; not refused, for Setup can be told to go on. */
static void test_small_disk(void)
{
	struct scene *scene = scene_new("");

	scene->wish.new_disk = (guint64)10 << 30;
	g_assert_true(choose(scene, NULL));
	if (scene->outfit.os->disk_bytes == 0)
		g_test_skip("libosinfo or its database is not installed");
	else
		g_assert_nonnull(strstr(reason_about(scene, "beware"), "64 GiB"));
	scene_free(scene);
}

/* Each wish, what comes of it, and nothing that was not wished for. */
static void test_choices(void)
{
	static const struct {
		struct outfit_wish wish;
		enum domain_firmware firmware;
		gboolean windows, tpm;
	} cases[] = {
		{ { .os = WORD("win10") }, DOMAIN_FIRMWARE_UEFI, TRUE, FALSE },
		{ { .os = WORD("linux") }, DOMAIN_FIRMWARE_UEFI, FALSE, FALSE },
		{ { .os = WORD("linux"), .tpm = WORD("yes") }, DOMAIN_FIRMWARE_UEFI, FALSE, TRUE },
		{ { .firmware = WORD("bios") }, DOMAIN_FIRMWARE_BIOS, TRUE, TRUE },
		{ { .os = WORD("win10"), .firmware = WORD("secure") },
		  DOMAIN_FIRMWARE_SECURE,
		  TRUE,
		  FALSE },
		{ { .installed = TRUE }, DOMAIN_FIRMWARE_UEFI, TRUE, TRUE },
		{ { .kernel = TRUE }, DOMAIN_FIRMWARE_BIOS, FALSE, FALSE },
		{ { .kernel = TRUE, .firmware = WORD("uefi") },
		  DOMAIN_FIRMWARE_UEFI,
		  FALSE,
		  FALSE },
		{ { .tpm = WORD("no") }, DOMAIN_FIRMWARE_SECURE, TRUE, FALSE },
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct scene *scene = scene_new("");
		g_autoptr(GError) error = NULL;

		scene->wish = cases[i].wish;
		choose(scene, &error);
		g_assert_no_error(error);
		g_assert_cmpint(scene->spec.firmware, ==, cases[i].firmware);
		g_assert_cmpint(scene->spec.windows, ==, cases[i].windows);
		g_assert_cmpint(scene->spec.tpm, ==, cases[i].tpm);
		scene_free(scene);
	}
}

/* What this host has not is refused before anything is made, and the sentence helps. */
static void test_refusals(void)
{
	static const struct {
		struct outfit_wish wish;
		gboolean uefi, secure_boot, tpm;
		const char *word;
	} cases[] = {
		{ { 0 }, TRUE, TRUE, FALSE, "swtpm" },
		{ { .os = WORD("linux") }, FALSE, FALSE, TRUE, "ovmf" },
		{ { .firmware = WORD("secure") }, TRUE, FALSE, TRUE, "Secure Boot" },
		{ { .sound = WORD("pipewire") }, TRUE, TRUE, TRUE, "--sound card" },
		{ { .sound = WORD("pulse") }, TRUE, TRUE, TRUE, "--sound card" },
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct scene *scene = scene_new("");
		g_autoptr(GError) error = NULL;

		scene->wish = cases[i].wish;
		scene->capabilities.uefi = cases[i].uefi;
		scene->capabilities.secure_boot = cases[i].secure_boot;
		scene->capabilities.tpm = cases[i].tpm;
		g_assert_false(choose(scene, &error));
		g_assert_true(hotseat_error_is(error, HOTSEAT_ERROR_REFUSED));
		g_assert_nonnull(strstr(error->message, cases[i].word));
		scene_free(scene);
	}
}

static void test_bad_words(void)
{
	static const struct outfit_wish wishes[] = {
		{ .os = WORD("windos") },         { .firmware = WORD("efi") },
		{ .tpm = WORD("2.0") },           { .sound = WORD("loud") },
		{ .hugepages = WORD("1") },       { .disk_bus = WORD("ide") },
		{ .looking_glass = WORD("big") }, { .looking_glass = WORD("99999x99999") },
		{ .nvidia_driver = -1 },
	};

	for (guint i = 0; i < G_N_ELEMENTS(wishes); i++) {
		struct scene *scene = scene_new("");
		g_autoptr(GError) error = NULL;

		scene->wish = wishes[i];
		g_assert_false(choose(scene, &error));
		g_assert_true(hotseat_error_is(error, HOTSEAT_ERROR_USAGE));
		scene_free(scene);
	}
}

/* LG-01's own table: 1080p 32, 1440p 64, 4K 128 MiB; double with HDR. */
static void test_looking_glass(void)
{
	static const struct {
		const char *text;
		guint mib;
	} cases[] = { { "1920x1080", 32 },      { "2560x1440", 64 }, { "3840x2160", 128 },
		      { "3840x2160-hdr", 256 }, { "64M", 64 },       { "65M", 128 } };

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct scene *scene = scene_new("");

		scene->wish.looking_glass = (char *)(guintptr)cases[i].text;
		g_assert_true(choose(scene, NULL));
		g_assert_cmpuint(scene->spec.looking_glass.mib, ==, cases[i].mib);
		g_assert_false(scene->spec.looking_glass.kvmfr); /* a plain file would not do */
		scene_free(scene);
	}
}

/* AU-06: only where QEMU is the user whose server it is. */
static void test_sound_servers(void)
{
	const struct audio audio = { 0, KNOWN_YES, KNOWN_YES };
	struct scene *scene =
		scene_new("etc/libvirt/qemu.conf =\n| #user = \"x\"\n| user = \"root\"\n");
	g_autoptr(GError) error = NULL;

	g_array_append_val(scene->desktop.audio, audio);
	scene->wish.sound = WORD("pipewire");
	g_assert_true(choose(scene, NULL));
	g_assert_cmpstr(scene->spec.sound.type, ==, "pipewire");
	outfit_clear(&scene->outfit);
	scene->tools.qemu_pipewire = KNOWN_NO; /* a guest that is given it anyway does not start */
	g_assert_false(choose(scene, &error));
	g_assert_nonnull(strstr(error->message, "hotseat check"));
	outfit_clear(&scene->outfit);
	scene->tools.qemu_pipewire = KNOWN_YES;
	scene->capabilities.libvirt_version = 9000000;
	g_assert_false(choose(scene, NULL));
	scene_free(scene);
}

static void test_host_steps(void)
{
	struct scene *scene = scene_new("");

	g_ptr_array_remove_index(scene->machine.cards, 1);
	scene->wish.hugepages = WORD("yes");
	scene->wish.nvidia_driver = 461;
	scene->plan.memory_kib += 1;
	g_assert_true(choose(scene, NULL));
	g_assert_true(scene->spec.lend.hugepages && scene->spec.lend.display_manager);
	g_assert_true(scene->spec.hidden);
	g_assert_cmpuint(scene->plan.page_kib, ==, 2048);
	g_assert_cmpuint(scene->plan.memory_kib, ==, 16 << 20);
	scene_free(scene);
}

/* An ISO 9660 image as far as anybody looks at it: volume descriptor and boot record. */
static char *write_iso(const char *folder, const char *name, const char *label)
{
	char image[20 * 2048] = "";
	char *path = g_build_filename(folder, name, NULL);
	char *descriptor = image + 16 * 2048;

	memset(descriptor, ' ', 2048);
	memcpy(descriptor, "\1CD001\1", 8);
	memcpy(descriptor + 40, label, strlen(label));
	memcpy(descriptor + 318, "MICROSOFT CORPORATION", 21);
	memcpy(descriptor + 2048, "\0CD001\1EL TORITO SPECIFICATION", 30);
	g_assert_true(g_file_set_contents(path, image, sizeof(image), NULL));
	return path;
}

/* What a medium installs is known by its label, and the drivers beside it are found. */
static void test_media(void)
{
	struct scene *scene = scene_new("");
	g_autofree char *windows = write_iso(scene->folder, "a.iso", "CCCOMA_X64FRE_EN-US_DV9");
	g_autofree char *drivers = write_iso(scene->folder, "virtio-win-1.iso", "virtio-win-0.1");
	char *isos[] = { windows, NULL };
	g_autofree char *label = image_volume_label(drivers);
	autoptr(os_needs) os = NULL;

	g_assert_cmpstr(label, ==, "virtio-win-0.1");
	g_assert_cmpint(g_chmod(scene->folder, 0755), ==, 0);
	os = osinfo_identify(windows);
	if (os == NULL) {
		g_test_skip("libosinfo or its database is not installed");
	} else {
		g_assert_true(os->windows && os->tpm);
		g_assert_cmpuint(os->memory_bytes, ==, G_GUINT64_CONSTANT(4) << 30);
		scene->wish.isos = isos;
		scene->plan.memory_kib = 1 << 20;
		g_assert_true(choose(scene, NULL));
		g_assert_cmpstr(scene->outfit.isos[0], ==, windows);
		g_assert_cmpstr(scene->outfit.isos[1], ==, drivers);
		g_assert_nonnull(strstr(reason_about(scene, "beware"), "at least 4 GiB"));
	}
	scene_free(scene);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/outfit/windows-11", test_windows_11);
	g_test_add_func("/outfit/small-disk", test_small_disk);
	g_test_add_func("/outfit/choices", test_choices);
	g_test_add_func("/outfit/refusals", test_refusals);
	g_test_add_func("/outfit/bad-words", test_bad_words);
	g_test_add_func("/outfit/looking-glass", test_looking_glass);
	g_test_add_func("/outfit/sound-servers", test_sound_servers);
	g_test_add_func("/outfit/host-steps", test_host_steps);
	g_test_add_func("/outfit/media", test_media);
	return g_test_run();
}
