/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>

#include "machine/pcinames.h"

/* Debian's place, and that of most others. */
static const char *const lists[] = { "/usr/share/misc/pci.ids", "/usr/share/hwdata/pci.ids" };

static char *read_list(void)
{
	char *text = NULL;

	for (gsize i = 0; i < G_N_ELEMENTS(lists) && text == NULL; i++)
		(void)g_file_get_contents(lists[i], &text, NULL, NULL);
	return text;
}

static void compare(struct pcinames *names, guint vendor, guint device, const char *wanted)
{
	g_autofree char *name = pcinames_lookup(names, (guint16)vendor, (guint16)device);

	g_assert_cmpstr(name, ==, wanted);
}

/*
 * The names are found by halving, which finds nothing in what is out of order: each name of the
 * list, and the number after each, which mostly has none.
 */
static void test_all_names(void)
{
	g_autofree char *text = read_list();
	g_auto(GStrv) lines = g_strsplit(text == NULL ? "" : text, "\n", -1);
	autoptr(pcinames) names = pcinames_new();
	g_autofree char *maker = NULL;
	unsigned int vendor = 0, device = 0, next = 0, n = 0;

	if (text == NULL) {
		g_test_skip("no pci.ids here");
		return;
	}
	for (guint i = 0; lines[i] != NULL && !g_str_has_prefix(lines[i], "C "); i++) {
		g_autofree char *whole = NULL;

		if (lines[i][0] == '#' || lines[i][0] == '\0' || g_str_has_prefix(lines[i], "\t\t"))
			continue;
		if (lines[i][0] != '\t') {
			g_assert_cmpint(sscanf(lines[i], "%4x", &vendor), ==, 1);
			g_free(maker);
			maker = g_strdup(lines[i] + strlen("8086  "));
			continue;
		}
		g_assert_cmpint(sscanf(lines[i] + 1, "%4x", &device), ==, 1);
		whole = g_strconcat(maker, " ", lines[i] + strlen("\t1e31  "), NULL);
		compare(names, vendor, device, whole);
		next = 0;
		if (lines[i + 1] != NULL && sscanf(lines[i + 1], "\t%4x  ", &next) == 1 &&
		    !g_str_has_prefix(lines[i + 1], "\t\t") && next > device + 1) {
			g_autofree char *none =
				g_strdup_printf("%s Device %04x:%04x", maker, vendor, device + 1);

			compare(names, vendor, device + 1, none);
		}
		n++;
	}
	g_test_message("%u names", n);
	g_assert_cmpuint(n, >, 10000);
	compare(names, 0xfff0, 0x1111, "Device fff0:1111");
	compare(names, 0, 0, "Device 0000:0000");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/pcinames/all", test_all_names);
	return g_test_run();
}
