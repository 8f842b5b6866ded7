/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "fix/mend.h"
#include "guest/image.h"

/* Disks, network cards, passed devices, screens and USB. */

/* ST-01: nobody but the image itself knows its format. */
static gboolean real_format(struct mending *mending)
{
	const char *path = document_text(mending->document, mending->element, "../source/@file");
	const char *format = mending->wish->images && path != NULL && path[0] == '/'
				     ? image_format(path, NULL)
				     : NULL;

	if (format == NULL)
		return FALSE;
	edit_set(mending->edit, mending->element, "type", format);
	return TRUE;
}

/* free_target - a name like sda that no disk has */
static char *free_target(struct mending *mending)
{
	g_autoptr(GPtrArray) targets =
		document_find(mending->document, NULL, "devices/disk/target[@dev]");

	for (char letter = 'a'; letter <= 'z'; letter++) {
		char name[] = { 's', 'd', letter, '\0' };
		gboolean taken = FALSE;

		for (guint i = 0; i < targets->len; i++)
			taken = taken ||
				g_str_equal(element_attribute(mending->document,
							      g_ptr_array_index(targets, i), "dev"),
					    name);
		if (!taken)
			return g_strdup(name);
	}
	return NULL;
}

/* A drive for media boots and is read by every Windows on SATA; what is installed minds. */
static gboolean media_to_sata(struct mending *mending)
{
	const struct element *target =
		document_first(mending->document, mending->element, "target");
	const struct element *address =
		document_first(mending->document, mending->element, "address");
	const char *device = element_attribute(mending->document, mending->element, "device");
	g_autofree char *name = free_target(mending);

	if (g_strcmp0(device, "cdrom") != 0 || target == NULL || name == NULL)
		return FALSE;
	edit_set(mending->edit, target, "dev", name);
	edit_set(mending->edit, target, "bus", "sata");
	if (address != NULL)
		edit_remove(mending->edit, address);
	return TRUE;
}

static gboolean make_iothread(struct mending *mending)
{
	const char *id = element_attribute(mending->document, mending->element, "iothread");
	const struct element *threads = document_first(mending->document, NULL, "iothreads");
	const struct element *place =
		document_first(mending->document, NULL, "vcpu/following-sibling::*[1]");
	g_autofree char *xml = NULL;
	guint64 number;

	if (!g_ascii_string_to_unsigned(id, 10, 1, 64, &number, NULL))
		return FALSE;
	if (threads != NULL) {
		edit_text(mending->edit, threads, id);
		return TRUE;
	}
	xml = g_strdup_printf("<iothreads>%u</iothreads>", (guint)number);
	if (place == NULL)
		edit_append(mending->edit, document_domain(mending->document), xml);
	else
		edit_insert_before(mending->edit, place, xml);
	return TRUE;
}

/* e1000e is PCI Express; Windows brings drivers for it and for its forebear. */
static gboolean intel_card(struct mending *mending)
{
	gboolean q35 = document_true(mending->document, "os/type[contains(@machine, 'q35')]");

	edit_set(mending->edit, mending->element, "type", q35 ? "e1000e" : "e1000");
	return TRUE;
}

static gboolean no_address(struct mending *mending)
{
	const struct element *address =
		g_str_equal(element_name(mending->element), "address")
			? mending->element
			: document_first(mending->document, mending->element,
					 "address[@type='pci']");

	if (address == NULL)
		return FALSE;
	edit_remove(mending->edit, address);
	return TRUE;
}

/* HD-01: beside the first function of its card, as the function that it is. */
static gboolean one_slot(struct mending *mending)
{
	static const char *const parts[] = { "domain", "bus", "slot" };
	struct document *document = mending->document;
	g_autoptr(GPtrArray) others =
		document_find(document, NULL, "devices/hostdev[@type='pci'][address/@type='pci']");
	const struct element *own =
		document_first(document, mending->element, "address[@type='pci']");
	const char *bus = document_text(document, mending->element, "source/address/@bus");
	const char *slot = document_text(document, mending->element, "source/address/@slot");
	const char *function =
		document_text(document, mending->element, "source/address/@function");

	for (guint i = 0; own != NULL && function != NULL && i < others->len; i++) {
		const struct element *other = g_ptr_array_index(others, i);
		const struct element *address =
			document_first(document, other, "address[@type='pci']");

		if (other == mending->element ||
		    g_strcmp0(document_text(document, other, "source/address/@bus"), bus) != 0 ||
		    g_strcmp0(document_text(document, other, "source/address/@slot"), slot) != 0)
			continue;
		for (gsize k = 0; k < G_N_ELEMENTS(parts); k++)
			edit_set(mending->edit, own, parts[k],
				 element_attribute(document, address, parts[k]));
		edit_set(mending->edit, own, "function", function);
		edit_set(mending->edit, own, "multifunction", NULL);
		edit_set(mending->edit, address, "multifunction", "on");
		return TRUE;
	}
	return FALSE;
}

static gboolean no_driver(struct mending *mending)
{
	if (document_first(mending->document, mending->element, "self::*[@*[2] or *]") != NULL)
		edit_set(mending->edit, mending->element, "name", NULL);
	else
		edit_remove(mending->edit, mending->element);
	return TRUE;
}

/* One controller takes the place of the old one and of its companions. */
static gboolean one_xhci(struct mending *mending)
{
	struct document *document = mending->document;
	const char *index = element_attribute(document, mending->element, "index");
	g_autoptr(GPtrArray) all = document_find(document, NULL, "devices/controller[@type='usb']");
	g_autoptr(GPtrArray) children =
		document_find(document, mending->element, "address | master");

	for (guint i = 0; i < all->len; i++) {
		const struct element *other = g_ptr_array_index(all, i);
		const char *model = element_attribute(document, other, "model");

		if (other == mending->element || model == NULL ||
		    g_strcmp0(element_attribute(document, other, "index"), index) != 0)
			continue;
		if (!g_str_has_prefix(model, "ich9-uhci"))
			return FALSE;
		edit_remove(mending->edit, other);
	}
	edit_set(mending->edit, mending->element, "model", "qemu-xhci");
	edit_set(mending->edit, mending->element, "ports", "15");
	for (guint i = 0; i < children->len; i++)
		edit_remove(mending->edit, g_ptr_array_index(children, i));
	return TRUE;
}

static gboolean plain_ivshmem(struct mending *mending)
{
	const struct element *model = document_first(mending->document, mending->element, "model");

	if (model != NULL)
		edit_set(mending->edit, model, "type", "ivshmem-plain");
	else
		edit_append(mending->edit, mending->element, "<model type='ivshmem-plain'/>");
	return TRUE;
}

static const struct mend table[] = {
	{ "ST-01", FALSE, "gave the disk the type that its image is of", MEND_CALL,
	  .mend = real_format },
	{ "ST-01#2", FALSE, "gave the disk the type that its image is of", MEND_CALL,
	  .mend = real_format },
	{ "ST-02", FALSE, "put the drive for media on SATA", MEND_CALL, .mend = media_to_sata },
	{ "ST-04", FALSE, "let threads do the disk's work, which any cache allows", MEND_SET, "io",
	  "threads" },
	{ "ST-04#2", FALSE, "made the disk keep what the guest flushed", MEND_SET, "cache",
	  "writeback" },
	{ "ST-10", FALSE, "made the I/O thread that a disk names", MEND_CALL,
	  .mend = make_iothread },
	{ "NW-01", TRUE, "gave the guest Intel's network card, which needs no driver", MEND_CALL,
	  .mend = intel_card },
	{ "HD-01", TRUE, "put the card's functions into one slot of the guest", MEND_CALL,
	  .mend = one_slot },
	{ "HD-01#2", FALSE, "took out an address that another device has", MEND_CALL,
	  .mend = no_address },
	{ "HD-02", TRUE, "let libvirt put the card below a root port", MEND_CALL,
	  .mend = no_address },
	{ "HD-04", FALSE, "took out a device that was passed twice", MEND_REMOVE },
	{ "HD-05", FALSE, "took out an address that a root port does not have", MEND_CALL,
	  .mend = no_address },
	{ "BD-11", FALSE, "took out a relic that libvirt does not look at", MEND_CALL,
	  .mend = no_driver },
	{ "VD-02", FALSE, "gave the guest a plain VGA instead of the cirrus", MEND_SET, "type",
	  "vga" },
	{ "VD-03", FALSE, "took out what wants a SPICE window that is not there", MEND_REMOVE },
	{ "US-01", FALSE, "made one USB 3 controller of the old ones", MEND_CALL,
	  .mend = one_xhci },
	{ "LG-01", FALSE, "gave the shared memory a model that QEMU has", MEND_CALL,
	  .mend = plain_ivshmem },
};

const struct mends mends_devices = MENDS(table);
