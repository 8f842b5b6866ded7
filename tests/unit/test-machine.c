/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/error.h"
#include "machine/machine.h"
#include "manifest.h"

static void test_reads_all(void)
{
	autoptr(manifest) manifest = manifest_build_file("intel-desktop");
	autoptr(machine) machine =
		machine_read(root_open(manifest->folder, NULL), MACHINE_ALL, NULL);

	g_assert_nonnull(machine);
	g_assert_cmpuint(machine->parts, ==, MACHINE_ALL);
	g_assert_cmpuint(machine->devices->len, ==, 17);
	g_assert_cmpuint(machine->cards->len, ==, 3);
	g_assert_cmpuint(machine->cpus->cores, ==, 4);
	g_assert_cmpuint(machine->memory.total_kib, ==, 32768000);
	g_assert_cmpuint(machine->inputs->len, ==, 7);
	g_assert_cmpuint(machine->firmware.groups, ==, 7);
	g_assert_nonnull(machine->tools);
}

/* What was not asked for is not read, and its absence breaks nothing. */
static void test_parts(void)
{
	autoptr(manifest) manifest = manifest_build("dir sys\n");
	autoptr(machine) machine =
		machine_read(root_open(manifest->folder, NULL), MACHINE_DEVICES, NULL);

	g_assert_nonnull(machine->kernel);
	g_assert_cmpuint(machine->devices->len, ==, 0);
	g_assert_null(machine->cpus);
	g_assert_null(machine->inputs);
	g_assert_null(machine->tools);
}

/* The root is ours also when reading fails: the sanitizers see whether it is freed. */
static void test_failure(void)
{
	autoptr(manifest) manifest = manifest_build("dir sys\n");
	g_autoptr(GError) error = NULL;

	g_assert_null(machine_read(root_open(manifest->folder, NULL), MACHINE_ALL, &error));
	g_assert_true(hotseat_error_is(error, HOTSEAT_ERROR_UNREADABLE));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/machine/reads-all", test_reads_all);
	g_test_add_func("/machine/parts", test_parts);
	g_test_add_func("/machine/failure", test_failure);
	return g_test_run();
}
