/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * hotseat-helper - Hotseat's part in a user's session
 *
 * hotseatd is root and nobody's session. What is the user's, this program does as the user, who may
 * end it or do without it: keyboard and mouse move all the same.
 */
#include <glib-unix.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <systemd/sd-login.h>
#include <unistd.h>

#include "helper/helper.h"

static gboolean sits_at(const char *seat, void *data)
{
	return sd_uid_is_on_seat(getuid(), 1, seat) > 0;
}

static gboolean on_signal(gpointer data)
{
	g_main_loop_quit(data);
	return G_SOURCE_CONTINUE;
}

/* bus - of GDBus's shared ones: this program ends with them */
static GDBusConnection *bus(GBusType type, const char *name)
{
	g_autoptr(GError) error = NULL;
	GDBusConnection *connection = g_bus_get_sync(type, NULL, &error);

	if (connection == NULL)
		fprintf(stderr, "hotseat-helper: there is no %s bus: %s\n", name, error->message);
	return connection;
}

int main(int argc, char **argv)
{
	g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
	g_autoptr(GDBusConnection) system = NULL, session = NULL;
	g_autofree char *settings =
		g_build_filename(g_get_user_config_dir(), "hotseat", "helper.conf", NULL);
	struct helper *helper;

	setlocale(LC_ALL, "");
	if (argc > 1) {
		fputs("hotseat-helper is started by the user's systemd, without arguments\n",
		      stderr);
		return EXIT_FAILURE;
	}
	system = bus(G_BUS_TYPE_SYSTEM, "system");
	session = bus(G_BUS_TYPE_SESSION, "session");
	if (system == NULL || session == NULL)
		return EXIT_FAILURE;
	helper = helper_new(&(struct helper_world){
		.system = system, .session = session, .settings = settings, .sits_at = sits_at });
	g_unix_signal_add(SIGTERM, on_signal, loop);
	g_unix_signal_add(SIGINT, on_signal, loop);
	g_main_loop_run(loop);
	helper_free(helper);
	/* What was let go is said before the bus sees us leave. */
	(void)g_dbus_connection_flush_sync(session, NULL, NULL);
	return EXIT_SUCCESS;
}
