/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * hotseat-sound - guests' way to the sound server of one user
 *
 * QEMU runs as a user of its own, and PipeWire and PulseAudio serve only theirs: their sockets lie
 * in a folder that nobody else may enter (AU-06). To run QEMU as the user would open the user's
 * files to every guest. A further socket in PipeWire's own configuration was tried: PipeWire 1.4
 * does not start at all when the socket's folder is missing, and a desktop without sound is no
 * price for a guest with it. Its security contexts would be made for this; Debian's PipeWire comes
 * without them.
 *
 * So systemd listens at /run/hotseat-sound/UID, and starts this as that user when somebody comes.
 * It lets in QEMU and the user, connects to the user's own server, and carries messages and the
 * descriptors in them both ways. Two processes for each connection, one a direction, each of
 * which only ever blocks: no message waits for one of the other direction.
 */
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "sound/pump.h"

#define MAX_SOCKETS 8

/*
 * PulseAudio shares memory with clients of its own user alone, and looks who that is at both ends:
 * the server sees us, who are that user, and the guest's QEMU sees another. So the server is not
 * told that its client could. It says so in the highest bits of its version, in the first message:
 * 20 bytes that describe it, then 'L' command, 'L' tag, 'L' version, all big-endian (PulseAudio
 * src/pulsecore/protocol-native.c, command_auth()).
 */
#define VERSION_FLAGS_AT (20 + 5 + 5 + 1)

static void without_shared_memory(char *bytes, size_t length, size_t at)
{
	if (at <= VERSION_FLAGS_AT && VERSION_FLAGS_AT - at < length)
		bytes[VERSION_FLAGS_AT - at] &= 0x3f;
}

/* By the name of our socket, the server's socket in the user's runtime folder. */
static const struct server {
	const char *name, *server;
	void (*edit)(char *bytes, size_t length, size_t at); /* of what the guest says; or NULL */
} servers[] = {
	{ "pipewire-0", "pipewire-0", NULL },
	{ "native", "pulse/native", without_shared_memory },
};

/* Whom libvirt runs QEMU as, unless qemu.conf says otherwise: Debian, Arch; Fedora. */
static const char *const guests[] = { "libvirt-qemu", "qemu" };

static bool may_connect(int connection)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	if (getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
		return false;
	if (peer.uid == getuid())
		return true;
	for (size_t i = 0; i < sizeof(guests) / sizeof(guests[0]); i++) {
		const struct passwd *user = getpwnam(guests[i]);

		if (user != NULL && user->pw_uid == peer.uid)
			return true;
	}
	fprintf(stderr, "hotseat-sound: process %d of user %u may not play sound here\n", peer.pid,
		peer.uid);
	return false;
}

/* server_of - the server behind the socket that a connection came through; NULL: none */
static const struct server *server_of(int connection)
{
	struct sockaddr_un ours = { 0 };
	socklen_t size = sizeof(ours) - 1;

	if (getsockname(connection, (struct sockaddr *)&ours, &size) != 0)
		return NULL;
	for (size_t i = 0; i < sizeof(servers) / sizeof(servers[0]); i++) {
		if (strcmp(servers[i].name, basename(ours.sun_path)) == 0)
			return &servers[i];
	}
	return NULL;
}

static bool address_of(const struct server *server, struct sockaddr_un *address)
{
	const char *folder = getenv("XDG_RUNTIME_DIR");
	int length;

	if (server == NULL || folder == NULL)
		return false;
	address->sun_family = AF_UNIX;
	length = snprintf(address->sun_path, sizeof(address->sun_path), "%s/%s", folder,
			  server->server);
	return length > 0 && (size_t)length < sizeof(address->sun_path);
}

static int connect_server(const struct server *server)
{
	struct sockaddr_un address = { 0 };
	int fd;

	if (!address_of(server, &address)) {
		fputs("hotseat-sound: XDG_RUNTIME_DIR or the socket's name makes no sense\n",
		      stderr);
		return -1;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	fprintf(stderr,
		"hotseat-sound: no sound server answers at %s: %s. Is the user logged in?\n",
		address.sun_path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

/* serve - in a process of its own; ends it */
static void serve(int connection)
{
	const struct server *kind = server_of(connection);
	int server = may_connect(connection) ? connect_server(kind) : -1;
	pid_t back;

	if (server < 0)
		_exit(EXIT_FAILURE);
	back = fork();
	if (back < 0)
		_exit(EXIT_FAILURE);
	if (back == 0)
		_exit(pump_run(server, connection, NULL) ? EXIT_SUCCESS : EXIT_FAILURE);
	_exit(pump_run(connection, server, kind->edit) ? EXIT_SUCCESS : EXIT_FAILURE);
}

static void take(int listener, const struct pollfd *sockets, int count)
{
	int connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

	if (connection < 0)
		return; /* who came has gone again */
	if (fork() == 0) {
		for (int i = 0; i < count; i++)
			close(sockets[i].fd);
		serve(connection);
	}
	close(connection);
}

int main(void)
{
	struct pollfd sockets[MAX_SOCKETS];
	int count = sd_listen_fds(1);

	if (count <= 0 || count > MAX_SOCKETS) {
		fputs("hotseat-sound is started by systemd, by hotseat-sound@UID.socket\n", stderr);
		return EXIT_FAILURE;
	}
	signal(SIGCHLD, SIG_IGN); /* nobody asks how they ended */
	for (int i = 0; i < count; i++)
		sockets[i] = (struct pollfd){ .fd = SD_LISTEN_FDS_START + i, .events = POLLIN };
	while (poll(sockets, (nfds_t)count, -1) >= 0 || errno == EINTR) {
		for (int i = 0; i < count; i++) {
			if (sockets[i].revents & POLLIN)
				take(sockets[i].fd, sockets, count);
		}
	}
	perror("hotseat-sound: poll");
	return EXIT_FAILURE;
}
