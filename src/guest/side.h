/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "guest/virt.h"

/**
 * side_choose - which of a seat's guests one more is to be, from 1 on
 * @seat: "seat0"
 * @most: the last number that the seat has room for
 *
 * The first number that no other guest here has: they may run together.
 *
 * Return: the number; 0: all are taken.
 */
guint side_choose(struct virt *virt, const char *seat, guint most);
