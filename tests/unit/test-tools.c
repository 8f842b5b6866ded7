/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <glib/gstdio.h>

#include "machine/tools.h"
#include "manifest.h"

static void test_reads_desktop(void)
{
	autoptr(manifest) manifest = manifest_build_file("intel-desktop");
	autoptr(tools) tools = tools_read(manifest->root);

	g_assert_cmpstr(tools->os_id, ==, "debian");
	g_assert_null(tools->os_id_like);
	g_assert_cmpstr(tools->os_name, ==, "Debian GNU/Linux 13 (trixie)");
	g_assert_cmpstr(tools->qemu, ==, "/usr/bin/qemu-system-x86_64");
	g_assert_cmpstr(tools->libvirtd, ==, "/usr/sbin/libvirtd");
	g_assert_cmpint(tools->libvirt_running, ==, KNOWN_YES);
	g_assert_cmpint(tools->default_network, ==, KNOWN_YES);
	g_assert_cmpint(tools->default_network_active, ==, KNOWN_YES);
	g_assert_cmpint(tools->uefi_firmware, ==, KNOWN_YES);
	g_assert_cmpint(tools->hook_installed, ==, KNOWN_NO);
}

/* A recording of sys/ and proc/ says nothing about what is installed. */
static void test_nothing_is_not_known(void)
{
	autoptr(manifest) manifest = manifest_build("dir sys\n");
	autoptr(tools) tools = tools_read(manifest->root);

	g_assert_null(tools->os_id);
	g_assert_null(tools->qemu);
	g_assert_cmpint(tools->libvirt_running, ==, NOT_KNOWN);
	g_assert_cmpint(tools->default_network, ==, NOT_KNOWN);
	g_assert_cmpint(tools->default_network_active, ==, NOT_KNOWN);
	g_assert_cmpint(tools->uefi_firmware, ==, NOT_KNOWN);
	g_assert_cmpint(tools->hook_installed, ==, NOT_KNOWN);
}

static void test_modular_daemon(void)
{
	autoptr(manifest) manifest = manifest_build(
		"usr/lib/os-release = ID=fedora\\nID_LIKE='rhel centos'\n"
		"usr/bin/virtqemud = x\n"
		"run/libvirt/virtqemud-sock = x\n"
		"dir etc\n");
	autoptr(tools) tools = tools_read(manifest->root);

	g_assert_cmpstr(tools->os_id, ==, "fedora");
	g_assert_cmpstr(tools->os_id_like, ==, "rhel centos");
	g_assert_cmpstr(tools->libvirtd, ==, "/usr/bin/virtqemud");
	g_assert_cmpint(tools->libvirt_running, ==, KNOWN_YES);
	g_assert_cmpint(tools->default_network, ==, KNOWN_NO);
	g_assert_cmpint(tools->default_network_active, ==, KNOWN_NO);
}

/* An empty file of the administrator hides the distribution's; what is no descriptor is none. */
static void test_descriptors(void)
{
	static const struct {
		const char *text;
		enum known uefi;
	} cases[] = {
		{ "usr/share/qemu/firmware/a.json = {\"interface-types\": [\"uefi\"], "
		  "\"targets\": [{\"architecture\": \"aarch64\"}]}\n",
		  KNOWN_NO },
		{ "usr/share/qemu/firmware/a.json = {\"interface-types\": [\"bios\"], "
		  "\"targets\": [{\"architecture\": \"x86_64\"}]}\n",
		  KNOWN_NO },
		{ "usr/share/qemu/firmware/a.json = {\"interface-types\": [[], 1, null], "
		  "\"targets\": [1, {\"architecture\": {}}]}\n",
		  KNOWN_NO },
		{ "usr/share/qemu/firmware/a.json = [not json\n", KNOWN_NO },
		{ "usr/share/qemu/firmware/a.json = {\"interface-types\": [\"uefi\"], "
		  "\"targets\": [{\"architecture\": \"x86_64\"}]}\n"
		  "etc/qemu/firmware/a.json =\n",
		  KNOWN_NO },
		{ "dir usr\netc/qemu/firmware/a.json = {\"interface-types\": [\"uefi\"], "
		  "\"targets\": [{\"architecture\": \"x86_64\"}]}\n",
		  KNOWN_YES },
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		autoptr(manifest) manifest = manifest_build(cases[i].text);
		autoptr(tools) tools = tools_read(manifest->root);

		g_assert_cmpint(tools->uefi_firmware, ==, cases[i].uefi);
	}
}

/* libvirt passes over a hook that is not executable, so such a hook is not installed. */
static void test_hook_must_be_executable(void)
{
	autoptr(manifest) manifest =
		manifest_build("etc/libvirt/hooks/qemu.d/hotseat = #!/bin/sh\n");
	g_autofree char *path =
		g_build_filename(manifest->folder, "etc/libvirt/hooks/qemu.d/hotseat", NULL);
	autoptr(tools) before = tools_read(manifest->root);
	autoptr(tools) after = NULL;

	g_assert_cmpint(before->hook_installed, ==, KNOWN_NO);
	g_assert_cmpint(g_chmod(path, 0755), ==, 0);
	after = tools_read(manifest->root);
	g_assert_cmpint(after->hook_installed, ==, KNOWN_YES);
}

static void test_versions(void)
{
	autoptr(manifest) manifest = manifest_build(
		"usr/lib/x86_64-linux-gnu/libvirt.so.0 -> libvirt.so.0.11003.0\n"
		"var/cache/libvirt/qemu/capabilities/a.xml = "
		"<qemuCaps><emulator>/usr/bin/qemu-system-arm</emulator><version>1</version>\n"
		"var/cache/libvirt/qemu/capabilities/b.xml = "
		"<qemuCaps><emulator>/usr/bin/qemu-system-x86_64</emulator>\\n  "
		"<version>10000002</version>\n");
	autoptr(tools) tools = tools_read(manifest->root);

	g_assert_cmpuint(tools->libvirt_version, ==, 11003000);
	g_assert_cmpuint(tools->qemu_version, ==, 10000002);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/tools/reads-desktop", test_reads_desktop);
	g_test_add_func("/tools/nothing-is-not-known", test_nothing_is_not_known);
	g_test_add_func("/tools/modular-daemon", test_modular_daemon);
	g_test_add_func("/tools/descriptors", test_descriptors);
	g_test_add_func("/tools/hook-must-be-executable", test_hook_must_be_executable);
	g_test_add_func("/tools/versions", test_versions);
	return g_test_run();
}
