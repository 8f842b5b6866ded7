/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "evdev-model.h"

#include <errno.h>
#include <glib.h>

#define NODE_BASE 100
#define SINK_BASE 200
#define SINK_NODE_BASE 300

struct evdev_model model;

void model_reset(void)
{
	memset(&model, 0, sizeof(model));
	for (unsigned int i = 0; i < MODEL_SINKS; i++)
		model.sinks[i].held = true;
}

int model_fd(unsigned int node)
{
	return NODE_BASE + (int)node;
}

int model_sink_fd(unsigned int sink)
{
	return SINK_BASE + (int)sink;
}

int model_sink_node(unsigned int sink)
{
	return SINK_NODE_BASE + (int)sink;
}

static void race(void)
{
	if (model.race == NULL || model.racing)
		return;
	model.racing = true;
	model.race();
	model.racing = false;
}

static struct model_node *node_of(int fd)
{
	g_assert_cmpint(fd, >=, NODE_BASE);
	g_assert_cmpint(fd, <, NODE_BASE + MODEL_NODES);
	return &model.nodes[fd - NODE_BASE];
}

static void log_event(struct model_log *log, unsigned int type, unsigned int code, int value)
{
	if (log->count < MODEL_LOG)
		log->events[log->count++] = evdev_event(type, code, value);
}

static void set_key(struct keys *keys, unsigned int code, bool down)
{
	if (down)
		keys_add(keys, code);
	else
		keys_remove(keys, code);
}

/* ---- nodes --------------------------------------------------------------------------------- */

static bool filtered(const struct model_node *node, unsigned int type, unsigned int code)
{
	if (type == EV_SYN)
		return false;
	if (!node->masked)
		return type != EV_KEY && type != EV_REL;
	return type != EV_KEY || !keys_has(&node->mask, code);
}

/* __pass_event() */
static void queue_event(struct model_node *node, struct input_event event)
{
	node->queue[node->queued++] = event;
	if (node->queued == MODEL_QUEUE) {
		node->queue[0] = evdev_event(EV_SYN, SYN_DROPPED, 0);
		node->queue[1] = event;
		node->queued = 2;
		node->complete = 0;
	}
	if (event.type == EV_SYN && event.code == SYN_REPORT)
		node->complete = node->queued;
}

static void to_seat(struct model_node *node, unsigned int type, unsigned int code, int value)
{
	if (filtered(node, type, code))
		return;
	if (type == EV_SYN && code == SYN_REPORT) {
		if (node->complete == node->queued)
			return;
		node->wakeups++;
	}
	queue_event(node, evdev_event(type, code, value));
}

static void to_desktop(struct model_node *node, unsigned int type, unsigned int code, int value)
{
	log_event(&node->log, type, code, value);
	if (type == EV_KEY)
		set_key(&node->desktop, code, value != 0);
}

void model_event(unsigned int number, unsigned int type, unsigned int code, int value)
{
	struct model_node *node = &model.nodes[number];

	if (!node->plugged)
		return;
	if (type == EV_KEY && value != 2) {
		if (keys_has(&node->kernel, code) == (value != 0))
			return;
		set_key(&node->kernel, code, value != 0);
	}
	/* INPUT_FLUSH passes on what there is, and there may be nothing */
	if (type == EV_SYN && code == SYN_REPORT && !node->open)
		return;
	node->open = type != EV_SYN;
	if (type == EV_LED) {
		node->leds &= ~(1UL << code);
		node->leds |= (value != 0 ? 1UL : 0UL) << code;
	}
	if (node->foreign)
		return;
	if (!node->grabbed)
		to_desktop(node, type, code, value);
	to_seat(node, type, code, value);
}

void model_report(unsigned int node)
{
	model_event(node, EV_SYN, SYN_REPORT, 0);
}

void model_drop(unsigned int node)
{
	model.nodes[node].queued = model.nodes[node].complete = 0;
	queue_event(&model.nodes[node], evdev_event(EV_SYN, SYN_DROPPED, 0));
}

void model_hand(unsigned int number, unsigned int code, bool down)
{
	set_key(&model.nodes[number].hand, code, down);
	model_event(number, EV_KEY, code, down);
	model_report(number);
}

void model_plug(unsigned int number)
{
	struct model_node *node = &model.nodes[number];

	memset(node, 0, offsetof(struct model_node, log));
	node->plugged = true;
}

void model_unplug(unsigned int number)
{
	struct model_node *node = &model.nodes[number];

	/* input_dev_release_keys(): for whoever listens */
	for (unsigned int code = keys_next(&node->kernel, 0); code < KEY_CNT;
	     code = keys_next(&node->kernel, code))
		model_event(number, EV_KEY, code, 0);
	keys_clear(&node->desktop);
	keys_clear(&node->hand);
	node->plugged = false;
	node->grabbed = false;
}

void model_close(void)
{
	for (unsigned int i = 0; i < MODEL_NODES; i++) {
		model.nodes[i].grabbed = model.nodes[i].masked = false;
		model.nodes[i].queued = model.nodes[i].complete = 0;
	}
}

bool model_readable(unsigned int number)
{
	const struct model_node *node = &model.nodes[number];

	return !node->plugged || node->complete > 0;
}

/* ---- sinks --------------------------------------------------------------------------------- */

static void sink_event(struct model_sink *sink, const struct input_event *event)
{
	if (event->type == EV_KEY) {
		if (keys_has(&sink->kernel, event->code) == (event->value != 0))
			return;
		set_key(&sink->kernel, event->code, event->value != 0);
	}
	if (!sink->held) {
		sink->leaked++;
		return;
	}
	/* QEMU's input-linux: what is above 2 is undefined and ignored */
	if (event->type == EV_KEY && event->value > 2)
		return;
	log_event(&sink->log, event->type, event->code, event->value);
	if (event->type == EV_KEY)
		set_key(&sink->guest, event->code, event->value != 0);
}

/* ---- the calls ----------------------------------------------------------------------------- */

static int model_read(int fd, struct input_event *events, size_t count)
{
	struct model_node *node;

	if (fd >= SINK_BASE)
		return -EAGAIN;
	node = node_of(fd);
	race();
	if (!node->plugged)
		return -ENODEV;
	if (node->complete == 0)
		return -EAGAIN;
	if (count > node->complete)
		count = node->complete;
	memcpy(events, node->queue, count * sizeof(*events));
	memmove(node->queue, node->queue + count, (node->queued - count) * sizeof(*events));
	node->queued -= (unsigned int)count;
	node->complete -= (unsigned int)count;
	return (int)count;
}

static int model_write(int fd, const struct input_event *events, size_t count)
{
	race();
	for (size_t i = 0; i < count; i++) {
		if (fd >= SINK_BASE) {
			if (model.sinks[fd - SINK_BASE].gone)
				return -ENODEV;
			sink_event(&model.sinks[fd - SINK_BASE], &events[i]);
			continue;
		}
		if (!node_of(fd)->plugged)
			return -ENODEV;
		model_event((unsigned int)(fd - NODE_BASE), events[i].type, events[i].code,
			    events[i].value);
	}
	return 0;
}

/* __evdev_flush_queue() */
static void flush_keys(struct model_node *node)
{
	unsigned int kept = 0, in_report = 1;

	node->complete = 0;
	for (unsigned int i = 0; i < node->queued; i++) {
		struct input_event event = node->queue[i];
		bool report = event.type == EV_SYN && event.code == SYN_REPORT;

		if (event.type == EV_KEY || (report && in_report == 0))
			continue;
		node->queue[kept++] = event;
		in_report++;
		if (report) {
			in_report = 0;
			node->complete = kept;
		}
	}
	node->queued = kept;
}

static int model_keys(int fd, struct keys *down)
{
	struct model_node *node;

	if (fd >= SINK_NODE_BASE) {
		*down = model.sinks[fd - SINK_NODE_BASE].kernel;
		return 0;
	}
	node = node_of(fd);
	race();
	if (!node->plugged)
		return -ENODEV;
	*down = node->kernel;
	flush_keys(node);
	return 0;
}

static int model_grab(int fd, bool on)
{
	struct model_node *node;

	if (fd >= SINK_NODE_BASE)
		return model.sinks[fd - SINK_NODE_BASE].held ? -EBUSY : 0;
	node = node_of(fd);
	race();
	if (!node->plugged)
		return -ENODEV;
	if (node->foreign)
		return on ? -EBUSY : -EINVAL;
	node->grabbed = on;
	race();
	return 0;
}

static int model_mask(int fd, const struct keys *keys)
{
	struct model_node *node = node_of(fd);

	race();
	if (!node->plugged)
		return -ENODEV;
	node->masked = keys != NULL;
	if (keys != NULL)
		node->mask = *keys;
	return 0;
}

static int model_leds(int fd, uint32_t *lit)
{
	struct model_node *node = node_of(fd);

	if (!node->plugged)
		return -ENODEV;
	*lit = (uint32_t)node->leds;
	return 0;
}

const struct evdev_calls evdev_model_calls = {
	.read = model_read,
	.write = model_write,
	.keys = model_keys,
	.grab = model_grab,
	.mask = model_mask,
	.leds = model_leds,
};
