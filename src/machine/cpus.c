/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "machine/cpus.h"

#include <hwloc.h>
#include <string.h>

#include "core/error.h"
#include "machine/cpuinfo.h"

/*
 * hwloc knows how kernels of two decades spell their topology and what firmware gets wrong in it;
 * we take its objects and number them our way. It has no call to read below another root, only
 * environment variables, so these are set for as long as it loads and then put back. Whatever a
 * user has set for hwloc would describe another machine than ours, and is put aside.
 *
 * hwloc opens files itself, so that a foreign root's links are not confined as by root.h. It
 * reads numbers and processor names there and nothing else.
 *
 * Source: hwloc's documentation, "Environment Variables"; topology-linux.c.
 */
struct variable {
	const char *name;
	const char *value; /* NULL: unset */
	char *old;
};

static void set_variable(const char *name, const char *value)
{
	if (value == NULL)
		g_unsetenv(name);
	else
		g_setenv(name, value, TRUE);
}

static void exchange_variables(struct variable *variables, gsize n)
{
	for (gsize i = 0; i < n; i++) {
		variables[i].old = g_strdup(g_getenv(variables[i].name));
		set_variable(variables[i].name, variables[i].value);
	}
}

static void restore_variables(struct variable *variables, gsize n)
{
	for (gsize i = 0; i < n; i++) {
		set_variable(variables[i].name, variables[i].old);
		g_free(variables[i].old);
	}
}

/*
 * INCLUDE_DISALLOWED: a cgroup or a lent guest may keep us from some cpus; they are still there.
 * The x86 component asks the processor that runs us, by binding to each cpu in turn: wrong below
 * a foreign root, and a disturbance on the live one.
 */
static gboolean configure(hwloc_topology_t topology)
{
	return hwloc_topology_set_flags(topology, HWLOC_TOPOLOGY_FLAG_INCLUDE_DISALLOWED) == 0 &&
	       hwloc_topology_set_io_types_filter(topology, HWLOC_TYPE_FILTER_KEEP_NONE) == 0 &&
	       hwloc_topology_set_type_filter(topology, HWLOC_OBJ_MISC,
					      HWLOC_TYPE_FILTER_KEEP_NONE) == 0 &&
	       hwloc_topology_set_components(topology, HWLOC_TOPOLOGY_COMPONENTS_FLAG_BLACKLIST,
					     "x86") == 0;
}

static hwloc_topology_t load(const struct root *root)
{
	const gboolean live = root_is_live(root);
	/* not root_path(), which for a recording is a file */
	g_autofree char *folder = g_strdup_printf("/proc/self/fd/%d", root_fd(root));
	struct variable variables[] = {
		{ "HWLOC_FSROOT", live ? NULL : folder },
		{ "HWLOC_THISSYSTEM", live ? NULL : "0" },
		{ "HWLOC_XMLFILE", NULL },
		{ "HWLOC_SYNTHETIC", NULL },
		{ "HWLOC_COMPONENTS", NULL },
		{ "HWLOC_HIDE_ERRORS", "2" },
	};
	hwloc_topology_t topology;

	if (hwloc_topology_init(&topology) != 0)
		return NULL;
	exchange_variables(variables, G_N_ELEMENTS(variables));
	if (!configure(topology) || hwloc_topology_load(topology) != 0) {
		hwloc_topology_destroy(topology);
		topology = NULL;
	}
	restore_variables(variables, G_N_ELEMENTS(variables));
	return topology;
}

/* A set of hwloc's objects that we number from 0 in the order in which we meet them. */
static guint index_of(GPtrArray *seen, gpointer object, gboolean *is_new)
{
	guint index;

	*is_new = !g_ptr_array_find(seen, object, &index);
	if (!*is_new)
		return index;
	g_ptr_array_add(seen, object);
	return seen->len - 1;
}

static hwloc_obj_t core_of(hwloc_topology_t topology, hwloc_obj_t pu)
{
	hwloc_obj_t core = hwloc_get_ancestor_obj_by_type(topology, HWLOC_OBJ_CORE, pu);

	return core == NULL ? pu : core;
}

/*
 * The last cache that the cpu shares, up to level 3: a fourth level, where there was one, is beside
 * the graphics and says nothing about neighbours. Cores without an L3, such as the low-power
 * ones of some laptops, have their L2. Without any cache the package, else the whole machine.
 */
static hwloc_obj_t last_cache_of(hwloc_topology_t topology, hwloc_obj_t pu)
{
	hwloc_obj_t found = NULL;

	for (hwloc_obj_t above = pu->parent; above != NULL; above = above->parent) {
		if (hwloc_obj_type_is_dcache(above->type) && above->attr->cache.depth <= 3)
			found = above;
	}
	if (found == NULL)
		found = hwloc_get_ancestor_obj_by_type(topology, HWLOC_OBJ_PACKAGE, pu);
	return found == NULL ? hwloc_get_root_obj(topology) : found;
}

static guint64 cache_kib(hwloc_obj_t object)
{
	return hwloc_obj_type_is_cache(object->type) ? object->attr->cache.size / 1024 : 0;
}

/* The lowest, where one cpu has several: fast memory on the package comes after the ordinary. */
static guint node_of(hwloc_topology_t topology, hwloc_obj_t pu)
{
	guint lowest = G_MAXUINT;
	hwloc_obj_t node = NULL;

	while ((node = hwloc_get_next_obj_by_type(topology, HWLOC_OBJ_NUMANODE, node)) != NULL) {
		if (hwloc_bitmap_isset(node->cpuset, pu->os_index))
			lowest = MIN(lowest, node->os_index);
	}
	return lowest == G_MAXUINT ? 0 : lowest;
}

static gint compare_pus(gconstpointer a, gconstpointer b)
{
	hwloc_obj_t first = *(const hwloc_obj_t *)a;
	hwloc_obj_t second = *(const hwloc_obj_t *)b;

	return first->os_index < second->os_index ? -1 : first->os_index > second->os_index;
}

/* hwloc's order is by place; the kernel's numbers jump between threads and packages. */
static GPtrArray *pus_in_order(hwloc_topology_t topology)
{
	GPtrArray *pus = g_ptr_array_new();
	hwloc_obj_t pu = NULL;

	while ((pu = hwloc_get_next_obj_by_type(topology, HWLOC_OBJ_PU, pu)) != NULL)
		g_ptr_array_add(pus, pu);
	g_ptr_array_sort(pus, compare_pus);
	return pus;
}

static void add_cpus(struct cpus *cpus, hwloc_topology_t topology)
{
	g_autoptr(GPtrArray) pus = pus_in_order(topology);
	g_autoptr(GPtrArray) cores = g_ptr_array_new();
	g_autoptr(GPtrArray) caches = g_ptr_array_new();
	g_autoptr(GPtrArray) nodes = g_ptr_array_new();
	g_autoptr(GArray) threads = g_array_new(FALSE, TRUE, sizeof(guint));
	gboolean is_new;

	for (guint i = 0; i < pus->len; i++) {
		hwloc_obj_t pu = g_ptr_array_index(pus, i);
		hwloc_obj_t cache = last_cache_of(topology, pu);
		struct cpu cpu = { .id = pu->os_index, .node = node_of(topology, pu) };

		cpu.core = index_of(cores, core_of(topology, pu), &is_new);
		if (is_new)
			g_array_set_size(threads, cores->len);
		cpu.thread = g_array_index(threads, guint, cpu.core)++;
		cpu.l3 = index_of(caches, cache, &is_new);
		if (is_new) {
			guint64 kib = cache_kib(cache);

			g_array_append_val(cpus->l3_kib, kib);
		}
		index_of(nodes, GUINT_TO_POINTER(cpu.node), &is_new);
		g_array_append_val(cpus->cpu, cpu);
	}
	cpus->cores = cores->len;
	cpus->l3s = caches->len;
	cpus->nodes = nodes->len;
}

/*
 * hwloc ranks kinds where it can tell them apart: by their names in sysfs (cpu_core, cpu_atom), by
 * frequency beyond what favoured cores of one kind differ. Kinds that it cannot rank have the
 * efficiency -1, and are one to us.
 */
static void add_kinds_ranked(struct cpus *cpus, hwloc_topology_t topology)
{
	int n = hwloc_cpukinds_get_nr(topology, 0);
	hwloc_bitmap_t set = hwloc_bitmap_alloc();

	for (int kind = 0; kind < n; kind++) {
		int efficiency;

		if (hwloc_cpukinds_get_info(topology, (unsigned int)kind, set, &efficiency, NULL,
					    NULL, 0) != 0 ||
		    efficiency < 0)
			continue;
		for (guint i = 0; i < cpus->cpu->len; i++) {
			struct cpu *cpu = &g_array_index(cpus->cpu, struct cpu, i);

			if (hwloc_bitmap_isset(set, cpu->id))
				cpu->kind = (guint)efficiency;
		}
		cpus->kinds = MAX(cpus->kinds, (guint)efficiency + 1);
	}
	hwloc_bitmap_free(set);
}

/* The events of the two kinds of core have their own counters, each with a list of its cpus. */
static void add_kinds_of_counters(struct cpus *cpus, const struct root *root)
{
	g_autofree char *fast = root_read(root, NULL, "sys/devices/cpu_core/cpus");
	g_autofree char *slow = root_read(root, NULL, "sys/devices/cpu_atom/cpus");
	hwloc_bitmap_t set;

	if (fast == NULL || slow == NULL)
		return;
	set = hwloc_bitmap_alloc();
	if (hwloc_bitmap_list_sscanf(set, fast) == 0) {
		cpus->kinds = 2;
		for (guint i = 0; i < cpus->cpu->len; i++) {
			struct cpu *cpu = &g_array_index(cpus->cpu, struct cpu, i);

			cpu->kind = hwloc_bitmap_isset(set, cpu->id) ? 1 : 0;
		}
	}
	hwloc_bitmap_free(set);
}

/* Not from hwloc, which below a foreign root does not know what kind of processor to look for. */
static void add_model(struct cpus *cpus, const struct root *root)
{
	g_autofree char *text = cpuinfo_read(root);

	if (text == NULL)
		return;
	cpus->vendor = cpuinfo_value(text, "vendor_id");
	cpus->model_name = cpuinfo_value(text, "model name");
}

static struct cpus *cpus_new(const struct root *root, hwloc_topology_t topology)
{
	struct cpus *cpus = g_new0(struct cpus, 1);

	cpus->cpu = g_array_new(FALSE, TRUE, sizeof(struct cpu));
	cpus->l3_kib = g_array_new(FALSE, TRUE, sizeof(guint64));
	cpus->kinds = 1;
	add_cpus(cpus, topology);
	add_kinds_ranked(cpus, topology);
	if (cpus->kinds == 1)
		add_kinds_of_counters(cpus, root);
	add_model(cpus, root);
	return cpus;
}

void cpus_free(struct cpus *cpus)
{
	if (cpus == NULL)
		return;
	g_array_unref(cpus->cpu);
	g_array_unref(cpus->l3_kib);
	g_free(cpus->vendor);
	g_free(cpus->model_name);
	g_free(cpus);
}

struct cpus *cpus_read(const struct root *root, GError **error)
{
	hwloc_topology_t topology = NULL;
	struct cpus *cpus;

	/* Without these hwloc would make up one processor, and we would believe it. */
	if (root_exists(root, "sys/devices/system/cpu") || root_exists(root, "proc/cpuinfo"))
		topology = load(root);
	if (topology == NULL) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_UNREADABLE,
			    "cannot read the processors below %s", root_path(root));
		return NULL;
	}
	cpus = cpus_new(root, topology);
	hwloc_topology_destroy(topology);
	return cpus;
}

const struct cpu *cpus_find(const struct cpus *cpus, guint id)
{
	for (guint i = 0; i < cpus->cpu->len; i++) {
		const struct cpu *cpu = &g_array_index(cpus->cpu, struct cpu, i);

		if (cpu->id == id)
			return cpu;
	}
	return NULL;
}

char *cpus_format(const GArray *ids)
{
	hwloc_bitmap_t set = hwloc_bitmap_alloc();
	char *list = NULL;
	char *text;

	for (guint i = 0; i < ids->len; i++)
		hwloc_bitmap_set(set, g_array_index(ids, guint, i));
	hwloc_bitmap_list_asprintf(&list, set);
	text = g_strdup(list);
	free(list);
	hwloc_bitmap_free(set);
	return text;
}
