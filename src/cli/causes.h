/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <glib.h>

/**
 * causes_explain - what "hotseat explain" would say of a failure, behind its message
 * @lines: what the kernel said meanwhile, struct kmsg_line of selftest/kmsg.h; NULL: not known
 *
 * Only of failures that are somebody else's words, libvirt's and QEMU's: a refusal of ours says
 * what it means already. Nothing is added where no cause is known.
 */
void causes_explain(GError *error, const GPtrArray *lines);
