/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <glib.h>
#include <stdio.h>

/*
 * Commands are data: from the one table come parsing, help, the man page and shell completion.
 * One file for each command exports one struct command.
 */
enum command_flags {
	COMMAND_READS = 1 << 0,  /* looks at a machine: takes --root */
	COMMAND_SHOWS = 1 << 1,  /* shows something: takes --json */
	COMMAND_HIDDEN = 1 << 2, /* for hooks and units, not for people */
	COMMAND_GUESTS = 1 << 3, /* its argument is a guest: completed from libvirt */
};

/* What the command line said besides the command's own options. */
struct invocation {
	const struct command *command;
	const char *root_path; /* "/" without --root */
	gboolean json;
};

struct command {
	const char *name;
	const char *arguments; /* "GUEST", "NAME", ""; for the usage line */
	guint min_arguments, max_arguments;
	const char *summary;         /* one line, without a full stop */
	const char *description;     /* paragraphs, separated by empty lines */
	const char *const *examples; /* command line, what it does, …, NULL; or NULL */
	unsigned int flags;
	const GOptionEntry *options; /* NULL: none of its own */

	/**
	 * run - do it
	 * @arguments: what is left after options, NULL-terminated
	 *
	 * Data goes to standard output, everything else to standard error.
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

/* command_print_usage - "usage: hotseat check [options]" */
void command_print_usage(const struct command *command, FILE *out);

/* command_print_help - everything about one command */
void command_print_help(const struct command *command, FILE *out);

/* command_print_overview - every command in a line */
void command_print_overview(FILE *out);

/**
 * command_options - all options that a command takes, its own and those of its flags
 *
 * Return: array of GOptionEntry, ended by an empty one; free with g_free(). The shared entries
 * store into @invocation; NULL if they are only wanted for help.
 */
GOptionEntry *command_options(const struct command *command, struct invocation *invocation);
