/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "monitor/learn.h"

#include <string.h>

#include "core/error.h"
#include "monitor/learned.h"
#include "monitor/switch.h"

#define SWITCH_SECONDS 10
#define BUTTON_SECONDS 120 /* to find the monitor's button and press it */

struct lesson {
	struct ddc *ddc;
	struct monitor *monitor;
	const struct learn_wish *wish;
	const struct learn_user *user;
	gint home_says; /* what feature 60 says at the input that shows now; -1: nothing */
	const char *home;
	guint learned;
	gboolean lost; /* it is not known to be back */
};

G_GNUC_PRINTF(2, 3) static void say(const struct lesson *lesson, const char *format, ...)
{
	g_autofree char *text = NULL;
	va_list args;

	va_start(args, format);
	text = g_strdup_vprintf(format, args);
	va_end(args);
	lesson->user->say(lesson->user->data, text);
}

static gboolean confirm(const struct lesson *lesson, guint seconds)
{
	return lesson->user->confirm(lesson->user->data, seconds);
}

static gint64 deadline(const struct lesson *lesson)
{
	return lesson->ddc->now(lesson->ddc) + SWITCH_SECONDS * G_USEC_PER_SEC;
}

static gint read_input(const struct lesson *lesson)
{
	guint8 value;

	if (!lesson->ddc->get(lesson->ddc, &lesson->monitor->cable, MONITOR_FEATURE_INPUT, &value,
			      NULL))
		return -1;
	return value;
}

/* "hdmi1" of "hdmi1-f4": once it is seen to work, a maker's own way is the way. */
static char *lasting_name(const struct monitor_input *input)
{
	g_autofree char *suffix = g_strdup_printf("-%02x", input->feature);

	if (input->feature != MONITOR_FEATURE_INPUT && g_str_has_suffix(input->name, suffix))
		return g_strndup(input->name, strlen(input->name) - strlen(suffix));
	return g_strdup(input->name);
}

/*
 * The input that shows now, by the feature that @input needs: a monitor that does not heed one way
 * there does not heed it back either.
 */
static const struct monitor_input *way_home(const struct lesson *lesson,
					    const struct monitor_input *input)
{
	const struct model *model = lesson->monitor->model;

	for (guint i = 0; i < model->inputs->len; i++) {
		const struct monitor_input *home = model->inputs->pdata[i];
		g_autofree char *name = lasting_name(home);

		if (home->feature != input->feature || home == input)
			continue;
		if (lesson->home != NULL ? g_str_equal(name, lesson->home)
					 : home->reads == lesson->home_says)
			return home;
	}
	return NULL;
}

static void teach(struct lesson *lesson, const struct monitor_input *input, const char *name,
		  gint says, gboolean blind, enum known back)
{
	struct monitor_input taught = *input;

	taught.name = g_strdup(name);
	taught.origin = INPUT_TAUGHT;
	taught.blind = blind;
	if (says >= 0 && !blind)
		taught.reads = (guint8)says;
	if (back != NOT_KNOWN)
		taught.back = back;
	model_teach(lesson->monitor->model, &taught);
	lesson->learned++;
}

/*
 * Back to where it was; the user's button where nothing else helps. Return whether we could.
 *
 * @same: it says what it said before it was told to go, so that its word is no proof of anything
 * @moved: the user has seen it go
 */
static gboolean take_back(struct lesson *lesson, const struct monitor_input *home, gboolean same,
			  gboolean moved)
{
	struct monitor_input way = *home;
	enum switch_outcome outcome;
	g_autoptr(GError) why = NULL;

	way.blind = same;
	/* what it said here before, not what it should have said */
	if (lesson->home_says >= 0)
		way.reads = (guint8)lesson->home_says;
	if (switch_try_input(lesson->ddc, &lesson->monitor->cable, lesson->monitor->model, &way,
			     deadline(lesson), &outcome, &why)) {
		if (outcome == SWITCH_ALREADY || outcome == SWITCH_SEEN)
			return TRUE;
		if (!moved && read_input(lesson) == lesson->home_says)
			return TRUE;
		say(lesson,
		    "It was told to come back, and does not say whether it did. Press Enter "
		    "if you see this.");
		if (confirm(lesson, lesson->wish->seconds))
			return TRUE;
	}
	say(lesson,
	    "It does not come back over its cable. Select %s with the button of the monitor, then "
	    "press Enter.",
	    home->name);
	if (!confirm(lesson, BUTTON_SECONDS) && read_input(lesson) != lesson->home_says)
		lesson->lost = TRUE;
	return FALSE;
}

static void conclude(struct lesson *lesson, const char *name, gboolean confirmed, gboolean back)
{
	static const char *const sentences[2][2] = {
		{ "Nobody confirmed that %s shows: it is not learned.",
		  "Nobody confirmed that %s shows: taken back, and not learned." },
		{ "Learned: %s, there. Back it has to be switched by the other computer, or by the "
		  "button.",
		  "Learned: %s, there and back." },
	};
	GString *text = g_string_new(sentences[confirmed ? 1 : 0][back ? 1 : 0]);

	g_string_replace(text, "%s", name, 1);
	lesson->user->say(lesson->user->data, text->str);
	g_string_free(text, TRUE);
}

/* It is no failure here: the user sees what it does, and what it says is what is found out. */
static void report(struct lesson *lesson, const GError *why)
{
	gint says = read_input(lesson);
	g_autofree char *name = says < 0 ? NULL : input_name((guint8)says);

	if (hotseat_error_is(why, HOTSEAT_ERROR_ABSENT) || name == NULL)
		say(lesson, "%s.", why->message);
	else
		say(lesson, "It says that it shows %s (0x%02x).", name, (guint)says);
}

/* One input, there and back. @input and @home are of the model, which learns. */
static void try_input(struct lesson *lesson, const struct monitor_input *input,
		      const struct monitor_input *home)
{
	g_autofree char *name = lasting_name(input), *home_name = lasting_name(home);
	struct monitor_input way = *input, way_back = *home;
	enum switch_outcome outcome;
	g_autoptr(GError) why = NULL;
	gboolean confirmed, back, same, blind;
	gint says;

	say(lesson,
	    "Now %s goes to %s (0x%02x), for %u seconds at most. If it shows that input, be it "
	    "dark, "
	    "press Enter, and it comes back. If it goes on showing this, wait.",
	    lesson->monitor->name, name, input->told, lesson->wish->seconds);
	if (!switch_try_input(lesson->ddc, &lesson->monitor->cable, lesson->monitor->model, &way,
			      deadline(lesson), &outcome, &why))
		report(lesson, why);
	confirmed = confirm(lesson, lesson->wish->seconds);
	says = read_input(lesson);
	same = says == lesson->home_says;
	/* It was seen to move and says what it said before: then it says nothing. */
	blind = confirmed && same;
	back = take_back(lesson, home, same, confirmed);
	conclude(lesson, name, confirmed, back);
	if (!confirmed)
		return;
	way.name = way_back.name = NULL; /* what they point to goes when the model learns */
	teach(lesson, &way, name, says, blind, known_from(back));
	teach(lesson, &way_back, home_name, lesson->home_says, blind, NOT_KNOWN);
	lesson->learned--; /* home is no news */
}

/*
 * What is worth trying: what is named, or all that nobody has seen yet. A maker's own way must be
 * named: it is known of makers, not of models.
 */
static GPtrArray *choose(struct lesson *lesson, GError **error)
{
	const struct model *model = lesson->monitor->model;
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);

	if (lesson->wish->input != NULL) {
		const struct monitor_input *input =
			model_find_input(model, lesson->wish->input, error);

		if (input == NULL)
			return NULL;
		g_ptr_array_add(names, g_strdup(input->name));
		return g_steal_pointer(&names);
	}
	for (guint i = 0; i < model->inputs->len; i++) {
		const struct monitor_input *input = model->inputs->pdata[i];

		if (input->origin != INPUT_TAUGHT && input->origin != INPUT_OFFERED)
			g_ptr_array_add(names, g_strdup(input->name));
	}
	return g_steal_pointer(&names);
}

static const struct monitor_input *by_name(const struct model *model, const char *name)
{
	for (guint i = 0; i < model->inputs->len; i++) {
		const struct monitor_input *input = model->inputs->pdata[i];

		if (g_str_equal(input->name, name))
			return input;
	}
	return NULL;
}

/* The model changes while it is gone through, so by names: of what was learned none is left. */
static void try_all(struct lesson *lesson, const GPtrArray *names)
{
	for (guint i = 0; i < names->len && !lesson->lost; i++) {
		const struct monitor_input *input =
			by_name(lesson->monitor->model, names->pdata[i]);
		const struct monitor_input *home;
		g_autofree char *name = NULL;

		if (lesson->user->stopped(lesson->user->data))
			break;
		if (input == NULL)
			continue;
		name = lasting_name(input);
		home = way_home(lesson, input);
		if (input->reads == lesson->home_says || g_strcmp0(name, lesson->home) == 0)
			continue; /* it shows */
		if (home == NULL) {
			say(lesson, "%s is not tried: no way back from it is known.", name);
			continue;
		}
		try_input(lesson, input, home);
	}
}

/* The user selects an input with the buttons; while it shows, the monitor says its value. */
static gboolean read_by_hand(struct lesson *lesson, GError **error)
{
	struct monitor_input input = { .feature = MONITOR_FEATURE_INPUT, .origin = INPUT_OFFERED };
	gint says;

	say(lesson,
	    "Select %s with the buttons of the monitor, then press Enter. Its value is read; "
	    "select "
	    "this computer again afterwards.",
	    lesson->wish->input);
	if (!confirm(lesson, BUTTON_SECONDS)) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED,
			    "Nobody pressed Enter, so nothing was learned");
		return FALSE;
	}
	says = read_input(lesson);
	if (says < 0 || says == lesson->home_says) {
		g_set_error(
			error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED,
			says < 0 ? "%s does not answer while %s shows, so its value cannot be "
				   "read from here"
				 : "%s says the same while %s shows, so its value cannot be read",
			lesson->monitor->name, lesson->wish->input);
		return FALSE;
	}
	input.name = g_strdup(lesson->wish->input);
	input.told = input.reads = (guint8)says;
	model_teach(lesson->monitor->model, &input);
	say(lesson, "It says 0x%02x. Select this computer again, then press Enter.", input.told);
	confirm(lesson, BUTTON_SECONDS);
	return TRUE;
}

static gboolean find_home(struct lesson *lesson, GError **error)
{
	if (lesson->wish->home != NULL) {
		const struct monitor_input *home =
			model_find_input(lesson->monitor->model, lesson->wish->home, error);

		if (home == NULL)
			return FALSE;
		lesson->home = lesson->wish->home;
		return TRUE;
	}
	if (lesson->home_says >= 0)
		return TRUE;
	g_set_error(
		error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED,
		"%s does not say which input it shows, so there would be no way back. If you know "
		"it: hotseat monitor learn --from INPUT",
		lesson->monitor->name);
	return FALSE;
}

/* Where the standard's way led nowhere, a maker's own may not. */
static void offer(const struct lesson *lesson)
{
	for (guint i = 0; i < lesson->monitor->model->inputs->len; i++) {
		const struct monitor_input *input = lesson->monitor->model->inputs->pdata[i];

		if (input->origin == INPUT_OFFERED && input->reads != 0 &&
		    input->reads != lesson->home_says) {
			say(lesson,
			    "Its maker has a way of its own, which works on many of its monitors. "
			    "To "
			    "try it: sudo hotseat monitor learn '%s' %s",
			    lesson->monitor->name, input->name);
			return;
		}
	}
}

gboolean learn_monitor(struct ddc *ddc, struct monitor *monitor, const struct learn_wish *wish,
		       const struct learn_user *user, guint *learned, GError **error)
{
	struct lesson lesson = { .ddc = ddc, .monitor = monitor, .wish = wish, .user = user };
	g_autoptr(GPtrArray) names = NULL;

	lesson.home_says = read_input(&lesson);
	if (wish->by_hand && (wish->input == NULL || !learned_is_name(wish->input))) {
		g_set_error(
			error, HOTSEAT_ERROR, HOTSEAT_ERROR_USAGE,
			"An input that is learned by hand needs a name of up to 16 small letters, "
			"digits and dashes, such as usbc1: hotseat monitor learn --by-hand MONITOR "
			"usbc1");
		return FALSE;
	}
	if (!find_home(&lesson, error) || (wish->by_hand && !read_by_hand(&lesson, error)))
		return FALSE;
	names = choose(&lesson, error);
	if (names == NULL)
		return FALSE;
	try_all(&lesson, names);
	*learned = lesson.learned;
	if (lesson.learned == 0 && !lesson.lost && wish->input == NULL)
		offer(&lesson);
	if (!lesson.lost)
		return TRUE;
	g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_NOT_BACK,
		    "%s was told to show another input and could not be brought back: press its "
		    "button",
		    monitor->name);
	return FALSE;
}
