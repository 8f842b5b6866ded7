/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "guest/virt.h"

/*
 * The file systems of a running guest, held still by its agent, so that a copy of its disks is more
 * than what a power cut leaves. Whoever calls virt_freeze() must see to it that virt_thaw() is
 * called until it says that it worked, whatever becomes of the caller: a guest that is left frozen
 * cannot save itself, and some cannot even shut down.
 */

/**
 * virt_freeze - hold still all that can be
 *
 * Waits for the agent, 20 seconds at most. Return: FALSE and why not: HOTSEAT_ERROR_ABSENT, and
 * nothing is held (no agent runs, or it found nothing); after any other error it may be, since an
 * agent that answers too late still does what it was told.
 */
gboolean virt_freeze(struct virt *virt, const char *name, GError **error);

/**
 * virt_thaw - let go of what is held still, by whomever
 * @held: set to whether anything was, until now; Windows lets go by itself after ten seconds
 *
 * Return: TRUE if nothing is held any more.
 */
gboolean virt_thaw(struct virt *virt, const char *name, gboolean *held, GError **error);
