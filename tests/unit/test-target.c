/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Protects: what users say of a guest, KEY=VALUE, is taken as it was meant, or refused with a
 * sentence; what others ask for is applied first, however they are ordered.
 */
#include "cli/target.h"

#include <string.h>

#include "core/error.h"

static struct domain_facts *facts_of(const char *devices)
{
	g_autofree char *xml = g_strdup_printf(
		"<domain type='qemu'><name>win11</name>"
		"<uuid>0d2c0a3e-6f5b-4f3b-9d8e-1f2a3b4c5d6e</uuid>"
		"<memory unit='MiB'>512</memory><vcpu>2</vcpu><os><type arch='x86_64' "
		"machine='q35'>hvm</type></os><devices>%s</devices></domain>",
		devices);
	g_autoptr(GError) error = NULL;
	struct domain_facts *facts = domain_facts_parse(xml, &error);

	g_assert_no_error(error);
	return facts;
}

static void test_values(void)
{
	static const struct {
		const char *word;
		const char *shown; /* NULL: it is refused */
		const char *words; /* that are said then */
	} cases[] = {
		{ "vcpus=4", "4", NULL },
		{ "vcpus=0", NULL, "from 1 on" },
		{ "vcpus=4.5", NULL, "from 1 on" },
		{ "vcpus=", NULL, "from 1 on" },
		{ "vcpus=-1", NULL, "from 1 on" },
		{ "memory=2G", "2 GiB", NULL },
		{ "memory=much", NULL, "much" },
		{ "gpu=", NULL, "addresses" },
		{ "gpu=01:00.0,02:00.0", "01:00.0,02:00.0", NULL },
		{ "hugepages=transparent", "transparent", NULL },
		{ "hugepages=2M", NULL, "yes, transparent or no" },
		{ "governor=powersave", NULL, "performance or keep" },
		{ "cpuset=yes", "yes", NULL },
		{ "display-manager=kill", NULL, "stop or keep" },
		{ "usb=046d:c52b,1234:5678", "046d:c52b,1234:5678", NULL },
		{ "usb=mouse", NULL, "mouse" },
		{ "usb=none", "none", NULL },
		{ "chord=alt-alt", "alt-alt", NULL },
		{ "chord=leftmeta+f1", NULL, "without a seat" },
		{ "monitors=1:dp1", NULL, "has no seat" },
		{ "seat=none", "none", NULL },
		{ "seat=seat0", "seat0", NULL },
		{ "seat=../etc", NULL, "name of a seat" },
		{ "screen=both", NULL, "window or card" },
		{ "mouse=ps2", NULL, "passthrough or evdev" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		autoptr(domain_facts) facts = facts_of("");
		const struct setting *setting = setting_find(cases[i].word, NULL);
		g_autoptr(GError) error = NULL;
		struct target target;

		g_test_message("%s", cases[i].word);
		g_assert_nonnull(setting);
		target_init(&target, facts);
		if (setting->apply(strchr(cases[i].word, '=') + 1, &target, &error)) {
			g_autofree char *shown = setting->show(&target);

			g_assert_cmpstr(shown, ==, cases[i].shown);
		} else {
			g_assert_null(cases[i].shown);
			g_assert_nonnull(strstr(error->message, cases[i].words));
		}
		target_clear(&target);
	}
}

/* Each shows the same again when it is told what it shows. */
static void test_as_it_is(void)
{
	autoptr(domain_facts) facts = facts_of(
		"<hostdev mode='subsystem' type='pci'><source><address domain='0' bus='1' slot='0' "
		"function='0'/></source></hostdev>");
	struct target target;

	target_init(&target, facts);
	for (const struct setting *setting = target_settings; setting->key != NULL; setting++) {
		g_autofree char *before = setting->show(&target);
		g_autofree char *after = NULL;
		g_autoptr(GError) error = NULL;

		/* what a guest without any cannot be told, and no list is asked of monitors */
		if (g_str_equal(before, "none") || g_str_equal(setting->key, "disk-bus"))
			continue;
		setting->apply(before, &target, &error);
		g_assert_no_error(error);
		after = setting->show(&target);
		g_assert_cmpstr(after, ==, before);
	}
	target_clear(&target);
}

static void test_names(void)
{
	static const char *const wrong[] = { "", "vcpus", "=4", "vcpu=4", "VCPUS=4", "colour=red" };

	for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++) {
		g_autoptr(GError) error = NULL;

		g_assert_null(setting_find(wrong[i], &error));
		g_assert_true(hotseat_error_is(error, HOTSEAT_ERROR_USAGE));
		for (const struct setting *one = target_settings; one->key != NULL; one++)
			g_assert_nonnull(strstr(error->message, one->key));
	}
}

/* What depends on others stands after them. */
static void test_order(void)
{
	static const char *const pairs[][2] = { { "seat", "chord" },
						{ "seat", "monitors" },
						{ "seat", "mouse" } };

	for (gsize i = 0; i < G_N_ELEMENTS(pairs); i++) {
		g_autofree char *first = g_strconcat(pairs[i][0], "=x", NULL);
		g_autofree char *then = g_strconcat(pairs[i][1], "=x", NULL);

		g_assert_true(setting_find(first, NULL) < setting_find(then, NULL));
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/target/values", test_values);
	g_test_add_func("/target/as-it-is", test_as_it_is);
	g_test_add_func("/target/names", test_names);
	g_test_add_func("/target/order", test_order);
	return g_test_run();
}
