/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "guest/domain.h"
#include "machine/machine.h"

/*
 * The dead man's switch: who lends the last display may sit before a black screen with nothing to
 * type into. A timer of systemd's own then ends the guest and takes the card back, whatever has
 * become of us. Nothing of it is in our processes, so nothing that happens to them stops it.
 *
 * It is for guests that nobody has ever seen work: once one was confirmed, or its agent has
 * answered, that is remembered in /var/lib/hotseat/confirmed.
 */

/* dead_man_is_due - is the last display lent to a guest that cannot be seen otherwise, and was
 * never seen to work? */
gboolean dead_man_is_due(const struct machine *machine, GPtrArray *cards,
			 const struct domain_facts *facts);

/**
 * dead_man_arm - end the guest in so many seconds, unless it is disarmed
 *
 * Return: FALSE with HOTSEAT_ERROR_REFUSED if systemd cannot be asked to; what to do instead.
 */
gboolean dead_man_arm(const struct domain_facts *facts, guint seconds, GError **error);

/* dead_man_is_armed - is there a timer for this guest? */
gboolean dead_man_is_armed(const char *uuid);

/* dead_man_disarm - stop the timer, if there is one; waits 5 s for systemd at most */
gboolean dead_man_disarm(const char *uuid, GError **error);

/* dead_man_remember - this guest was seen; dead_man_is_due() no more */
gboolean dead_man_remember(const char *uuid, GError **error);
gboolean dead_man_was_seen(const char *uuid);
