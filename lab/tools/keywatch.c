// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * keywatch - print what the keyboards under /dev/input say
 *
 * The same program runs in the guest and on the desktop, so that a story can ask both sides who
 * received a key. One line for each event:
 *
 *	PREFIX CODE VALUE	(value 1: pressed, 0: released, 2: repeated)
 *
 * after one line for each device and "PREFIX ready". A device that somebody else has grabbed
 * stays silent here, which is what the stories look at.
 *
 * Statically linked: in the guest there is no C library. Devices that come later are not seen.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/input.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define MAX_DEVICES 32
#define MAX_ENDINGS 8

static void usage(void)
{
	fputs("usage: keywatch [-p PREFIX] [-q CODE]...\n"
	      "  -p PREFIX  first word of each line, \"KEY\" if not given\n"
	      "  -q CODE    end, with status 0, when the key with this number is pressed\n",
	      stderr);
	exit(2);
}

static int open_devices(struct pollfd *polls, const char *prefix)
{
	DIR *dir = opendir("/dev/input");
	struct dirent *entry;
	int count = 0;

	if (!dir)
		return 0;
	while (count < MAX_DEVICES && (entry = readdir(dir))) {
		char name[128] = "";
		int fd;

		if (strncmp(entry->d_name, "event", 5) != 0)
			continue;
		fd = openat(dirfd(dir), entry->d_name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
		if (fd < 0)
			continue;
		ioctl(fd, EVIOCGNAME(sizeof(name) - 1), name);
		printf("%s device %s \"%s\"\n", prefix, entry->d_name, name);
		polls[count++] = (struct pollfd) { .fd = fd, .events = POLLIN };
	}
	closedir(dir);
	return count;
}

/* Return: 0, or -1 when the device is gone. */
static int drain(int fd, const char *prefix, const int *endings, int n_endings)
{
	struct input_event events[64];
	ssize_t got;

	while ((got = read(fd, events, sizeof(events))) > 0) {
		for (size_t i = 0; i < (size_t)got / sizeof(events[0]); i++) {
			const struct input_event *event = &events[i];

			if (event->type != EV_KEY)
				continue;
			printf("%s %d %d\n", prefix, event->code, event->value);
			for (int j = 0; j < n_endings; j++)
				if (event->code == endings[j] && event->value == 1)
					exit(0);
		}
	}
	return got < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
}

int main(int argc, char **argv)
{
	struct pollfd polls[MAX_DEVICES];
	int endings[MAX_ENDINGS], n_endings = 0, n_devices, option;
	const char *prefix = "KEY";

	while ((option = getopt(argc, argv, "p:q:")) != -1) {
		if (option == 'p')
			prefix = optarg;
		else if (option == 'q' && n_endings < MAX_ENDINGS)
			endings[n_endings++] = atoi(optarg);
		else
			usage();
	}
	if (optind != argc)
		usage();

	/* A line is news: whoever reads the log must not wait for a full buffer. */
	setvbuf(stdout, NULL, _IOLBF, 0);
	n_devices = open_devices(polls, prefix);
	if (n_devices == 0) {
		fprintf(stderr, "keywatch: no /dev/input/event* can be opened\n");
		return 1;
	}
	printf("%s ready\n", prefix);

	for (;;) {
		if (poll(polls, n_devices, -1) < 0 && errno != EINTR)
			return 1;
		for (int i = 0; i < n_devices; i++)
			if (polls[i].revents && drain(polls[i].fd, prefix, endings, n_endings) < 0)
				polls[i].fd = -1;	/* poll() passes over negative ones */
	}
}
