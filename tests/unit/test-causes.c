/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Protects: an up that fails says what its libvirt, QEMU or kernel meant, and one that was refused
 * or is not understood says no more than it knows.
 */
#include <string.h>

#include "cli/causes.h"
#include "core/error.h"
#include "selftest/kmsg.h"

#define PINNED                                                                                     \
	"cannot start win11: internal error: process exited while connecting to monitor: "         \
	"2026-01-01T10:00:00.000000Z qemu-system-x86_64: -device {\"driver\":\"vfio-pci\"}: "      \
	"vfio 0000:01:00.0: failed to setup container for group 14: memory listener "              \
	"initialization failed: Region pc.ram: vfio_dma_map(0x55, 0x0, 0xa0000, 0x7f) = -12 "      \
	"(Cannot allocate memory); the card is back with the host"
#define PUZZLE                                                                                     \
	"cannot start win11: the moon is in the wrong quarter; the card is back with the host"
#define KERNEL "vfio-pci 0000:01:00.0: BAR 0: can't reserve [mem 0xe0000000-0xefffffff 64bit pref]"

static const struct {
	enum hotseat_error code;
	const char *message, *kernel;
	const char *causes[2]; /* in this order */
} cases[] = {
	{ HOTSEAT_ERROR_FAILED, PINNED, NULL, { "E007" } },
	{ HOTSEAT_ERROR_NOT_BACK, PINNED, NULL, { "E007" } },
	{ HOTSEAT_ERROR_FAILED, PUZZLE, NULL, { NULL } },
	{ HOTSEAT_ERROR_FAILED, PUZZLE, KERNEL, { "E002" } },
	{ HOTSEAT_ERROR_FAILED, PINNED, KERNEL, { "E007", "E002" } },
	{ HOTSEAT_ERROR_FAILED, PUZZLE, "usb 1-2: new high-speed USB device number 5", { NULL } },
	/* ours, which said all that there is to say */
	{ HOTSEAT_ERROR_REFUSED, PINNED, KERNEL, { NULL } },
	{ HOTSEAT_ERROR_DENIED, PINNED, KERNEL, { NULL } },
};

static void test_cases(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(kmsg_line_free);
		g_autoptr(GError) error =
			g_error_new_literal(HOTSEAT_ERROR, (int)cases[i].code, cases[i].message);
		const char *rest = error->message;

		if (cases[i].kernel != NULL) {
			struct kmsg_line *line = g_new0(struct kmsg_line, 1);

			line->text = g_strdup(cases[i].kernel);
			g_ptr_array_add(lines, line);
		}
		causes_explain(error, lines->len > 0 ? lines : NULL);
		g_test_message("%s", error->message);
		g_assert_true(g_str_has_prefix(error->message, cases[i].message));
		g_assert_true(hotseat_error_is(error, cases[i].code));
		if (cases[i].causes[0] == NULL)
			g_assert_cmpstr(error->message, ==, cases[i].message);
		rest = error->message;
		for (guint k = 0; k < 2 && cases[i].causes[k] != NULL; k++) {
			rest = strstr(rest, cases[i].causes[k]);
			g_assert_nonnull(rest);
		}
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/causes/cases", test_cases);
	return g_test_run();
}
