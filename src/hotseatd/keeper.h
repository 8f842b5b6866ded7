/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "hotseatd/flights.h"
#include "lend/ask.h"
#include "lend/lend.h"

/*
 * Who looks after what is lent, in case nobody else does: QEMU and libvirt are killed, hooks do not
 * come, hotseatd itself was. It adopts what it finds: a complete journal of a guest that runs is
 * left alone, what was left behind is put back, a guest that is gone gives its card back.
 *
 * While journals are there it looks every few seconds, on a thread of its own because that asks
 * libvirt; else it sleeps.
 */
struct keeper;

/* What it asks and does; tests put a model here. All of it on a thread of its own. */
struct keeper_work {
	GPtrArray *(*read_states)(GError **error);
	enum ask_answer (*runs)(const char *guest, guint seconds);
	gboolean (*take_back)(const struct handover_state *state, GError **error);
	void (*look_at_switch)(const struct handover_state *state);
	guint pause_ms; /* between two looks */
};

/* keeper_work_live - for the machine that we run on */
extern const struct keeper_work keeper_work_live;

struct keeper *keeper_new(const struct keeper_work *work, struct flights *flights);

/* keeper_wake - something may be lent: look now, and from now on */
void keeper_wake(struct keeper *keeper);

/* keeper_stop - look no more; @stopped is called on the main loop when nothing is under way */
void keeper_stop(struct keeper *keeper, void (*stopped)(void *data), void *data);
void keeper_free(struct keeper *keeper);
