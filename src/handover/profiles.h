/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "handover/host.h"

/*
 * What power-profiles-daemon says, which sets processors and firmware by profile. Nobody is started
 * by these questions, and where there is no answer the answer is no.
 */

/* profiles_offer - does it have this profile for this machine? */
gboolean profiles_offer(struct host *host, const char *profile);

/* profiles_hold_for - does it hold a profile for this application? */
gboolean profiles_hold_for(struct host *host, const char *application);

/* profiles_ask - what host::power_profiles is on the machine that we run on */
GVariant *profiles_ask(struct host *host, const char *property);
