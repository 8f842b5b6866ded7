/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "core/error.h"
#include "corpus.h"
#include "fix/import.h"
#include "guest/domain.h"
#include "manifest.h"
#include "rules/lint.h"

static struct schema *installed;

/* A Windows guest in the manner of 2018, as a page shows it: wrappers lost, everything foreign. */
static const char from_a_page[] =
	"<domain type='kvm' id='3' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>\n"
	"  <name>oldwin</name>\n"
	"  <uuid>5f3c1a52-3a6e-4a2e-9a55-0d0f3ad6c0de</uuid>\n"
	"  <memory unit='KiB'>4194304</memory>\n"
	"  <vcpu placement='static'>4</vcpu>\n"
	"    <vcpupin vcpu='0' cpuset='0'/>\n"
	"    <type arch='x86_64' machine='pc-i440fx-bionic'>hvm</type>\n"
	"    <loader readonly='yes' type='pflash'>/usr/share/qemu/other.fd</loader>\n"
	"      <relaxed state='on'/>\n"
	"      <vendor_id state='on' value='whatever'/>\n"
	"      <hidden state='on'/>\n"
	"  <cpu mode='host-passthrough' check='none'/>\n"
	"  <clock offset='localtime'>\n"
	"    <timer name='hypervclock' present='yes'/>\n"
	"    <disk type='file' device='disk'>\n"
	"      <driver name='qemu' type='raw' io='threads'/>\n"
	"      <source file='/nowhere/win.qcow2'/>\n"
	"      <target dev='hda' bus='ide'/>\n"
	"      <alias name='ide0-0-0'/>\n"
	"    <interface type='network'>\n"
	"      <mac address='52:54:00:11:22:33'/>\n"
	"      <source network='default' bridge='virbr0'/>\n"
	"      <model type='rtl8139'/>\n"
	"      <address type='pci' domain='0x0000' bus='0x00' slot='0x03' function='0x0'/>\n"
	"    <hostdev mode='subsystem' type='pci' managed='yes'>\n"
	"        <address domain='0x0000' bus='0x42' slot='0x00' function='0x0'/>\n"
	"      <address type='pci' domain='0x0000' bus='0x00' slot='0x02' function='0x0'/>\n"
	"    <qemu:arg value='-object'/>\n"
	"    <qemu:arg value='input-linux,id=m,evdev=/dev/input/event9'/>\n"
	"    <qemu:env name='QEMU_AUDIO_DRV' value='pa'/>\n";

static char *import(const char *text, const struct machine *machine, const char *disk,
		    struct foreign **kept)
{
	static struct virt_capabilities capabilities;
	static const char *const gpus[] = { "0000:01:00.0", NULL };
	const struct wish wish = { .gpus = gpus, .vcpus = 4, .memory_kib = 4 << 20 };
	const struct import_wish import_wish = { .name = "mine",
						 .machine = machine,
						 .capabilities = &capabilities,
						 .schema = installed,
						 .disk = disk };
	g_autoptr(GError) error = NULL;
	autoptr(foreign) foreign = foreign_read(text, strlen(text), &error);
	autoptr(plan) plan = NULL;
	char *xml;

	g_assert_no_error(error);
	capabilities.virt_type = (char[]){ "kvm" };
	capabilities.machine = (char[]){ "pc-q35-7.2" };
	capabilities.host_passthrough = TRUE;
	plan = plan_make(machine, &wish, &error);
	g_assert_no_error(error);
	xml = import_make(foreign, &import_wish, plan, &error);
	g_assert_no_error(error);
	if (kept != NULL)
		*kept = g_steal_pointer(&foreign);
	return xml;
}

/* Something that libvirt takes, ours, and with nothing of the other machine's. */
static void expect_ours(const char *name, const char *xml)
{
	autoptr(domain_facts) facts = domain_facts_parse(xml, NULL);
	autoptr(document) document = document_read(xml, strlen(xml), NULL);

	g_assert_nonnull(facts);
	g_assert_true(facts->ours);
	g_assert_false(facts->managed);
	g_assert_cmpstr(facts->name, ==, "mine");
	for (guint i = 0; facts->hostdevs[i] != NULL; i++)
		g_assert_true(g_str_has_prefix(facts->hostdevs[i], "0000:01:00."));
	g_assert_false(document_true(document, "qemu:commandline"));
	if (installed != NULL) {
		g_autoptr(GPtrArray) misfits = document_misfits(document, installed);

		if (misfits->len > 0)
			g_error("%s: libvirt does not take %s:\n%s", name,
				((struct misfit *)g_ptr_array_index(misfits, 0))->what, xml);
	}
}

/* An installed Windows goes on with its disk's bus, its uuid and its MAC address. */
static void test_page(void)
{
	static const char *const kept[] = {
		"52:54:00:11:22:33", "5f3c1a52-3a6e-4a2e-9a55-0d0f3ad6c0de", "bus=\"ide\"",
		"firmware=\"efi\"", "machine=\"pc\"", "type=\"qcow2\"",
		/* without PCI Express the card has a slot of the root bus, all of it */
		"slot=\"0x10\" function=\"0x0\" multifunction=\"on\"",
		"slot=\"0x10\" function=\"0x1\"/>"
	};
	autoptr(manifest) manifest = manifest_build_file("intel-desktop");
	autoptr(machine) machine = machine_open(manifest->folder, MACHINE_ALL, NULL);
	g_autofree char *disk = g_build_filename(manifest->folder, "win.img", NULL);
	autoptr(foreign) foreign = NULL;
	g_autofree char *xml = NULL;

	g_assert_true(g_file_set_contents(disk, "QFI\xfb\0\0\0\3", 8, NULL));
	xml = import(from_a_page, machine, disk, &foreign);
	expect_ours("from a page", xml);
	for (guint i = 0; i < G_N_ELEMENTS(kept); i++) {
		if (strstr(xml, kept[i]) == NULL)
			g_error("%s is gone:\n%s", kept[i], xml);
	}
	g_assert_null(strstr(xml, "pcie-root-port"));
	g_assert_true(foreign->windows);
	g_assert_cmpuint(foreign->vcpus, ==, 4);
	g_assert_cmpuint(foreign->memory_kib, ==, 4 << 20);
	g_assert_cmpuint(foreign->notes->len, >, 3);
}

/* Of what this machine decides, a guest that comes has what a new one would have, once. */
static void test_as_a_new_one(void)
{
	static const char from[] =
		"<domain type='kvm'>\n  <name>mine</name>\n  <memory unit='GiB'>9</memory>\n"
		"  <currentMemory unit='GiB'>4</currentMemory>\n  <vcpu>1</vcpu>\n"
		"  <os>\n    <type arch='x86_64' machine='pc-q35-4.2'>hvm</type>\n  </os>\n"
		"  <devices>\n    <controller type='pci' index='0' model='pcie-root'/>\n"
		"    <controller type='pci' index='7' model='pcie-switch-upstream-port'/>\n"
		"    <input type='evdev'>\n      <source dev='/dev/input/event3' grab='all'/>\n"
		"    </input>\n    <graphics type='vnc' port='5901'/>\n    <video>\n"
		"      <model type='qxl'/>\n    </video>\n    <memballoon model='virtio'/>\n"
		"  </devices>\n  <vcpu>6</vcpu>\n</domain>\n";
	static const char *const once[] = {
		"memory",
		"vcpu",
		"cputune[count(vcpupin) = 4]/emulatorpin",
		"cpu[@mode = 'host-passthrough']/topology",
		"metadata/*/*[@fingerprint]",
		"devices/controller[@type = 'pci'][@model = 'pcie-root-port'][@index = '1']",
		"devices/hostdev/address[@bus = '0x01'][@function = '0x0'][@multifunction = 'on']",
		"devices/graphics",
		"devices/video/model[@type = 'vga']",
		"devices/memballoon[@model = 'none']",
	};
	autoptr(manifest) manifest = manifest_build_file("intel-desktop");
	autoptr(machine) machine = machine_open(manifest->folder, MACHINE_ALL, NULL);
	g_autofree char *xml = import(from, machine, NULL, NULL);
	autoptr(document) document = document_read(xml, strlen(xml), NULL);

	expect_ours("a plain one", xml);
	for (guint i = 0; i < G_N_ELEMENTS(once); i++) {
		if (document_count(document, once[i]) != 1)
			g_error("there is %u times %s in:\n%s", document_count(document, once[i]),
				once[i], xml);
	}
	g_assert_false(document_true(document,
				     "currentMemory | devices/controller[@index = '7'] | "
				     "devices/input[source/@dev = '/dev/input/event3']"));
}

/* Whatever people have becomes something that libvirt takes. */
static void test_corpus(void)
{
	static const char *const folders[] = { "seed", "domains" };
	autoptr(manifest) manifest = manifest_build_file("intel-desktop");
	autoptr(machine) machine = machine_open(manifest->folder, MACHINE_ALL, NULL);
	guint imported = 0;

	for (gsize f = 0; f < G_N_ELEMENTS(folders); f++) {
		g_auto(GStrv) names = corpus_list(folders[f]);

		if (names == NULL) {
			g_test_skip("the corpus is not here");
			return;
		}
		for (guint i = 0; names[i] != NULL; i++) {
			g_autofree char *name = g_build_filename(folders[f], names[i], NULL);
			g_autofree char *text = corpus_read(name);
			autoptr(foreign) foreign = foreign_read(text, strlen(text), NULL);
			g_autofree char *xml = NULL;

			if (foreign == NULL || !g_str_has_suffix(name, ".xml"))
				continue;
			xml = import(text, machine, NULL, NULL);
			expect_ours(name, xml);
			imported++;
		}
	}
	g_test_message("%u imported", imported);
}

static void test_nothing(void)
{
	g_autoptr(GError) error = NULL;

	g_assert_null(foreign_read("<network/>", 10, &error));
	g_assert_true(hotseat_error_is(error, HOTSEAT_ERROR_UNREADABLE));
}

int main(int argc, char **argv)
{
	int status;

	g_test_init(&argc, &argv, NULL);
	installed = schema_open(SCHEMA_INSTALLED, NULL);
	g_test_add_func("/import/page", test_page);
	g_test_add_func("/import/as-a-new-one", test_as_a_new_one);
	g_test_add_func("/import/corpus", test_corpus);
	g_test_add_func("/import/nothing", test_nothing);
	status = g_test_run();
	schema_free(installed);
	return status;
}
