/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lend/freeze.h"

#include "core/error.h"
#include "guest/virt-freeze.h"
#include "lend/systemd-timer.h"

/* Longer than an agent may take to hold them still (virt-freeze.c), or it would be let go at once.
 */
#define HELD_SECONDS_MOST 30

static char *unit_name(const struct domain_facts *guest)
{
	return g_strconcat("hotseat-thaw-", guest->uuid, NULL);
}

static gboolean arm(const struct domain_facts *guest, GError **error)
{
	const char *const command[] = { "snapshot", "thaw", guest->name, NULL };
	g_autofree char *unit = unit_name(guest);
	g_autofree char *about = g_strdup_printf("Let the file systems of %s go on", guest->name);
	const struct systemd_timer timer = {
		.unit = unit,
		.about = about,
		.about_service = about,
		.command = command,
		.seconds = HELD_SECONDS_MOST,
	};
	g_autoptr(GError) why = NULL;

	if (systemd_timer_start(&timer, &why))
		return TRUE;
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED,
		    "systemd could not be told to let its file systems go if this were killed (%s)",
		    why->message);
	return FALSE;
}

/* A timer that cannot be stopped finds nothing to let go. */
static void disarm(const struct domain_facts *guest)
{
	g_autofree char *unit = unit_name(guest);

	(void)systemd_timer_stop(unit, NULL);
}

gboolean freeze_begin(struct virt *virt, const struct domain_facts *guest, GError **error)
{
	g_autoptr(GError) why = NULL;
	gboolean held;

	if (!arm(guest, error))
		return FALSE;
	if (virt_freeze(virt, guest->name, &why))
		return TRUE;
	if (hotseat_error_is(why, HOTSEAT_ERROR_ABSENT) ||
	    virt_thaw(virt, guest->name, &held, NULL)) {
		disarm(guest);
		g_propagate_error(error, g_steal_pointer(&why));
		return FALSE;
	}
	g_set_error(error, why->domain, why->code,
		    "%s; should it do so later, hotseat-thaw-%s.service lets them go", why->message,
		    guest->uuid);
	return FALSE;
}

gboolean freeze_end(struct virt *virt, const struct domain_facts *guest, GError **error)
{
	gboolean held = FALSE;

	if (!virt_thaw(virt, guest->name, &held, error)) {
		g_prefix_error(error, "hotseat-thaw-%s.service asks on, because ", guest->uuid);
		return FALSE;
	}
	disarm(guest);
	if (!held)
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_FAILED,
			    "its file systems did not hold still long enough");
	return held;
}

/* Its own connection each time: a libvirt that restarts is one of the things to wait for. */
gboolean freeze_release(const char *name, GError **error)
{
	g_autoptr(GError) why = NULL;
	autoptr(virt) virt = virt_open(&why);
	enum guest_state state;
	gboolean held;

	if (virt == NULL) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_FAILED, "%s", why->message);
		return FALSE;
	}
	if (!virt_guest_state(virt, name, &state, error))
		return FALSE;
	return state == GUEST_SHUT_OFF || virt_thaw(virt, name, &held, error);
}
