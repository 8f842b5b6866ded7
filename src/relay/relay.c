/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "relay/relay.h"

#include <errno.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#define NANOSECONDS 1000000000ULL

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * NANOSECONDS + (uint64_t)time.tv_nsec;
}

/* ---- what epoll watches ---------------------------------------------------------------------- */

static uint64_t make_key(enum watched what, unsigned int kind, uint32_t number)
{
	return (uint64_t)what << 40 | (uint64_t)kind << 32 | number;
}

int relay_wait_for(struct relay *relay, int fd, enum watched what, unsigned int kind,
		   uint32_t number)
{
	struct epoll_event event = {
		.events = EPOLLIN,
		.data.u64 = make_key(what, kind, number),
	};

	return epoll_ctl(relay->epoll, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

void relay_forget(struct relay *relay, int fd)
{
	if (fd < 0)
		return;
	/* closing alone is not enough: the controller may have the same open file */
	(void)epoll_ctl(relay->epoll, EPOLL_CTL_DEL, fd, NULL);
	close(fd);
}

static struct source *find_source(struct relay *relay, uint32_t id)
{
	for (unsigned int i = 0; i < SEAT_SOURCES; i++) {
		struct source *source = &relay->seat.sources[i];

		if (source->state != SOURCE_FREE && source->id == id)
			return source;
	}
	return NULL;
}

static void read_source(struct relay *relay, uint32_t id)
{
	struct source *source = find_source(relay, id);

	/* gone since epoll told of it */
	if (source != NULL)
		seat_read(&relay->seat, source);
}

/* A device that is hung up is readable for ever; a sink's owner finds out by writing. */
static void read_sink(struct relay *relay, const struct epoll_event *event)
{
	unsigned int kind = event->data.u64 >> 32 & 0xff;
	unsigned int side = (unsigned int)(event->data.u64 & 0xffffffff);
	bool node = event->data.u64 >> 40 == WATCHED_NODE;
	struct sink *sink = &relay->seat.sides[side].sinks[kind];
	int fd = node ? sink->node : sink->fd;

	if (fd < 0)
		return;
	if (event->events & (EPOLLHUP | EPOLLERR))
		(void)epoll_ctl(relay->epoll, EPOLL_CTL_DEL, fd, NULL);
	if (node)
		seat_read_node(&relay->seat, side, kind);
	else
		seat_read_sink(&relay->seat, side, kind);
}

static void handle(struct relay *relay, const struct epoll_event *event)
{
	switch ((enum watched)(event->data.u64 >> 40)) {
	case WATCHED_LISTENING:
		control_accept(relay);
		break;
	case WATCHED_CONTROLLER:
		control_read(relay);
		break;
	case WATCHED_SOURCE:
		read_source(relay, (uint32_t)event->data.u64);
		break;
	case WATCHED_SINK:
	case WATCHED_NODE:
		read_sink(relay, event);
		break;
	}
}

/* ---- what the seat tells --------------------------------------------------------------------- */

static void on_moved(void *data, unsigned int side, enum seat_cause cause, int error)
{
	struct relay *relay = data;

	control_report(relay, (struct relay_report){
				      .word = error == 0 ? RELAY_SIDE : RELAY_REFUSED,
				      .state = (uint16_t)cause,
				      .number = side,
				      .error = (uint32_t)-error,
			      });
}

static void on_source(void *data, unsigned int id, enum source_state state, int fd)
{
	struct relay *relay = data;

	control_report(relay, (struct relay_report){
				      .word = RELAY_SOURCE,
				      .state = (uint16_t)state,
				      .number = id,
			      });
	if (state == SOURCE_FREE)
		relay_forget(relay, fd);
}

/* ---- the loop -------------------------------------------------------------------------------- */

int relay_init(struct relay *relay, const struct evdev_calls *calls, int listening, int controller,
	       int notify, uint64_t watchdog)
{
	memset(relay, 0, sizeof(*relay));
	relay->listener =
		(struct seat_listener){ .moved = on_moved, .source = on_source, .data = relay };
	relay->listening = listening;
	relay->controller = controller;
	relay->notify = notify;
	/* twice as often as asked for, as sd_watchdog_enabled(3) recommends */
	relay->watchdog = notify < 0 ? 0 : watchdog / 2;
	seat_init(&relay->seat, calls, &relay->listener);
	relay->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (relay->epoll < 0)
		return -errno;
	if (listening >= 0 && relay_wait_for(relay, listening, WATCHED_LISTENING, 0, 0) < 0)
		return -errno;
	if (controller >= 0 && relay_wait_for(relay, controller, WATCHED_CONTROLLER, 0, 0) < 0)
		return -errno;
	return 0;
}

int relay_keep_sink(struct relay *relay, unsigned int side, unsigned int flags,
		    const int fds[RELAY_FDS])
{
	const int sinks[] = { fds[0], fds[2] }, nodes[] = { fds[1], fds[3] };
	const bool repairs[] = { flags & RELAY_REPAIR_KEYBOARD, flags & RELAY_REPAIR_MOUSE };
	int result = seat_set_sink(&relay->seat, side, sinks, nodes, repairs);

	if (result < 0)
		return result;
	for (unsigned int kind = 0; kind < SINK_KINDS; kind++) {
		/* where it cannot be watched, LEDs and a reader's end are not noticed: no reason
		 * to go without */
		if (sinks[kind] >= 0)
			(void)relay_wait_for(relay, sinks[kind], WATCHED_SINK, kind, side);
		if (nodes[kind] >= 0)
			(void)relay_wait_for(relay, nodes[kind], WATCHED_NODE, kind, side);
	}
	return 0;
}

/* Signs of life come from the loop itself: a relay that hangs in here gives none. */
static int next_timeout(struct relay *relay, uint64_t due, uint64_t time)
{
	uint64_t wait;

	if (relay->watchdog != 0 && time >= relay->next_sign) {
		notify_send(relay->notify, "WATCHDOG=1");
		relay->next_sign = time + relay->watchdog;
	}
	if (relay->watchdog != 0 && (due == 0 || relay->next_sign < due))
		due = relay->next_sign;
	if (due == 0)
		return -1;
	wait = due <= time ? 0 : (due - time) / 1000000 + 1;
	return wait > 60000 ? 60000 : (int)wait;
}

int relay_turn(struct relay *relay, int timeout)
{
	struct epoll_event events[16] __attribute__((uninitialized));
	int count = epoll_wait(relay->epoll, events, 16, timeout);

	if (count < 0)
		return errno == EINTR ? 0 : -errno;
	for (int i = 0; i < count; i++)
		handle(relay, &events[i]);
	return 0;
}

int relay_run(struct relay *relay)
{
	int result = 0;

	while (result == 0) {
		uint64_t time = now();

		result = relay_turn(relay,
				    next_timeout(relay, seat_settle(&relay->seat, time), time));
	}
	return result;
}
