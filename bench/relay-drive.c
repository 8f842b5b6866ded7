/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "relay/relay.h"

/*
 * Drives a relay, or what it is compared with, over socket pairs that stand for the device nodes:
 * a mouse's report (two axes and the end) goes in, is awaited at the other end, and the time
 * between is noted. One at a time, so many a second.
 *
 * usage: relay-drive loop|peer|relay RATE COUNT PROGRAM [ARGUMENT...]
 *
 * loop: the program reads descriptor 3 and writes descriptor 4. peer: so it does, but it takes its
 * time to start, and may put a report of its own after each event. relay: it is hotseat-relay, and
 * HOTSEAT_EVDEV_SHIM lets it take sockets for nodes. All get the same real-time priority.
 *
 * Prints, in microseconds, p50, p99, p99.9, maximum; then what was lost; voluntary context
 * switches for each report; and the peak of memory in KiB.
 */
#define REPORT 3
#define WARM_UP 200

struct target {
	pid_t pid;
	int source, sink;
	bool tolerant;
	char folder[64];
};

static void die(const char *what)
{
	fprintf(stderr, "relay-drive: %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000ULL + (uint64_t)time.tv_nsec;
}

static void make_pair(int pair[2])
{
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		die("socketpair");
}

static void set_priority(void)
{
	const struct sched_param priority = { .sched_priority = 10 };

	if (sched_setscheduler(0, SCHED_RR, &priority) < 0)
		fprintf(stderr, "relay-drive: without real-time priority\n");
}

/* Standard output is for the figures. */
static void be_quiet(void)
{
	int nothing = open("/dev/null", O_WRONLY | O_CLOEXEC);

	dup2(nothing, STDOUT_FILENO);
}

/* So that it can say what it has counted, if it counts. */
static void end(const struct target *target)
{
	if (target->tolerant) {
		kill(target->pid, SIGTERM);
		for (int i = 0; i < 100 && waitpid(target->pid, NULL, WNOHANG) == 0; i++)
			usleep(20000);
	}
	kill(target->pid, SIGKILL);
	waitpid(target->pid, NULL, 0);
}

static void start_loop(struct target *target, char **argv)
{
	int in[2], out[2];

	make_pair(in);
	make_pair(out);
	target->source = in[0];
	target->sink = out[0];
	target->pid = fork();
	if (target->pid == 0) {
		set_priority();
		dup2(in[1], 20);
		dup2(out[1], 21);
		dup2(20, 3);
		dup2(21, 4);
		close(20);
		close(21);
		if (target->tolerant)
			be_quiet();
		execvp(argv[0], argv);
		_exit(127);
	}
	close(in[1]);
	close(out[1]);
}

static void request(int control, struct relay_request packet, const int *fds, unsigned int n_fds)
{
	union {
		char bytes[CMSG_SPACE(RELAY_FDS * sizeof(int))];
		struct cmsghdr align;
	} rights = { 0 };
	struct iovec iov = { &packet, sizeof(packet) };
	struct msghdr header = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct relay_report report = { 0 };

	packet.version = RELAY_VERSION;
	if (n_fds > 0) {
		header.msg_control = rights.bytes;
		header.msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
		CMSG_FIRSTHDR(&header)->cmsg_level = SOL_SOCKET;
		CMSG_FIRSTHDR(&header)->cmsg_type = SCM_RIGHTS;
		CMSG_FIRSTHDR(&header)->cmsg_len = CMSG_LEN(n_fds * sizeof(int));
		memcpy(CMSG_DATA(CMSG_FIRSTHDR(&header)), fds, n_fds * sizeof(int));
	}
	if (sendmsg(control, &header, 0) < 0)
		die("sendmsg");
	while (report.word != RELAY_ANSWER) {
		if (recv(control, &report, sizeof(report), 0) != sizeof(report))
			die("the relay does not answer");
	}
	if (report.error != 0) {
		errno = (int)report.error;
		die("the relay refuses");
	}
}

static void exec_relay(int listening, char **argv)
{
	char pid[16];

	/* not the number itself: that would keep its close-on-exec */
	dup2(dup2(listening, 20), 3);
	close(20);
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	setenv("LISTEN_PID", pid, 1);
	setenv("LISTEN_FDS", "1", 1);
	setenv("LD_PRELOAD", getenv("HOTSEAT_EVDEV_SHIM"), 1);
	execvp(argv[0], argv);
	_exit(127);
}

static void give_devices(struct target *target, int control)
{
	int source[2], sinks[RELAY_FDS][2], theirs[RELAY_FDS];

	make_pair(source);
	target->source = source[0];
	for (unsigned int i = 0; i < RELAY_FDS; i++) {
		make_pair(sinks[i]);
		theirs[i] = sinks[i][1];
		/* the shim's sign of a device that its reader has grabbed */
		fcntl(theirs[i], F_SETFL, O_APPEND);
	}
	target->sink = sinks[2][0];
	request(control, (struct relay_request){ .verb = RELAY_ADD_SINK, .number = 1 }, theirs,
		RELAY_FDS);
	request(control, (struct relay_request){ .verb = RELAY_ADD_SOURCE, .number = 1 },
		&source[1], 1);
	request(control, (struct relay_request){ .verb = RELAY_WATCH, .number = 1 }, NULL, 0);
	request(control, (struct relay_request){ .verb = RELAY_MOVE, .number = 1 }, NULL, 0);
}

static void start_relay(struct target *target, char **argv)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int listening = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	int control = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	strcpy(target->folder, "/tmp/relay-drive-XXXXXX");
	if (mkdtemp(target->folder) == NULL)
		die("mkdtemp");
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/control", target->folder);
	if (bind(listening, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(listening, 1) < 0)
		die("listen");
	target->pid = fork();
	if (target->pid == 0)
		exec_relay(listening, argv);
	if (connect(control, (struct sockaddr *)&address, sizeof(address)) < 0)
		die("connect");
	close(listening);
	unlink(address.sun_path);
	rmdir(target->folder);
	give_devices(target, control);
}

static long status_number(pid_t pid, const char *word)
{
	char path[64], line[256];
	long value = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	file = fopen(path, "r");
	while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
		if (strncmp(line, word, strlen(word)) == 0)
			value = strtol(line + strlen(word), NULL, 10);
	}
	if (file != NULL)
		fclose(file);
	return value;
}

/* With its children: a peer may be two programs and a pipe. */
static long sum_number(const struct target *target, const char *word)
{
	long sum = status_number(target->pid, word);
	char path[64];
	FILE *file;
	int child;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)target->pid,
		 (int)target->pid);
	file = target->tolerant ? fopen(path, "r") : NULL;
	while (file != NULL && fscanf(file, "%d", &child) == 1)
		sum += status_number(child, word);
	if (file != NULL)
		fclose(file);
	return sum;
}

static int compare(const void *a, const void *b)
{
	const uint64_t first = *(const uint64_t *)a, second = *(const uint64_t *)b;

	return first < second ? -1 : first > second;
}

/*
 * Read events until both axes have come as they were sent, in this order, and a report was ended
 * after them. What a peer adds beside them is its own affair.
 */
static bool arrives(int fd, const struct input_event sent[REPORT])
{
	unsigned int next = 0;

	while (next < REPORT) {
		struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
		struct input_event got;

		if (poll(&poll_fd, 1, 2000) != 1 ||
		    recv(fd, &got, sizeof(got), MSG_WAITALL) != sizeof(got))
			return false;
		if (got.type == sent[next].type && got.code == sent[next].code &&
		    got.value == sent[next].value)
			next++;
		else if (got.type == EV_REL)
			return false;
	}
	return true;
}

/* Return: nanoseconds; 0 if it did not arrive, or not as it was sent. */
static uint64_t one_report(const struct target *target, int number)
{
	const struct input_event sent[REPORT] = {
		evdev_event(EV_REL, REL_X, number + 1),
		evdev_event(EV_REL, REL_Y, -number - 1),
		evdev_event(EV_SYN, SYN_REPORT, 0),
	};
	struct input_event got[REPORT];
	struct pollfd poll_fd = { .fd = target->sink, .events = POLLIN };
	uint64_t start = now(), end;

	if (write(target->source, sent, sizeof(sent)) != sizeof(sent))
		die("write");
	if (target->tolerant) {
		bool arrived = arrives(target->sink, sent);

		return arrived ? now() - start : 0;
	}
	if (poll(&poll_fd, 1, 2000) != 1 ||
	    recv(target->sink, got, sizeof(got), MSG_WAITALL) != sizeof(got))
		return 0;
	end = now();
	return memcmp(got, sent, sizeof(got)) == 0 ? end - start : 0;
}

static void drain(int fd, int milliseconds)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	char bytes[4096];

	while (poll(&poll_fd, 1, milliseconds) == 1 && recv(fd, bytes, sizeof(bytes), 0) > 0)
		;
}

/* Type until something comes, and let all of it come. */
static void wait_until_it_works(const struct target *target)
{
	struct pollfd poll_fd = { .fd = target->sink, .events = POLLIN };
	const struct input_event report[] = { evdev_event(EV_REL, REL_X, 1),
					      evdev_event(EV_SYN, SYN_REPORT, 0) };

	/* what it says of a new device goes first */
	usleep(1500000);
	drain(target->sink, 0);
	for (int i = 0; i < 100; i++) {
		if (write(target->source, report, sizeof(report)) != sizeof(report))
			die("the peer has gone");
		if (poll(&poll_fd, 1, 100) == 1) {
			drain(target->sink, 500);
			return;
		}
	}
	die("nothing comes out of the peer");
}

static void sleep_until(uint64_t time)
{
	const struct timespec until = {
		.tv_sec = (time_t)(time / 1000000000ULL),
		.tv_nsec = (long)(time % 1000000000ULL),
	};

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
}

static void measure(const struct target *target, unsigned int rate, size_t count)
{
	uint64_t *delays = calloc(count, sizeof(*delays));
	size_t lost = 0, arrived;
	long switches;
	uint64_t next = now();

	for (int i = 0; i < WARM_UP; i++)
		one_report(target, i);
	switches = sum_number(target, "voluntary_ctxt_switches:");
	for (size_t i = 0; i < count; i++) {
		next += 1000000000ULL / rate;
		sleep_until(next);
		delays[i] = one_report(target, (int)i);
		lost += delays[i] == 0;
	}
	switches = sum_number(target, "voluntary_ctxt_switches:") - switches;
	qsort(delays, count, sizeof(*delays), compare);
	arrived = count - lost;
	printf("%.2f %.2f %.2f %.2f %zu %.3f %ld\n", delays[lost + arrived / 2] / 1000.0,
	       delays[lost + arrived * 99 / 100] / 1000.0,
	       delays[lost + arrived * 999 / 1000] / 1000.0, delays[count - 1] / 1000.0, lost,
	       (double)switches / (double)count, sum_number(target, "VmHWM:"));
	free(delays);
}

int main(int argc, char **argv)
{
	struct target target = { 0 };

	if (argc < 5 || (strcmp(argv[1], "loop") != 0 && strcmp(argv[1], "relay") != 0 &&
			 strcmp(argv[1], "peer") != 0)) {
		fprintf(stderr,
			"usage: relay-drive loop|peer|relay RATE COUNT PROGRAM [ARGUMENT...]\n");
		return 2;
	}
	prctl(PR_SET_TIMERSLACK, 1);
	if (argv[1][0] == 'r' && getenv("HOTSEAT_EVDEV_SHIM") == NULL) {
		fprintf(stderr, "relay-drive: HOTSEAT_EVDEV_SHIM does not name evdev-shim.so\n");
		return 2;
	}
	target.tolerant = argv[1][0] == 'p';
	if (argv[1][0] == 'r')
		start_relay(&target, argv + 4);
	else
		start_loop(&target, argv + 4);
	set_priority();
	if (target.tolerant)
		wait_until_it_works(&target);
	measure(&target, (unsigned int)atoi(argv[2]), (size_t)atol(argv[3]));
	end(&target);
	return 0;
}
