/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "guest/virt.h"
#include "guest/xml.h"

/* Hyper-V enlightenments: what Windows needs to notice that it is a guest, and to act on it. */

/* hyperv_offered - TRUE if there is any enlightenment that we use */
gboolean hyperv_offered(const struct virt_capabilities *capabilities);

/**
 * hyperv_write - the <hyperv> element with what this libvirt and QEMU offer (HV-02)
 * @vendor_id: NULL leaves Hyper-V's own
 *
 * Nothing is written if nothing is on offer. What needs something else that is not on offer is
 * left out: libvirt 11.9 refuses it, older ones let QEMU fail (HV-01).
 */
void hyperv_write(xmlTextWriter *xml, const struct virt_capabilities *capabilities,
		  const char *vendor_id);
