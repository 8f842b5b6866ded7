/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "plan/plan.h"

/* Who has a host cpu: a guest's number from 0 on, or one of these. */
#define OWNER_HOST -1
#define OWNER_EMULATOR -2

/* owner_of_cpu - by the plans of all guests */
int owner_of_cpu(const GPtrArray *plans, guint id);

/* owner_of_card - the guest that gets it, or OWNER_HOST */
int owner_of_card(const GPtrArray *plans, const struct card *card);

/* owner_mark - "A", "B", …, "e" for the emulator's threads, "" for the host; newly allocated */
char *owner_mark(int owner);
