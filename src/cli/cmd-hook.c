/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/lend.h"
#include "core/error.h"

#define HOOK_XML_MAX (4 << 20)
#define HOOK_GROUP_TIMEOUT 30 /* seconds; libvirt waits for us */

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
static int run(const struct invocation *invocation, char **arguments, GError **error)
{
	const char *operation = arguments[1];
	gboolean prepare = g_str_equal(operation, "prepare");
	gboolean release = g_str_equal(operation, "release");
	g_autofree char *xml = read_xml(error);
	autoptr(domain_facts) facts = NULL;
	autoptr(host) host = NULL;

	if (!prepare && !release) {
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
	host = host_new_live(error);
	if (host == NULL)
		return -1;
	if (prepare)
		return handover_note_hook(host, facts->uuid, error) ? EXIT_SUCCESS : -1;
	return lend_take_back(host, facts->uuid, facts->name, HOOK_GROUP_TIMEOUT, error)
		       ? EXIT_SUCCESS
		       : -1;
}

const struct command command_hook = {
	.name = "hook",
	.arguments = "GUEST OPERATION SUBOPERATION EXTRA",
	.min_arguments = 2,
	.max_arguments = 4,
	.summary = "What libvirt calls when a guest starts and ends",
	.description =
		"Called by /etc/libvirt/hooks/qemu.d/hotseat with the guest's XML on standard "
		"input. At the guest's end the card goes back to the host, also when it was shut "
		"down from inside or destroyed.",
	.flags = COMMAND_HIDDEN,
	.run = run,
};
