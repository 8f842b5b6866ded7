/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "machine/tuning.h"

#include <stdio.h>
#include <string.h>

#include "machine/hugepages.h"

#define CPUS "sys/devices/system/cpu"
#define CPUFREQ CPUS "/cpu0/cpufreq"

void tuning_free(struct tuning *tuning)
{
	if (tuning == NULL)
		return;
	g_free(tuning->clocksource);
	g_free(tuning->scaling_driver);
	g_free(tuning->governor);
	g_free(tuning->energy);
	g_free(tuning->transparent);
	g_clear_pointer(&tuning->hugepages, g_array_unref);
	g_free(tuning);
}

/* "always [madvise] never": the kernel puts the one that holds in brackets */
static char *chosen_word(char *text)
{
	const char *start = text == NULL ? NULL : strchr(text, '[');
	char *word = start == NULL ? NULL : g_strndup(start + 1, strcspn(start + 1, "]"));

	g_free(text);
	return word;
}

static enum known read_switch(const struct root *root, const char *path)
{
	guint64 value;

	if (!root_read_number(root, 10, &value, NULL, "%s", path))
		return NOT_KNOWN;
	return known_from(value != 0);
}

/*
 * Only version 2 has this file at its top, and only there systemd can move the host's own processes
 * aside. In the hybrid layout the processors are in version 1. Source: Linux
 * Documentation/admin-guide/cgroup-v2.rst.
 */
static guint read_cgroup(const struct root *root)
{
	if (root_exists(root, "sys/fs/cgroup/cgroup.controllers"))
		return 2;
	return root_exists(root, "sys/fs/cgroup/cpuset") || root_exists(root, "sys/fs/cgroup/cpu")
		       ? 1
		       : 0;
}

/* A core is the set of threads that its members agree on; an offline cpu has no topology. */
static void count_cores(const struct root *root, struct tuning *tuning)
{
	g_autoptr(GHashTable) cores = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_auto(GStrv) names = root_list(root, NULL, CPUS);

	for (guint i = 0; names != NULL && names[i] != NULL; i++) {
		unsigned int number;
		char *siblings;

		if (sscanf(names[i], "cpu%u", &number) != 1)
			continue;
		siblings = root_read(root, NULL, CPUS "/%s/topology/thread_siblings", names[i]);
		if (siblings == NULL)
			continue;
		tuning->threads++;
		g_hash_table_add(cores, siblings);
	}
	tuning->cores = g_hash_table_size(cores);
}

static guint count_nodes(const struct root *root)
{
	g_auto(GStrv) names = root_list(root, NULL, "sys/devices/system/node");
	guint nodes = 0;

	for (guint i = 0; names != NULL && names[i] != NULL; i++)
		nodes += g_str_has_prefix(names[i], "node") && g_ascii_isdigit(names[i][4]) ? 1 : 0;
	return nodes;
}

struct tuning *tuning_read(const struct root *root)
{
	struct tuning *tuning = g_new0(struct tuning, 1);

	tuning->clocksource = root_read(
		root, NULL, "sys/devices/system/clocksource/clocksource0/current_clocksource");
	tuning->scaling_driver = root_read(root, NULL, CPUFREQ "/scaling_driver");
	tuning->governor = root_read(root, NULL, CPUFREQ "/scaling_governor");
	tuning->energy = root_read(root, NULL, CPUFREQ "/energy_performance_preference");
	tuning->transparent =
		chosen_word(root_read(root, NULL, "sys/kernel/mm/transparent_hugepage/enabled"));
	tuning->merging = read_switch(root, "sys/kernel/mm/ksm/run");
	tuning->split_lock_mitigation = read_switch(root, "proc/sys/kernel/split_lock_mitigate");
	tuning->cgroup = read_cgroup(root);
	tuning->nodes = count_nodes(root);
	tuning->hugepages = hugepages_read(root);
	count_cores(root, tuning);
	return tuning;
}
