/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuzz.h"
#include "hotseatd/arguments.h"

/*
 * The arguments of a call, from anybody on the bus: the first byte chooses the method, the others
 * are the message. GLib's reading of it is untrusted, as with a message from the bus.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum arguments_method methods[] = { ARGUMENTS_UP, ARGUMENTS_DOWN,
							 ARGUMENTS_RECOVER, ARGUMENTS_CONFIRM };
	enum arguments_method method = methods[size == 0 ? 0 : data[0] % G_N_ELEMENTS(methods)];
	g_autoptr(GBytes) bytes = g_bytes_new(data + (size == 0 ? 0 : 1), size == 0 ? 0 : size - 1);
	g_autoptr(GVariant) sent = g_variant_ref_sink(
		g_variant_new_from_bytes(G_VARIANT_TYPE("(sa{sv})"), bytes, FALSE));
	g_autoptr(GVariant) again = NULL;
	g_autoptr(GError) error = NULL;
	g_autofree char *guest = NULL;
	g_autofree char *guest_again = NULL;
	struct lend_options options = { 0 }, options_again = { 0 };

	if (!arguments_parse(sent, method, &guest, &options, &error)) {
		g_assert_nonnull(error);
		g_assert_true(g_utf8_validate(error->message, -1, NULL));
		return 0;
	}
	g_assert_true(guest[0] == '\0' || guest_name_valid(guest));
	g_assert_cmpuint(options.timeout, <=, LEND_SECONDS_MOST);
	g_assert_cmpuint(options.dead_man, <=, LEND_SECONDS_MOST);
	/* What was understood can be said again, and means the same. */
	again = g_variant_ref_sink(arguments_pack(method, guest, &options));
	g_assert_true(arguments_parse(again, method, &guest_again, &options_again, NULL));
	g_assert_cmpstr(guest, ==, guest_again);
	g_assert_cmpmem(&options, sizeof(options), &options_again, sizeof(options_again));
	return 0;
}
