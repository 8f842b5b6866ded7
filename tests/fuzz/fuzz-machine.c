/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/manifest.h"
#include "folder.h"
#include "fuzz.h"
#include "machine/holders.h"
#include "rules/rules.h"

/*
 * A whole machine as a manifest, through all readers and rules but hwloc's, which are slow and not
 * ours.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *text = g_strndup((const char *)data, size);
	g_autofree char *file = g_build_filename(folder_fresh(), "recording", NULL);
	autoptr(machine) machine = NULL;
	g_autoptr(GPtrArray) findings = NULL;
	struct root *root;

	g_assert_true(g_file_set_contents(file, text, -1, NULL));
	root = root_open(file, NULL);
	if (root == NULL)
		return 0;
	machine = machine_read(root, MACHINE_JUDGED & ~(unsigned int)MACHINE_CPUS, NULL);
	if (machine == NULL)
		return 0;
	findings = rules_judge_host(machine);
	for (guint i = 0; i < machine->cards->len; i++) {
		const struct card *card = g_ptr_array_index(machine->cards, i);
		g_autoptr(GPtrArray) holders = NULL;
		gboolean complete;

		holders = holders_read(machine->root, card, &complete);
	}
	return 0;
}
