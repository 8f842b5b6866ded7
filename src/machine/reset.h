/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "machine/card.h"

/*
 * How a card can be reset between two owners. reset_method alone misleads: "bus" is listed for
 * function 0 of a card that has more functions, because the kernel asks before it has found the
 * others, and is refused when it is used (RS-02). What resets such a card is VFIO's reset of the
 * whole bus, which works if the guest has everything on that bus (RS-03).
 */
struct reset {
	char **methods;      /* what reset_method lists for the display function; NULL: not known */
	enum known function; /* the display function can be reset by itself */
	enum known bus;      /* the bus holds nothing but the card, and has a port to reset it by */
};

/**
 * reset_read - how a card can be reset
 * @devices: all of the machine's, to see who shares the bus
 *
 * Return: a new reset, to be freed with reset_free().
 */
struct reset *reset_read(const struct root *root, const GPtrArray *devices,
			 const struct card *card);
void reset_free(struct reset *reset);
AUTOPTR_DEFINE(reset)
