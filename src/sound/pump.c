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
	size_t first; /* the byte that the descriptors came with */
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
	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c != NULL; c = CMSG_NXTHDR(message, c)) {
		size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		memcpy(load->fds + load->n_fds, CMSG_DATA(c), count * sizeof(int));
		load->n_fds += count;
	}
}

/*
 * How much waits, up to the end of the first message with descriptors? *fds: are there any? A look
 * may see those of a message that begins after what it returns, but misses none.
 */
static ssize_t look(struct load *load, int from, bool *fds)
{
	struct iovec bytes = { load->bytes, CHUNK };
	/* without room the kernel keeps them, and says so */
	struct msghdr message = { .msg_iov = &bytes, .msg_iovlen = 1 };
	ssize_t n;

	do
		n = recvmsg(from, &message, MSG_PEEK);
	while (n < 0 && errno == EINTR);
	*fds = message.msg_flags & MSG_CTRUNC;
	return n;
}

/* Add so many bytes, which are there. */
static bool load_add(struct load *load, int from, size_t length)
{
	union control control;
	struct iovec bytes = { load->bytes + load->length, length };
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
	if (n <= 0)
		return false;
	load_take_fds(load, &message);
	if (message.msg_flags & MSG_CTRUNC) {
		load_close_fds(load);
		errno = EMSGSIZE;
		return false;
	}
	load->length += (size_t)n;
	return true;
}

/*
 * PulseAudio's library looks for descriptors with the very bytes that they were sent with. The
 * kernel hands them over with the first of those, but reads what was sent before along with it: so
 * where there are any, up to that byte one after the other. They are few: sound itself does not
 * pass through here.
 *
 * Return: 1; 0 at the end; -1.
 */
static int load_receive(struct load *load, int from)
{
	bool fds;
	ssize_t there = look(load, from, &fds);

	load->length = load->first = 0;
	if (there <= 0)
		return (int)there;
	while (fds && load->n_fds == 0 && load->length < (size_t)there) {
		load->first = load->length;
		if (!load_add(load, from, 1))
			return -1;
	}
	if (load->n_fds == 0)
		load->first = 0;
	while (load->length < (size_t)there) {
		if (!load_add(load, from, (size_t)there - load->length))
			return -1;
	}
	return 1;
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

/* What is before the descriptors first; then they go with their first byte, and once. */
static bool load_send(struct load *load, int to)
{
	size_t sent = 0;

	while (sent < load->length) {
		union control control;
		bool with = load->n_fds > 0 && sent == load->first;
		size_t end = sent < load->first ? load->first : load->length;
		struct iovec bytes = { load->bytes + sent, end - sent };
		struct msghdr message = { .msg_iov = &bytes, .msg_iovlen = 1 };
		ssize_t n;

		if (with)
			attach(&message, &control, load);
		n = sendmsg(to, &message, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		if (with)
			load_close_fds(load);
		sent += (size_t)n;
	}
	return true;
}

bool pump_run(int from, int to, void (*edit)(char *bytes, size_t length, size_t at))
{
	struct load load = { .n_fds = 0 };
	bool good = true;
	int saved_errno = 0;
	size_t carried = 0;

	while (good) {
		int received = load_receive(&load, from);

		if (received == 0)
			break;
		if (received > 0 && edit != NULL)
			edit(load.bytes, load.length, carried);
		good = received > 0 && load_send(&load, to);
		carried += load.length;
		saved_errno = errno;
	}
	load_close_fds(&load);
	(void)shutdown(to, SHUT_WR); /* the other side may be gone already */
	errno = saved_errno;
	return good;
}
