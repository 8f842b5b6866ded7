/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/domain.h"

/*
 * What libvirt's schema takes, and libvirt itself does not: a schema knows which elements and
 * values there are, but hardly which of them go together. Read in libvirt's sources, and each seen
 * to be refused by define --validate or domxml-to-native of 9.0 or 11.3.
 */
#define MAX_KEYS 5

struct form {
	const char *path;
	/*
	 * Below the path, what no two of its elements may have alike, numbers as numbers and "0"
	 * where it is not there. Without any, each element found is at fault.
	 */
	const char *keys[MAX_KEYS];
	const char *says, *fix;
	gboolean old; /* by a libvirt older than 9.2 alone, as far as it was seen */
};

#define DISK_BUS(...) "devices/disk[target/@bus][not(" __VA_ARGS__ ")]"
#define USUAL_DISK "(not(@device) or @device='disk')"
#define TAKE_OUT "Take it out."
#define NEW_ADDRESS "Take this <address> out: libvirt chooses one."
#define NO_THREAD                                                                                  \
	"[not(@iothread <= number(../../iothreads))][not(@iothread = "                             \
	"../../iothreadids/iothread/@id)]"
#define IS_Q35 "os/type[contains(@machine, 'q35')]"
#define IS_I440FX "os/type[not(@machine) or @machine='pc' or starts-with(@machine, 'pc-i440fx')]"
/* letters small, without hyphens: a uuid may be written both ways */
#define UUID(text) "translate(normalize-space(" text "), 'ABCDEF-', 'abcdef')"

static const struct form forms[] = {
	/* the whole */
	{ .path = "name[contains(., '/')]",
	  .says = "A name has no slash in it",
	  .fix = "Another name" },
	{ .path = "memory[. = 0][not(../cpu/numa/cell)]",
	  .says = "A guest has some memory",
	  .fix = "<memory unit='GiB'>8</memory>" },
	{ .path = "vcpu[@current > .]",
	  .says = "No more vCPUs than <vcpu> says can be there at the start",
	  .fix = "Take current= out." },
	{ .path = "self::domain[not(maxMemory)]/devices/memory[@model='dimm' or @model='nvdimm']",
	  .says = "Memory modules need <maxMemory>",
	  .fix = "<maxMemory slots='4' unit='GiB'>32</maxMemory>, with a NUMA cell in <cpu>" },
	{ .path = "sysinfo[@type='smbios']/system/entry[@name='uuid'][../../../uuid][" UUID(
		  ".") " != " UUID("../../../uuid") "]",
	  .says = "The uuid that SMBIOS shows is the guest's",
	  .fix = "Write the <uuid> of the guest here, or take the entry out." },
	{ .path = "sysinfo[@type='smbios']/bios/entry[@name='date'][string-length(translate(., "
		  "'0123456789', '')) != 2 or translate(., '0123456789', '') != '//']",
	  .says = "A BIOS date is month/day/year",
	  .fix = "01/31/2024" },
	{ .path = "os/smbios[@mode='sysinfo'][not(../../sysinfo[@type='smbios'])]",
	  .says = "There is no <sysinfo type='smbios'> to show",
	  .fix = TAKE_OUT },

	/* firmware and machine */
	{ .path = "os[not(@firmware)][not(loader[normalize-space(.) != ''])]/nvram",
	  .says = "Variables need a firmware that keeps them",
	  .fix = "<os firmware='efi'>" },
	{ .path = "self::domain[os/@firmware='efi' or os/loader[@type='pflash'][@readonly='yes']]"
		  "[not(features/acpi)]/os",
	  .says = "UEFI needs ACPI",
	  .fix = "<acpi/> in <features>" },
	{ .path = IS_I440FX "[../loader/@secure='yes']",
	  .says = "Secure Boot is for q35 alone",
	  .fix = "Make a new q35 guest; the machine cannot be changed in place." },
	{ .path = IS_I440FX
	  "/../../devices/controller[@type='pci'][@index='0'][@model='pcie-root']",
	  .says = "The root of this machine is pci-root",
	  .fix = "Take all PCI controllers and all addresses out: libvirt makes new ones." },
	{ .path = IS_Q35 "/../../devices/controller[@type='pci'][@index='0'][@model='pci-root']",
	  .says = "The root of q35 is pcie-root",
	  .fix = "Take all PCI controllers and all addresses out: libvirt makes new ones." },
	{ .path = IS_I440FX "/../../devices/iommu[@model='intel']",
	  .says = "An Intel IOMMU is for q35 alone",
	  .fix = TAKE_OUT },
	{ .path = "devices/iommu/driver[@eim='on'][not(@intremap='on')]",
	  .says = "eim needs interrupt remapping",
	  .fix = "intremap='on', with <ioapic driver='qemu'/>" },
	{ .path = "os/boot[1][../../devices/*/boot/@order]",
	  .says = "Either the devices have an order or <os> has",
	  .fix = "Take <boot dev=…> out of <os>." },
	{ .path = "devices/*/boot[@order]",
	  .keys = { "@order" },
	  .says = "Another device has this place in the boot order",
	  .fix = "One place for each device" },

	/* 9.2 and later write down which firmware they chose; those before have none of it */
	{ .path = "os[@firmware]/loader[@readonly or @type or @secure='no' or "
		  "normalize-space(.) != ''] | os[@firmware]/nvram[@template]",
	  .says = "Before 9.2 firmware= chooses everything, and no path or kind may stand beside "
		  "it",
	  .fix = "<os firmware='efi'> with <type> and <nvram> alone",
	  .old = TRUE },
	{ .path = "os[not(@firmware)]/loader[@secure='yes'][not(../../features/smm[not(@state) or "
		  "@state='on'])]",
	  .says = "Secure Boot needs SMM, which older ones do not turn on by themselves",
	  .fix = "<smm state='on'/> in <features>",
	  .old = TRUE },
	{ .path = "maxMemory[not(../cpu/numa/cell)]",
	  .says = "Memory that can be added needs a NUMA cell",
	  .fix = "Take <maxMemory> out.",
	  .old = TRUE },
	{ .path = "devices/iommu[@model='intel'][driver/@intremap='on']"
		  "[not(../../features/ioapic/@driver='qemu')]",
	  .says = "Interrupt remapping needs <ioapic driver='qemu'/>",
	  .fix = "<ioapic driver='qemu'/> in <features>",
	  .old = TRUE },
	{ .path = "devices/filesystem[driver/@type='virtiofs'][readonly]",
	  .says = "virtiofs is never read-only",
	  .fix = "Take <readonly/> out.",
	  .old = TRUE },

	/* the processor and what runs where */
	{ .path = "cpu[not(@mode) or @mode='custom'][not(model)]/feature[1]",
	  .says = "Features are those of a model, and none is named",
	  .fix = "<cpu mode='host-passthrough'>" },
	{ .path = "cpu/feature",
	  .keys = { "@name" },
	  .says = "This feature of the processor stands twice",
	  .fix = "Keep one of them." },
	{ .path = "cpu[not(@mode='host-passthrough' or @mode='maximum')]/cache[@mode="
		  "'passthrough']",
	  .says = "The host's caches go with the host's processor",
	  .fix = "<cpu mode='host-passthrough'>" },
	{ .path = "cpu/cache[@mode='passthrough'][@level] | "
		  "cpu/cache[@mode='emulate'][@level][@level != 3]",
	  .says = "This kind of cache has no such level",
	  .fix = "<cache mode='passthrough'/>" },
	{ .path = "cpu[@migratable][not(@mode='host-passthrough' or @mode='maximum')]",
	  .says = "migratable= is for the host's own processor",
	  .fix = "Take migratable= out, or mode='host-passthrough'" },
	{ .path = "cpu/maxphysaddr[@mode='passthrough'][@bits]",
	  .says = "The host's number of address bits is passed, or one is given",
	  .fix = "Take bits= out." },
	{ .path = "numatune/memnode[not(../../cpu/numa/cell)]",
	  .says = "The guest has no NUMA cells that memory could be tuned for",
	  .fix = "<memory mode='strict' nodeset='0'/>" },
	{ .path = "numatune/memory[not(@nodeset)][not(@placement='auto')]"
		  "[not(../../vcpu/@placement='auto')]",
	  .says = "The nodes are not said",
	  .fix = "nodeset='0'" },
	{ .path = "memoryBacking/hugepages/page[not(@nodeset)][preceding-sibling::page["
		  "not(@nodeset)]]",
	  .says = "There are two sizes of huge pages for the same memory",
	  .fix = "One <page>" },
	{ .path = "iothreadids/iothread",
	  .keys = { "@id" },
	  .says = "Another I/O thread has this number",
	  .fix = TAKE_OUT },
	{ .path = "cputune/iothreadpin" NO_THREAD,
	  .says = "There is no I/O thread of this number",
	  .fix = "<iothreads>1</iothreads> below <vcpu>, or take the pin out" },
	{ .path = "cputune/iothreadpin",
	  .keys = { "@iothread" },
	  .says = "This I/O thread is pinned already",
	  .fix = "One <iothreadpin> for each thread" },
	{ .path = "clock/timer[@name='pit'][@tickpolicy='merge']",
	  .says = "QEMU has no such policy for the pit",
	  .fix = "tickpolicy='delay'" },

	/* disks */
	{ .path = "devices/disk[target/@dev]",
	  .keys = { "target/@dev" },
	  .says = "Another disk has this name",
	  .fix = "One name for each disk: sda, sdb, vda …" },
	{ .path = "devices/disk[target/@bus]/address[@type='drive']",
	  .keys = { "../target/@bus", "@controller", "@bus", "@target", "@unit" },
	  .says = "Another disk has this address",
	  .fix = NEW_ADDRESS },
	{ .path = "devices/disk[target/@bus='sata' or target/@bus='ide' or target/@bus='scsi' or "
		  "target/@bus='fdc' or target/@bus='usb']/address[@type='pci']",
	  .says = "A disk on this bus has no PCI address: it is one of a virtio disk",
	  .fix = NEW_ADDRESS },
	{ .path = "devices/disk[target/@bus='virtio']/address[@type='drive' or @type='usb']",
	  .says = "A virtio disk has a PCI address: this is one of another bus",
	  .fix = NEW_ADDRESS },
	{ .path = "devices/disk[@device='cdrom'][target/@bus='virtio']",
	  .says = "A virtio disk cannot be ejected",
	  .fix = "bus='sata', dev='sda'" },
	{ .path = "devices/disk[" USUAL_DISK "][not(source)]",
	  .says = "The disk has no image",
	  .fix = "<source file='…'/>" },
	{ .path = "devices/disk[" USUAL_DISK "][readonly][target/@bus='sata' or "
		  "target/@bus='ide']",
	  .says = "A disk on this bus cannot be read-only",
	  .fix = "Take <readonly/> out, or bus='virtio'" },
	{ .path = "devices/disk[shareable][not(readonly)][" USUAL_DISK "]/driver[@type][@type != "
		  "'raw']",
	  .says = "Only raw images can be shared",
	  .fix = "Take <shareable/> out." },
	{ .path = "devices/disk[readonly]/driver[@copy_on_read='on']",
	  .says = "What is only read is not copied",
	  .fix = "Take copy_on_read= out." },
	{ .path = "devices/disk/driver[@name][@name != 'qemu']",
	  .says = "QEMU is the only driver of disks",
	  .fix = "name='qemu'" },
	{ .path = DISK_BUS("target/@bus='virtio'") "/driver[@iothread or @queues]",
	  .says = "I/O threads and queues of its own has a virtio disk alone",
	  .fix = "Take iothread= and queues= out; with virtio-scsi they belong to the "
		 "controller's <driver>." },
	{ .path = DISK_BUS("target/@bus='scsi' or target/@bus='ide'") "/wwn",
	  .says = "Only SCSI and IDE disks have a wwn",
	  .fix = TAKE_OUT },
	{ .path = DISK_BUS("target/@bus='scsi'") "/vendor",
	  .says = "Only SCSI disks have a vendor",
	  .fix = TAKE_OUT },
	{ .path = DISK_BUS("target/@bus='scsi' or target/@bus='usb'") "/target[@removable]",
	  .says = "Only USB and SCSI disks are removable",
	  .fix = "Take removable= out." },
	{ .path = "devices/disk/target[@bus='virtio'][@rotation_rate]",
	  .says = "A virtio disk has no rotation rate",
	  .fix = "Take rotation_rate= out." },

	/* controllers and addresses */
	{ .path = "devices/controller[@index][not(@type='usb' and (master or starts-with(@model, "
		  "'ich9')))]",
	  .keys = { "@type", "@index" },
	  .says = "Another controller of this type has this number",
	  .fix = "Take one of them out." },
	{ .path = "devices/*/address[@type='pci'][translate(@domain, 'xX0', '') != '']",
	  .says = "The guest has PCI domain 0 alone",
	  .fix = NEW_ADDRESS },
	{ .path = "devices/*/address[@type='usb'][@port]",
	  .keys = { "@bus", "@port" },
	  .says = "Another USB device has this port",
	  .fix = NEW_ADDRESS },
	{ .path = "devices/*/address[@type='virtio-serial'][@port > 0]",
	  .keys = { "@controller", "@port" },
	  .says = "Another channel has this port",
	  .fix = NEW_ADDRESS },
	{ .path = "devices/controller[@type='usb'][contains(@model, 'xhci')][@ports > 15]",
	  .says = "The controller has 15 ports at most",
	  .fix = "ports='15'" },
	{ .path = "devices[controller[@type='usb'][@model='none']]/*[@bus='usb' or "
		  "(self::hostdev and @type='usb') or (self::hub and @type='usb') or "
		  "target/@bus='usb']",
	  .says = "There is no USB in this guest",
	  .fix = "<controller type='usb' model='qemu-xhci'/>" },
	{ .path = "devices/*[starts-with(alias/@name, 'ua-')]",
	  .keys = { "alias/@name" },
	  .says = "Another device has this alias",
	  .fix = "One alias for each device, or none" },

	/* screens, sound, the rest */
	{ .path = "devices/graphics[@type = preceding-sibling::graphics/@type]",
	  .says = "One screen of each kind is all there can be",
	  .fix = TAKE_OUT },
	{ .path = "devices/video[model/@type='none'][count(../video) > 1]",
	  .says = "A guest without an emulated card has no second one either",
	  .fix = TAKE_OUT },
	{ .path = "devices/video[preceding-sibling::video][model[@primary='yes'][../../video/"
		  "model[@primary='yes'][2] or ../preceding-sibling::video/model/@primary='yes']]",
	  .says = "One emulated card is the primary one",
	  .fix = "Take primary= out." },
	{ .path = "devices/video[preceding-sibling::video]/model[@type][not(@type='qxl' or "
		  "@type='virtio' or @type='none' or @primary='yes')]",
	  .says = "An emulated card of this type is the first one",
	  .fix = TAKE_OUT },
	{ .path = "devices/video/model[not(@type='virtio')]/acceleration[@accel3d='yes']",
	  .says = "Only virtio's emulated card draws in three dimensions",
	  .fix = TAKE_OUT },
	{ .path = "devices/video/model[@vram < 1024 or @vgamem < 1024][not(@type='none')]",
	  .says = "An emulated card has a mebibyte at least; the unit is KiB",
	  .fix = "vram='16384'" },
	{ .path = "devices[not(graphics)]/hostdev[@display='on']",
	  .says = "There is no <graphics> that could show this display",
	  .fix = "display='off', or <graphics type='spice'/>" },
	{ .path = "devices/audio",
	  .keys = { "@id" },
	  .says = "Another sound backend has this id",
	  .fix = "One id for each, and <audio id=…/> in the <sound> that plays there" },
	{ .path = "devices/sound/audio[not(@id = ../../audio/@id)][../../audio or @id != 1]",
	  .says = "There is no sound backend of this id",
	  .fix = "<audio id='…' type='…'/> in <devices>" },
	{ .path = "devices/input[@bus='ps2'][@type='tablet'] | devices/input[@bus='xen'] | "
		  "devices/input[@bus='virtio']/address[@type='usb']",
	  .says = "This input does not go with its bus",
	  .fix = "bus='usb', or take the address out" },
	{ .path = "devices/channel[@type='spicevmc']/target[@name][@name != 'com.redhat.spice.0']",
	  .says = "SPICE's channel has one name",
	  .fix = "name='com.redhat.spice.0'" },
	{ .path = "devices/shmem[model/@type='ivshmem-plain'][server] | "
		  "devices/shmem[model/@type='ivshmem-doorbell'][not(server)]",
	  .says = "ivshmem-doorbell has a server, and ivshmem-plain has none",
	  .fix = "<model type='ivshmem-plain'/> without <server>" },
	{ .path = "devices/filesystem[driver/@type='virtiofs'][@accessmode][@accessmode != "
		  "'passthrough']",
	  .says = "virtiofs has accessmode='passthrough' alone",
	  .fix = "accessmode='passthrough'" },
	{ .path = "devices/redirfilter[preceding-sibling::redirfilter]",
	  .says = "There is one filter of USB redirection",
	  .fix = "Put the rules into one <redirfilter>." },
	{ .path = "devices/*/rom[@enabled='no'][@file or @bar]",
	  .says = "A ROM that is off has no file",
	  .fix = "Take file= and bar= out." },
};

/* key_of - the values that no two elements may have alike */
static char *key_of(struct judging *judging, const struct form *form, const struct element *element)
{
	g_autoptr(GString) key = g_string_new(NULL);

	for (gsize i = 0; i < MAX_KEYS && form->keys[i] != NULL; i++) {
		const char *text = document_text(judging->document, element, form->keys[i]);
		char *end = NULL;
		guint64 number = text == NULL ? 0 : g_ascii_strtoull(text, &end, 0);

		if (text == NULL || (end != text && *end == '\0'))
			g_string_append_printf(key, "%" G_GUINT64_FORMAT "\n", number);
		else
			g_string_append_printf(key, "%s\n", text);
	}
	return g_string_free(g_steal_pointer(&key), FALSE);
}

static void judge_form(const struct domain_rule *rule, struct judging *judging,
		       const struct form *form)
{
	g_autoptr(GPtrArray) found = document_find(judging->document, NULL, form->path);
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (guint i = 0; i < found->len; i++) {
		const struct element *element = g_ptr_array_index(found, i);
		struct finding *finding;

		if (form->keys[0] != NULL && g_hash_table_add(seen, key_of(judging, form, element)))
			continue;
		finding = domain_blame(rule, judging, element);
		finding_say(finding, "%s: libvirt refuses.", form->says);
		g_free(finding->fix);
		finding->fix = g_strdup(form->fix);
	}
}

/* Elements that came with 9.2: the schema tells how old the libvirt is that it belongs to. */
#define NEW_IN_9_2                                                                                 \
	"<domain type='kvm'><name>a</name><memory>1</memory><os firmware='efi'>"                   \
	"<type>hvm</type><loader format='raw'/></os></domain>"

static void judge_forms(const struct domain_rule *rule, struct judging *judging)
{
	gboolean old = judging->schema != NULL && !schema_accepts(judging->schema, NEW_IN_9_2);

	for (gsize i = 0; i < G_N_ELEMENTS(forms); i++) {
		if (old || !forms[i].old)
			judge_form(rule, judging, &forms[i]);
	}
}

const char *domain_form_says(gsize number)
{
	return number < G_N_ELEMENTS(forms) ? forms[number].says : NULL;
}

static const struct domain_rule table[] = {
	{ .rule = { .id = "DO-08",
		    .severity = SEVERITY_BROKEN,
		    .tag = 'V',
		    .title = "what stands in the domain goes together",
		    .why = "A schema knows elements and values, and hardly which of them exclude "
			   "each other or have to be different. libvirt looks at that when it "
			   "takes a domain, or when it makes QEMU's arguments of it.",
		    .source = "libvirt src/conf/domain_validate.c, src/conf/domain_conf.c, "
			      "src/qemu/qemu_validate.c" },
	  .needs = DOMAIN_X86 | DOMAIN_COMPLETE | DOMAIN_INTACT,
	  .message = "This does not go together: libvirt refuses.",
	  .judge = judge_forms },
};

const struct domain_rules domain_form_rules = DOMAIN_RULES(table);
