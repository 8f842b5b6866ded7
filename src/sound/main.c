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

/* By the name of our socket, the server's socket in the user's runtime folder. */
static const struct {
	const char *name, *server;
} servers[] = {
	{ "pipewire-0", "pipewire-0" },
	{ "native", "pulse/native" },
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

/* server_of - the address of the server behind the socket that a connection came through */
static bool server_of(int connection, struct sockaddr_un *server)
{
	const char *folder = getenv("XDG_RUNTIME_DIR");
	struct sockaddr_un ours = { 0 };
	socklen_t size = sizeof(ours) - 1;
	const char *name;

	if (folder == NULL || getsockname(connection, (struct sockaddr *)&ours, &size) != 0)
		return false;
	name = basename(ours.sun_path);
	for (size_t i = 0; i < sizeof(servers) / sizeof(servers[0]); i++) {
		int length;

		if (strcmp(servers[i].name, name) != 0)
			continue;
		server->sun_family = AF_UNIX;
		length = snprintf(server->sun_path, sizeof(server->sun_path), "%s/%s", folder,
				  servers[i].server);
		return length > 0 && (size_t)length < sizeof(server->sun_path);
	}
	return false;
}

static int connect_server(int connection)
{
	struct sockaddr_un server = { 0 };
	int fd;

	if (!server_of(connection, &server)) {
		fputs("hotseat-sound: XDG_RUNTIME_DIR or the socket's name makes no sense\n",
		      stderr);
		return -1;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (const struct sockaddr *)&server, sizeof(server)) == 0)
		return fd;
	fprintf(stderr,
		"hotseat-sound: no sound server answers at %s: %s. Is the user logged in?\n",
		server.sun_path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

/* serve - in a process of its own; ends it */
static void serve(int connection)
{
	int server = may_connect(connection) ? connect_server(connection) : -1;
	pid_t back;

	if (server < 0)
		_exit(EXIT_FAILURE);
	back = fork();
	if (back < 0)
		_exit(EXIT_FAILURE);
	if (back == 0)
		_exit(pump_run(server, connection) ? EXIT_SUCCESS : EXIT_FAILURE);
	_exit(pump_run(connection, server) ? EXIT_SUCCESS : EXIT_FAILURE);
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
