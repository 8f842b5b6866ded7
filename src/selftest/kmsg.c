/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "selftest/kmsg.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/error.h"
#include "core/text.h"

#define RECORD_MAX 8192 /* CONSOLE_EXT_LOG_MAX, include/linux/printk.h */
#define LINES_MOST 5000 /* of one look */

struct kmsg {
	int fd;
};

struct kmsg *kmsg_open(const char *path, GError **error)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	struct kmsg *kmsg;

	if (fd < 0 || lseek(fd, 0, SEEK_END) < 0) {
		hotseat_error_set_errno(error, errno, "cannot read the kernel's log, %s", path);
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	kmsg = g_new0(struct kmsg, 1);
	kmsg->fd = fd;
	return kmsg;
}

void kmsg_free(struct kmsg *kmsg)
{
	if (kmsg == NULL)
		return;
	close(kmsg->fd);
	g_free(kmsg);
}

void kmsg_line_free(gpointer data)
{
	struct kmsg_line *line = data;

	g_free(line->text);
	g_free(line);
}

/*
 * "6,1234,5678901,-;the text", then lines with a blank before them that name the device. The number
 * has the facility above three bits of level.
 */
struct kmsg_line *kmsg_parse(const char *record)
{
	const char *text = strchr(record, ';');
	guint level = 0;
	struct kmsg_line *line;

	if (text == NULL || sscanf(record, "%u,", &level) != 1)
		return NULL;
	line = g_new0(struct kmsg_line, 1);
	line->level = (int)(level & 7);
	line->text = g_utf8_make_valid(text + 1, (gssize)strcspn(text + 1, "\n"));
	text_disarm(line->text);
	return line;
}

/* EPIPE: some were overwritten before we came (kernel/printk/printk.c, devkmsg_read()). */
GPtrArray *kmsg_read(struct kmsg *kmsg)
{
	GPtrArray *lines = g_ptr_array_new_with_free_func(kmsg_line_free);
	char record[RECORD_MAX + 1];
	ssize_t n;

	while (lines->len < LINES_MOST) {
		struct kmsg_line *line;

		n = read(kmsg->fd, record, RECORD_MAX);
		if (n < 0 && (errno == EPIPE || errno == EINTR))
			continue;
		if (n <= 0)
			break;
		record[n] = '\0';
		line = kmsg_parse(record);
		if (line != NULL)
			g_ptr_array_add(lines, line);
	}
	return lines;
}
