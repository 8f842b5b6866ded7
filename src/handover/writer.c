/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "handover/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * A write to sysfs that hangs in the kernel cannot be interrupted, a thread no more than a process,
 * and a process with such a thread cannot end. So it has to be another process, and none that we
 * have to wait for: it is started twice removed, so that init inherits it.
 *
 * The lock on the journal travels with each request. It is in the socket or in the writer from
 * before we could be killed until after the kernel has answered, so that nobody looks at a device,
 * to put it back, while a write for it is still to come.
 *
 * Between fork() and its end the writer calls only what is safe after a fork() in a program with
 * threads (signal-safety(7)).
 */
#define REQUEST_MAX 1024

struct writer {
	int root;
	int socket; /* -1: not started */
};

/*
 * sysfs gives each write() to the driver as one value, so a value must never be split. There is no
 * O_CREAT: a path that is not there must be an error and not become a file; and no O_TRUNC, which
 * means nothing to sysfs.
 */
int writer_value(int root, const char *path, const char *value)
{
	int fd = openat(root, path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
	ssize_t written;
	int result;

	if (fd < 0)
		return errno;
	written = write(fd, value, strlen(value));
	result = written < 0 ? errno : written == (ssize_t)strlen(value) ? 0 : EIO;
	close(fd);
	return result;
}

union control {
	char bytes[CMSG_SPACE(sizeof(int))];
	struct cmsghdr align;
};

static int received_descriptor(struct msghdr *message)
{
	struct cmsghdr *head = CMSG_FIRSTHDR(message);
	int fd = -1;

	if (head != NULL && head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_RIGHTS)
		memcpy(&fd, CMSG_DATA(head), sizeof(fd));
	return fd;
}

static _Noreturn void serve(int socket, int root)
{
	char request[REQUEST_MAX];

	for (;;) {
		union control control = { { 0 } };
		struct iovec data = { request, sizeof(request) - 1 };
		struct msghdr message = { .msg_iov = &data,
					  .msg_iovlen = 1,
					  .msg_control = control.bytes,
					  .msg_controllen = sizeof(control.bytes) };
		ssize_t n = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
		int result, lock;

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			_exit(0);
		request[n] = '\0';
		lock = received_descriptor(&message);
		result = writer_value(root, request, request + strlen(request) + 1);
		if (lock >= 0)
			close(lock);
		if (send(socket, &result, sizeof(result), MSG_NOSIGNAL) < 0)
			_exit(0);
	}
}

/* Whatever else is open, pipes to whoever waits for our end above all, is not this one's. */
static void close_all_but(int one, int other)
{
	unsigned int low = (unsigned int)MIN(one, other), high = (unsigned int)MAX(one, other);

	if (low > 0)
		close_range(0, low - 1, 0);
	if (high > low + 1)
		close_range(low + 1, high - 1, 0);
	close_range(high + 1, ~0U, 0);
}

static int start(struct writer *writer)
{
	int pair[2], status;
	pid_t child;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		return errno;
	child = fork();
	if (child == 0) {
		if (fork() != 0)
			_exit(0);
		close_all_but(pair[1], writer->root);
		serve(pair[1], writer->root);
	}
	close(pair[1]);
	writer->socket = pair[0];
	if (child < 0)
		return errno;
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	return 0;
}

static int ask(const struct writer *writer, const char *path, const char *value, int lock)
{
	g_autoptr(GByteArray) request = g_byte_array_new();
	union control control = { { 0 } };
	struct iovec data;
	struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1 };

	g_byte_array_append(request, (const guint8 *)path, (guint)strlen(path) + 1);
	g_byte_array_append(request, (const guint8 *)value, (guint)strlen(value) + 1);
	if (request->len >= REQUEST_MAX)
		return E2BIG;
	data.iov_base = request->data;
	data.iov_len = request->len;
	if (lock >= 0) {
		struct cmsghdr *head;

		message.msg_control = control.bytes;
		message.msg_controllen = sizeof(control.bytes);
		head = CMSG_FIRSTHDR(&message);
		head->cmsg_level = SOL_SOCKET;
		head->cmsg_type = SCM_RIGHTS;
		head->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(head), &lock, sizeof(lock));
	}
	if (sendmsg(writer->socket, &message, MSG_NOSIGNAL) >= 0)
		return 0;
	return errno == EPIPE ? ECONNRESET : errno;
}

static int wait_for_answer(const struct writer *writer, guint seconds)
{
	gint64 deadline = g_get_monotonic_time() + (gint64)seconds * G_USEC_PER_SEC;
	struct pollfd poll_for = { .fd = writer->socket, .events = POLLIN };
	int result = 0;

	for (;;) {
		gint64 left = MAX(deadline - g_get_monotonic_time(), 0) / 1000;
		int n = poll(&poll_for, 1, (int)left);

		if (n == 0)
			return ETIMEDOUT;
		if (n > 0 || errno != EINTR)
			break;
	}
	/* No answer at all: somebody has killed the writer. */
	return recv(writer->socket, &result, sizeof(result), 0) == sizeof(result) ? result
										  : ECONNRESET;
}

struct writer *writer_new(int root)
{
	struct writer *writer = g_new0(struct writer, 1);

	writer->root = root;
	writer->socket = -1;
	return writer;
}

void writer_free(struct writer *writer)
{
	if (writer == NULL)
		return;
	if (writer->socket >= 0)
		close(writer->socket);
	g_free(writer);
}

int writer_write(struct writer *writer, const char *path, const char *value, int lock,
		 guint seconds)
{
	int result = writer->socket < 0 ? start(writer) : 0;

	if (result == 0)
		result = ask(writer, path, value, lock);
	return result != 0 ? result : wait_for_answer(writer, seconds);
}
