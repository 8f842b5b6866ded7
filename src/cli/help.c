/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "cli/command.h"
#include "core/text.h"

void command_print_usage(const struct command *command, FILE *out)
{
	fprintf(out, "usage: hotseat %s [options]%s%s\n", command->name,
		command->arguments[0] == '\0' ? "" : " ", command->arguments);
}

static void print_option(const GOptionEntry *option, FILE *out)
{
	g_autofree char *text = g_strdup_printf(
		"--%s%s%s", option->long_name, option->arg_description == NULL ? "" : " ",
		option->arg_description == NULL ? "" : option->arg_description);

	fprintf(out, "  %-22s %s\n", text, option->description);
}

void command_print_help(const struct command *command, FILE *out)
{
	g_autofree GOptionEntry *options = command_options(command, NULL);
	g_auto(GStrv) paragraphs = g_strsplit(command->description, "\n\n", -1);

	fprintf(out, "hotseat %s - %s\n\n", command->name, command->summary);
	command_print_usage(command, out);
	for (guint i = 0; paragraphs[i] != NULL; i++) {
		fputc('\n', out);
		text_print_wrapped(out, paragraphs[i], 0, 0);
	}
	fputs("\nOptions:\n", out);
	for (guint i = 0; options[i].long_name != NULL; i++)
		print_option(&options[i], out);
	fprintf(out, "  %-22s %s\n", "--help", "Print this");
	if (command->examples != NULL)
		fputs("\nExamples:\n", out);
	for (guint i = 0; command->examples != NULL && command->examples[i] != NULL; i += 2) {
		fprintf(out, "  %s\n", command->examples[i]);
		fputs("      ", out);
		text_print_wrapped(out, command->examples[i + 1], 6, 6);
	}
}

void command_print_overview(FILE *out)
{
	fputs("usage: hotseat COMMAND [options] [arguments]\n\n"
	      "Two computers on one seat: lends a graphics card to a virtual machine and takes it\n"
	      "back, and moves keyboard and mouse between the two with one chord.\n\n",
	      out);
	for (guint i = 0; command_table[i] != NULL; i++) {
		if (!(command_table[i]->flags & COMMAND_HIDDEN))
			fprintf(out, "  %-10s %s\n", command_table[i]->name,
				command_table[i]->summary);
	}
	fputs("\nhotseat COMMAND --help explains a command; man hotseat has it all.\n"
	      "Start with: hotseat check\n",
	      out);
}
