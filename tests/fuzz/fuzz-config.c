/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "core/root.h"
#include "folder.h"
#include "fuzz.h"
#include "machine/card.h"
#include "machine/recording.h"

#define DEVICE "sys/bus/pci/devices/0000:01:00.0"

/*
 * One PCI function: the first byte says how many of the next are its uevent, the rest is its
 * configuration space. What is recorded of it has no serial number.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *folder = folder_fresh();
	g_autofree char *device = g_build_filename(folder, DEVICE, NULL);
	g_autofree char *uevent = g_build_filename(device, "uevent", NULL);
	g_autofree char *config = g_build_filename(device, "config", NULL);
	gsize length = size == 0 ? 0 : MIN((gsize)data[0], size - 1);
	autoptr(tree) trace = tree_new();
	g_autoptr(GPtrArray) devices = NULL;
	g_autoptr(GPtrArray) cards = NULL;
	g_autofree char *recording = NULL;
	autoptr(root) root = NULL;

	if (size == 0)
		return 0;
	g_assert_cmpint(g_mkdir_with_parents(device, 0700), ==, 0);
	g_assert_true(g_file_set_contents(uevent, (const char *)data + 1, (gssize)length, NULL));
	g_assert_true(g_file_set_contents(config, (const char *)data + 1 + length,
					  (gssize)(size - 1 - length), NULL));
	root = root_open(folder, NULL);
	root_trace(root, trace);
	devices = pcidev_read_all(root, NULL);
	g_assert_cmpuint(devices->len, ==, 1);
	cards = card_find_all(devices, TRUE);
	root_trace(root, NULL);
	recording = recording_write(root, trace);
	g_assert_nonnull(recording);
	return 0;
}
