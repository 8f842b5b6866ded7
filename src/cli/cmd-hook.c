/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/handing.h"
#include "core/error.h"

#define HOOK_XML_MAX (4 << 20)

/* libvirt writes the domain's XML to our standard input; unread, it would complain. */
static char *read_xml(GError **error)
{
	g_autoptr(GString) xml = g_string_new(NULL);
	char buffer[4096];
	ssize_t n;

	while ((n = read(STDIN_FILENO, buffer, sizeof(buffer))) > 0) {
		if (xml->len < HOOK_XML_MAX)
			g_string_append_len(xml, buffer, n);
	}
	if (n < 0 || xml->len >= HOOK_XML_MAX) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_UNREADABLE,
			    "libvirt's hook input could not be read");
		return NULL;
	}
	return g_string_free(g_steal_pointer(&xml), FALSE);
}

/*
 * Nothing in here calls libvirt: the daemon waits for us while it holds the guest (BD-12). Verbs
 * that we do not know mean nothing: "reconnect" comes for running guests when the daemon restarts.
 */
static const struct operation {
	const char *name, *method;
	guint seconds; /* libvirt itself would wait for ever */
	gboolean (*alone)(const char *xml, const struct lend_report *report, GError **error);
} operations[] = {
	{ "prepare", "Prepare", 60, lend_prepare },
	{ "release", "Release", 60, lend_release },
};

static const struct operation *find_operation(const char *name)
{
	for (guint i = 0; i < G_N_ELEMENTS(operations); i++) {
		if (g_str_equal(operations[i].name, name))
			return &operations[i];
	}
	return NULL;
}

/*
 * hotseatd does the work, because an unbind that hangs must not take libvirt's child along. Where
 * it is not there, or is killed in the middle, the same is done here: all of it can be done twice.
 */
static gboolean act(const struct operation *operation, const char *uuid, const char *xml,
		    GError **error)
{
	g_autoptr(GError) failure = NULL;

	if (client_hook(operation->method, uuid, xml, operation->seconds, &handing_report,
			&failure))
		return TRUE;
	if (client_is_absent(failure) || hotseat_error_is(failure, HOTSEAT_ERROR_NOT_BACK))
		return operation->alone(xml, &handing_report, error);
	g_propagate_error(error, g_steal_pointer(&failure));
	return FALSE;
}

static int run(const struct invocation *invocation, char **arguments, GError **error)
{
	const struct operation *operation = find_operation(arguments[1]);
	g_autofree char *xml = read_xml(error);
	autoptr(domain_facts) facts = NULL;

	if (operation == NULL) {
		g_clear_error(error);
		return EXIT_SUCCESS;
	}
	if (xml == NULL)
		return -1;
	facts = domain_facts_parse(xml, error);
	if (facts == NULL)
		return -1;
	if (!facts->ours || facts->uuid == NULL)
		return EXIT_SUCCESS;
	return act(operation, facts->uuid, xml, error) ? EXIT_SUCCESS : -1;
}

const struct command command_hook = {
	.name = "hook",
	.arguments = "GUEST OPERATION SUBOPERATION EXTRA",
	.min_arguments = 2,
	.max_arguments = 4,
	.summary = "What libvirt calls when a guest starts and ends",
	.description =
		"Called by /etc/libvirt/hooks/qemu.d/hotseat with the guest's XML on standard "
		"input. Before a guest starts its card is lent, also when virsh, virt-manager or "
		"autostart start it; if that cannot be, the guest is not started, and libvirt says "
		"why. At the guest's end the card goes back to the host, also when it was shut "
		"down from inside or destroyed.",
	.flags = COMMAND_HIDDEN,
	.run = run,
};
