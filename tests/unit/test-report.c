/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <glib/gstdio.h>
#include <stdio.h>
#include <unistd.h>

#include "builder.h"
#include "cli/commands.h"
#include "core/error.h"
#include "manifest.h"
#include "rules/devices.h"
#include "rules/rules.h"

/*
 * What people and programs read, word for word, in tests/golden. To accept a change after reading
 * the difference: HOTSEAT_REGENERATE=1 meson test report
 */
static void compare_with_golden(const char *name, const char *text)
{
	g_autofree char *path = g_test_build_filename(G_TEST_DIST, "../golden", name, NULL);
	g_autofree char *wanted = NULL;
	g_autoptr(GError) error = NULL;

	if (g_getenv("HOTSEAT_REGENERATE") != NULL) {
		g_file_set_contents(path, text, -1, &error);
		g_assert_no_error(error);
		return;
	}
	g_file_get_contents(path, &wanted, NULL, &error);
	g_assert_no_error(error);
	g_assert_cmpstr(text, ==, wanted);
}

/* pci.ids differs from one distribution to the next; what is compared here must not. */
static const struct {
	guint16 vendor, device;
	const char *name;
} names[] = {
	{ 0x8086, 0x191f, "Intel Corporation Host Bridge/DRAM Registers" },
	{ 0x8086, 0x1901, "Intel Corporation PCIe Controller (x16)" },
	{ 0x8086, 0x1912, "Intel Corporation HD Graphics 530" },
	{ 0x8086, 0xa12f, "Intel Corporation USB 3.0 xHCI Controller" },
	{ 0x8086, 0x15b8, "Intel Corporation Ethernet Connection I219-V" },
	{ 0x8086, 0x5904, "Intel Corporation Host Bridge/DRAM Registers" },
	{ 0x8086, 0x5916, "Intel Corporation HD Graphics 620" },
	{ 0x10de, 0x1b80, "NVIDIA Corporation GP104 [GeForce GTX 1080]" },
	{ 0x10de, 0x10f0, "NVIDIA Corporation GP104 High Definition Audio Controller" },
	{ 0x1002, 0x67df, "AMD/ATI Ellesmere [Radeon RX 470/480/570/580]" },
	{ 0x1002, 0xaaf0, "AMD/ATI Ellesmere HDMI Audio" },
	{ 0x1002, 0x699f, "AMD/ATI Lexa PRO [Radeon 540/550]" },
	{ 0x1002, 0xaae0, "AMD/ATI Baffin HDMI/DP Audio" },
	{ 0x10ec, 0x8168, "Realtek RTL8111/8168 Gigabit Ethernet" },
	{ 0x1022, 0x1480, "AMD Starship/Matisse Root Complex" },
	{ 0x1022, 0x1483, "AMD Starship/Matisse GPP Bridge" },
	{ 0x1022, 0x43d0, "AMD 400 Series Chipset PCIe Bridge" },
};

static void give_name(struct pcidev *dev)
{
	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		if (names[i].vendor != dev->vendor || names[i].device != dev->device)
			continue;
		g_free(dev->name);
		dev->name = g_strdup(names[i].name);
		return;
	}
	g_error("%s has no name in this test", dev->address);
}

static struct manifest *build(const char *name)
{
	struct manifest *manifest = manifest_build_file(name);
	g_autofree char *hook =
		g_build_filename(manifest->folder, "etc/libvirt/hooks/qemu.d/hotseat", NULL);

	g_chmod(hook, 0755);
	return manifest;
}

static struct machine *read_machine(const struct manifest *manifest)
{
	g_autoptr(GError) error = NULL;
	struct machine *machine =
		machine_read(root_open(manifest->folder, NULL), MACHINE_JUDGED, &error);

	g_assert_no_error(error);
	for (guint i = 0; i < machine->devices->len; i++)
		give_name(g_ptr_array_index(machine->devices, i));
	/* The blockers' words have names in them. */
	g_ptr_array_unref(machine->cards);
	machine->cards = card_find_all(machine->devices, machine->kernel->dma_ownership_model);
	g_ptr_array_unref(machine->hardware);
	machine->hardware = hardware_read_all(machine->root, machine->devices, machine->cards);
	return machine;
}

static void print_check(const struct machine *machine, FILE *out)
{
	g_autoptr(GPtrArray) findings = rules_judge_host(machine);

	findings_print(findings, machine, out);
}

static void print_check_json(const struct machine *machine, FILE *out)
{
	g_autoptr(GPtrArray) findings = rules_judge_host(machine);

	findings_print_json(findings, "host", out);
}

static const struct {
	const char *ending;
	void (*print)(const struct machine *machine, FILE *out);
} reports[] = {
	{ "check.txt", print_check },
	{ "check.json", print_check_json },
	{ "devices.txt", devices_print },
	{ "devices.json", devices_print_json },
};

static void test_golden(gconstpointer name)
{
	autoptr(manifest) manifest = build(name);
	autoptr(machine) machine = read_machine(manifest);

	for (gsize i = 0; i < G_N_ELEMENTS(reports); i++) {
		g_autofree char *file =
			g_strdup_printf("%s.%s", (const char *)name, reports[i].ending);
		g_autofree char *text = NULL;
		size_t size = 0;
		FILE *out = open_memstream(&text, &size);

		reports[i].print(machine, out);
		fclose(out);
		compare_with_golden(file, text);
	}
}

static char *check_text(const struct machine *machine)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	print_check(machine, out);
	fclose(out);
	return text;
}

/* Whatever could not be read is one sentence, and is nowhere said to be wrong. */
static void test_unknown_is_a_sentence(void)
{
	autoptr(manifest) manifest = build("rules-intel");
	autoptr(machine) machine = NULL;
	g_autofree char *text = NULL;

	manifest_remove(manifest, "usr");
	manifest_remove(manifest, "lib");
	machine = read_machine(manifest);
	text = check_text(machine);
	g_assert_nonnull(
		strstr(text, "It could not be read whether the kernel has VFIO; QEMU is "));
	g_assert_null(strstr(text, "broken"));
}

/* What to do next is to be seen at once, however much there is to be done. */
static void expect_next_in_five_lines(const struct machine *machine)
{
	g_autofree char *text = check_text(machine);
	g_auto(GStrv) lines = g_strsplit(text, "\n", 6);

	for (guint i = 0; i < 5 && lines[i] != NULL; i++) {
		if (g_str_has_prefix(lines[i], "Next"))
			return;
	}
	g_error("nothing to do next in the first five lines of:\n%s", text);
}

static void test_verdict_is_short(void)
{
	const char *machines[] = { "rules-intel", "rules-amd", "rules-bare" };
	const struct builder seven = { .sockets = 2,
				       .caches = 2,
				       .cores = 8,
				       .threads = 2,
				       .gib = 128,
				       .cards = 7,
				       .keyboards = 8 };
	g_autofree char *text = builder_text(&seven);
	autoptr(manifest) large = manifest_build(text);
	autoptr(machine) gamers =
		machine_read(root_open(large->folder, NULL), MACHINE_JUDGED, NULL);

	g_assert_nonnull(gamers);
	expect_next_in_five_lines(gamers);
	for (gsize i = 0; i < G_N_ELEMENTS(machines); i++) {
		autoptr(manifest) manifest = build(machines[i]);
		autoptr(machine) machine = read_machine(manifest);

		expect_next_in_five_lines(machine);
	}
}

static char *devices_text(const struct manifest *manifest,
			  void (*print)(const struct machine *machine, FILE *out))
{
	autoptr(machine) machine =
		machine_read(root_open(manifest->folder, NULL), MACHINE_DEVICES, NULL);
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	print(machine, out);
	fclose(out);
	return text;
}

/* A card that is ready but has a program on it cannot be lent just now; sound servers yield. */
static void test_holders(void)
{
	autoptr(manifest) manifest = manifest_build_file("intel-desktop");
	g_autofree char *text = devices_text(manifest, devices_print);
	g_autofree char *json = devices_text(manifest, devices_print_json);
	g_autofree char *hidden = NULL;
	const char *card = strstr(text, "\n0000:01:00.0");
	const char *other = strstr(text, "\n0000:02:00.0");

	g_assert_nonnull(g_strstr_len(card, other - card, "  open in: gnome-shell (1234)\n"));
	g_assert_null(strstr(other, "open in"));
	g_assert_null(strstr(text, "pipewire"));
	g_assert_nonnull(strstr(json,
				"\"process\" : \"gnome-shell\",\n"
				"          \"node\" : \"/dev/dri/card1\",\n"
				"          \"yields\" : false"));
	g_assert_nonnull(strstr(json, "\"process\" : \"pipewire\""));

	manifest_remove(manifest, "proc/1234");
	/* a folder that cannot be listed, also for root */
	manifest_add(manifest, "proc/99/fd -> fd\n");
	hidden = devices_text(manifest, devices_print);
	g_assert_nonnull(strstr(hidden, "  open in: not known"));
}

/*
 * A snapshot of sys/ and proc/ that leaves the IOMMU out shows a card without a group. Nothing is
 * seen to be wrong then, and it is not said that the card can be lent.
 */
static void test_groupless_is_unknown(void)
{
	autoptr(manifest) manifest = manifest_build(
		"proc/cpuinfo = flags : vmx\n"
		"sys/bus/pci/devices/0000:05:00.0/class = 0x030000\n"
		"sys/bus/pci/devices/0000:05:00.0/vendor = 0x1a03\n"
		"sys/bus/pci/devices/0000:05:00.0/device = 0x2000\n"
		"sys/bus/pci/devices/0000:05:00.0/boot_vga = 1\n");
	autoptr(machine) machine =
		machine_read(root_open(manifest->folder, NULL), MACHINE_JUDGED, NULL);
	g_autofree char *text = NULL;

	g_assert_nonnull(machine);
	g_assert_cmpuint(machine->cards->len, ==, 1);
	text = check_text(machine);
	g_assert_null(strstr(text, "can hand over its only"));
	expect_next_in_five_lines(machine);
}

/* One change more than there is room for is counted, not left out. */
static void test_changes_are_counted(void)
{
	autoptr(manifest) manifest = build("rules-bare");
	autoptr(machine) machine = NULL;
	g_autofree char *text = NULL;

	manifest_add(manifest,
		     "proc/sys/kernel/osrelease = 6.16.1-arch1-1\n"
		     "lib/modules/6.16.1-arch1-1/modules.dep = nothing.ko:\n");
	machine = read_machine(manifest);
	expect_next_in_five_lines(machine);
	text = check_text(machine);
	g_assert_nonnull(strstr(text, "\n  2. "));
	g_assert_null(strstr(text, "\n  3. "));
	g_assert_nonnull(strstr(text, " more, below\nNext"));
}

/* run_command - the exit status; -1 with @error set; what is printed goes nowhere, TAP is there */
static int run_command(const struct command *command, const char *root_path, gboolean json,
		       GError **error)
{
	char *no_arguments[] = { NULL };
	const struct invocation invocation = { .command = command,
					       .root_path = root_path,
					       .json = json };
	int kept, status;

	fflush(stdout);
	kept = dup(STDOUT_FILENO);
	g_assert_nonnull(freopen("/dev/null", "w", stdout));
	status = command->run(&invocation, no_arguments, error);
	fflush(stdout);
	g_assert_cmpint(dup2(kept, STDOUT_FILENO), ==, STDOUT_FILENO);
	close(kept);
	return status;
}

/* The exit status is what scripts go by. */
static void test_exit_status(void)
{
	autoptr(manifest) good = build("rules-intel");
	autoptr(manifest) blocked = build("rules-amd");

	g_assert_cmpint(run_command(&command_check, good->folder, FALSE, NULL), ==, 0);
	g_assert_cmpint(run_command(&command_check, blocked->folder, FALSE, NULL), ==, 1);
	g_assert_cmpint(run_command(&command_check, blocked->folder, TRUE, NULL), ==, 1);
	g_assert_cmpint(run_command(&command_devices, blocked->folder, FALSE, NULL), ==, 0);
	g_assert_cmpint(run_command(&command_devices, good->folder, TRUE, NULL), ==, 0);
}

static void test_unreadable_machine(void)
{
	static const struct command *const commands[] = { &command_check, &command_devices };

	for (gsize i = 0; i < G_N_ELEMENTS(commands); i++) {
		g_autoptr(GError) error = NULL;

		g_assert_cmpint(run_command(commands[i], "/nowhere/at/all", FALSE, &error), ==, -1);
		g_assert_true(hotseat_error_is(error, HOTSEAT_ERROR_UNREADABLE));
		g_assert_cmpint(hotseat_error_exit_status(error), ==, 5);
	}
}

static void give_option(const struct command *command, const char *name, const char *value)
{
	g_autoptr(GOptionContext) context = g_option_context_new(NULL);
	g_auto(GStrv) arguments = g_new0(char *, 4);
	g_autoptr(GError) error = NULL;

	arguments[0] = g_strdup("hotseat");
	arguments[1] = g_strdup(name);
	arguments[2] = g_strdup(value);
	g_option_context_add_main_entries(context, command->options, NULL);
	g_assert_true(g_option_context_parse_strv(context, &arguments, &error));
}

/* What people paste is judged without a machine, and a wrong file is said to be one. */
static void test_listing(void)
{
	autoptr(manifest) manifest = manifest_build(
		"good = IOMMU Group 1 01:00.0 VGA compatible controller [0300]: NVIDIA GP104 "
		"[10de:1b80]\\n\\tKernel driver in use: nvidia\\nIOMMU Group 1 02:00.0 "
		"Non-Volatile memory controller [0108]: Samsung [144d:a804]\\n\\tKernel driver in "
		"use: nvme\n"
		"bad = Dear forum, it does not work.\n");
	g_autofree char *good = g_build_filename(manifest->folder, "good", NULL);
	g_autofree char *bad = g_build_filename(manifest->folder, "bad", NULL);
	g_autofree char *absent = g_build_filename(manifest->folder, "absent", NULL);
	const char *const unreadable[] = { bad, absent, manifest->folder };

	give_option(&command_devices, "--listing", good);
	g_assert_cmpint(run_command(&command_devices, "/nowhere", FALSE, NULL), ==, 0);
	give_option(&command_devices, "--listing", good);
	g_assert_cmpint(run_command(&command_devices, "/nowhere", TRUE, NULL), ==, 0);
	for (gsize i = 0; i < G_N_ELEMENTS(unreadable); i++) {
		g_autoptr(GError) error = NULL;

		give_option(&command_devices, "--listing", unreadable[i]);
		g_assert_cmpint(run_command(&command_devices, "/", FALSE, &error), ==, -1);
		g_assert_true(hotseat_error_is(error, HOTSEAT_ERROR_UNREADABLE));
	}
}

/* A folder that holds nothing is no machine that is broken; it says nothing. */
static void test_empty_folder(void)
{
	autoptr(manifest) manifest = manifest_build("dir sys\n");
	g_autoptr(GError) error = NULL;

	g_assert_cmpint(run_command(&command_devices, manifest->folder, FALSE, &error), ==, 0);
	g_assert_no_error(error);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_data_func("/report/intel", "rules-intel", test_golden);
	g_test_add_data_func("/report/amd", "rules-amd", test_golden);
	g_test_add_data_func("/report/bare", "rules-bare", test_golden);
	g_test_add_func("/report/unknown-is-a-sentence", test_unknown_is_a_sentence);
	g_test_add_func("/report/verdict-is-short", test_verdict_is_short);
	g_test_add_func("/report/holders", test_holders);
	g_test_add_func("/report/groupless-is-unknown", test_groupless_is_unknown);
	g_test_add_func("/report/changes-are-counted", test_changes_are_counted);
	g_test_add_func("/report/exit-status", test_exit_status);
	g_test_add_func("/report/unreadable-machine", test_unreadable_machine);
	g_test_add_func("/report/empty-folder", test_empty_folder);
	g_test_add_func("/report/listing", test_listing);
	return g_test_run();
}
