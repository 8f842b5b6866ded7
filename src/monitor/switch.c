/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "monitor/switch.h"

#include "core/error.h"

/*
 * Telling a monitor to show another input has no answer in DDC/CI, and what follows differs: it
 * shows it at once or seconds later, forgets the command, goes silent because its cable is not the
 * one that shows any more, leaves the bus for a while, says something else than it shows. So it is
 * told, watched for a while, and told again only if it still says what it said before; what it
 * says at the end is what is reported.
 */
#define TRIES 3
#define WATCH_MS 3000 /* a monitor that is slow to switch; measured ones need up to two seconds */
#define POLL_MS 200   /* more than the 50 ms that DDC/CI 1.1, 4, wants between commands */

struct watch {
	struct ddc *ddc;
	const struct ddc_cable *cable;
	const struct monitor_input *input;
	gint64 deadline;
	gint64 until; /* of this try */

	gboolean answered; /* since it was told last */
	gboolean unreadable;
	gint says; /* last input read, or -1 */
};

static void look(struct watch *watch)
{
	g_autoptr(GError) why = NULL;
	guint8 value;

	if (watch->input->blind) {
		watch->unreadable = watch->answered = TRUE;
	} else if (watch->ddc->get(watch->ddc, watch->cable, MONITOR_FEATURE_INPUT, &value, &why)) {
		watch->says = value;
		watch->answered = TRUE;
	} else if (hotseat_error_is(why, HOTSEAT_ERROR_REFUSED)) {
		watch->unreadable = TRUE;
		watch->answered = TRUE;
	}
}

static gboolean shows(const struct watch *watch)
{
	return watch->answered && !watch->unreadable && watch->says == watch->input->reads;
}

static gboolean is_late(const struct watch *watch)
{
	return watch->ddc->now(watch->ddc) >= watch->deadline;
}

/* Until it says what it should, can never say, or the time of this try is over. */
static void watch_try(struct watch *watch)
{
	watch->answered = FALSE;
	watch->until = MIN(watch->deadline, watch->ddc->now(watch->ddc) + WATCH_MS * 1000);
	do {
		watch->ddc->sleep(watch->ddc, POLL_MS);
		look(watch);
	} while (!shows(watch) && !watch->unreadable && watch->ddc->now(watch->ddc) < watch->until);
}

static char *describe(const struct model *model)
{
	return g_strdup(model->name != NULL ? model->name : "the monitor");
}

static void set_refusal(const struct model *model, const struct watch *watch, gint before,
			GError **error)
{
	const struct monitor_input *shown = model_input_shown(model, (guint8)watch->says);
	g_autofree char *monitor = describe(model);
	g_autofree char *says =
		shown != NULL ? g_strdup(shown->name) : input_name((guint8)watch->says);

	if (watch->says == before)
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_FAILED,
			    "%s took the command for %s and still shows %s. Some monitors do not "
			    "heed it: find out what this one does with hotseat monitor learn, or "
			    "press its button",
			    monitor, watch->input->name, says);
	else
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_FAILED,
			    "%s was told to show %s and says that it shows %s. If %s is what you "
			    "see, it says something else than it does; teach hotseat: hotseat "
			    "monitor learn",
			    monitor, watch->input->name, says, watch->input->name);
}

static void set_unreachable(const struct model *model, const struct watch *watch, const GError *why,
			    GError **error)
{
	g_autofree char *monitor = describe(model);

	g_set_error(
		error, HOTSEAT_ERROR, HOTSEAT_ERROR_ABSENT,
		"%s takes no command on /dev/i2c-%d (%s). It may be off, have DDC/CI switched "
		"off in its menu, or answer only while it shows this computer: then switch from "
		"the other one, or press its button",
		monitor, watch->cable->bus, why != NULL ? why->message : "no time was left");
}

/* Tell it and watch, up to TRIES times. Return whether it took the command at all. */
static gboolean tell(struct watch *watch, gint before, GError **why)
{
	gboolean told = FALSE;

	for (guint i = 0; i < TRIES && !is_late(watch); i++) {
		g_clear_error(why);
		if (!watch->ddc->set(watch->ddc, watch->cable, watch->input->feature,
				     watch->input->told, why)) {
			watch->ddc->sleep(watch->ddc, POLL_MS);
			continue;
		}
		told = TRUE;
		watch_try(watch);
		/* Only where it answers and nothing changed can telling it again be of use. */
		if (shows(watch) || watch->unreadable || !watch->answered || watch->says != before)
			break;
	}
	return told;
}

gboolean switch_try_input(struct ddc *ddc, const struct ddc_cable *cable, const struct model *model,
			  const struct monitor_input *input, gint64 deadline,
			  enum switch_outcome *outcome, GError **error)
{
	struct watch watch = {
		.ddc = ddc, .cable = cable, .input = input, .deadline = deadline, .says = -1
	};
	g_autoptr(GError) why = NULL;
	gint before;

	look(&watch);
	before = watch.says;
	if (shows(&watch)) {
		*outcome = SWITCH_ALREADY;
		return TRUE;
	}
	if (!tell(&watch, before, &why)) {
		set_unreachable(model, &watch, why, error);
		return FALSE;
	}
	if (shows(&watch)) {
		*outcome = SWITCH_SEEN;
		return TRUE;
	}
	if (watch.unreadable || !watch.answered) {
		*outcome = watch.unreadable ? SWITCH_UNSEEN : SWITCH_SILENT;
		return TRUE;
	}
	set_refusal(model, &watch, before, error);
	return FALSE;
}

gboolean switch_input(struct ddc *ddc, const struct ddc_cable *cable, const struct model *model,
		      const struct monitor_input *input, gint64 deadline,
		      enum switch_outcome *outcome, GError **error)
{
	if (input->origin == INPUT_OFFERED) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED,
			    "%s is a maker's own way that nobody has tried on this monitor; try it "
			    "first: hotseat monitor learn",
			    input->name);
		return FALSE;
	}
	return switch_try_input(ddc, cable, model, input, deadline, outcome, error);
}

const char *switch_outcome_name(enum switch_outcome outcome)
{
	static const char *const names[] = {
		[SWITCH_ALREADY] = "already",
		[SWITCH_SEEN] = "seen",
		[SWITCH_SILENT] = "silent",
		[SWITCH_UNSEEN] = "unseen",
	};

	return names[outcome];
}
