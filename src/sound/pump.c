/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sound/pump.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CHUNK 65536
#define MAX_FDS 253 /* the kernel's SCM_MAX_FD */

/* What one recvmsg() brought. */
struct load {
	char bytes[CHUNK];
	size_t length;
	int fds[MAX_FDS];
	size_t n_fds;
};

union control {
	struct cmsghdr align;
	char room[CMSG_SPACE(MAX_FDS * sizeof(int))];
};

static void load_close_fds(struct load *load)
{
	for (size_t i = 0; i < load->n_fds; i++)
		close(load->fds[i]);
	load->n_fds = 0;
}

static void load_take_fds(struct load *load, struct msghdr *message)
{
	load->n_fds = 0;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c != NULL; c = CMSG_NXTHDR(message, c)) {
		size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		memcpy(load->fds + load->n_fds, CMSG_DATA(c), count * sizeof(int));
		load->n_fds += count;
	}
}

/*
 * The kernel returns the descriptors of one message at most, with bytes of that message last. They
 * may thus travel a little ahead of their bytes, which receivers that queue them do not mind.
 */
static ssize_t load_receive(struct load *load, int from)
{
	union control control;
	struct iovec bytes = { load->bytes, CHUNK };
	struct msghdr message = {
		.msg_iov = &bytes,
		.msg_iovlen = 1,
		.msg_control = control.room,
		.msg_controllen = sizeof(control.room),
	};
	ssize_t n;

	do
		n = recvmsg(from, &message, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return n;
	load->length = (size_t)n;
	load_take_fds(load, &message);
	if (message.msg_flags & MSG_CTRUNC) {
		load_close_fds(load);
		errno = EMSGSIZE;
		return -1;
	}
	return n;
}

static void attach(struct msghdr *message, union control *control, const struct load *load)
{
	struct cmsghdr *c;

	memset(control, 0, sizeof(*control));
	message->msg_control = control->room;
	message->msg_controllen = CMSG_SPACE(load->n_fds * sizeof(int));
	c = CMSG_FIRSTHDR(message);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(load->n_fds * sizeof(int));
	memcpy(CMSG_DATA(c), load->fds, load->n_fds * sizeof(int));
}

/* The descriptors go with the first bytes, and once. */
static bool load_send(struct load *load, int to)
{
	size_t sent = 0;

	while (sent < load->length) {
		union control control;
		struct iovec bytes = { load->bytes + sent, load->length - sent };
		struct msghdr message = { .msg_iov = &bytes, .msg_iovlen = 1 };
		ssize_t n;

		if (load->n_fds > 0)
			attach(&message, &control, load);
		n = sendmsg(to, &message, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		load_close_fds(load);
		sent += (size_t)n;
	}
	return true;
}

bool pump_run(int from, int to)
{
	struct load load = { .n_fds = 0 };
	bool good = true;
	int saved_errno = 0;

	while (good) {
		ssize_t n = load_receive(&load, from);

		if (n == 0)
			break;
		good = n > 0 && load_send(&load, to);
		saved_errno = errno;
	}
	load_close_fds(&load);
	(void)shutdown(to, SHUT_WR); /* the other side may be gone already */
	errno = saved_errno;
	return good;
}
