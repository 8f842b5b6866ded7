/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/error.h"
#include "machine/cpus.h"
#include "manifest.h"

static void test_reads_desktop(void)
{
	autoptr(manifest) manifest = manifest_build_file("intel-desktop");
	autoptr(cpus) cpus = cpus_read(manifest->root, NULL);

	g_assert_nonnull(cpus);
	g_assert_cmpuint(cpus->cpu->len, ==, 8);
	g_assert_cmpuint(cpus->cores, ==, 4);
	g_assert_cmpuint(cpus->l3s, ==, 1);
	g_assert_cmpuint(cpus->nodes, ==, 1);
	g_assert_cmpuint(cpus->kinds, ==, 1);
	g_assert_cmpuint(g_array_index(cpus->l3_kib, guint64, 0), ==, 8192);
	g_assert_cmpstr(cpus->vendor, ==, "GenuineIntel");
	g_assert_cmpstr(cpus->model_name, ==, "Intel(R) Core(TM) i7-7700K CPU @ 4.20GHz");
	for (guint i = 0; i < cpus->cpu->len; i++) {
		const struct cpu *cpu = &g_array_index(cpus->cpu, struct cpu, i);

		g_assert_cmpuint(cpu->id, ==, i);
		g_assert_cmpuint(cpu->core, ==, i % 4);
		g_assert_cmpuint(cpu->thread, ==, i / 4);
		g_assert_true(cpus_find(cpus, i) == cpu);
	}
	g_assert_null(cpus_find(cpus, 8));
}

/* The two kinds of a hybrid processor, where nothing but the counters tells. */
static void test_hybrid_by_counters(void)
{
	autoptr(manifest) manifest = manifest_build_file("intel-desktop");
	autoptr(cpus) cpus = NULL;

	manifest_add(manifest,
		     "sys/devices/cpu_core/cpus = 0-1,4-5\n"
		     "sys/devices/cpu_atom/cpus = 2-3,6-7\n");
	cpus = cpus_read(manifest->root, NULL);
	g_assert_cmpuint(cpus->kinds, ==, 2);
	g_assert_cmpuint(cpus_find(cpus, 4)->kind, ==, 1);
	g_assert_cmpuint(cpus_find(cpus, 6)->kind, ==, 0);
}

/* One processor made up by a library is worse than no answer. */
static void test_nothing_is_an_error(void)
{
	autoptr(manifest) manifest = manifest_build("dir sys\ndir proc\n");
	g_autoptr(GError) error = NULL;

	g_assert_null(cpus_read(manifest->root, &error));
	g_assert_true(hotseat_error_is(error, HOTSEAT_ERROR_UNREADABLE));
}

/* What a user has set for hwloc is neither obeyed nor lost. */
static void test_environment_is_put_back(void)
{
	autoptr(manifest) manifest = manifest_build_file("intel-desktop");
	autoptr(cpus) cpus = NULL;

	g_setenv("HWLOC_SYNTHETIC", "node:2 core:3 pu:2", TRUE);
	g_unsetenv("HWLOC_FSROOT");
	cpus = cpus_read(manifest->root, NULL);
	g_assert_cmpuint(cpus->cpu->len, ==, 8);
	g_assert_cmpstr(g_getenv("HWLOC_SYNTHETIC"), ==, "node:2 core:3 pu:2");
	g_assert_null(g_getenv("HWLOC_FSROOT"));
	g_unsetenv("HWLOC_SYNTHETIC");
}

static void test_format(void)
{
	static const guint numbers[] = { 8, 0, 2, 1, 3 };
	g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(guint));
	g_autofree char *none = cpus_format(ids);
	g_autofree char *text = NULL;

	g_array_append_vals(ids, numbers, G_N_ELEMENTS(numbers));
	text = cpus_format(ids);
	g_assert_cmpstr(none, ==, "");
	g_assert_cmpstr(text, ==, "0-3,8");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/cpus/reads-desktop", test_reads_desktop);
	g_test_add_func("/cpus/hybrid-by-counters", test_hybrid_by_counters);
	g_test_add_func("/cpus/nothing-is-an-error", test_nothing_is_an_error);
	g_test_add_func("/cpus/environment-is-put-back", test_environment_is_put_back);
	g_test_add_func("/cpus/format", test_format);
	return g_test_run();
}
