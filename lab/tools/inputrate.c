// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * inputrate - a mouse that moves so often a second, and a reader that counts what arrives
 *
 *	inputrate mouse LINK
 *
 * makes a mouse, a symbolic link to its event node, says "RATE mouse", and waits. For each line
 * "REPORTS RATE" on its standard input it moves that often, numbered by how far: along X from 1 to
 * 1000 and again, along Y the same backwards.
 *
 *	inputrate reader NODE...
 *
 * opens nodes for itself alone, as QEMU does, says "RATE ready", and after three seconds in which
 * nothing came one line for what came before:
 *
 *	RATE got REPORTS wrong N slowest MICROSECONDS
 *
 * wrong: reports that are not the one after the report before, also by the kernel's notice that
 * its queue ran over. slowest: the longest pause between two.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/uinput.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define STEPS 1000
#define MAX_NODES 4
#define QUIET_MS 3000

static void die(const char *what)
{
	fprintf(stderr, "inputrate: %s: %s\n", what, strerror(errno));
	exit(1);
}

static struct input_event event(int type, int code, int value)
{
	return (struct input_event) { .type = type, .code = code, .value = value };
}

/* ---- the mouse ------------------------------------------------------------------------------- */

static int make_mouse(void)
{
	struct uinput_setup setup = { .id = { BUS_VIRTUAL, 1, 1, 1 }, .name = "inputrate" };
	int fd = open("/dev/uinput", O_WRONLY | O_CLOEXEC);

	if (fd < 0 || ioctl(fd, UI_SET_EVBIT, EV_REL) < 0 || ioctl(fd, UI_SET_RELBIT, REL_X) < 0 ||
	    ioctl(fd, UI_SET_RELBIT, REL_Y) < 0 || ioctl(fd, UI_SET_EVBIT, EV_KEY) < 0 ||
	    ioctl(fd, UI_SET_KEYBIT, BTN_LEFT) < 0 || ioctl(fd, UI_DEV_SETUP, &setup) < 0 ||
	    ioctl(fd, UI_DEV_CREATE) < 0)
		die("/dev/uinput");
	return fd;
}

/* The node's name is in sysfs: "input12" has a folder "event7". */
static void link_node(int fd, const char *link)
{
	char name[64] = "", command[256];

	if (ioctl(fd, UI_GET_SYSNAME(sizeof(name) - 1), name) < 0)
		die("UI_GET_SYSNAME");
	snprintf(command, sizeof(command),
		 "udevadm settle; cd /sys/devices/virtual/input/%s && "
		 "ln -sf /dev/input/$(ls -d event*) %s", name, link);
	if (system(command) != 0)
		die(link);
}

static void sleep_until(uint64_t time)
{
	const struct timespec until = { .tv_sec = (time_t)(time / 1000000000),
					.tv_nsec = (long)(time % 1000000000) };

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
}

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static void move(int fd, int reports, int rate)
{
	const uint64_t period = 1000000000u / (unsigned int)rate;
	uint64_t next = now();

	for (int i = 0; i < reports; i++) {
		const int step = i % STEPS + 1;
		const struct input_event report[] = {
			event(EV_REL, REL_X, step), event(EV_REL, REL_Y, -step),
			event(EV_SYN, SYN_REPORT, 0),
		};

		if (write(fd, report, sizeof(report)) != sizeof(report))
			die("write");
		/* What a stalled machine did not send is not sent in one burst, as by no mouse. */
		next = now() > next + period ? now() : next + period;
		sleep_until(next);
	}
}

static int be_mouse(const char *link)
{
	int fd = make_mouse(), reports, rate;

	link_node(fd, link);
	puts("RATE mouse");
	while (scanf("%d %d", &reports, &rate) == 2 && rate > 0) {
		uint64_t start = now();

		move(fd, reports, rate);
		printf("RATE sent %d in %llu ms\n", reports,
		       (unsigned long long)(now() - start) / 1000000);
	}
	return 0;
}

/* ---- the reader ------------------------------------------------------------------------------ */

struct tally {
	int x, y;		/* of the report that is open */
	int last;		/* the step before */
	int reports, wrong;
	uint64_t at, slowest;
};

static void count(struct tally *tally, const struct input_event *event)
{
	uint64_t time = now();

	if (event->type == EV_SYN && event->code == SYN_DROPPED)
		tally->wrong++;
	else if (event->type == EV_REL && event->code == REL_X)
		tally->x += event->value;
	else if (event->type == EV_REL && event->code == REL_Y)
		tally->y += event->value;
	else if (event->type == EV_SYN && event->code == SYN_REPORT && tally->x != 0) {
		if (tally->x != tally->last % STEPS + 1 || tally->y != -tally->x)
			tally->wrong++;
		if (tally->reports > 0 && time - tally->at > tally->slowest)
			tally->slowest = time - tally->at;
		tally->reports++;
		tally->at = time;
		tally->last = tally->x;
		tally->x = tally->y = 0;
	}
}

static void drain(int fd, struct tally *tally)
{
	struct input_event events[64];
	ssize_t got;

	while ((got = read(fd, events, sizeof(events))) > 0)
		for (size_t i = 0; i < (size_t)got / sizeof(events[0]); i++)
			count(tally, &events[i]);
}

static _Noreturn void be_reader(char **nodes, int n_nodes)
{
	struct pollfd polls[MAX_NODES];
	struct tally tally = { 0 };

	for (int i = 0; i < n_nodes; i++) {
		polls[i] = (struct pollfd) { .fd = open(nodes[i], O_RDONLY | O_NONBLOCK),
					     .events = POLLIN };
		if (polls[i].fd < 0 || ioctl(polls[i].fd, EVIOCGRAB, 1) < 0)
			die(nodes[i]);
	}
	puts("RATE ready");
	for (;;) {
		int ready = poll(polls, (nfds_t)n_nodes, QUIET_MS);

		if (ready < 0 && errno != EINTR)
			die("poll");
		for (int i = 0; ready > 0 && i < n_nodes; i++)
			if (polls[i].revents)
				drain(polls[i].fd, &tally);
		if (ready != 0 || tally.reports == 0)
			continue;
		printf("RATE got %d wrong %d slowest %llu\n", tally.reports, tally.wrong,
		       (unsigned long long)tally.slowest / 1000);
		tally = (struct tally) { 0 };
	}
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc == 3 && strcmp(argv[1], "mouse") == 0)
		return be_mouse(argv[2]);
	if (argc >= 3 && argc <= 2 + MAX_NODES && strcmp(argv[1], "reader") == 0)
		be_reader(argv + 2, argc - 2);
	fputs("usage: inputrate mouse LINK | reader NODE...\n", stderr);
	return 2;
}
