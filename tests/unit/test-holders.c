/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <glib/gstdio.h>
#include <unistd.h>

#include "machine/holders.h"
#include "machine/machine.h"
#include "manifest.h"

static GPtrArray *read_holders(struct manifest *manifest, const char *address, gboolean *complete)
{
	autoptr(machine) machine =
		machine_read(root_open(manifest->folder, NULL), MACHINE_DEVICES, NULL);

	return holders_read(machine->root, card_find(machine->cards, address, NULL), complete);
}

static void assert_holder(const GPtrArray *holders, guint i, int pid, const char *process,
			  const char *node)
{
	const struct holder *holder = g_ptr_array_index(holders, i);

	g_assert_cmpint(holder->pid, ==, pid);
	g_assert_cmpstr(holder->process, ==, process);
	g_assert_cmpstr(holder->node, ==, node);
}

/* UB-01: every function's nodes count; a node opened twice is said once. */
static void test_desktop(void)
{
	autoptr(manifest) manifest = manifest_build_file("intel-desktop");
	gboolean complete;
	g_autoptr(GPtrArray) holders = read_holders(manifest, "01:00.0", &complete);
	g_autoptr(GPtrArray) none = read_holders(manifest, "02:00.0", &complete);

	g_assert_true(complete);
	g_assert_cmpuint(holders->len, ==, 2);
	assert_holder(holders, 0, 1234, "gnome-shell", "/dev/dri/card1");
	assert_holder(holders, 1, 2345, "pipewire", "/dev/snd/controlC1");
	g_assert_false(((struct holder *)holders->pdata[0])->yields);
	g_assert_true(((struct holder *)holders->pdata[1])->yields);
	g_assert_cmpuint(none->len, ==, 0);
}

/* Only ending the compositor helps; without one, whoever is left is named. */
static void test_opened_for_another(void)
{
	autoptr(manifest) manifest = manifest_build_file("intel-desktop");
	gboolean complete;
	g_autoptr(GPtrArray) with = NULL;
	g_autoptr(GPtrArray) without = NULL;

	manifest_add(manifest,
		     "proc/1/comm = systemd\n"
		     "proc/1/fd/90 -> /dev/dri/card1\n"
		     "proc/600/comm = systemd-logind\n"
		     "proc/600/fd/20 -> /dev/dri/card1\n");
	with = read_holders(manifest, "01:00.0", &complete);
	g_assert_cmpuint(with->len, ==, 2);
	assert_holder(with, 0, 1234, "gnome-shell", "/dev/dri/card1");
	manifest_remove(manifest, "proc/1234");
	without = read_holders(manifest, "01:00.0", &complete);
	g_assert_cmpuint(without->len, ==, 3);
	assert_holder(without, 0, 1, "systemd", "/dev/dri/card1");
	assert_holder(without, 1, 600, "systemd-logind", "/dev/dri/card1");
}

/* Monitor control and NVIDIA's own nodes hold a driver just as well. */
static void test_other_nodes(void)
{
	autoptr(manifest) manifest = manifest_build_file("intel-desktop");
	gboolean complete;
	g_autoptr(GPtrArray) holders = NULL;

	manifest_add(manifest,
		     "proc/77/comm = ddcutil\n"
		     "proc/77/fd/3 -> /dev/i2c-7\n"
		     "proc/77/fd/4 -> /dev/i2c-5\n"
		     "proc/88/comm = Xorg\n"
		     "proc/88/fd/4 -> /dev/nvidia3\n"
		     "proc/88/fd/5 -> /dev/nvidiactl\n"
		     "proc/driver/nvidia/gpus/0000:01:00.0/information = Model: "
		     "\\t x\\nDevice Minor: \\t 3\n");
	holders = read_holders(manifest, "01:00.0", &complete);
	g_assert_cmpuint(holders->len, ==, 5);
	assert_holder(holders, 0, 77, "ddcutil", "/dev/i2c-7");
	assert_holder(holders, 1, 77, "ddcutil", "/dev/i2c-5");
	assert_holder(holders, 2, 88, "Xorg", "/dev/nvidia3");
}

/* "Nobody" must not be said when somebody could not be seen. */
static void test_unreadable_process(void)
{
	autoptr(manifest) manifest = manifest_build_file("intel-desktop");
	gboolean complete;
	g_autoptr(GPtrArray) holders = NULL;

	/* a folder that cannot be listed, also for root */
	manifest_add(manifest, "proc/99/fd -> fd\n");
	holders = read_holders(manifest, "01:00.0", &complete);
	g_assert_cmpuint(holders->len, ==, 2);
	g_assert_false(complete);
	manifest_remove(manifest, "proc/99/fd");
	manifest_add(manifest, "dir proc/99\n");
	g_clear_pointer(&holders, g_ptr_array_unref);
	holders = read_holders(manifest, "01:00.0", &complete);
	g_assert_true(complete);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/holders/desktop", test_desktop);
	g_test_add_func("/holders/opened-for-another", test_opened_for_another);
	g_test_add_func("/holders/other-nodes", test_other_nodes);
	g_test_add_func("/holders/unreadable-process", test_unreadable_process);
	return g_test_run();
}
