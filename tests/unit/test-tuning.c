/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "machine/guard.h"
#include "machine/hugepages.h"
#include "machine/tuning.h"
#include "manifest.h"

#define CPU "sys/devices/system/cpu/"
#define NODE "sys/devices/system/node/"

static void test_known(void)
{
	autoptr(manifest) manifest = manifest_build(
		"sys/devices/system/clocksource/clocksource0/current_clocksource = tsc\n" CPU
		"cpu0/cpufreq/scaling_driver = intel_pstate\n" CPU
		"cpu0/cpufreq/scaling_governor = powersave\n" CPU
		"cpu0/cpufreq/energy_performance_preference = balance_performance\n" CPU
		"cpu0/topology/thread_siblings = 5\n" CPU "cpu1/topology/thread_siblings = a\n" CPU
		"cpu2/topology/thread_siblings = 5\n" CPU "cpu3/topology/thread_siblings = a\n" CPU
		"cpu4/online = 0\n" CPU
		"cpufreq/boost = 1\n"
		"sys/kernel/mm/transparent_hugepage/enabled = always [madvise] never\n"
		"sys/kernel/mm/ksm/run = 0\nproc/sys/kernel/split_lock_mitigate = 1\n"
		"sys/fs/cgroup/cgroup.controllers = cpuset cpu\n" NODE
		"node0/hugepages/hugepages-2048kB/nr_hugepages = 8\n" NODE
		"node0/hugepages/hugepages-2048kB/free_hugepages = 3\n" NODE
		"node1/hugepages/hugepages-1048576kB/nr_hugepages = 2\n");
	autoptr(tuning) tuning = tuning_read(manifest->root);
	const struct hugepages *small, *large;

	g_assert_cmpstr(tuning->clocksource, ==, "tsc");
	g_assert_cmpstr(tuning->scaling_driver, ==, "intel_pstate");
	g_assert_cmpstr(tuning->governor, ==, "powersave");
	g_assert_cmpstr(tuning->energy, ==, "balance_performance");
	g_assert_cmpstr(tuning->transparent, ==, "madvise");
	g_assert_cmpint(tuning->merging, ==, KNOWN_NO);
	g_assert_cmpint(tuning->split_lock_mitigation, ==, KNOWN_YES);
	g_assert_cmpuint(tuning->cgroup, ==, 2);
	g_assert_cmpuint(tuning->cores, ==, 2);
	g_assert_cmpuint(tuning->threads, ==, 4);
	g_assert_cmpuint(tuning->nodes, ==, 2);
	g_assert_cmpuint(tuning->hugepages->len, ==, 2);
	small = &g_array_index(tuning->hugepages, struct hugepages, 0);
	large = &g_array_index(tuning->hugepages, struct hugepages, 1);
	g_assert_cmpuint(small->total, ==, 8);
	g_assert_cmpuint(small->free, ==, 3);
	g_assert_cmpuint(large->page_kib, ==, 1048576);
	g_assert_cmpuint(large->node, ==, 1);
}

static void test_not_known(void)
{
	autoptr(manifest) manifest = manifest_build("dir sys\n");
	autoptr(tuning) tuning = tuning_read(manifest->root);
	autoptr(guard) guard = guard_read(manifest->root);

	g_assert_null(tuning->clocksource);
	g_assert_null(tuning->governor);
	g_assert_cmpint(tuning->merging, ==, NOT_KNOWN);
	g_assert_cmpuint(tuning->cgroup, ==, 0);
	g_assert_cmpuint(tuning->cores, ==, 0);
	g_assert_cmpint(guard->selinux, ==, NOT_KNOWN);
	g_assert_cmpint(guard->apparmor, ==, NOT_KNOWN);
	g_assert_null(guard->lockdown);
}

static void test_guard(void)
{
	autoptr(manifest) manifest = manifest_build(
		"sys/fs/selinux/enforce = 1\nsys/module/apparmor/parameters/enabled = N\n"
		"sys/kernel/security/lockdown = none [integrity] confidentiality\n");
	autoptr(guard) guard = guard_read(manifest->root);

	g_assert_cmpint(guard->selinux, ==, KNOWN_YES);
	g_assert_cmpint(guard->apparmor, ==, KNOWN_NO);
	g_assert_cmpstr(guard->lockdown, ==, "integrity");
}

/* Version 1 in the hybrid layout has a folder of version 2 beside it. */
static void test_old_cgroup(void)
{
	autoptr(manifest) manifest = manifest_build(
		"sys/fs/cgroup/unified/cgroup.controllers = \ndir sys/fs/cgroup/cpuset\n");
	autoptr(tuning) tuning = tuning_read(manifest->root);

	g_assert_cmpuint(tuning->cgroup, ==, 1);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/tuning/known", test_known);
	g_test_add_func("/tuning/not-known", test_not_known);
	g_test_add_func("/tuning/old-cgroup", test_old_cgroup);
	g_test_add_func("/guard/known", test_guard);
	return g_test_run();
}
