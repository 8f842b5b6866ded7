/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "guest/side.h"
#include "guest/virt-domain.h"
#include "guest/virt-freeze.h"
#include "guest/virt-internal.h"
#include "guest/virt-mouse.h"

/* libvirt's own test driver stands in for a daemon: one running domain called "test". */
static struct virt *open_test_driver(void)
{
	g_autoptr(GError) error = NULL;
	struct virt *virt = virt_open_uri("test:///default", &error);

	if (virt == NULL)
		g_test_skip(error->message);
	return virt;
}

static void test_life(void)
{
	autoptr(virt) virt = open_test_driver();
	g_autoptr(GError) error = NULL;
	enum guest_state state = GUEST_CRASHED;

	if (virt == NULL)
		return;
	g_assert_true(virt_guest_state(virt, "test", &state, &error));
	g_assert_cmpint(state, ==, GUEST_RUNNING);
	g_assert_false(virt_wait_shut_off(virt, "test", 0, &error));
	g_assert_true(hotseat_error_is(error, HOTSEAT_ERROR_BUSY));
	g_clear_error(&error);
	g_assert_false(virt_start(virt, "test", &error));
	g_assert_nonnull(error);
	g_clear_error(&error);
	g_assert_true(virt_destroy(virt, "test", &error));
	g_assert_true(virt_wait_shut_off(virt, "test", 0, &error));
	g_assert_true(virt_start(virt, "test", &error));
	g_assert_true(virt_shutdown(virt, "test", &error));
	g_assert_true(virt_guest_state(virt, "test", &state, &error));
	g_assert_cmpint(state, ==, GUEST_SHUT_OFF);
}

/* Whether anything was held still until then decides what is said of a snapshot. */
static void test_thaw(void)
{
	autoptr(virt) virt = open_test_driver();
	g_autoptr(GError) error = NULL;
	g_autoptr(virDomain) domain = NULL;
	gboolean held = TRUE;

	if (virt == NULL)
		return;
	domain = virt_find(virt, "test", &error);
	g_assert_nonnull(domain);
	g_assert_true(virt_thaw(virt, "test", &held, &error));
	g_assert_false(held);
	g_assert_cmpint(libvirt.virDomainFSFreeze(domain, NULL, 0, 0), >, 0);
	g_assert_true(virt_thaw(virt, "test", &held, &error));
	g_assert_true(held);
	/* nobody is asked who does not run */
	g_assert_false(virt_freeze(virt, "test", &error));
	g_assert_true(hotseat_error_is(error, HOTSEAT_ERROR_ABSENT));
	g_assert_true(virt_thaw(virt, "test", &held, NULL));
	g_assert_false(held);
	g_clear_error(&error);
	g_assert_true(virt_destroy(virt, "test", &error));
	g_assert_false(virt_thaw(virt, "test", &held, &error));
	g_assert_nonnull(error);
}

/* Guests of a seat may run together, so no two have a number; and a seat has only so many. */
static void test_sides(void)
{
	static const char *const names[] = { "one", "three" };
	static const guint sides[] = { 1, 3 };
	autoptr(virt) virt = open_test_driver();

	if (virt == NULL)
		return;
	g_assert_cmpuint(side_choose(virt, "seat0", 8), ==, 1);
	for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *xml = g_strdup_printf(
			"<domain type='test'><name>%s</name><memory>65536</memory><os>"
			"<type>hvm</type></os><devices><input type='evdev'><source "
			"dev='/dev/hotseat/seat0/%u-keyboard'/></input></devices></domain>",
			names[i], sides[i]);

		g_assert_true(virt_define(virt, xml, NULL, NULL));
	}
	g_assert_cmpuint(side_choose(virt, "seat0", 8), ==, 2);
	g_assert_cmpuint(side_choose(virt, "seat0", 1), ==, 0);
	g_assert_cmpuint(side_choose(virt, "seat1", 1), ==, 1);
}

static void test_define_and_list(void)
{
	autoptr(virt) virt = open_test_driver();
	g_autoptr(GError) error = NULL;
	g_autofree char *uuid = NULL;
	g_autofree char *xml = NULL;
	g_auto(GStrv) names = NULL;

	if (virt == NULL)
		return;
	g_assert_true(virt_define(virt,
				  "<domain type='test'><name>abc</name><memory>65536</memory>"
				  "<os><type>hvm</type></os></domain>",
				  &uuid, &error));
	g_assert_no_error(error);
	g_assert_cmpuint(strlen(uuid), ==, 36);
	names = virt_list(virt, &error);
	g_assert_cmpstr(names[0], ==, "abc");
	g_assert_cmpstr(names[1], ==, "test");
	g_assert_null(names[2]);
	xml = virt_domain_xml(virt, "abc", &error);
	g_assert_nonnull(strstr(xml, uuid));
}

/* Who mistypes a name should see the right ones. */
static void test_no_such_guest(void)
{
	autoptr(virt) virt = open_test_driver();
	g_autoptr(GError) error = NULL;

	if (virt == NULL)
		return;
	g_assert_false(virt_start(virt, "win11", &error));
	g_assert_true(hotseat_error_is(error, HOTSEAT_ERROR_ABSENT));
	g_assert_nonnull(strstr(error->message, "there are: test"));
}

/* A broken definition is refused with libvirt's own words. */
static void test_bad_definition(void)
{
	autoptr(virt) virt = open_test_driver();
	g_autoptr(GError) error = NULL;

	if (virt == NULL)
		return;
	g_assert_false(virt_define(virt, "<domain type='test'/>", NULL, &error));
	g_assert_true(hotseat_error_is(error, HOTSEAT_ERROR_REFUSED));
}

/* Without a daemon the user learns how to start it, not what a socket is. */
static void test_no_daemon(void)
{
	g_autoptr(GError) error = NULL;

	g_assert_null(virt_open_uri("qemu+unix:///system?socket=/nonexistent/socket", &error));
	g_assert_true(hotseat_error_is(error, HOTSEAT_ERROR_ABSENT));
	g_assert_nonnull(strstr(error->message, "systemctl start libvirtd"));
}

static void test_capabilities(void)
{
	g_autoptr(GError) error = NULL;
	autoptr(virt_capabilities) capabilities = virt_capabilities_parse(
		"<domainCapabilities><path>/usr/bin/qemu-system-x86_64</path>"
		"<domain>kvm</domain><machine>pc-q35-7.2</machine>"
		"<os supported='yes'><enum name='firmware'><value>efi</value></enum></os>"
		"<cpu><mode name='host-passthrough' supported='yes'/>"
		"<mode name='maximum' supported='no'/></cpu>"
		"<devices><graphics supported='yes'><enum name='type'><value>vnc</value>"
		"</enum></graphics></devices>"
		"<features><hyperv supported='yes'><enum name='features'><value>relaxed</value>"
		"<value>vapic</value></enum></hyperv></features></domainCapabilities>",
		&error);

	g_assert_no_error(error);
	g_assert_cmpstr(capabilities->virt_type, ==, "kvm");
	g_assert_cmpstr(capabilities->machine, ==, "pc-q35-7.2");
	g_assert_true(capabilities->uefi);
	g_assert_true(capabilities->host_passthrough);
	g_assert_false(capabilities->cpu_maximum);
	g_assert_false(capabilities->spice);
	g_assert_cmpuint(g_strv_length(capabilities->hyperv), ==, 2);
	g_assert_null(virt_capabilities_parse("<domainCapabilities/>", &error));
	g_assert_true(hotseat_error_is(error, HOTSEAT_ERROR_UNREADABLE));
}

/* QEMU's words, of a guest with the driver, of one without, and what makes no sense. */
static void test_mouse(void)
{
	static const struct {
		const char *answer;
		gboolean known, live;
	} cases[] = {
		{ "{\"return\":[{\"name\":\"QEMU Virtio Mouse\",\"index\":5,\"current\":true,"
		  "\"absolute\":false},{\"name\":\"QEMU PS/2 Mouse\",\"index\":3,\"current\":"
		  "false,\"absolute\":false}],\"id\":\"libvirt-7\"}",
		  TRUE, TRUE },
		{ "{\"return\":[{\"name\":\"QEMU PS/2 Mouse\",\"index\":3,\"current\":true,"
		  "\"absolute\":false},{\"name\":\"QEMU Virtio Mouse\",\"index\":5,\"current\":"
		  "false,\"absolute\":false}]}",
		  TRUE, FALSE },
		{ "{\"return\":[]}", TRUE, FALSE },
		{ "{\"return\":[7,{\"current\":\"x\"},null]}", TRUE, FALSE },
		{ "{\"return\":{}}", FALSE, FALSE },
		{ "{\"error\":{\"class\":\"CommandNotFound\"}}", FALSE, FALSE },
		{ "[]", FALSE, FALSE },
		{ "", FALSE, FALSE },
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		gboolean live = !cases[i].live;

		g_assert_true(virt_mouse_parse(cases[i].answer, &live, &error) == cases[i].known);
		if (cases[i].known)
			g_assert_true(live == cases[i].live);
		else
			g_assert_true(hotseat_error_is(error, HOTSEAT_ERROR_UNREADABLE));
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/virt/life", test_life);
	g_test_add_func("/virt/define-and-list", test_define_and_list);
	g_test_add_func("/virt/no-such-guest", test_no_such_guest);
	g_test_add_func("/virt/bad-definition", test_bad_definition);
	g_test_add_func("/virt/no-daemon", test_no_daemon);
	g_test_add_func("/virt/capabilities", test_capabilities);
	g_test_add_func("/virt/mouse", test_mouse);
	g_test_add_func("/virt/sides", test_sides);
	g_test_add_func("/virt/thaw", test_thaw);
	return g_test_run();
}
