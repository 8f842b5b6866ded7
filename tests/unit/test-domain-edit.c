/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "core/error.h"
#include "guest/domain-edit.h"

static const char domain[] =
	"<domain type='kvm'>\n"
	"  <name>win11</name>\n"
	"  <!-- mine -->\n"
	"  <devices>\n"
	"    <disk type='file'><source file='/a&amp;b'/></disk>\n"
	"    <channel type='unix'><target name='org.qemu.guest_agent.0'/></channel>\n"
	"    <channel type='spicevmc'><target name='com.redhat.spice.0'/></channel>\n"
	"    <redirdev bus='usb' type='spicevmc'/>\n"
	"    <graphics type='spice' autoport='yes'/>\n"
	"    <video><model type='vga'/></video>\n"
	"  </devices>\n"
	"</domain>\n";

/* libvirt refuses a SPICE channel without SPICE, and adds a card of its own without <video>. */
static void test_takes_the_screen_away(void)
{
	g_autofree char *xml = domain_edit_screen(domain, NULL, NULL);

	g_assert_nonnull(xml);
	g_assert_null(strstr(xml, "spice"));
	g_assert_null(strstr(xml, "<graphics"));
	g_assert_nonnull(strstr(xml, "<video><model type=\"none\"/></video>"));
}

/* Nothing else is ours to change, comments included. */
static void test_leaves_the_rest(void)
{
	static const char *const kept[] = { "<!-- mine -->", "file=\"/a&amp;b\"",
					    "org.qemu.guest_agent.0", "<name>win11</name>" };
	g_autofree char *xml = domain_edit_screen(domain, NULL, NULL);

	for (guint i = 0; i < G_N_ELEMENTS(kept); i++)
		g_assert_nonnull(strstr(xml, kept[i]));
}

static void test_gives_the_screen_back(void)
{
	g_autofree char *without = domain_edit_screen(domain, NULL, NULL);
	g_autofree char *with = domain_edit_screen(without, "spice", NULL);
	g_autofree char *again = domain_edit_screen(with, "spice", NULL);

	g_assert_nonnull(strstr(with, "<graphics type=\"spice\""));
	g_assert_nonnull(strstr(with, "<model type=\"vga\"/>"));
	g_assert_null(strstr(with, "\"none\""));
	g_assert_cmpstr(with, ==, again);
}

static const char guest[] =
	"<domain type='kvm'>\n"
	"  <name>win11</name>\n"
	"  <metadata>\n"
	"    <hotseat:guest xmlns:hotseat='urn:hotseat:guest:1' version='1'>\n"
	"      <hotseat:card fingerprint='old'/>\n"
	"    </hotseat:guest>\n"
	"  </metadata>\n"
	"  <memory unit='KiB'>1</memory>\n"
	"  <currentMemory unit='KiB'>1</currentMemory>\n"
	"  <vcpu>2</vcpu>\n"
	"  <cpu mode='host-passthrough'>\n"
	"    <topology sockets='1' dies='1' cores='2' threads='1'/>\n"
	"    <feature policy='disable' name='svm'/>\n"
	"  </cpu>\n"
	"  <devices>\n"
	"    <!-- mine -->\n"
	"    <input type='evdev'>\n"
	"      <source dev='/dev/input/by-id/a' grab='all' grabToggle='ctrl-ctrl'/>\n"
	"    </input>\n"
	"    <hostdev mode='subsystem' type='pci'><source><address bus='1'/></source></hostdev>\n"
	"    <hostdev mode='subsystem' type='usb'><source><vendor id='1'/></source></hostdev>\n"
	"    <audio id='1' type='spice'/>\n"
	"    <video><model type='vga'/></video>\n"
	"  </devices>\n"
	"</domain>\n";

static const char fresh[] =
	"<domain type='kvm'><name>other</name>"
	"<metadata><hotseat:guest xmlns:hotseat='urn:hotseat:guest:1'>"
	"<hotseat:card fingerprint='new'/><hotseat:lend cpuset='yes'/></hotseat:guest></metadata>"
	"<memory unit='KiB'>2</memory><vcpu>4</vcpu>"
	"<memoryBacking><hugepages/></memoryBacking>"
	"<cpu><topology sockets='1' dies='1' cores='2' threads='2'/>"
	"<cache mode='passthrough'/></cpu>"
	"<devices><hostdev type='pci'><source><address bus='2'/></source></hostdev>"
	"<hostdev type='pci'><source><address bus='3'/></source></hostdev></devices></domain>";

/* A guest's definition is its user's: what was not named stays, down to the blanks. */
static void test_replaces_what_is_named(void)
{
	static const char *const paths[] = { "metadata/hotseat:guest/hotseat:card",
					     "metadata/hotseat:guest/hotseat:lend",
					     "memory",
					     "currentMemory",
					     "memoryBacking",
					     "cpu/topology",
					     "cpu/cache",
					     "devices/hostdev[@type='pci']",
					     NULL };
	static const char *const kept[] = { "<name>win11</name>", "<!-- mine -->", "<vcpu>2</vcpu>",
					    "name=\"svm\"",
					    "<hostdev mode=\"subsystem\" type=\"usb\">" };
	static const char *const gone[] = { "fingerprint=\"old\"", "currentMemory", "threads=\"1\"",
					    "bus=\"1\"" };
	static const char *const came[] = {
		"\n      <hotseat:card fingerprint=\"new\"/>\n      <hotseat:lend "
		"cpuset=\"yes\"/>\n    </hotseat:guest>",
		"\n  <memory unit=\"KiB\">2</memory>\n  <vcpu>",
		"<memoryBacking><hugepages/></memoryBacking>\n</domain>",
		"\n    <topology sockets=\"1\" dies=\"1\" cores=\"2\" threads=\"2\"/>\n    "
		"<feature",
		"<cache mode=\"passthrough\"/>\n  </cpu>",
		"<address bus=\"2\"/>",
		"<address bus=\"3\"/></source></hostdev>\n    <hostdev mode",
	};
	g_autoptr(GError) error = NULL;
	g_autofree char *xml = domain_edit_replace(guest, fresh, paths, &error);
	g_autofree char *again = NULL;

	g_assert_no_error(error);
	for (guint i = 0; i < G_N_ELEMENTS(kept); i++)
		g_assert_nonnull(strstr(xml, kept[i]));
	for (guint i = 0; i < G_N_ELEMENTS(gone); i++)
		g_assert_null(strstr(xml, gone[i]));
	for (guint i = 0; i < G_N_ELEMENTS(came); i++) {
		if (strstr(xml, came[i]) == NULL)
			g_error("no %s in:\n%s", came[i], xml);
	}
	again = domain_edit_replace(xml, fresh, paths, &error);
	g_assert_cmpstr(again, ==, xml);
}

/* There is nowhere to put our metadata in a domain that has none of it. */
static void test_refuses_without_a_place(void)
{
	static const char *const paths[] = { "metadata/hotseat:guest/hotseat:lend", NULL };
	g_autoptr(GError) error = NULL;

	g_assert_null(domain_edit_replace(domain, fresh, paths, &error));
	g_assert_true(hotseat_error_is(error, HOTSEAT_ERROR_UNREADABLE));
}

static void test_changes_the_chord(void)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *xml = domain_edit_toggle(guest, "alt-alt", NULL);

	g_assert_nonnull(strstr(xml, "grab=\"all\" grabToggle=\"alt-alt\""));
	g_assert_null(domain_edit_toggle(domain, "alt-alt", &error));
	g_assert_true(hotseat_error_is(error, HOTSEAT_ERROR_REFUSED));
}

/* AU-02: a sound device that leads to a SPICE that is gone keeps the guest from starting. */
static void test_sound_follows_the_screen(void)
{
	g_autofree char *without = domain_edit_screen(guest, NULL, NULL);
	g_autofree char *with = domain_edit_screen(without, "spice", NULL);

	g_assert_nonnull(strstr(without, "<audio id=\"1\" type=\"none\"/>"));
	g_assert_nonnull(strstr(with, "<audio id=\"1\" type=\"spice\"/>"));
}

static void test_refuses_what_is_no_domain(void)
{
	static const char *const texts[] = { "", "<domain>", "<domain/>", "text" };

	for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autoptr(GError) error = NULL;

		g_assert_null(domain_edit_screen(texts[i], "spice", &error));
		g_assert_true(hotseat_error_is(error, HOTSEAT_ERROR_UNREADABLE));
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/domain-edit/takes-the-screen-away", test_takes_the_screen_away);
	g_test_add_func("/domain-edit/leaves-the-rest", test_leaves_the_rest);
	g_test_add_func("/domain-edit/gives-the-screen-back", test_gives_the_screen_back);
	g_test_add_func("/domain-edit/replaces-what-is-named", test_replaces_what_is_named);
	g_test_add_func("/domain-edit/refuses-without-a-place", test_refuses_without_a_place);
	g_test_add_func("/domain-edit/changes-the-chord", test_changes_the_chord);
	g_test_add_func("/domain-edit/sound-follows-the-screen", test_sound_follows_the_screen);
	g_test_add_func("/domain-edit/refuses-what-is-no-domain", test_refuses_what_is_no_domain);
	return g_test_run();
}
