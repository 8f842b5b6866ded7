/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/causes.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/error.h"
#include "rules/explain.h"
#include "selftest/kmsg.h"

#define CAUSES_MOST 3

/* Surest first; where a line stands in a text that nobody has is not said. */
static void print_causes(const GPtrArray *findings, FILE *out)
{
	for (guint i = 0; i < MIN(findings->len, CAUSES_MOST); i++) {
		struct finding *finding = g_ptr_array_index(findings, i);

		finding->line = 0;
		finding_print(finding, out);
	}
}

void causes_explain(GError *error, const GPtrArray *lines)
{
	g_autoptr(GString) text = g_string_new(error->message);
	g_autoptr(GPtrArray) findings = NULL;
	char *causes = NULL;
	size_t size = 0;
	FILE *out;

	if (!hotseat_error_is(error, HOTSEAT_ERROR_FAILED) &&
	    !hotseat_error_is(error, HOTSEAT_ERROR_NOT_BACK))
		return;
	for (guint i = 0; lines != NULL && i < lines->len; i++)
		g_string_append_printf(text, "\n%s",
				       ((struct kmsg_line *)g_ptr_array_index(lines, i))->text);
	findings = explain_text(text->str);
	out = findings->len > 0 ? open_memstream(&causes, &size) : NULL;
	if (out == NULL)
		return;
	print_causes(findings, out);
	fclose(out);
	if (causes != NULL) {
		g_autofree char *message = error->message;

		error->message = g_strconcat(message, "\n", g_strchomp(causes), NULL);
	}
	free(causes);
}
