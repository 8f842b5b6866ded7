/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest/names.h"

#include <string.h>

#include "core/error.h"
#include "guest/domain.h"

/* libvirt makes file and machine names of it, with suffixes: well below NAME_MAX. */
#define GUEST_NAME_MAX 64
#define VENDOR_ID_MAX 12

gboolean guest_name_valid(const char *name)
{
	gsize length = strlen(name);

	if (length == 0 || length > GUEST_NAME_MAX || name[0] == '.' || name[0] == '-')
		return FALSE;
	for (gsize i = 0; i < length; i++) {
		if (!g_ascii_isalnum(name[i]) && strchr("._-", name[i]) == NULL)
			return FALSE;
	}
	return TRUE;
}

gboolean guest_name_check(const char *name, GError **error)
{
	gboolean valid = guest_name_valid(name);

	if (!valid)
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_USAGE,
			    "\"%s\" cannot be a guest's name: up to %d letters, digits, dots, "
			    "dashes and underscores, not starting with a dash or dot",
			    name, GUEST_NAME_MAX);
	return valid;
}

gboolean guest_usb_valid(const char *usb, GError **error)
{
	gboolean valid = strlen(usb) == strlen("046d:c52b") && usb[4] == ':';

	for (gsize i = 0; valid && usb[i] != '\0'; i++)
		valid = i == 4 || g_ascii_isxdigit(usb[i]);
	if (!valid)
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_USAGE,
			    "\"%s\" is no USB device: it is named by vendor and product as lsusb "
			    "shows them, like 046d:c52b",
			    usb);
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
