/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "corpus.h"
#include "rules/config.h"

static GPtrArray *judge_on(const char *text, const struct machine *machine)
{
	g_autoptr(GError) error = NULL;
	GPtrArray *findings = lint_judge(text, strlen(text), machine, NULL, &error);

	g_assert_no_error(error);
	return findings;
}

static GPtrArray *judge(const char *text)
{
	return judge_on(text, NULL);
}

/* A card with amdgpu, and a kernel that has vfio-pci built in: all that some rules ask. */
static const struct machine *some_machine(void)
{
	static struct kernel kernel = { .vfio_pci = MODULE_BUILT_IN };
	static char driver[] = "amdgpu";
	static struct pcidev card = { .class = 0x030000, .driver = driver };
	static struct machine machine = { .kernel = &kernel };

	if (machine.devices == NULL) {
		machine.devices = g_ptr_array_new();
		g_ptr_array_add(machine.devices, &card);
	}
	return &machine;
}

#define HOOK "#!/bin/bash\n"

/* In the order of the table: what trips each rule, and what nearly does. */
static const struct {
	const char *id, *trips, *nearly;
} cases[] = {
	{ "BD-12", HOOK "virsh nodedev-detach pci_0000_01_00_0\n",
	  HOOK "# virsh list\nvirsh start w\n" },
	{ "BD-12", HOOK "if [ \"$2\" = release ]; then\n a\nelse\n b\nfi\n",
	  HOOK "if [ \"$2\" = \"prepare\" ]; then\n a\nelse\n b\nfi\n" },
	{ "BD-01", HOOK "echo 10de 1b80 > /sys/bus/pci/drivers/vfio-pci/new_id\n",
	  HOOK "echo vfio-pci > /sys/bus/pci/devices/0000:01:00.0/driver_override\n" },
	{ "UB-05", HOOK "echo 0 > /sys/class/vtconsole/vtcon0/bind\n",
	  HOOK "for c in /sys/class/vtconsole/vtcon*; do grep frame $c/name; done\n" },
	{ "UB-05",
	  HOOK "echo efi-framebuffer.0 > /sys/bus/platform/drivers/efi-framebuffer/unbind\n",
	  HOOK "[ -e /sys/bus/platform/drivers/efi-framebuffer/efi-framebuffer.0 ] && echo "
	       "efi-framebuffer.0 > /sys/bus/platform/drivers/efi-framebuffer/unbind\n" },
	{ "UB-06", HOOK "sleep 2\n", HOOK "#sleep 2\nsystemctl sleep.target\n" },
	{ "UB-07", HOOK "echo 1 > /sys/bus/pci/rescan\n",
	  HOOK "echo 1 > /sys/bus/pci/drivers_probe\n" },
	{ "PN-08", HOOK "cset shield --cpu 2-7\n", HOOK "csets x\n" },
	{ "BD-06", "MODULES=(vfio_pci vfio_virqfd)\nHOOKS=(base modconf)\n",
	  "MODULES=(vfio_pci)\nHOOKS=(base modconf)\n" },
	{ "BD-05", "blacklist nvidia\n", "blacklist nouveau\n" },
	{ "BD-05", "blacklist amdgpu\n", "blacklist nvidia\n" },
	{ "BD-03", "options vfio-pci ids=10de:1b80\n", "options kvm ignore_msrs=1\n" },
	{ "FW-07", "options vfio_iommu_type1 allow_unsafe_interrupts=1\n",
	  "options vfio_iommu_type1 allow_unsafe_interrupts=0\n" },
	{ "BD-07", "MODULES=(vfio_pci)\nHOOKS=(base udev)\n",
	  "MODULES=(vfio_pci)\nHOOKS=(base modconf)\n" },
	{ "BD-07", "force_drivers+=\"vfio_pci vfio\"\n", "force_drivers+=\" vfio_pci vfio \"\n" },
	{ "FW-05", "GRUB_CMDLINE_LINUX=\"quiet amd_iommu=on\"\n",
	  "GRUB_CMDLINE_LINUX=\"quiet amd_iommu=off\"\n" },
	{ "FW-06", "GRUB_CMDLINE_LINUX=\"quiet iommu=pt\"\n",
	  "#GRUB_CMDLINE_LINUX=\"iommu=pt\"\n"
	  "GRUB_CMDLINE_LINUX=\"\"\n" },
	{ "FW-09", "title Arch\noptions root=/dev/sda pcie_acs_override=downstream\n",
	  "title Arch\noptions root=/dev/sda pci=noats\n" },
	{ "FW-18", "BOOT_IMAGE=/v root=/dev/sda video=efifb:off\n",
	  "BOOT_IMAGE=/v video=efifb:on\n" },
	{ "PN-05", "root=/dev/sda isolcpus=2-7\n", "root=/dev/sda nohz_full=2-7\n" },
	{ "DX-03", "nvram = [\n\"/usr/share/OVMF/OVMF_CODE.fd:/usr/share/OVMF/OVMF_VARS.fd\"\n]\n",
	  "#nvram = [ ]\n" },
	{ "IN-09", "cgroup_device_acl = [\n\"/dev/null\", \"/dev/kvm\"\n]\n",
	  "cgroup_device_acl = [\n\"/dev/null\", \"/dev/kvm\", \"/dev/userfaultfd\"\n]\n" },
	{ "GR-10", "security_driver = \"none\"\nrelaxed_acs_check = 1\n",
	  "security_driver = \"none\"\nrelaxed_acs_check = 0\n" },
};

static guint count_of(const GPtrArray *findings, const struct rule *rule)
{
	guint count = 0;

	for (guint i = 0; i < findings->len; i++)
		count += ((const struct finding *)g_ptr_array_index(findings, i))->rule == rule;
	return count;
}

static void test_cases(void)
{
	g_assert_cmpuint(G_N_ELEMENTS(cases), ==, n_config_rules);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		const struct machine *machine =
			config_rules[i].holds != NULL ? some_machine() : NULL;
		g_autoptr(GPtrArray) loud = judge_on(cases[i].trips, machine);
		g_autoptr(GPtrArray) quiet = judge_on(cases[i].nearly, machine);

		g_assert_cmpstr(config_rules[i].rule.id, ==, cases[i].id);
		if (count_of(loud, &config_rules[i].rule) == 0 ||
		    count_of(quiet, &config_rules[i].rule) != 0) {
			g_test_message("%s, %s", cases[i].id, config_rules[i].rule.title);
			g_test_fail();
		}
	}
}

/* Each line that has the word, by another reading. */
static void test_counts(void)
{
	static const struct {
		const char *title, *word;
	} counted[] = { { "no script uses new_id", "new_id" } };
	g_auto(GStrv) names = corpus_list("hooks");

	if (names == NULL) {
		g_test_skip("the corpus is not here");
		return;
	}
	for (guint i = 0; names[i] != NULL; i++) {
		g_autofree char *name = g_build_filename("hooks", names[i], NULL);
		g_autofree char *text = corpus_read(name);
		g_autoptr(GPtrArray) findings = judge(text);
		guint ours = 0, theirs = 0;

		if (lint_kind_of(text, strlen(text)) != LINT_SCRIPT)
			continue;
		for (guint k = 0; k < findings->len; k++)
			ours += g_str_equal(((struct finding *)findings->pdata[k])->rule->title,
					    counted[0].title);
		for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n"))
			theirs += line[strspn(line, " \t")] != '#' &&
				  strstr(line, counted[0].word) != NULL;
		g_assert_cmpuint(ours, ==, theirs);
	}
}

/* All that people have in these folders goes through, and is taken for what it is. */
static void test_folders(void)
{
	static const char *const folders[] = { "hooks", "hostconf" };

	for (gsize i = 0; i < G_N_ELEMENTS(folders); i++) {
		g_auto(GStrv) names = corpus_list(folders[i]);

		if (names == NULL) {
			g_test_skip("the corpus is not here");
			return;
		}
		for (guint k = 0; names[k] != NULL; k++) {
			g_autofree char *name = g_build_filename(folders[i], names[k], NULL);
			g_autofree char *text = corpus_read(name);
			g_autoptr(GPtrArray) findings = judge(text);

			g_assert_nonnull(findings);
			if (g_str_has_suffix(name, ".sh"))
				g_assert_cmpint(lint_kind_of(text, strlen(text)), ==, LINT_SCRIPT);
		}
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/config/cases", test_cases);
	g_test_add_func("/config/counts", test_counts);
	g_test_add_func("/config/folders", test_folders);
	return g_test_run();
}
