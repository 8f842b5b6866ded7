/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "hotseatd/client.h"

/*
 * What the commands of the handover have in common: hotseatd does the work; where it is not there
 * and the user is root, this process does, in the same way.
 */

/* handing_report - prints steps to standard error, answers to standard output */
extern const struct lend_report handing_report;

typedef gboolean (*handing_alone)(const char *guest, const struct lend_options *options,
				  const struct lend_report *report, GError **error);

/**
 * handing_call - ask the service, or do without it
 * @method:     of the service
 * @alone:      what does the same in this process
 * @command_line: what to try with sudo, for ordinary users where there is no service
 */
gboolean handing_call(const char *method, enum arguments_method kind, handing_alone alone,
		      const char *guest, const struct lend_options *options,
		      const struct lend_report *report, const char *command_line, GError **error);

/* handing_run - the same with handing_report; an exit status, or -1 with @error */
int handing_run(const char *method, enum arguments_method kind, handing_alone alone,
		const char *guest, const struct lend_options *options, const char *command_line,
		GError **error);

/* handing_require_root - HOTSEAT_ERROR_DENIED, with the command to type instead */
gboolean handing_require_root(const char *command_line, GError **error);

/* handing_set_denied - there is no service, and this user is not root */
void handing_set_denied(GError **error, const GError *absent, const char *command_line);
