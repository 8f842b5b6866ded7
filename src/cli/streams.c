/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/streams.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "core/error.h"

/* A handler and not SIG_IGN, which the programs that we start would inherit. */
static void on_pipe(G_GNUC_UNUSED int number)
{
}

void streams_init(void)
{
	const struct sigaction action = { .sa_handler = on_pipe, .sa_flags = SA_RESTART };

	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) >= 0 || errno != EBADF)
			continue;
		/* The lowest number that is free is this one. */
		if (open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) < 0)
			_exit(1); /* not even that: no sentence would arrive */
	}
	sigaction(SIGPIPE, &action, NULL);
}

gboolean streams_abandoned(void)
{
	struct pollfd output = { .fd = STDOUT_FILENO, .events = POLLOUT };

	return poll(&output, 1, 0) == 1 && (output.revents & (POLLERR | POLLHUP)) != 0;
}

gboolean streams_flush(GError **error)
{
	int problem;

	errno = 0;
	if (fflush(stdout) == 0 && !ferror(stdout))
		return TRUE;
	problem = errno;
	clearerr(stdout); /* it is said once */
	if (streams_abandoned())
		return TRUE;
	/* What was lost before this has left its mark, but not its reason. */
	if (problem == 0)
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_FAILED,
			    "a part of the output could not be written");
	else
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_FAILED,
			    "the output could not be written: %s", g_strerror(problem));
	return FALSE;
}
