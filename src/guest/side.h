/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "guest/virt.h"

/**
 * side_choose - which of a seat's guests one more is to be, from 1 on
 * @seat: "seat0"
 *
 * The first number that no other guest here has: they may run together. The service says when
 * there are more than a seat has room for.
 */
guint side_choose(struct virt *virt, const char *seat);
