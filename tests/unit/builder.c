/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "builder.h"

static guint core_count(const struct builder *machine)
{
	return machine->sockets * machine->caches * machine->cores;
}

/* A cpumap of all threads of @cores cores from @first on: "00000000,0000ffff". */
static char *map_of_cores(const struct builder *machine, guint first, guint cores)
{
	const guint all = core_count(machine);
	const guint words = (all * machine->threads + 31) / 32;
	g_autofree guint32 *word = g_new0(guint32, words);
	GString *text = g_string_new(NULL);

	for (guint t = 0; t < machine->threads; t++) {
		for (guint i = 0; i < cores; i++) {
			guint id = first + i + t * all;

			word[id / 32] |= (guint32)1 << id % 32;
		}
	}
	for (guint i = words; i-- > 0;)
		g_string_append_printf(text, "%08x%s", word[i], i > 0 ? "," : "");
	return g_string_free(text, FALSE);
}

static void add_cpu(const struct builder *machine, GString *text, guint id)
{
	const guint core = id % core_count(machine);
	const guint per_socket = machine->caches * machine->cores;
	const guint socket = core / per_socket;
	g_autofree char *cpu = g_strdup_printf("sys/devices/system/cpu/cpu%u", id);
	g_autofree char *siblings = map_of_cores(machine, core, 1);
	g_autofree char *package = map_of_cores(machine, socket * per_socket, per_socket);
	g_autofree char *sharers =
		map_of_cores(machine, core / machine->cores * machine->cores, machine->cores);

	g_string_append_printf(text, "%s/topology/physical_package_id = %u\n", cpu, socket);
	g_string_append_printf(text, "%s/topology/core_id = %u\n", cpu, core % per_socket);
	g_string_append_printf(text, "%s/topology/core_siblings = %s\n", cpu, package);
	g_string_append_printf(text, "%s/topology/thread_siblings = %s\n", cpu, siblings);
	g_string_append_printf(text, "%s/cache/index3/level = 3\n", cpu);
	g_string_append_printf(text, "%s/cache/index3/type = Unified\n", cpu);
	g_string_append_printf(text, "%s/cache/index3/size = %uK\n", cpu, machine->cores * 4096);
	g_string_append_printf(text, "%s/cache/index3/shared_cpu_map = %s\n", cpu, sharers);
}

static void add_cpus(const struct builder *machine, GString *text)
{
	const guint cpus = core_count(machine) * machine->threads;

	g_string_append_printf(text, "sys/devices/system/cpu/online = 0-%u\n", cpus - 1);
	g_string_append_printf(text, "sys/devices/system/cpu/possible = 0-%u\n", cpus - 1);
	g_string_append(text,
			"proc/cpuinfo = processor\\t: 0\\nvendor_id\\t: GenuineIntel\\n"
			"model name\\t: Example Processor\n");
	for (guint id = 0; id < cpus; id++)
		add_cpu(machine, text, id);
}

static void add_nodes(const struct builder *machine, GString *text)
{
	const guint per_socket = machine->caches * machine->cores;
	const guint64 kib = (guint64)machine->gib << 20;
	const guint64 huge_kib = (guint64)machine->huge_gib << 20;

	g_string_append_printf(text,
			       "proc/meminfo = MemTotal: %" G_GUINT64_FORMAT
			       " kB\\nMemAvailable: %" G_GUINT64_FORMAT " kB\n",
			       kib * machine->sockets, (kib - huge_kib) * machine->sockets);
	g_string_append(text, "sys/kernel/mm/transparent_hugepage/enabled = [always] madvise\n");
	for (guint i = 0; i < machine->sockets; i++) {
		g_autofree char *map = map_of_cores(machine, i * per_socket, per_socket);
		g_autofree char *node = g_strdup_printf("sys/devices/system/node/node%u", i);

		g_string_append_printf(text, "%s/cpumap = %s\n", node, map);
		g_string_append_printf(text,
				       "%s/meminfo = Node %u MemTotal: %" G_GUINT64_FORMAT
				       " kB\\nNode %u MemFree: %" G_GUINT64_FORMAT " kB\n",
				       node, i, kib, i, kib - huge_kib);
		g_string_append_printf(text, "%s/hugepages/hugepages-1048576kB/nr_hugepages = %u\n",
				       node, machine->huge_gib);
		g_string_append_printf(text,
				       "%s/hugepages/hugepages-1048576kB/free_hugepages = %u\n",
				       node, machine->huge_gib);
	}
}

struct function {
	guint bus, device, function;
	guint class, vendor, product;
	const char *driver;
	guint group, node;
	gboolean boot_vga;
};

static void add_function(GString *text, const struct function *at)
{
	g_autofree char *address =
		g_strdup_printf("0000:%02x:%02x.%u", at->bus, at->device, at->function);
	g_autofree char *folder = g_strdup_printf("sys/devices/pci0000:%02x/%s", at->bus, address);

	g_string_append_printf(text, "sys/bus/pci/devices/%s -> ../../../devices/pci0000:%02x/%s\n",
			       address, at->bus, address);
	g_string_append_printf(text, "%s/class = 0x%06x\n", folder, at->class);
	g_string_append_printf(text, "%s/vendor = 0x%04x\n", folder, at->vendor);
	g_string_append_printf(text, "%s/device = 0x%04x\n", folder, at->product);
	g_string_append_printf(text, "%s/numa_node = %u\n", folder, at->node);
	g_string_append_printf(text, "%s/driver -> ../../../bus/pci/drivers/%s\n", folder,
			       at->driver);
	g_string_append_printf(text, "%s/iommu_group -> ../../../kernel/iommu_groups/%u\n", folder,
			       at->group);
	g_string_append_printf(
		text,
		"sys/kernel/iommu_groups/%u/devices/%s -> ../../../../devices/pci0000:%02x/%s\n",
		at->group, address, at->bus, address);
	if (at->class >> 16 != 3)
		return;
	g_string_append_printf(text, "%s/boot_vga = %u\n", folder, at->boot_vga);
	g_string_append_printf(text, "%s/drm/card%u/card%u-DP-1/status = %s\n", folder, at->group,
			       at->group, at->boot_vga ? "connected" : "disconnected");
	g_string_append_printf(text, "%s/drm/card%u/card%u-DP-1/enabled = %s\n", folder, at->group,
			       at->group, at->boot_vga ? "enabled" : "disabled");
}

/* A socket's cards are on buses of their own: 10, 20, … of node 0, 90, a0, … of node 1. */
static void add_cards(const struct builder *machine, GString *text)
{
	const struct function service = { .bus = 3,
					  .class = 0x030000,
					  .vendor = 0x1a03,
					  .product = 0x2000,
					  .driver = "ast",
					  .boot_vga = TRUE };

	add_function(text, &service);
	for (guint i = 0; i < machine->cards; i++) {
		const guint socket = i % machine->sockets;
		struct function at = { .bus = 0x10 + socket * 0x80 + i / machine->sockets * 8,
				       .class = 0x030000,
				       .vendor = 0x1002,
				       .product = 0x7300,
				       .driver = "amdgpu",
				       .group = i + 1,
				       .node = socket };

		add_function(text, &at);
		at.function = 1;
		at.class = 0x040300;
		at.product = 0xaae8;
		at.driver = "snd_hda_intel";
		add_function(text, &at);
		at.function = 0;
		at.device = 1;
		at.class = 0x010601;
		at.driver = "ahci";
		if (i >= machine->cards - machine->blocked)
			add_function(text, &at);
	}
}

static void add_inputs(const struct builder *machine, GString *text)
{
	g_string_append(text, "proc/bus/input/devices = ");
	for (guint i = 0; i < machine->keyboards; i++) {
		g_string_append_printf(
			text,
			"I: Bus=0003 Vendor=046d Product=c24a Version=0111\\n"
			"N: Name=\"Keyboard %u\"\\nP: Phys=usb-0000:00:14.0-%u/input0\\n"
			"S: Sysfs=/devices/pci0000:00/k%u\\nU: Uniq=\\n"
			"H: Handlers=sysrq kbd event%u leds \\nB: PROP=0\\nB: EV=120013\\n"
			"B: KEY=1000000000007 ff9f207ac14057ff febeffdfffefffff "
			"fffffffffffffffe\\n\\n",
			i, i + 1, i, i);
		g_string_append_printf(
			text,
			"I: Bus=0003 Vendor=046d Product=c24b Version=0111\\n"
			"N: Name=\"Mouse %u\"\\nP: Phys=usb-0000:80:14.0-%u/input0\\n"
			"S: Sysfs=/devices/pci0000:80/m%u\\nU: Uniq=\\n"
			"H: Handlers=mouse%u event%u \\nB: PROP=0\\nB: EV=17\\n"
			"B: KEY=ffff0000 0 0 0 0\\nB: REL=1943\\n\\n",
			i, i + 1, i, i, 100 + i);
	}
	g_string_append(text, "\n");
	for (guint i = 0; i < machine->keyboards; i++)
		g_string_append_printf(text,
				       "dev/input/by-id/usb-%u-event-kbd -> ../event%u\n"
				       "dev/input/by-id/usb-%u-event-mouse -> ../event%u\n",
				       i, i, i, 100 + i);
}

char *builder_text(const struct builder *machine)
{
	GString *text = g_string_new("proc/sys/kernel/osrelease = 6.12.0\n");

	add_cpus(machine, text);
	add_nodes(machine, text);
	add_cards(machine, text);
	add_inputs(machine, text);
	return g_string_free(text, FALSE);
}
