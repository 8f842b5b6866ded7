// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * bluetooth - a Bluetooth keyboard with a volume key, as BlueZ makes one through /dev/uhid
 *
 * It types what is written into a FIFO: lower case letters, and "+" for the volume. It lives until
 * it is ended, which is a keyboard that is switched off.
 */
#include <fcntl.h>
#include <linux/input.h>
#include <linux/uhid.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const unsigned char descriptor[] = {
	0x05, 0x01, 0x09, 0x06, 0xa1, 0x01, 0x85, 0x01, /* keyboard, report 1 */
	0x05, 0x07, 0x19, 0xe0, 0x29, 0xe7, 0x15, 0x00, 0x25, 0x01, 0x75, 0x01, 0x95, 0x08, 0x81,
	0x02, /* eight modifiers */
	0x19, 0x00, 0x29, 0x65, 0x15, 0x00, 0x25, 0x65, 0x75, 0x08, 0x95, 0x01, 0x81, 0x00, /* one
											       key
											     */
	0xc0, 0x05, 0x0c, 0x09, 0x01, 0xa1, 0x01, 0x85, 0x02, /* consumer control, report 2 */
	0x09, 0xe9, 0x15, 0x00, 0x25, 0x01, 0x75, 0x01, 0x95, 0x01, 0x81, 0x02, /* volume up */
	0x95, 0x07, 0x81, 0x03, 0xc0,
};

static int create(int fd, const char *name, const char *unique)
{
	struct uhid_event event = { .type = UHID_CREATE2 };

	snprintf((char *)event.u.create2.name, sizeof(event.u.create2.name), "%s", name);
	snprintf((char *)event.u.create2.phys, sizeof(event.u.create2.phys), "00:00:5e:00:53:01");
	snprintf((char *)event.u.create2.uniq, sizeof(event.u.create2.uniq), "%s", unique);
	memcpy(event.u.create2.rd_data, descriptor, sizeof(descriptor));
	event.u.create2.rd_size = sizeof(descriptor);
	event.u.create2.bus = BUS_BLUETOOTH;
	event.u.create2.vendor = 0x1234;
	return write(fd, &event, sizeof(event)) == sizeof(event) ? 0 : -1;
}

static void report(int fd, const unsigned char *data, unsigned short size)
{
	struct uhid_event event = { .type = UHID_INPUT2 };

	event.u.input2.size = size;
	memcpy(event.u.input2.data, data, size);
	if (write(fd, &event, sizeof(event)) != sizeof(event))
		perror("bluetooth");
	usleep(50000);
}

static void tap(int fd, char key)
{
	const unsigned char key_down[] = { 1, 0, (unsigned char)(key - 'a' + 4) };
	static const unsigned char key_up[] = { 1, 0, 0 }, louder[] = { 2, 1 }, enough[] = { 2, 0 };

	if (key >= 'a' && key <= 'z') {
		report(fd, key_down, sizeof(key_down));
		report(fd, key_up, sizeof(key_up));
	} else if (key == '+') {
		report(fd, louder, sizeof(louder));
		report(fd, enough, sizeof(enough));
	}
}

int main(int argc, char **argv)
{
	int fd = open("/dev/uhid", O_RDWR | O_CLOEXEC);
	int keys = argc == 4 ? open(argv[3], O_RDWR | O_CLOEXEC) : -1;
	char key;

	if (argc != 4) {
		fputs("usage: bluetooth NAME ADDRESS FIFO\n", stderr);
		return 2;
	}
	if (fd < 0 || keys < 0 || create(fd, argv[1], argv[2]) < 0) {
		perror("bluetooth");
		return 1;
	}
	puts("BLUETOOTH ready");
	fflush(stdout);
	while (read(keys, &key, 1) == 1)
		tap(fd, key);
	return 0;
}
