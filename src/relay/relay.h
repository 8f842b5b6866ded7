/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stddef.h>

#include "relay/control.h"
#include "seat/seat.h"

/*
 * hotseat-relay: a seat, the descriptors it lives from, and who controls it. Nothing in here
 * allocates, and after filter_load() nothing can.
 */
struct relay {
	struct seat seat;
	struct seat_listener listener;
	int epoll;
	int listening;     /* for controllers */
	int controller;    /* -1: none */
	int notify;        /* the service manager's socket, connected; -1: none */
	uint64_t watchdog; /* nanoseconds between two signs of life; 0: nobody waits for them */
	uint64_t next_sign;
};

/**
 * relay_init - a relay without sources
 * @listening: a listening socket, or -1
 * @controller: a connected one, or -1
 *
 * Return: 0 or -errno
 */
int relay_init(struct relay *relay, const struct evdev_calls *calls, int listening, int controller,
	       int notify, uint64_t watchdog);

/* relay_run - for ever; returns -errno if waiting itself fails */
int relay_run(struct relay *relay);

/* relay_turn - wait once and do what there is; for tests and benchmarks. 0 or -errno */
int relay_turn(struct relay *relay, int timeout);

/* relay_keep_sink - a sink's descriptors, kept by the service manager over a restart */
int relay_keep_sink(struct relay *relay, unsigned int side, unsigned int flags,
		    const int fds[RELAY_FDS]);

/* ---- control.c ------------------------------------------------------------------------------ */

/**
 * control_handle - do what a packet from a controller says
 * @fds: that came with it; those that the relay did not take are closed
 *
 * Return: 0, or the errno of the answer (positive); -EBADMSG: no packet of this protocol
 */
int control_handle(struct relay *relay, const void *packet, size_t size, const int *fds,
		   unsigned int n_fds);

/* control_read - a controller has sent something, or has gone */
void control_read(struct relay *relay);

/* control_accept - a new controller takes over */
void control_accept(struct relay *relay);

/* control_report - tell the controller, if there is one and it listens */
void control_report(const struct relay *relay, struct relay_report report);

/* ---- what epoll tells us apart by ----------------------------------------------------------- */

enum watched {
	WATCHED_LISTENING,
	WATCHED_CONTROLLER,
	WATCHED_SOURCE, /* number: of the source */
	WATCHED_SINK,   /* number: of the side, kind */
	WATCHED_NODE,
};

/* relay_wait_for - let epoll watch a descriptor; 0 or -errno */
int relay_wait_for(struct relay *relay, int fd, enum watched what, unsigned int kind,
		   uint32_t number);

/* relay_forget - do not watch it any longer, and close it */
void relay_forget(struct relay *relay, int fd);

/* ---- notify.c ------------------------------------------------------------------------------- */

/* notify_connect - to the service manager named by $NOTIFY_SOCKET; -1 if there is none */
int notify_connect(void);

/* notify_send - a message of sd_notify(3), without waiting */
void notify_send(int fd, const char *message);

/* notify_store - let the service manager keep a descriptor under a name */
void notify_store(int fd, const char *name, int stored);

/* notify_unstore - or no longer */
void notify_unstore(int fd, const char *name);

/* ---- filter.c ------------------------------------------------------------------------------- */

/**
 * filter_load - from here on any system call that is not on the list ends the process
 *
 * The list: reading, writing and closing what is open, waiting, the four requests of event nodes,
 * packets to and from the controller and the service manager. Nothing opens, maps, starts or
 * connects.
 * Return: 0 or -errno
 */
int filter_load(void);
