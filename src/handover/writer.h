/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "core/autoptr.h"

/*
 * A process that writes for us, so that a write() which never comes back takes only that process
 * along. It is started with the first write and does all later ones.
 */
struct writer;

/* writer_new - @root: descriptor of the folder that paths are below; stays the caller's */
struct writer *writer_new(int root);

/* writer_free - ends the process, unless it hangs in the kernel: then it ends when that lets it */
void writer_free(struct writer *writer);
AUTOPTR_DEFINE(writer)

/**
 * writer_write - have a value written to an existing file, in one write()
 * @lock:    a descriptor that is kept open until the kernel has answered, whatever becomes of this
 *           process meanwhile; -1: none
 * @seconds: how long to wait for the answer
 *
 * Return: 0 or an errno; ETIMEDOUT if there was no answer, ECONNRESET if the writer was killed.
 * After these two this writer is of no use, and what became of the write is to be seen at the
 * device.
 */
int writer_write(struct writer *writer, const char *path, const char *value, int lock,
		 guint seconds);

/* writer_value - the write itself, by this process: 0 or an errno */
int writer_value(int root, const char *path, const char *value);
