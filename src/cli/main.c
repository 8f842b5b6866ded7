/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/streams.h"
#include "config.h"
#include "core/error.h"
#include "core/text.h"
#include "guest/names.h"

enum {
	STATUS_USAGE = 2,
	STATUS_FAILED = 3,
};

/* "hotseat --root DIR check" and "hotseat check --root DIR" mean the same. */
struct global_options {
	struct invocation invocation;
	gboolean help, version;
};

static void print_error(const GError *error)
{
	/* it may quote a file that makes no sense */
	g_autofree char *message = g_utf8_make_valid(error->message, -1);

	text_disarm(message);
	fprintf(stderr, "hotseat: %s\n", message);
}

static int fail_usage(const GError *error, const struct command *command)
{
	print_error(error);
	if (command != NULL)
		fprintf(stderr, "Try: hotseat %s --help\n", command->name);
	else
		fputs("Try: hotseat --help\n", stderr);
	return STATUS_USAGE;
}

/* Of a word that is no text GLib says only that it cannot be converted. */
static gboolean parse(GOptionContext *context, char ***arguments, GError **error)
{
	const char *charset;

	if (g_option_context_parse_strv(context, arguments, error))
		return TRUE;
	if (!g_error_matches(*error, G_CONVERT_ERROR, G_CONVERT_ERROR_ILLEGAL_SEQUENCE))
		return FALSE;
	g_clear_error(error);
	g_get_charset(&charset);
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_USAGE,
		    "what stands behind an option is no text in %s, which your locale says "
		    "everything is in",
		    charset);
	return FALSE;
}

static gboolean parse_global(struct global_options *options, char ***arguments, GError **error)
{
	const GOptionEntry entries[] = {
		{ "root", 0, 0, G_OPTION_ARG_FILENAME, &options->invocation.root_path, NULL, NULL },
		{ "json", 0, 0, G_OPTION_ARG_NONE, &options->invocation.json, NULL, NULL },
		{ "help", 'h', 0, G_OPTION_ARG_NONE, &options->help, NULL, NULL },
		{ "version", 'V', 0, G_OPTION_ARG_NONE, &options->version, NULL, NULL },
		{ NULL },
	};
	g_autoptr(GOptionContext) context = g_option_context_new(NULL);

	g_option_context_set_help_enabled(context, FALSE);
	g_option_context_set_strict_posix(context, TRUE);
	g_option_context_add_main_entries(context, entries, NULL);
	return parse(context, arguments, error);
}

static gboolean parse_command(struct global_options *options, const struct command *command,
			      char ***arguments, GError **error)
{
	const GOptionEntry help[] = {
		{ "help", 'h', 0, G_OPTION_ARG_NONE, &options->help, NULL, NULL },
		{ NULL },
	};
	g_autofree GOptionEntry *entries = command_options(command, &options->invocation);
	g_autoptr(GOptionContext) context = g_option_context_new(NULL);

	g_option_context_set_help_enabled(context, FALSE);
	g_option_context_add_main_entries(context, entries, NULL);
	g_option_context_add_main_entries(context, help, NULL);
	return parse(context, arguments, error);
}

/* A global option before the command must be one that the command takes. */
static gboolean check_flags(const struct invocation *invocation, const struct command *command,
			    GError **error)
{
	if (invocation->json && !(command->flags & COMMAND_SHOWS)) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_USAGE, "%s has no --json",
			    command->name);
		return FALSE;
	}
	if (invocation->root_path != NULL && !(command->flags & COMMAND_READS)) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_USAGE,
			    "%s works on this machine only and takes no --root", command->name);
		return FALSE;
	}
	return TRUE;
}

/* "host" is the name of no guest, and passes as one. */
static gboolean check_guest(const struct command *command, char **arguments, GError **error)
{
	return !(command->flags & COMMAND_GUESTS) || arguments[0] == NULL ||
	       guest_name_check(arguments[0], error);
}

static gboolean check_count(const struct command *command, char **arguments, GError **error)
{
	guint count = g_strv_length(arguments);

	if (count < command->min_arguments) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_USAGE, "%s needs %s", command->name,
			    command->arguments);
		return FALSE;
	}
	if (count > command->max_arguments) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_USAGE,
			    "%s does not know what to do with \"%s\"", command->name,
			    arguments[command->max_arguments]);
		return FALSE;
	}
	return TRUE;
}

static int run_command(struct global_options *options, const struct command *command,
		       char ***arguments)
{
	g_autoptr(GError) error = NULL;
	int status;

	options->invocation.command = command;
	if (!parse_command(options, command, arguments, &error))
		return fail_usage(error, command);
	if (options->help) {
		command_print_help(command, stdout);
		return EXIT_SUCCESS;
	}
	/* What is left starts with the program's and the command's name. */
	if (!check_flags(&options->invocation, command, &error) ||
	    !check_count(command, *arguments + 1, &error) ||
	    !check_guest(command, *arguments + 1, &error))
		return fail_usage(error, command);
	if (options->invocation.root_path == NULL)
		options->invocation.root_path = "/";

	status = command->run(&options->invocation, *arguments + 1, &error);
	if (status >= 0)
		return status;
	if (hotseat_error_is(error, HOTSEAT_ERROR_USAGE))
		return fail_usage(error, command);
	print_error(error);
	return hotseat_error_exit_status(error);
}

static int fail_unknown_command(const char *name)
{
	const struct command *nearest = command_nearest(name);

	if (nearest != NULL)
		fprintf(stderr, "hotseat: there is no command \"%s\"; did you mean \"%s\"?\n", name,
			nearest->name);
	else
		fprintf(stderr, "hotseat: there is no command \"%s\"; hotseat --help lists them\n",
			name);
	return STATUS_USAGE;
}

/* drop_first - take the first argument out of the vector */
static void drop_first(char **arguments)
{
	g_free(arguments[0]);
	memmove(arguments, arguments + 1, (g_strv_length(arguments + 1) + 1) * sizeof(*arguments));
}

/*
 * What was to be shown and was lost must not look like success. A command that changes the host
 * has its status from what it did, and the sentence has to do.
 */
static int show_rest(const struct command *command, int status)
{
	g_autoptr(GError) error = NULL;
	gboolean shows = command == NULL || command->flags & (COMMAND_READS | COMMAND_SHOWS);

	if (streams_flush(&error))
		return status;
	print_error(error);
	return shows && status < STATUS_USAGE ? STATUS_FAILED : status;
}

/* run_arguments - @command: what was done, NULL if only something was shown */
static int run_arguments(char **argv, const struct command **command)
{
	struct global_options options = { 0 };
	g_auto(GStrv) arguments = g_strdupv(argv);
	g_autoptr(GError) error = NULL;
	int status;

	if (!parse_global(&options, &arguments, &error))
		return fail_usage(error, NULL);
	if (options.version) {
		puts("hotseat " HOTSEAT_VERSION);
		return EXIT_SUCCESS;
	}
	/* "hotseat help up" is how half of the world asks. */
	if (arguments[1] != NULL && g_str_equal(arguments[1], "help")) {
		options.help = TRUE;
		drop_first(arguments);
	}
	if (arguments[1] == NULL) {
		command_print_overview(options.help ? stdout : stderr);
		return options.help ? EXIT_SUCCESS : STATUS_USAGE;
	}
	*command = command_find(arguments[1]);
	if (*command == NULL)
		return fail_unknown_command(arguments[1]);
	drop_first(arguments);
	status = run_command(&options, *command, &arguments);
	if (options.help)
		*command = NULL;
	return status;
}

int main(int argc, char **argv)
{
	const struct command *command = NULL;
	int status;

	streams_init();
	setlocale(LC_ALL, "");
	status = run_arguments(argv, &command);
	return show_rest(command, status);
}
