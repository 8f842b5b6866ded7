/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "relay/relay.h"

/*
 * sd_notify(3) opens and closes a socket for each message, which our filter does not allow. So it
 * is done here, with one socket that is connected once. Source: sd_notify(3), "Notes".
 */
int notify_connect(void)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t length = path == NULL ? 0 : strlen(path);
	int fd;

	if (length < 2 || length >= sizeof(address.sun_path) || (*path != '/' && *path != '@'))
		return -1;
	memcpy(address.sun_path, path, length);
	if (*path == '@')
		address.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	if (connect(fd, (const struct sockaddr *)&address,
		    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

void notify_send(int fd, const char *message)
{
	if (fd < 0)
		return;
	/* a manager that does not listen ends us by its own watchdog: nothing to do about it here
	 */
	(void)!send(fd, message, strlen(message), MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void send_with_fd(int fd, char *message, int stored)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = { 0 };
	struct iovec iov = { message, strlen(message) };
	struct msghdr header = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes),
	};
	struct cmsghdr *rights = CMSG_FIRSTHDR(&header);

	rights->cmsg_level = SOL_SOCKET;
	rights->cmsg_type = SCM_RIGHTS;
	rights->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(rights), &stored, sizeof(int));
	(void)!sendmsg(fd, &header, MSG_DONTWAIT | MSG_NOSIGNAL);
}

void notify_store(int fd, const char *name, int stored)
{
	char message[96];

	if (fd < 0)
		return;
	snprintf(message, sizeof(message), "FDSTORE=1\nFDNAME=%s", name);
	send_with_fd(fd, message, stored);
}

void notify_unstore(int fd, const char *name)
{
	char message[96];

	snprintf(message, sizeof(message), "FDSTOREREMOVE=1\nFDNAME=%s", name);
	notify_send(fd, message);
}
