/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <glib.h>

/*
 * What users may call things. Each returns TRUE, or FALSE with HOTSEAT_ERROR_USAGE and the rule.
 * domain_xml() relies on these; whoever fills a domain_spec from outside asks first.
 */

/* guest_name_valid - becomes a domain's name and a file's: no "/", no control characters, no "." */
gboolean guest_name_valid(const char *name, GError **error);

/* guest_usb_valid - "046d:c52b" */
gboolean guest_usb_valid(const char *usb, GError **error);

/* guest_vendor_id_valid - 1 to 12 printable ASCII characters without a comma (HV table) */
gboolean guest_vendor_id_valid(const char *vendor_id, GError **error);
