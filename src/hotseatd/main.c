/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <glib-unix.h>
#include <libxml/parser.h>
#include <locale.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "core/error.h"
#include "hotseatd/follow.h"
#include "hotseatd/interface.h"
#include "hotseatd/keeper.h"
#include "hotseatd/seats.h"
#include "hotseatd/service.h"
#include "hotseatd/settings.h"
#include "lend/signals.h"

/*
 * hotseatd: the system service. The work is in lend/, what is asked for comes by service.c, what
 * nobody asks for is done by keeper.c.
 *
 * Signals. SIGTERM, SIGINT and SIGHUP are blocked before the first thread is made, in all of them,
 * and nobody takes them off: a pending one is what handovers look for between their steps. The main
 * loop sees it through a signalfd that it does not read.
 */
struct daemon {
	GMainLoop *loop;
	struct flights *flights;
	struct keeper *keeper;
	struct follow *follow;
	struct service *service;
	struct seats *seats;
	struct seating_listener listener;
	GDBusConnection *bus;
	int status;
	guint busy; /* of service, keeper and follow, when stopping */
};

static void on_changed(void *data)
{
	struct daemon *daemon = data;

	/* What a call has used is not needed until the next one, which may be a day away. */
	malloc_trim(0);
	keeper_wake(daemon->keeper);
	follow_wake(daemon->follow);
}

static void on_stopped(void *data)
{
	struct daemon *daemon = data;

	if (--daemon->busy == 0)
		g_main_loop_quit(daemon->loop);
}

static void stop(struct daemon *daemon)
{
	if (daemon->busy > 0)
		return;
	daemon->busy = 3;
	if (daemon->service != NULL)
		service_stop(daemon->service, on_stopped, daemon);
	else
		on_stopped(daemon);
	keeper_stop(daemon->keeper, on_stopped, daemon);
	follow_stop(daemon->follow, on_stopped, daemon);
}

static gboolean on_signal(int fd, GIOCondition condition, gpointer data)
{
	stop(data);
	return G_SOURCE_REMOVE;
}

/* For panels and hotseat-helper; the journal gets it too. */
static void emit(struct daemon *daemon, const char *signal, const char *seat, const char *subject,
		 const char *why)
{
	g_autofree char *valid_subject = g_utf8_make_valid(subject, -1);
	g_autofree char *valid_why = g_utf8_make_valid(why != NULL ? why : "", -1);

	g_dbus_connection_emit_signal(daemon->bus, NULL, HOTSEATD_PATH, HOTSEATD_INTERFACE, signal,
				      g_variant_new("(sss)", seat, valid_subject, valid_why), NULL);
}

static void on_moved(const char *seat, const char *side, const char *why, void *data)
{
	struct daemon *daemon = data;

	if (why != NULL)
		g_message("%s: %s does not get keyboard and mouse: %s", seat, side, why);
	emit(daemon, "SeatChanged", seat, side, why);
}

static void on_monitor_stays(const char *seat, const char *monitor, const char *why, void *data)
{
	g_message("%s: the monitor %s stays: %s", seat, monitor, why);
	emit(data, "MonitorStays", seat, monitor, why);
}

static void on_bus(GDBusConnection *bus, const char *name, gpointer data)
{
	struct daemon *daemon = data;
	g_autoptr(GError) error = NULL;

	daemon->service =
		service_new(bus, &service_work_live, daemon->flights, on_changed, daemon, &error);
	if (daemon->service == NULL) {
		g_message("%s", error->message);
		return;
	}
	daemon->bus = bus;
	daemon->seats = seats_new(bus, SETTINGS_FOLDER, &daemon->listener);
	service_set_seats(daemon->service, daemon->seats);
	seats_adopt(daemon->seats);
}

static void on_name(GDBusConnection *bus, const char *name, gpointer data)
{
	struct daemon *daemon = data;

	keeper_wake(daemon->keeper);
	follow_wake(daemon->follow);
}

static void on_name_lost(GDBusConnection *bus, const char *name, gpointer data)
{
	struct daemon *daemon = data;

	g_message("the name %s on the system bus is not ours", name);
	daemon->status = EXIT_FAILURE;
	stop(daemon);
}

static int watch_signals(void)
{
	sigset_t stop_signals;

	(void)signals_block();
	pthread_sigmask(SIG_BLOCK, NULL, &stop_signals);
	return signalfd(-1, &stop_signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

int main(int argc, char **argv)
{
	struct daemon daemon = { .status = EXIT_SUCCESS };
	int signals = watch_signals();
	guint name;

	setlocale(LC_ALL, "");
	if (argc > 1 || signals < 0 || geteuid() != 0) {
		fputs("hotseatd is started by systemd, without arguments and as root\n", stderr);
		return EXIT_FAILURE;
	}
	/* Threads come and go; each would keep memory of its own. */
	mallopt(M_ARENA_MAX, 2);
	xmlInitParser(); /* before there are threads (libxml2, "threads") */
	interface_register_errors();
	daemon.loop = g_main_loop_new(NULL, FALSE);
	daemon.listener = (struct seating_listener){ on_moved, on_monitor_stays, &daemon };
	daemon.flights = flights_new();
	daemon.follow = follow_new();
	daemon.keeper = keeper_new(&keeper_work_live, daemon.flights);
	g_unix_fd_add(signals, G_IO_IN, on_signal, &daemon);
	name = g_bus_own_name(G_BUS_TYPE_SYSTEM, HOTSEATD_NAME, G_BUS_NAME_OWNER_FLAGS_DO_NOT_QUEUE,
			      on_bus, on_name, on_name_lost, &daemon, NULL);
	g_main_loop_run(daemon.loop);

	g_bus_unown_name(name);
	service_free(daemon.service);
	seats_free(daemon.seats);
	follow_free(daemon.follow);
	keeper_free(daemon.keeper);
	flights_free(daemon.flights);
	g_main_loop_unref(daemon.loop);
	close(signals);
	return daemon.status;
}
