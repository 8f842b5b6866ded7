/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The functions below are to have the names that they have here. */
#undef _FILE_OFFSET_BITS
#undef _FORTIFY_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/input.h>
#include <linux/uinput.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * Lets a program that opens event nodes and uinput by their names run on sockets instead, so that
 * it can be measured as the relay is: /dev/input/event0 is descriptor 3, a mouse, and /dev/uinput
 * is descriptor 4. Every request is granted.
 */
#define SOURCE 3
#define SINK 4

static void set_bit(unsigned char *bits, size_t size, unsigned int bit)
{
	if (bit / 8 < size)
		bits[bit / 8] |= (unsigned char)(1 << bit % 8);
}

/* A mouse of three buttons and a wheel. */
static int get_bits(unsigned int type, unsigned char *bits, size_t size)
{
	static const struct {
		unsigned int type, code;
	} has[] = {
		{ 0, EV_SYN },        { 0, EV_KEY },         { 0, EV_REL },
		{ EV_KEY, BTN_LEFT }, { EV_KEY, BTN_RIGHT }, { EV_KEY, BTN_MIDDLE },
		{ EV_REL, REL_X },    { EV_REL, REL_Y },     { EV_REL, REL_WHEEL },
	};

	memset(bits, 0, size);
	for (size_t i = 0; i < sizeof(has) / sizeof(has[0]); i++) {
		if (has[i].type == type)
			set_bit(bits, size, has[i].code);
	}
	return (int)size;
}

static int put_text(char *to, size_t size, const char *text)
{
	strncpy(to, text, size);
	return (int)strlen(text) + 1;
}

static int answer_evdev(unsigned long request, void *argument)
{
	static const struct input_id id = { BUS_USB, 0x1209, 0x0001, 1 };
	unsigned int number = _IOC_NR(request), size = _IOC_SIZE(request);

	if (request == EVIOCGVERSION)
		*(int *)argument = EV_VERSION;
	else if (request == EVIOCGID)
		*(struct input_id *)argument = id;
	else if (number == _IOC_NR(EVIOCGNAME(0)))
		return put_text(argument, size, "bench mouse");
	else if (number == _IOC_NR(EVIOCGPHYS(0)) || number == _IOC_NR(EVIOCGUNIQ(0)))
		return put_text(argument, size, "bench/0");
	else if (number >= _IOC_NR(EVIOCGBIT(0, 0)) && number <= _IOC_NR(EVIOCGBIT(EV_MAX, 0)))
		return get_bits(number - _IOC_NR(EVIOCGBIT(0, 0)), argument, size);
	else if (_IOC_DIR(request) == _IOC_READ)
		memset(argument, 0, size);
	return 0;
}

static int answer_uinput(unsigned long request, void *argument)
{
	if (_IOC_NR(request) == _IOC_NR(UI_GET_SYSNAME(0)))
		return put_text(argument, _IOC_SIZE(request), "input7");
	if (request == UI_GET_VERSION)
		*(unsigned int *)argument = UINPUT_VERSION;
	return 0;
}

int ioctl(int fd, unsigned long request, ...)
{
	va_list list;
	void *argument;

	va_start(list, request);
	argument = va_arg(list, void *);
	va_end(list);
	if (_IOC_TYPE(request) == 'E')
		return answer_evdev(request, argument);
	if (_IOC_TYPE(request) == UINPUT_IOCTL_BASE)
		return answer_uinput(request, argument);
	return (int)syscall(SYS_ioctl, fd, request, argument);
}

static int stand_in(const char *path, int flags)
{
	int fd = -1;

	if (strcmp(path, "/dev/input/event0") == 0)
		fd = fcntl(SOURCE, F_DUPFD_CLOEXEC, 10);
	else if (strcmp(path, "/dev/uinput") == 0)
		fd = fcntl(SINK, F_DUPFD_CLOEXEC, 10);
	if (fd >= 0 && flags & O_NONBLOCK)
		fcntl(fd, F_SETFL, O_NONBLOCK);
	return fd;
}

#define OPEN(name, flags, ...)                                                                     \
	int fd = stand_in(name, flags);                                                            \
	va_list list;                                                                              \
	mode_t mode = 0;                                                                           \
                                                                                                   \
	if (fd >= 0)                                                                               \
		return fd;                                                                         \
	va_start(list, flags);                                                                     \
	if (flags & (O_CREAT | __O_TMPFILE))                                                       \
		mode = va_arg(list, mode_t);                                                       \
	va_end(list);                                                                              \
	return (int)syscall(SYS_openat, __VA_ARGS__, name, flags, mode)

int open(const char *path, int flags, ...)
{
	OPEN(path, flags, AT_FDCWD);
}

int open64(const char *path, int flags, ...)
{
	OPEN(path, flags, AT_FDCWD);
}

int openat(int folder, const char *path, int flags, ...)
{
	OPEN(path, flags, folder);
}

int openat64(int folder, const char *path, int flags, ...)
{
	OPEN(path, flags, folder);
}

/* What a program that was built with _FORTIFY_SOURCE calls. */
int __open_2(const char *path, int flags);
int __open64_2(const char *path, int flags);

int __open_2(const char *path, int flags)
{
	return open(path, flags);
}

int __open64_2(const char *path, int flags)
{
	return open(path, flags);
}
