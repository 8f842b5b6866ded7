/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "cli/disk-move.h"
#include "core/error.h"
#include "guest/disk-bus.h"
#include "guest/virt-disk.h"

/*
 * An installed Windows must find its disk at every start: the bus changes only after a small disk
 * was there and was driven, and each step can be taken back (WN-11).
 */
static const char definition[] =
	"<domain type='kvm'>\n"
	"  <name>win</name>\n"
	"  <devices>\n"
	"    <!-- mine -->\n"
	"    <disk type='file' device='cdrom'>\n"
	"      <target dev='sda' bus='sata'/>\n"
	"    </disk>\n"
	"    <disk type='file' device='disk'>\n"
	"      <driver name='qemu' type='qcow2' cache='none'/>\n"
	"      <source file='/win.qcow2'/>\n"
	"      <target dev='sdb' bus='sata'/>\n"
	"      <boot order='1'/>\n"
	"      <address type='drive' controller='0' bus='0' target='0' unit='1'/>\n"
	"    </disk>\n"
	"    <disk type='file' device='disk'>\n"
	"      <source file='/games.qcow2'/>\n"
	"      <target dev='vda' bus='virtio'/>\n"
	"    </disk>\n"
	"  </devices>\n"
	"</domain>\n";

static struct domain_facts *facts_of(const char *xml)
{
	g_autoptr(GError) error = NULL;
	struct domain_facts *facts = domain_facts_parse(xml, &error);

	g_assert_no_error(error);
	return facts;
}

static void test_there(void)
{
	g_autofree char *helped = disk_bus_add_helper(definition, "/win-driver.qcow2", NULL);
	g_autofree char *moved = disk_bus_move(helped, "virtio", NULL);
	g_autofree char *done = disk_bus_drop_helper(moved, NULL);
	autoptr(domain_facts) first = facts_of(helped);
	autoptr(domain_facts) second = facts_of(moved);
	autoptr(domain_facts) third = facts_of(done);

	g_assert_cmpstr(first->disk_bus, ==, "sata");
	g_assert_cmpstr(first->helper_disk, ==, "/win-driver.qcow2");
	g_assert_nonnull(strstr(helped, "<target dev=\"vdb\" bus=\"virtio\"/>"));

	g_assert_cmpstr(second->disk_bus, ==, "virtio");
	g_assert_nonnull(second->helper_disk);
	g_assert_nonnull(strstr(moved, "<target dev=\"vdc\" bus=\"virtio\"/>"));
	g_assert_null(strstr(moved, "type=\"drive\"")); /* libvirt gives it another place */
	g_assert_nonnull(strstr(moved, "<boot order=\"1\"/>"));
	g_assert_nonnull(strstr(moved, "<target dev=\"sda\" bus=\"sata\"/>")); /* the CD drive */

	g_assert_cmpstr(third->disk_bus, ==, "virtio");
	g_assert_null(third->helper_disk);
	g_assert_null(strstr(done, DISK_BUS_HELPER));
	g_assert_nonnull(strstr(done, "<!-- mine -->"));
	g_assert_nonnull(strstr(done, "/games.qcow2"));
}

/* Taken back at once, not a letter is left of it; and a disk that goes back is on its own bus. */
static void test_back(void)
{
	g_autofree char *plain = disk_bus_drop_helper(definition, NULL);
	g_autofree char *helped = disk_bus_add_helper(definition, "/win-driver.qcow2", NULL);
	g_autofree char *dropped = disk_bus_drop_helper(helped, NULL);
	g_autofree char *moved = disk_bus_move(helped, "virtio", NULL);
	g_autofree char *back = disk_bus_move(moved, "sata", NULL);
	autoptr(domain_facts) facts = facts_of(back);

	g_assert_cmpstr(dropped, ==, plain);
	g_assert_cmpstr(facts->disk_bus, ==, "sata");
	g_assert_nonnull(facts->helper_disk);
	g_assert_nonnull(strstr(back, "<target dev=\"sdb\" bus=\"sata\"/>"));
}

/* Every state, every wish: what is next, or that there is no safe way. */
static void test_steps(void)
{
	static const struct {
		const char *bus;
		gboolean helper;
		const char *wanted;
		const char *shown; /* NULL: refused */
	} cases[] = {
		{ "sata", FALSE, "virtio", "sata and a small disk on virtio" },
		{ "ide", FALSE, "virtio", "ide and a small disk on virtio" },
		{ "sata", TRUE, "virtio", "virtio and a small disk on virtio" },
		{ "virtio", TRUE, "virtio", "virtio" },
		{ "virtio", FALSE, "virtio", "virtio" },
		{ "virtio", TRUE, "sata", "sata and a small disk on virtio" },
		{ "sata", TRUE, "sata", "sata" },
		{ "sata", FALSE, "sata", "sata" },
		{ "virtio", FALSE, "sata", NULL },
		{ "sata", FALSE, "ide", NULL },
		{ "sata", TRUE, "ide", NULL },
		{ "sata", FALSE, "scsi", NULL },
		{ NULL, FALSE, "virtio", NULL },
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct disk_move move = { cases[i].bus, cases[i].helper, NULL };
		g_autoptr(GError) error = NULL;
		gboolean fine = disk_move_step(&move, cases[i].wanted, &error);
		g_autofree char *shown = disk_move_show(&move);

		g_assert_true(fine == (cases[i].shown != NULL));
		if (fine)
			g_assert_cmpstr(shown, ==, cases[i].shown);
		else
			g_assert_nonnull(error);
	}
}

/* QEMU's answer, as from 7.2 on; what is not understood is not taken for a driver. */
static void test_driven(void)
{
#define ANSWER(statuses)                                                                           \
	"{\"return\":{\"name\":\"virtio-blk\",\"status\":{\"statuses\":[" statuses                 \
	"]}},\"id\":\"x\"}"
	static const struct {
		const char *answer;
		gboolean known, driven;
	} cases[] = {
		{ ANSWER("\"VIRTIO_CONFIG_S_ACKNOWLEDGE: Valid virtio device found\","
			 "\"VIRTIO_CONFIG_S_DRIVER_OK: Driver setup and ready\""),
		  TRUE, TRUE },
		{ ANSWER("\"VIRTIO_CONFIG_S_ACKNOWLEDGE: Valid virtio device found\""), TRUE,
		  FALSE },
		{ ANSWER(""), TRUE, FALSE },
		{ ANSWER("7"), TRUE, FALSE },
		{ "{\"return\":{\"status\":15}}", FALSE, FALSE },
		{ "{\"error\":{\"class\":\"GenericError\"}}", FALSE, FALSE },
		{ "{\"return\":[]}", FALSE, FALSE },
		{ "", FALSE, FALSE },
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		gboolean driven = FALSE;

		g_assert_true(virt_disk_parse(cases[i].answer, &driven, &error) == cases[i].known);
		g_assert_true(driven == cases[i].driven);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/disk-move/there", test_there);
	g_test_add_func("/disk-move/back", test_back);
	g_test_add_func("/disk-move/steps", test_steps);
	g_test_add_func("/disk-move/driven", test_driven);
	return g_test_run();
}
