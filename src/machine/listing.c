/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Group scripts have a hundred shapes, but they all print the same three things: a group's number,
 * a function's address, and lspci's line about it. So lines are not matched against formats; the
 * three things are looked for in each line, and a group holds until the next one is named.
 */
#include "machine/listing.h"

#include <string.h>

#include "core/error.h"

#define BDF "(?:([0-9a-f]{4,8}):)?([0-9a-f]{2}):([01][0-9a-f])\\.([0-7])"
#define NOT_IN_WORD "(?<![0-9a-z:.])"

struct listing {
	GHashTable *by_address; /* address -> struct pcidev, owned */
	char *group;            /* named last */
	struct pcidev *last;    /* by_address:: what indented lines are about */
	gboolean drivers_shown;
	GRegex *kernel_message, *group_path, *group_word, *address, *ids, *class_code;
};

static GRegex *compile(const char *pattern)
{
	g_autoptr(GError) error = NULL;
	GRegex *regex = g_regex_new(pattern, G_REGEX_CASELESS | G_REGEX_OPTIMIZE, 0, &error);

	g_assert_no_error(error);
	return regex;
}

static void listing_init(struct listing *listing)
{
	*listing = (struct listing){
		.by_address = g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
						    (GDestroyNotify)pcidev_free),
		.kernel_message =
			compile(NOT_IN_WORD BDF "[^\\n]{0,8}? to (?:iommu )?group ([0-9]{1,6})\\b"),
		.group_path = compile("iommu_groups/([0-9]{1,6})/devices/" BDF),
		.group_word = compile("\\bgroup(?:[ _]?id)?[ \t#:=]{0,4}([0-9]{1,6})\\b"),
		.address = compile(NOT_IN_WORD BDF "(?![0-9a-z.])"),
		.ids = compile("\\[([0-9a-f]{4}):([0-9a-f]{4})\\]"),
		.class_code = compile("\\[([0-9a-f]{4})\\]:?"),
	};
}

static void listing_clear(struct listing *listing)
{
	g_hash_table_unref(listing->by_address);
	g_free(listing->group);
	g_regex_unref(listing->kernel_message);
	g_regex_unref(listing->group_path);
	g_regex_unref(listing->group_word);
	g_regex_unref(listing->address);
	g_regex_unref(listing->ids);
	g_regex_unref(listing->class_code);
}

/* Captures @first and the three after it are domain, bus, slot and function. */
static char *match_address(const GMatchInfo *match, int first)
{
	g_autofree char *domain = g_match_info_fetch(match, first);
	g_autofree char *bus = g_match_info_fetch(match, first + 1);
	g_autofree char *slot = g_match_info_fetch(match, first + 2);
	g_autofree char *function = g_match_info_fetch(match, first + 3);
	g_autofree char *text = g_strdup_printf("%s:%s:%s.%s", domain[0] == '\0' ? "0000" : domain,
						bus, slot, function);

	/* the same form as everywhere, of which the expressions are a part */
	return pcidev_read_address(text);
}

static struct pcidev *add_function(struct listing *listing, char *address, const char *group)
{
	struct pcidev *dev = g_new0(struct pcidev, 1);

	dev->address = address;
	dev->group = g_strdup(group);
	dev->name = g_strdup("");
	dev->numa_node = -1;
	g_hash_table_replace(listing->by_address, dev->address, dev);
	listing->last = dev;
	return dev;
}

/* Where "lspci -nn" is not at hand people paste names; lspci's own words for the usual classes. */
static guint32 class_from_name(const char *text)
{
	static const struct {
		const char *name;
		guint16 class;
	} names[] = {
		{ "SCSI storage controller", 0x0100 },
		{ "IDE interface", 0x0101 },
		{ "RAID bus controller", 0x0104 },
		{ "SATA controller", 0x0106 },
		{ "Serial Attached SCSI controller", 0x0107 },
		{ "Non-Volatile memory controller", 0x0108 },
		{ "Mass storage controller", 0x0180 },
		{ "Ethernet controller", 0x0200 },
		{ "Network controller", 0x0280 },
		{ "VGA compatible controller", 0x0300 },
		{ "3D controller", 0x0302 },
		{ "Display controller", 0x0380 },
		{ "Multimedia video controller", 0x0400 },
		{ "Multimedia audio controller", 0x0401 },
		{ "Audio device", 0x0403 },
		{ "Multimedia controller", 0x0480 },
		{ "RAM memory", 0x0500 },
		{ "Host bridge", 0x0600 },
		{ "ISA bridge", 0x0601 },
		{ "PCI bridge", 0x0604 },
		{ "CardBus bridge", 0x0607 },
		{ "Communication controller", 0x0780 },
		{ "SD Host controller", 0x0805 },
		{ "IOMMU", 0x0806 },
		{ "System peripheral", 0x0880 },
		{ "FireWire (IEEE 1394)", 0x0c00 },
		{ "USB controller", 0x0c03 },
		{ "SMBus", 0x0c05 },
		{ "Serial bus controller", 0x0c80 },
		{ "Encryption controller", 0x1080 },
		{ "Signal processing controller", 0x1180 },
		{ "Processing accelerators", 0x1200 },
		{ "Non-Essential Instrumentation", 0x1300 },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		if (g_ascii_strncasecmp(text, names[i].name, strlen(names[i].name)) == 0)
			return (guint32)names[i].class << 8;
	}
	return 0;
}

static guint16 fetch_hex(const GMatchInfo *match, int capture)
{
	g_autofree char *digits = g_match_info_fetch(match, capture);

	return (guint16)g_ascii_strtoull(digits, NULL, 16);
}

/* lspci -nn ends its line with the ids; names before may have brackets of their own. */
static void read_ids(const struct listing *listing, struct pcidev *dev, const char *line)
{
	g_autoptr(GMatchInfo) match = NULL;

	for (g_regex_match(listing->ids, line, 0, &match); g_match_info_matches(match);
	     g_match_info_next(match, NULL)) {
		dev->vendor = fetch_hex(match, 1);
		dev->device = fetch_hex(match, 2);
	}
}

static void read_class(const struct listing *listing, struct pcidev *dev, const char *text)
{
	g_autoptr(GMatchInfo) match = NULL;

	if (g_regex_match(listing->class_code, text, 0, &match))
		dev->class = (guint32)fetch_hex(match, 1) << 8;
	else
		dev->class = class_from_name(text);
}

/* One function with lspci's description behind its address. */
static gboolean take_described(struct listing *listing, const char *line)
{
	g_autoptr(GMatchInfo) match = NULL;
	const char *text;
	struct pcidev *dev;
	int end = 0;

	if (!g_regex_match(listing->address, line, 0, &match))
		return FALSE;
	g_match_info_fetch_pos(match, 0, NULL, &end);
	text = line + end;
	text += strspn(text, " \t:\"'");
	/* Prose mentions addresses too. A description has ids or begins with a class. */
	if (!g_regex_match(listing->ids, line, 0, NULL) && class_from_name(text) == 0)
		return FALSE;

	dev = add_function(listing, match_address(match, 1), listing->group);
	read_ids(listing, dev, line);
	read_class(listing, dev, text);
	g_free(dev->name);
	dev->name = g_strstrip(g_strdup(text));
	return TRUE;
}

/* Kernel messages and paths name group and address together, often several in a line. */
static gboolean take_pairs(struct listing *listing, const char *line, const GRegex *regex,
			   int address, int group)
{
	g_autoptr(GMatchInfo) match = NULL;
	gboolean found = FALSE;

	for (g_regex_match(regex, line, 0, &match); g_match_info_matches(match);
	     g_match_info_next(match, NULL)) {
		g_autofree char *number = g_match_info_fetch(match, group);

		add_function(listing, match_address(match, address), number);
		found = TRUE;
	}
	return found;
}

/* "Kernel driver in use: nvme", and lspci -vv's "IOMMU group: 12", belong to the function above. */
static gboolean take_detail(struct listing *listing, const char *line)
{
	static const char driver[] = "Kernel driver in use:";
	static const char group[] = "IOMMU group:";
	const char *text = line + strspn(line, " \t");

	if (listing->last == NULL || text == line)
		return FALSE;
	if (g_ascii_strncasecmp(text, driver, strlen(driver)) == 0) {
		g_free(listing->last->driver);
		listing->last->driver = g_strstrip(g_strdup(text + strlen(driver)));
		listing->drivers_shown = TRUE;
		return TRUE;
	}
	if (listing->last->group == NULL && listing->group == NULL &&
	    g_ascii_strncasecmp(text, group, strlen(group)) == 0) {
		listing->last->group = g_strstrip(g_strdup(text + strlen(group)));
		return TRUE;
	}
	return FALSE;
}

static void take_group(struct listing *listing, const char *line)
{
	g_autoptr(GMatchInfo) match = NULL;

	if (!g_regex_match(listing->group_word, line, 0, &match))
		return;
	g_free(listing->group);
	listing->group = g_match_info_fetch(match, 1);
}

static void take_line(struct listing *listing, const char *line)
{
	if (take_detail(listing, line) ||
	    take_pairs(listing, line, listing->kernel_message, 1, 5) ||
	    take_pairs(listing, line, listing->group_path, 2, 1))
		return;
	take_group(listing, line);
	take_described(listing, line);
}

enum column {
	COLUMN_GROUP,
	COLUMN_ADDRESS,
	COLUMN_CLASS,
	COLUMN_VENDOR,
	COLUMN_DEVICE,
	COLUMN_DRIVER,
	COLUMN_NAME,
	N_COLUMNS,
};

static guint16 cell_hex(char **cells, enum column column)
{
	return (guint16)g_ascii_strtoull(cells[column], NULL, 16);
}

/* "0300", or "03" where only the base class is known. */
static guint32 cell_class(char **cells)
{
	guint shift = strlen(cells[COLUMN_CLASS]) <= 2 ? 16 : 8;

	return (guint32)cell_hex(cells, COLUMN_CLASS) << shift;
}

static void take_row(struct listing *listing, const char *line)
{
	g_auto(GStrv) cells = g_strsplit(line, "\t", N_COLUMNS);
	g_autoptr(GMatchInfo) match = NULL;
	const char *driver;
	struct pcidev *dev;

	if (g_strv_length(cells) < COLUMN_DRIVER + 1 ||
	    !g_regex_match(listing->address, cells[COLUMN_ADDRESS], 0, &match))
		return;
	dev = add_function(listing, match_address(match, 1),
			   cells[COLUMN_GROUP][0] == '\0' ? NULL : cells[COLUMN_GROUP]);
	dev->class = cell_class(cells);
	dev->vendor = cell_hex(cells, COLUMN_VENDOR);
	dev->device = cell_hex(cells, COLUMN_DEVICE);
	driver = g_strstrip(cells[COLUMN_DRIVER]);
	dev->driver_known = known_from(driver[0] != '\0' && !g_str_equal(driver, "?"));
	if (dev->driver_known == KNOWN_NO)
		dev->driver_known = NOT_KNOWN;
	else if (!g_str_equal(driver, "none") && !g_str_equal(driver, "-"))
		dev->driver = g_strdup(driver);
	if (cells[COLUMN_NAME] != NULL) {
		g_free(dev->name);
		dev->name = g_strstrip(g_strdup(cells[COLUMN_NAME]));
	}
}

/* A table has its seven columns from the first line on, with or without headings. */
static gboolean is_table(const char *line)
{
	guint tabs = 0;

	for (; *line != '\0'; line++)
		tabs += *line == '\t';
	return tabs >= COLUMN_DRIVER && tabs <= N_COLUMNS;
}

static int compare_addresses(gconstpointer a, gconstpointer b)
{
	const struct pcidev *const *left = a;
	const struct pcidev *const *right = b;

	return strcmp((*left)->address, (*right)->address);
}

static GPtrArray *collect(struct listing *listing)
{
	GPtrArray *devices = g_ptr_array_new_with_free_func((GDestroyNotify)pcidev_free);
	GHashTableIter iter;
	gpointer value;

	g_hash_table_iter_init(&iter, listing->by_address);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		struct pcidev *dev = value;

		if (listing->drivers_shown)
			dev->driver_known = KNOWN_YES;
		g_ptr_array_add(devices, dev);
		g_hash_table_iter_steal(&iter);
	}
	g_ptr_array_sort(devices, compare_addresses);
	return devices;
}

GPtrArray *listing_parse(const char *text, GError **error)
{
	g_autofree char *valid = g_utf8_make_valid(text, -1);
	g_auto(GStrv) lines = g_strsplit_set(valid, "\r\n", -1);
	struct listing listing;
	GPtrArray *devices;
	gboolean table = lines[0] != NULL && is_table(lines[0]);

	listing_init(&listing);
	for (guint i = 0; lines[i] != NULL; i++) {
		if (table)
			take_row(&listing, lines[i]);
		else
			take_line(&listing, lines[i]);
	}
	devices = collect(&listing);
	listing_clear(&listing);
	if (devices->len > 0)
		return devices;

	g_ptr_array_unref(devices);
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_UNREADABLE,
		    "no PCI device is in this listing; it takes the output of a script that prints "
		    "IOMMU groups with lspci -nn, or of lspci -nnk");
	return NULL;
}
