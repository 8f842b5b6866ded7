// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sessionbus - what a full desktop has on the session bus, and says what it is asked
 *
 * The two interfaces that hotseat-helper speaks to, as the desktops' own programs offer them: a
 * screen saver that can be held off until its caller says so or leaves, and notifications.
 *
 *	SESSIONBUS ready
 *	SESSIONBUS inhibit 1 org.hotseat win11 has keyboard and mouse
 *	SESSIONBUS uninhibit 1
 *	SESSIONBUS notify SUMMARY: BODY
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>

/* sd-bus says what its handlers are given. */
#pragma GCC diagnostic ignored "-Wunused-parameter"

static uint32_t cookie;

static int on_inhibit(sd_bus_message *message, void *data, sd_bus_error *error)
{
	const char *who, *why;
	int r = sd_bus_message_read(message, "ss", &who, &why);

	if (r < 0)
		return r;
	printf("SESSIONBUS inhibit %u %s %s\n", ++cookie, who, why);
	return sd_bus_reply_method_return(message, "u", cookie);
}

static int on_uninhibit(sd_bus_message *message, void *data, sd_bus_error *error)
{
	uint32_t which;
	int r = sd_bus_message_read(message, "u", &which);

	if (r < 0)
		return r;
	printf("SESSIONBUS uninhibit %u\n", which);
	return sd_bus_reply_method_return(message, "");
}

static int on_notify(sd_bus_message *message, void *data, sd_bus_error *error)
{
	const char *application, *icon, *summary, *body;
	uint32_t replaces;
	int r = sd_bus_message_read(message, "susss", &application, &replaces, &icon, &summary,
				    &body);

	if (r < 0)
		return r;
	printf("SESSIONBUS notify %s: %s\n", summary, body);
	return sd_bus_reply_method_return(message, "u", 1);
}

static const sd_bus_vtable screen_saver[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD("Inhibit", "ss", "u", on_inhibit, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("UnInhibit", "u", "", on_uninhibit, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_VTABLE_END,
};

static const sd_bus_vtable notifications[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD("Notify", "susssasa{sv}i", "u", on_notify, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_VTABLE_END,
};

static const struct {
	const char *name, *path;
	const sd_bus_vtable *vtable;
} services[] = {
	{ "org.freedesktop.ScreenSaver", "/org/freedesktop/ScreenSaver", screen_saver },
	{ "org.freedesktop.Notifications", "/org/freedesktop/Notifications", notifications },
};

static void check(int r, const char *what)
{
	if (r >= 0)
		return;
	fprintf(stderr, "sessionbus: %s: %s\n", what, strerror(-r));
	exit(EXIT_FAILURE);
}

int main(void)
{
	sd_bus *bus = NULL;

	setvbuf(stdout, NULL, _IOLBF, 0);
	check(sd_bus_open_user(&bus), "the session bus");
	for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++) {
		check(sd_bus_add_object_vtable(bus, NULL, services[i].path, services[i].name,
					       services[i].vtable, NULL),
		      services[i].path);
		check(sd_bus_request_name(bus, services[i].name, 0), services[i].name);
	}
	puts("SESSIONBUS ready");
	for (;;) {
		int r = sd_bus_process(bus, NULL);

		check(r, "processing");
		if (r == 0)
			check(sd_bus_wait(bus, UINT64_MAX), "waiting");
	}
}
