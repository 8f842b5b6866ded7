/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "relay/relay.h"

/*
 * Everything comes in by descriptors that systemd passes (sd_listen_fds(3)): the control socket,
 * and after a restart what it kept for us. The relay opens no file.
 */
#define FIRST_FD 3
#define MOST_FDS 64

/* Without a pause for so long something is wrong: the kernel ends us, and the grab with us. */
#define BUSY_MICROSECONDS 300000

/* As the unit's LimitRTPRIO allows. */
#define PRIORITY 10

struct kept {
	int fds[SEAT_SIDES][RELAY_FDS];
};

static int complain(const char *what, int error)
{
	fprintf(stderr, "hotseat-relay: %s: %s\n", what, strerror(error));
	return EXIT_FAILURE;
}

static int count_passed(void)
{
	const char *pid = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS");
	long number = count == NULL ? 0 : strtol(count, NULL, 10);

	if (pid == NULL || strtol(pid, NULL, 10) != (long)getpid())
		return 0;
	return number < 0 || number > MOST_FDS ? 0 : (int)number;
}

/* One name of $LISTEN_FDNAMES; "control" and "sink-SIDE-NUMBER" are ours. */
static void take_passed(const char *name, int fd, struct kept *kept, int *listening)
{
	unsigned int side, number;

	if (strncmp(name, "control", 7) == 0 && *listening < 0) {
		*listening = fd;
	} else if (sscanf(name, "sink-%u-%u", &side, &number) == 2 && side != SEAT_HOST &&
		   side < SEAT_SIDES && number < RELAY_FDS && kept->fds[side][number] < 0) {
		kept->fds[side][number] = fd;
	} else {
		close(fd);
	}
}

static void take_all_passed(struct kept *kept, int *listening)
{
	const char *names = getenv("LISTEN_FDNAMES");
	int count = count_passed();

	for (unsigned int side = 0; side < SEAT_SIDES; side++) {
		for (unsigned int i = 0; i < RELAY_FDS; i++)
			kept->fds[side][i] = -1;
	}
	for (int i = 0; i < count; i++) {
		take_passed(names == NULL ? "control" : names, FIRST_FD + i, kept, listening);
		names = names == NULL ? NULL : strchr(names, ':');
		names = names == NULL ? NULL : names + 1;
	}
}

static void use_kept(struct relay *relay, const struct kept *kept)
{
	for (unsigned int side = 1; side < SEAT_SIDES; side++) {
		/* half of them are of no use, and the controller brings new ones */
		if (kept->fds[side][0] >= 0 && kept->fds[side][2] >= 0)
			/* what may be repeated the controller says, before it lets us watch */
			relay_keep_sink(relay, side, 0, kept->fds[side]);
	}
}

/* What the kernel has noted is said, not what was asked for. */
static void claim_priority(void)
{
	const struct sched_param wanted = { .sched_priority = PRIORITY };
	struct sched_param got = { 0 };
	int error = sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &wanted) < 0 ? errno : 0;

	if ((sched_getscheduler(0) & ~SCHED_RESET_ON_FORK) == SCHED_RR &&
	    sched_getparam(0, &got) == 0)
		fprintf(stderr, "hotseat-relay: has priority %d of real time\n",
			got.sched_priority);
	else
		fprintf(stderr, "hotseat-relay: no real-time priority: %s\n", strerror(error));
}

/* What is not granted is gone without: a relay without priority is slower, not wrong. */
static void claim_resources(void)
{
	const struct rlimit busy = { BUSY_MICROSECONDS, 2 * BUSY_MICROSECONDS };
	const struct rlimit no_core = { 0, 0 };

	setrlimit(RLIMIT_RTTIME, &busy);
	setrlimit(RLIMIT_CORE, &no_core);
	claim_priority();
	if (mlockall(MCL_CURRENT) < 0)
		fprintf(stderr, "hotseat-relay: memory is not locked: %s\n", strerror(errno));
	/* nobody traces what sees every key */
	prctl(PR_SET_DUMPABLE, 0);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

static uint64_t watchdog_nanoseconds(void)
{
	const char *text = getenv("WATCHDOG_USEC");

	return text == NULL ? 0 : strtoull(text, NULL, 10) * 1000;
}

int main(int argc, char **argv)
{
	static struct relay relay;
	struct kept kept = { 0 };
	int listening = -1, result;

	if (argc > 1) {
		fprintf(stderr,
			"hotseat-relay: takes no arguments; systemd starts it, see "
			"hotseat-relay@.service\n");
		return 2;
	}
	take_all_passed(&kept, &listening);
	if (listening < 0) {
		fprintf(stderr,
			"hotseat-relay: no control socket was passed; start "
			"hotseat-relay@SEAT.socket\n");
		return 2;
	}
	/* a controller that goes in the middle of a word is no reason to die */
	signal(SIGPIPE, SIG_IGN);
	result = relay_init(&relay, &evdev_kernel, listening, -1, notify_connect(),
			    watchdog_nanoseconds());
	if (result < 0)
		return complain("cannot wait for events", -result);
	use_kept(&relay, &kept);
	claim_resources();
	result = filter_load();
	if (result < 0)
		return complain("the kernel refuses the system call filter", -result);
	notify_send(relay.notify, "READY=1");
	return complain("cannot wait for events", -relay_run(&relay));
}
