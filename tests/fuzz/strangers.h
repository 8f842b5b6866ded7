/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "machine/machine.h"

/* strangers_machine - a desktop with a card to lend, for texts to be judged against; read once */
const struct machine *strangers_machine(void);
