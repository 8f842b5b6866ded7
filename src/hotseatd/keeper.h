/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "hotseatd/flights.h"

/*
 * Who looks after what is lent, in case nobody else does: QEMU and libvirt are killed, hooks do not
 * come, hotseatd itself was. It adopts what it finds: a complete journal of a guest that runs is
 * left alone, what was left behind is put back, a guest that is gone gives its card back.
 *
 * While journals are there it looks every few seconds, on a thread of its own because that asks
 * libvirt; else it sleeps.
 */
struct keeper;

struct keeper *keeper_new(struct flights *flights);

/* keeper_wake - something may be lent: look now, and from now on */
void keeper_wake(struct keeper *keeper);

/* keeper_stop - look no more; @stopped is called on the main loop when nothing is under way */
void keeper_stop(struct keeper *keeper, void (*stopped)(void *data), void *data);
void keeper_free(struct keeper *keeper);
