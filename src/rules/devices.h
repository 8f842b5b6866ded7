/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdio.h>

#include "machine/machine.h"

/*
 * The printers of cards and IOMMU groups, for what was read and for what somebody pasted. Only
 * machine::devices and machine::cards are looked at, and who has a card open now, if there is a
 * machine::root to look in.
 */

/* devices_print - for people: the cards with their verdicts, then the groups */
void devices_print(const struct machine *machine, FILE *out);

/* devices_print_json - the contract's object */
void devices_print_json(const struct machine *machine, FILE *out);
