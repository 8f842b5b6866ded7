/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "relay/relay.h"

/*
 * The real process, as systemd would start it: its filter, its protocol, its signs of life, and
 * what it leaves with the service manager. Sockets stand for event nodes (evdev-shim.c).
 */
enum {
	KEYBOARD,
	KEYBOARD_NODE,
	MOUSE,
	MOUSE_NODE
};

struct stage {
	char *folder;
	GPid pid;
	int notify; /* we are the service manager */
	guint n_unkept;
	int control;          /* connected */
	int errors;           /* its standard error */
	int source;           /* our end of a source */
	int sinks[RELAY_FDS]; /* our ends of a guest's devices */
	int kept[RELAY_FDS];  /* what it gave to the service manager */
	guint signs, n_kept;
};

/* ---- the stage ------------------------------------------------------------------------------- */

static void bind_socket(int fd, const char *folder, const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	g_snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s", folder, name);
	g_unlink(address.sun_path);
	g_assert_cmpint(bind(fd, (struct sockaddr *)&address, sizeof(address)), ==, 0);
}

static int connect_control(const struct stage *stage)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	g_snprintf(address.sun_path, sizeof(address.sun_path), "%s/control", stage->folder);
	g_assert_cmpint(connect(fd, (struct sockaddr *)&address, sizeof(address)), ==, 0);
	return fd;
}

/* systemd's part between fork and exec: descriptors from 3 on, and who they are for. */
static void become_relay(const int *fds, guint n_fds, const char *names, const char *notify)
{
	g_autofree char *pid = g_strdup_printf("%d", (int)getpid());
	g_autofree char *count = g_strdup_printf("%u", n_fds);

	/* first out of the way of each other */
	for (guint i = 0; i < n_fds; i++)
		g_assert_cmpint(dup2(fds[i], 100 + (int)i), >=, 0);
	for (guint i = 0; i < n_fds; i++)
		g_assert_cmpint(dup2(100 + (int)i, 3 + (int)i), >=, 0);
	for (int fd = 3 + (int)n_fds; fd < 200; fd++)
		close(fd);
	g_setenv("LISTEN_PID", pid, TRUE);
	g_setenv("LISTEN_FDS", count, TRUE);
	g_setenv("LISTEN_FDNAMES", names, TRUE);
	g_setenv("NOTIFY_SOCKET", notify, TRUE);
	g_setenv("WATCHDOG_USEC", "200000", TRUE);
	g_setenv("LD_PRELOAD", g_getenv("HOTSEAT_EVDEV_SHIM"), TRUE);
	execl(g_getenv("HOTSEAT_RELAY"), "hotseat-relay", NULL);
	_exit(127);
}

static void start(struct stage *stage, const int *kept, const char *kept_names)
{
	g_autofree char *notify = g_build_filename(stage->folder, "notify", NULL);
	g_autofree char *names = g_strconcat("control", kept_names, NULL);
	int fds[1 + RELAY_FDS], errors[2];
	guint n_fds = 1;

	fds[0] = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	bind_socket(fds[0], stage->folder, "control");
	g_assert_cmpint(listen(fds[0], 8), ==, 0);
	for (guint i = 0; kept != NULL && i < RELAY_FDS; i++)
		fds[n_fds++] = kept[i];
	g_assert_cmpint(pipe(errors), ==, 0);
	stage->pid = fork();
	if (stage->pid == 0) {
		dup2(errors[1], STDERR_FILENO);
		become_relay(fds, n_fds, names, notify);
	}
	close(errors[1]);
	close(fds[0]);
	stage->errors = errors[0];
	stage->control = connect_control(stage);
}

static void stage_init(struct stage *stage)
{
	memset(stage, 0, sizeof(*stage));
	stage->folder = g_dir_make_tmp("hotseat-relay-XXXXXX", NULL);
	stage->notify = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	bind_socket(stage->notify, stage->folder, "notify");
	start(stage, NULL, "");
}

/* Return: how it ended, as waitpid() tells. */
static int stage_clear(struct stage *stage)
{
	int status = 0;

	kill(stage->pid, SIGKILL);
	g_assert_cmpint(waitpid(stage->pid, &status, 0), ==, stage->pid);
	for (const char *const *name = (const char *const[]){ "control", "notify", NULL };
	     *name != NULL; name++) {
		g_autofree char *path = g_build_filename(stage->folder, *name, NULL);

		g_unlink(path);
	}
	g_rmdir(stage->folder);
	g_free(stage->folder);
	close(stage->control);
	close(stage->notify);
	close(stage->errors);
	return status;
}

static void wait_readable(int fd)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };

	g_assert_cmpint(poll(&poll_fd, 1, 60000), ==, 1);
}

static struct relay_report next_report(struct stage *stage)
{
	struct relay_report report = { 0 };

	wait_readable(stage->control);
	g_assert_cmpint(recv(stage->control, &report, sizeof(report), 0), ==, sizeof(report));
	g_assert_cmpuint(report.version, ==, RELAY_VERSION);
	return report;
}

static struct relay_report wait_word(struct stage *stage, enum relay_word word)
{
	struct relay_report report;

	do
		report = next_report(stage);
	while (report.word != word);
	return report;
}

static void send_packet(struct stage *stage, const void *packet, gsize size, const int *fds,
			guint n_fds)
{
	union {
		char bytes[CMSG_SPACE(8 * sizeof(int))];
		struct cmsghdr align;
	} rights = { 0 };
	struct iovec iov = { (void *)(guintptr)packet, size };
	struct msghdr header = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (n_fds > 0) {
		header.msg_control = rights.bytes;
		header.msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
		CMSG_FIRSTHDR(&header)->cmsg_level = SOL_SOCKET;
		CMSG_FIRSTHDR(&header)->cmsg_type = SCM_RIGHTS;
		CMSG_FIRSTHDR(&header)->cmsg_len = CMSG_LEN(n_fds * sizeof(int));
		memcpy(CMSG_DATA(CMSG_FIRSTHDR(&header)), fds, n_fds * sizeof(int));
	}
	g_assert_cmpint(sendmsg(stage->control, &header, MSG_NOSIGNAL), ==, (gssize)size);
}

static guint ask(struct stage *stage, struct relay_request request, const int *fds, guint n_fds)
{
	struct relay_report answer;

	request.version = RELAY_VERSION;
	send_packet(stage, &request, sizeof(request), fds, n_fds);
	answer = wait_word(stage, RELAY_ANSWER);
	g_assert_cmpuint(answer.verb, ==, request.verb);
	return answer.error;
}

static guint ask_number(struct stage *stage, enum relay_verb verb, guint number)
{
	return ask(stage, (struct relay_request){ .verb = (guint16)verb, .number = number }, NULL,
		   0);
}

static guint ask_repairs(struct stage *stage, guint flags)
{
	return ask(stage,
		   (struct relay_request){ .verb = RELAY_SET_REPAIRS, .number = 1, .flags = flags },
		   NULL, 0);
}

static void add_source(struct stage *stage)
{
	int pair[2];

	g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), ==, 0);
	stage->source = pair[0];
	g_assert_cmpuint(ask(stage, (struct relay_request){ .verb = RELAY_ADD_SOURCE, .number = 7 },
			     &pair[1], 1),
			 ==, 0);
	close(pair[1]);
}

static void add_guest(struct stage *stage)
{
	int theirs[RELAY_FDS];

	for (guint i = 0; i < RELAY_FDS; i++) {
		int pair[2];

		g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), ==, 0);
		stage->sinks[i] = pair[0];
		theirs[i] = pair[1];
	}
	/* a QEMU has grabbed them */
	fcntl(theirs[KEYBOARD_NODE], F_SETFL, O_APPEND);
	fcntl(theirs[MOUSE_NODE], F_SETFL, O_APPEND);
	g_assert_cmpuint(ask(stage, (struct relay_request){ .verb = RELAY_ADD_SINK, .number = 1 },
			     theirs, RELAY_FDS),
			 ==, 0);
	for (guint i = 0; i < RELAY_FDS; i++)
		close(theirs[i]);
}

static void set_chord(struct stage *stage)
{
	struct relay_request request = {
		.verb = RELAY_SET_CHORDS,
		.number = 1,
		.chords = { { .n_keys = 2, .keys = { KEY_LEFTCTRL, KEY_RIGHTCTRL } } },
	};

	g_assert_cmpuint(ask(stage, request, NULL, 0), ==, 0);
	g_assert_cmpuint(ask_number(stage, RELAY_WATCH, 1), ==, 0);
}

static void key(struct stage *stage, unsigned int code, int value)
{
	const struct input_event events[] = { evdev_event(EV_KEY, code, value),
					      evdev_event(EV_SYN, SYN_REPORT, 0) };

	g_assert_cmpint(write(stage->source, events, sizeof(events)), ==, sizeof(events));
}

static void chord(struct stage *stage)
{
	key(stage, KEY_LEFTCTRL, 1);
	key(stage, KEY_RIGHTCTRL, 1);
	key(stage, KEY_LEFTCTRL, 0);
	key(stage, KEY_RIGHTCTRL, 0);
}

static void expect_key(struct stage *stage, unsigned int code, int value)
{
	struct input_event events[2];

	wait_readable(stage->sinks[KEYBOARD]);
	g_assert_cmpint(recv(stage->sinks[KEYBOARD], events, sizeof(events), MSG_WAITALL), ==,
			sizeof(events));
	g_assert_cmpuint(events[0].code, ==, code);
	g_assert_cmpint(events[0].value, ==, value);
	g_assert_cmpuint(events[1].type, ==, EV_SYN);
}

/* A pair of words with the service manager: what it was told, and descriptors it was to keep. */
static void read_notices(struct stage *stage)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} rights;
	char text[256] = "";
	struct iovec iov = { text, sizeof(text) - 1 };
	struct msghdr header = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = rights.bytes,
		.msg_controllen = sizeof(rights.bytes),
	};

	while (recvmsg(stage->notify, &header, 0) > 0) {
		guint side, number;

		if (g_str_has_prefix(text, "WATCHDOG=1"))
			stage->signs++;
		if (sscanf(text, "FDSTORE=1\nFDNAME=sink-%u-%u", &side, &number) == 2) {
			g_assert_nonnull(CMSG_FIRSTHDR(&header));
			memcpy(&stage->kept[number], CMSG_DATA(CMSG_FIRSTHDR(&header)),
			       sizeof(int));
			stage->n_kept++;
		}
		if (g_str_has_prefix(text, "FDSTOREREMOVE=1"))
			stage->n_unkept++;
		memset(text, 0, sizeof(text));
		header.msg_controllen = sizeof(rights.bytes);
	}
}

/* ---- tests ----------------------------------------------------------------------------------- */

static void test_moves(void)
{
	struct stage stage;
	struct relay_report report;

	stage_init(&stage);
	/* the greeting */
	report = next_report(&stage);
	g_assert_cmpuint(report.word, ==, RELAY_SIDE);
	g_assert_cmpuint(report.number, ==, SEAT_HOST);
	add_source(&stage);
	add_guest(&stage);
	set_chord(&stage);
	chord(&stage);
	report = wait_word(&stage, RELAY_SIDE);
	g_assert_cmpuint(report.number, ==, 1);
	g_assert_cmpuint(report.state, ==, SEAT_BY_CHORD);
	key(&stage, KEY_A, 1);
	expect_key(&stage, KEY_A, 1);
	key(&stage, KEY_A, 0);
	expect_key(&stage, KEY_A, 0);
	/* its controller dies: all goes on, and the next one hears how things are */
	close(stage.control);
	key(&stage, KEY_B, 1);
	expect_key(&stage, KEY_B, 1);
	stage.control = connect_control(&stage);
	report = wait_word(&stage, RELAY_SOURCE);
	g_assert_cmpuint(report.number, ==, 7);
	g_assert_cmpuint(report.state, ==, SOURCE_TAKEN);
	g_assert_cmpuint(wait_word(&stage, RELAY_SINK).number, ==, 1);
	g_assert_cmpuint(wait_word(&stage, RELAY_SIDE).number, ==, 1);
	key(&stage, KEY_B, 0);
	expect_key(&stage, KEY_B, 0);
	chord(&stage);
	g_assert_cmpuint(wait_word(&stage, RELAY_SIDE).number, ==, SEAT_HOST);
	stage_clear(&stage);
}

/*
 * Another guest takes the names over: what may be repeated for it is said anew. What the manager
 * keeps is not touched by that: killed in the middle, half of the devices would be gone.
 */
static void test_repairs(void)
{
	struct stage stage;

	stage_init(&stage);
	add_guest(&stage);
	g_assert_cmpuint(ask_repairs(&stage, RELAY_REPAIR_KEYBOARD | RELAY_REPAIR_MOUSE), ==, 0);
	g_assert_cmpuint(ask_repairs(&stage, RELAY_REPAIR_KEYBOARD), ==, 0);
	read_notices(&stage);
	g_assert_cmpuint(stage.n_kept, ==, RELAY_FDS);
	g_assert_cmpuint(stage.n_unkept, ==, 0);
	stage_clear(&stage);
}

/* Whatever nonsense comes, the relay answers or hangs up, and goes on. */
static void test_nonsense(void)
{
	static const char junk[3 * sizeof(struct relay_request)] = "junk";
	const int many[8] = { 0, 1, 2, 0, 1, 2, 0, 1 };
	struct stage stage;
	char byte;

	stage_init(&stage);
	wait_word(&stage, RELAY_SIDE);
	g_assert_cmpuint(ask_number(&stage, 99, 0), ==, ENOSYS);
	g_assert_cmpuint(ask_number(&stage, 0, 0), ==, ENOSYS);
	g_assert_cmpuint(ask_number(&stage, RELAY_ADD_SOURCE, 0), ==, EBADF);
	g_assert_cmpuint(ask(&stage, (struct relay_request){ .verb = RELAY_LIST }, many, 8), ==,
			 EBADF);
	g_assert_cmpuint(ask_number(&stage, RELAY_MOVE, 1), ==, EPERM);
	g_assert_cmpuint(ask_number(&stage, RELAY_SET_REPAIRS, 1), ==, ENOENT);
	g_assert_cmpuint(ask_number(&stage, RELAY_SET_REPAIRS, 4000000000), ==, ENOENT);
	g_assert_cmpuint(ask_number(&stage, RELAY_MOVE, 4000000000), ==, EINVAL);
	g_assert_cmpuint(ask_number(&stage, RELAY_REMOVE_SINK, 4000000000), ==, ENOENT);
	g_assert_cmpuint(ask_number(&stage, RELAY_REMOVE_SOURCE, 1), ==, ENOENT);
	g_assert_cmpuint(ask_number(&stage, RELAY_SET_CHORDS, 17), ==, EINVAL);
	g_assert_cmpuint(ask_number(&stage, RELAY_SET_CHORDS, 1), ==, EINVAL);
	g_assert_cmpuint(ask_number(&stage, RELAY_WATCH, 2), ==, EINVAL);
	for (gsize size = 1; size < sizeof(junk); size += 37) {
		send_packet(&stage, junk, size, NULL, 0);
		wait_readable(stage.control);
		g_assert_cmpint(recv(stage.control, &byte, 1, 0), <=, 0);
		close(stage.control);
		stage.control = connect_control(&stage);
		wait_word(&stage, RELAY_SIDE);
	}
	g_assert_cmpint(waitpid(stage.pid, NULL, WNOHANG), ==, 0);
	stage_clear(&stage);
}

/* Killed, it is started again with the same devices, and the host has the seat. */
static void test_kept(void)
{
	static const char names[] = ":sink-1-0:sink-1-1:sink-1-2:sink-1-3";
	struct stage stage;
	int kept[RELAY_FDS];

	stage_init(&stage);
	add_guest(&stage);
	read_notices(&stage);
	g_assert_cmpuint(stage.n_kept, ==, RELAY_FDS);
	memcpy(kept, stage.kept, sizeof(kept));
	kill(stage.pid, SIGKILL);
	g_assert_cmpint(waitpid(stage.pid, NULL, 0), ==, stage.pid);
	close(stage.control);
	start(&stage, kept, names);
	g_assert_cmpuint(wait_word(&stage, RELAY_SINK).number, ==, 1);
	g_assert_cmpuint(wait_word(&stage, RELAY_SIDE).number, ==, SEAT_HOST);
	add_source(&stage);
	set_chord(&stage);
	chord(&stage);
	g_assert_cmpuint(wait_word(&stage, RELAY_SIDE).number, ==, 1);
	key(&stage, KEY_A, 1);
	expect_key(&stage, KEY_A, 1);
	stage_clear(&stage);
}

/* Signs of life come while it works, and none while it is stopped. */
static void test_watchdog(void)
{
	struct stage stage;

	stage_init(&stage);
	while (stage.signs < 3) {
		wait_readable(stage.notify);
		read_notices(&stage);
	}
	kill(stage.pid, SIGSTOP);
	g_assert_cmpint(waitpid(stage.pid, NULL, WUNTRACED), ==, stage.pid);
	read_notices(&stage);
	stage.signs = 0;
	g_usleep(500000);
	read_notices(&stage);
	g_assert_cmpuint(stage.signs, ==, 0);
	stage_clear(&stage);
}

static guint64 status_kib(GPid pid, const char *word)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/status", (int)pid);
	g_autofree char *text = NULL;
	const char *line;

	g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
	line = strstr(text, word);
	g_assert_nonnull(line);
	return g_ascii_strtoull(line + strlen(word), NULL, 10);
}

/* How often the shim has told of an allocation. */
static guint allocations(const struct stage *stage)
{
	char words[65536] = "";
	guint count = 0;
	ssize_t size;

	fcntl(stage->errors, F_SETFL, O_NONBLOCK);
	size = read(stage->errors, words, sizeof(words) - 1);
	words[size < 0 ? 0 : size] = '\0';
	for (const char *at = words; (at = strstr(at, "allocation")) != NULL; at++)
		count++;
	return count;
}

static void chords(struct stage *stage, guint count)
{
	for (guint i = 0; i < count; i++) {
		chord(stage);
		wait_word(stage, RELAY_SIDE);
	}
}

/*
 * No allocation once it works: not one call to the allocator, whether it would make a system call
 * (which its filter would not survive) or not, over 102,000 events with a chord in between now and
 * then; and little memory.
 */
static void test_memory(void)
{
	struct input_event sent[] = { evdev_event(EV_REL, REL_X, 1), evdev_event(EV_REL, REL_Y, 2),
				      evdev_event(EV_SYN, SYN_REPORT, 0) };
	struct input_event got[G_N_ELEMENTS(sent)];
	struct stage stage;
	guint64 peak;

	stage_init(&stage);
	add_source(&stage);
	add_guest(&stage);
	set_chord(&stage);
	chords(&stage, 5);
	for (guint i = 0; i < 34000; i++) {
		if (i % 5000 == 0)
			chords(&stage, 2);
		g_assert_cmpint(write(stage.source, sent, sizeof(sent)), ==, sizeof(sent));
		g_assert_cmpint(recv(stage.sinks[MOUSE], got, sizeof(got), MSG_WAITALL), ==,
				sizeof(got));
		g_assert_cmpint(memcmp(got, sent, sizeof(got)), ==, 0);
	}
	peak = status_kib(stage.pid, "VmHWM:");
	g_test_message("peak of memory: %" G_GUINT64_FORMAT " KiB, the shim included", peak);
	g_assert_cmpuint(peak, <, 3072);
	g_assert_cmpuint(allocations(&stage), ==, 0);
	stage_clear(&stage);
}

/* An allocation that makes no system call would have been seen there. */
static void test_allocation_is_seen(void)
{
	struct stage stage;

	g_setenv("HOTSEAT_EVDEV_ALLOCATE", "1", TRUE);
	stage_init(&stage);
	g_unsetenv("HOTSEAT_EVDEV_ALLOCATE");
	add_source(&stage);
	add_guest(&stage);
	set_chord(&stage);
	chords(&stage, 2);
	g_assert_cmpuint(allocations(&stage), >=, 2);
	stage_clear(&stage);
}

/* The priority that it says it has is the one that the kernel has for it: granted or not. */
static void test_priority(void)
{
	struct stage stage;
	g_autofree char *path = NULL, *text = NULL;
	g_auto(GStrv) fields = NULL;
	char words[4096] = "";
	ssize_t size;

	stage_init(&stage);
	wait_word(&stage, RELAY_SIDE);
	path = g_strdup_printf("/proc/%d/stat", (int)stage.pid);
	g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
	/* behind the name, which may have blanks: field 3; rt_priority is 40, policy 41 */
	fields = g_strsplit(strrchr(text, ')') + 2, " ", -1);
	wait_readable(stage.errors);
	size = read(stage.errors, words, sizeof(words) - 1);
	g_assert_cmpint(size, >, 0);
	g_test_message("policy %s, priority %s: %s", fields[38], fields[37], words);
	g_assert_true((strstr(words, "priority 10 of real time\n") != NULL) ==
		      (g_str_equal(fields[38], "2") && g_str_equal(fields[37], "10")));
	g_assert_true((strstr(words, "no real-time priority") != NULL) ==
		      g_str_equal(fields[38], "0"));
	stage_clear(&stage);
}

/* What the filter lets through, and what ends the process. */
static void run_filtered(gconstpointer data)
{
	gint what = GPOINTER_TO_INT(data);
	struct keys keys;
	void *volatile memory = NULL;

	if (filter_load() != 0)
		_exit(1);
	if (what == 0)
		(void)!write(-1, &keys, 0);
	else if (what == 1)
		ioctl(-1, EVIOCGKEY(sizeof(keys)), &keys);
	else if (what == 2)
		open("/etc/passwd", O_RDONLY);
	else if (what == 3)
		socket(AF_UNIX, SOCK_STREAM, 0);
	else if (what == 4)
		fork();
	else if (what == 5)
		ioctl(-1, EVIOCSREP, &keys);
	else if (what == 6)
		memory = malloc(1 << 24);
	else if (what == 7)
		execl("/bin/true", "true", NULL);
	_exit(memory != NULL);
}

static void test_filter(void)
{
	static const int allowed = 2;

	for (int what = 0; what < 8; what++) {
		int status;
		pid_t pid = fork();

		if (pid == 0)
			run_filtered(GINT_TO_POINTER(what));
		g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
		if (what < allowed) {
			g_assert_true(WIFEXITED(status));
			g_assert_cmpint(WEXITSTATUS(status), ==, 0);
		} else {
			g_assert_true(WIFSIGNALED(status));
			g_assert_cmpint(WTERMSIG(status), ==, SIGSYS);
		}
	}
}

/*
 * The relay itself, with a keyboard that it has taken for a guest: one call outside of the list,
 * and it has ended. With it ends what it had of the keyboard, which is the host's then; what was
 * kept for the next one is still there.
 */
static void test_stray_call(void)
{
	struct stage stage;
	char bytes[1024];
	ssize_t length;
	int status;

	g_setenv("HOTSEAT_EVDEV_STRAY", "1", TRUE);
	stage_init(&stage);
	g_unsetenv("HOTSEAT_EVDEV_STRAY");
	add_source(&stage);
	add_guest(&stage);
	set_chord(&stage);
	chord(&stage);
	g_assert_cmpuint(wait_word(&stage, RELAY_SIDE).number, ==, 1);
	key(&stage, KEY_A, 1);
	expect_key(&stage, KEY_A, 1);
	key(&stage, KEY_A, 0);
	key(&stage, KEY_LEFTCTRL, 1);
	key(&stage, KEY_RIGHTCTRL, 1);
	do {
		wait_readable(stage.source);
		length = read(stage.source, bytes, sizeof(bytes));
	} while (length > 0);
	g_assert_true(length == 0 || errno == ECONNRESET);
	read_notices(&stage);
	g_assert_cmpuint(stage.n_kept, ==, RELAY_FDS);
	g_assert_cmpuint(stage.n_unkept, ==, 0);
	status = stage_clear(&stage);
	g_assert_true(WIFSIGNALED(status));
	g_assert_cmpint(WTERMSIG(status), ==, SIGSYS);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	signal(SIGPIPE, SIG_IGN);
	g_test_add_func("/relay/moves", test_moves);
	g_test_add_func("/relay/repairs", test_repairs);
	g_test_add_func("/relay/nonsense", test_nonsense);
	g_test_add_func("/relay/kept", test_kept);
	g_test_add_func("/relay/watchdog", test_watchdog);
	g_test_add_func("/relay/memory", test_memory);
	g_test_add_func("/relay/allocation-is-seen", test_allocation_is_seen);
	g_test_add_func("/relay/priority", test_priority);
	g_test_add_func("/relay/filter", test_filter);
	g_test_add_func("/relay/stray-call", test_stray_call);
	return g_test_run();
}
