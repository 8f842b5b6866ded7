/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "machine/pcinames.h"

#include <pci/pci.h>
#include <setjmp.h>

struct pcinames {
	struct pci_access *access;
	gboolean broken; /* libpci could not parse its list */
};

/*
 * libpci has one way to report a mistake in pci.ids: a callback that must not return, by default
 * exit(). A broken list costs us the names, not the program.
 */
static _Thread_local jmp_buf parse_failed;

static G_NORETURN void give_up(char *message, ...)
{
	longjmp(parse_failed, 1);
}

static void say_nothing(char *message, ...)
{
}

struct pcinames *pcinames_new(void)
{
	struct pcinames *names = g_new0(struct pcinames, 1);

	/* No pci_init(): it would look for a way to scan this machine's bus, which we never need.
	 */
	names->access = pci_alloc();
	names->access->error = give_up;
	names->access->warning = say_nothing;
	names->access->debug = say_nothing;
	/* or every name that is not in the list makes it look for a cache in the home folder */
	names->access->id_lookup_mode = 0;
	return names;
}

void pcinames_free(struct pcinames *names)
{
	if (names == NULL)
		return;
	pci_cleanup(names->access);
	g_free(names);
}

/*
 * PCI_LOOKUP_NO_HWDB: udev's database is made from the same pci.ids, and opening its 10 MB costs
 * more than all the rest. PCI_LOOKUP_NETWORK would ask the DNS, and is never set.
 */
static const char *lookup(struct pcinames *names, guint16 vendor, guint16 device, int what,
			  char *buffer, int size)
{
	if (setjmp(parse_failed) != 0) {
		names->broken = TRUE;
		return NULL;
	}
	if (names->broken)
		return NULL;
	return pci_lookup_name(names->access, buffer, size,
			       what | PCI_LOOKUP_NO_NUMBERS | PCI_LOOKUP_NO_HWDB, vendor, device);
}

char *pcinames_lookup(struct pcinames *names, guint16 vendor, guint16 device)
{
	char vendor_buffer[256], device_buffer[256];
	const char *vendor_name = lookup(names, vendor, device, PCI_LOOKUP_VENDOR, vendor_buffer,
					 sizeof(vendor_buffer));
	const char *device_name = lookup(names, vendor, device, PCI_LOOKUP_DEVICE, device_buffer,
					 sizeof(device_buffer));

	if (vendor_name == NULL)
		return g_strdup_printf("Device %04x:%04x", vendor, device);
	if (device_name == NULL)
		return g_strdup_printf("%s Device %04x:%04x", vendor_name, vendor, device);
	return g_strdup_printf("%s %s", vendor_name, device_name);
}
