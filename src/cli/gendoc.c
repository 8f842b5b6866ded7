/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Prints the man page's middle (scdoc) and the shells' completions from the command table, and the
 * pages about rules and games from theirs, so that none of them can say anything else than the
 * program does.
 */
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "fix/mend.h"
#include "rules/config.h"
#include "rules/explain.h"
#include "rules/facts.h"
#include "rules/games.h"
#include "rules/rules.h"

static gboolean is_public(const struct command *command)
{
	return !(command->flags & COMMAND_HIDDEN);
}

/* scdoc takes underscores and asterisks for markup. */
static char *escape(const char *text)
{
	GString *escaped = g_string_new(NULL);

	for (; *text != '\0'; text++) {
		if (strchr("_*\\#~", *text) != NULL)
			g_string_append_c(escaped, '\\');
		g_string_append_c(escaped, *text);
	}
	return g_string_free(escaped, FALSE);
}

static void man_options(const struct command *command)
{
	g_autofree GOptionEntry *options = command_options(command, NULL);

	for (guint i = 0; options[i].long_name != NULL; i++) {
		g_autofree char *description = escape(options[i].description);

		printf("*--%s*%s%s%s\n\t%s.\n\n", options[i].long_name,
		       options[i].arg_description == NULL ? "" : " _",
		       options[i].arg_description == NULL ? "" : options[i].arg_description,
		       options[i].arg_description == NULL ? "" : "_", description);
	}
}

static void man_examples(const struct command *command)
{
	for (guint i = 0; command->examples != NULL && command->examples[i] != NULL; i += 2) {
		g_autofree char *what = escape(command->examples[i + 1]);

		printf("```\n%s\n```\n\n%s\n\n", command->examples[i], what);
	}
}

static void man_command(const struct command *command)
{
	g_auto(GStrv) paragraphs = g_strsplit(command->description, "\n\n", -1);
	g_autofree char *summary = escape(command->summary);

	printf("## %s%s%s\n\n%s.\n\n", command->name, command->arguments[0] == '\0' ? "" : " ",
	       command->arguments, summary);
	for (guint i = 0; paragraphs[i] != NULL; i++) {
		g_autofree char *paragraph = escape(paragraphs[i]);

		printf("%s\n\n", paragraph);
	}
	man_options(command);
	man_examples(command);
}

static void print_man(void)
{
	for (guint i = 0; command_table[i] != NULL; i++) {
		if (is_public(command_table[i]))
			man_command(command_table[i]);
	}
}

static void print_names(const char *separator)
{
	const char *between = "";

	for (guint i = 0; command_table[i] != NULL; i++) {
		if (!is_public(command_table[i]))
			continue;
		printf("%s%s", between, command_table[i]->name);
		between = separator;
	}
}

static void print_bash(void)
{
	puts("# bash completion for hotseat\n"
	     "_hotseat() {\n"
	     "\tlocal cur=${COMP_WORDS[COMP_CWORD]} command= word options= guests=\n"
	     "\tfor word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
	     "\t\t[[ $word != -* ]] && command=$word && break\n"
	     "\tdone\n"
	     "\tcase $command in");
	for (guint i = 0; command_table[i] != NULL; i++) {
		g_autofree GOptionEntry *options = command_options(command_table[i], NULL);

		if (!is_public(command_table[i]))
			continue;
		printf("\t%s) options='--help", command_table[i]->name);
		for (guint j = 0; options[j].long_name != NULL; j++)
			printf(" --%s", options[j].long_name);
		printf("'%s ;;\n", command_table[i]->flags & COMMAND_GUESTS ? " guests=yes" : "");
	}
	fputs("\t*) options='", stdout);
	print_names(" ");
	puts(" --help --version' ;;\n"
	     "\tesac\n"
	     "\t[[ $guests ]] && options+=\" $(hotseat list 2>/dev/null | awk 'NR > 1 { print $1 "
	     "}')\"\n"
	     "\tmapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$cur\")\n"
	     "\t[[ $cur == */* ]] && compopt -o default\n"
	     "\treturn 0\n"
	     "}\n"
	     "complete -o default -F _hotseat hotseat");
}

/* escape_quotes - for a text between single quotes */
static char *escape_quotes(const char *text)
{
	g_auto(GStrv) parts = g_strsplit(text, "'", -1);

	return g_strjoinv("'\\''", parts);
}

static void print_zsh(void)
{
	puts("#compdef hotseat\n"
	     "# zsh completion for hotseat\n"
	     "_hotseat() {\n"
	     "\tlocal -a commands\n"
	     "\tcommands=(");
	for (guint i = 0; command_table[i] != NULL; i++) {
		g_autofree char *summary = escape_quotes(command_table[i]->summary);

		if (is_public(command_table[i]))
			printf("\t\t'%s:%s'\n", command_table[i]->name, summary);
	}
	puts("\t)\n"
	     "\tif (( CURRENT == 2 )); then\n"
	     "\t\t_describe command commands\n"
	     "\t\treturn\n"
	     "\tfi\n"
	     "\tcase $words[2] in");
	for (guint i = 0; command_table[i] != NULL; i++) {
		g_autofree GOptionEntry *options = command_options(command_table[i], NULL);

		if (!is_public(command_table[i]))
			continue;
		printf("\t%s) _arguments '--help[Print help]'", command_table[i]->name);
		for (guint j = 0; options[j].long_name != NULL; j++) {
			g_autofree char *text = escape_quotes(options[j].description);

			printf(" \\\n\t\t'--%s[%s]%s'", options[j].long_name, text,
			       options[j].arg_description == NULL ? "" : ":value:_files");
		}
		if (command_table[i]->flags & COMMAND_GUESTS)
			fputs(" \\\n\t\t'*:guest:($(hotseat list 2>/dev/null | awk \"NR > 1 { "
			      "print \\$1 }\"))'",
			      stdout);
		puts(" ;;");
	}
	puts("\tesac\n"
	     "}\n"
	     "_hotseat \"$@\"");
}

static void print_fish(void)
{
	puts("# fish completion for hotseat");
	for (guint i = 0; command_table[i] != NULL; i++) {
		g_autofree GOptionEntry *options = command_options(command_table[i], NULL);
		g_autofree char *summary = escape_quotes(command_table[i]->summary);
		const char *name = command_table[i]->name;

		if (!is_public(command_table[i]))
			continue;
		printf("complete -c hotseat -f -n __fish_use_subcommand -a %s -d '%s'\n", name,
		       summary);
		for (guint j = 0; options[j].long_name != NULL; j++) {
			g_autofree char *text = escape_quotes(options[j].description);

			printf("complete -c hotseat -n '__fish_seen_subcommand_from %s' -l %s%s "
			       "-d '%s'\n",
			       name, options[j].long_name,
			       options[j].arg_description == NULL ? "" : " -r", text);
		}
		if (command_table[i]->flags & COMMAND_GUESTS)
			printf("complete -c hotseat -f -n '__fish_seen_subcommand_from %s' -a "
			       "\"(hotseat list 2>/dev/null | awk 'NR > 1 { print \\$1 }')\"\n",
			       name);
	}
}

/* What an id's letters stand for, in the order of the page. */
static const struct {
	const char *letters, *heading;
} subjects[] = {
	{ "FW", "Firmware and kernel" },
	{ "GR", "IOMMU groups" },
	{ "BD", "Binding" },
	{ "UB", "Unbinding" },
	{ "RS", "Reset" },
	{ "PW", "Power" },
	{ "BL", "Boot loaders" },
	{ "MM", "Memory" },
	{ "PN", "Placement" },
	{ "IN", "Keyboards and mice" },
	{ "AU", "Sound" },
	{ "DD", "Monitors" },
	{ "HS", "What Hotseat wants of a host" },
};

static void print_rule(const struct rule *rule)
{
	printf("### %s: %s\n\n%s\n\n", rule->id, rule->title, rule->why);
	printf("* If it does not hold: %s\n", severity_name(rule->severity));
	if (rule->remedy != NULL)
		printf("* What mends it: %s\n", rule->remedy);
	printf("* How well it is known: %s\n* Source: %s\n\n", rule_tag_words(rule->tag),
	       rule->source);
}

static void print_facts(void)
{
	gsize n = 0;
	const struct fact *facts = facts_table(&n);

	puts("## Facts without a rule\n\n"
	     "What is known about hosts and not judged by `check`, and who sees to it.\n\n"
	     "| Id | Fact | What comes of it |\n| --- | --- | --- |");
	for (gsize i = 0; i < n; i++)
		printf("| %s | %s | %s |\n", facts[i].id, facts[i].words, facts[i].where);
}

static void print_rules(void)
{
	const struct rule *rule;

	puts("# Rules\n\n"
	     "What `hotseat check` judges a machine by. Each rule says what should hold; the "
	     "severity is that of the usual case, and `check` may find a milder one. An id keeps "
	     "its "
	     "meaning for ever.\n");
	for (gsize i = 0; i < G_N_ELEMENTS(subjects); i++) {
		printf("## %s\n\n", subjects[i].heading);
		for (gsize j = 0; (rule = rules_host(j)) != NULL; j++) {
			if (g_str_has_prefix(rule->id, subjects[i].letters))
				print_rule(rule);
		}
	}
	print_facts();
}

/* Domain rules and those for other files, by the letters of their ids, as they stand in the tables.
 */
static const char *heading_of(const char *id)
{
	static const struct {
		const char *letters, *heading;
	} own[] = {
		{ "DO", "The text itself" },
		{ "DX", "Machine and firmware" },
		{ "SD", "Machine and firmware" },
		{ "CP", "Processors" },
		{ "HV", "Hyper-V and KVM" },
		{ "CD", "Hyper-V and KVM" },
		{ "TM", "Clocks and timers" },
		{ "WN", "Windows" },
		{ "ST", "Disks" },
		{ "NW", "Network" },
		{ "HD", "Passed devices" },
		{ "VD", "Emulated screens" },
		{ "US", "USB" },
		{ "LG", "Looking Glass" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(own); i++) {
		if (g_str_has_prefix(id, own[i].letters))
			return own[i].heading;
	}
	for (gsize i = 0; i < G_N_ELEMENTS(subjects); i++) {
		if (g_str_has_prefix(id, subjects[i].letters))
			return subjects[i].heading;
	}
	return "Others";
}

static void print_domain_rule(const struct domain_rule *rule)
{
	const struct mend *mend = mend_of(&rule->rule);

	print_rule(&rule->rule);
	if (rule->rule.versions != NULL)
		printf("* Versions: %s\n", rule->rule.versions);
	if (rule->fix != NULL)
		printf("* What mends it: `%s`\n", rule->fix);
	if (mend != NULL)
		printf("* `hotseat fix`: %s, %s\n", mend->did,
		       mend->choice ? "if asked to" : "without asking");
	putchar('\n');
}

static void print_lint(void)
{
	const char *last = NULL;

	puts("# Rules for guests\n\n"
	     "What `hotseat lint` judges libvirt domains by, what `hotseat fix` does about it, and "
	     "the rules for hooks and host configuration. A severity is that of the usual case.\n");
	for (gsize i = 0; domain_rule_tables[i] != NULL; i++) {
		for (gsize k = 0; k < domain_rule_tables[i]->n_rules; k++) {
			const struct domain_rule *rule = &domain_rule_tables[i]->rules[k];
			const char *heading = heading_of(rule->rule.id);

			if (last == NULL || !g_str_equal(last, heading))
				printf("## %s\n\n", heading);
			last = heading;
			print_domain_rule(rule);
		}
	}
	puts("## Hooks and host configuration\n");
	for (gsize i = 0; i < n_config_rules; i++) {
		print_rule(&config_rules[i].rule);
		printf("* What mends it: %s\n\n", config_rules[i].fix);
	}
}

static void print_log_rule(const struct log_rule *rule)
{
	static const char *const sure[] = {
		[SURE_CERTAIN] = "certain", [SURE_LIKELY] = "likely", [SURE_POSSIBLE] = "possible"
	};

	printf("### %s (%s): %s\n\n", rule->rule.id, rule->rule.remedy, rule->meaning);
	for (gsize i = 0; rule->match[i] != NULL; i++)
		printf("* Looks for: `%s`\n", rule->match[i]);
	printf("* How sure: %s%s\n* What to do: %s\n* How well it is known: %s\n* Source: "
	       "%s\n\n",
	       sure[rule->sure], rule->vague ? ", where no other rule explains the lines" : "",
	       rule->next, rule_tag_words(rule->rule.tag), rule->rule.source);
}

static void print_logs(void)
{
	puts("# Messages and their causes\n\n"
	     "What `hotseat explain` knows in logs of the kernel, libvirt, QEMU and what is around "
	     "them.\n\n"
	     "A message is looked at in small letters, with straight quotes and single spaces, "
	     "and put together again where it was wrapped. It must have all that stands around "
	     "`&`; `|` is where a word begins or ends, and `!` stands before what it must not "
	     "have. Rules that speak only where no other does say so.\n");
	for (gsize i = 0; log_rule_tables[i] != NULL; i++) {
		for (gsize k = 0; k < log_rule_tables[i]->n_rules; k++)
			print_log_rule(&log_rule_tables[i]->rules[k]);
	}
}

static void print_games(void)
{
	gsize n = 0;
	const struct game *games = games_table(&n);

	puts("# Games that refuse virtual machines\n\n"
	     "What players and makers reported, with where and when. It changes with every season: "
	     "look at the source before you buy or install. Hotseat does not help to hide a "
	     "virtual "
	     "machine; accounts are banned for that.\n\n"
	     "| Game | Its guard | What happens | Source | Date |\n"
	     "| --- | --- | --- | --- | --- |");
	for (gsize i = 0; i < n; i++)
		printf("| %s | %s | %s | %s | %s |\n", games[i].name, games[i].guard,
		       games[i].effect, games[i].source, games[i].date);
}

static const struct {
	const char *name;
	void (*print)(void);
} products[] = {
	{ "man", print_man },   { "bash", print_bash },   { "zsh", print_zsh },
	{ "fish", print_fish }, { "rules", print_rules }, { "lint", print_lint },
	{ "logs", print_logs }, { "games", print_games },
};

int main(int argc, char **argv)
{
	for (guint i = 0; argc == 2 && i < G_N_ELEMENTS(products); i++) {
		if (g_str_equal(argv[1], products[i].name)) {
			products[i].print();
			return EXIT_SUCCESS;
		}
	}
	fputs("usage: gendoc man|bash|zsh|fish|rules|lint|logs|games\n", stderr);
	return 2;
}
