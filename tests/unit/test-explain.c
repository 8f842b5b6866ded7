/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "corpus.h"
#include "rules/explain.h"

static gboolean names(const GPtrArray *findings, const char *id)
{
	for (guint i = 0; i < findings->len; i++) {
		const struct finding *finding = g_ptr_array_index(findings, i);

		if (g_str_equal(finding->rule->id, id))
			return TRUE;
	}
	return FALSE;
}

/* Every message that users of VFIO meet has its cause named. */
static void test_errors(void)
{
	g_autofree char *text = corpus_read("logs/errors.tsv");
	g_auto(GStrv) rows = NULL;

	if (text == NULL) {
		g_test_skip("the corpus is not here");
		return;
	}
	rows = g_strsplit(text, "\n", -1);
	for (guint i = 1; rows[i] != NULL && rows[i][0] != '\0'; i++) {
		g_auto(GStrv) cells = g_strsplit(rows[i], "\t", -1);
		g_autoptr(GPtrArray) findings = explain_text(cells[2]);

		if (!names(findings, cells[0])) {
			g_test_message("%s is not named for: %s", cells[0], cells[2]);
			g_test_fail();
		}
	}
}

/* Messages of other versions, in other cases, inside other lines. */
static void test_loose(void)
{
	static const struct {
		const char *line, *id;
	} cases[] = {
		{ "2024-01-01T10:00:00Z qemu-system-x86_64: -device {...}: vfio 0000:0a:00.0: "
		  "group 14 is "
		  "not viable",
		  "E003" },
		{ "qemu: vfio_container_dma_map(0x1, 0x0, 0x80000000, 0x2) = -12 (Cannot allocate "
		  "memory)",
		  "E007" },
		{ "[  12.3] vfio-pci 0000:0a:00.0: BAR 1: can't reserve [mem "
		  "0xe0000000-0xefffffff]",
		  "E002" },
		{ "error: Hyper-V synthetic timers (hv-stimer) requires Hyper-V synthetic "
		  "interrupt "
		  "controller (hv-synic)",
		  "HYPERV" },
		{ "UNSUPPORTED CONFIGURATION: Emulator does not support machine type "
		  "'pc-i440fx-bionic'",
		  "MACHINE" },
		{ "==> ERROR: module not found: 'vfio_virqfd'", "VIRQFD" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GPtrArray) findings = explain_text(cases[i].line);

		g_test_message("%s", cases[i].line);
		g_assert_true(names(findings, cases[i].id));
	}
}

static void test_ordinary(void)
{
	static const char *const lines =
		"[    0.000000] Linux version 6.12.107-amd64\n"
		"[    0.1] DMAR: IOMMU enabled\n"
		"[    1.0] vfio-pci 0000:01:00.0: enabling device (0000 -> 0003)\n"
		"[    1.1] VFIO - User Level meta-driver version: 0.3\n"
		"[    2.0] pci 0000:01:00.0: BAR 0: assigned [mem 0xe0000000-0xefffffff 64bit "
		"pref]\n"
		"[    3.0] kvm: Nested Virtualization enabled\n"
		"systemd[1]: Started libvirtd.service - libvirt legacy monolithic daemon.\n"
		"[    4.0] nvidia 0000:01:00.0: vgaarb: VGA decodes changed\n"
		"[    5.0] amdgpu 0000:03:00.0: amdgpu: reserve 0xa00000 from 0x81fe000000 for PSP "
		"TMR\n"
		"[    6.0] usb 1-2: reset high-speed USB device number 4 using xhci_hcd\n";
	g_autoptr(GPtrArray) findings = explain_text(lines);

	for (guint i = 0; i < findings->len; i++)
		g_test_message("%s", ((struct finding *)g_ptr_array_index(findings, i))->rule->id);
	g_assert_cmpuint(findings->len, ==, 0);
}

/* Two wordings of one cause in a line are one line. */
static void test_count(void)
{
	g_autoptr(GPtrArray) findings =
		explain_text("Unknown PCI header type '127'\nunknown pci header type '127'\n");

	g_assert_cmpuint(findings->len, ==, 1);
	g_assert_true(
		g_str_has_suffix(((struct finding *)findings->pdata[0])->evidence, "(and 1 more)"));
}

/* However the text is cut into parts, and however long a line is, the answer is the same. */
static void test_parts(void)
{
	static const char text[] = "first\nvfio: group 3 IS NOT viable\nlast, and no end";

	for (gsize part = 1; part < sizeof(text); part++) {
		autoptr(explainer) explainer = explainer_new();
		g_autoptr(GPtrArray) findings = NULL;

		for (gsize at = 0; at < sizeof(text) - 1; at += part)
			explainer_feed(explainer, text + at, MIN(part, sizeof(text) - 1 - at));
		findings = explainer_finish(explainer);
		g_assert_cmpuint(findings->len, ==, 1);
		g_assert_cmpuint(((struct finding *)findings->pdata[0])->line, ==, 2);
	}
}

static void test_long_line(void)
{
	autoptr(explainer) explainer = explainer_new();
	g_autofree char *part = g_strnfill(1 << 16, 'x');
	g_autoptr(GPtrArray) findings = NULL;

	for (guint i = 0; i < 256; i++)
		explainer_feed(explainer, part, 1 << 16);
	explainer_feed(explainer, "\nis not an evdev device\n", 24);
	findings = explainer_finish(explainer);
	g_assert_cmpuint(findings->len, ==, 1);
	g_assert_cmpuint(((struct finding *)findings->pdata[0])->line, ==, 2);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/explain/errors", test_errors);
	g_test_add_func("/explain/loose", test_loose);
	g_test_add_func("/explain/ordinary", test_ordinary);
	g_test_add_func("/explain/count", test_count);
	g_test_add_func("/explain/parts", test_parts);
	g_test_add_func("/explain/long-line", test_long_line);
	return g_test_run();
}
