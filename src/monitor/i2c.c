/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "monitor/i2c.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <linux/i2c-dev.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "core/error.h"

#define DDC_ADDRESS 0x37
#define DDC_SET 0x03
#define DDC_SET_LENGTH 4 /* of what is between length and checksum */
#define DDC_PAUSE_MS 50  /* DDC/CI 1.1, 4.4: before the next command */

#define LOCK_TRIES 20
#define LOCK_PAUSE_MS 50

void i2c_make_set(guint8 bytes[I2C_SET_SIZE], guint8 source, guint8 feature, guint8 value)
{
	guint8 checksum = DDC_ADDRESS << 1;

	bytes[0] = source;
	bytes[1] = 0x80 | DDC_SET_LENGTH;
	bytes[2] = DDC_SET;
	bytes[3] = feature;
	bytes[4] = 0;
	bytes[5] = value;
	for (guint i = 0; i < I2C_SET_SIZE - 1; i++)
		checksum ^= bytes[i];
	bytes[I2C_SET_SIZE - 1] = checksum;
}

/* The lock that ddcutil takes from 2.1 on; without it a command would land in its conversation. */
static gboolean lock(int fd, const char *path, GError **error)
{
	for (guint i = 0; i < LOCK_TRIES; i++) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			return TRUE;
		if (errno != EWOULDBLOCK)
			break;
		g_usleep(LOCK_PAUSE_MS * 1000);
	}
	hotseat_error_set_errno(error, errno, "another program speaks on %s", path);
	return FALSE;
}

gboolean i2c_set_feature(int bus, guint8 source, guint8 feature, guint8 value, GError **error)
{
	g_autofree char *path = g_strdup_printf("/dev/i2c-%d", bus);
	guint8 bytes[I2C_SET_SIZE];
	int fd = open(path, O_RDWR | O_CLOEXEC);
	gboolean done = FALSE;

	if (fd < 0) {
		hotseat_error_set_errno(error, errno, "cannot open %s", path);
		return FALSE;
	}
	i2c_make_set(bytes, source, feature, value);
	if (lock(fd, path, error)) {
		done = ioctl(fd, I2C_SLAVE, DDC_ADDRESS) == 0 &&
		       write(fd, bytes, sizeof(bytes)) == (gssize)sizeof(bytes);
		if (!done)
			hotseat_error_set_errno(error, errno, "nothing takes a command on %s",
						path);
		g_usleep(DDC_PAUSE_MS * 1000);
	}
	close(fd); /* and with it the lock */
	return done;
}
