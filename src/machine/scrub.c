/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "machine/scrub.h"

#include <pwd.h>
#include <string.h>
#include <unistd.h>

/*
 * Three ways to find what tells one machine from others, and each covers for the others' gaps:
 * by where it stands (a file called "serial", bytes 12 to 15 of an EDID), by what it looks like
 * (UUIDs, MAC addresses), and by being known (users from etc/passwd, serial numbers of this
 * machine's USB devices), wherever it turns up.
 *
 * Where we cannot tell, we rather lose a fact than tell a secret: other binary files are left out,
 * and of the kernel command line only arguments stay that are about devices.
 */
struct scrub {
	GHashTable *known;   /* secret, in lower case, to what stands for it */
	GHashTable *counts;  /* kind of secret to how many there were */
	GRegex *known_regex; /* any of the known ones; NULL: none */
	GRegex *people_regex;
	GString *known_pattern, *people_pattern;
	GRegex *uuid, *mac, *wwn, *arguments, *private_files;
};

/* stand_in - "serial-3" for a secret, and the same each time */
static const char *stand_in(struct scrub *scrub, const char *kind, const char *secret)
{
	g_autofree char *key = g_utf8_strdown(secret, -1);
	const char *found = g_hash_table_lookup(scrub->known, key);
	guint count;
	char *made;

	if (found != NULL)
		return found;
	count = GPOINTER_TO_UINT(g_hash_table_lookup(scrub->counts, kind)) + 1;
	g_hash_table_insert(scrub->counts, g_strdup(kind), GUINT_TO_POINTER(count));
	if (g_str_equal(kind, "uuid"))
		made = g_strdup_printf("00000000-0000-0000-0000-%012x", count);
	else if (g_str_equal(kind, "mac"))
		made = g_strdup_printf("02:00:00:00:%02x:%02x", count >> 8 & 0xff, count & 0xff);
	else if (g_str_equal(kind, "wwn"))
		made = g_strdup_printf("%016x", count);
	else if (g_str_equal(kind, "user"))
		made = g_strdup_printf("user%u", count);
	else
		made = g_strdup_printf("%s-%u", kind, count);
	g_hash_table_insert(scrub->known, g_steal_pointer(&key), made);
	return made;
}

static void add_pattern(GString *pattern, const char *secret)
{
	g_autofree char *escaped = g_regex_escape_string(secret, -1);

	g_string_append_printf(pattern, "%s%s", pattern->len > 0 ? "|" : "", escaped);
}

/* Numbers that makers leave in place of a serial number would be found everywhere. */
#define SERIAL_MIN 5

static void know_serial(struct scrub *scrub, const char *serial)
{
	g_autofree char *name = NULL;

	if (serial == NULL || strlen(serial) < SERIAL_MIN)
		return;
	(void)stand_in(scrub, "serial", serial);
	add_pattern(scrub->known_pattern, serial);
	/* udev writes blanks as underscores, and so in names of links */
	name = g_strdelimit(g_strdup(serial), " ", '_');
	if (!g_str_equal(name, serial)) {
		(void)stand_in(scrub, "serial", name);
		add_pattern(scrub->known_pattern, name);
	}
}

/* Then it is a word rather than a number, and in the names of others of its kind too. */
static gboolean is_in_own_name(const struct root *root, const char *folder, const char *device,
			       const char *serial)
{
	g_autofree char *product = root_read(root, NULL, "%s/%s/product", folder, device);
	g_autofree char *name = product == NULL ? NULL : g_ascii_strdown(product, -1);
	g_autofree char *word = serial == NULL ? NULL : g_ascii_strdown(serial, -1);

	return name != NULL && word != NULL && strstr(name, word) != NULL;
}

static void know_serials_below(struct scrub *scrub, const struct root *root, const char *folder,
			       const char *file)
{
	g_auto(GStrv) names = root_list(root, NULL, "%s", folder);

	for (guint i = 0; names != NULL && names[i] != NULL; i++) {
		g_autofree char *serial = NULL;

		/*
		 * A root hub, usb1, gives the PCI address of its controller for a serial number
		 * (Linux drivers/usb/core/hcd.c, rh_string()); that must stay what it is
		 * everywhere.
		 */
		if (g_str_has_prefix(names[i], "usb"))
			continue;
		serial = root_read(root, NULL, "%s/%s/%s", folder, names[i], file);
		if (!is_in_own_name(root, folder, names[i], serial))
			know_serial(scrub, serial);
	}
}

static void know_board(struct scrub *scrub, const struct root *root)
{
	static const char *const files[] = {
		"product_serial", "board_serial",      "chassis_serial",
		"product_uuid",   "chassis_asset_tag", "board_asset_tag",
	};

	for (gsize i = 0; i < G_N_ELEMENTS(files); i++) {
		g_autofree char *text = root_read(root, NULL, "sys/class/dmi/id/%s", files[i]);

		/* what firmware says where nobody filled it in */
		if (text != NULL && g_ascii_strncasecmp(text, "default", 7) != 0 &&
		    g_ascii_strncasecmp(text, "to be filled", 12) != 0 &&
		    g_ascii_strncasecmp(text, "not ", 4) != 0 &&
		    g_ascii_strncasecmp(text, "system", 6) != 0)
			know_serial(scrub, text);
	}
}

static void know_person(struct scrub *scrub, const char *kind, const char *name)
{
	if (name == NULL || strlen(name) < 2 || g_str_equal(name, "root"))
		return;
	(void)stand_in(scrub, kind, name);
	add_pattern(scrub->people_pattern, name);
}

/* Fields of a line of passwd: name, password, uid, gid, full name with commas, home, shell. */
static void know_users(struct scrub *scrub, const char *passwd)
{
	g_auto(GStrv) lines = g_strsplit(passwd == NULL ? "" : passwd, "\n", -1);

	for (guint i = 0; lines[i] != NULL; i++) {
		g_auto(GStrv) fields = g_strsplit(lines[i], ":", -1);
		g_auto(GStrv) words = NULL;
		guint64 uid;

		if (g_strv_length(fields) < 7 ||
		    !g_ascii_string_to_unsigned(fields[2], 10, 1000, 59999, &uid, NULL))
			continue;
		know_person(scrub, "user", fields[0]);
		words = g_strsplit_set(fields[4], ", ", -1);
		for (guint j = 0; words[j] != NULL; j++) {
			if (strlen(words[j]) > 2)
				know_person(scrub, "name", words[j]);
		}
	}
}

/* The names of distributions are host names of many, and no secret, but facts. */
static void know_host(struct scrub *scrub, const struct root *root, const char *name)
{
	g_autofree char *os = root_read(root, NULL, "etc/os-release");
	g_autofree char *lower = name == NULL ? NULL : g_ascii_strdown(name, -1);
	g_autofree char *os_lower = os == NULL ? NULL : g_ascii_strdown(os, -1);
	g_auto(GStrv) labels = NULL;

	if (name == NULL || (os != NULL && strstr(os_lower, lower) != NULL) ||
	    g_str_has_prefix(lower, "localhost"))
		return;
	know_person(scrub, "host", name);
	labels = g_strsplit(name, ".", 2);
	if (labels[0] != NULL && labels[1] != NULL)
		know_person(scrub, "host", labels[0]);
}

static void know_people(struct scrub *scrub, const struct root *root)
{
	g_autofree char *passwd = root_read(root, NULL, "etc/passwd");
	g_autofree char *etc_hostname = root_read(root, NULL, "etc/hostname");
	g_autofree char *hostname = root_read(root, NULL, "proc/sys/kernel/hostname");
	g_auto(GStrv) homes = root_list(root, NULL, "home");

	know_users(scrub, passwd);
	for (guint i = 0; homes != NULL && homes[i] != NULL; i++) {
		if (!g_str_equal(homes[i], "lost+found"))
			know_person(scrub, "user", homes[i]);
	}
	know_host(scrub, root, etc_hostname);
	know_host(scrub, root, hostname);
	if (root_is_live(root)) {
		/* users of a directory service are in no file */
		const struct passwd *me = getpwuid(getuid());
		const char *sudo = g_getenv("SUDO_USER");

		know_person(scrub, "user", sudo);
		if (me != NULL && me->pw_uid >= 1000 && me->pw_uid != 65534)
			know_person(scrub, "user", me->pw_name);
	}
}

/* The longest first, or a part would be replaced of what contains it. */
static gint compare_length(gconstpointer a, gconstpointer b)
{
	gsize first = strlen(*(const char *const *)a), second = strlen(*(const char *const *)b);

	return first < second ? 1 : first > second ? -1 : 0;
}

static GRegex *any_of(const GString *pattern)
{
	g_auto(GStrv) words = NULL;
	g_autofree char *joined = NULL;
	g_autofree char *whole = NULL;

	if (pattern->len == 0)
		return NULL;
	words = g_strsplit(pattern->str, "|", -1);
	qsort(words, g_strv_length(words), sizeof(*words), compare_length);
	joined = g_strjoinv("|", words);
	whole = g_strdup_printf("(?<![a-z0-9])(?:%s)(?![a-z0-9])", joined);
	return g_regex_new(whole, G_REGEX_CASELESS | G_REGEX_RAW | G_REGEX_OPTIMIZE, 0, NULL);
}

#define HEX "[0-9a-fA-F]"

static struct scrub *scrub_new(const struct root *root)
{
	struct scrub *scrub = g_new0(struct scrub, 1);

	scrub->known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	scrub->counts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	scrub->known_pattern = g_string_new(NULL);
	scrub->people_pattern = g_string_new(NULL);
	know_serials_below(scrub, root, "sys/bus/usb/devices", "serial");
	know_serials_below(scrub, root, "sys/class/nvme", "serial");
	know_serials_below(scrub, root, "sys/class/power_supply", "serial_number");
	know_board(scrub, root);
	know_people(scrub, root);
	scrub->known_regex = any_of(scrub->known_pattern);
	scrub->people_regex = any_of(scrub->people_pattern);
	/* with dashes, or without as etc/machine-id has it */
	scrub->uuid = g_regex_new("(?<!" HEX ")" HEX "{8}(-?)" HEX "{4}\\1" HEX "{4}\\1" HEX
				  "{4}\\1" HEX "{12}(?!" HEX ")",
				  G_REGEX_RAW | G_REGEX_OPTIMIZE, 0, NULL);
	scrub->mac = g_regex_new("(?<![0-9a-fA-F:])" HEX "{2}([:-])(?:" HEX "{2}\\1){4}" HEX
				 "{2}(?![0-9a-fA-F:])",
				 G_REGEX_RAW | G_REGEX_OPTIMIZE, 0, NULL);
	scrub->wwn = g_regex_new(
		"(?:(?<=eui\\.)|(?<=naa\\.)|(?<=uuid\\.)|(?<=wwn-0x)|"
		"(?<=nvme\\.))" HEX "[0-9a-fA-F-]{7,}",
		G_REGEX_RAW | G_REGEX_OPTIMIZE, 0, NULL);
	scrub->arguments = g_regex_new(
		"(?<=root=|resume=|cryptdevice=|luks\\.uuid=|luks\\.name=|luks\\.key=|password=|"
		"passwd=|token=|secret=)[^\\s\"']+",
		G_REGEX_RAW, 0, NULL);
	scrub->private_files =
		g_regex_new("(?<=/home/|/media/|/mnt/|/Users/)[^\\s\"'<>:,]*/[^\\s\"'<>:,]*",
			    G_REGEX_RAW, 0, NULL);
	return scrub;
}

static void unref_regex(GRegex *regex)
{
	if (regex != NULL)
		g_regex_unref(regex);
}

static void scrub_free(struct scrub *scrub)
{
	g_hash_table_unref(scrub->known);
	g_hash_table_unref(scrub->counts);
	g_string_free(scrub->known_pattern, TRUE);
	g_string_free(scrub->people_pattern, TRUE);
	unref_regex(scrub->known_regex);
	unref_regex(scrub->people_regex);
	unref_regex(scrub->uuid);
	unref_regex(scrub->mac);
	unref_regex(scrub->wwn);
	unref_regex(scrub->arguments);
	unref_regex(scrub->private_files);
	g_free(scrub);
}
AUTOPTR_DEFINE(scrub)

struct replacing {
	struct scrub *scrub;
	const char *kind;
};

static gboolean replace_one(const GMatchInfo *match, GString *result, gpointer data)
{
	struct replacing *replacing = data;
	g_autofree char *secret = g_match_info_fetch(match, 0);

	g_string_append(result, stand_in(replacing->scrub, replacing->kind, secret));
	return FALSE;
}

/* replace_all - @text, which is taken, with what the expression finds replaced */
static char *replace_all(struct scrub *scrub, char *text, GRegex *regex, const char *kind)
{
	struct replacing replacing = { scrub, kind };
	char *replaced;

	if (regex == NULL)
		return text;
	replaced = g_regex_replace_eval(regex, text, -1, 0, 0, replace_one, &replacing, NULL);
	if (replaced == NULL)
		return text;
	g_free(text);
	return replaced;
}

/* GUIDs of firmware variables are the same on all machines, and the name of the fact. */
static gboolean has_uuids(const char *path)
{
	return !g_str_has_prefix(path, "sys/firmware/");
}

/* People do not turn up in what the kernel and packages write, but their names as words would. */
static gboolean has_people(const char *path)
{
	static const char *const others[] = {
		"sys/",
		"boot/",
		"lib/",
		"usr/",
		"proc/cpuinfo",
		"proc/meminfo",
		"proc/interrupts",
		"proc/config.gz",
		"proc/iomem",
		"proc/sys/kernel/osrelease",
		"etc/os-release",
	};

	for (gsize i = 0; i < G_N_ELEMENTS(others); i++) {
		if (g_str_has_prefix(path, others[i]))
			return g_str_has_suffix(path, "/name") || g_str_has_suffix(path, "/phys");
	}
	return TRUE;
}

static char *scrub_text(struct scrub *scrub, const char *path, const char *text)
{
	char *clean = g_strdup(text);

	if (has_uuids(path))
		clean = replace_all(scrub, clean, scrub->uuid, "uuid");
	clean = replace_all(scrub, clean, scrub->mac, "mac");
	clean = replace_all(scrub, clean, scrub->wwn, "wwn");
	clean = replace_all(scrub, clean, scrub->known_regex, "serial");
	if (has_people(path))
		clean = replace_all(scrub, clean, scrub->people_regex, "user");
	return clean;
}

/*
 * "usb-Maker_Model_SERIAL-event-kbd": where the serial number is not known, what could be one by
 * having a digit is taken for one. Names of models that look so are lost; no rule wants them.
 */
static char *scrub_id_name(struct scrub *scrub, const char *name)
{
	g_auto(GStrv) words = g_strsplit(name, "_", -1);

	for (guint i = 1; words[i] != NULL; i++) {
		gsize length = strcspn(words[i], "-");
		g_autofree char *serial = g_strndup(words[i], length);
		char *word;

		if (length < 4 || strpbrk(serial, "0123456789") == NULL)
			continue;
		word = g_strconcat(stand_in(scrub, "serial", serial), words[i] + length, NULL);
		g_free(words[i]);
		words[i] = word;
	}
	return g_strjoinv("_", words);
}

/* Where folders are named after people; a user called "libvirt" is no reason to rename etc/libvirt.
 */
static gboolean has_home(const char *path)
{
	path += path[0] == '/';
	return g_str_has_prefix(path, "home/") || g_str_has_prefix(path, "media/") ||
	       g_str_has_prefix(path, "run/media/") || g_str_has_prefix(path, "var/");
}

/* scrub_path - a path or a link's target; @in is the path whose text it is */
static char *scrub_path(struct scrub *scrub, const char *in, const char *path)
{
	const char *place = has_uuids(in) ? "sys/" : "sys/firmware/";
	g_autofree char *clean = scrub_text(scrub, has_home(path) ? "home/" : place, path);
	g_auto(GStrv) steps = g_strsplit(clean, "/", -1);
	gboolean ids = FALSE;

	for (guint i = 0; steps[i] != NULL; i++) {
		if (ids) {
			char *name = scrub_id_name(scrub, steps[i]);

			g_free(steps[i]);
			steps[i] = name;
		}
		ids = g_str_equal(steps[i], "by-id");
	}
	return g_strjoinv("/", steps);
}

/* Files whose whole content is one machine's own; @kind names the stand-in. */
static const struct {
	const char *pattern;
	const char *kind;
} secret_files[] = {
	{ "*/serial", "serial" },
	{ "*/serial_number", "serial" },
	{ "*_serial", "serial" },
	{ "*/uniq", "serial" },
	{ "*/unique_id", "serial" },
	{ "*/wwid", "serial" },
	{ "*/cid", "serial" },
	{ "*_asset_tag", "serial" },
	{ "*/eui", "serial" },
	{ "*/nguid", "serial" },
	{ "*/uuid", "uuid" },
	{ "*/product_uuid", "uuid" },
	{ "*/boot_id", "uuid" },
	{ "*/net/*/address", "mac" },
	{ "*/net/*/perm_address", "mac" },
	{ "*machine-id", "machine" },
	{ "*/hostname", "host" },
	{ "*/domainname", "host" },
	{ "etc/shadow", "removed" },
	{ "*/vpd", "serial" },
};

static const char *secret_kind(const char *path)
{
	for (gsize i = 0; i < G_N_ELEMENTS(secret_files); i++) {
		if (g_pattern_match_simple(secret_files[i].pattern, path))
			return secret_files[i].kind;
	}
	return NULL;
}

/*
 * Of the kernel command line stay arguments by these names, with their values. Others keep their
 * name. What a reader asks for with kernel_argument() must be here, or a recording has no answer.
 */
static const char *const argument_names[] = {
	"*iommu*",       "vfio*",
	"pci*",          "kvm*",
	"video",         "*hugepage*",
	"hugepagesz",    "isolcpus",
	"nohz*",         "rcu_nocb*",
	"mitigations",   "*blacklist",
	"rd.driver.*",   "modules?load",
	"rd.modules*",   "efi*",
	"vga",           "console",
	"fbcon",         "drm*",
	"i915.*",        "xe.*",
	"amdgpu*",       "radeon*",
	"nouveau*",      "nvidia*",
	"snd*",          "intremap",
	"acpi*",         "apic*",
	"nosmt",         "maxcpus",
	"nr_cpus",       "threadirqs",
	"preempt",       "clocksource",
	"tsc",           "processor.*",
	"intel_*",       "amd_*",
	"cpufreq*",      "irqaffinity",
	"default_*",     "mem_encrypt",
	"lockdown",      "security",
	"apparmor",      "selinux",
	"lsm",           "systemd.unified*",
	"module.*",      "usbcore.*",
	"usbhid.*",      "pcie*",
	"thunderbolt.*", "ignore_loglevel",
	"loglevel",      "random.*",
	"cgroup*",       "numa*",
	"memhp*",        "idle",
	"rdinit",        "audit",
	"split_lock*",
};

static gboolean may_stay(const char *name)
{
	for (gsize i = 0; i < G_N_ELEMENTS(argument_names); i++) {
		if (g_pattern_match_simple(argument_names[i], name))
			return TRUE;
	}
	return FALSE;
}

/* A value as short as "1", "off" and "auto" has nothing to hide. */
static char *scrub_argument(const char *argument)
{
	const char *equals = strchr(argument, '=');
	g_autofree char *bare = g_strdup(argument);
	g_autofree char *name = NULL;

	g_strdelimit(bare, "\"", ' ');
	g_strstrip(bare);
	name = g_strndup(bare, strcspn(bare, "="));
	if (may_stay(name))
		return g_strdup(argument);
	if (equals == NULL)
		return strspn(argument, "abcdefghijklmnopqrstuvwxyz_.-") == strlen(argument)
			       ? g_strdup(argument)
			       : g_strdup("removed");
	if (strlen(equals + 1) <= 4)
		return g_strdup(argument);
	return g_strdup_printf("%s=removed", name);
}

/* Blanks between double quotes are part of an argument, as in kernel.c. */
static char *scrub_command_line(const char *text)
{
	g_autoptr(GString) clean = g_string_new(NULL);
	const char *at = text;

	while (*at != '\0') {
		gboolean quoted = FALSE;
		const char *end = at;
		g_autofree char *argument = NULL;
		g_autofree char *kept = NULL;

		for (; *end != '\0' && (quoted || !g_ascii_isspace(*end)); end++)
			quoted ^= *end == '"';
		argument = g_strndup(at, (gsize)(end - at));
		kept = scrub_argument(argument);
		g_string_append(clean, kept);
		if (*end != '\0')
			g_string_append_c(clean, *end++);
		at = end;
	}
	return g_string_free(g_steal_pointer(&clean), FALSE);
}

/* "U: Uniq=" is a MAC address or a serial number, or empty. */
static char *scrub_inputs(struct scrub *scrub, const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	const char *prefix = "U: Uniq=";

	for (guint i = 0; lines[i] != NULL; i++) {
		char *line;

		if (!g_str_has_prefix(lines[i], prefix) || lines[i][strlen(prefix)] == '\0')
			continue;
		line = g_strconcat(prefix, stand_in(scrub, "serial", lines[i] + strlen(prefix)),
				   NULL);
		g_free(lines[i]);
		lines[i] = line;
	}
	return g_strjoinv("\n", lines);
}

static GBytes *scrub_text_file(struct scrub *scrub, const char *path, const char *text)
{
	const char *kind = secret_kind(path);
	g_autofree char *clean = NULL;
	gsize length;

	if (kind != NULL && text[strspn(text, " \n")] != '\0') {
		g_autofree char *secret = g_strstrip(g_strdup(text));

		clean = g_strconcat(stand_in(scrub, kind, secret), "\n", NULL);
	} else if (g_str_equal(path, "proc/cmdline") || g_str_equal(path, "etc/kernel/cmdline")) {
		g_autofree char *arguments = scrub_command_line(text);

		clean = scrub_text(scrub, path, arguments);
	} else {
		g_autofree char *inputs = g_str_equal(path, "proc/bus/input/devices")
						  ? scrub_inputs(scrub, text)
						  : g_strdup(text);

		clean = scrub_text(scrub, path, inputs);
		if (has_people(path)) {
			clean = replace_all(scrub, clean, scrub->arguments, "removed");
			clean = replace_all(scrub, clean, scrub->private_files, "file");
		}
	}
	length = strlen(clean);
	return g_bytes_new_take(g_steal_pointer(&clean), length);
}

/* --- EDID: VESA E-EDID Standard, Release A2, section 3.4 and 3.10.3; DisplayID 1.3 and 2.0 --- */

#define EDID_BLOCK 128
#define EDID_SERIAL 12
#define EDID_DESCRIPTORS 54
#define EDID_DESCRIPTOR 18
#define EDID_TEXT_SERIAL 0xff
#define EDID_EXTENSION_DISPLAYID 0x70
#define DISPLAYID_PRODUCT_1 0x00
#define DISPLAYID_PRODUCT_2 0x20

static void write_number(guint8 *at, guint number)
{
	for (guint i = 0; i < 4; i++)
		at[i] = (guint8)(number >> (8 * i));
}

/* number_of - a small number for bytes that tell one thing from another; none for none */
static guint number_of(struct scrub *scrub, const guint8 *bytes, gsize n)
{
	g_autoptr(GString) secret = g_string_new("number");
	guint8 any = 0, all = 0xff;
	const char *name;

	for (gsize i = 0; i < n; i++) {
		g_string_append_printf(secret, " %02x", bytes[i]);
		any |= bytes[i];
		all &= bytes[i];
	}
	if (any == 0 || all == 0xff)
		return 0;
	name = stand_in(scrub, "number", secret->str);
	return (guint)g_ascii_strtoull(strrchr(name, '-') + 1, NULL, 10);
}

static void mend_checksum(guint8 *bytes, gsize last)
{
	guint8 sum = 0;

	for (gsize i = 0; i < last; i++)
		sum = (guint8)(sum + bytes[i]);
	bytes[last] = (guint8)(0x100 - sum);
}

static void scrub_edid_base(struct scrub *scrub, guint8 *edid)
{
	write_number(edid + EDID_SERIAL, number_of(scrub, edid + EDID_SERIAL, 4));
	for (gsize at = EDID_DESCRIPTORS; at + EDID_DESCRIPTOR < EDID_BLOCK;
	     at += EDID_DESCRIPTOR) {
		guint8 *descriptor = edid + at;

		if (descriptor[0] == 0 && descriptor[1] == 0 && descriptor[2] == 0 &&
		    descriptor[3] == EDID_TEXT_SERIAL)
			memcpy(descriptor + 5, "removed\n     ", 13);
	}
	mend_checksum(edid, EDID_BLOCK - 1);
}

/* A section of data blocks: tag, revision, length, then so many bytes. The section has a sum too.
 */
static void scrub_displayid(struct scrub *scrub, guint8 *block)
{
	gsize section = block[2];
	gsize at = 5;

	while (at + 3 + 9 <= EDID_BLOCK - 1) {
		guint8 tag = block[at], length = block[at + 2];

		if ((tag == DISPLAYID_PRODUCT_1 || tag == DISPLAYID_PRODUCT_2) && length >= 9)
			write_number(block + at + 3 + 5, number_of(scrub, block + at + 3 + 5, 4));
		if (tag == 0 && length == 0)
			break;
		at += 3u + length;
	}
	if (1 + 4 + section < EDID_BLOCK - 1)
		mend_checksum(block + 1, 4 + section);
	mend_checksum(block, EDID_BLOCK - 1);
}

static void scrub_edid(struct scrub *scrub, guint8 *edid, gsize size)
{
	if (size < EDID_BLOCK)
		return;
	scrub_edid_base(scrub, edid);
	for (gsize at = EDID_BLOCK; at + EDID_BLOCK <= size; at += EDID_BLOCK) {
		if (edid[at] == EDID_EXTENSION_DISPLAYID)
			scrub_displayid(scrub, edid + at);
	}
}

/* --- PCI configuration space: the extended capability Device Serial Number, PCIe 4.0, 7.9.3 --- */

#define CONFIG_EXTENDED 0x100
#define CONFIG_SIZE 4096
#define CAP_SERIAL 0x0003

static void scrub_config(struct scrub *scrub, guint8 *config, gsize size)
{
	gsize at = CONFIG_EXTENDED;

	for (guint steps = 0; steps < (CONFIG_SIZE - CONFIG_EXTENDED) / 8; steps++) {
		if (at < CONFIG_EXTENDED || at + 12 > size)
			return;
		if (config[at] == CAP_SERIAL && config[at + 1] == 0) {
			guint number = number_of(scrub, config + at + 4, 8);

			/* all ones and all zeros say that there is none */
			if (number != 0) {
				write_number(config + at + 4, number);
				write_number(config + at + 8, 0);
			}
		}
		at = (gsize)(config[at + 2] | config[at + 3] << 8) >> 4 & ~(gsize)3;
	}
}

static const guint8 edid_header[] = { 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00 };

/* Binary files that are the same on all machines of a kind. */
static const char *const harmless[] = {
	"sys/firmware/acpi/tables/*",
	"sys/firmware/efi/efivars/SecureBoot-*",
	"sys/firmware/efi/efivars/SetupMode-*",
	"proc/config.gz",
};

static GBytes *scrub_binary(struct scrub *scrub, const char *path, GBytes *bytes)
{
	gsize size;
	const guint8 *data = g_bytes_get_data(bytes, &size);
	guint8 *copy;

	for (gsize i = 0; i < G_N_ELEMENTS(harmless); i++) {
		if (g_pattern_match_simple(harmless[i], path))
			return g_bytes_ref(bytes);
	}
	copy = g_malloc(size);
	memcpy(copy, data, size);
	if (size >= EDID_BLOCK && memcmp(copy, edid_header, sizeof(edid_header)) == 0) {
		scrub_edid(scrub, copy, size);
	} else if (g_str_has_suffix(path, "/config")) {
		scrub_config(scrub, copy, size);
	} else {
		g_free(copy);
		return NULL;
	}
	return g_bytes_new_take(copy, size);
}

static gboolean is_text(const guint8 *data, gsize size)
{
	for (gsize i = 0; i < size; i++) {
		if (data[i] < ' ' && data[i] != '\n' && data[i] != '\t' && data[i] != 0x1b)
			return FALSE;
	}
	return TRUE;
}

/* What was read as text has no NULs to its reader, who got line feeds; see root_read(). */
static GBytes *scrub_data(struct scrub *scrub, const char *path, const struct tree_entry *entry)
{
	gsize size;
	const guint8 *data = g_bytes_get_data(entry->data, &size);
	g_autofree char *text = g_malloc0(size + 1);

	if (size == 0)
		return g_bytes_ref(entry->data);
	memcpy(text, data, size);
	for (gsize i = 0; entry->text && i < size; i++)
		text[i] = text[i] == '\0' ? '\n' : text[i];
	if (!is_text((const guint8 *)text, size))
		return scrub_binary(scrub, path, entry->data);
	return scrub_text_file(scrub, path, text);
}

static void scrub_entry(struct scrub *scrub, const char *path, const struct tree_entry *from,
			struct tree_entry *to)
{
	*to = *from;
	to->target = from->target == NULL ? NULL : scrub_path(scrub, path, from->target);
	to->data = from->data == NULL ? NULL : scrub_data(scrub, path, from);
}

struct tree *scrub_tree(const struct root *root, struct tree *tree)
{
	autoptr(scrub) scrub = scrub_new(root);
	g_autoptr(GPtrArray) paths = tree_paths(tree);
	struct tree *clean = tree_new();

	/* in order, so that stand-ins are numbered alike each time */
	for (guint i = 0; i < paths->len; i++) {
		const char *path = g_ptr_array_index(paths, i);
		g_autofree char *new_path = scrub_path(scrub, path, path);

		scrub_entry(scrub, path, tree_find(tree, path), tree_need(clean, new_path));
	}
	return clean;
}

char *scrub_text_of(const struct root *root, const char *path, const char *text)
{
	autoptr(scrub) scrub = scrub_new(root);
	g_autoptr(GBytes) clean = scrub_text_file(scrub, path, text);
	gsize length;
	const char *data = g_bytes_get_data(clean, &length);

	return g_strndup(data, length);
}
