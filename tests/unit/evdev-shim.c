/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <linux/input.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * Lets a socket stand for an event node, in a program that it is preloaded into: answers the
 * requests of evdev, none of which a socket knows. Nothing is ever down; a grab succeeds, but for
 * descriptors with O_APPEND, which stand for a guest's device that its QEMU has grabbed.
 *
 * With HOTSEAT_EVDEV_STRAY set, giving a node back makes a system call that has no business in a
 * relay, as a program would that somebody has taken over.
 *
 * And tells of each allocation, and of each that is given back, after the first such request, which
 * is when a relay works: a line on standard error. With HOTSEAT_EVDEV_ALLOCATE set it makes one
 * itself when a node is given back.
 */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);
extern void __libc_free(void *memory);

static int working;

static void tell(void)
{
	static const char line[] = "allocation\n";

	if (working)
		(void)!write(STDERR_FILENO, line, sizeof(line) - 1);
}

/* What would be served from a list of free pieces makes no system call, and is told all the same.
 */
void free(void *memory)
{
	if (memory != NULL)
		tell();
	__libc_free(memory);
}

int posix_memalign(void **memory, size_t alignment, size_t size)
{
	tell();
	*memory = __libc_memalign(alignment, size);
	return *memory == NULL ? ENOMEM : 0;
}

void *aligned_alloc(size_t alignment, size_t size)
{
	tell();
	return __libc_memalign(alignment, size);
}

void *mmap(void *at, size_t length, int protection, int flags, int fd, off_t offset)
{
	tell();
	return (void *)syscall(SYS_mmap, at, length, protection, flags, fd, offset); /* NOLINT */
}

int brk(void *end)
{
	tell();
	return syscall(SYS_brk, end) == (long)end ? 0 : -1;
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
	if (request == EVIOCGRAB && argument == NULL && getenv("HOTSEAT_EVDEV_ALLOCATE") != NULL) {
		void *volatile memory = malloc(16); /* else a compiler does without */

		free(memory);
	}
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
