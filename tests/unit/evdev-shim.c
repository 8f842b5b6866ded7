/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <linux/input.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * Lets a socket stand for an event node, in a program that it is preloaded into: answers the
 * requests of evdev, none of which a socket knows. Nothing is ever down; a grab succeeds, but for
 * descriptors with O_APPEND, which stand for a guest's device that its QEMU has grabbed.
 *
 * With HOTSEAT_EVDEV_STRAY set, giving a node back makes a system call that has no business in a
 * relay, as a program would that somebody has taken over.
 *
 * And tells of each allocation after the first such request, which is when a relay works: a line
 * on standard error.
 */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);

static int working;

static void tell(void)
{
	static const char line[] = "allocation\n";

	if (working)
		(void)!write(STDERR_FILENO, line, sizeof(line) - 1);
}

void *malloc(size_t size)
{
	tell();
	return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	tell();
	return __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
	tell();
	return __libc_realloc(old, size);
}

int ioctl(int fd, unsigned long request, ...)
{
	va_list list;
	void *argument;

	va_start(list, request);
	argument = va_arg(list, void *);
	va_end(list);
	working = 1;
	if (request == EVIOCGRAB && argument == NULL && getenv("HOTSEAT_EVDEV_STRAY") != NULL)
		(void)socket(AF_INET, SOCK_STREAM, 0);
	if (_IOC_TYPE(request) != 'E') {
		errno = ENOTTY;
		return -1;
	}
	if (_IOC_DIR(request) == _IOC_READ)
		memset(argument, 0, _IOC_SIZE(request));
	if (request == EVIOCGRAB && (fcntl(fd, F_GETFL) & O_APPEND)) {
		errno = EBUSY;
		return -1;
	}
	return 0;
}
