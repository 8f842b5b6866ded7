/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <glib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "fuzz.h"
#include "relay/relay.h"
#include "seat-bytes.h"

/* Packets of any size with any number of descriptors, and none of these leaks. */
static void one_packet(struct relay *relay, int event)
{
	union {
		struct relay_request request;
		uint8_t bytes[sizeof(struct relay_request)];
	} packet;
	guint n_fds = seat_bytes_next() % (RELAY_FDS + 1);
	guint filled = seat_bytes_next();
	gsize size = seat_bytes_next() == 1 ? seat_bytes_next() : sizeof(packet);
	int fds[RELAY_FDS];

	memset(&packet, 0, sizeof(packet));
	for (guint i = 0; i < filled && i < sizeof(packet); i++)
		packet.bytes[i] = seat_bytes_next();
	packet.request.version = RELAY_VERSION;
	packet.request.verb %= 12;
	for (guint i = 0; i < n_fds; i++)
		fds[i] = dup(event);
	control_handle(relay, &packet, size, fds, n_fds);
}

static void forget_everything(struct relay *relay)
{
	struct relay_request request = { .version = RELAY_VERSION };

	for (guint i = 0; i < SEAT_SOURCES; i++) {
		request.verb = RELAY_REMOVE_SOURCE;
		request.number = relay->seat.sources[i].id;
		control_handle(relay, &request, sizeof(request), NULL, 0);
	}
	for (guint side = 1; side < SEAT_SIDES; side++) {
		request.verb = RELAY_REMOVE_SINK;
		request.number = side;
		control_handle(relay, &request, sizeof(request), NULL, 0);
	}
	close(relay->epoll);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct relay relay;
	int event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), next;

	seat_bytes_set(data, size);
	g_assert_cmpint(relay_init(&relay, &seat_bytes_calls, -1, -1, -1, 0), ==, 0);
	while (seat_bytes_left())
		one_packet(&relay, event);
	/* without bytes nothing fails any more */
	forget_everything(&relay);
	next = dup(event);
	g_assert_cmpint(next, ==, event + 1);
	close(next);
	close(event);
	return 0;
}
