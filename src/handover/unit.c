/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "core/error.h"
#include "handover/kinds.h"
#include "handover/profiles.h"
#include "handover/share.h"

/*
 * Steps that systemd does for us: services that hold a card, stopped and started again, and units
 * of our own that hold something for as long as a guest has a card.
 *
 * An inhibitor lock of logind and a profile of power-profiles-daemon belong to whoever asked, and
 * end with that process or its connection. The command that lends a card ends long before the
 * guest, and the daemon may be restarted meanwhile; so a unit has them.
 */
#define UNIT_SECONDS                                                                               \
	90 /* systemd's own limit for a unit that does not stop, beyond which it kills */
#define READ_BACK_SECONDS 10
#define SYSTEMCTL "/usr/bin/systemctl"
#define UNIT_FOLDER "sys/fs/cgroup/system.slice/%s"
#define INHIBITOR "Hotseat"
#define APPLICATION "hotseat"

gboolean unit_is_running(struct host *host, const char *unit)
{
	return root_exists(host->root, UNIT_FOLDER, unit);
}

static gboolean unit_runs(struct host *host, const void *unit)
{
	return unit_is_running(host, unit);
}

static gboolean unit_is_off(struct host *host, const void *unit)
{
	return !unit_is_running(host, unit);
}

static gboolean systemctl(struct host *host, const char *verb, const char *unit, GError **error)
{
	const char *const argv[] = { SYSTEMCTL, "--quiet", "--no-ask-password", verb, unit, NULL };

	return host->run(host, argv, UNIT_SECONDS, error);
}

static void set_not_settled(const char *unit, GError **error)
{
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_FAILED,
		    "%s is not as it should be; see: journalctl -u %s", unit, unit);
}

/* settled - did it come to what was asked? The manager has said so, the kernel is a bit later. */
static gboolean settled(struct host *host, const char *unit,
			gboolean (*as_asked)(struct host *host, const void *unit), GError **error)
{
	if (host_wait(host, READ_BACK_SECONDS, as_asked, unit))
		return TRUE;
	set_not_settled(unit, error);
	return FALSE;
}

/* Services. */

static gboolean is_service(const char *text)
{
	return step_is_name(text, ".@:\\") && g_str_has_suffix(text, ".service");
}

static gboolean is_activity(const char *text)
{
	return g_str_equal(text, "active") || g_str_equal(text, "inactive");
}

static char *service_read(struct host *host, const char *unit, GError **error)
{
	return g_strdup(unit_is_running(host, unit) ? "active" : "inactive");
}

static gboolean service_write(struct host *host, const struct step *baseline, const char *value,
			      GError **error)
{
	gboolean start = g_str_equal(value, "active");

	return systemctl(host, start ? "start" : "stop", baseline->subject, error) &&
	       settled(host, baseline->subject, start ? unit_runs : unit_is_off, error);
}

static const struct share service_share = {
	.check_subject = is_service,
	.check_value = is_activity,
	.read = service_read,
	.asked = TRUE,
	.write = service_write,
};
const struct step_kind service_kind = SHARED_STEP("service", &service_share);

/* Holders. */

struct holder_unit {
	const char *subject, *unit;
	const char *command[10];
	gboolean (*holds)(struct host *host, const void *unit);
};

/* logind writes down who inhibits what, one file for each: WHO=Hotseat. */
static gboolean is_inhibited(struct host *host, const void *unit)
{
	g_auto(GStrv) names = root_list(host->root, NULL, "run/systemd/inhibit");

	for (guint i = 0; names != NULL && names[i] != NULL; i++) {
		g_autofree char *text =
			root_read(host->root, NULL, "run/systemd/inhibit/%s", names[i]);

		if (text != NULL && strstr(text, "WHO=" INHIBITOR "\n") != NULL)
			return TRUE;
	}
	return FALSE;
}

/*
 * The unit runs before it holds anything, and where the profile was refused too, for a moment:
 * powerprofilesctl is a Python program.
 */
static gboolean is_profile_held(struct host *host, const void *unit)
{
	return profiles_hold_for(host, APPLICATION);
}

static const struct holder_unit holder_units[] = {
	{ "sleep",
	  "hotseat-sleep.service",
	  { "/usr/bin/systemd-inhibit", "--what=sleep:idle", "--mode=block", "--who=" INHIBITOR,
	    "--why=A guest has a graphics card of this computer", "/usr/bin/sleep", "infinity" },
	  is_inhibited },
	{ "profile",
	  "hotseat-profile.service",
	  { "/usr/bin/powerprofilesctl", "launch", "--profile=performance", "--appid=" APPLICATION,
	    "--reason=A guest is running", "/usr/bin/sleep", "infinity" },
	  is_profile_held },
};

static const struct holder_unit *holder_of(const char *subject)
{
	for (guint i = 0; i < G_N_ELEMENTS(holder_units); i++) {
		if (g_str_equal(holder_units[i].subject, subject))
			return &holder_units[i];
	}
	return NULL;
}

static gboolean is_holder(const char *text)
{
	return holder_of(text) != NULL;
}

static gboolean is_hold(const char *text)
{
	return g_str_equal(text, "held") || g_str_equal(text, "free");
}

static char *hold_read(struct host *host, const char *subject, GError **error)
{
	return g_strdup(unit_is_running(host, holder_of(subject)->unit) ? "held" : "free");
}

/* is_decided - does it hold what it was started for, or has it given up? */
static gboolean is_decided(struct host *host, const void *data)
{
	const struct holder_unit *holder = data;

	return holder->holds(host, holder->unit) || !unit_is_running(host, holder->unit);
}

static gboolean hold_start(struct host *host, const struct holder_unit *holder, GError **error)
{
	g_autofree char *name = g_strconcat("--unit=", holder->unit, NULL);
	g_autoptr(GPtrArray) argv = g_ptr_array_new();
	const char *const head[] = { "/usr/bin/systemd-run",
				     "--quiet",
				     "--collect",
				     "--no-ask-password",
				     name,
				     "--description=Holds something for guests of Hotseat",
				     "--" };

	for (guint i = 0; i < G_N_ELEMENTS(head); i++)
		g_ptr_array_add(argv, (gpointer)(guintptr)head[i]);
	for (guint i = 0; holder->command[i] != NULL; i++)
		g_ptr_array_add(argv, (gpointer)(guintptr)holder->command[i]);
	g_ptr_array_add(argv, NULL);
	if (!host->run(host, (const char *const *)argv->pdata, UNIT_SECONDS, error))
		return FALSE;
	if (host_wait(host, READ_BACK_SECONDS, is_decided, holder) &&
	    holder->holds(host, holder->unit))
		return TRUE;
	set_not_settled(holder->unit, error);
	return FALSE;
}

static gboolean hold_write(struct host *host, const struct step *baseline, const char *value,
			   GError **error)
{
	const struct holder_unit *holder = holder_of(baseline->subject);
	g_autoptr(GError) failure = NULL;

	if (g_str_equal(value, "held"))
		return hold_start(host, holder, error);
	/* One that is not there, and so cannot be stopped, is all right. */
	if (!systemctl(host, "stop", holder->unit, &failure) &&
	    unit_is_running(host, holder->unit)) {
		g_propagate_error(error, g_steal_pointer(&failure));
		return FALSE;
	}
	return settled(host, holder->unit, unit_is_off, error);
}

static const struct share hold_share = {
	.check_subject = is_holder,
	.check_value = is_hold,
	.read = hold_read,
	.asked = TRUE,
	.write = hold_write,
};
const struct step_kind hold_kind = SHARED_STEP("hold", &hold_share);
