/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/judging.h"
#include "core/diff.h"
#include "core/error.h"
#include "fix/fix.h"
#include "guest/virt.h"

static const char *const examples[] = {
	"hotseat fix win10.xml",
	"Show what would be mended, rule by rule and as a difference, and ask before it is "
	"written.",
	"hotseat fix --also TM-01,NW-01 --yes win10.xml",
	"Mend it without asking, with two mends that are a choice.",
	"sudo hotseat fix --guest win10",
	"The same for a guest of this machine, with a look at its disk images.",
	"hotseat fix --output mended.xml win10.xml",
	"Leave the file as it is.",
	NULL,
};

static struct {
	char *guest, *output, *also, *never;
	gboolean yes, host;
} wanted;

static const GOptionEntry options[] = {
	{ "guest", 0, 0, G_OPTION_ARG_STRING, &wanted.guest,
	  "Mend a guest of this machine instead of a file", "NAME" },
	{ "also", 0, 0, G_OPTION_ARG_STRING, &wanted.also,
	  "Mend what is a choice as well: ids of rules, or all", "RULE[,RULE]" },
	{ "never", 0, 0, G_OPTION_ARG_STRING, &wanted.never, "Leave these alone", "RULE[,RULE]" },
	{ "output", 0, 0, G_OPTION_ARG_FILENAME, &wanted.output,
	  "Write to this file, which must not be there yet", "FILE" },
	{ "host", 0, 0, G_OPTION_ARG_NONE, &wanted.host,
	  "Mend for this machine: look at its processors, inputs and disk images", NULL },
	{ "yes", 0, 0, G_OPTION_ARG_NONE, &wanted.yes, "Do not ask before it is written", NULL },
	{ NULL },
};

static void print_fixed(const struct fixed *fixed, const char *subject)
{
	guint choices = 0;

	printf("%s: %u mended, %u left\n\n", subject, fixed->changes->len, fixed->left->len);
	for (guint i = 0; i < fixed->changes->len; i++) {
		const struct fix_change *change = g_ptr_array_index(fixed->changes, i);

		printf("mended %-6s %s (%s)\n", change->rule->id, change->did,
		       change->rule->source);
	}
	for (guint i = 0; i < fixed->left->len; i++) {
		const struct fix_left *left = g_ptr_array_index(fixed->left, i);
		gboolean choice = left->why == FIX_LEFT_CHOICE;

		choices += choice;
		printf("%s %-6s line %u: %s\n", choice ? "choice" : "left  ", left->rule->id,
		       left->line, left->said);
	}
	if (choices > 0)
		printf("\nA choice is made with --also RULE: it does what its line says.\n");
}

static void add_items(JsonBuilder *json, const struct fixed *fixed)
{
	json_builder_set_member_name(json, "changes");
	json_builder_begin_array(json);
	for (guint i = 0; i < fixed->changes->len; i++) {
		const struct fix_change *change = g_ptr_array_index(fixed->changes, i);

		json_builder_begin_object(json);
		json_add_string(json, "rule", change->rule->id);
		json_add_string(json, "did", change->did);
		json_builder_end_object(json);
	}
	json_builder_end_array(json);
	json_builder_set_member_name(json, "left");
	json_builder_begin_array(json);
	for (guint i = 0; i < fixed->left->len; i++) {
		const struct fix_left *left = g_ptr_array_index(fixed->left, i);

		json_builder_begin_object(json);
		json_add_string(json, "rule", left->rule->id);
		json_add_int(json, "line", left->line);
		json_add_string(json, "said", left->said);
		json_builder_set_member_name(json, "choice");
		json_builder_add_boolean_value(json, left->why == FIX_LEFT_CHOICE);
		json_builder_end_object(json);
	}
	json_builder_end_array(json);
}

static void print_json(const struct fixed *fixed, const char *subject, const char *diff)
{
	g_autoptr(JsonBuilder) json = json_builder_new();

	json_builder_begin_object(json);
	json_add_string(json, "subject", subject);
	add_items(json, fixed);
	json_add_string(json, "diff", diff);
	json_builder_end_object(json);
	json_print(json, stdout);
}

/* The way back: the text as it was, beside the file, under a name that nobody has. */
static gboolean keep_old(const char *path, const char *text, gsize length, char **kept,
			 GError **error)
{
	for (guint i = 0; i < 1000; i++) {
		g_autofree char *name = i == 0 ? g_strconcat(path, ".orig", NULL)
					       : g_strdup_printf("%s.orig%u", path, i);
		FILE *out = fopen(name, "wxe");

		if (out == NULL && errno == EEXIST)
			continue;
		if (out == NULL || fwrite(text, 1, length, out) != length) {
			hotseat_error_set_errno(error, errno, "cannot write %s", name);
			if (out != NULL)
				fclose(out);
			return FALSE;
		}
		fclose(out);
		*kept = g_steal_pointer(&name);
		return TRUE;
	}
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED,
		    "there are a thousand old versions of %s already", path);
	return FALSE;
}

static gboolean write_file(const char *path, const struct fixed *fixed, GError **error)
{
	g_autofree char *old_text = NULL, *kept = NULL;
	gsize length;
	GStatBuf info;

	if (g_stat(path, &info) != 0 || !g_file_get_contents(path, &old_text, &length, NULL) ||
	    !keep_old(path, old_text, length, &kept, error) ||
	    !g_file_set_contents_full(path, fixed->text, -1, G_FILE_SET_CONTENTS_CONSISTENT,
				      (int)(info.st_mode & 07777), error)) {
		if (error != NULL && *error == NULL)
			hotseat_error_set_errno(error, errno, "cannot write %s", path);
		return FALSE;
	}
	printf("%s is written; as it was: %s\n", path, kept);
	return TRUE;
}

static gboolean write_new(const char *path, const struct fixed *fixed, GError **error)
{
	FILE *out = fopen(path, "wxe");

	if (out == NULL || fputs(fixed->text, out) == EOF || fflush(out) != 0) {
		hotseat_error_set_errno(error, errno, "cannot write %s", path);
		if (out != NULL)
			fclose(out);
		return FALSE;
	}
	fclose(out);
	printf("%s is written.\n", path);
	return TRUE;
}

static gboolean write_guest(const char *name, const char *old_text, const struct fixed *fixed,
			    GError **error)
{
	autoptr(virt) virt = virt_open(error);
	g_autofree char *uuid = NULL, *kept = NULL;
	g_autofree char *path = g_strdup_printf("%s.xml", name);

	if (virt == NULL || !keep_old(path, old_text, strlen(old_text), &kept, error) ||
	    !virt_define(virt, fixed->text, &uuid, error))
		return FALSE;
	printf("From its next start on %s is as shown; as it was: %s (virsh define brings it "
	       "back).\n",
	       name, kept);
	return TRUE;
}

static int put_away(const char *path, const char *old_text, const struct fixed *fixed,
		    gboolean as_json, GError **error)
{
	gboolean done;

	if (wanted.output != NULL)
		return write_new(wanted.output, fixed, error) ? EXIT_SUCCESS : -1;
	if (fixed->changes->len == 0 || g_strcmp0(path, "-") == 0)
		return EXIT_SUCCESS;
	if (!wanted.yes && (as_json || !judging_ask("Write it?"))) {
		if (!as_json)
			puts("Nothing is written.");
		return EXIT_SUCCESS;
	}
	done = wanted.guest != NULL ? write_guest(wanted.guest, old_text, fixed, error)
				    : write_file(path, fixed, error);
	return done ? EXIT_SUCCESS : -1;
}

static struct fixed *mend(const struct invocation *invocation, const char *text, gsize length,
			  GError **error)
{
	gboolean look = wanted.guest != NULL || wanted.host;
	g_auto(GStrv) also = wanted.also != NULL ? g_strsplit(wanted.also, ",", -1) : NULL;
	g_auto(GStrv) never = wanted.never != NULL ? g_strsplit(wanted.never, ",", -1) : NULL;
	g_autoptr(GError) no_schema = NULL;
	autoptr(schema) schema = schema_open(SCHEMA_INSTALLED, &no_schema);
	autoptr(machine) machine = NULL;
	struct fix_wish wish = { .schema = schema, .also = also, .never = never };

	if (look || !g_str_equal(invocation->root_path, "/")) {
		machine = machine_open(invocation->root_path, MACHINE_ALL, error);
		if (machine == NULL)
			return NULL;
	}
	if (schema == NULL)
		fprintf(stderr, "The form is not checked: %s\n", no_schema->message);
	wish.machine = machine;
	wish.images = look && g_str_equal(invocation->root_path, "/");
	return fix(text, length, &wish, error);
}

static gboolean check_rules(const char *list, GError **error)
{
	g_auto(GStrv) ids = g_strsplit(list != NULL ? list : "all", ",", -1);

	for (guint i = 0; ids[i] != NULL; i++) {
		if (g_str_equal(ids[i], "all") || domain_rule_named(ids[i]) != NULL)
			continue;
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_USAGE,
			    "\"%s\" is no rule's id; they look like TM-01", ids[i]);
		return FALSE;
	}
	return TRUE;
}

static int run(const struct invocation *invocation, char **arguments, GError **error)
{
	const char *subject = wanted.guest != NULL ? wanted.guest : arguments[0];
	g_autoptr(GBytes) bytes = NULL;
	autoptr(fixed) fixed = NULL;
	g_autofree char *diff = NULL, *old_text = NULL, *new_name = NULL;

	if ((wanted.guest == NULL) == (arguments[0] == NULL)) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_USAGE,
			    "fix needs a file, - or --guest NAME, and not both");
		return -1;
	}
	if (!check_rules(wanted.also, error) || !check_rules(wanted.never, error))
		return -1;
	bytes = wanted.guest != NULL ? judging_read_guest(wanted.guest, error)
				     : judging_read_text(subject, error);
	if (bytes == NULL)
		return -1;
	old_text = g_strndup(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
	fixed = mend(invocation, old_text, g_bytes_get_size(bytes), error);
	if (fixed == NULL) {
		g_prefix_error(error, "%s cannot be mended: ", subject);
		return -1;
	}
	new_name = g_strdup_printf("%s (mended)", subject);
	diff = diff_unified(old_text, fixed->text, subject, new_name);
	if (invocation->json) {
		print_json(fixed, subject, diff);
	} else {
		print_fixed(fixed, subject);
		printf("%s%s", diff[0] != '\0' ? "\n" : "", diff);
	}
	return put_away(arguments[0], old_text, fixed, invocation->json, error);
}

const struct command command_fix = {
	.name = "fix",
	.arguments = "FILE",
	.max_arguments = 1,
	.summary = "Mend a guest's XML by the rules of lint",
	.description =
		"Mends what can be mended without asking, names the rule for each change, shows "
		"all of them as a difference and asks before anything is written. Comments, order, "
		"uuid, MAC addresses and whatever it does not understand stay as they are, byte "
		"for byte. The text as it was is kept beside the file as FILE.orig.\n\n"
		"Where somebody may want it as it is, or an installed Windows would mind, the mend "
		"is a choice: it is named, and done with --also RULE. A disk's type is changed "
		"only after a look at the image, so with --guest or --host; the bus of an "
		"installed disk never.\n\n"
		"Each mend is checked before it stays: the finding is gone, nothing else has "
		"become "
		"broken or risky, and libvirt's schema takes the result if it took what was there. "
		"Doing it twice changes nothing. What is not well-formed is not mended; see "
		"hotseat import.",
	.examples = examples,
	.flags = COMMAND_READS | COMMAND_SHOWS,
	.options = options,
	.run = run,
};
