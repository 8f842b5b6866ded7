/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest/names.h"

#include <string.h>

#include "core/error.h"

/* libvirt makes file and machine names of it, with suffixes: well below NAME_MAX. */
#define GUEST_NAME_MAX 64
#define VENDOR_ID_MAX 12

static gboolean has_forbidden_character(const char *name)
{
	for (gsize i = 0; name[i] != '\0'; i += (gsize)g_utf8_skip[(guchar)name[i]]) {
		gunichar letter = g_utf8_get_char(name + i);

		if (letter == '/' || letter == '\\' || g_unichar_iscntrl(letter) ||
		    !g_unichar_isgraph(letter))
			return TRUE;
	}
	return FALSE;
}

gboolean guest_name_valid(const char *name, GError **error)
{
	const char *rule = NULL;

	if (name[0] == '\0')
		rule = "it is empty";
	else if (strlen(name) > GUEST_NAME_MAX)
		rule = "it is longer than 64 bytes";
	else if (!g_utf8_validate(name, -1, NULL))
		rule = "it is not UTF-8";
	else if (name[0] == '.' || name[0] == '-')
		rule = "it begins with a dot or a dash";
	else if (has_forbidden_character(name))
		rule = "blanks, slashes and control characters are not allowed";
	if (rule == NULL)
		return TRUE;
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_USAGE,
		    "this cannot be the name of a guest: %s. Try letters and digits, like win11",
		    rule);
	return FALSE;
}

gboolean guest_usb_valid(const char *usb, GError **error)
{
	gboolean valid = strlen(usb) == strlen("046d:c52b") && usb[4] == ':';

	for (gsize i = 0; valid && usb[i] != '\0'; i++)
		valid = i == 4 || g_ascii_isxdigit(usb[i]);
	if (!valid)
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_USAGE,
			    "a USB device is named by vendor and product as lsusb shows them, like "
			    "046d:c52b");
	return valid;
}

gboolean guest_vendor_id_valid(const char *vendor_id, GError **error)
{
	gsize length = strlen(vendor_id);
	gboolean valid = length >= 1 && length <= VENDOR_ID_MAX;

	for (gsize i = 0; valid && i < length; i++)
		valid = g_ascii_isprint(vendor_id[i]) && vendor_id[i] != ',';
	if (!valid)
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_USAGE,
			    "a vendor id is 1 to 12 printable ASCII characters without a comma");
	return valid;
}
