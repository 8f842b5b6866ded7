/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "machine/recording.h"

#include <string.h>
#include <sys/utsname.h>

#include "core/gzip.h"
#include "core/manifest.h"
#include "core/match.h"
#include "machine/desktop.h"
#include "machine/pcidev.h"
#include "machine/scrub.h"

/*
 * Below a foreign root hwloc does not know what kind of processor to look for, unless this says so,
 * and then misreads some of AMD's and Intel's.
 * Source: hwloc topology-linux.c, hwloc_gather_system_info().
 */
#define HWLOC_INFO "proc/hwloc-nofile-info"

/*
 * What hwloc reads of processors and memory nodes, as its topology-linux.c has it up to 2.12, and a
 * little more. A step may have "*".
 */
static const char *const library_files[] = {
	HWLOC_INFO,
	"proc/cpuinfo",
	"proc/meminfo",
	"sys/devices/cpu_*/cpus",
	"sys/devices/system/cpu/online",
	"sys/devices/system/cpu/offline",
	"sys/devices/system/cpu/possible",
	"sys/devices/system/cpu/present",
	"sys/devices/system/cpu/isolated",
	"sys/devices/system/cpu/cpu*/online",
	"sys/devices/system/cpu/cpu*/cpu_capacity",
	"sys/devices/system/cpu/cpu*/topology/*",
	"sys/devices/system/cpu/cpu*/cache/index*/coherency_line_size",
	"sys/devices/system/cpu/cpu*/cache/index*/id",
	"sys/devices/system/cpu/cpu*/cache/index*/level",
	"sys/devices/system/cpu/cpu*/cache/index*/number_of_sets",
	"sys/devices/system/cpu/cpu*/cache/index*/physical_line_partition",
	"sys/devices/system/cpu/cpu*/cache/index*/shared_cpu_*",
	"sys/devices/system/cpu/cpu*/cache/index*/size",
	"sys/devices/system/cpu/cpu*/cache/index*/type",
	"sys/devices/system/cpu/cpu*/cache/index*/ways_of_associativity",
	"sys/devices/system/cpu/cpu*/cpufreq/base_frequency",
	"sys/devices/system/cpu/cpu*/cpufreq/cpuinfo_m*_freq",
	"sys/devices/system/cpu/cpu*/acpi_cppc/*_freq",
	"sys/devices/system/cpu/cpu*/acpi_cppc/*_perf",
	"sys/devices/system/node/online",
	"sys/devices/system/node/possible",
	"sys/devices/system/node/has_*",
	"sys/devices/system/node/node*/cpumap",
	"sys/devices/system/node/node*/cpulist",
	"sys/devices/system/node/node*/distance",
	"sys/devices/system/node/node*/meminfo",
	"sys/devices/system/node/node*/hugepages/hugepages-*/*_hugepages",
	"sys/devices/system/node/node*/memory_side_cache/index*/*",
	"sys/devices/system/node/node*/access*/initiators/*",
	"sys/devices/virtual/memory_tiering/memory_tier*/nodelist",
	"sys/kernel/mm/hugepages/hugepages-*/*_hugepages",
};

static void add_files(const struct root *plain, const struct root *traced, const char *pattern)
{
	g_auto(GStrv) paths = match_paths(plain, pattern);

	for (guint i = 0; paths[i] != NULL; i++) {
		if (root_exists(plain, "%s", paths[i]))
			g_free(root_read(traced, NULL, "%s", paths[i])); /* noted, that is all */
	}
}

static void add_kind_of_machine(struct tree *trace)
{
	struct tree_entry *entry = tree_need(trace, HWLOC_INFO);
	struct utsname name;
	g_autofree char *text = NULL;

	if (uname(&name) != 0)
		return;
	text = g_strdup_printf("OSName: Linux\nArchitecture: %s\n", name.machine);
	g_clear_pointer(&entry->data, g_bytes_unref);
	entry->data = g_bytes_new(text, strlen(text));
	entry->there = TRUE;
}

void recording_add_files(const struct root *plain, struct root *traced, struct tree *trace)
{
	root_trace(traced, trace);
	for (gsize i = 0; i < G_N_ELEMENTS(library_files); i++)
		add_files(plain, traced, library_files[i]);
	if (root_is_live(plain))
		add_kind_of_machine(trace);
}

/* "proc/123/fd/4" is "123", and @rest "fd/4" */
static char *process_of(const char *path, const char **rest)
{
	gsize digits;

	if (!g_str_has_prefix(path, "proc/"))
		return NULL;
	path += strlen("proc/");
	digits = strspn(path, "0123456789");
	if (digits == 0 || (path[digits] != '/' && path[digits] != '\0'))
		return NULL;
	*rest = path + digits + (path[digits] == '/');
	return g_strndup(path, digits);
}

/* Devices that everybody has open and nobody can lend. */
static gboolean is_lendable_node(const char *target)
{
	static const char *const others[] = {
		"/dev/null", "/dev/zero",    "/dev/full",   "/dev/pts/", "/dev/ptmx",
		"/dev/shm",  "/dev/urandom", "/dev/random", "/dev/log",  "/dev/fuse",
	};

	if (target == NULL || !g_str_has_prefix(target, "/dev/"))
		return FALSE;
	for (gsize i = 0; i < G_N_ELEMENTS(others); i++) {
		if (g_str_has_prefix(target, others[i]))
			return FALSE;
	}
	return TRUE;
}

/*
 * Which entries of processes stay: devices that they have open, the names of those that show the
 * desktop or play its sound, and what else of them a reader has read. That some could not be looked
 * into is said once; that there are others is not said at all.
 */
struct pruning {
	GHashTable *kept;  /* processes of which something is told */
	GHashTable *known; /* processes with a role on the desktop */
	gboolean barred;   /* that one could not be looked into is told already */
};

static gboolean tells_something(struct pruning *pruning, const char *process, const char *rest,
				const struct tree_entry *entry)
{
	if (g_str_has_prefix(rest, "fd/"))
		return is_lendable_node(entry->target);
	if (g_str_equal(rest, "fd") && entry->failure != 0 && !pruning->barred) {
		pruning->barred = TRUE;
		return TRUE;
	}
	if (g_str_equal(rest, "comm"))
		return g_hash_table_contains(pruning->known, process);
	return entry->data != NULL;
}

static GHashTable *find_known(const struct root *root)
{
	GHashTable *known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	autoptr(desktop) desktop = desktop_read(root);

	for (guint i = 0; i < desktop->processes->len; i++) {
		const struct process *process = g_ptr_array_index(desktop->processes, i);

		g_hash_table_add(known, g_strdup_printf("%d", process->pid));
	}
	return known;
}

static void find_telling(struct pruning *pruning, const struct tree *tree)
{
	g_autoptr(GPtrArray) paths = tree_paths(tree);

	for (guint i = 0; i < paths->len; i++) {
		const char *rest;
		const char *path = g_ptr_array_index(paths, i);
		g_autofree char *process = process_of(path, &rest);

		if (process != NULL &&
		    tells_something(pruning, process, rest, tree_find(tree, path)))
			g_hash_table_add(pruning->kept, g_steal_pointer(&process));
	}
}

static gboolean is_nobodys_business(gpointer path, gpointer value, gpointer data)
{
	struct pruning *pruning = data;
	const struct tree_entry *entry = value;
	const char *rest;
	g_autofree char *process = process_of(path, &rest);

	if (process == NULL)
		return FALSE;
	if (!g_hash_table_contains(pruning->kept, process) || g_str_equal(rest, "environ"))
		return TRUE;
	return g_str_has_prefix(rest, "fd/") && !is_lendable_node(entry->target);
}

static void prune_processes(const struct root *root, struct tree *tree)
{
	struct pruning pruning = { 0 };

	pruning.kept = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	pruning.known = find_known(root);
	find_telling(&pruning, tree);
	g_hash_table_foreach_remove(tree->entries, is_nobodys_business, &pruning);
	g_hash_table_unref(pruning.kept);
	g_hash_table_unref(pruning.known);
}

/*
 * Lists of thousands of lines, of which readers want a few. What has nothing to do with lending a
 * card is left out, so that a recording can be read before it is mailed.
 */
#define CONFIG_DROP                                                                                \
	"^#(?! CONFIG)|CONFIG_(?![A-Z0-9_]*(IOMMU|VFIO|KVM|PCI|DRM|VGA|SYSFB|SIMPLEFB|HUGE|NUMA|"  \
	"CGROUP|PREEMPT|HZ|UINPUT|EVDEV|VIRTIO|EFI|DEVMEM|X2APIC|I2C_(CHARDEV|DEV)|HDA|XHCI|"      \
	"LOCKDOWN|DMA_OWNER|AMD_|INTEL_|IRQ_REMAP|MODULES|ACPI_TABLE))"

static const struct {
	const char *path; /* pattern */
	const char *drop; /* lines that match this regular expression are left out */
} long_lists[] = {
	{ "boot/config-*", CONFIG_DROP },
	{ "lib/modules/*/config", CONFIG_DROP },
	{ "proc/config.gz", CONFIG_DROP },
	/* Files of the user's own, of which the rules want a few words and nobody else the rest. */
	{ "etc/libvirt/hooks/*", "^(?!.*(virsh\\s|new_id|/sys/bus/pci/|cset\\s|sleep\\s))" },
	{ "etc/libvirt/qemu.conf", "^(?!\\s*(relaxed_acs_check|cgroup_device_acl|\"/dev/|\\]))" },
	{ "run/libvirt/qemu/*.xml", "^(?!.*(<hostdev mode='subsystem' type='pci'|<vcpupin ))" },
	{ "run/systemd/inhibit/*", "^(?!WHAT=|MODE=)" },
	{ "var/cache/libvirt/qemu/capabilities/*", "^(?!.*(<version>|qemu-system-x86_64))" },
	/* every line has the machine's name, so none is kept, and FW-20 has one witness less */
	{ "var/log/kern.log", "^" },
	{ "lib/modules/*/modules.*",
	  "^kernel/(fs|net|crypto|lib|security|mm|block|drivers/(ata|"
	  "atm|block|bluetooth|bus|clk|comedi|counter|crypto|dma|edac|"
	  "extcon|gnss|hwmon|iio|infiniband|isdn|leds|macintosh|md|media|"
	  "memstick|message|mfd|misc|mmc|mtd|mux|net|nfc|ntb|nvdimm|"
	  "parport|pcmcia|power|powercap|pps|ptp|pwm|regulator|rtc|scsi|"
	  "slimbus|soundwire|spi|spmi|ssb|staging|target|thunderbolt|tty|"
	  "ufs|w1|watchdog)|sound/(soc|usb|isa|firewire|drivers))/" },
};

static gboolean matches_list(const char *path, const char *pattern)
{
	/* lib is a link to usr/lib on most */
	return g_pattern_match_simple(pattern, path) ||
	       (g_str_has_prefix(path, "usr/") &&
		g_pattern_match_simple(pattern, path + strlen("usr/")));
}

static GBytes *shorten_text(GBytes *bytes, const char *drop)
{
	gsize size;
	const char *data = g_bytes_get_data(bytes, &size);
	g_autofree char *text = g_strndup(data == NULL ? "" : data, size);
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	g_autoptr(GRegex) regex = g_regex_new(drop, G_REGEX_OPTIMIZE | G_REGEX_RAW, 0, NULL);
	g_autoptr(GString) kept = g_string_new(NULL);

	for (guint i = 0; lines[i] != NULL; i++) {
		if (lines[i][0] != '\0' && !g_regex_match(regex, lines[i], 0, NULL))
			g_string_append_printf(kept, "%s\n", lines[i]);
	}
	return g_bytes_new(kept->str, kept->len);
}

static void shorten(struct tree_entry *entry, const char *drop)
{
	g_autoptr(GBytes) plain = gzip_unpack(entry->data);
	g_autoptr(GBytes) whole = g_steal_pointer(&entry->data);
	g_autoptr(GBytes) text = shorten_text(plain == NULL ? whole : plain, drop);

	entry->data = plain == NULL ? g_steal_pointer(&text) : gzip_pack(text);
}

static void shorten_lists(struct tree *tree)
{
	g_autoptr(GPtrArray) paths = tree_paths(tree);

	for (guint i = 0; i < paths->len; i++) {
		const char *path = g_ptr_array_index(paths, i);
		struct tree_entry *entry = tree_find(tree, path);

		for (gsize j = 0; entry->data != NULL && j < G_N_ELEMENTS(long_lists); j++) {
			if (matches_list(path, long_lists[j].path))
				shorten(entry, long_lists[j].drop);
		}
	}
}

/* Lines go by PCI function, the deepest that the path has, else by the first two steps. */
static char *group_of(const char *path)
{
	g_auto(GStrv) steps = g_strsplit(path, "/", -1);
	const char *group = NULL;

	for (guint i = 0; steps[i] != NULL; i++) {
		g_autofree char *address = pcidev_read_address(steps[i]);

		if (address != NULL && g_str_has_prefix(path, "sys/devices/"))
			group = steps[i];
	}
	if (group != NULL)
		return g_strdup(group);
	if (steps[0] != NULL && steps[1] != NULL)
		return g_strconcat(steps[0], "/", steps[1], NULL);
	return g_strdup(path);
}

char *recording_write(const struct root *root, struct tree *trace)
{
	autoptr(tree) scrubbed = NULL;
	g_autofree char *lines = NULL;
	g_autoptr(GDateTime) now = g_date_time_new_now_utc();
	g_autofree char *date = g_date_time_format(now, "%Y-%m-%d");

	prune_processes(root, trace);
	shorten_lists(trace);
	scrubbed = scrub_tree(root, trace);
	lines = manifest_write(scrubbed, group_of);
	return g_strdup_printf(MANIFEST_HEADER
			       "\n"
			       "# made on %s. Read it before you send it: lines may be "
			       "taken out.\n%s",
			       date, lines);
}
