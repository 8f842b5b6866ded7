// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * killat - let a command die, or fail, at its N-th writing system call
 *
 * A program that promises to leave a recoverable machine behind has to keep that promise at any
 * instant. Instants between two writes look alike from outside, so it is enough to try each
 * write: this runs the command, counts the system calls that change something outside the
 * process, and at the N-th kills everything with SIGKILL before the call takes effect. Nothing
 * in the command has to know.
 *
 * A seccomp filter picks the calls, so that all others run at full speed. The filter asks the
 * tracer (SECCOMP_RET_TRACE), and a task that is killed while it waits for that answer never
 * enters its call: __seccomp_filter() in the kernel looks for a fatal signal after the stop.
 *
 * Threads and children are followed from their first instruction (PTRACE_O_TRACE*).
 *
 * A write to an eventfd wakes a thread, as a rule one's own, and changes nothing that outlives the
 * process; how many of them an event loop makes depends on the weather. They are not counted, but
 * with -a.
 */
#include <asm/unistd.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/openat2.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef __x86_64__
#error "the list of system calls and the registers are those of x86-64"
#endif

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

enum {
	EXIT_NOT_REACHED = 124,		/* the command ended before its N-th writing call */
	EXIT_KILLAT_FAILED = 125,
};

/* Of the open calls only those count that may make or truncate a file. */
enum flags_at { ALWAYS, FLAGS_SECOND, FLAGS_THIRD, FLAGS_IN_HOW };

struct writing_call {
	const char *name;
	long number;
	enum flags_at flags_at;
};

#define CALL(name) { #name, __NR_##name, ALWAYS }

static const struct writing_call writing_calls[] = {
	CALL(write), CALL(pwrite64), CALL(writev), CALL(pwritev), CALL(pwritev2),
	CALL(sendto), CALL(sendmsg), CALL(sendmmsg), CALL(sendfile), CALL(copy_file_range),
	CALL(splice), CALL(rename), CALL(renameat), CALL(renameat2), CALL(unlink), CALL(unlinkat),
	CALL(mkdir), CALL(mkdirat), CALL(rmdir), CALL(link), CALL(linkat), CALL(symlink),
	CALL(symlinkat), CALL(mknod), CALL(mknodat), CALL(truncate), CALL(ftruncate),
	CALL(fallocate), CALL(fsync), CALL(fdatasync), CALL(chmod), CALL(fchmod), CALL(fchmodat),
	CALL(chown), CALL(fchown), CALL(lchown), CALL(fchownat), CALL(setxattr), CALL(fsetxattr),
	CALL(lsetxattr), CALL(creat), CALL(mount), CALL(umount2),
	{ "open", __NR_open, FLAGS_SECOND },
	{ "openat", __NR_openat, FLAGS_THIRD },
	{ "openat2", __NR_openat2, FLAGS_IN_HOW },
};

struct options {
	unsigned long at;	/* 0: only count */
	int error;		/* 0: kill */
	bool only_command;	/* calls of children neither count nor die */
	bool all;		/* writes to eventfds count too */
	bool verbose;
};

static void die(const char *what)
{
	fprintf(stderr, "killat: %s: %s\n", what, strerror(errno));
	exit(EXIT_KILLAT_FAILED);
}

static void usage(void)
{
	fputs("usage: killat [-acv] --count COMMAND...\n"
	      "       killat [-acv] [--errno E] N COMMAND...\n"
	      "Kill COMMAND, its threads and children at their N-th writing system call (from 1),\n"
	      "before the call takes effect.\n"
	      "  --count    kill nothing; say at the end on stderr how many calls there were\n"
	      "  --errno E  make the N-th call fail with this number instead of killing\n"
	      "  -c         COMMAND and its threads alone: children live and are not counted\n"
	      "  -a         count writes to eventfds too\n"
	      "  -v         name each call on stderr\n"
	      "Exit status: 124 when there was no N-th call, 125 when killat failed, 137 when\n"
	      "killed; else that of COMMAND.\n",
	      stderr);
	exit(EXIT_KILLAT_FAILED);
}

/* Stops each task at the calls of the table and at no other. */
static void install_filter(void)
{
	struct sock_filter code[ARRAY_SIZE(writing_calls) + 6];
	struct sock_fprog program = { .filter = code };
	size_t n = 0;

	code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
						 offsetof(struct seccomp_data, arch));
	code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64,
						 0, ARRAY_SIZE(writing_calls) + 1);
	code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
						 offsetof(struct seccomp_data, nr));
	for (size_t i = 0; i < ARRAY_SIZE(writing_calls); i++) {
		unsigned char to_trace = ARRAY_SIZE(writing_calls) - i;

		code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
							 writing_calls[i].number, to_trace, 0);
	}
	code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE);
	program.len = n;

	/* Without privileges a filter needs the promise never to gain any. */
	if (syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0 &&
	    (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	     syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0))
		die("seccomp");
}

static pid_t start(char **argv)
{
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (pid == 0) {
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
			die("PTRACE_TRACEME");
		/* The tracer sets its options before the filter can ask for it. */
		raise(SIGSTOP);
		install_filter();
		execvp(argv[0], argv);
		die(argv[0]);
	}
	return pid;
}

static const struct writing_call *find_call(long number)
{
	for (size_t i = 0; i < ARRAY_SIZE(writing_calls); i++)
		if (writing_calls[i].number == number)
			return &writing_calls[i];
	return NULL;
}

/* Return: the call this stopped task is about to make, or NULL if it changes nothing. */
static const struct writing_call *pending_call(pid_t tid, struct user_regs_struct *regs)
{
	const struct writing_call *call;
	unsigned long long flags = O_CREAT;

	if (ptrace(PTRACE_GETREGS, tid, NULL, regs) != 0)
		return NULL;
	call = find_call((long)regs->orig_rax);
	if (!call)
		return NULL;
	switch (call->flags_at) {
	case ALWAYS:
		break;
	case FLAGS_SECOND:
		flags = regs->rsi;
		break;
	case FLAGS_THIRD:
		flags = regs->rdx;
		break;
	case FLAGS_IN_HOW:
		flags = ptrace(PTRACE_PEEKDATA, tid,
			       regs->rdx + offsetof(struct open_how, flags), NULL);
		break;
	}
	return flags & (O_CREAT | O_TRUNC) ? call : NULL;
}

/* Skipping a call is asking for call -1; what it returns is then left in rax. */
static void fail_call(pid_t tid, struct user_regs_struct *regs, int error)
{
	regs->orig_rax = (unsigned long long)-1;
	regs->rax = (unsigned long long)-error;
	if (ptrace(PTRACE_SETREGS, tid, NULL, regs) != 0)
		die("PTRACE_SETREGS");
}

/* Return: the number behind "KEY:" in a process's status, or 0. */
static pid_t status_field(pid_t pid, const char *key)
{
	char path[64], line[128];
	size_t length = strlen(key);
	pid_t value = 0;
	FILE *status;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	status = fopen(path, "re");
	if (!status)
		return 0;
	while (value == 0 && fgets(line, sizeof(line), status))
		if (strncmp(line, key, length) == 0 && line[length] == ':')
			value = atoi(line + length + 1);
	fclose(status);
	return value;
}

/*
 * Kill every process that we trace. /proc knows them, so no list has to be kept. A child that
 * is born meanwhile shows itself by its first stop, and dies there.
 */
static void kill_all(void)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;

	if (!proc)
		die("/proc");
	while ((entry = readdir(proc))) {
		pid_t pid = atoi(entry->d_name);

		if (pid > 0 && status_field(pid, "TracerPid") == getpid())
			kill(pid, SIGKILL);
	}
	closedir(proc);
}

/* Where the call writes to. For most of the table the first argument is a descriptor; for the rest
 * this is empty. */
static void read_target(pid_t tid, const struct user_regs_struct *regs, char target[256])
{
	char link[64];
	ssize_t length;

	snprintf(link, sizeof(link), "/proc/%d/fd/%d", (int)tid, (int)regs->rdi);
	length = readlink(link, target, 255);
	target[length > 0 ? length : 0] = '\0';
}

struct trace {
	const struct options *options;
	pid_t command;
	unsigned long count;
	bool reached;
};

static void on_writing_call(struct trace *trace, pid_t tid)
{
	const struct options *options = trace->options;
	const struct writing_call *call;
	struct user_regs_struct regs;
	char target[256];

	if (trace->reached && !options->error)
		return;
	if (options->only_command && status_field(tid, "Tgid") != trace->command)
		return;
	call = pending_call(tid, &regs);
	if (!call)
		return;
	read_target(tid, &regs, target);
	if (!options->all && strcmp(target, "anon_inode:[eventfd]") == 0)
		return;
	trace->count++;
	if (options->verbose)
		fprintf(stderr, "killat: %lu: %s %s\n", trace->count, call->name, target);
	if (trace->count != options->at)
		return;
	trace->reached = true;
	if (options->error)
		fail_call(tid, &regs, options->error);
	else if (options->only_command)
		kill(trace->command, SIGKILL);
	else
		kill_all();
}

/**
 * follow - run the traced tasks until the last is gone, and let on_writing_call() decide
 *
 * With -c the children of a killed command are followed to their own end: without a tracer the
 * filter would fail their calls.
 *
 * Return: the command's wait status.
 */
static int follow(struct trace *trace)
{
	bool killing = !trace->options->error && !trace->options->only_command;
	int status, command_status = 0;
	pid_t tid;

	while ((tid = waitpid(-1, &status, __WALL)) > 0 || errno == EINTR) {
		int signal_number = 0;

		if (tid < 0)
			continue;
		if (!WIFSTOPPED(status)) {
			if (tid == trace->command)
				command_status = status;
			continue;
		}
		if (trace->reached && killing)
			kill(tid, SIGKILL);
		else if (status >> 16 == PTRACE_EVENT_SECCOMP)
			on_writing_call(trace, tid);
		else if (status >> 16 == 0 && WSTOPSIG(status) != SIGSTOP)
			/* SIGSTOP is how new tasks announce themselves. */
			signal_number = WSTOPSIG(status);
		ptrace(PTRACE_CONT, tid, NULL, signal_number);
	}
	return command_status;
}

static void parse(int argc, char **argv, struct options *options)
{
	static const struct option longs[] = {
		{ "count", no_argument, NULL, 'n' },
		{ "errno", required_argument, NULL, 'e' },
		{ NULL, 0, NULL, 0 },
	};
	bool count = false;
	int option;

	/* '+': what stands behind the command is the command's. */
	while ((option = getopt_long(argc, argv, "+acv", longs, NULL)) != -1) {
		switch (option) {
		case 'n':
			count = true;
			break;
		case 'e':
			options->error = atoi(optarg);
			if (options->error <= 0)
				usage();
			break;
		case 'a':
			options->all = true;
			break;
		case 'c':
			options->only_command = true;
			break;
		case 'v':
			options->verbose = true;
			break;
		default:
			usage();
		}
	}
	if (!count && optind < argc) {
		options->at = strtoul(argv[optind++], NULL, 10);
		if (options->at == 0)
			usage();
	}
	if (optind >= argc || (count && options->error))
		usage();
}

int main(int argc, char **argv)
{
	struct options options = { 0 };
	struct trace trace = { .options = &options };
	int status;

	parse(argc, argv, &options);
	trace.command = start(argv + optind);
	if (waitpid(trace.command, &status, 0) != trace.command || !WIFSTOPPED(status))
		die("the command did not start");
	if (ptrace(PTRACE_SETOPTIONS, trace.command, NULL,
		   PTRACE_O_TRACESECCOMP | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK |
		   PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL) != 0)
		die("PTRACE_SETOPTIONS");
	ptrace(PTRACE_CONT, trace.command, NULL, 0);
	status = follow(&trace);

	if (options.at == 0)
		fprintf(stderr, "killat: %lu writing calls\n", trace.count);
	else if (!trace.reached)
		return EXIT_NOT_REACHED;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
