/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "map/canvas.h"

/**
 * svg_new - a canvas that writes SVG
 * @out: gets the picture; stays owned by the caller
 *
 * Light and dark by the reader's preference; every paint has a pattern as well as a colour. Free
 * with g_free().
 */
struct canvas *svg_new(GString *out);
