/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>

#include "cli/commands.h"
#include "cli/judging.h"
#include "core/error.h"
#include "rules/domain.h"
#include "rules/lint.h"

static const char *const examples[] = {
	"hotseat lint win10.xml",
	"What is wrong, risky, slow or outdated in a guest's definition, with line and column.",
	"hotseat lint --guest win10",
	"The same for a guest of this machine, judged against its cards, processors and memory.",
	"hotseat lint --host win10.xml /etc/libvirt/hooks/qemu /etc/default/grub",
	"Several files, against this machine; what each of them is, is found by looking.",
	"virsh dumpxml win10 | hotseat --json lint -",
	"From standard input, for programs.",
	"hotseat lint --why win10.xml",
	"With why, and the source of each rule: for whoever was told otherwise by a guide.",
	NULL,
};

static char *guest_name, *schema_path;
static gboolean against_host, with_why;

static const GOptionEntry options[] = {
	{ "guest", 0, 0, G_OPTION_ARG_STRING, &guest_name,
	  "Judge a guest of this machine instead of a file", "NAME" },
	{ "host", 0, 0, G_OPTION_ARG_NONE, &against_host,
	  "Judge against this machine: its cards, processors, memory and files", NULL },
	{ "schema", 0, 0, G_OPTION_ARG_FILENAME, &schema_path,
	  "Check the form by this schema of libvirt (default: " SCHEMA_INSTALLED ")", "FILE" },
	{ "why", 0, 0, G_OPTION_ARG_NONE, &with_why,
	  "Say with each finding why, where that was read, and what versions it holds for", NULL },
	{ NULL },
};

/* One text that is judged, and what came of it. */
struct report {
	const char *subject;
	enum lint_kind kind;
	GPtrArray *findings;
};

static void report_clear(gpointer data)
{
	g_ptr_array_unref(((struct report *)data)->findings);
}

/* What texts are judged against. */
struct bench {
	struct machine *machine; /* NULL: the text alone */
	struct schema *schema;   /* NULL: not there */
	GError *no_schema;
};

static void bench_clear(struct bench *bench)
{
	machine_free(bench->machine);
	schema_free(bench->schema);
	g_clear_error(&bench->no_schema);
}

/* Loading the schema takes longer than judging a domain: only for the first that needs it. */
static const struct schema *bench_schema(struct bench *bench, enum lint_kind kind)
{
	if (kind == LINT_DOMAIN && bench->schema == NULL && bench->no_schema == NULL)
		bench->schema = schema_open(SCHEMA_INSTALLED, &bench->no_schema);
	return kind == LINT_DOMAIN ? bench->schema : NULL;
}

static gboolean add_report(GArray *reports, const char *subject, GBytes *text, struct bench *bench,
			   GError **error)
{
	gsize length;
	const char *data = g_bytes_get_data(text, &length);
	struct report report = { .subject = subject };

	report.kind = lint_kind_of(data != NULL ? data : "", length);
	report.findings = lint_judge(data != NULL ? data : "", length, bench->machine,
				     bench_schema(bench, report.kind), error);
	if (report.findings == NULL) {
		g_prefix_error(error, "%s cannot be judged: ", subject);
		return FALSE;
	}
	if (report.kind == LINT_DOMAIN && bench->no_schema != NULL)
		domain_note_unchecked(report.findings, bench->no_schema->message);
	g_array_append_val(reports, report);
	return TRUE;
}

static int print_reports(const GArray *reports, gboolean as_json)
{
	g_autoptr(JsonBuilder) json = json_builder_new();
	guint broken = 0;

	json_builder_begin_array(json);
	for (guint i = 0; i < reports->len; i++) {
		const struct report *report = &g_array_index(reports, struct report, i);

		broken += findings_count(report->findings, SEVERITY_BROKEN);
		if (as_json)
			findings_add_json(json, report->findings, report->subject);
		else if (i > 0)
			fputc('\n', stdout);
		if (!as_json)
			findings_print_text(report->findings, report->subject, report->kind,
					    with_why, stdout);
	}
	json_builder_end_array(json);
	if (as_json)
		json_print(json, stdout);
	return broken > 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* open_machine - what to judge against; NULL without @error: the text alone */
static struct machine *open_machine(const struct invocation *invocation, GError **error)
{
	gboolean live = g_str_equal(invocation->root_path, "/");
	struct root *root;

	if (live && !against_host && guest_name == NULL)
		return NULL;
	root = root_open(invocation->root_path, error);
	return root == NULL ? NULL : machine_read(root, MACHINE_ALL, error);
}

static int run(const struct invocation *invocation, char **arguments, GError **error)
{
	g_autoptr(GArray) reports = g_array_new(FALSE, FALSE, sizeof(struct report));
	g_autoptr(GError) problem = NULL;
	__attribute__((cleanup(bench_clear))) struct bench bench = { 0 };
	int status;

	g_array_set_clear_func(reports, report_clear);
	if ((guest_name == NULL) == (arguments[0] == NULL)) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_USAGE,
			    "lint needs files, - or --guest NAME, and not both");
		return -1;
	}
	bench.machine = open_machine(invocation, &problem);
	if (problem != NULL) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_UNREADABLE, "%s", problem->message);
		return -1;
	}
	/* one that was asked for must be there; libvirt's own may be missing */
	if (schema_path != NULL) {
		bench.schema = schema_open(schema_path, &problem);
		if (bench.schema == NULL) {
			g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_UNREADABLE, "%s",
				    problem->message);
			return -1;
		}
	}
	if (guest_name != NULL) {
		g_autoptr(GBytes) text = judging_read_guest(guest_name, error);

		if (text == NULL || !add_report(reports, guest_name, text, &bench, error))
			return -1;
	}
	/* One file that cannot be read does not keep the others from being judged. */
	for (guint i = 0; arguments[i] != NULL; i++) {
		g_autoptr(GBytes) text =
			judging_read_text(arguments[i], problem == NULL ? &problem : NULL);

		if (text != NULL)
			add_report(reports, arguments[i], text, &bench,
				   problem == NULL ? &problem : NULL);
	}
	status = print_reports(reports, invocation->json);
	if (problem == NULL)
		return status;
	g_propagate_error(error, g_steal_pointer(&problem));
	return -1;
}

const struct command command_lint = {
	.name = "lint",
	.arguments = "FILE...",
	.max_arguments = G_MAXUINT,
	.summary = "Judge a guest's XML, hooks and host configuration by rules",
	.description =
		"Reads libvirt domain XML and says what is broken, risky, slow, obsolete or bad "
		"style in it: with line and column, what stands there, why, and what to write "
		"instead. Hooks and host configuration (modprobe.d, kernel arguments, qemu.conf, "
		"initramfs) are judged as well; what a file is, is found by looking. Nothing is "
		"changed.\n\n"
		"Without a machine only what the text alone decides is said. With --host, --root "
		"DIR or --guest the text is judged against a machine as well: is the card there, "
		"is its group free, are siblings pinned to siblings, is the memory enough.\n\n"
		"The form is checked by libvirt's own schema, as it is installed here; where there "
		"is none "
		"lint says that it was not checked.\n\n"
		"A document that was damaged on its way, such as one copied from a web page, is "
		"read as far as it goes, and what was lost is said.\n\n"
		"The exit status is 1 if something is broken, 0 if not, 5 if a file could not be "
		"read.",
	.examples = examples,
	.flags = COMMAND_READS | COMMAND_SHOWS,
	.options = options,
	.run = run,
};
