/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hotseatd/caller.h"

#include "core/error.h"

#define BUS_TIMEOUT_MS 10000
#define POLKIT "org.freedesktop.PolicyKit1"
#define POLKIT_PATH "/org/freedesktop/PolicyKit1/Authority"
#define POLKIT_AUTHORITY POLKIT ".Authority"
#define POLKIT_ALLOW_USER_INTERACTION 1U

struct asking {
	struct caller_question question;
	char *sender, *guest;
	guint next; /* of the actions */
	caller_answer answer;
	void *data;
};

static void give_answer(struct asking *asking, const GError *error)
{
	asking->answer(error, asking->data);
	g_object_unref(asking->question.bus);
	g_free(asking->sender);
	g_free(asking->guest);
	g_free(asking);
}

static void deny(struct asking *asking, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void deny(struct asking *asking, const char *format, ...)
{
	g_autoptr(GError) error = NULL;
	va_list args;

	va_start(args, format);
	error = g_error_new_valist(HOTSEAT_ERROR, HOTSEAT_ERROR_DENIED, format, args);
	va_end(args);
	give_answer(asking, error);
}

static void ask_next_action(struct asking *asking);

static void on_polkit(GObject *source, GAsyncResult *result, gpointer data)
{
	struct asking *asking = data;
	const char *action = asking->question.actions[asking->next];
	g_autoptr(GError) error = NULL;
	g_autoptr(GVariant) reply =
		g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, &error);
	gboolean allowed = FALSE;

	if (reply == NULL) {
		g_dbus_error_strip_remote_error(error);
		deny(asking, "polkit cannot say whether this user may (%s: %s); try with sudo",
		     action, error->message);
		return;
	}
	g_variant_get(reply, "((bba{ss}))", &allowed, NULL, NULL);
	if (!allowed) {
		deny(asking,
		     "this user may not (polkit: %s); whoever sits at the machine may, others with "
		     "an administrator's password or with sudo",
		     action);
		return;
	}
	asking->next++;
	ask_next_action(asking);
}

static void ask_next_action(struct asking *asking)
{
	const struct caller_question *question = &asking->question;
	const char *action = question->actions[asking->next];
	GVariantBuilder subject, details;
	GVariant *arguments;

	if (action == NULL) {
		give_answer(asking, NULL);
		return;
	}
	g_variant_builder_init(&subject, G_VARIANT_TYPE_VARDICT);
	g_variant_builder_add(&subject, "{sv}", "name", g_variant_new_string(asking->sender));
	g_variant_builder_init(&details, G_VARIANT_TYPE("a{ss}"));
	g_variant_builder_add(&details, "{ss}", "guest", asking->guest);
	arguments = g_variant_new("((s@a{sv})s@a{ss}us)", "system-bus-name",
				  g_variant_builder_end(&subject), action,
				  g_variant_builder_end(&details),
				  question->interactive ? POLKIT_ALLOW_USER_INTERACTION : 0U, "");
	/* With a password to be typed this takes as long as it takes. */
	g_dbus_connection_call(
		question->bus, POLKIT, POLKIT_PATH, POLKIT_AUTHORITY, "CheckAuthorization",
		arguments, G_VARIANT_TYPE("((bba{ss}))"), G_DBUS_CALL_FLAGS_NONE,
		question->interactive ? G_MAXINT : BUS_TIMEOUT_MS, NULL, on_polkit, asking);
}

static void on_user(GObject *source, GAsyncResult *result, gpointer data)
{
	struct asking *asking = data;
	g_autoptr(GError) error = NULL;
	g_autoptr(GVariant) reply =
		g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, &error);
	guint user = G_MAXUINT;

	if (reply == NULL) {
		deny(asking, "the bus does not say who asks: %s", error->message);
		return;
	}
	g_variant_get(reply, "(u)", &user);
	if (user == asking->question.root)
		give_answer(asking, NULL);
	else if (asking->question.root_only)
		deny(asking, "only root may call this");
	else
		ask_next_action(asking);
}

void caller_ask(const struct caller_question *question, caller_answer answer, void *data)
{
	struct asking *asking = g_new0(struct asking, 1);

	asking->question = *question;
	g_object_ref(question->bus);
	asking->sender = g_strdup(question->sender);
	asking->guest = g_strdup(question->guest);
	asking->answer = answer;
	asking->data = data;
	g_dbus_connection_call(question->bus, "org.freedesktop.DBus", "/org/freedesktop/DBus",
			       "org.freedesktop.DBus", "GetConnectionUnixUser",
			       g_variant_new("(s)", asking->sender), G_VARIANT_TYPE("(u)"),
			       G_DBUS_CALL_FLAGS_NONE, BUS_TIMEOUT_MS, NULL, on_user, asking);
}
