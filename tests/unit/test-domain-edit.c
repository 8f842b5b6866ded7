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
	g_autofree char *xml = domain_edit_screen(domain, FALSE, NULL);

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
	g_autofree char *xml = domain_edit_screen(domain, FALSE, NULL);

	for (guint i = 0; i < G_N_ELEMENTS(kept); i++)
		g_assert_nonnull(strstr(xml, kept[i]));
}

static void test_gives_the_screen_back(void)
{
	g_autofree char *without = domain_edit_screen(domain, FALSE, NULL);
	g_autofree char *with = domain_edit_screen(without, TRUE, NULL);
	g_autofree char *again = domain_edit_screen(with, TRUE, NULL);

	g_assert_nonnull(strstr(with, "<graphics type=\"spice\""));
	g_assert_nonnull(strstr(with, "<model type=\"vga\"/>"));
	g_assert_null(strstr(with, "\"none\""));
	g_assert_cmpstr(with, ==, again);
}

static void test_refuses_what_is_no_domain(void)
{
	static const char *const texts[] = { "", "<domain>", "<domain/>", "text" };

	for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autoptr(GError) error = NULL;

		g_assert_null(domain_edit_screen(texts[i], TRUE, &error));
		g_assert_true(hotseat_error_is(error, HOTSEAT_ERROR_UNREADABLE));
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/domain-edit/takes-the-screen-away", test_takes_the_screen_away);
	g_test_add_func("/domain-edit/leaves-the-rest", test_leaves_the_rest);
	g_test_add_func("/domain-edit/gives-the-screen-back", test_gives_the_screen_back);
	g_test_add_func("/domain-edit/refuses-what-is-no-domain", test_refuses_what_is_no_domain);
	return g_test_run();
}
