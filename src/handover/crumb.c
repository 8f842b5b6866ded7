/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "handover/crumb.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "machine/breadcrumb.h"

#define CRUMB_MAX 5

/* The folder's own entry has to be on the disk as well, for a file that was just made. */
static void write_line(int dir, const char *line)
{
	gboolean is_new = faccessat(dir, BREADCRUMB_FILE, F_OK, 0) != 0;
	int fd = openat(dir, BREADCRUMB_FILE, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
			0644);

	if (fd < 0)
		return;
	(void)fchmod(fd, 0644); /* a service's umask; everybody may read why a machine hung */
	if (write(fd, line, strlen(line)) == (ssize_t)strlen(line) && fdatasync(fd) == 0 && is_new)
		(void)fsync(dir);
	close(fd);
}

static int open_state_dir(const struct host *host)
{
	return host->state_dir == NULL
		       ? -1
		       : open(host->state_dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

void crumb_drop(struct host *host, const char *guest, const struct step *step, gboolean back,
		guint number)
{
	g_autofree char *boot = root_read(host->root, NULL, "proc/sys/kernel/random/boot_id");
	g_autofree char *driver = step->kind->former(step);
	char none[] = "-";
	struct breadcrumb breadcrumb = {
		.address = step->subject,
		.driver = driver,
		.boot = boot == NULL ? none : boot,
		.pid = getpid(),
		.started = process_started(host->root, getpid()),
		.time = g_get_real_time() / G_USEC_PER_SEC,
		.back = back,
	};
	g_autofree char *name = g_strdup(guest);
	g_autofree char *line = NULL;
	int dir;

	if (number >= CRUMB_MAX || host->state_dir == NULL)
		return;
	if (mkdir(host->state_dir, 0755) != 0 && errno != EEXIST)
		return;
	breadcrumb.guest = name;
	line = breadcrumb_format(&breadcrumb);
	dir = open_state_dir(host);
	if (dir < 0)
		return;
	write_line(dir, line);
	close(dir);
}

void crumb_sweep(struct host *host)
{
	int dir = open_state_dir(host);

	if (dir < 0)
		return;
	(void)unlinkat(dir, BREADCRUMB_FILE, 0); /* mostly there is none */
	close(dir);
}
