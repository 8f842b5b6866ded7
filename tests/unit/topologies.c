/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "topologies.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/manifest.h"
#include "corpus.h"

static struct answer *answer_at(GArray *answers, guint64 id)
{
	const struct answer none = { FALSE, TOPOLOGY_NOWHERE, TOPOLOGY_NOWHERE, TOPOLOGY_NOWHERE,
				     -1 };

	g_assert_cmpuint(id, <, 65536);
	while (answers->len <= id)
		g_array_append_val(answers, none);
	return &g_array_index(answers, struct answer, id);
}

/* --- hwloc's answers: trees, as XML or as indented text ------------------------------------ */

/* The objects above the one that is being read. */
struct object {
	guint depth;
	guint serial; /* tells objects of a kind apart */
	char kind;    /* 'c'ore, '3' for an L3, other */
	guint node;   /* lowest memory that hangs on it; TOPOLOGY_NOWHERE: none */
};

struct objects {
	GArray *answers;
	GArray *path; /* struct object, from the machine down */
	guint serial;
};

static const struct {
	const char *name;
	char kind;
} object_kinds[] = {
	{ "Core", 'c' }, { "L3Cache", '3' }, { "PU", 'p' }, { "NUMANode", 'n' }, { "", 0 },
};

static char object_kind(const char *name, gsize length)
{
	for (guint i = 0; object_kinds[i].kind != 0; i++) {
		if (strlen(object_kinds[i].name) == length &&
		    strncmp(object_kinds[i].name, name, length) == 0)
			return object_kinds[i].kind;
	}
	return 'x';
}

static void objects_pop(struct objects *tree, guint depth)
{
	while (tree->path->len > 0 &&
	       g_array_index(tree->path, struct object, tree->path->len - 1).depth >= depth)
		g_array_set_size(tree->path, tree->path->len - 1);
}

static void objects_answer(struct objects *tree, guint id)
{
	struct answer *answer = answer_at(tree->answers, id);

	answer->known = TRUE;
	answer->core = 1000000 + id; /* a cpu without a core object is one of its own */
	for (guint i = tree->path->len; i-- > 0;) {
		const struct object *object = &g_array_index(tree->path, struct object, i);

		if (object->kind == 'c')
			answer->core = object->serial;
		if (object->kind == '3')
			answer->l3 = object->serial;
		if (object->node != TOPOLOGY_NOWHERE && answer->node == TOPOLOGY_NOWHERE)
			answer->node = object->node;
	}
}

/* Memory hangs below what it is near to, and is printed before the cores there. */
static void objects_add(struct objects *tree, char kind, guint depth, guint id)
{
	struct object object = { depth, tree->serial++, kind, TOPOLOGY_NOWHERE };

	objects_pop(tree, depth);
	for (guint i = tree->path->len; kind == 'n' && i-- > 0;) {
		struct object *above = &g_array_index(tree->path, struct object, i);

		if (above->kind == 'm')
			continue; /* a cache on the memory's side is no place */
		above->node = MIN(above->node, id);
		break;
	}
	if (kind == 'p')
		objects_answer(tree, id);
	g_array_append_val(tree->path, object);
}

static void read_console(const char *text, GArray *answers)
{
	g_autoptr(GArray) path = g_array_new(FALSE, FALSE, sizeof(struct object));
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	struct objects tree = { answers, path };
	int core_kind = -1;

	for (guint i = 0; lines[i] != NULL && !g_str_has_prefix(lines[i], "depth "); i++) {
		gsize indent = strspn(lines[i], " ");
		const char *name = lines[i] + indent;
		const char *number = strstr(name, "P#");
		const char *cpukind = strstr(name, "cpukind=");
		guint id = number != NULL ? (guint)strtoul(number + 2, NULL, 10) : 0;
		char kind = object_kind(name, strcspn(name, " ("));

		if (g_str_has_prefix(name, "MemCache") || g_str_has_prefix(name, "MemSideCache"))
			kind = 'm';
		objects_add(&tree, kind, (guint)indent, id);
		if (kind == 'c')
			core_kind = cpukind != NULL ? atoi(cpukind + 8) : -1;
		if (kind == 'p')
			answer_at(answers, id)->kind = core_kind;
	}
}

static const char *attribute(const char **names, const char **values, const char *wanted)
{
	for (guint i = 0; names[i] != NULL; i++) {
		if (g_str_equal(names[i], wanted))
			return values[i];
	}
	return "";
}

/* "0x0000000f,0xffffffff": the first cpus are at the end, 32 to a group */
static void set_kind_of_mask(GArray *answers, const char *mask, int kind)
{
	g_auto(GStrv) groups = g_strsplit(mask, ",", -1);
	guint n = g_strv_length(groups);

	for (guint i = 0; i < n; i++) {
		guint64 bits = g_ascii_strtoull(groups[n - 1 - i], NULL, 16);

		for (guint bit = 0; bit < 32; bit++) {
			if ((bits >> bit & 1) != 0 && i * 32 + bit < answers->len)
				answer_at(answers, i * 32 + bit)->kind = kind;
		}
	}
}

struct xml {
	struct objects tree;
	guint depth;
	int kinds;
};

static void xml_start(GMarkupParseContext *context, const char *element, const char **names,
		      const char **values, gpointer data, GError **error)
{
	struct xml *xml = data;
	const char *type = attribute(names, values, "type");

	if (g_str_equal(element, "cpukind"))
		set_kind_of_mask(xml->tree.answers, attribute(names, values, "cpuset"),
				 xml->kinds++);
	if (!g_str_equal(element, "object"))
		return;
	objects_add(&xml->tree,
		    g_str_equal(type, "MemCache") ? 'm' : object_kind(type, strlen(type)),
		    xml->depth++, (guint)strtoul(attribute(names, values, "os_index"), NULL, 10));
}

static void xml_end(GMarkupParseContext *context, const char *element, gpointer data,
		    GError **error)
{
	struct xml *xml = data;

	if (g_str_equal(element, "object"))
		xml->depth--;
}

static void read_xml(const char *text, GArray *answers)
{
	static const GMarkupParser parser = { .start_element = xml_start, .end_element = xml_end };
	g_autoptr(GArray) path = g_array_new(FALSE, FALSE, sizeof(struct object));
	struct xml xml = { { answers, path } };
	g_autoptr(GMarkupParseContext) context = NULL;
	g_autoptr(GError) error = NULL;
	const char *start = strstr(text, "<topology");

	context = g_markup_parse_context_new(&parser, 0, &xml, NULL);
	if (start == NULL || !g_markup_parse_context_parse(context, start, -1, &error))
		g_error("%s", error != NULL ? error->message : "no topology");
}

/* --- lscpu's answers: tables --------------------------------------------------------------- */

/* "4:4:1:0": the last is the L3, where there are four */
static guint l3_of_caches(const char *caches)
{
	g_auto(GStrv) levels = g_strsplit(caches, ":", -1);

	return g_strv_length(levels) == 4 && levels[3][0] != '-' ? (guint)atoi(levels[3])
								 : TOPOLOGY_NOWHERE;
}

static void read_columns(char **fields, char **headings, GArray *answers)
{
	struct answer *answer = answer_at(answers, g_ascii_strtoull(fields[0], NULL, 10));
	guint socket = 0;

	answer->known = TRUE;
	for (guint i = 0; headings[i] != NULL && fields[i] != NULL; i++) {
		if (g_str_equal(headings[i], "NODE") && fields[i][0] != '-')
			answer->node = (guint)atoi(fields[i]);
		else if (g_str_equal(headings[i], "SOCKET"))
			socket = (guint)atoi(fields[i]);
		else if (g_str_equal(headings[i], "CORE"))
			answer->core = socket * 65536 + (guint)atoi(fields[i]);
		else if (g_str_has_prefix(headings[i], "L1d:"))
			answer->l3 = g_str_has_suffix(headings[i], ":L3") ? l3_of_caches(fields[i])
									  : TOPOLOGY_NOWHERE;
	}
}

static char **split_columns(const char *line)
{
	g_auto(GStrv) words = g_strsplit_set(line, " \t\r", -1);
	g_autoptr(GPtrArray) columns = g_ptr_array_new();

	for (guint i = 0; words[i] != NULL; i++) {
		if (words[i][0] != '\0')
			g_ptr_array_add(columns, g_strdup(words[i]));
	}
	g_ptr_array_add(columns, NULL);
	return (char **)g_ptr_array_free(g_steal_pointer(&columns), FALSE);
}

static void read_table(const char *text, GArray *answers)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	g_auto(GStrv) headings = NULL;

	for (guint i = 0; lines[i] != NULL; i++) {
		g_auto(GStrv) fields = split_columns(lines[i]);

		if (fields[0] == NULL)
			continue;
		if (headings == NULL)
			headings = g_steal_pointer(&fields);
		else
			read_columns(fields, headings, answers);
	}
}

/* --- machines ------------------------------------------------------------------------------ */

void topology_free(struct topology *topology)
{
	if (topology == NULL)
		return;
	g_free(topology->name);
	cpus_free(topology->cpus);
	g_array_unref(topology->answer);
	g_free(topology);
}

static void free_topology(gpointer data)
{
	topology_free(data);
}

static struct topology *topology_new(const char *name)
{
	struct topology *topology = g_new0(struct topology, 1);

	topology->name = g_strdup(name);
	topology->answer = g_array_new(FALSE, FALSE, sizeof(struct answer));
	return topology;
}

static guint core_of(const struct answer *answer)
{
	return answer->core;
}

static guint l3_of(const struct answer *answer)
{
	return answer->l3;
}

/* Where the same number was given first; @from itself if nowhere. */
static guint first_with(const GArray *answers, guint from, guint (*number)(const struct answer *))
{
	const guint wanted = number(&g_array_index(answers, struct answer, from));

	for (guint i = 0; i < from; i++) {
		if (number(&g_array_index(answers, struct answer, i)) == wanted)
			return i;
	}
	return from;
}

/* Some machines are a table and nothing else: their processors as the table says. */
static struct cpus *cpus_from_answer(const GArray *answers)
{
	struct cpus *cpus = g_new0(struct cpus, 1);
	const guint64 kib = 16384;

	cpus->cpu = g_array_new(FALSE, TRUE, sizeof(struct cpu));
	cpus->l3_kib = g_array_new(FALSE, TRUE, sizeof(guint64));
	cpus->nodes = 1;
	cpus->kinds = 1;
	for (guint i = 0; i < answers->len; i++) {
		guint core = first_with(answers, i, core_of);
		guint l3 = first_with(answers, i, l3_of);
		struct cpu cpu = { i, cpus->cores, 0, cpus->l3s, 0, 0 };

		if (l3 < i)
			cpu.l3 = g_array_index(cpus->cpu, struct cpu, l3).l3;
		else
			cpus->l3s++;
		if (core < i)
			cpu.core = g_array_index(cpus->cpu, struct cpu, core).core;
		else
			cpus->cores++;
		for (guint j = 0; j < i; j++)
			cpu.thread += g_array_index(cpus->cpu, struct cpu, j).core == cpu.core;
		g_array_append_val(cpus->cpu, cpu);
	}
	for (guint i = 0; i < cpus->l3s; i++)
		g_array_append_val(cpus->l3_kib, kib);
	return cpus;
}

/*
 * hwloc 2.9 puts several cores of the first Hygon processors into one when it reads their CPUID;
 * newer versions gave the answer. The kernel's own files are not touched by this.
 */
static gboolean is_misread(const struct cpus *cpus)
{
	for (guint i = 0; i < cpus->cpu->len; i++) {
		const struct cpu *cpu = &g_array_index(cpus->cpu, struct cpu, i);

		for (guint j = 0; j < i; j++) {
			const struct cpu *other = &g_array_index(cpus->cpu, struct cpu, j);

			if (other->core == cpu->core && other->l3 != cpu->l3)
				return TRUE;
		}
	}
	return FALSE;
}

static gboolean run(const char *const *command, char **out)
{
	g_autoptr(GError) error = NULL;
	int status = 0;
	g_auto(GStrv) arguments = g_strdupv((char **)(uintptr_t)command);

	if (!g_spawn_sync(NULL, arguments, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL,
			  NULL, NULL, out, NULL, &status, &error))
		g_error("%s: %s", command[0], error->message);
	return g_spawn_check_wait_status(status, NULL);
}

/* The only folder in a folder; archives hold one, not always of their own name. */
static char *only_folder_in(const char *folder)
{
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	const char *name = dir != NULL ? g_dir_read_name(dir) : NULL;

	return name != NULL ? g_build_filename(folder, name, NULL) : NULL;
}

static char *find_root(const char *folder)
{
	g_autofree char *only = only_folder_in(folder);
	g_autofree char *inner = g_build_filename(only, "fsroot", NULL);

	return g_file_test(inner, G_FILE_TEST_IS_DIR) ? g_steal_pointer(&inner)
						      : g_steal_pointer(&only);
}

static void read_answer(struct topology *topology, const char *stem, const char *root)
{
	const char *lscpu[] = { "lscpu", "-s", root, "-e=CPU,NODE,SOCKET,CORE,CACHE", NULL };
	g_autofree char *console = g_strconcat(stem, ".console", NULL);
	g_autofree char *xml = g_strconcat(stem, ".xml", NULL);
	g_autofree char *text = NULL;

	if (g_file_get_contents(console, &text, NULL, NULL))
		read_console(text, topology->answer);
	else if (g_file_get_contents(xml, &text, NULL, NULL))
		read_xml(text, topology->answer);
	else if (run(lscpu, &text))
		read_table(text, topology->answer);
}

static struct topology *read_archive(const char *archive, const char *stem, const char *folder)
{
	const char *tar[] = { "tar", "-C", folder, "-xf", archive, NULL };
	g_autofree char *name = g_path_get_basename(stem);
	struct topology *topology = topology_new(name);
	g_autofree char *path = NULL;
	autoptr(root) root = NULL;
	g_autoptr(GError) error = NULL;

	if (!run(tar, NULL))
		g_error("cannot unpack %s", archive);
	path = find_root(folder);
	root = root_open(path, &error);
	g_assert_no_error(error);
	topology->cpus = cpus_read(root, &error);
	g_assert_no_error(error);
	read_answer(topology, stem, path);
	topology->misread = is_misread(topology->cpus);
	if (topology->misread) {
		cpus_free(topology->cpus);
		topology->cpus = cpus_from_answer(topology->answer);
	}
	return topology;
}

static struct topology *read_machine(const char *path, const char *name)
{
	g_autofree char *in_memory = g_strdup("/dev/shm/hotseat-topology-XXXXXX");
	g_autofree char *folder = NULL;
	g_autofree char *stem = g_strdup(path);
	struct topology *topology = NULL;
	char *end;

	if (g_str_has_suffix(name, ".txt")) {
		g_autofree char *text = NULL;

		g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
		topology = topology_new(name);
		read_table(text, topology->answer);
		topology->cpus = cpus_from_answer(topology->answer);
		return topology;
	}
	end = strstr(stem, ".tar.");
	if (end == NULL)
		return NULL;
	*end = '\0';
	folder = g_mkdtemp(in_memory) != NULL ? g_steal_pointer(&in_memory)
					      : g_dir_make_tmp("hotseat-topology-XXXXXX", NULL);
	topology = read_archive(path, stem, folder);
	g_assert_true(manifest_remove_tree(folder));
	return topology;
}

GPtrArray *topologies_read(void)
{
	static const char *const folders[] = { "hwloc-linux", "hwloc-x86", "hwloc-x86+linux",
					       "util-linux", "lscpu-e" };
	g_autoptr(GPtrArray) topologies = g_ptr_array_new_with_free_func(free_topology);

	for (guint i = 0; i < G_N_ELEMENTS(folders); i++) {
		g_autofree char *place = g_build_filename("topology", folders[i], NULL);
		g_autofree char *folder = corpus_path(place);
		g_auto(GStrv) names = corpus_list(place);

		for (guint j = 0; names != NULL && names[j] != NULL; j++) {
			g_autofree char *path = g_build_filename(folder, names[j], NULL);
			struct topology *topology = read_machine(path, names[j]);

			if (topology != NULL)
				g_ptr_array_add(topologies, topology);
		}
	}
	return topologies->len > 0 ? g_steal_pointer(&topologies) : NULL;
}
