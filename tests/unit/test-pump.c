/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <glib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sound/pump.h"

/*
 * A sender, the pump and a receiver, each in a thread. What the receiver may count on: the same
 * bytes, the same descriptors in the same order, and each descriptor with the first byte that was
 * sent with it, no later and no sooner.
 */
struct sent {
	gsize at;  /* position in the stream of the first byte that came with it */
	gsize end; /* and behind the last */
	guint tag; /* what the memory behind the descriptor says */
};

struct stream {
	guint32 seed;
	int fd;
	GByteArray *bytes;
	GArray *fds; /* struct sent */
};

static int tagged_memory(guint tag)
{
	int fd = memfd_create("tag", MFD_CLOEXEC);

	g_assert_cmpint(fd, >=, 0);
	g_assert_cmpint(write(fd, &tag, sizeof(tag)), ==, sizeof(tag));
	return fd;
}

static void send_message(int to, const guint8 *bytes, gsize length, const int *fds, guint n_fds)
{
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(64 * sizeof(int))];
	} control = { 0 };
	struct iovec part = { (void *)(gsize)bytes, length };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };

	if (n_fds > 0) {
		struct cmsghdr *c = &control.align;

		message.msg_control = control.room;
		message.msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
		*c = (struct cmsghdr){ CMSG_LEN(n_fds * sizeof(int)), SOL_SOCKET, SCM_RIGHTS };
		memcpy(CMSG_DATA(c), fds, n_fds * sizeof(int));
	}
	while (part.iov_len > 0) {
		ssize_t n = sendmsg(to, &message, MSG_NOSIGNAL);

		g_assert_cmpint(n, >, 0);
		part.iov_base = (char *)part.iov_base + n;
		part.iov_len -= (gsize)n;
		message.msg_control = NULL;
		message.msg_controllen = 0;
	}
}

static gpointer sender(gpointer data)
{
	struct stream *stream = data;
	g_autoptr(GRand) random = g_rand_new_with_seed(stream->seed);
	guint tag = 0;

	for (guint i = 0; i < 100; i++) {
		gsize length = (gsize)g_rand_int_range(random, 1, i % 20 == 0 ? 20000 : 300);
		guint n_fds = (guint)g_rand_int_range(random, 0, 4) % 3;
		g_autofree guint8 *bytes = g_malloc(length);
		int fds[4];

		for (gsize k = 0; k < length; k++)
			bytes[k] = (guint8)g_rand_int(random);
		for (guint k = 0; k < n_fds; k++) {
			struct sent sent = { stream->bytes->len, 0, tag };

			fds[k] = tagged_memory(tag++);
			g_array_append_val(stream->fds, sent);
		}
		g_byte_array_append(stream->bytes, bytes, (guint)length);
		send_message(stream->fd, bytes, length, fds, n_fds);
		for (guint k = 0; k < n_fds; k++)
			close(fds[k]);
	}
	shutdown(stream->fd, SHUT_WR);
	return NULL;
}

static void take_fds(struct stream *stream, struct msghdr *message, gsize at, gsize end)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c != NULL; c = CMSG_NXTHDR(message, c)) {
		guint count = (guint)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int));
		int fds[64];

		memcpy(fds, CMSG_DATA(c), count * sizeof(int));
		for (guint i = 0; i < count; i++) {
			struct sent got = { .at = at, .end = end };

			g_assert_cmpint(pread(fds[i], &got.tag, sizeof(got.tag), 0), ==,
					sizeof(got.tag));
			g_array_append_val(stream->fds, got);
			close(fds[i]);
		}
	}
}

static gpointer receiver(gpointer data)
{
	struct stream *stream = data;

	for (;;) {
		static guint8 bytes[50];
		char room[CMSG_SPACE(64 * sizeof(int))];
		struct iovec part = { bytes, sizeof(bytes) };
		struct msghdr message = { .msg_iov = &part,
					  .msg_iovlen = 1,
					  .msg_control = room,
					  .msg_controllen = sizeof(room) };
		ssize_t n = recvmsg(stream->fd, &message, MSG_CMSG_CLOEXEC);

		g_assert_cmpint(n, >=, 0);
		if (n == 0)
			return NULL;
		take_fds(stream, &message, stream->bytes->len, stream->bytes->len + (gsize)n);
		g_byte_array_append(stream->bytes, bytes, (guint)n);
	}
}

struct pump {
	int from, to;
	bool good;
};

static gpointer pump(gpointer data)
{
	struct pump *pump = data;

	pump->good = pump_run(pump->from, pump->to, NULL);
	return NULL;
}

static struct stream stream_new(guint32 seed, int fd)
{
	return (struct stream){ seed, fd, g_byte_array_new(),
				g_array_new(FALSE, FALSE, sizeof(struct sent)) };
}

static void stream_clear(struct stream *stream)
{
	g_byte_array_unref(stream->bytes);
	g_array_unref(stream->fds);
	close(stream->fd);
}

static guint open_descriptors(void)
{
	guint count = 0;
	GDir *dir = g_dir_open("/proc/self/fd", 0, NULL);

	while (g_dir_read_name(dir) != NULL)
		count++;
	g_dir_close(dir);
	return count;
}

static void check_one(guint32 seed)
{
	int in[2], out[2];
	struct stream sent, got;
	struct pump work;
	GThread *threads[3];

	g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, in), ==, 0);
	g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, out), ==, 0);
	sent = stream_new(seed, in[0]);
	got = stream_new(seed, out[1]);
	work = (struct pump){ in[1], out[0], false };
	threads[0] = g_thread_new("sender", sender, &sent);
	threads[1] = g_thread_new("pump", pump, &work);
	threads[2] = g_thread_new("receiver", receiver, &got);
	for (guint i = 0; i < G_N_ELEMENTS(threads); i++)
		g_thread_join(threads[i]);

	g_assert_true(work.good);
	g_assert_cmpmem(sent.bytes->data, sent.bytes->len, got.bytes->data, got.bytes->len);
	g_assert_cmpuint(sent.fds->len, ==, got.fds->len);
	for (guint i = 0; i < sent.fds->len; i++) {
		const struct sent *a = &g_array_index(sent.fds, struct sent, i);
		const struct sent *b = &g_array_index(got.fds, struct sent, i);

		g_assert_cmpuint(a->tag, ==, b->tag);
		g_assert_cmpuint(b->at, <=, a->at);
		g_assert_cmpuint(b->end, >, a->at);
	}
	stream_clear(&sent);
	stream_clear(&got);
	close(in[1]);
	close(out[0]);
}

static void test_carries(void)
{
	guint before = open_descriptors();

	for (guint32 seed = 0; seed < 5; seed++)
		check_one(seed);
	g_assert_cmpuint(open_descriptors(), ==, before);
}

/* A receiver that goes away ends the pump with an error, never with a signal. */
static void test_receiver_gone(void)
{
	int in[2], out[2];
	guint before = open_descriptors();
	int fd = tagged_memory(1);
	const guint8 byte = 0;

	g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, in), ==, 0);
	g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, out), ==, 0);
	close(out[1]);
	send_message(in[0], &byte, 1, &fd, 1);
	g_assert_false(pump_run(in[1], out[0], NULL));
	g_assert_cmpint(errno, ==, EPIPE);
	close(in[0]);
	close(in[1]);
	close(out[0]);
	close(fd);
	g_assert_cmpuint(open_descriptors(), ==, before);
}

static void capital(char *bytes, size_t length, size_t at)
{
	if (at <= 4 && 4 - at < length)
		bytes[4 - at] = (char)g_ascii_toupper(bytes[4 - at]);
}

/* Who edits is told where in the stream it is, however that came. */
static void test_edits(void)
{
	static const guint8 text[] = "abcdefg";
	int in[2], out[2];
	char got[8] = "";

	g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, in), ==, 0);
	g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, out), ==, 0);
	for (guint i = 0; i < 7; i++)
		send_message(in[0], text + i, 1, &in[0], i % 3 == 0 ? 1 : 0);
	shutdown(in[0], SHUT_WR);
	g_assert_true(pump_run(in[1], out[0], capital));
	for (guint i = 0; i < 7; i++)
		g_assert_cmpint(recv(out[1], got + i, 1, 0), ==, 1);
	g_assert_cmpstr(got, ==, "abcdEfg");
	for (guint i = 0; i < 2; i++) {
		close(in[i]);
		close(out[i]);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/pump/carries", test_carries);
	g_test_add_func("/pump/edits", test_edits);
	g_test_add_func("/pump/receiver-gone", test_receiver_gone);
	return g_test_run();
}
