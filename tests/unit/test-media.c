/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <fcntl.h>
#include <glib/gstdio.h>
#include <libxml/xpathInternals.h>
#include <string.h>
#include <unistd.h>

#include "guest/xml.h"
#include "media/media.h"

/*
 * The answers are read back as Setup reads them, by path in the document, and the image with
 * another program than the one that wrote it.
 */
#define PREFIX "urn:schemas-microsoft-com:unattend"

static const struct media_spec plain = {
	.windows = MEDIA_WINDOWS_11,
	.edition = "Pro",
	.user = "Zo\xc3\xab",
	.password = "p&<\xc3\xbc",
	.computer = "hotseat",
	.language = "de-DE",
};

struct answers {
	xmlDoc *doc;
	xmlXPathContext *context;
};

static struct answers answers_of(const struct media_spec *spec)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *text = NULL;
	const char *why = NULL;
	struct answers answers;

	g_assert_true(media_spec_check(spec, &error));
	text = media_answer_file(spec);
	answers.doc = xml_parse(text, &why);
	g_assert_nonnull(answers.doc);
	answers.context = xmlXPathNewContext(answers.doc);
	xmlXPathRegisterNs(answers.context, XML_STRING("u"), XML_STRING(PREFIX));
	return answers;
}

static void answers_clear(struct answers *answers)
{
	xmlXPathFreeContext(answers->context);
	xmlFreeDoc(answers->doc);
}

static void expect(const struct answers *answers, const char *path, const char *value)
{
	g_autofree char *found = xml_find_text(answers->context, path);

	g_assert_cmpstr(found, ==, value);
}

static guint count(const struct answers *answers, const char *path)
{
	g_autoptr(xmlXPathObject) found = xml_find(answers->context, path);

	return xml_found_count(found);
}

#define COMPONENT(pass, name) "//u:settings[@pass='" pass "']/u:component[@name='" name "']"
#define SETUP COMPONENT("windowsPE", "Microsoft-Windows-Setup")
#define SHELL COMPONENT("oobeSystem", "Microsoft-Windows-Shell-Setup")
#define DRIVERS                                                                                    \
	COMPONENT("windowsPE", "Microsoft-Windows-PnpCustomizationsWinPE")                         \
	"/u:DriverPaths/u:PathAndCredentials/u:Path"

static void test_passes(void)
{
	struct answers answers = answers_of(&plain);

	g_assert_cmpuint(count(&answers, "/u:unattend/u:settings"), ==, 3);
	expect(&answers, SETUP "/u:UserData/u:AcceptEula", "true");
	expect(&answers, SHELL "/u:OOBE/u:HideOnlineAccountScreens", "true");
	expect(&answers,
	       COMPONENT("oobeSystem", "Microsoft-Windows-International-Core") "/u:InputLocale",
	       "de-DE");
	expect(&answers, COMPONENT("specialize", "Microsoft-Windows-Shell-Setup") "/u:ComputerName",
	       "hotseat");
	/* A TPM and Secure Boot are given, never talked away (WN-06). */
	g_assert_false(xml_has(answers.context, "//*[contains(text(), 'LabConfig')]"));
	answers_clear(&answers);
}

static void test_account(void)
{
	struct answers answers = answers_of(&plain);
	g_autofree char *value =
		xml_find_text(answers.context, SHELL "//u:LocalAccount/u:Password/u:Value");
	gsize length = 0;
	g_autofree guchar *bytes = g_base64_decode(value, &length);
	g_autofree char *text = g_convert((const char *)bytes, (gssize)length, "UTF-8", "UTF-16LE",
					  NULL, NULL, NULL);

	g_assert_cmpstr(text, ==, "p&<\xc3\xbcPassword");
	expect(&answers, SHELL "//u:LocalAccount/u:Name", "Zo\xc3\xab");
	expect(&answers, SHELL "//u:LocalAccount/u:Group", "Administrators");
	expect(&answers, SHELL "/u:AutoLogon/u:LogonCount", "1");
	answers_clear(&answers);
}

/* Nobody's disk is erased who did not say so. */
static void test_disk(void)
{
	static const struct {
		gboolean bios;
		const char *types[4];
		const char *install_to;
	} cases[] = {
		{ FALSE, { "EFI", "MSR", "Primary" }, "3" },
		{ TRUE, { "Primary", "Primary" }, "2" },
	};
	struct answers asked = answers_of(&plain);

	g_assert_false(xml_has(asked.context, "//u:DiskConfiguration | //u:ImageInstall"));
	answers_clear(&asked);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct media_spec spec = plain;
		struct answers answers;
		g_auto(GStrv) types = NULL;

		spec.windows = MEDIA_WINDOWS_10;
		spec.wipe_disk = TRUE;
		spec.bios = cases[i].bios;
		answers = answers_of(&spec);
		types = xml_find_texts(answers.context, SETUP "//u:CreatePartition/u:Type");
		for (guint k = 0; k <= g_strv_length(types); k++)
			g_assert_cmpstr(types[k], ==, cases[i].types[k]);
		expect(&answers, SETUP "//u:InstallTo/u:PartitionID", cases[i].install_to);
		expect(&answers, SETUP "//u:CreatePartition[last()]/u:Extend", "true");
		answers_clear(&answers);
	}
}

/* Setup that is offered drivers of several Windows for one device gives up (WN-02). */
static void test_driver_paths(void)
{
	static const struct {
		enum media_windows windows;
		gboolean copied;
		const char *first, *foreign;
	} cases[] = {
		{ MEDIA_WINDOWS_10, FALSE, "D:\\viostor\\w10\\amd64", "w11" },
		{ MEDIA_WINDOWS_11, FALSE, "D:\\viostor\\w11\\amd64", "w10" },
		{ MEDIA_WINDOWS_11, TRUE, "D:\\drivers\\viostor", "w1" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct media_spec spec = plain;
		struct answers answers;
		g_auto(GStrv) paths = NULL;

		spec.windows = cases[i].windows;
		spec.has_drivers = cases[i].copied;
		answers = answers_of(&spec);
		paths = xml_find_texts(answers.context, DRIVERS);
		g_assert_cmpstr(paths[0], ==, cases[i].first);
		for (guint k = 0; paths[k] != NULL; k++)
			g_assert_null(strstr(paths[k], cases[i].foreign));
		answers_clear(&answers);
	}
}

static void test_check(void)
{
	static const struct {
		struct media_spec change;
		gboolean good;
	} cases[] = {
		{ { .user = "player one" }, TRUE },
		{ { .user = "" }, FALSE },
		{ { .user = "a@b" }, FALSE },
		{ { .user = "dot." }, FALSE },
		{ { .user = "HOTSEAT" }, FALSE }, /* the computer's name */
		{ { .user = "twenty-one-characters" }, FALSE },
		{ { .user = "bad\xff" }, FALSE },
		{ { .computer = "PC-1" }, TRUE },
		{ { .computer = "123" }, FALSE },
		{ { .computer = "-pc" }, FALSE },
		{ { .computer = "sixteen-letters-" }, FALSE },
		{ { .language = "sr-Latn-RS" }, TRUE },
		{ { .language = "english" }, FALSE },
		{ { .keyboard = "0407:00000407" }, TRUE },
		{ { .keyboard = "qwertz" }, FALSE },
		{ { .product_key = "AAAAA-BBBBB-CCCCC-DDDDD-EEEEE" }, TRUE },
		{ { .product_key = "AAAAA-BBBBB-CCCCC-DDDDD-EEEEE\n" }, FALSE },
		{ { .time_zone = "W. Europe Standard Time" }, TRUE },
		{ { .time_zone = "Europe/Berlin" }, FALSE },
		{ { .edition = "education" }, TRUE },
		{ { .edition = "Ultimate" }, FALSE },
		{ { .password = "two\nlines" }, FALSE },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct media_spec spec = plain;
		const struct media_spec *change = &cases[i].change;
		g_autoptr(GError) error = NULL;

		spec.user = change->user != NULL ? change->user : spec.user;
		spec.computer = change->computer != NULL ? change->computer : spec.computer;
		spec.language = change->language != NULL ? change->language : spec.language;
		spec.edition = change->edition != NULL ? change->edition : spec.edition;
		spec.password = change->password != NULL ? change->password : spec.password;
		spec.keyboard = change->keyboard;
		spec.product_key = change->product_key;
		spec.time_zone = change->time_zone;
		g_test_message("case %" G_GSIZE_FORMAT, i);
		g_assert_true(media_spec_check(&spec, &error) == cases[i].good);
		g_assert_true(cases[i].good || hotseat_error_is(error, HOTSEAT_ERROR_USAGE));
	}
}

/* A folder that goes away with what is in it. */
struct folder {
	char *path;
};

static void folder_clear(struct folder *folder)
{
	g_autofree char *command = g_strdup_printf("rm -rf '%s'", folder->path);

	g_assert_cmpint(system(command), ==, 0);
	g_free(folder->path);
}

static void put(const char *folder, const char *path, const char *text)
{
	g_autofree char *file = g_build_filename(folder, path, NULL);
	g_autofree char *above = g_path_get_dirname(file);

	g_assert_cmpint(g_mkdir_with_parents(above, 0700), ==, 0);
	g_assert_true(g_file_set_contents(file, text, -1, NULL));
}

static void run(const char *format, ...) G_GNUC_PRINTF(1, 2);

static void run(const char *format, ...)
{
	g_autofree char *command = NULL;
	va_list arguments;

	va_start(arguments, format);
	command = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	g_assert_cmpint(system(command), ==, 0);
}

/* virtio_win - an image with virtio-win's layout; @without: a folder that is missing */
static char *virtio_win(const char *folder, const char *without)
{
	static const char *const systems[] = { "w10", "w11", "2k25" };
	g_autofree char *tree = g_build_filename(folder, "tree", NULL);
	char *iso = g_build_filename(folder, "virtio-win.iso", NULL);

	for (gsize i = 0; media_drivers[i] != NULL; i++) {
		for (gsize k = 0; k < G_N_ELEMENTS(systems); k++) {
			g_autofree char *inf =
				g_strdup_printf("%s/%s/amd64/%s.inf", media_drivers[i], systems[k],
						media_drivers[i]);

			put(tree, inf, systems[k]);
		}
	}
	put(tree, "guest-agent/qemu-ga-x86_64.msi", "agent");
	put(tree, "virtio-win-guest-tools.exe", "tools");
	put(tree, "virtio-win_license.txt", "no driver");
	if (without != NULL)
		run("rm -r '%s/%s'", tree, without);
	run("xorriso -as mkisofs -quiet -J -R -o '%s' '%s' 2>/dev/null", iso, tree);
	run("rm -r '%s'", tree);
	return iso;
}

static void write_image(const struct media_image *image, const char *path)
{
	g_autoptr(GError) error = NULL;
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);

	g_assert_cmpint(fd, >=, 0);
	g_assert_true(media_image_write(image, fd, &error));
	close(fd);
}

static const char *const with_drivers[] = {
	"Autounattend.xml",
	"drivers/Balloon/Balloon.inf",
	"drivers/NetKVM/NetKVM.inf",
	"drivers/vioinput/vioinput.inf",
	"drivers/viorng/viorng.inf",
	"drivers/vioscsi/vioscsi.inf",
	"drivers/vioserial/vioserial.inf",
	"drivers/viostor/viostor.inf",
	"guest-agent/qemu-ga-x86_64.msi",
	"hotseat/first-logon.ps1",
	"hotseat/msi.ps1",
	"virtio-win-guest-tools.exe",
};

static void expect_text(const char *folder, const char *path, const char *text)
{
	g_autofree char *file = g_build_filename(folder, path, NULL);
	g_autofree char *found = NULL;

	g_assert_true(g_file_get_contents(file, &found, NULL, NULL));
	g_assert_cmpstr(found, ==, text);
}

/*
 * What each rule about Windows wants, in the words by which Windows is told; WN-05, WN-08 and WN-10
 * have their other half in the domain (golden/domain-*.xml).
 */
static const struct {
	const char *rule, *path, *said;
	gboolean absent;
} told[] = {
	{ "WN-01", "Autounattend.xml", "urn:schemas-microsoft-com:unattend" },
	{ "WN-01", "hotseat/first-logon.ps1", "Panther\\unattend.xml" },
	{ "WN-02", "Autounattend.xml", "Microsoft-Windows-PnpCustomizationsWinPE" },
	{ "WN-03", "drivers/NetKVM/NetKVM.inf", "w11" },
	{ "WN-04", "Autounattend.xml", "first-logon.ps1" },
	{ "WN-04", "hotseat/first-logon.ps1", "'/install /quiet /norestart'" },
	{ "WN-04", "hotseat/first-logon.ps1", "'/i \"{0}\" /qn /norestart'" },
	{ "WN-05", "hotseat/first-logon.ps1", "qemu-ga-x86_64.msi" },
	{ "WN-06", "Autounattend.xml", "<LocalAccounts>" },
	{ "WN-06", "Autounattend.xml", "LabConfig", TRUE },
	{ "WN-07", "hotseat/first-logon.ps1", "powercfg /hibernate off" },
	{ "WN-07", "hotseat/first-logon.ps1", "HiberbootEnabled -Type DWord -Value 0" },
	{ "WN-08", "hotseat/first-logon.ps1", "/setactive 8c5e7fda-e8bf-4a96-9a85-a6e23a8c635c" },
	{ "WN-08", "hotseat/first-logon.ps1", "SUB_PCIEXPRESS ASPM 0" },
	{ "WN-09", "hotseat/msi.ps1", "MSISupported -PropertyType DWord -Value 1" },
	{ "WN-10", "Autounattend.xml", "RealTimeIsUniversal", TRUE },
	{ "WN-10", "hotseat/first-logon.ps1", "RealTimeIsUniversal", TRUE },
};

static void expect_told(const char *folder)
{
	for (gsize i = 0; i < G_N_ELEMENTS(told); i++) {
		g_autofree char *file = g_build_filename(folder, told[i].path, NULL);
		g_autofree char *text = NULL;

		g_assert_true(g_file_get_contents(file, &text, NULL, NULL));
		if ((strstr(text, told[i].said) == NULL) != told[i].absent)
			g_error("%s: \"%s\" is %s %s", told[i].rule, told[i].said,
				told[i].absent ? "in" : "not in", told[i].path);
	}
}

static void test_image(void)
{
	__attribute__((cleanup(folder_clear))) struct folder folder = { g_dir_make_tmp(
		"hotseat-media-XXXXXX", NULL) };
	g_autofree char *source = virtio_win(folder.path, NULL);
	g_autofree char *iso = g_build_filename(folder.path, "answers.iso", NULL);
	g_autofree char *out = g_build_filename(folder.path, "out", NULL);
	g_autofree char *answers = media_answer_file(&plain);
	g_autoptr(GError) error = NULL;
	autoptr(media_image) image = media_image_new();
	g_autofree char *command = NULL, *listing = NULL;
	g_auto(GStrv) found = NULL;

	media_image_add_answers(image, &plain);
	g_assert_true(media_image_add_drivers(image, source, MEDIA_WINDOWS_11, &error));
	write_image(image, iso);

	run("xorriso -osirrox on -indev '%s' -extract / '%s' 2>/dev/null", iso, out);
	expect_text(out, "Autounattend.xml", answers);
	expect_text(out, "hotseat/first-logon.ps1", media_first_logon_script);
	expect_text(out, "hotseat/msi.ps1", media_msi_script);
	expect_text(out, "drivers/viostor/viostor.inf", "w11");
	expect_text(out, "virtio-win-guest-tools.exe", "tools");
	expect_told(out);
	command = g_strdup_printf(
		"sh -c \"cd '%s' && find . -type f -printf '%%P\\n' | "
		"LC_ALL=C sort\"",
		out);
	g_assert_true(g_spawn_command_line_sync(command, &listing, NULL, NULL, NULL));
	found = g_strsplit(g_strchomp(listing), "\n", -1);
	g_assert_cmpuint(g_strv_length(found), ==, G_N_ELEMENTS(with_drivers));
	for (gsize i = 0; i < G_N_ELEMENTS(with_drivers); i++)
		g_assert_cmpstr(found[i], ==, with_drivers[i]);
	run("chmod -R u+w '%s'", out);
}

static void test_incomplete(void)
{
	static const char *const missing[] = { "viostor", "NetKVM/w11" };

	for (gsize i = 0; i < G_N_ELEMENTS(missing); i++) {
		__attribute__((cleanup(folder_clear))) struct folder folder = { g_dir_make_tmp(
			"hotseat-media-XXXXXX", NULL) };
		g_autofree char *iso = virtio_win(folder.path, missing[i]);
		autoptr(media_image) image = media_image_new();
		g_autoptr(GError) error = NULL;

		g_assert_false(media_image_add_drivers(image, iso, MEDIA_WINDOWS_11, &error));
		g_assert_true(hotseat_error_is(error, HOTSEAT_ERROR_REFUSED));
		g_assert_nonnull(strstr(error->message, i == 0 ? "viostor/w11" : "NetKVM/w11"));
	}
}

/* The words of FIPS 180-4's example, and a file that is longer than one read. */
static void test_checksum(void)
{
	__attribute__((cleanup(folder_clear))) struct folder folder = { g_dir_make_tmp(
		"hotseat-media-XXXXXX", NULL) };
	g_autofree char *path = g_build_filename(folder.path, "file", NULL);
	g_autofree char *long_text = g_strnfill(300001, 'a');
	g_autofree char *expected =
		g_compute_checksum_for_string(G_CHECKSUM_SHA256, long_text, 300001);
	g_autofree char *short_sum = NULL;
	g_autofree char *long_sum = NULL;
	g_autoptr(GError) error = NULL;

	g_assert_true(g_file_set_contents(path, "abc", -1, NULL));
	short_sum = media_checksum(path, NULL);
	g_assert_cmpstr(short_sum, ==,
			"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	g_assert_true(g_file_set_contents(path, long_text, 300001, NULL));
	long_sum = media_checksum(path, NULL);
	g_assert_cmpstr(long_sum, ==, expected);
	g_assert_null(media_checksum(folder.path, &error));
	g_assert_nonnull(strstr(error->message, "directory"));
}

/* Downloads break off. Every length of a broken image is an answer, none a crash. */
static void test_truncated(void)
{
	__attribute__((cleanup(folder_clear))) struct folder folder = { g_dir_make_tmp(
		"hotseat-media-XXXXXX", NULL) };
	g_autofree char *iso = virtio_win(folder.path, NULL);
	GStatBuf info;
	guint refused = 0;

	g_assert_cmpint(g_stat(iso, &info), ==, 0);
	for (goffset size = info.st_size - 2048; size >= 0; size -= 4096 + 1) {
		autoptr(media_image) image = media_image_new();
		g_autoptr(GError) error = NULL;

		g_assert_cmpint(truncate(iso, size), ==, 0);
		if (!media_image_add_drivers(image, iso, MEDIA_WINDOWS_11, &error)) {
			g_assert_nonnull(error);
			refused++;
		}
	}
	g_assert_cmpuint(refused, >, 10);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/media/passes", test_passes);
	g_test_add_func("/media/account", test_account);
	g_test_add_func("/media/disk", test_disk);
	g_test_add_func("/media/driver-paths", test_driver_paths);
	g_test_add_func("/media/check", test_check);
	g_test_add_func("/media/image", test_image);
	g_test_add_func("/media/incomplete", test_incomplete);
	g_test_add_func("/media/checksum", test_checksum);
	g_test_add_func("/media/truncated", test_truncated);
	return g_test_run();
}
