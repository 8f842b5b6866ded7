/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/error.h"
#include "machine/memory.h"
#include "manifest.h"

static void test_reads_desktop(void)
{
	autoptr(manifest) manifest = manifest_build_file("intel-desktop");
	struct memory memory;

	g_assert_true(memory_read(manifest->root, &memory, NULL));
	g_assert_cmpuint(memory.total_kib, ==, 32768000);
	g_assert_cmpuint(memory.available_kib, ==, 28672000);
	g_assert_cmpuint(memory.hugepage_kib, ==, 2048);
	g_assert_cmpuint(memory.hugepages_total, ==, 4);
	g_assert_cmpuint(memory.hugepages_free, ==, 3);
	g_assert_cmpint(memory.transparent, ==, KNOWN_YES);
}

static void test_transparent_never(void)
{
	autoptr(manifest) manifest = manifest_build(
		"proc/meminfo = MemTotal: 1024 kB\n"
		"sys/kernel/mm/transparent_hugepage/enabled = always madvise [never]\n");
	struct memory memory;

	g_assert_true(memory_read(manifest->root, &memory, NULL));
	g_assert_cmpint(memory.transparent, ==, KNOWN_NO);
	g_assert_cmpuint(memory.hugepage_kib, ==, 0);
}

/* No memory at all would make every plan fit or none: it must be an error. */
static void test_nonsense_is_an_error(void)
{
	static const char *const texts[] = { "dir proc\n", "proc/meminfo = MemFree: 12 kB\n" };

	for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
		autoptr(manifest) manifest = manifest_build(texts[i]);
		struct memory memory = { .total_kib = 7 };
		g_autoptr(GError) error = NULL;

		g_assert_false(memory_read(manifest->root, &memory, &error));
		g_assert_true(hotseat_error_is(error, HOTSEAT_ERROR_UNREADABLE));
		g_assert_cmpuint(memory.total_kib, ==, 7);
	}
}

static void test_format(void)
{
	static const struct {
		guint64 kib;
		const char *text;
	} cases[] = {
		{ 0, "0 KiB" },       { 1023, "1023 KiB" },   { 262144, "256 MiB" },
		{ 1048576, "1 GiB" }, { 16777216, "16 GiB" }, { 16316412, "15.6 GiB" },
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *text = memory_format(cases[i].kib);

		g_assert_cmpstr(text, ==, cases[i].text);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/memory/reads-desktop", test_reads_desktop);
	g_test_add_func("/memory/transparent-never", test_transparent_never);
	g_test_add_func("/memory/nonsense-is-an-error", test_nonsense_is_an_error);
	g_test_add_func("/memory/format", test_format);
	return g_test_run();
}
