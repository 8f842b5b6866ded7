/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "core/error.h"
#include "guest/domain-edit.h"
#include "lend/lend.h"

struct setting {
	const char *key, *value;
	gboolean window;
	const char *said;
};

static const struct setting settings[] = {
	{ "screen", "card", FALSE, "shows itself on the card's own outputs only" },
	{ "screen", "window", TRUE, "has an emulated screen beside the card" },
};

static const struct setting *find_setting(const char *text, GError **error)
{
	for (guint i = 0; i < G_N_ELEMENTS(settings); i++) {
		gsize length = strlen(settings[i].key);

		if (strncmp(text, settings[i].key, length) == 0 && text[length] == '=' &&
		    g_str_equal(text + length + 1, settings[i].value))
			return &settings[i];
	}
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_USAGE,
		    "\"%s\" cannot be set; what can: screen=card, screen=window", text);
	return NULL;
}

static int run(const struct invocation *invocation, char **arguments, GError **error)
{
	const struct setting *setting = find_setting(arguments[1], error);
	autoptr(virt) virt = NULL;
	autoptr(domain_facts) facts = NULL;
	g_autofree char *xml = NULL;
	g_autofree char *edited = NULL;
	g_autofree char *uuid = NULL;

	if (setting == NULL)
		return -1;
	virt = virt_open(error);
	if (virt == NULL)
		return -1;
	facts = lend_read_guest(virt, arguments[0], error);
	if (facts == NULL)
		return -1;
	xml = virt_domain_xml(virt, facts->name, error);
	edited = xml == NULL ? NULL : domain_edit_screen(xml, setting->window, error);
	if (edited == NULL || !virt_define(virt, edited, &uuid, error))
		return -1;
	printf("From its next start on %s %s.\n", facts->name, setting->said);
	return EXIT_SUCCESS;
}

static const char *const examples[] = {
	"hotseat set win11 screen=card",
	"Take the emulated screen away, once the card's driver is installed in the guest.",
	NULL,
};

const struct command command_set = {
	.name = "set",
	.arguments = "GUEST KEY=VALUE",
	.min_arguments = 2,
	.max_arguments = 2,
	.summary = "Change a guest",
	.description =
		"screen=card leaves the guest with the card's own outputs; screen=window gives it "
		"an emulated screen beside the card again, which virt-manager shows. Either holds "
		"from the guest's next start on.",
	.examples = examples,
	.flags = COMMAND_GUESTS,
	.run = run,
};
