/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Protects: which USB devices a running guest is given and told to forget. What is plugged in and
 * chosen, all of it and nothing else, and each device once.
 */
#include "hotseatd/follow.h"
#include "manifest.h"

#define DEVICE(name, vendor, product, bus, number)                                                 \
	"sys/bus/usb/devices/" name "/idVendor = " vendor                                          \
	"\n"                                                                                       \
	"sys/bus/usb/devices/" name "/idProduct = " product                                        \
	"\n"                                                                                       \
	"sys/bus/usb/devices/" name "/busnum = " bus                                               \
	"\n"                                                                                       \
	"sys/bus/usb/devices/" name "/devnum = " number "\n"

/* Lists of "ID" for a definition, of "ID@NODE" for a guest that runs. */
static struct domain_facts *make_guest(const char *list)
{
	g_auto(GStrv) words = g_strsplit(list, " ", 0);
	g_autoptr(GString) xml = g_string_new("<domain><name>x</name><devices>");

	for (guint i = 0; words[i] != NULL; i++) {
		g_auto(GStrv) parts = g_strsplit_set(words[i], ":@", 4);

		g_string_append_printf(xml,
				       "<hostdev type='usb'><source><vendor id='0x%s'/>"
				       "<product id='0x%s'/>",
				       parts[0], parts[1]);
		if (parts[2] != NULL)
			g_string_append_printf(xml, "<address bus='%s' device='%s'/>", parts[2],
					       parts[3]);
		g_string_append(xml, "</source></hostdev>");
	}
	g_string_append(xml, "</devices></domain>");
	return domain_facts_parse(xml->str, NULL);
}

static char *plan(const char *wants, const char *has, const char *tree)
{
	autoptr(domain_facts) wanted = make_guest(wants);
	autoptr(domain_facts) live = make_guest(has);
	struct manifest *manifest = manifest_build(tree);
	g_autoptr(GPtrArray) plugged = usb_read(manifest->root);
	g_autoptr(GArray) changes = follow_plan(wanted, live, plugged);
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < changes->len; i++) {
		const struct follow_change *change =
			&g_array_index(changes, struct follow_change, i);

		g_string_append_printf(text, "%s%c%s@%s", i == 0 ? "" : " ",
				       change->change == VIRT_ATTACH ? '+' : '-', change->id,
				       change->node);
	}
	manifest_free(manifest);
	return g_string_free(text, FALSE);
}

static void test_plan(void)
{
	static const char hub[] = DEVICE("usb1", "1d6b", "0002", "1", "1");
	static const char pad[] = DEVICE("1-2", "046d", "c21d", "1", "5");
	static const char twins[] = DEVICE("1-2", "046d", "c21d", "1", "5")
		DEVICE("1-3.1", "046d", "c21d", "1", "9") DEVICE("2-1", "1234", "5678", "2", "3");
	static const struct {
		const char *wants, *has, *tree, *changes;
	} cases[] = {
		{ "", "", pad, "" },
		{ "046d:c21d", "", hub, "" },
		{ "046d:c21d", "", pad, "+046d:c21d@1:5" },
		{ "046d:c21d", "046d:c21d@1:5", pad, "" },
		/* pulled out; and plugged in again before anybody looked */
		{ "046d:c21d", "046d:c21d@1:4", hub, "-046d:c21d@1:4" },
		{ "046d:c21d", "046d:c21d@1:4", pad, "-046d:c21d@1:4 +046d:c21d@1:5" },
		/* one of two is chosen, then both */
		{ "046d:c21d", "", twins, "+046d:c21d@1:5" },
		{ "046d:c21d", "046d:c21d@1:9", twins, "" },
		{ "046d:c21d 046d:c21d", "046d:c21d@1:9", twins, "+046d:c21d@1:5" },
		{ "046d:c21d 1234:5678 046d:c21d", "", twins,
		  "+1234:5678@2:3 +046d:c21d@1:5 +046d:c21d@1:9" },
		/* attached by hand, and not in the definition */
		{ "046d:c21d", "9999:9999@7:7 046d:c21d@1:5", pad, "" },
		/* a place that libvirt keeps */
		{ "046d:c21d", "046d:c21d", hub, "-046d:c21d@" },
		{ "046d:c21d", "046d:c21d", pad, "-046d:c21d@ +046d:c21d@1:5" },
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *changes = plan(cases[i].wants, cases[i].has, cases[i].tree);

		g_assert_cmpstr(changes, ==, cases[i].changes);
	}
}

/* Half a device, as when it is pulled out while it is read, is none. */
static void test_half(void)
{
	struct manifest *manifest = manifest_build(
		"sys/bus/usb/devices/1-2/idVendor = 046d\n"
		"sys/bus/usb/devices/1-2/idProduct = c21d\n" DEVICE("1-4", "zzzz", "0001", "1",
								    "2"));
	g_autoptr(GPtrArray) plugged = usb_read(manifest->root);

	g_assert_cmpuint(plugged->len, ==, 0);
	manifest_free(manifest);
}

static void test_driverless(void)
{
	struct manifest *manifest = manifest_build(DEVICE("1-2", "046d", "c21d", "1", "5") DEVICE(
		"1-21", "046d", "c21d", "1",
		"6") "sys/bus/usb/devices/1-2:1.0/driver -> /sys/bus/usb/drivers/usbhid\n"
		     "dir sys/bus/usb/devices/1-2:1.1\n"
		     "dir sys/bus/usb/devices/1-21:1.0\n");
	g_autoptr(GPtrArray) plugged = usb_read(manifest->root);
	g_auto(GStrv) names = usb_driverless(manifest->root, g_ptr_array_index(plugged, 0));

	g_assert_cmpuint(g_strv_length(names), ==, 1);
	g_assert_cmpstr(names[0], ==, "1-2:1.1");
	manifest_free(manifest);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/follow/plan", test_plan);
	g_test_add_func("/follow/half", test_half);
	g_test_add_func("/follow/driverless", test_driverless);
	return g_test_run();
}
