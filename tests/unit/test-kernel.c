/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "machine/kernel.h"
#include "manifest.h"

static void test_reads_desktop(void)
{
	autoptr(manifest) manifest = manifest_build_file("intel-desktop");
	autoptr(kernel) kernel = kernel_read(manifest->root, NULL);

	g_assert_cmpstr(kernel->release, ==, "6.12.107-amd64");
	g_assert_cmpuint(kernel->major, ==, 6);
	g_assert_cmpuint(kernel->minor, ==, 12);
	g_assert_true(kernel->dma_ownership_model);
	g_assert_cmpint(kernel->vfio_pci, ==, MODULE_AVAILABLE);
	g_assert_cmpint(kernel->vfio_iommu_type1, ==, MODULE_BUILT_IN);
	g_assert_cmpint(kernel->kvm_vendor, ==, MODULE_LOADED);
	g_assert_cmpint(kernel_module_state(manifest->root, kernel, "iommufd"), ==,
			MODULE_BUILT_IN);
	g_assert_cmpint(kernel_module_state(manifest->root, kernel, "vfio"), ==, MODULE_ABSENT);
	g_assert_cmpint(kernel_module_state(manifest->root, kernel, "vfio-pci-core"), ==,
			MODULE_AVAILABLE);
}

/* GR-03: the rule before 5.19 was another; a kernel that we cannot see gets the stricter one. */
static void test_versions(void)
{
	static const struct {
		const char *release;
		gboolean dma_ownership_model;
	} cases[] = {
		{ "5.18.19", FALSE }, { "5.19.0-50-generic", TRUE }, { "6.1.0-13-amd64", TRUE },
		{ "4.19.0", FALSE },  { "rubbish", TRUE },
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *text =
			g_strdup_printf("proc/sys/kernel/osrelease = %s\n", cases[i].release);
		autoptr(manifest) manifest = manifest_build(text);
		autoptr(kernel) kernel = kernel_read(manifest->root, NULL);

		g_assert_cmpint(kernel->dma_ownership_model, ==, cases[i].dma_ownership_model);
	}
}

static void test_nothing_is_not_known(void)
{
	autoptr(manifest) manifest = manifest_build("dir proc\n");
	autoptr(kernel) kernel = kernel_read(manifest->root, NULL);

	g_assert_null(kernel->release);
	g_assert_null(kernel->command_line);
	g_assert_cmpuint(kernel->major, ==, 0);
	g_assert_true(kernel->dma_ownership_model);
	g_assert_cmpint(kernel->vfio_pci, ==, MODULE_NOT_KNOWN);
	g_assert_null(kernel_argument(kernel, "quiet"));
}

/* A folder without lib -> usr/lib, and a kernel whose lists are not there. */
static void test_where_modules_are(void)
{
	autoptr(manifest) manifest = manifest_build(
		"proc/sys/kernel/osrelease = 6.12.1\n"
		"usr/lib/modules/6.12.1/modules.dep = kernel/drivers/vfio/pci/vfio-pci.ko.zst:\n");
	autoptr(kernel) kernel = kernel_read(manifest->root, NULL);

	g_assert_cmpint(kernel->vfio_pci, ==, MODULE_AVAILABLE);
	g_assert_cmpint(kernel->kvm_vendor, ==, MODULE_ABSENT);
	manifest_remove(manifest, "usr/lib/modules");
	g_assert_cmpint(kernel_module_state(manifest->root, kernel, "vfio_pci"), ==,
			MODULE_NOT_KNOWN);
}

static void test_arguments(void)
{
	static const struct {
		const char *name, *value;
	} cases[] = {
		{ "quiet", "" },
		{ "intel_iommu", "on,sm_on" },
		{ "vfio-pci.ids", "10de:1e82" },
		{ "vfio_pci.ids", "10de:1e82" },
		{ "root", "LABEL=my disk" },
		{ "video", "b c" },
		{ "intel", NULL },
		{ "single", NULL },
	};
	char line[] =
		"quiet intel_iommu=off root=\"LABEL=my disk\" \"video=b c\" intel-iommu=on,sm_on "
		"vfio_pci.ids=10de:1e82 -- single";
	const struct kernel kernel = { .command_line = line };

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *value = kernel_argument(&kernel, cases[i].name);

		g_assert_cmpstr(value, ==, cases[i].value);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/kernel/reads-desktop", test_reads_desktop);
	g_test_add_func("/kernel/versions", test_versions);
	g_test_add_func("/kernel/nothing-is-not-known", test_nothing_is_not_known);
	g_test_add_func("/kernel/where-modules-are", test_where_modules_are);
	g_test_add_func("/kernel/arguments", test_arguments);
	return g_test_run();
}
