/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "machine/cpus.h"

#include <hwloc.h>
#include <string.h>

#include "core/error.h"
#include "machine/cpuinfo.h"
#include "machine/cpulist.h"

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
 * hwloc-gather-cpuid saves what each processor says of itself, one file for each. As a root such a
 * folder knows of processors and of nothing else.
 */
static gboolean is_cpuid_dump(const struct root *root)
{
	return root_exists(root, "hwloc-cpuid-info");
}

/*
 * INCLUDE_DISALLOWED: a cgroup or a lent guest may keep us from some cpus; they are still there.
 * The x86 component asks the processor that runs us, by binding to each cpu in turn: wrong below
 * a foreign root, and a disturbance on the live one. It is also the one that reads CPUID dumps.
 */
static gboolean configure(hwloc_topology_t topology, gboolean cpuid)
{
	return hwloc_topology_set_flags(topology, HWLOC_TOPOLOGY_FLAG_INCLUDE_DISALLOWED) == 0 &&
	       hwloc_topology_set_io_types_filter(topology, HWLOC_TYPE_FILTER_KEEP_NONE) == 0 &&
	       hwloc_topology_set_type_filter(topology, HWLOC_OBJ_MISC,
					      HWLOC_TYPE_FILTER_KEEP_NONE) == 0 &&
	       (cpuid || hwloc_topology_set_components(
				 topology, HWLOC_TOPOLOGY_COMPONENTS_FLAG_BLACKLIST, "x86") == 0);
}

static hwloc_topology_t load(const struct root *root)
{
	const gboolean live = root_is_live(root);
	const gboolean cpuid = !live && is_cpuid_dump(root);
	/* not root_path(), which for a recording is a file */
	g_autofree char *folder = g_strdup_printf("/proc/self/fd/%d", root_fd(root));
	struct variable variables[] = {
		{ "HWLOC_FSROOT", live ? NULL : folder },
		{ "HWLOC_CPUID_PATH", cpuid ? folder : NULL },
		{ "HWLOC_THISSYSTEM", live ? NULL : "0" },
		{ "HWLOC_XMLFILE", NULL },
		{ "HWLOC_SYNTHETIC", NULL },
		{ "HWLOC_COMPONENTS", cpuid ? "x86,stop" : NULL },
		{ "HWLOC_HIDE_ERRORS", "2" },
	};
	hwloc_topology_t topology;

	if (hwloc_topology_init(&topology) != 0)
		return NULL;
	exchange_variables(variables, G_N_ELEMENTS(variables));
	if (!configure(topology, cpuid) || hwloc_topology_load(topology) != 0) {
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

/*
 * The lowest, where one cpu has several: fast memory on the package comes after the ordinary. One
 * with memory first: some firmware makes nodes of cpus alone, beside those of their memory.
 */
static guint node_of(hwloc_topology_t topology, hwloc_obj_t pu)
{
	guint lowest = G_MAXUINT, with_memory = G_MAXUINT;
	hwloc_obj_t node = NULL;

	while ((node = hwloc_get_next_obj_by_type(topology, HWLOC_OBJ_NUMANODE, node)) != NULL) {
		if (!hwloc_bitmap_isset(node->cpuset, pu->os_index))
			continue;
		lowest = MIN(lowest, node->os_index);
		if (node->attr->numanode.local_memory > 0)
			with_memory = MIN(with_memory, node->os_index);
	}
	if (with_memory != G_MAXUINT)
		return with_memory;
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
 * Kinds of core. hwloc's own ranking is not used: it goes by frequency too, and takes the favoured
 * cores of one kind (Turbo Boost Max, AMD's preferred cores, whose maximum some kernels report up
 * to 40 % too high) for another. Only what names a kind counts, or on ARM a difference in capacity
 * that no favoured core has.
 */
static void set_kind(struct cpus *cpus, hwloc_const_bitmap_t set, guint kind)
{
	for (guint i = 0; i < cpus->cpu->len; i++) {
		struct cpu *cpu = &g_array_index(cpus->cpu, struct cpu, i);

		if (hwloc_bitmap_isset(set, cpu->id))
			cpu->kind = kind;
	}
}

static void set_kind_of_listed(struct cpus *cpus, const GArray *list, guint kind)
{
	hwloc_bitmap_t set = hwloc_bitmap_alloc();

	for (guint i = 0; i < list->len; i++)
		hwloc_bitmap_set(set, g_array_index(list, guint, i));
	set_kind(cpus, set, kind);
	hwloc_bitmap_free(set);
}

/* The events of each kind of core have their own counters, with a list of its cpus. */
static gboolean find_kinds_of_counters(struct cpus *cpus, const struct root *root)
{
	static const char *const counters[] = { "cpu_lowpower", "cpu_atom", "cpu_core" };
	guint kinds = 0;

	for (guint i = 0; i < G_N_ELEMENTS(counters); i++) {
		g_autofree char *text = root_read(root, NULL, "sys/devices/%s/cpus", counters[i]);
		g_autoptr(GArray) list = text == NULL ? NULL : cpulist_read(text);

		if (list != NULL && list->len > 0)
			set_kind_of_listed(cpus, list, kinds++);
	}
	cpus->kinds = MAX(kinds, 1);
	return kinds > 1;
}

static const struct {
	const char *name;
	guint kind;
} core_types[] = {
	{ "IntelAtom", 0 },
	{ "AMDEfficiency", 0 },
	{ "IntelCore", 1 },
	{ "AMDPerformance", 1 },
};

static int kind_of_type(const char *name)
{
	for (guint i = 0; name != NULL && i < G_N_ELEMENTS(core_types); i++) {
		if (g_str_equal(core_types[i].name, name))
			return (int)core_types[i].kind;
	}
	return -1;
}

static const char *core_type_of(const struct hwloc_info_s *infos, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		if (g_str_equal(infos[i].name, "CoreType"))
			return infos[i].value;
	}
	return NULL;
}

/* What the processors say themselves, where hwloc could ask them (CPUID leaf 1a). */
static gboolean find_kinds_of_types(struct cpus *cpus, hwloc_topology_t topology)
{
	int n = hwloc_cpukinds_get_nr(topology, 0);
	hwloc_bitmap_t set = hwloc_bitmap_alloc();
	guint seen = 0;

	for (int i = 0; i < n; i++) {
		struct hwloc_info_s *infos = NULL;
		unsigned int n_infos = 0;
		int kind;

		if (hwloc_cpukinds_get_info(topology, (unsigned int)i, set, NULL, &n_infos, &infos,
					    0) != 0)
			continue;
		kind = kind_of_type(core_type_of(infos, n_infos));
		if (kind < 0)
			continue;
		set_kind(cpus, set, (guint)kind);
		seen |= 1U << kind;
	}
	hwloc_bitmap_free(set);
	if (seen == 3)
		cpus->kinds = 2;
	else
		set_kind(cpus, hwloc_topology_get_complete_cpuset(topology), 0);
	return seen == 3;
}

/*
 * Where nothing names the kinds, they are told by numbers that the kernel has for each cpu. All of
 * them must show the same border: the favoured cores of one kind have a higher maximum only, cores
 * with Speed Select a higher base only, and both by a few per cent.
 */
struct measure {
	const char *file; /* below sys/devices/system/cpu/cpuN */
	GArray *value;    /* guint64, for each cpu */
};

/* FALSE if one cpu does not say: then nothing can be told of any. */
static gboolean measure_read(struct measure *measure, const struct cpus *cpus,
			     const struct root *root)
{
	for (guint i = 0; i < cpus->cpu->len; i++) {
		guint64 value;

		if (!root_read_number(root, 10, &value, NULL, "sys/devices/system/cpu/cpu%u/%s",
				      g_array_index(cpus->cpu, struct cpu, i).id, measure->file))
			return FALSE;
		g_array_append_val(measure->value, value);
	}
	return TRUE;
}

/* Is there nothing just below @border, so that those from @border on are another kind? */
static gboolean is_border(const struct measure *measure, const struct measure *order,
			  guint64 border)
{
	guint64 below = 0, above = G_MAXUINT64;

	for (guint i = 0; i < measure->value->len; i++) {
		guint64 value = g_array_index(measure->value, guint64, i);

		if (g_array_index(order->value, guint64, i) < border)
			below = MAX(below, value);
		else
			above = MIN(above, value);
	}
	return below > 0 && above * 100 > below * 115;
}

static gint compare_numbers(gconstpointer a, gconstpointer b)
{
	guint64 x = *(const guint64 *)a, y = *(const guint64 *)b;

	return x < y ? -1 : x > y;
}

static void find_kinds_by_measures(struct cpus *cpus, const struct measure *measures, guint n)
{
	g_autoptr(GArray) borders = g_array_copy(measures[0].value);

	g_array_sort(borders, compare_numbers);
	for (guint i = 1; i < borders->len; i++) {
		guint64 border = g_array_index(borders, guint64, i);
		gboolean kind = border > g_array_index(borders, guint64, i - 1);

		for (guint m = 0; kind && m < n; m++)
			kind = is_border(&measures[m], &measures[0], border);
		if (!kind)
			continue;
		for (guint j = 0; j < cpus->cpu->len; j++) {
			if (g_array_index(measures[0].value, guint64, j) >= border)
				g_array_index(cpus->cpu, struct cpu, j).kind = cpus->kinds;
		}
		cpus->kinds++;
	}
}

/* big.LITTLE has the scheduler's capacity, 1024 for the quickest; Intel's hybrids two speeds. */
static void find_kinds_of_numbers(struct cpus *cpus, const struct root *root)
{
	g_autoptr(GArray) capacity = g_array_new(FALSE, FALSE, sizeof(guint64));
	g_autoptr(GArray) base = g_array_new(FALSE, FALSE, sizeof(guint64));
	g_autoptr(GArray) most = g_array_new(FALSE, FALSE, sizeof(guint64));
	struct measure capacities[] = { { "cpu_capacity", capacity } };
	struct measure frequencies[] = { { "cpufreq/base_frequency", base },
					 { "cpufreq/cpuinfo_max_freq", most } };

	if (measure_read(&capacities[0], cpus, root))
		find_kinds_by_measures(cpus, capacities, 1);
	else if (measure_read(&frequencies[0], cpus, root) &&
		 measure_read(&frequencies[1], cpus, root))
		find_kinds_by_measures(cpus, frequencies, 2);
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
	if (!find_kinds_of_counters(cpus, root) && !find_kinds_of_types(cpus, topology))
		find_kinds_of_numbers(cpus, root);
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
	if (root_exists(root, "sys/devices/system/cpu") || root_exists(root, "proc/cpuinfo") ||
	    is_cpuid_dump(root))
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
