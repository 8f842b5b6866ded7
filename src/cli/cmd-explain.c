/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>

#include "cli/commands.h"
#include "core/error.h"
#include "rules/explain.h"

static const char *const examples[] = {
	"journalctl -b -1 | hotseat explain",
	"What of the last boot's log shows a known cause.",
	"hotseat explain /var/log/libvirt/qemu/win10.log",
	"What a guest's log says about its failed start.",
	"hotseat explain",
	"Paste an error or a whole forum post, then Ctrl+D.",
	NULL,
};

static gboolean feed_stream(struct explainer *explainer, FILE *in)
{
	static char part[1 << 16];
	gsize length;

	while ((length = fread(part, 1, sizeof(part), in)) > 0)
		explainer_feed(explainer, part, length);
	return !ferror(in);
}

static gboolean feed(struct explainer *explainer, const char *path, GError **error)
{
	FILE *in = g_str_equal(path, "-") ? stdin : fopen(path, "re");
	gboolean good = in != NULL && feed_stream(explainer, in);

	if (!good) {
		hotseat_error_set_errno(error, errno, "%s cannot be read", path);
		(*error)->code = HOTSEAT_ERROR_UNREADABLE;
	}
	if (in != NULL && in != stdin)
		fclose(in);
	return good;
}

static int run(const struct invocation *invocation, char **arguments, GError **error)
{
	const char *path = arguments[0] != NULL ? arguments[0] : "-";
	autoptr(explainer) explainer = explainer_new();
	g_autoptr(GPtrArray) findings = NULL;
	g_autoptr(GError) problem = NULL;

	if (!feed(explainer, path, &problem)) {
		g_propagate_error(error, g_steal_pointer(&problem));
		return -1;
	}
	findings = explainer_finish(explainer);
	if (invocation->json) {
		findings_print_json(findings, path, stdout);
		return EXIT_SUCCESS;
	}
	if (findings->len == 0)
		puts("Unknown: no line of this shows a cause that is known here.");
	for (guint i = 0; i < findings->len; i++)
		finding_print(g_ptr_array_index(findings, i), stdout);
	return EXIT_SUCCESS;
}

const struct command command_explain = {
	.name = "explain",
	.arguments = "[FILE|-]",
	.max_arguments = 1,
	.summary = "Say what an error message or a log means, and what to do",
	.description =
		"Reads a kernel log, an error of libvirt or QEMU, a guest's log or a whole forum "
		"post, and says which of its lines show a known cause: what it means, how sure "
		"that is, and what to do next. The surest comes first. What is not known is called "
		"unknown.\n\n"
		"Any size can be read; memory stays the same.\n\n"
		"The exit status is 0, or 5 if the file could not be read.",
	.examples = examples,
	.flags = COMMAND_SHOWS,
	.run = run,
};
