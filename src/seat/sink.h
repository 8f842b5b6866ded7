/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "seat/evdev.h"

/*
 * A sink is one of the two uinput devices through which a guest gets its input: a keyboard or a
 * mouse.
 *
 * Between it and the guest are two queues that forget: the 64 events that the kernel keeps for
 * QEMU, which are thrown away all together when a stopped QEMU does not read them, and the 64
 * slots of QEMU's virtio-input, which drops every report that does not fit while the guest stands
 * still (hw/input/virtio-input.c, virtio_input_send). Releases are lost as everything is, nobody
 * tells, and the input core does not let the same release through a second time.
 *
 * So releases are repeated, when the sink has been quiet for a while and then at growing
 * intervals, for all keys that were ever used and are up: a pair of "pressed" with the value 3,
 * which the input core takes for a press, and "released", in one report. QEMU's input-linux
 * ignores values above 2 and sees a lone release (ui/input-linux.c, input_linux_handle_keyboard);
 * Windows' vioinput driver looks at the keys when the report is complete. A Linux guest with a
 * virtio device of its own would see the key typed: there, no repairs. A few keys at a time, so
 * that the repair does not overflow what it repairs.
 */
#define SINK_BATCH 96

struct sink {
	int fd;              /* uinput; -1: there is none */
	int node;            /* its event node; -1: not known */
	bool repairs;        /* may releases be repeated? */
	struct keys down;    /* what we hold there */
	struct keys used;    /* what was ever pressed there */
	uint64_t repair_at;  /* when to repeat releases next; 0: not */
	unsigned int repair; /* how often they were since the last event */
	unsigned int next;   /* the first code of the next part; 0: at the beginning */
	bool open_report;    /* events without their SYN_REPORT are in @out */
	bool stirred;        /* keys were written since sink_settle() */
	unsigned int n_out;
	struct input_event out[SINK_BATCH];
};

void sink_init(struct sink *sink);

/* sink_adopt - let go of what an earlier owner of the device, who was killed, had down */
void sink_adopt(struct sink *sink, const struct evdev_calls *calls);

/* sink_key - press or release a key, once each: what is already so is passed over */
int sink_key(struct sink *sink, const struct evdev_calls *calls, unsigned int code, bool down);

/* sink_move - motion or wheel */
int sink_move(struct sink *sink, const struct evdev_calls *calls, unsigned int axis, int value);

/* sink_end_report - close the report, if there is one */
void sink_end_report(struct sink *sink);

/* sink_flush - write what was gathered; -errno if the device is gone */
int sink_flush(struct sink *sink, const struct evdev_calls *calls);

/* sink_release_all - let go of everything that is held there, and flush */
int sink_release_all(struct sink *sink, const struct evdev_calls *calls);

/**
 * sink_held - does somebody, which is QEMU, read this device alone?
 *
 * Where nobody does, what is written goes to the host's own console. A sink without node counts
 * as held.
 */
bool sink_held(const struct sink *sink, const struct evdev_calls *calls);

/**
 * sink_settle - repeat releases, if it is time
 * @now: nanoseconds, monotonic
 *
 * Return: when to call again at the latest; 0: no need
 */
uint64_t sink_settle(struct sink *sink, const struct evdev_calls *calls, uint64_t now);
