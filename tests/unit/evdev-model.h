/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "seat/evdev.h"

/*
 * The input core, as far as a seat meets it: event nodes with a hand on them, a desktop that reads
 * them, the seat's own queue with its mask and its limit, grabs; and uinput devices that a QEMU
 * reads. Written after Linux drivers/input/{input,evdev}.c and uinput.c.
 *
 * There is one, because the table of calls knows descriptors only.
 */
#define MODEL_NODES 8
#define MODEL_SINKS 6 /* keyboard and mouse of three guests */
#define MODEL_QUEUE 64
#define MODEL_LOG 4096

struct model_log {
	unsigned int count;
	struct input_event events[MODEL_LOG];
};

struct model_node {
	bool plugged;
	bool grabbed;        /* by the seat */
	bool foreign;        /* by somebody else */
	bool open;           /* a report is not closed yet */
	struct keys hand;    /* what is held, whatever the kernel thinks */
	struct keys kernel;  /* dev->key */
	struct keys desktop; /* what the desktop believes to be down */
	unsigned long leds;
	/* the seat's own client */
	struct keys mask;
	bool masked; /* keys of the mask only */
	unsigned int queued, complete;
	struct input_event queue[MODEL_QUEUE];
	unsigned int wakeups;
	struct model_log log; /* what the desktop got */
};

struct model_sink {
	bool gone; /* the uinput device was destroyed */
	bool held; /* QEMU has grabbed the node */
	struct keys kernel;
	struct keys guest;   /* what the guest believes to be down */
	unsigned int leaked; /* events that nobody had grabbed */
	struct model_log log;
};

struct evdev_model {
	struct model_node nodes[MODEL_NODES];
	struct model_sink sinks[MODEL_SINKS];
	void (*race)(void); /* called inside every call: a hand does not wait for us */
	bool racing;
};

extern struct evdev_model model;
extern const struct evdev_calls evdev_model_calls;

void model_reset(void);

int model_fd(unsigned int node);
int model_sink_fd(unsigned int sink);
int model_sink_node(unsigned int sink);

/* model_event - the device says something; a key that is already so is swallowed */
void model_event(unsigned int node, unsigned int type, unsigned int code, int value);
void model_report(unsigned int node);

/* model_drop - the seat's queue has run over */
void model_drop(unsigned int node);

/* model_hand - press or release, and close the report */
void model_hand(unsigned int node, unsigned int code, bool down);

void model_plug(unsigned int node);
void model_unplug(unsigned int node);

/* model_close - the seat's process has died: what the kernel does with its descriptors */
void model_close(void);

/* model_readable - would the seat be woken by this node? */
bool model_readable(unsigned int node);
