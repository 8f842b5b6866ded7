/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "relay/relay.h"

_Static_assert(RELAY_CHORDS == CHORDS_MAX && RELAY_CHORD_KEYS == CHORD_KEYS,
	       "the protocol and the seat speak of the same chords");

/* A request with the descriptors that came with it; what is taken becomes -1. */
struct parcel {
	const struct relay_request *request;
	int fds[RELAY_FDS];
	unsigned int n_fds;
};

static int set_nonblocking(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return -errno;
	return 0;
}

/* ---- verbs ----------------------------------------------------------------------------------- */

static int list(struct relay *relay, struct parcel *parcel)
{
	for (unsigned int i = 0; i < SEAT_SOURCES; i++) {
		const struct source *source = &relay->seat.sources[i];

		if (source->state != SOURCE_FREE)
			control_report(relay, (struct relay_report){
						      .word = RELAY_SOURCE,
						      .state = (uint16_t)source->state,
						      .number = source->id,
					      });
	}
	for (unsigned int side = 1; side < SEAT_SIDES; side++) {
		if (relay->seat.sides[side].there)
			control_report(relay, (struct relay_report){
						      .word = RELAY_SINK,
						      .number = side,
					      });
	}
	control_report(relay, (struct relay_report){
				      .word = RELAY_SIDE,
				      .state = SEAT_BY_REQUEST,
				      .number = relay->seat.side,
			      });
	return 0;
}

static int add_source(struct relay *relay, struct parcel *parcel)
{
	int fd = parcel->fds[0];
	int result = set_nonblocking(fd);

	if (result == 0)
		result = relay_wait_for(relay, fd, WATCHED_SOURCE, 0, parcel->request->number);
	if (result < 0)
		return result;
	result = seat_add_source(&relay->seat, parcel->request->number, fd,
				 parcel->request->flags & RELAY_KEYBOARD);
	if (result < 0)
		(void)epoll_ctl(relay->epoll, EPOLL_CTL_DEL, fd, NULL);
	else
		parcel->fds[0] = -1;
	return result;
}

static int remove_source(struct relay *relay, struct parcel *parcel)
{
	return seat_remove_source(&relay->seat, parcel->request->number);
}

/* The name under which the service manager keeps a descriptor: see main.c, which reads it. */
static void name_sink(char *name, size_t size, unsigned int side, unsigned int i)
{
	snprintf(name, size, "sink-%u-%u", side, i);
}

static int add_sink(struct relay *relay, struct parcel *parcel)
{
	const struct relay_request *request = parcel->request;
	int result = 0;

	for (unsigned int i = 0; result == 0 && i < RELAY_FDS; i++)
		result = set_nonblocking(parcel->fds[i]);
	if (result == 0)
		result = relay_keep_sink(relay, request->number, request->flags, parcel->fds);
	for (unsigned int i = 0; result == 0 && i < RELAY_FDS; i++) {
		char name[32];

		name_sink(name, sizeof(name), request->number, i);
		notify_store(relay->notify, name, parcel->fds[i]);
		parcel->fds[i] = -1;
	}
	return result;
}

static int fd_of(const struct seat_side *side, unsigned int i)
{
	return i % 2 == 0 ? side->sinks[i / 2].fd : side->sinks[i / 2].node;
}

static int remove_sink(struct relay *relay, struct parcel *parcel)
{
	unsigned int number = parcel->request->number;
	struct seat_side side;
	int result;

	if (number >= SEAT_SIDES)
		return -ENOENT;
	side = relay->seat.sides[number];
	result = seat_remove_sink(&relay->seat, number);
	for (unsigned int i = 0; result == 0 && i < RELAY_FDS; i++) {
		char name[32];

		name_sink(name, sizeof(name), number, i);
		notify_unstore(relay->notify, name);
		relay_forget(relay, fd_of(&side, i));
	}
	return result;
}

static int set_repairs(struct relay *relay, struct parcel *parcel)
{
	unsigned int flags = parcel->request->flags;
	const bool repairs[] = { flags & RELAY_REPAIR_KEYBOARD, flags & RELAY_REPAIR_MOUSE };

	return seat_set_repairs(&relay->seat, parcel->request->number, repairs);
}

static int set_chords(struct relay *relay, struct parcel *parcel)
{
	struct chord chords[CHORDS_MAX] = { 0 };

	if (parcel->request->number > CHORDS_MAX)
		return -EINVAL;
	for (unsigned int i = 0; i < parcel->request->number; i++) {
		const struct relay_chord *from = &parcel->request->chords[i];

		if (from->action > CHORD_SIDE || from->side >= SEAT_SIDES ||
		    from->n_keys > CHORD_KEYS)
			return -EINVAL;
		chords[i].action = from->action;
		chords[i].side = from->side;
		chords[i].n_keys = from->n_keys;
		for (unsigned int j = 0; j < from->n_keys; j++)
			chords[i].keys[j] = from->keys[j];
	}
	return seat_set_chords(&relay->seat, chords, parcel->request->number);
}

static int move(struct relay *relay, struct parcel *parcel)
{
	if (parcel->request->number >= SEAT_SIDES)
		return -EINVAL;
	return seat_move(&relay->seat, parcel->request->number, SEAT_BY_REQUEST);
}

static int watch(struct relay *relay, struct parcel *parcel)
{
	if (parcel->request->number > 1)
		return -EINVAL;
	seat_watch(&relay->seat, parcel->request->number == 1);
	return 0;
}

static const struct verb {
	int (*run)(struct relay *relay, struct parcel *parcel);
	unsigned int n_fds;
} verbs[] = {
	[RELAY_LIST] = { list, 0 },
	[RELAY_ADD_SOURCE] = { add_source, 1 },
	[RELAY_REMOVE_SOURCE] = { remove_source, 0 },
	[RELAY_ADD_SINK] = { add_sink, RELAY_FDS },
	[RELAY_REMOVE_SINK] = { remove_sink, 0 },
	[RELAY_SET_CHORDS] = { set_chords, 0 },
	[RELAY_MOVE] = { move, 0 },
	[RELAY_WATCH] = { watch, 0 },
	[RELAY_SET_REPAIRS] = { set_repairs, 0 },
};

/* ---- packets --------------------------------------------------------------------------------- */

static int run_verb(struct relay *relay, struct parcel *parcel)
{
	unsigned int verb = parcel->request->verb;

	if (verb >= sizeof(verbs) / sizeof(verbs[0]) || verbs[verb].run == NULL)
		return -ENOSYS;
	if (verbs[verb].n_fds != parcel->n_fds)
		return -EBADF;
	return verbs[verb].run(relay, parcel);
}

int control_handle(struct relay *relay, const void *packet, size_t size, const int *fds,
		   unsigned int n_fds)
{
	struct relay_request request;
	struct parcel parcel = { .request = &request, .n_fds = n_fds };
	int result = -EBADMSG;

	for (unsigned int i = 0; i < RELAY_FDS; i++)
		parcel.fds[i] = i < n_fds ? fds[i] : -1;
	if (size == sizeof(request)) {
		memcpy(&request, packet, sizeof(request));
		if (request.version == RELAY_VERSION)
			result = -run_verb(relay, &parcel);
	}
	for (unsigned int i = 0; i < RELAY_FDS; i++) {
		if (parcel.fds[i] >= 0)
			close(parcel.fds[i]);
	}
	if (result >= 0)
		control_report(relay, (struct relay_report){
					      .word = RELAY_ANSWER,
					      .verb = request.verb,
					      .number = request.number,
					      .error = (uint32_t)result,
				      });
	return result;
}

void control_report(const struct relay *relay, struct relay_report report)
{
	report.version = RELAY_VERSION;
	if (relay->controller >= 0)
		(void)!send(relay->controller, &report, sizeof(report),
			    MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void lose_controller(struct relay *relay)
{
	relay_forget(relay, relay->controller);
	relay->controller = -1;
}

/* Room for as many descriptors as a request has; if there are more the kernel closes the rest. */
union rights {
	char bytes[CMSG_SPACE(RELAY_FDS * sizeof(int))];
	struct cmsghdr align;
};

static unsigned int received_fds(struct msghdr *header, int fds[RELAY_FDS])
{
	unsigned int count = 0;

	for (struct cmsghdr *part = CMSG_FIRSTHDR(header); part != NULL;
	     part = CMSG_NXTHDR(header, part)) {
		size_t size = part->cmsg_len - CMSG_LEN(0);

		if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < size / sizeof(int) && count < RELAY_FDS; i++)
			memcpy(&fds[count++], CMSG_DATA(part) + i * sizeof(int), sizeof(int));
	}
	return count;
}

void control_read(struct relay *relay)
{
	union rights rights = { 0 };
	/* one byte more, so that what is too long is seen to be */
	char packet[sizeof(struct relay_request) + 1];
	struct iovec iov = { packet, sizeof(packet) };
	struct msghdr header = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = rights.bytes,
		.msg_controllen = sizeof(rights.bytes),
	};
	int fds[RELAY_FDS];
	ssize_t size = recvmsg(relay->controller, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

	if (size < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	/* who does not speak this language is not listened to any longer */
	if (size <= 0 || control_handle(relay, packet, (size_t)size, fds,
					received_fds(&header, fds)) == -EBADMSG)
		lose_controller(relay);
}

void control_accept(struct relay *relay)
{
	int fd = accept4(relay->listening, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct parcel none = { 0 };

	if (fd < 0)
		return;
	if (relay->controller >= 0)
		lose_controller(relay);
	if (relay_wait_for(relay, fd, WATCHED_CONTROLLER, 0, 0) < 0) {
		close(fd);
		return;
	}
	relay->controller = fd;
	list(relay, &none);
}
