/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "rules/domain.h"

/* Passed devices, screens, USB, shared memory, and what is handed to QEMU by hand. */

/* slot_of - where the guest sees it, or which host slot it is: "0:3:0"; NULL: not said */
static char *slot_of(struct judging *judging, const struct element *address)
{
	static const char *const parts[] = { "domain", "bus", "slot" };
	guint64 numbers[G_N_ELEMENTS(parts)] = { 0 };

	if (address == NULL)
		return NULL;
	for (gsize i = 0; i < G_N_ELEMENTS(parts); i++) {
		const char *text = element_attribute(judging->document, address, parts[i]);

		if (text == NULL && i > 0)
			return NULL;
		numbers[i] = text == NULL ? 0 : g_ascii_strtoull(text, NULL, 0);
	}
	return g_strdup_printf("%x:%x:%x", (guint)numbers[0], (guint)numbers[1], (guint)numbers[2]);
}

/* On bus 0 are the parts of the chipset, which share a slot and nothing else. */
static gboolean is_chipset(const char *host)
{
	return g_str_has_prefix(host, "0:0:");
}

/* One card's functions in several guest slots, each blamed against the first of its card. */
static void judge_functions(const struct domain_rule *rule, struct judging *judging)
{
	g_autoptr(GPtrArray) hostdevs =
		document_find(judging->document, NULL, "devices/hostdev[@type='pci']");
	g_autoptr(GHashTable) slots =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);

	for (guint i = 0; i < hostdevs->len; i++) {
		const struct element *hostdev = g_ptr_array_index(hostdevs, i);
		g_autofree char *host = slot_of(
			judging, document_first(judging->document, hostdev, "source/address"));
		g_autofree char *guest = slot_of(judging, document_first(judging->document, hostdev,
									 "address[@type='pci']"));
		const char *first;

		if (host == NULL || guest == NULL || is_chipset(host))
			continue;
		first = g_hash_table_lookup(slots, host);
		if (first == NULL)
			g_hash_table_insert(slots, g_steal_pointer(&host), g_steal_pointer(&guest));
		else if (!g_str_equal(first, guest))
			domain_blame(rule, judging, hostdev);
	}
}

/* Addresses that two devices of the guest have; libvirt's virDomainPCIAddressReserveAddr. */
static void judge_addresses(const struct domain_rule *rule, struct judging *judging)
{
	g_autoptr(GPtrArray) addresses =
		document_find(judging->document, NULL,
			      "devices/*[not(self::console)]/address[@type='pci'][@slot]");
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (guint i = 0; i < addresses->len; i++) {
		const struct element *address = g_ptr_array_index(addresses, i);
		const char *function = element_attribute(judging->document, address, "function");
		g_autofree char *slot = slot_of(judging, address);
		char *key;

		if (slot == NULL)
			continue;
		key = g_strdup_printf(
			"%s.%x", slot,
			function == NULL ? 0 : (guint)g_ascii_strtoull(function, NULL, 0));
		if (!g_hash_table_add(seen, key))
			domain_blame(rule, judging, address);
	}
}

/* Who is passed: what libvirt's virDomainHostdevMatch compares. */
static void judge_passed_twice(const struct domain_rule *rule, struct judging *judging)
{
	g_autoptr(GPtrArray) hostdevs =
		document_find(judging->document, NULL, "devices/hostdev[@type='pci']");
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (guint i = 0; i < hostdevs->len; i++) {
		const struct element *hostdev = g_ptr_array_index(hostdevs, i);
		char *address = domain_host_address(judging, hostdev);

		if (address != NULL && !g_hash_table_add(seen, address))
			domain_blame(rule, judging, hostdev);
	}
}

/* controllers_by_index - the models of PCI controllers, "" where none is said */
static GHashTable *controllers_by_index(struct judging *judging)
{
	g_autoptr(GPtrArray) controllers =
		document_find(judging->document, NULL, "devices/controller[@type='pci'][@index]");
	GHashTable *models = g_hash_table_new(NULL, NULL);

	for (guint i = 0; i < controllers->len; i++) {
		const struct element *controller = g_ptr_array_index(controllers, i);
		const char *index = element_attribute(judging->document, controller, "index");
		const char *model = element_attribute(judging->document, controller, "model");
		guint number = (guint)MIN(g_ascii_strtoull(index, NULL, 0), 0xffff);

		g_hash_table_insert(models, GUINT_TO_POINTER(number),
				    (gpointer)(guintptr)(model != NULL ? model : ""));
	}
	return models;
}

/*
 * A root port has one slot. The port of bus N is the controller with index N; where q35 has none of
 * that index, libvirt adds a root port for a passed device.
 */
static void judge_port_slot(const struct domain_rule *rule, struct judging *judging)
{
	g_autoptr(GPtrArray) addresses = document_find(
		judging->document, NULL, "devices/*/address[@type='pci'][@bus][@slot]");
	g_autoptr(GHashTable) models = controllers_by_index(judging);

	for (guint i = 0; i < addresses->len; i++) {
		const struct element *address = g_ptr_array_index(addresses, i);
		const char *slot = element_attribute(judging->document, address, "slot");
		guint64 bus = g_ascii_strtoull(element_attribute(judging->document, address, "bus"),
					       NULL, 0);
		const char *model =
			g_hash_table_lookup(models, GUINT_TO_POINTER((guint)MIN(bus, 0xffff)));

		if (g_ascii_strtoull(slot, NULL, 0) == 0)
			continue;
		if (model == NULL && (judging->traits & DOMAIN_Q35) && bus > 0 &&
		    document_first(judging->document, address, "parent::hostdev") != NULL)
			model = "pcie-root-port";
		if (g_strcmp0(model, "pcie-root-port") == 0)
			domain_blame(rule, judging, address);
	}
}

static void judge_usb_twins(const struct domain_rule *rule, struct judging *judging)
{
	g_autoptr(GPtrArray) sources = document_find(
		judging->document, NULL, "devices/hostdev[@type='usb']/source[vendor][product]");
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (guint i = 0; i < sources->len; i++) {
		const struct element *source = g_ptr_array_index(sources, i);
		const char *vendor = document_text(judging->document, source, "vendor/@id");
		const char *product = document_text(judging->document, source, "product/@id");

		if (document_first(judging->document, source, "address") == NULL &&
		    !g_hash_table_add(seen, g_strdup_printf("%s:%s", vendor != NULL ? vendor : "",
							    product != NULL ? product : "")))
			domain_blame(rule, judging, source);
	}
}

/* made_by_hand - is there a device of this id in QEMU's own arguments, in the old form? */
static gboolean made_by_hand(struct judging *judging, const GPtrArray *arguments, const char *id)
{
	g_autofree char *said = g_strconcat("id=", id, NULL);

	for (guint i = 0; i < arguments->len; i++) {
		const char *value = element_attribute(judging->document,
						      g_ptr_array_index(arguments, i), "value");
		g_auto(GStrv) options = g_strsplit(value != NULL ? value : "", ",", -1);

		if (g_strv_contains((const char *const *)options, said))
			return TRUE;
	}
	return FALSE;
}

/* QEMU keeps no options of a device that it was given as JSON, and libvirt gives its own so. */
static void judge_set(const struct domain_rule *rule, struct judging *judging)
{
	g_autoptr(GPtrArray) arguments =
		document_find(judging->document, NULL, "qemu:commandline/qemu:arg");
	g_autoptr(GPtrArray) sets = document_find(
		judging->document, NULL,
		"qemu:commandline/qemu:arg[starts-with(@value, 'device.')]["
		"preceding-sibling::qemu:arg[1]/@value = '-set'][not(../../qemu:capabilities/"
		"qemu:del/@capability = 'device.json')]");

	for (guint i = 0; i < sets->len; i++) {
		const struct element *set = g_ptr_array_index(sets, i);
		g_auto(GStrv) parts =
			g_strsplit(element_attribute(judging->document, set, "value"), ".", 3);

		if (!made_by_hand(judging, arguments, parts[1]))
			domain_blame(rule, judging, set);
	}
}

static gboolean power_of_two(guint64 number)
{
	return number != 0 && (number & (number - 1)) == 0;
}

static void judge_shmem(const struct domain_rule *rule, struct judging *judging)
{
	const struct element *size = document_first(
		judging->document, NULL, "devices/shmem[not(model/@type='ivshmem-doorbell')]/size");
	guint64 kib =
		domain_kib(judging, "devices/shmem[not(model/@type='ivshmem-doorbell')]/size");

	/* The unit of <size> is bytes where none is given. */
	if (size != NULL && element_attribute(judging->document, size, "unit") == NULL)
		kib /= 1024;
	if (size != NULL && kib > 0 && (kib < 1024 || !power_of_two(kib)))
		domain_blame(rule, judging, size);
}

#define LOOKING_GLASS                                                                              \
	"(devices/shmem[contains(@name, 'looking-glass')] or "                                     \
	"qemu:commandline/qemu:arg[contains(@value, 'kvmfr') or contains(@value, "                 \
	"'looking-glass')])"

static const struct domain_rule table[] = {
	{ .rule = { "HD-01", SEVERITY_STYLE, 'V', "a card's functions stay together in the guest",
		    "Drivers may look for the sound function beside the display function, where "
		    "real "
		    "hardware has it.",
		    NULL, "libvirt docs/formatdomain.rst (multifunction); ipaqmaster/vfio#19" },
	  .judge = judge_functions,
	  .message = "This function of the card has another slot in the guest than the first one.",
	  .fix = "One guest slot: function 0 with multifunction='on', the others as functions 1 "
		 "and "
		 "up of the same bus and slot" },
	{ .rule = { "HD-01", SEVERITY_BROKEN, 'V', "no two devices have one address",
		    "libvirt keeps a table of the guest's addresses.", NULL,
		    "libvirt src/conf/domain_addr.c" },
	  .judge = judge_addresses,
	  .message = "Another device has this address already: libvirt refuses.",
	  .fix = "Take the guest's <address> out of one of them: libvirt chooses one." },
	{ .rule = { "HD-04", SEVERITY_BROKEN, 'V', "no device is passed twice",
		    "A device has one owner.", NULL, "libvirt src/conf/domain_conf.c" },
	  .judge = judge_passed_twice,
	  .message = "This device is passed already: libvirt refuses.",
	  .fix = "Take one of the two out." },
	{ .rule = { "HD-05", SEVERITY_BROKEN, 'V', "what is below a root port is in slot 0",
		    "A root port has one slot, and a card's functions share it.", NULL,
		    "libvirt src/conf/domain_addr.c" },
	  .judge = judge_port_slot,
	  .message = "Below a root port there is slot 0 alone: libvirt refuses.",
	  .fix = "Take this <address> out: libvirt chooses one." },
	{ .rule = { "HD-02", SEVERITY_STYLE, 'U', "cards are below root ports",
		    "On the root bus itself a card looks like a part of the chipset.", NULL,
		    "none: experience" },
	  .needs = DOMAIN_Q35 | DOMAIN_CARD,
	  /* what is on bus 0 of the host has no link, and integrated graphics wants to be there */
	  .find = "devices/hostdev[@type='pci'][address[@type='pci'][number(translate(@bus, 'x', "
		  "'0')) = 0]][not(number(translate(source/address/@bus, 'x', '0')) = 0)]",
	  .message = "This device sits on the root bus, where a card finds no link.",
	  .fix = "Take its guest <address> out: libvirt puts it below a pcie-root-port." },
	{ .rule = { "HD-03", SEVERITY_STYLE, 'V', "nothing goes to QEMU past libvirt",
		    "What stands there gets no label, no cgroup and no check, and taints the "
		    "domain.",
		    NULL, "libvirt docs/drvqemu.rst" },
	  .needs = DOMAIN_X86,
	  .find = "qemu:commandline[*]",
	  .message =
		  "QEMU gets arguments past libvirt, which knows nothing of them: permissions and "
		  "addresses are your own work.",
	  .fix = "Use libvirt's elements where there are some: <input type='evdev'>, <audio>, "
		 "<shmem>, <cpu>." },
	{ .rule = { "HD-06", SEVERITY_BROKEN, 'V', "properties of libvirt's devices are overridden",
		    "libvirt describes devices to QEMU in JSON, and -set knows only those that "
		    "were "
		    "described in the old form.",
		    NULL, "gitlab.com/libvirt/libvirt/-/issues/287; libvirt docs/drvqemu.rst" },
	  .rule.versions = "QEMU 6.2 with libvirt 7.9",
	  .judge = judge_set,
	  .message = "-set finds no device of this name: QEMU does not start.",
	  .fix = "<qemu:override><qemu:device alias='hostdev0'><qemu:frontend><qemu:property "
		 "name='x-vga' type='bool' value='true'/></qemu:frontend></qemu:device>"
		 "</qemu:override> (libvirt 8.2)" },
	{ .rule = { "BD-11", SEVERITY_OBSOLETE, 'V', "no driver is named for a passed device",
		    "VFIO is all there is; name is not looked at.", NULL,
		    "libvirt docs/formatdomain.rst" },
	  /* libvirt itself writes name='vfio' about a guest that runs */
	  .find = "devices/hostdev/driver[@name='kvm' or (@name='vfio' and "
		  "not(/domain/@id))]",
	  .message = "This driver element is a relic: libvirt does not look at it.",
	  .fix = "Take <driver> out." },
	{ .rule = { "PW-02", SEVERITY_STYLE, 'V', "a ROM file only where it is needed",
		    "Cards bring their own. A file is for the card that the firmware used for the "
		    "boot screen, for cards without UEFI, and for laptops.",
		    NULL, "libvirt docs/formatdomain.rst; Linux drivers/pci/rom.c" },
	  .find = "devices/hostdev/rom[@file]",
	  .message = "A ROM file is rarely needed, and one of another board gives a black screen.",
	  .fix = "Try without it, unless this is the card of the boot screen; keep only a dump of "
		 "this very card." },
	{ .rule = { "VD-01", SEVERITY_STYLE, 'V', "no second screen, or one that is meant",
		    "libvirt adds a default card where <graphics> stays without <video>.", NULL,
		    "libvirt docs/formatdomain.rst" },
	  .needs = DOMAIN_CARD | DOMAIN_COMPLETE,
	  .find = "devices[graphics[not(@type='egl-headless')]][not(video)]",
	  .message = "libvirt adds an emulated card for <graphics>, on which windows can get lost.",
	  .fix = "<video><model type='none'/></video>, or take <graphics> out as well" },
	{ .rule = { "VD-01", SEVERITY_STYLE, 'V', "Looking Glass has a plain VGA beside it",
		    "Its documentation asks for vga with SPICE.", NULL,
		    "Looking Glass documentation install_libvirt" },
	  .needs = DOMAIN_PCI,
	  .find = "devices/video/model[not(@type='vga') and not(@type='none')][not(@type='cirrus' "
		  "or "
		  "@type='qxl')][ancestor::domain[" LOOKING_GLASS "]]",
	  .message = "Looking Glass wants an emulated card of type vga beside SPICE, or none.",
	  .fix = "<video><model type='vga'/></video>" },
	{ .rule = { "VD-02", SEVERITY_OBSOLETE, 'D', "the emulated card is of today",
		    "cirrus is a card of the nineties, and was libvirt's default for long.", NULL,
		    "kraxel.org: qemu: using cirrus considered harmful" },
	  .needs = DOMAIN_X86 | DOMAIN_PCI,
	  .find = "devices/video/model[@type='cirrus']",
	  .message = "This emulated card is from the nineties; beside a real one it is a second "
		     "screen on which windows get lost.",
	  .fix = "<model type='none'/>\nor vga while Windows is installed" },
	{ .rule = { "VD-02", SEVERITY_STYLE, 'U', "the emulated card has drivers",
		    "Nobody seems to keep qxl's Windows driver.", NULL, "none: experience" },
	  .needs = DOMAIN_X86 | DOMAIN_PCI,
	  .find = "devices/video/model[@type='qxl']",
	  .message = "qxl's Windows driver is hardly kept any more; beside a real card it is a "
		     "second screen.",
	  .fix = "<model type='none'/>\nor vga while Windows is installed" },
	{ .rule = { "VD-03", SEVERITY_BROKEN, 'V', "what goes by SPICE has SPICE",
		    "These are channels inside the connection of a SPICE window.", NULL,
		    "libvirt src/qemu/qemu_validate.c" },
	  .needs = DOMAIN_X86 | DOMAIN_INTACT,
	  .find = "devices[not(graphics/@type='spice')]/*[self::channel or self::redirdev or "
		  "self::smartcard or self::serial][@type='spicevmc' or @type='spiceport'] | "
		  "devices[not(graphics/@type='spice')]/audio[@type='spice']",
	  .message = "Without <graphics type='spice'> this has nobody to talk to: libvirt refuses.",
	  .fix = "Take it out, or give the guest a SPICE screen again." },
	{ .rule = { "US-01", SEVERITY_SLOW, 'V', "USB is xHCI",
		    "The old controllers ask again and again, and know no USB 3.", NULL,
		    "libvirt docs/formatdomain.rst" },
	  .needs = DOMAIN_X86 | DOMAIN_PCI,
	  .find = "devices/controller[@type='usb'][starts-with(@model, 'ich9-ehci') or "
		  "starts-with(@model, 'piix')]",
	  .message = "This USB controller keeps the processor busy and has no USB 3.",
	  .fix = "<controller type='usb' model='qemu-xhci' ports='15'/> instead of it and its "
		 "companions" },
	{ .rule = { "US-02", SEVERITY_RISKY, 'V', "USB devices are named so that they are found",
		    "The number of a device changes whenever it is plugged in.", NULL,
		    "libvirt docs/formatdomain.rst" },
	  .find = "devices/hostdev[@type='usb']/source[address[@device]][not(vendor)]",
	  .message = "The device number changes at each replug and boot.",
	  .fix = "<vendor id='…'/><product id='…'/>; for twins pass a whole USB controller" },
	{ .rule = { "US-02", SEVERITY_RISKY, 'V', "no two USB devices of one kind",
		    "Vendor and product do not tell twins apart.", NULL,
		    "libvirt docs/formatdomain.rst" },
	  .judge = judge_usb_twins,
	  .message =
		  "Two devices of the same vendor and product cannot be told apart: the guest may "
		  "not start.",
	  .fix = "Pass a whole USB controller, or add <address bus='…' device='…'/>." },
	{ .rule = { "LG-01", SEVERITY_BROKEN, 'V', "shared memory has a model that QEMU has",
		    "QEMU 4.0 took the plain ivshmem out.", NULL,
		    "QEMU docs/about/removed-features.rst; libvirt src/qemu/qemu_validate.c" },
	  .find = "devices/shmem[not(model) or model/@type='ivshmem']",
	  .message = "QEMU has no device ivshmem since 4.0: libvirt refuses.",
	  .fix = "<model type='ivshmem-plain'/>" },
	{ .rule = { "LG-01", SEVERITY_BROKEN, 'V', "shared memory has a size that a BAR can have",
		    "A BAR's size is a power of two.", NULL,
		    "QEMU hw/misc/ivshmem.c, hw/pci/pci.c" },
	  .judge = judge_shmem,
	  .message = "The size must be a power of two, and 1 MiB at least: libvirt refuses.",
	  .fix = "32 MiB for 1080p, 64 for 1440p, 128 for 4K; twice that for HDR" },
	{ .rule = { "LG-01", SEVERITY_RISKY, 'V', "ivshmem by hand is JSON",
		    "libvirt gives its own devices as JSON; one in the old form gets a root port's "
		    "slot.",
		    NULL, "Looking Glass documentation" },
	  .rule.versions = "QEMU 6.2 with libvirt 7.9",
	  .find = "qemu:commandline/qemu:arg[starts-with(normalize-space(@value), "
		  "'ivshmem-plain,') or starts-with(normalize-space(@value), "
		  "'ivshmem-doorbell,')]",
	  .message = "In this form the device can collide with a root port.",
	  .fix = "<shmem>, or the JSON form: {'driver':'ivshmem-plain','id':'shmem0',"
		 "'memdev':'looking-glass'} with double quotes" },
};

const struct domain_rules domain_device_rules = DOMAIN_RULES(table);
