/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <glib.h>
#include <stdio.h>

#include "core/root.h"

/*
 * Commands are data: from the one table come parsing, help, the man page and shell completion.
 * One file for each command exports one struct command.
 */
enum command_flags {
	COMMAND_READS = 1 << 0,  /* looks at a machine: takes --root */
	COMMAND_SHOWS = 1 << 1,  /* shows something: takes --json */
	COMMAND_HIDDEN = 1 << 2, /* for hooks and units, not for people */
	COMMAND_LIVE_READ =
		1 << 3 /* reads, and goes on to the live libvirt unless --root is given */
};

/* What the command line said before the command's own options. */
struct invocation {
	const struct command *command;
	const char *root_path; /* "/" without --root */
	gboolean json;
	FILE *out; /* data; everything else goes to standard error */
};

struct command {
	const char *name;
	const char *arguments; /* "GUEST", "NAME", ""; for the usage line */
	guint min_arguments, max_arguments;
	const char *summary;     /* one line */
	const char *description; /* paragraphs, for --help and the man page */
	const char *const
		*examples; /* "command line\0what it does" pairs, NULL-terminated; or NULL */
	unsigned int flags;
	const GOptionEntry *options; /* NULL: none of its own */

	/**
	 * run - do it
	 * @arguments: what is left after options, NULL-terminated
	 *
	 * Return: exit status; or -1 with @error set, which main prints and turns into a status.
	 */
	int (*run)(const struct invocation *invocation, char **arguments, GError **error);
};

/* command_table - all commands, in the order of help; NULL-terminated */
extern const struct command *const command_table[];

/* command_find - by name; NULL if there is none */
const struct command *command_find(const char *name);

/* command_nearest - what was probably meant by @name; NULL if nothing is near */
const struct command *command_nearest(const char *name);
