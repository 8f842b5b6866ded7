/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "guest/virt.h"

/* virt_open_uri - connect elsewhere; for tests, which use libvirt's own test:///default */
struct virt *virt_open_uri(const char *uri, GError **error);

/* virt_capabilities_parse - from the text of domcapabilities; versions stay 0 */
struct virt_capabilities *virt_capabilities_parse(const char *xml, GError **error);
