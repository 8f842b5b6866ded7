/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <libxml/xpathInternals.h>

#include "core/error.h"
#include "guest/disk-bus.h"
#include "guest/domain.h"
#include "guest/xml.h"

static void set_unreadable(GError **error, const char *why)
{
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_UNREADABLE,
		    "this is not the XML of a libvirt domain: %s", why);
}

static xmlDoc *parse(const char *text, GError **error)
{
	const char *why = NULL;
	g_autoptr(xmlDoc) doc = xml_parse(text, &why);

	if (doc != NULL && !xmlStrEqual(xmlDocGetRootElement(doc)->name, XML_STRING("domain")))
		why = "its outermost element is not <domain>";
	if (why != NULL) {
		set_unreadable(error, why);
		return NULL;
	}
	return g_steal_pointer(&doc);
}

/* A part of an address, "0x0a" or "10", as libvirt reads it; an absent one is 0. */
static gboolean address_part(xmlNode *node, const char *name, guint64 max, guint64 *number)
{
	xmlChar *value = xmlGetNoNsProp(node, XML_STRING(name));
	const char *text = value != NULL ? (const char *)value : "0";
	char *end = NULL;
	gboolean valid;

	*number = g_ascii_strtoull(text, &end, 0);
	valid = end != text && *end == '\0' && *number <= max;
	xmlFree(value);
	return valid;
}

static char *format_address(xmlNode *node)
{
	guint64 domain, bus, slot, function;

	if (!address_part(node, "domain", 0xffffffff, &domain) ||
	    !address_part(node, "bus", 0xff, &bus) || !address_part(node, "slot", 0x1f, &slot) ||
	    !address_part(node, "function", 7, &function))
		return NULL;
	return g_strdup_printf("%04x:%02x:%02x.%x", (guint)domain, (guint)bus, (guint)slot,
			       (guint)function);
}

/* Network cards of <interface type='hostdev'> are VFIO devices like the others. */
static gboolean read_hostdevs(xmlXPathContext *context, struct domain_facts *facts, GError **error)
{
	g_autoptr(xmlXPathObject) found =
		xml_find(context,
			 "/domain/devices/hostdev[@type='pci']/source/address"
			 " | /domain/devices/interface[@type='hostdev']/source/"
			 "address[@type='pci']");
	g_autoptr(GPtrArray) addresses = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; i < xml_found_count(found); i++) {
		char *address = format_address(found->nodesetval->nodeTab[i]);

		if (address == NULL) {
			set_unreadable(error, "a hostdev has a PCI address that makes no sense");
			return FALSE;
		}
		g_ptr_array_add(addresses, address);
	}
	g_ptr_array_add(addresses, NULL);
	g_ptr_array_set_free_func(addresses, NULL);
	facts->hostdevs = (char **)g_ptr_array_free(g_steal_pointer(&addresses), FALSE);
	return TRUE;
}

/*
 * What is in a guest already stays where it is: Windows takes a card in another place for another
 * card.
 */
static gboolean read_places(xmlXPathContext *context, struct domain_facts *facts)
{
	g_autoptr(xmlXPathObject) slots =
		xml_find(context, "/domain/devices/hostdev[@type='pci']/address[@type='pci']");
	g_autoptr(xmlXPathObject) controllers =
		xml_find(context, "/domain/devices/controller[@type='pci']");
	guint64 bus = 0, slot = 0, function = 0;

	facts->places = g_array_new(FALSE, FALSE, sizeof(struct domain_place));
	for (guint i = 0; i < xml_found_count(slots); i++) {
		xmlNode *address = slots->nodesetval->nodeTab[i];
		struct domain_place place;

		if (!address_part(address, "bus", 0xff, &bus) ||
		    !address_part(address, "slot", 0x1f, &slot) ||
		    !address_part(address, "function", 7, &function))
			return FALSE;
		place = (struct domain_place){ (guint)bus, (guint)slot };
		if (function == 0)
			g_array_append_val(facts->places, place);
	}
	for (guint i = 0; i < xml_found_count(controllers); i++) {
		if (!address_part(controllers->nodesetval->nodeTab[i], "index", 0xff, &bus))
			return FALSE;
		facts->last_bus = MAX(facts->last_bus, (guint)bus);
	}
	return TRUE;
}

static guint64 number_at(xmlXPathContext *context, xmlNode *node, const char *path)
{
	g_autofree char *text = NULL;

	context->node = node;
	text = xml_find_text(context, path);
	return text != NULL ? g_ascii_strtoull(text, NULL, 0) : 0;
}

/* A definition says vendor and product; libvirt adds the address of the one that a guest has. */
static void read_usb(xmlXPathContext *context, struct domain_facts *facts)
{
	g_autoptr(xmlXPathObject) found = xml_find(
		context, "/domain/devices/hostdev[@type='usb']/source[vendor and product]");
	g_autoptr(GStrvBuilder) ids = g_strv_builder_new();
	g_autoptr(GStrvBuilder) nodes = g_strv_builder_new();

	for (guint i = 0; i < xml_found_count(found); i++) {
		xmlNode *source = found->nodesetval->nodeTab[i];
		guint bus = (guint)number_at(context, source, "address/@bus");
		guint number = (guint)number_at(context, source, "address/@device");
		g_autofree char *id = g_strdup_printf(
			"%04x:%04x", (guint16)number_at(context, source, "vendor/@id"),
			(guint16)number_at(context, source, "product/@id"));
		g_autofree char *node =
			number == 0 ? g_strdup("") : g_strdup_printf("%u:%u", bus, number);

		g_strv_builder_add(ids, id);
		g_strv_builder_add(nodes, node);
	}
	context->node = NULL;
	facts->usb = g_strv_builder_end(ids);
	facts->usb_nodes = g_strv_builder_end(nodes);
}

/* QEMU's default is both Ctrl keys, where grab='all' stands without a toggle (IN-06). */
static char *read_toggle(xmlXPathContext *context)
{
	const char *path = "/domain/devices/input[@type='evdev']/source[@grab='all']";
	g_autofree char *with_toggle = g_strconcat(path, "/@grabToggle", NULL);
	char *toggle = xml_find_text(context, with_toggle);

	if (toggle == NULL && xml_has(context, path))
		return g_strdup("ctrl-ctrl");
	return toggle;
}

static void read_devices(xmlXPathContext *context, struct domain_facts *facts)
{
	g_autofree char *vcpus = xml_find_text(context, "/domain/vcpu");

	facts->virt_type = xml_find_text(context, "/domain/@type");
	facts->vcpus = vcpus != NULL ? (guint)MIN(g_ascii_strtoull(vcpus, NULL, 10), G_MAXUINT) : 0;
	facts->screen = xml_has(context, "/domain/devices/video/model[@type!='none']");
	facts->iothread = xml_has(context, "/domain/devices/disk/driver[@iothread]");
	facts->disk_bus = xml_find_text(context,
					"/domain/devices/disk[not(@device) or @device='disk']"
					"[not(alias/@name='" DISK_BUS_HELPER "')][1]/target/@bus");
	facts->helper_disk = xml_find_text(
		context, "/domain/devices/disk[alias/@name='" DISK_BUS_HELPER "']/source/@file");
	facts->inputs = xml_find_texts(context,
				       "/domain/devices/input[@type='evdev']/source/@dev"
				       " | /domain/devices/input/source/@evdev");
	facts->passthrough = xml_has(context, "/domain/devices/input[@type='passthrough']");
	/* said by libosinfo's users, virt-manager among them; its namespace is of no interest */
	facts->windows = xml_has(context,
				 "/domain/metadata/*/*[local-name()='os']"
				 "[starts-with(@id, 'http://microsoft.com/')]");
	facts->nvram = xml_find_text(context, "/domain/os/nvram[text()]");
	facts->uefi = facts->nvram != NULL || xml_has(context, "/domain/os[@firmware='efi']") ||
		      xml_has(context, "/domain/os/loader[@type='pflash']");
	facts->tpm = xml_has(context, "/domain/devices/tpm/backend[@type='emulator']");
}

/* An amount of memory with its unit, KiB where it has none (libvirt docs/formatdomain.rst). */
static guint64 read_kib(xmlXPathContext *context, const char *path, const char *attribute)
{
	g_autofree char *number_path = g_strconcat(path, attribute, NULL);
	g_autofree char *unit_path = g_strconcat(path, "/@unit", NULL);
	g_autofree char *number = xml_find_text(context, number_path);
	g_autofree char *unit = xml_find_text(context, unit_path);
	static const struct {
		const char *unit;
		guint64 bytes;
	} units[] = {
		{ "KiB", 1 << 10 }, { "k", 1 << 10 },  { "MiB", 1 << 20 },   { "M", 1 << 20 },
		{ "GiB", 1 << 30 }, { "G", 1 << 30 },  { "b", 1 },           { "bytes", 1 },
		{ "KB", 1000 },     { "MB", 1000000 }, { "GB", 1000000000 },
	};
	guint64 count = 0;

	if (number == NULL || !g_ascii_string_to_unsigned(number, 10, 0, G_MAXUINT32, &count, NULL))
		return 0;
	for (guint i = 0; unit != NULL && i < G_N_ELEMENTS(units); i++) {
		if (g_str_equal(units[i].unit, unit))
			return count * units[i].bytes / 1024;
	}
	return count;
}

/* Without a size they are of the kernel's default one, which is 2 MiB on this architecture. */
static guint64 read_page_kib(xmlXPathContext *context)
{
	static const char *const huge = "/domain/memoryBacking/hugepages";
	g_autofree char *page = g_strconcat(huge, "/page[1]", NULL);

	if (!xml_has(context, huge))
		return 0;
	return xml_has(context, page) ? read_kib(context, page, "/@size") : 2048;
}

static int read_node(xmlXPathContext *context)
{
	g_autofree char *nodes = xml_find_text(context, "/domain/numatune/memory/@nodeset");
	guint64 node = 0;

	return nodes != NULL && g_ascii_string_to_unsigned(nodes, 10, 0, 1023, &node, NULL)
		       ? (int)node
		       : -1;
}

static void read_machine(xmlXPathContext *context, struct domain_facts *facts)
{
	g_auto(GStrv) pinned = xml_find_texts(context, "/domain/cputune/vcpupin/@cpuset");

	facts->memory_kib = read_kib(context, "/domain/memory", "");
	facts->page_kib = read_page_kib(context);
	facts->node = read_node(context);
	if (pinned != NULL && pinned[0] != NULL)
		facts->cpus = g_strjoinv(",", pinned);
}

#define LEND "/domain/metadata/hotseat:guest/hotseat:lend"

static void read_lend(xmlXPathContext *context, struct domain_lend *lend)
{
	lend->hugepages = xml_has(context, LEND "[@hugepages='yes']");
	lend->transparent = xml_has(context, LEND "[@hugepages='transparent']");
	lend->cpuset = xml_has(context, LEND "[@cpuset='yes']");
	lend->display_manager = xml_has(context, LEND "[@display-manager='stop']");
	lend->governor = xml_find_text(context, LEND "/@governor");
}

/* read_seat - from the name of its keyboard: "/dev/hotseat/seat0/1-keyboard" (seat/uinput.h) */
static void read_seat(xmlXPathContext *context, struct domain_facts *facts)
{
	g_autofree char *dev = xml_find_text(
		context, "/domain/devices/input/source[starts-with(@dev, '/dev/hotseat/')]/@dev");
	g_auto(GStrv) parts = dev == NULL ? NULL : g_strsplit(dev, "/", 6);

	if (parts == NULL || g_strv_length(parts) != 5)
		return;
	facts->seat = g_strdup(parts[3]);
	facts->seat_side = (guint)g_ascii_strtoull(parts[4], NULL, 10);
}

struct domain_facts *domain_facts_parse(const char *xml, GError **error)
{
	g_autoptr(xmlDoc) doc = parse(xml, error);
	g_autoptr(xmlXPathContext) context = NULL;
	autoptr(domain_facts) facts = NULL;

	if (doc == NULL)
		return NULL;
	context = xmlXPathNewContext(doc);
	xmlXPathRegisterNs(context, XML_STRING("hotseat"), XML_STRING(DOMAIN_METADATA_URI));
	facts = g_new0(struct domain_facts, 1);
	facts->name = xml_find_text(context, "/domain/name");
	if (facts->name == NULL) {
		set_unreadable(error, "it has no name");
		return NULL;
	}
	if (!read_hostdevs(context, facts, error))
		return NULL;
	if (!read_places(context, facts)) {
		set_unreadable(error, "a device has a place in the guest that makes no sense");
		return NULL;
	}
	facts->uuid = xml_find_text(context, "/domain/uuid");
	facts->ours = xml_has(context, "/domain/metadata/hotseat:guest");
	facts->cards =
		xml_find_texts(context, "/domain/metadata/hotseat:guest/hotseat:card/@fingerprint");
	facts->managed = xml_has(context,
				 "/domain/devices/hostdev[@type='pci'][@managed='yes']"
				 " | /domain/devices/interface[@type='hostdev']"
				 "[@managed='yes']");
	facts->images = xml_find_texts(context,
				       "/domain/devices/disk/source/@file"
				       " | /domain/devices/disk/source/@dev");
	facts->networks = xml_find_texts(
		context, "/domain/devices/interface[@type='network']/source/@network");
	facts->toggle = read_toggle(context);
	read_usb(context, facts);
	read_seat(context, facts);
	read_devices(context, facts);
	read_machine(context, facts);
	read_lend(context, &facts->lend);
	facts->agent = xml_has(context,
			       "/domain/devices/channel/target"
			       "[@name='org.qemu.guest_agent.0'][@state='connected']");
	return g_steal_pointer(&facts);
}

void domain_facts_free(struct domain_facts *facts)
{
	if (facts == NULL)
		return;
	g_free(facts->name);
	g_free(facts->uuid);
	g_strfreev(facts->cards);
	g_strfreev(facts->hostdevs);
	g_clear_pointer(&facts->places, g_array_unref);
	g_strfreev(facts->images);
	g_strfreev(facts->networks);
	g_strfreev(facts->inputs);
	g_strfreev(facts->usb);
	g_strfreev(facts->usb_nodes);
	g_free(facts->toggle);
	g_free(facts->virt_type);
	g_free(facts->disk_bus);
	g_free(facts->helper_disk);
	g_free(facts->nvram);
	g_free(facts->cpus);
	g_free(facts->lend.governor);
	g_free(facts->seat);
	g_free(facts);
}
