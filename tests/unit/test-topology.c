/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * What we say about the processors of real machines against hwloc's own answer about them, and
 * against the tables of "lscpu -e" that people publish. hwloc's answers are two kinds of text, but
 * both are a tree by indentation: lstopo's lines and XML with one object in a line. They are read
 * here by hand, so that a mistake in how we use the library cannot hide.
 */
#include <stdio.h>
#include <string.h>

#include "core/manifest.h"
#include "corpus.h"
#include "machine/cpus.h"
#include "manifest.h"

#define MAX_DEPTH 64
#define NONE G_MAXUINT

/* An object in hwloc's answer, as far as it matters to us. */
struct object {
	guint indent;
	guint line;
	char type[32];
	guint os_index;
	guint node;  /* lowest NUMA node attached to it; NONE */
	guint kind;  /* of a core; NONE */
	guint64 kib; /* of a cache; 0 not said exactly */
};

struct expected_cpu {
	guint id, core, l3, node, kind;
	guint64 l3_kib;
};

static guint64 parse_kib(const char *line)
{
	const char *xml = strstr(line, "cache_size=\"");
	const char *text = strstr(line, " size=");
	char *end;
	guint64 number;

	if (xml != NULL)
		return g_ascii_strtoull(xml + strlen("cache_size=\""), NULL, 10) / 1024;
	if (text == NULL)
		return 0;
	number = g_ascii_strtoull(text + strlen(" size="), &end, 10);
	/* "28MiB" may be 27.5 */
	return g_str_has_prefix(end, "KiB") ? number : 0;
}

static gboolean parse_object(const char *line, guint number, struct object *object)
{
	const char *kind = strstr(line, "cpukind=");
	const char *text = line + strspn(line, " ");

	*object = (struct object){ .indent = (guint)(text - line),
				   .line = number,
				   .node = NONE,
				   .kind = NONE,
				   .os_index = NONE };
	if (sscanf(text, "<object type=\"%31[A-Za-z0-9]\" os_index=\"%u\"", object->type,
		   &object->os_index) < 1 &&
	    sscanf(text, "%31[A-Za-z0-9] L#%*u (P#%u", object->type, &object->os_index) < 1)
		return FALSE;
	if (text[0] != '<' && strstr(text, "L#") == NULL && strcmp(object->type, "Machine") != 0)
		return FALSE;
	if (kind != NULL)
		object->kind = (guint)g_ascii_strtoull(kind + strlen("cpukind="), NULL, 10);
	object->kib = parse_kib(line);
	return TRUE;
}

static gboolean is_last_cache(const char *type)
{
	return g_str_has_suffix(type, "Cache") && type[0] == 'L' && type[1] <= '3' &&
	       type[2] != 'i';
}

/* What stands above a PU decides where it belongs. */
static struct expected_cpu place(const struct object *stack, guint depth)
{
	const struct object *pu = &stack[depth - 1];
	struct expected_cpu cpu = {
		.id = pu->os_index, .core = pu->line, .l3 = NONE, .node = NONE, .kind = NONE
	};
	guint package = 0;

	for (guint i = 0; i < depth; i++) {
		const struct object *above = &stack[i];

		if (g_str_equal(above->type, "Package"))
			package = above->line;
		if (g_str_equal(above->type, "Core")) {
			cpu.core = above->line;
			cpu.kind = above->kind;
		}
		if (is_last_cache(above->type) && cpu.l3 == NONE) {
			cpu.l3 = above->line;
			cpu.l3_kib = above->kib;
		}
		cpu.node = MIN(cpu.node, above->node);
	}
	if (cpu.l3 == NONE)
		cpu.l3 = package;
	if (cpu.node == NONE)
		cpu.node = 0;
	return cpu;
}

static gint compare_cpus(gconstpointer a, gconstpointer b)
{
	const struct expected_cpu *first = a, *second = b;

	return first->id < second->id ? -1 : first->id > second->id;
}

/* Memory hangs below what it is near to, perhaps behind a cache of its own. */
static void attach_node(struct object *stack, guint depth, guint node)
{
	guint i = depth - 1;

	while (i > 0 && g_str_equal(stack[i].type, "MemCache"))
		i--;
	stack[i].node = MIN(stack[i].node, node);
}

static GArray *parse_answer(const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	GArray *cpus = g_array_new(FALSE, FALSE, sizeof(struct expected_cpu));
	struct object stack[MAX_DEPTH];
	guint depth = 0;

	for (guint i = 0; lines[i] != NULL; i++) {
		struct object object;

		if (!parse_object(lines[i], i + 1, &object))
			continue;
		while (depth > 0 && stack[depth - 1].indent >= object.indent)
			depth--;
		if (g_str_equal(object.type, "NUMANode")) {
			attach_node(stack, depth, object.os_index);
			continue;
		}
		g_assert_cmpuint(depth, <, MAX_DEPTH);
		stack[depth++] = object;
		if (g_str_equal(object.type, "PU")) {
			struct expected_cpu cpu = place(stack, depth);

			g_array_append_val(cpus, cpu);
		}
	}
	g_array_sort(cpus, compare_cpus);
	return cpus;
}

/*
 * Made-up machines whose answer wants what we do not have: memory nodes without cpus that are near
 * to some (hwloc 2.10), or nodes that overlap (a debugging switch of hwloc's).
 */
static const char *const other_nodes[] = {
	"fakeheterocpunuma",
	"fakememinitiators-1np2c+1npp+gi",
};

static gboolean nodes_count(const char *archive)
{
	for (guint i = 0; i < G_N_ELEMENTS(other_nodes); i++) {
		if (strstr(archive, other_nodes[i]) != NULL)
			return FALSE;
	}
	return TRUE;
}

/* Our numbers are dense in order of the lowest cpu; theirs are lines of a file. */
static guint dense(GArray *seen, guint label)
{
	for (guint i = 0; i < seen->len; i++) {
		if (g_array_index(seen, guint, i) == label)
			return i;
	}
	g_array_append_val(seen, label);
	return seen->len - 1;
}

/* The labels of one side, to be compared after both are made dense. */
struct labels {
	GArray *cores, *caches;
};

static void labels_clear(struct labels *labels)
{
	g_array_unref(labels->cores);
	g_array_unref(labels->caches);
}

static void labels_init(struct labels *labels)
{
	labels->cores = g_array_new(FALSE, FALSE, sizeof(guint));
	labels->caches = g_array_new(FALSE, FALSE, sizeof(guint));
}

static void compare_one(const struct cpus *cpus, const struct expected_cpu *theirs,
			struct labels *our_labels, struct labels *their_labels, gboolean nodes)
{
	const struct cpu *ours = cpus_find(cpus, theirs->id);

	g_assert_nonnull(ours);
	g_assert_cmpuint(dense(our_labels->cores, ours->core), ==,
			 dense(their_labels->cores, theirs->core));
	g_assert_cmpuint(dense(our_labels->caches, ours->l3), ==,
			 dense(their_labels->caches, theirs->l3));
	if (nodes)
		g_assert_cmpuint(ours->node, ==, theirs->node);
	if (theirs->l3_kib != 0)
		g_assert_cmpuint(g_array_index(cpus->l3_kib, guint64, ours->l3), ==,
				 theirs->l3_kib);
	if (theirs->kind != NONE)
		g_assert_cmpuint(ours->kind, ==, theirs->kind);
}

/*
 * hwloc's answers leave out what a cgroup kept from the program; ours has all that is online. So
 * what they have is compared, and whether ours is dense and complete is looked at apart.
 */
static void compare(const struct cpus *cpus, const GArray *expected, gboolean nodes)
{
	struct labels our_labels, their_labels;
	guint core = 0, l3 = 0;

	labels_init(&our_labels);
	labels_init(&their_labels);
	for (guint i = 0; i < expected->len; i++)
		compare_one(cpus, &g_array_index(expected, struct expected_cpu, i), &our_labels,
			    &their_labels, nodes);
	labels_clear(&our_labels);
	labels_clear(&their_labels);

	for (guint i = 0; i < cpus->cpu->len; i++) {
		const struct cpu *cpu = &g_array_index(cpus->cpu, struct cpu, i);

		g_assert_cmpuint(cpu->core, <=, core);
		g_assert_cmpuint(cpu->l3, <=, l3);
		core += cpu->core == core;
		l3 += cpu->l3 == l3;
		g_assert_cmpuint(cpu->kind, <, cpus->kinds);
	}
	g_assert_cmpuint(cpus->cores, ==, core);
	g_assert_cmpuint(cpus->l3s, ==, l3);
	g_assert_cmpuint(cpus->l3_kib->len, ==, l3);
}

/* Every cpu of the list in sysfs and no other, where there is one. */
static void compare_online(const struct cpus *cpus, const struct root *root)
{
	g_autofree char *online = root_read(root, NULL, "sys/devices/system/cpu/online");
	g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(guint));
	g_autofree char *ours = NULL;

	for (guint i = 0; i < cpus->cpu->len; i++)
		g_array_append_val(ids, g_array_index(cpus->cpu, struct cpu, i).id);
	ours = cpus_format(ids);
	if (online != NULL)
		g_assert_cmpstr(ours, ==, online);
}

/*
 * The tree in an archive, in a new folder; the archive has one folder at its top. Where the answers
 * of the CPUID instruction were recorded as well, the tree is one folder below.
 */
static struct root *unpack(const char *archive, char **folder)
{
	g_autoptr(GError) error = NULL;
	const char *command[] = { "tar", "-xf", archive, "-C", NULL, NULL };
	g_auto(GStrv) top = NULL;
	g_autofree char *path = NULL;
	g_autofree char *below = NULL;
	autoptr(root) all = NULL;
	int status = 0;

	*folder = g_dir_make_tmp("hotseat-topology-XXXXXX", NULL);
	command[4] = *folder;
	if (!g_spawn_sync(NULL, (char **)(gpointer)command, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL,
			  NULL, NULL, &status, &error) ||
	    status != 0)
		return NULL;
	all = root_open(*folder, NULL);
	top = root_list(all, NULL, ".");
	path = g_build_filename(*folder, top[0], NULL);
	below = g_build_filename(path, "fsroot", NULL);
	return root_open(g_file_test(below, G_FILE_TEST_IS_DIR) ? below : path, NULL);
}

static char *read_answer(const char *archive)
{
	static const char *const suffixes[] = { "console", "xml" };

	for (guint i = 0; i < G_N_ELEMENTS(suffixes); i++) {
		g_autofree char *path = g_strdup_printf(
			"%.*s%s", (int)(strlen(archive) - strlen("tar.bz2")), archive, suffixes[i]);
		char *text = NULL;

		if (g_file_get_contents(path, &text, NULL, NULL))
			return text;
	}
	return NULL;
}

static void test_archive(gconstpointer data)
{
	const char *archive = data;
	g_autofree char *answer = read_answer(archive);
	g_autofree char *folder = NULL;
	g_autoptr(GArray) expected = NULL;
	autoptr(root) root = unpack(archive, &folder);

	if (root == NULL) {
		g_test_skip("tar, gzip and bzip2 are needed");
	} else {
		autoptr(cpus) cpus = cpus_read(root, NULL);

		g_assert_nonnull(cpus);
		/* some trees come without an answer, and are only looked at for what must hold */
		expected = parse_answer(answer == NULL ? "" : answer);
		g_assert_true(answer == NULL || expected->len > 0);
		compare(cpus, expected, nodes_count(archive));
		compare_online(cpus, root);
	}
	manifest_remove_tree(folder);
}

/* A row of "lscpu -e". */
struct row {
	guint cpu, node, socket, core, l1d, l1i, l2, l3;
	double mhz;
};

static GArray *parse_rows(char *text)
{
	GArray *rows = g_array_new(FALSE, FALSE, sizeof(struct row));
	g_auto(GStrv) lines = NULL;

	/* some have decimal commas; nothing else in the table has one */
	lines = g_strsplit(g_strdelimit(text, ",", '.'), "\n", -1);
	for (guint i = 0; lines[i] != NULL; i++) {
		struct row row;

		if (sscanf(lines[i], "%u %u %u %u %u:%u:%u:%u %*s %lf", &row.cpu, &row.node,
			   &row.socket, &row.core, &row.l1d, &row.l1i, &row.l2, &row.l3,
			   &row.mhz) == 9)
			g_array_append_val(rows, row);
	}
	return rows;
}

static guint64 mask_of(const GArray *rows, const struct row *row, gsize column)
{
	guint64 mask = 0;

	for (guint i = 0; i < rows->len; i++) {
		struct row *other = &g_array_index(rows, struct row, i);

		if (G_STRUCT_MEMBER(guint, other, column) ==
		    *(const guint *)((const char *)row + column))
			mask |= G_GUINT64_CONSTANT(1) << other->cpu;
	}
	return mask;
}

/* As sysfs prints sets of more than 32 cpus. */
static char *mask_text(guint64 mask)
{
	return g_strdup_printf("%08x,%08x", (guint)(mask >> 32), (guint)(mask & G_MAXUINT32));
}

static const struct {
	const char *file;
	gsize column;
} sysfs_masks[] = {
	{ "topology/thread_siblings", G_STRUCT_OFFSET(struct row, core) },
	{ "topology/core_siblings", G_STRUCT_OFFSET(struct row, socket) },
	{ "cache/index0/shared_cpu_map", G_STRUCT_OFFSET(struct row, l1d) },
	{ "cache/index2/shared_cpu_map", G_STRUCT_OFFSET(struct row, l2) },
	{ "cache/index3/shared_cpu_map", G_STRUCT_OFFSET(struct row, l3) },
};

static void append_cpu(GString *text, const GArray *rows, const struct row *row)
{
	g_autofree char *cpu = g_strdup_printf("sys/devices/system/cpu/cpu%u", row->cpu);
	static const guint levels[] = { 1, 1, 2, 3 };

	g_string_append_printf(text, "%s/topology/core_id = %u\n", cpu, row->core);
	g_string_append_printf(text, "%s/topology/physical_package_id = %u\n", cpu, row->socket);
	g_string_append_printf(text, "%s/cpufreq/cpuinfo_max_freq = %.0f\n", cpu, row->mhz * 1000);
	for (guint i = 0; i < G_N_ELEMENTS(sysfs_masks); i++) {
		g_autofree char *mask = mask_text(mask_of(rows, row, sysfs_masks[i].column));

		g_string_append_printf(text, "%s/%s = %s\n", cpu, sysfs_masks[i].file, mask);
	}
	for (guint i = 0; i < G_N_ELEMENTS(levels); i++) {
		g_string_append_printf(text, "%s/cache/index%u/level = %u\n", cpu, i, levels[i]);
		g_string_append_printf(text, "%s/cache/index%u/type = %s\n", cpu, i,
				       i < 2 ? "Data" : "Unified");
		g_string_append_printf(text, "%s/cache/index%u/size = %uK\n", cpu, i,
				       32u << (2 * levels[i]));
	}
}

static struct manifest *build_rows(const GArray *rows)
{
	g_autoptr(GString) text = g_string_new(NULL);

	for (guint i = 0; i < rows->len; i++)
		append_cpu(text, rows, &g_array_index(rows, struct row, i));
	g_string_append_printf(text, "sys/devices/system/cpu/online = 0-%u\n", rows->len - 1);
	return manifest_build(text->str);
}

/*
 * The table names no kinds, but frequencies: what is slower than nine tenths of the quickest is of
 * another kind, and less is what favoured cores of one kind differ by.
 */
static guint kind_of(const GArray *rows, const struct row *row)
{
	double quickest = 0, slowest = G_MAXDOUBLE;

	for (guint i = 0; i < rows->len; i++) {
		quickest = MAX(quickest, g_array_index(rows, struct row, i).mhz);
		slowest = MIN(slowest, g_array_index(rows, struct row, i).mhz);
	}
	return slowest < quickest * 0.9 && row->mhz >= quickest * 0.9;
}

/* A machine made of what the table says is read as the table says it. */
static void test_table(gconstpointer data)
{
	g_autofree char *text = NULL;
	g_autoptr(GArray) rows = NULL;
	g_autoptr(GArray) expected = g_array_new(FALSE, FALSE, sizeof(struct expected_cpu));
	autoptr(manifest) manifest = NULL;
	autoptr(cpus) cpus = NULL;

	g_assert_true(g_file_get_contents(data, &text, NULL, NULL));
	rows = parse_rows(text);
	g_assert_cmpuint(rows->len, >, 0);
	manifest = build_rows(rows);
	cpus = cpus_read(manifest->root, NULL);
	g_assert_nonnull(cpus);
	for (guint i = 0; i < rows->len; i++) {
		const struct row *row = &g_array_index(rows, struct row, i);
		struct expected_cpu cpu = { .id = row->cpu,
					    .core = row->core,
					    .l3 = row->l3,
					    .node = row->node,
					    .kind = kind_of(rows, row) };

		g_array_append_val(expected, cpu);
	}
	g_assert_cmpuint(cpus->cpu->len, ==, rows->len);
	compare(cpus, expected, TRUE);
}

static void test_no_corpus(void)
{
	g_test_skip("the corpus is not there");
}

static void add_tests(const char *folder, const char *suffix, GTestDataFunc function)
{
	g_auto(GStrv) names = corpus_list(folder);

	for (guint i = 0; names != NULL && names[i] != NULL; i++) {
		g_autofree char *file = g_build_filename(folder, names[i], NULL);
		g_autofree char *test = g_strdup_printf("/topology/%s", names[i]);

		if (g_str_has_suffix(names[i], suffix))
			g_test_add_data_func_full(test, corpus_path(file), function, g_free);
	}
}

int main(int argc, char **argv)
{
	g_autofree char *corpus = NULL;

	g_test_init(&argc, &argv, NULL);
	corpus = corpus_path("topology");
	if (corpus == NULL)
		g_test_add_func("/topology/corpus", test_no_corpus);
	add_tests("topology/hwloc-linux", ".tar.bz2", test_archive);
	add_tests("topology/hwloc-x86+linux", ".tar.bz2", test_archive);
	add_tests("topology/util-linux", ".tar.gz", test_archive);
	add_tests("topology/lscpu-e", ".txt", test_table);
	return g_test_run();
}
