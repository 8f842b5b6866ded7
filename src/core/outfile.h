/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "core/autoptr.h"
#include "core/error.h"

/*
 * A file for the user that is there as a whole or not at all: written beside its place, then put
 * there. What was not kept leaves nothing behind.
 */
struct outfile;

/**
 * outfile_check_free - may a file be made here? For asking before the work.
 * @force: replacing is what the user wants
 *
 * HOTSEAT_ERROR_REFUSED if it exists.
 */
gboolean outfile_check_free(const char *path, gboolean force, GError **error);

/* outfile_begin - @mode as for open(); NULL with a sentence that names the file */
struct outfile *outfile_begin(const char *path, guint mode, GError **error);

/* outfile_fd - to write to; stays ours */
int outfile_fd(const struct outfile *outfile);

/* outfile_keep - fsync and put in place; without @force an existing file stays, and that is an
 * error */
gboolean outfile_keep(struct outfile *outfile, gboolean force, GError **error);

/* outfile_free - removes what was not kept */
void outfile_free(struct outfile *outfile);
AUTOPTR_DEFINE(outfile)

/* outfile_write - all at once */
gboolean outfile_write(const char *path, const char *text, gboolean force, GError **error);
