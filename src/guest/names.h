/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <glib.h>

/*
 * What users may write in a domain_spec besides the name (guest_name_valid() in domain.h). Each
 * returns TRUE, or FALSE with HOTSEAT_ERROR_USAGE and the rule. domain_xml() relies on them.
 */

/* guest_name_check - guest_name_valid() with a sentence for whoever wrote it */
gboolean guest_name_check(const char *name, GError **error);

/* guest_usb_valid - "046d:c52b" */
gboolean guest_usb_valid(const char *usb, GError **error);

/* guest_vendor_id_valid - 1 to 12 printable ASCII characters without a comma (HV table) */
gboolean guest_vendor_id_valid(const char *vendor_id, GError **error);
