/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "machine/pcinames.h"

#include <pci/pci.h>
#include <setjmp.h>
#include <string.h>

/*
 * The list of names is 1.5 MB of text, sorted by vendor, below each its devices:
 *
 *	8086  Intel Corporation
 *		1e31  7 Series/C210 Series Chipset Family USB xHCI Host Controller
 *			17aa 21f3  ThinkPad T430
 *
 * libpci makes a table of all of it before it answers, which costs as much as reading a machine of
 * five hundred functions. Both kinds of lines are in order, so we find ours by halving, and read a
 * few pages of the text. Where the list is packed or not where libpci says,
 * libpci is asked all the same.
 */
struct pcinames {
	struct pci_access *access;
	gboolean broken;     /* libpci could not parse its list */
	GMappedFile *list;   /* NULL: not there, or packed */
	GHashTable *vendors; /* vendor id to struct vendor */
};

struct vendor {
	const char *name;          /* to the end of its line; NULL: not in the list */
	const char *devices, *end; /* its lines below that */
};

/* What follows the number and two blanks on a line; NULL: another kind of line. */
static const char *name_on_line(const char *line, const char *end)
{
	return end - line > 6 && line[4] == ' ' && line[5] == ' ' ? line + 6 : NULL;
}

/* Four hexadecimal digits, or -1. */
static int id_on_line(const char *line, const char *end)
{
	int id = 0;

	if (end - line < 4)
		return -1;
	for (guint i = 0; i < 4; i++) {
		int digit = g_ascii_xdigit_value(line[i]);

		if (digit < 0)
			return -1;
		id = id << 4 | digit;
	}
	return id;
}

static const char *next_line(const char *line, const char *end)
{
	const char *feed = memchr(line, '\n', (gsize)(end - line));

	return feed != NULL ? feed + 1 : end;
}

/* The number on the first line from @line on that is indented so far and has one; -1: no more. */
static int first_id(const char **line, const char *end, guint tabs)
{
	for (; *line < end; *line = next_line(*line, end)) {
		const char *text = *line + tabs;
		int id = -1;

		if ((tabs == 0 || **line == '\t') && name_on_line(text, end) != NULL)
			id = id_on_line(text, end);
		if (id >= 0)
			return id;
	}
	return -1;
}

/* find_name - search lines in order of their numbers by halving; NULL: the number is not there */
static const char *find_name(const char *start, const char *end, guint tabs, int wanted)
{
	while (start < end) {
		const char *middle = start + (end - start) / 2;
		const char *probe = middle == start ? start : next_line(middle - 1, end);
		const char *line = probe < end ? probe : start;
		int id = first_id(&line, end, tabs);

		if (id == wanted)
			return line + tabs + 6;
		if (id >= 0 && id < wanted)
			start = next_line(line, end);
		else if (probe > start && probe < end)
			end = probe;
		else
			return NULL;
	}
	return NULL;
}

/* Behind the vendors come classes, whose lines begin with a letter and a blank. */
static struct vendor *find_vendor(struct pcinames *names, guint16 id)
{
	const char *text = g_mapped_file_get_contents(names->list);
	const char *end = text + g_mapped_file_get_length(names->list);
	struct vendor *vendor = g_hash_table_lookup(names->vendors, GINT_TO_POINTER(id));

	if (vendor != NULL)
		return vendor;
	vendor = g_new0(struct vendor, 1);
	g_hash_table_insert(names->vendors, GINT_TO_POINTER(id), vendor);
	vendor->name = find_name(text, end, 0, id);
	if (vendor->name == NULL)
		return vendor;
	vendor->devices = next_line(vendor->name, end);
	vendor->end = vendor->devices;
	while (vendor->end < end && (*vendor->end == '\t' || *vendor->end == '#'))
		vendor->end = next_line(vendor->end, end);
	return vendor;
}

static char *copy_line(const struct pcinames *names, const char *name)
{
	const char *end =
		g_mapped_file_get_contents(names->list) + g_mapped_file_get_length(names->list);
	const char *feed = memchr(name, '\n', (gsize)(end - name));

	return g_strndup(name, (gsize)((feed != NULL ? feed : end) - name));
}

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

/* As libpci does it: the packed list if it is there, and that is not for us; else the plain one. */
static GMappedFile *map_list(const char *name)
{
	g_autofree char *plain = g_strdup(name);

	if (g_str_has_suffix(plain, ".gz")) {
		if (g_file_test(name, G_FILE_TEST_EXISTS))
			return NULL;
		plain[strlen(plain) - strlen(".gz")] = '\0';
	}
	return g_mapped_file_new(plain, FALSE, NULL);
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
	names->list = map_list(names->access->id_file_name);
	names->vendors = g_hash_table_new_full(NULL, NULL, NULL, g_free);
	return names;
}

void pcinames_free(struct pcinames *names)
{
	if (names == NULL)
		return;
	pci_cleanup(names->access);
	g_clear_pointer(&names->list, g_mapped_file_unref);
	g_hash_table_unref(names->vendors);
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

static char *describe(guint16 vendor, guint16 device, const char *vendor_name,
		      const char *device_name)
{
	if (vendor_name == NULL)
		return g_strdup_printf("Device %04x:%04x", vendor, device);
	if (device_name == NULL)
		return g_strdup_printf("%s Device %04x:%04x", vendor_name, vendor, device);
	return g_strconcat(vendor_name, " ", device_name, NULL);
}

static char *ask_library(struct pcinames *names, guint16 vendor, guint16 device)
{
	char vendor_buffer[256], device_buffer[256];

	return describe(vendor, device,
			lookup(names, vendor, device, PCI_LOOKUP_VENDOR, vendor_buffer,
			       sizeof(vendor_buffer)),
			lookup(names, vendor, device, PCI_LOOKUP_DEVICE, device_buffer,
			       sizeof(device_buffer)));
}

char *pcinames_lookup(struct pcinames *names, guint16 vendor, guint16 device)
{
	g_autofree char *vendor_name = NULL;
	g_autofree char *device_name = NULL;
	const struct vendor *found;
	const char *name;

	if (names->list == NULL)
		return ask_library(names, vendor, device);
	found = find_vendor(names, vendor);
	name = found->name == NULL ? NULL : find_name(found->devices, found->end, 1, device);
	if (found->name != NULL)
		vendor_name = copy_line(names, found->name);
	if (name != NULL)
		device_name = copy_line(names, name);
	return describe(vendor, device, vendor_name, device_name);
}
