/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "domain-cases.h"
#include "manifest.h"
#include "rules/domain.h"
#include "rules/lint.h"

/*
 * All that DO-08 can say, each with what trips it and what nearly does. Documents like all these
 * were given to libvirt 9.0 and 11.3, which refuse the first ones and take the others.
 */
#define END "<memballoon"
#define DISK(bus, dev, more)                                                                       \
	"<disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='/b'/>"    \
	"<target dev='" dev "' bus='" bus "'/>" more "</disk>" END
#define CDROM(bus, dev, more)                                                                      \
	"<disk type='file' device='cdrom'><source file='/b'/><target dev='" dev "' bus='" bus      \
	"'/>" more "</disk>" END
#define DRIVE(unit) "<address type='drive' controller='0' bus='0' target='0' unit='" unit "'/>"
#define RNG(more) "<rng model='virtio'><backend model='random'>/dev/urandom</backend>" more "</rng>"
#define USB(port)                                                                                  \
	"<input type='mouse' bus='usb'><address type='usb' bus='0' port='" port "'/></input>"
#define CHANNEL(name, port)                                                                        \
	"<channel type='unix'><target type='virtio' name='" name                                   \
	"'/><address type='virtio-serial' controller='0' bus='0' port='" port "'/></channel>"
#define VIDEO "<video><model type='none'/></video>"
#define CARD(attributes, more) "<video><model " attributes ">" more "</model></video>"
#define OS "<os firmware='efi'>"
#define TYPE "<type arch='x86_64' machine='pc-q35-9.2'>hvm</type>"
#define NVRAM "<nvram>/var/lib/libvirt/qemu/nvram/w_VARS.fd</nvram>"
#define CPU "<cpu mode='host-passthrough' check='none' migratable='off'>"
#define TOPOLOGY "<topology"
#define PINS "</cputune>"
#define THREADS "<iothreads>1</iothreads>"
#define SYSINFO(entry) "<sysinfo type='smbios'>" entry "</sysinfo>" OS
#define SHMEM(more) "<shmem name='a'><model type='" more "</shmem>" END
#define MACHINE(rest) "<domain type='kvm'><name>w</name><memory>9</memory>" rest "</domain>"

static const struct form_case {
	const char *says; /* how it begins */
	const char *from; /* what of the clean domain is replaced; NULL: all of it */
	const char *trips, *nearly;
} cases[] = {
	{ "A name", "<name>w<", "<name>a/w<", "<name>a w<" },
	{ "A guest has some", ">8</memory>", ">0</memory>", ">1</memory>" },
	{ "No more vCPUs", "<vcpu placement='static'>", "<vcpu current='8'>",
	  "<vcpu current='4'>" },
	{ "Memory modules", END,
	  "<memory model='dimm'><target><size>1</size></target></memory>" END,
	  "<memory model='virtio-pmem'/>" END },
	{ "The uuid", OS,
	  "<uuid>4dea22b3-1d52-d8f3-2516-782e98ab3fa0</uuid>" SYSINFO(
		  "<system><entry name='uuid'>4dea22b3-1d52-d8f3-2516-782e98ab3fa1</entry>"
		  "</system>"),
	  "<uuid>4dea22b3-1d52-d8f3-2516-782e98ab3fa0</uuid>" SYSINFO(
		  "<system><entry name='uuid'>4DEA22B31D52d8f32516782e98ab3fa0</entry>"
		  "</system>") },
	{ "A BIOS date", OS, SYSINFO("<bios><entry name='date'>2020-01-31</entry></bios>"),
	  SYSINFO("<bios><entry name='date'>01/31/2020</entry></bios>") },
	{ "There is no <sysinfo", TYPE, TYPE "<smbios mode='sysinfo'/>",
	  TYPE "<smbios mode='emulate'/>" },
	{ "Variables need", OS, "<os>", OS },
	{ "UEFI needs ACPI", "<acpi/>", "<pae/>", "<acpi/><pae/>" },
	{ "Secure Boot is for q35", NULL,
	  MACHINE("<os><type machine='pc'>hvm</type><loader secure='yes'>/f</loader></os>"),
	  MACHINE("<os><type machine='q35'>hvm</type><loader secure='yes'>/f</loader></os>") },
	{ "The root of this machine", NULL,
	  MACHINE("<os><type machine='pc'>hvm</type></os><devices><controller type='pci' "
		  "index='0' model='pcie-root'/></devices>"),
	  MACHINE("<os><type machine='pc'>hvm</type></os><devices><controller type='pci' "
		  "index='0' model='pci-root'/></devices>") },
	{ "The root of q35", END, "<controller type='pci' index='0' model='pci-root'/>" END,
	  "<controller type='pci' index='0' model='pcie-root'/>" END },
	{ "An Intel IOMMU", NULL,
	  MACHINE("<os><type machine='pc'>hvm</type></os><devices><iommu model='intel'/>"
		  "</devices>"),
	  MACHINE("<os><type machine='q35'>hvm</type></os><devices><iommu model='intel'/>"
		  "</devices>") },
	{ "eim needs", END, "<iommu model='intel'><driver eim='on'/></iommu>" END,
	  "<iommu model='intel'><driver eim='on' intremap='on'/></iommu>" END },
	{ "Either the devices", NULL,
	  MACHINE("<os><type>hvm</type><boot dev='hd'/></os><devices><disk><boot order='1'/>"
		  "</disk></devices>"),
	  MACHINE("<os><type>hvm</type></os><devices><disk><boot order='1'/></disk></devices>") },
	{ "Another device has this place", END,
	  DISK("virtio", "vdb", "<boot order='2'/>") " model='none'/>" CDROM("sata", "sda",
									     "<boot order='2'/>"),
	  DISK("virtio", "vdb", "<boot order='2'/>") " model='none'/>" CDROM("sata", "sda",
									     "<boot order='3'/>") },
	{ "Before 9.2", TYPE, TYPE "<loader readonly='yes' type='pflash'>/f</loader>",
	  TYPE "<loader secure='yes'/>" },
	{ "Secure Boot needs SMM", NULL,
	  MACHINE("<os><type machine='q35'>hvm</type><loader secure='yes'>/f</loader></os>"),
	  MACHINE("<os><type machine='q35'>hvm</type><loader secure='yes'>/f</loader></os>"
		  "<features><smm state='on'/></features>") },
	{ "Memory that can be added", "<memory ", "<maxMemory slots='2'>9</maxMemory><memory ",
	  "<memory slots='2' " },
	{ "Interrupt remapping", END, "<iommu model='intel'><driver intremap='on'/></iommu>" END,
	  "<iommu model='intel'><driver caching_mode='on'/></iommu>" END },
	{ "virtiofs is never", END,
	  "<filesystem><driver type='virtiofs'/><readonly/></filesystem>" END,
	  "<filesystem><driver type='path'/><readonly/></filesystem>" END },
	{ "Features are those", CPU, "<cpu><feature policy='require' name='svm'/>",
	  "<cpu><model>Skylake-Client</model><feature policy='require' name='svm'/>" },
	{ "This feature of the processor", TOPOLOGY,
	  "<feature policy='require' name='a'/><feature policy='disable' name='a'/>" TOPOLOGY,
	  "<feature policy='require' name='a'/><feature policy='disable' name='b'/>" TOPOLOGY },
	{ "The host's caches", CPU, "<cpu mode='host-model'><cache mode='passthrough'/>",
	  "<cpu mode='maximum'><cache mode='passthrough'/>" },
	{ "This kind of cache", TOPOLOGY, "<cache mode='passthrough' level='3'/>" TOPOLOGY,
	  "<cache mode='emulate' level='3'/>" TOPOLOGY },
	{ "migratable= is", CPU, "<cpu mode='host-model' migratable='off'>",
	  "<cpu mode='maximum' migratable='off'>" },
	{ "The host's number of address", TOPOLOGY,
	  "<maxphysaddr mode='passthrough' bits='40'/>" TOPOLOGY,
	  "<maxphysaddr mode='emulate' bits='40'/>" TOPOLOGY },
	{ "The guest has no NUMA", OS, "<numatune><memnode cellid='0' nodeset='0'/></numatune>" OS,
	  "<numatune><memory nodeset='0'/></numatune>" OS },
	{ "The nodes are not", OS, "<numatune><memory mode='strict'/></numatune>" OS,
	  "<numatune><memory mode='strict' placement='auto'/></numatune>" OS },
	{ "There are two sizes", "<nosharepages/>",
	  "<hugepages><page size='2048'/><page size='1048576'/></hugepages>",
	  "<hugepages><page size='2048'/><page size='1048576' nodeset='0'/></hugepages>" },
	{ "Another I/O thread", THREADS,
	  "<iothreads>2</iothreads><iothreadids><iothread id='1'/><iothread id='1'/>"
	  "</iothreadids>",
	  "<iothreads>2</iothreads><iothreadids><iothread id='1'/><iothread id='2'/>"
	  "</iothreadids>" },
	{ "There is no I/O thread", PINS, "<iothreadpin iothread='2' cpuset='0'/>" PINS,
	  "<iothreadpin iothread='1' cpuset='0'/>" PINS },
	{ "This I/O thread is", PINS,
	  "<iothreadpin iothread='1' cpuset='0'/><iothreadpin iothread='1' cpuset='1'/>" PINS,
	  "<iothreadpin iothread='1' cpuset='0-1'/>" PINS },
	{ "QEMU has no such policy", "<timer name='hpet'",
	  "<timer name='pit' tickpolicy='merge'/><timer name='hpet'",
	  "<timer name='pit' tickpolicy='delay'/><timer name='hpet'" },
	{ "Another disk has this name", END, DISK("sata", "vda", ""), DISK("sata", "sda", "") },
	{ "Another disk has this address", END,
	  DISK("sata", "sda", DRIVE("1")) " model='none'/>" DISK("sata", "sdb", DRIVE("0x1")),
	  DISK("sata", "sda", DRIVE("1")) " model='none'/>" DISK("scsi", "sdb", DRIVE("1")) },
	{ "A disk on this bus has no PCI", END,
	  DISK("sata", "sda", "<address type='pci' bus='0' slot='9' function='0'/>"),
	  DISK("virtio", "sda", "<address type='pci' bus='0' slot='9' function='0'/>") },
	{ "A virtio disk has a PCI", END, DISK("virtio", "vdb", DRIVE("1")),
	  DISK("sata", "vdb", DRIVE("1")) },
	{ "A virtio disk cannot", END, CDROM("virtio", "vdb", ""), CDROM("sata", "vdb", "") },
	{ "The disk has no image", END,
	  "<disk type='file' device='disk'><target dev='vdb' bus='virtio'/></disk>" END,
	  "<disk type='file' device='cdrom'><target dev='sda' bus='sata'/></disk>" END },
	{ "A disk on this bus cannot", END, DISK("sata", "sda", "<readonly/>"),
	  CDROM("sata", "sda", "<readonly/>") },
	{ "Only raw", END, DISK("virtio", "vdb", "<shareable/>"),
	  DISK("virtio", "vdb", "<shareable/><readonly/>") },
	{ "What is only read", "<driver name='qemu'",
	  "<readonly/><driver copy_on_read='on' name='qemu'",
	  "<driver copy_on_read='on' name='qemu'" },
	{ "QEMU is the only", "<driver name='qemu'", "<driver name='file'", "<driver" },
	{ "I/O threads and queues", "<target dev='vda' bus='virtio'/>",
	  "<target dev='vda' bus='sata'/>", "<target dev='sda' bus='virtio'/>" },
	{ "Only SCSI and IDE", END, DISK("sata", "sda", "<wwn>5000c50015ea71ad</wwn>"),
	  DISK("scsi", "sda", "<wwn>5000c50015ea71ad</wwn>") },
	{ "Only SCSI disks have a v", END, DISK("sata", "sda", "<vendor>A</vendor>"),
	  DISK("scsi", "sda", "<vendor>A</vendor>") },
	{ "Only USB and SCSI", END, DISK("virtio", "vdb' removable='on", ""),
	  DISK("usb' removable='on", "sda", "") },
	{ "A virtio disk has no rotation", END, DISK("virtio' rotation_rate='1", "vdb", ""),
	  DISK("sata' rotation_rate='1", "sda", "") },
	{ "Another controller", END,
	  "<controller type='pci' index='2'/><controller type='pci' index='0x2'/>" END,
	  "<controller type='usb' index='2'><master startport='0'/></controller>"
	  "<controller type='usb' index='2'><master startport='2'/></controller>" END },
	{ "The guest has PCI domain", END,
	  RNG("<address type='pci' domain='0x0001' bus='0' slot='9' function='0'/>") END,
	  RNG("<address type='pci' domain='0x0000' bus='0' slot='9' function='0'/>") END },
	{ "Another USB", END, USB("1") USB("1") END, USB("1") USB("2") END },
	{ "Another channel", END, CHANNEL("a", "1") CHANNEL("b", "1") END,
	  CHANNEL("a", "0") CHANNEL("b", "0") END },
	{ "The controller has 15", "ports='15'", "ports='16'", "ports='14'" },
	{ "There is no USB", "model='qemu-xhci' ports='15'/>", "model='none'/>" USB("1"),
	  "model='none'/>" },
	{ "Another device has this alias", END,
	  RNG("<alias name='ua-a'/>") RNG("<alias name='ua-a'/>") END,
	  RNG("<alias name='rng0'/>") RNG("<alias name='rng0'/>") END },
	{ "One screen", END, "<graphics type='vnc'/><graphics type='vnc'/>" END,
	  "<graphics type='vnc'/><graphics type='spice'/>" END },
	{ "A guest without", VIDEO, VIDEO CARD("type='virtio'", ""), VIDEO },
	{ "One emulated card", VIDEO,
	  CARD("type='virtio' primary='yes'", "") CARD("type='qxl' primary='yes'", ""),
	  CARD("type='virtio'", "") CARD("type='qxl' primary='yes'", "") },
	{ "An emulated card of this", VIDEO, CARD("type='qxl'", "") CARD("type='vga'", ""),
	  CARD("type='vga'", "") CARD("type='qxl'", "") },
	{ "Only virtio's", VIDEO, CARD("type='qxl'", "<acceleration accel3d='yes'/>"),
	  CARD("type='virtio'", "<acceleration accel3d='yes'/>") },
	{ "An emulated card has", VIDEO, CARD("type='vga' vram='512'", ""),
	  CARD("type='vga' vram='16384'", "") },
	{ "There is no <graphics>", END, "<hostdev type='mdev' display='on'/>" END,
	  "<hostdev type='mdev' display='off'/>" END },
	{ "Another sound", END, "<audio id='1' type='none'/>" END,
	  "<audio id='2' type='none'/>" END },
	{ "There is no sound", "<sound model='ich9'/>",
	  "<sound model='ich9'><audio id='2'/></sound>",
	  "<sound model='ich9'><audio id='1'/></sound>" },
	{ "This input", END, "<input type='tablet' bus='ps2'/>" END,
	  "<input type='mouse' bus='ps2'/>" END },
	{ "SPICE's channel", END,
	  "<channel type='spicevmc'><target type='virtio' name='a'/></channel>" END,
	  "<channel type='spicevmc'><target type='virtio' name='com.redhat.spice.0'/>"
	  "</channel>" END },
	{ "ivshmem-doorbell has", END, SHMEM("ivshmem-plain'/><server path='/s'/>"),
	  SHMEM("ivshmem-doorbell'/><server path='/s'/>") },
	{ "virtiofs has", END,
	  "<filesystem accessmode='mapped'><driver type='virtiofs'/></filesystem>" END,
	  "<filesystem accessmode='mapped'><driver type='path'/></filesystem>" END },
	{ "There is one filter", END, "<redirfilter/><redirfilter/>" END, "<redirfilter/>" END },
	{ "A ROM that is off",
	  "</source>\n      <address type='pci' domain='0' bus='0x05' "
	  "slot='0x00' function='0x1'/>",
	  "</source><rom enabled='no' file='/r'/>", "</source><rom enabled='no'/>" },
};

static char *replaced(const struct form_case *item, const char *to)
{
	g_autoptr(GString) text = g_string_new(clean_domain);

	if (item->from == NULL)
		return g_strdup(to);
	if (strstr(clean_domain, item->from) == NULL)
		g_error("%s is not in the clean domain", item->from);
	g_string_replace(text, item->from, to, 1);
	return g_string_free(g_steal_pointer(&text), FALSE);
}

/* count - how often DO-08 says this about a text */
static guint count(const char *text, const struct schema *schema, const char *says)
{
	g_autoptr(GPtrArray) findings = lint_judge(text, strlen(text), NULL, schema, NULL);
	guint n = 0;

	for (guint i = 0; i < findings->len; i++) {
		const struct finding *finding = g_ptr_array_index(findings, i);

		n += g_str_equal(finding->rule->id, "DO-08") &&
		     g_str_has_prefix(finding->message, says);
	}
	return n;
}

/* A schema that takes nothing of today is one of an old libvirt. */
static struct schema *old_schema(const struct manifest *folder)
{
	g_autofree char *path = g_build_filename(folder->folder, "schemas", "old.rng", NULL);
	g_autoptr(GError) error = NULL;
	struct schema *schema;

	g_assert_true(g_file_set_contents(path,
					  "<grammar xmlns='http://relaxng.org/ns/structure/1.0'>"
					  "<start><element name='old'><empty/></element></start>"
					  "</grammar>",
					  -1, NULL));
	schema = schema_open(path, &error);
	g_assert_no_error(error);
	return schema;
}

static void test_cases(void)
{
	autoptr(manifest) folder = manifest_build("dir schemas\n");
	autoptr(schema) old = old_schema(folder);

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *trips = replaced(&cases[i], cases[i].trips);
		g_autofree char *nearly = replaced(&cases[i], cases[i].nearly);
		guint loud = count(trips, old, cases[i].says);
		guint quiet = count(nearly, old, cases[i].says);

		if (loud == 0 || quiet != 0) {
			g_test_message("%s: %u where it should speak, %u where not", cases[i].says,
				       loud, quiet);
			g_test_fail();
		}
	}
}

static void test_all_have_cases(void)
{
	const char *says;

	for (gsize i = 0; (says = domain_form_says(i)) != NULL; i++) {
		guint found = 0;

		for (gsize k = 0; k < G_N_ELEMENTS(cases); k++)
			found += g_str_has_prefix(says, cases[k].says);
		if (found != 1)
			g_error("%u cases for: %s", found, says);
	}
}

/* What libvirt took back since is said to those alone who have a libvirt from before. */
static void test_old_alone(void)
{
	static const struct form_case item = {
		NULL, TYPE, TYPE "<loader readonly='yes' type='pflash'>/f</loader>", NULL
	};
	g_autofree char *text = replaced(&item, item.trips);
	autoptr(manifest) folder = manifest_build("dir schemas\n");
	autoptr(schema) old = old_schema(folder);

	g_assert_cmpuint(count(text, old, "Before 9.2"), ==, 1);
	g_assert_cmpuint(count(text, NULL, "Before 9.2"), ==, 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/forms/cases", test_cases);
	g_test_add_func("/forms/all-have-cases", test_all_have_cases);
	g_test_add_func("/forms/old-alone", test_old_alone);
	return g_test_run();
}
