/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/handing.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/error.h"

static void print_line(enum lend_line kind, const char *text, void *data)
{
	switch (kind) {
	case LEND_STEP:
	case LEND_BEGIN:
		fprintf(stderr, "  %s\n", text);
		break;
	case LEND_SAID:
		printf("%s\n", text);
		/* Afterwards the screen may be gone. */
		fflush(stdout);
		break;
	case LEND_WARNING:
		fprintf(stderr, "hotseat: %s\n", text);
		break;
	}
}

const struct lend_report handing_report = { .line = print_line };

void handing_set_denied(GError **error, const GError *absent, const char *command_line)
{
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_DENIED,
		    "hotseatd does not answer (%s), and without it only root can do that; try: "
		    "sudo hotseat %s",
		    absent->message, command_line);
}

gboolean handing_require_root(const char *command_line, GError **error)
{
	if (geteuid() == 0)
		return TRUE;
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_DENIED,
		    "only root can do that; try: sudo hotseat %s", command_line);
	return FALSE;
}

gboolean handing_call(const char *method, enum arguments_method kind, handing_alone alone,
		      const char *guest, const struct lend_options *options,
		      const struct lend_report *report, const char *command_line, GError **error)
{
	g_autoptr(GError) failure = NULL;
	struct lend_options here = *options;

	if (client_call(method, kind, guest, options, report, &failure))
		return TRUE;
	if (!client_is_absent(failure)) {
		g_propagate_error(error, g_steal_pointer(&failure));
		return FALSE;
	}
	if (geteuid() != 0) {
		handing_set_denied(error, failure, command_line);
		return FALSE;
	}
	here.alone = TRUE;
	return alone(guest, &here, report, error);
}

int handing_run(const char *method, enum arguments_method kind, handing_alone alone,
		const char *guest, const struct lend_options *options, const char *command_line,
		GError **error)
{
	return handing_call(method, kind, alone, guest, options, &handing_report, command_line,
			    error)
		       ? EXIT_SUCCESS
		       : -1;
}
