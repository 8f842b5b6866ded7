/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "machine/machine.h"
#include "map/canvas.h"
#include "plan/plan.h"

/*
 * The machine as a picture, and on it who gets what: nodes with their caches, cores and threads,
 * memory, and cards with their groups; below it what the marks mean and why it is so.
 */
#define MAP_WIDTH 1200.0
#define MAP_TEXT_LEAST 11.0

/**
 * map_draw - lay out and draw
 * @plans: struct plan, one for each guest
 *
 * Runs the layout twice, the first time for the height only.
 */
void map_draw(const struct machine *machine, const GPtrArray *plans, struct canvas *canvas);

/* map_text - the same for a terminal: caches with their threads, memory, cards; newly allocated */
char *map_text(const struct machine *machine, const GPtrArray *plans);
