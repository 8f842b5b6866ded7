/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/watch.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib-unix.h>
#include <libevdev/libevdev.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/streams.h"
#include "core/error.h"
#include "hotseatd/client.h"
#include "hotseatd/interface.h"
#include "hotseatd/session.h"
#include "machine/inputs.h"
#include "seat/evdev.h"

#define HOST "host"
#define SEAT "seat0"
#define FOLDER "/dev/input"
#define LOOK_MS 20     /* at what is down, while a guest has the seat */
#define MOTION_TICKS 5 /* so many looks for a line about motion */
#define RESCAN_MS 300  /* udev names a node a moment after it is there */

struct device {
	struct watch *watch;
	char *event, *name;
	int fd;
	guint source;
	struct keys down;
	guint motion, wheel; /* reports and steps since the last line */
};

struct watch {
	const struct watch_options *options;
	GMainLoop *loop;
	GPtrArray *devices; /* struct device */
	struct session *session;
	char *side;
	gboolean unlocked;
	gint64 start;
	guint lines, ticks, rescan;
	int width; /* of the names of sides */
};

/* ---- lines ---------------------------------------------------------------------------------- */

static const char *button_name(guint code)
{
	static const char *const names[] = { "left",  "right",   "middle", "side",
					     "extra", "forward", "back",   "task" };

	return code >= BTN_LEFT && code <= BTN_TASK ? names[code - BTN_LEFT] : NULL;
}

char *watch_describe(const struct input_event *event, gboolean names)
{
	const char *verb = event->value != 0 ? "pressed" : "released";
	const char *name;

	/* repeats are made of what was said already */
	if (event->type != EV_KEY || event->value == 2)
		return NULL;
	name = button_name(event->code);
	if (name != NULL)
		return g_strdup_printf("%s button %s", name, verb);
	if (evdev_is_button(event->code))
		return g_strdup_printf("button %u %s", event->code, verb);
	name = names ? libevdev_event_code_get_name(EV_KEY, event->code) : NULL;
	if (name == NULL)
		return g_strdup_printf("key %s", verb);
	return g_strdup_printf("key %s %s", g_str_has_prefix(name, "KEY_") ? name + 4 : name, verb);
}

static void print_line(struct watch *watch, const char *side, const char *name, const char *what)
{
	double seconds = (double)(g_get_monotonic_time() - watch->start) / G_USEC_PER_SEC;

	watch->width = MAX(watch->width, (int)strlen(side));
	printf("%8.3f  %-*s  %s%s%s\n", seconds, watch->width, side, name,
	       name[0] != '\0' ? "  " : "", what);
	fflush(stdout);
	watch->lines++;
	if (watch->options->lines != 0 && watch->lines >= watch->options->lines)
		g_main_loop_quit(watch->loop);
}

static void print_event(struct device *device, const struct input_event *event)
{
	struct watch *watch = device->watch;
	g_autofree char *what = watch_describe(event, watch->options->names && watch->unlocked);

	if (what != NULL)
		print_line(watch, watch->side, device->name, what);
}

static char *count_of(const char *what, guint count, const char *unit)
{
	return g_strdup_printf("%s, %u %s%s", what, count, unit, count == 1 ? "" : "s");
}

static void print_motion(struct device *device)
{
	g_autofree char *moved = count_of("moved", device->motion, "report");
	g_autofree char *wheel = count_of("wheel", device->wheel, "step");

	/* what comes from a node that nobody has grabbed is the host's */
	if (device->motion > 0)
		print_line(device->watch, HOST, device->name, moved);
	if (device->wheel > 0)
		print_line(device->watch, HOST, device->name, wheel);
	device->motion = device->wheel = 0;
}

/* ---- devices -------------------------------------------------------------------------------- */

static void note_event(struct device *device, const struct input_event *event, gboolean *moved)
{
	if (event->type == EV_KEY && event->code < KEY_CNT) {
		if (event->value != 0)
			keys_add(&device->down, event->code);
		else
			keys_remove(&device->down, event->code);
		print_event(device, event);
	} else if (event->type == EV_REL && (event->code == REL_X || event->code == REL_Y)) {
		*moved = TRUE;
	} else if (event->type == EV_REL &&
		   (event->code == REL_WHEEL || event->code == REL_HWHEEL)) {
		device->wheel += (guint)ABS(event->value);
	} else if (event->type == EV_SYN && event->code == SYN_REPORT && *moved) {
		device->motion++;
		*moved = FALSE;
	}
}

static gboolean on_readable(gint fd, GIOCondition condition, gpointer data)
{
	struct device *device = data;
	struct input_event events[64];
	gboolean moved = FALSE;
	int count;

	while ((count = evdev_kernel.read(fd, events, G_N_ELEMENTS(events))) > 0) {
		for (int i = 0; i < count; i++)
			note_event(device, &events[i], &moved);
	}
	if (count == -EAGAIN || count == -EINTR)
		return G_SOURCE_CONTINUE;
	print_line(device->watch, "-", device->name, "unplugged");
	device->source = 0;
	g_ptr_array_remove(device->watch->devices, device);
	return G_SOURCE_REMOVE;
}

/* Only for what somebody else has grabbed: asking throws away what is queued for us. */
static void look(struct device *device)
{
	struct keys now;

	if (evdev_kernel.keys(device->fd, &now) < 0)
		return;
	for (guint code = 0; code < KEY_CNT; code++) {
		const struct input_event event =
			evdev_event(EV_KEY, code, keys_has(&now, code) ? 1 : 0);

		if (keys_has(&now, code) != keys_has(&device->down, code))
			print_event(device, &event);
	}
	device->down = now;
}

static gboolean on_tick(gpointer data)
{
	struct watch *watch = data;

	watch->ticks++;
	for (guint i = 0; i < watch->devices->len; i++) {
		struct device *device = watch->devices->pdata[i];

		if (!g_str_equal(watch->side, HOST))
			look(device);
		if (watch->ticks % MOTION_TICKS == 0)
			print_motion(device);
	}
	if (streams_abandoned())
		g_main_loop_quit(watch->loop);
	return G_SOURCE_CONTINUE;
}

static void device_free(gpointer data)
{
	struct device *device = data;

	if (device->source != 0)
		g_source_remove(device->source);
	close(device->fd);
	g_free(device->event);
	g_free(device->name);
	g_free(device);
}

static gboolean has_device(const struct watch *watch, const char *event)
{
	for (guint i = 0; i < watch->devices->len; i++) {
		const struct device *device = watch->devices->pdata[i];

		if (g_str_equal(device->event, event))
			return TRUE;
	}
	return FALSE;
}

static gboolean add_device(struct watch *watch, const struct input *input, GError **error)
{
	g_autofree char *path = g_build_filename(FOLDER, input->event, NULL);
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	struct device *device;

	if (fd < 0 && errno == ENOENT) /* pulled out again */
		return TRUE;
	if (fd < 0) {
		hotseat_error_set_errno(error, errno, "cannot open %s", path);
		return FALSE;
	}
	device = g_new0(struct device, 1);
	device->watch = watch;
	device->fd = fd;
	device->event = g_strdup(input->event);
	device->name = g_strdup(input->name);
	(void)evdev_kernel.keys(fd, &device->down);
	device->source = g_unix_fd_add(fd, G_IO_IN | G_IO_HUP | G_IO_ERR, on_readable, device);
	g_ptr_array_add(watch->devices, device);
	return TRUE;
}

/* Every keyboard and mouse, also those that programs make, but not those of guests. */
static gboolean add_devices(struct watch *watch, gboolean tell, GError **error)
{
	autoptr(root) root = root_open("/", error);
	g_autoptr(GPtrArray) inputs = root == NULL ? NULL : inputs_read(root, error);

	for (guint i = 0; inputs != NULL && i < inputs->len; i++) {
		const struct input *input = inputs->pdata[i];

		if (input->kind == INPUT_OTHER || has_device(watch, input->event) ||
		    (input->phys != NULL && g_str_has_prefix(input->phys, "hotseat/")))
			continue;
		if (!add_device(watch, input, error))
			return FALSE;
		if (tell)
			print_line(watch, "-", input->name, "plugged in");
	}
	return inputs != NULL;
}

static gboolean on_rescan(gpointer data)
{
	struct watch *watch = data;

	watch->rescan = 0;
	(void)add_devices(watch, TRUE, NULL); /* the others go on */
	return G_SOURCE_REMOVE;
}

static void on_folder(GFileMonitor *monitor, GFile *file, GFile *other, GFileMonitorEvent event,
		      gpointer data)
{
	struct watch *watch = data;

	if (event == G_FILE_MONITOR_EVENT_CREATED && watch->rescan == 0)
		watch->rescan = g_timeout_add(RESCAN_MS, on_rescan, watch);
}

/* ---- who has the seat ----------------------------------------------------------------------- */

static void set_side(struct watch *watch, const char *side)
{
	if (g_str_equal(watch->side, side))
		return;
	g_free(watch->side);
	watch->side = g_strdup(side);
	print_line(watch, side, "", "has keyboard and mouse");
}

static void on_seat_changed(GDBusConnection *bus, const char *sender, const char *path,
			    const char *interface, const char *signal, GVariant *parameters,
			    gpointer data)
{
	const char *seat, *side, *why;

	if (!g_variant_is_of_type(parameters, G_VARIANT_TYPE("(sss)")))
		return;
	g_variant_get(parameters, "(&s&s&s)", &seat, &side, &why);
	if (g_str_equal(seat, SEAT) && why[0] == '\0')
		set_side(data, side);
}

static void on_session(gboolean present, void *data)
{
	struct watch *watch = data;

	watch->unlocked = present;
}

static void ask_side(struct watch *watch)
{
	g_autoptr(GPtrArray) seats =
		client_seats(FALSE, NULL); /* without the service all is the host's */

	for (guint i = 0; seats != NULL && i < seats->len; i++) {
		const struct client_seat *seat = seats->pdata[i];

		if (g_str_equal(seat->name, SEAT))
			set_side(watch, seat->side);
	}
}

/* ---- all of it ------------------------------------------------------------------------------ */

static gboolean on_end(gpointer loop)
{
	g_main_loop_quit(loop);
	return G_SOURCE_CONTINUE;
}

static void run_loop(struct watch *watch)
{
	guint ends[] = {
		g_unix_signal_add(SIGINT, on_end, watch->loop),
		g_unix_signal_add(SIGTERM, on_end, watch->loop),
		g_timeout_add(LOOK_MS, on_tick, watch),
		watch->options->seconds > 0 ? g_timeout_add((guint)(watch->options->seconds * 1000),
							    on_end, watch->loop)
					    : 0,
	};

	g_main_loop_run(watch->loop);
	for (guint i = 0; i < G_N_ELEMENTS(ends); i++) {
		if (ends[i] != 0)
			g_source_remove(ends[i]);
	}
	if (watch->rescan != 0)
		g_source_remove(watch->rescan);
}

static gboolean watch_all(struct watch *watch, GError **error)
{
	g_autoptr(GDBusConnection) bus = g_bus_get_sync(G_BUS_TYPE_SYSTEM, NULL, NULL);
	g_autoptr(GFile) folder = g_file_new_for_path(FOLDER);
	g_autoptr(GFileMonitor) monitor = NULL;
	guint subscription = 0;

	if (!add_devices(watch, FALSE, error))
		return FALSE;
	if (watch->devices->len == 0) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_ABSENT,
			    "there is no keyboard and no mouse");
		return FALSE;
	}
	monitor = g_file_monitor_directory(folder, G_FILE_MONITOR_NONE, NULL, NULL);
	if (monitor != NULL)
		g_signal_connect(monitor, "changed", G_CALLBACK(on_folder), watch);
	if (bus != NULL) {
		subscription = g_dbus_connection_signal_subscribe(
			bus, HOTSEATD_NAME, HOTSEATD_INTERFACE, "SeatChanged", HOTSEATD_PATH, NULL,
			G_DBUS_SIGNAL_FLAGS_NONE, on_seat_changed, watch, NULL);
		watch->session = session_new(bus, SEAT, on_session, watch);
		ask_side(watch);
	}
	run_loop(watch);
	if (subscription != 0)
		g_dbus_connection_signal_unsubscribe(bus, subscription);
	session_free(watch->session);
	return TRUE;
}

gboolean watch_inputs(const struct watch_options *options, GError **error)
{
	struct watch watch = {
		.options = options,
		.loop = g_main_loop_new(NULL, FALSE),
		.devices = g_ptr_array_new_with_free_func(device_free),
		.side = g_strdup(HOST),
		.start = g_get_monotonic_time(),
		.width = (int)strlen(HOST),
	};
	gboolean ok;

	ok = watch_all(&watch, error);
	g_ptr_array_unref(watch.devices);
	g_main_loop_unref(watch.loop);
	g_free(watch.side);
	return ok;
}
