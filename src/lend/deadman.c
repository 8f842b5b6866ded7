/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lend/deadman.h"

#include <errno.h>
#include <unistd.h>

#include "core/error.h"
#include "lend/systemd-timer.h"
#include "machine/displays.h"

#define CONFIRMED "/var/lib/hotseat/confirmed"

static char *unit_name(const char *uuid)
{
	return g_strconcat("hotseat-dead-man-", uuid, NULL);
}

gboolean dead_man_is_due(const struct machine *machine, GPtrArray *cards,
			 const struct domain_facts *facts)
{
	g_autofree char *why = NULL;

	if (facts->screen || dead_man_was_seen(facts->uuid))
		return FALSE;
	return displays_are_only(machine->root, machine->cards, cards, &why) != KNOWN_NO;
}

gboolean dead_man_arm(const struct domain_facts *facts, guint seconds, GError **error)
{
	const char *const command[] = { "recover",     "--guest",       facts->uuid,
					"--end-guest", "--unless-seen", NULL };
	g_autofree char *unit = unit_name(facts->uuid);
	g_autofree char *about = g_strdup_printf(
		"Take the last display back from %s, which nobody has seen", facts->name);
	const struct systemd_timer timer = {
		.unit = unit,
		.about = "Hotseat's dead man's switch",
		.about_service = about,
		.command = command,
		.seconds = seconds,
	};
	g_autoptr(GError) why = NULL;

	if (systemd_timer_start(&timer, &why))
		return TRUE;
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED,
		    "the dead man's switch, which would bring the display back if %s shows "
		    "nothing, could not be set: %s. Without it: hotseat up --take-last-display "
		    "--dead-man 0 %s",
		    facts->name, why->message, facts->name);
	return FALSE;
}

gboolean dead_man_is_armed(const char *uuid)
{
	g_autofree char *unit = unit_name(uuid);

	return systemd_timer_waits(unit);
}

gboolean dead_man_disarm(const char *uuid, GError **error)
{
	g_autofree char *unit = unit_name(uuid);

	return systemd_timer_stop(unit, error);
}

static char *confirmed_path(const char *uuid)
{
	return g_build_filename(CONFIRMED, uuid, NULL);
}

gboolean dead_man_remember(const char *uuid, GError **error)
{
	g_autofree char *path = confirmed_path(uuid);

	if (g_mkdir_with_parents(CONFIRMED, 0755) != 0) {
		hotseat_error_set_errno(error, errno, "cannot make the folder %s", CONFIRMED);
		return FALSE;
	}
	return g_file_set_contents(path, "", 0, error);
}

gboolean dead_man_was_seen(const char *uuid)
{
	g_autofree char *path = confirmed_path(uuid);

	return access(path, F_OK) == 0;
}
