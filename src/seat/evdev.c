/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "seat/evdev.h"

#include <errno.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int kernel_read(int fd, struct input_event *events, size_t count)
{
	ssize_t got = read(fd, events, count * sizeof(*events));

	if (got < 0)
		return -errno;
	/* an event node never gives a part of an event; anything else has ended */
	if (got == 0 || got % (ssize_t)sizeof(*events) != 0)
		return -ENODEV;
	return (int)(got / (ssize_t)sizeof(*events));
}

static int kernel_write(int fd, const struct input_event *events, size_t count)
{
	ssize_t size = (ssize_t)(count * sizeof(*events));
	ssize_t written = write(fd, events, (size_t)size);

	if (written < 0)
		return -errno;
	return written == size ? 0 : -EIO;
}

static int kernel_keys(int fd, struct keys *down)
{
	keys_clear(down);
	return ioctl(fd, EVIOCGKEY(sizeof(*down)), down) < 0 ? -errno : 0;
}

static int kernel_grab(int fd, bool on)
{
	return ioctl(fd, EVIOCGRAB, on ? 1L : 0L) < 0 ? -errno : 0;
}

static int set_mask(int fd, unsigned int type, const void *codes, size_t size)
{
	struct input_mask mask = {
		.type = type,
		.codes_size = (__u32)size,
		.codes_ptr = (__u64)(uintptr_t)codes,
	};

	return ioctl(fd, EVIOCSMASK, &mask) < 0 ? -errno : 0;
}

static int kernel_mask(int fd, const struct keys *keys)
{
	/* type 0 stands for the mask of types; reports themselves are never filtered */
	unsigned long types = 1UL << EV_KEY;
	struct keys all;
	int result;

	memset(&all, 0xff, sizeof(all));
	if (keys == NULL)
		types |= 1UL << EV_REL;
	result = set_mask(fd, EV_KEY, keys == NULL ? &all : keys, sizeof(all));
	return result < 0 ? result : set_mask(fd, 0, &types, sizeof(types));
}

static int kernel_leds(int fd, uint32_t *lit)
{
	*lit = 0;
	return ioctl(fd, EVIOCGLED(sizeof(*lit)), lit) < 0 ? -errno : 0;
}

const struct evdev_calls evdev_kernel = {
	.read = kernel_read,
	.write = kernel_write,
	.keys = kernel_keys,
	.grab = kernel_grab,
	.mask = kernel_mask,
	.leds = kernel_leds,
};
