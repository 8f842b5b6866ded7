/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "relay/relay.h"

/*
 * The relay's work for one report without the process around it, so that an instrument can count
 * instructions: what the filter would forbid to a whole process under valgrind.
 *
 * usage: relay-work none|loop|relay REPORTS
 *
 * none: a report is written to one socket pair and read from it. loop: and in between read and
 * written once more. relay: and in between the relay does that.
 */
static int source[2], sink[2];

static int read_socket(int fd, struct input_event *events, size_t count)
{
	ssize_t got = recv(fd, events, count * sizeof(*events), MSG_DONTWAIT);

	if (got < 0 && errno == EAGAIN)
		return -EAGAIN;
	return got <= 0 ? -19 : (int)(got / (ssize_t)sizeof(*events));
}

static int write_socket(int fd, const struct input_event *events, size_t count)
{
	return write(fd, events, count * sizeof(*events)) < 0 ? -19 : 0;
}

static int no_keys(int fd, struct keys *down)
{
	keys_clear(down);
	return 0;
}

static int yes(int fd, bool on)
{
	return 0;
}

static int any_mask(int fd, const struct keys *keys)
{
	return 0;
}

static int no_leds(int fd, uint32_t *lit)
{
	return -22;
}

static const struct evdev_calls calls = {
	.read = read_socket,
	.write = write_socket,
	.keys = no_keys,
	.grab = yes,
	.mask = any_mask,
	.leds = no_leds,
};

static void set_up(struct relay *relay)
{
	const int fds[RELAY_FDS] = { sink[0], -1, sink[0], -1 };

	relay_init(relay, &calls, -1, -1, -1, 0);
	relay_keep_sink(relay, 1, 0, fds);
	relay_wait_for(relay, source[0], WATCHED_SOURCE, 0, 1);
	seat_add_source(&relay->seat, 1, source[0], false);
	seat_watch(&relay->seat, true);
	seat_move(&relay->seat, 1, SEAT_BY_REQUEST);
}

int main(int argc, char **argv)
{
	static struct relay relay;
	const struct input_event report[] = { evdev_event(EV_REL, REL_X, 1),
					      evdev_event(EV_REL, REL_Y, 2),
					      evdev_event(EV_SYN, SYN_REPORT, 0) };
	struct input_event got[3];
	long count = argc > 2 ? atol(argv[2]) : 0;
	int what = argc > 1 ? argv[1][0] : 0;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, source) < 0 ||
	    socketpair(AF_UNIX, SOCK_STREAM, 0, sink) < 0)
		return 1;
	set_up(&relay);
	for (long i = 0; i < count; i++) {
		if (write(source[1], report, sizeof(report)) < 0)
			return 1;
		if (what == 'l' &&
		    (read(source[0], got, sizeof(got)) < 0 || write(sink[0], got, sizeof(got)) < 0))
			return 1;
		if (what == 'r' &&
		    (seat_settle(&relay.seat, (uint64_t)i) > 1 || relay_turn(&relay, 0) < 0))
			return 1;
		if (read(what == 'n' ? source[0] : sink[1], got, sizeof(got)) != sizeof(got) ||
		    memcmp(got, report, sizeof(got)) != 0)
			return 1;
	}
	return 0;
}
