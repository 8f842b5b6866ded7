/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "guest/domain.h"
#include "guest/xml.h"

/* What the two halves of the generator share: the frame (domain.c) and what is in <devices>. */

/* domain_write_devices - the <devices> element */
void domain_write_devices(xmlTextWriter *xml, const struct domain_spec *spec);

/* domain_write_extras - what libvirt has no element for, outside of <devices>; often nothing */
void domain_write_extras(xmlTextWriter *xml, const struct domain_spec *spec);

/* domain_has_extras - are there any? Then <domain> needs QEMU's namespace. */
gboolean domain_has_extras(const struct domain_spec *spec);

/* domain_has_iothread - does its disk have a thread of its own? Only virtio can (ST-05). */
gboolean domain_has_iothread(const struct domain_spec *spec);

/* domain_count - a number as text, newly allocated */
char *domain_count(guint64 value);
