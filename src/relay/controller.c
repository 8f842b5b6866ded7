/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "relay/controller.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gunixfdmessage.h>
#include <glib-unix.h>
#include <libevdev/libevdev.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/error.h"

/* A relay that was ended is back within milliseconds; a desktop that starts takes longer. */
#define RETRY_MILLISECONDS 50
#define GREETING_MILLISECONDS 5000

struct input_slot {
	struct controller *controller;
	guint32 number;
	char *path;
	GFileMonitor *monitor;
	gboolean passed; /* the relay has a descriptor of it */
	dev_t node;      /* of which this is one name, while it is passed */
};

struct guest_slot {
	guint side, flags;
	struct uinput devices[SINK_KINDS];
};

struct controller {
	char *socket, *seat;
	controller_listener listener;
	void *data;
	int fd;
	gboolean greeted; /* the relay has said what it has; before that nothing is asked of it */
	guint watch_id, retry_id;
	GPtrArray *inputs; /* struct input_slot */
	guint32 n_inputs;  /* how many there ever were */
	GPtrArray *guests; /* struct guest_slot */
	guint32 kept;      /* a bit for each side that the relay has devices of */
	struct chord chords[CHORDS_MAX];
	guint n_chords;
	guint32 foreign_sources[SEAT_SOURCES]; /* of an earlier controller; while being greeted */
	guint n_foreign;
	gboolean told; /* whether to watch; until then the relay goes on as it does */
	gboolean watching;
};

/* ---- talking --------------------------------------------------------------------------------- */

static gboolean send_request(struct controller *controller, const struct relay_request *request,
			     const int *fds, guint n_fds)
{
	union {
		char bytes[CMSG_SPACE(RELAY_FDS * sizeof(int))];
		struct cmsghdr align;
	} rights = { 0 };
	struct relay_request packet = *request;
	struct iovec iov = { &packet, sizeof(packet) };
	struct msghdr header = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (controller->fd < 0 || !controller->greeted)
		return FALSE;
	packet.version = RELAY_VERSION;
	if (n_fds > 0) {
		struct cmsghdr *part;

		header.msg_control = rights.bytes;
		header.msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
		part = CMSG_FIRSTHDR(&header);
		part->cmsg_level = SOL_SOCKET;
		part->cmsg_type = SCM_RIGHTS;
		part->cmsg_len = CMSG_LEN(n_fds * sizeof(int));
		memcpy(CMSG_DATA(part), fds, n_fds * sizeof(int));
	}
	/* a relay that is gone is noticed by its socket, and told everything again */
	return sendmsg(controller->fd, &header, MSG_NOSIGNAL) == (ssize_t)sizeof(packet);
}

static void send_number(struct controller *controller, enum relay_verb verb, guint32 number)
{
	const struct relay_request request = { .verb = (uint16_t)verb, .number = number };

	send_request(controller, &request, NULL, 0);
}

static void send_chords(struct controller *controller)
{
	struct relay_request request = {
		.verb = RELAY_SET_CHORDS,
		.number = controller->n_chords,
	};

	for (guint i = 0; i < controller->n_chords; i++) {
		const struct chord *from = &controller->chords[i];
		struct relay_chord *to = &request.chords[i];

		to->action = (uint16_t)from->action;
		to->side = (uint16_t)from->side;
		to->n_keys = (uint16_t)from->n_keys;
		for (guint j = 0; j < from->n_keys; j++)
			to->keys[j] = (uint16_t)from->keys[j];
	}
	send_request(controller, &request, NULL, 0);
}

/* Two pairs of devices with one name would be in each other's way: first what there is already. */
static gboolean make_devices(struct controller *controller, struct guest_slot *guest,
			     GError **error)
{
	g_autofree char *place = g_strdup_printf("%s/%u", controller->seat, guest->side);

	for (guint kind = 0; kind < SINK_KINDS; kind++) {
		if (guest->devices[kind].path == NULL &&
		    !uinput_create(kind, place, &guest->devices[kind], error))
			return FALSE;
	}
	return TRUE;
}

static gboolean offer_guest(struct controller *controller, struct guest_slot *guest, GError **error)
{
	struct relay_request request = {
		.verb = RELAY_ADD_SINK,
		.number = guest->side,
		.flags = guest->flags,
	};
	int fds[RELAY_FDS];

	/* what was kept may be of an earlier guest */
	if (controller->kept & 1U << guest->side) {
		request.verb = RELAY_SET_REPAIRS;
		send_request(controller, &request, NULL, 0);
		return TRUE;
	}
	if (!make_devices(controller, guest, error))
		return FALSE;
	for (guint i = 0; i < RELAY_FDS; i++)
		fds[i] = i % 2 == 0 ? guest->devices[i / 2].fd : guest->devices[i / 2].node;
	send_request(controller, &request, fds, RELAY_FDS);
	return TRUE;
}

static gboolean can_type_chord(const struct controller *controller, int fd)
{
	struct keys keys = { 0 };

	if (ioctl(fd, EVIOCGBIT(EV_KEY, sizeof(keys)), &keys) < 0)
		return FALSE;
	for (guint i = 0; i < controller->n_chords; i++) {
		if (chord_held(&controller->chords[i], &keys))
			return TRUE;
	}
	return FALSE;
}

/* Under another name; grabbed twice, it would look like another program's. */
static gboolean is_passed(const struct controller *controller, dev_t node)
{
	for (guint i = 0; i < controller->inputs->len; i++) {
		const struct input_slot *input = controller->inputs->pdata[i];

		if (input->passed && input->node == node)
			return TRUE;
	}
	return FALSE;
}

static void pass_input(struct input_slot *input)
{
	struct relay_request request = {
		.verb = RELAY_ADD_SOURCE,
		.number = input->number,
	};
	struct stat status;
	int fd;

	if (input->passed || !input->controller->greeted)
		return;
	fd = open(input->path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	/* not plugged in: its monitor tells when it is */
	if (fd < 0)
		return;
	if (fstat(fd, &status) == 0 && !is_passed(input->controller, status.st_rdev)) {
		request.flags = can_type_chord(input->controller, fd) ? RELAY_KEYBOARD : 0;
		input->node = status.st_rdev;
		input->passed = send_request(input->controller, &request, &fd, 1);
	}
	close(fd);
}

static struct input_slot *find_input(const struct controller *controller, guint32 number)
{
	for (guint i = 0; i < controller->inputs->len; i++) {
		struct input_slot *input = controller->inputs->pdata[i];

		if (input->number == number)
			return input;
	}
	return NULL;
}

/* ---- the connection -------------------------------------------------------------------------- */

static gboolean retry(gpointer data)
{
	struct controller *controller = data;

	controller->retry_id = 0;
	controller_connect(controller);
	return G_SOURCE_REMOVE;
}

static void lose_relay(struct controller *controller)
{
	close(controller->fd);
	controller->fd = -1;
	controller->greeted = FALSE;
	controller->watch_id = 0;
	controller->kept = 0;
	for (guint i = 0; i < controller->inputs->len; i++)
		((struct input_slot *)controller->inputs->pdata[i])->passed = FALSE;
	controller->retry_id = g_timeout_add(RETRY_MILLISECONDS, retry, controller);
}

static void pass_inputs(struct controller *controller)
{
	for (guint i = 0; i < controller->inputs->len; i++)
		pass_input(controller->inputs->pdata[i]);
}

/*
 * An input that has gone may be back already, and its monitor have told before the relay did; or
 * another has its number. One that the relay cannot use, as it is no event node or one too many, is
 * not passed again before something else has gone or its monitor tells of another.
 */
static void lose_input(struct controller *controller, guint32 number, gboolean gone)
{
	struct input_slot *input = find_input(controller, number);

	if (input == NULL)
		return;
	input->passed = FALSE;
	if (gone)
		pass_inputs(controller);
}

static void note_report(struct controller *controller, const struct relay_report *report)
{
	if (report->word == RELAY_SINK && report->number < SEAT_SIDES)
		controller->kept |= 1U << report->number;
	if (report->word == RELAY_SOURCE && report->state == SOURCE_FREE)
		lose_input(controller, report->number, TRUE);
	else if (report->word == RELAY_ANSWER && report->verb == RELAY_ADD_SOURCE &&
		 report->error != 0 && report->error != EEXIST)
		lose_input(controller, report->number, report->error == ENODEV);
	if (controller->listener != NULL)
		controller->listener(report, controller->data);
}

static void send_everything(struct controller *controller);

/*
 * What the relay has is said before anything is asked of it; the last word is who has the seat.
 * Sources have the numbers of an earlier controller, which mean nothing here: they are passed anew.
 * Devices of guests stay: a second pair by the same name would take the name away from the first,
 * which a QEMU may have open.
 */
static void note_greeting(struct controller *controller, const struct relay_report *report)
{
	if (report->word == RELAY_SOURCE) {
		controller->foreign_sources[controller->n_foreign++ % SEAT_SOURCES] =
			report->number;
		return;
	}
	note_report(controller, report);
	if (report->word != RELAY_SIDE)
		return;
	controller->greeted = TRUE;
	for (guint i = 0; i < MIN(controller->n_foreign, SEAT_SOURCES); i++)
		send_number(controller, RELAY_REMOVE_SOURCE, controller->foreign_sources[i]);
	controller->n_foreign = 0;
	send_everything(controller);
}

/* Return: FALSE if there was nothing more to read, or the relay has gone. */
static gboolean read_report(struct controller *controller, ssize_t *size)
{
	struct relay_report report;

	*size = recv(controller->fd, &report, sizeof(report), MSG_DONTWAIT);
	if (*size == (ssize_t)sizeof(report) && report.version == RELAY_VERSION) {
		if (controller->greeted)
			note_report(controller, &report);
		else
			note_greeting(controller, &report);
	}
	return *size > 0;
}

static gboolean on_readable(gint fd, GIOCondition condition, gpointer data)
{
	struct controller *controller = data;
	ssize_t size;

	while (read_report(controller, &size))
		;
	if (size < 0 && (errno == EAGAIN || errno == EINTR))
		return G_SOURCE_CONTINUE;
	lose_relay(controller);
	return G_SOURCE_REMOVE;
}

static int connect_socket(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof(address.sun_path))
		return -1;
	memcpy(address.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/*
 * For whoever must know now what the relay has. One that is just being started takes its time; what
 * then happens once it is there is the same.
 */
static void wait_for_greeting(struct controller *controller)
{
	gint64 deadline = g_get_monotonic_time() + GREETING_MILLISECONDS * 1000;
	struct pollfd poll_fd = { .fd = controller->fd, .events = POLLIN };
	ssize_t size;

	while (controller->fd >= 0 && !controller->greeted) {
		gint64 left = (deadline - g_get_monotonic_time()) / 1000;

		/* what is wrong is seen once more by on_readable() */
		if (left <= 0 || poll(&poll_fd, 1, (int)left) <= 0 ||
		    !read_report(controller, &size))
			return;
	}
}

static void send_everything(struct controller *controller)
{
	send_chords(controller);
	for (guint i = 0; i < controller->guests->len; i++) {
		struct guest_slot *guest = controller->guests->pdata[i];
		g_autoptr(GError) error = NULL;

		/* uinput went away under us: nobody is left to tell but the listener */
		if (!offer_guest(controller, guest, &error))
			note_report(controller, &(const struct relay_report){
							.word = RELAY_ANSWER,
							.verb = RELAY_ADD_SINK,
							.number = guest->side,
							.error = ENODEV,
						});
	}
	pass_inputs(controller);
	if (controller->told)
		send_number(controller, RELAY_WATCH, controller->watching);
}

gboolean controller_connect(struct controller *controller)
{
	if (controller->fd >= 0)
		return TRUE;
	controller->fd = connect_socket(controller->socket);
	if (controller->fd < 0) {
		if (controller->retry_id == 0)
			controller->retry_id = g_timeout_add(RETRY_MILLISECONDS, retry, controller);
		return FALSE;
	}
	controller->n_foreign = 0;
	controller->watch_id = g_unix_fd_add(controller->fd, G_IO_IN | G_IO_HUP | G_IO_ERR,
					     on_readable, controller);
	return TRUE;
}

/* ---- what there is to relay ------------------------------------------------------------------ */

static void free_input(gpointer data)
{
	struct input_slot *input = data;

	g_clear_object(&input->monitor);
	g_free(input->path);
	g_free(input);
}

static void free_guest(gpointer data)
{
	struct guest_slot *guest = data;

	for (guint kind = 0; kind < SINK_KINDS; kind++)
		uinput_clear(&guest->devices[kind]);
	g_free(guest);
}

struct controller *controller_new(const char *socket, const char *seat,
				  controller_listener listener, void *data)
{
	struct controller *controller = g_new0(struct controller, 1);

	controller->socket = g_strdup(socket);
	controller->seat = g_strdup(seat);
	controller->listener = listener;
	controller->data = data;
	controller->fd = -1;
	controller->inputs = g_ptr_array_new_with_free_func(free_input);
	controller->guests = g_ptr_array_new_with_free_func(free_guest);
	return controller;
}

void controller_free(struct controller *controller)
{
	if (controller == NULL)
		return;
	g_clear_handle_id(&controller->watch_id, g_source_remove);
	g_clear_handle_id(&controller->retry_id, g_source_remove);
	if (controller->fd >= 0)
		close(controller->fd);
	g_ptr_array_unref(controller->inputs);
	g_ptr_array_unref(controller->guests);
	g_free(controller->socket);
	g_free(controller->seat);
	g_free(controller);
}

static void on_file(GFileMonitor *monitor, GFile *file, GFile *other, GFileMonitorEvent event,
		    gpointer data)
{
	/* the others we make ourselves, by writing lights and by closing what was passed */
	if (event == G_FILE_MONITOR_EVENT_CREATED ||
	    event == G_FILE_MONITOR_EVENT_ATTRIBUTE_CHANGED)
		pass_input(data);
}

guint32 controller_add_input(struct controller *controller, const char *path)
{
	struct input_slot *input = g_new0(struct input_slot, 1);
	g_autoptr(GFile) file = g_file_new_for_path(path);

	input->controller = controller;
	input->number = ++controller->n_inputs;
	input->path = g_strdup(path);
	/* where nothing can be watched, unplugging is for good */
	input->monitor = g_file_monitor_file(file, G_FILE_MONITOR_NONE, NULL, NULL);
	if (input->monitor != NULL) {
		g_file_monitor_set_rate_limit(input->monitor, 10);
		g_signal_connect(input->monitor, "changed", G_CALLBACK(on_file), input);
	}
	g_ptr_array_add(controller->inputs, input);
	pass_input(input);
	return input->number;
}

void controller_remove_input(struct controller *controller, guint32 number)
{
	struct input_slot *input = find_input(controller, number);

	if (input == NULL)
		return;
	if (input->passed)
		send_number(controller, RELAY_REMOVE_SOURCE, number);
	g_ptr_array_remove(controller->inputs, input);
}

const char *controller_input_path(const struct controller *controller, guint32 number)
{
	const struct input_slot *input = find_input(controller, number);

	return input == NULL ? NULL : input->path;
}

gboolean controller_add_guest(struct controller *controller, guint side, guint flags,
			      GError **error)
{
	struct guest_slot *guest = g_new0(struct guest_slot, 1);

	guest->side = side;
	guest->flags = flags;
	wait_for_greeting(controller);
	/* else it is offered with the rest */
	if (controller->greeted && !offer_guest(controller, guest, error)) {
		free_guest(guest);
		return FALSE;
	}
	g_ptr_array_add(controller->guests, guest);
	return TRUE;
}

void controller_set_repairs(struct controller *controller, guint side, guint flags)
{
	const struct relay_request request = {
		.verb = RELAY_SET_REPAIRS,
		.number = side,
		.flags = flags,
	};

	for (guint i = 0; i < controller->guests->len; i++) {
		struct guest_slot *guest = controller->guests->pdata[i];

		if (guest->side == side)
			guest->flags = flags;
	}
	send_request(controller, &request, NULL, 0);
}

void controller_set_chords(struct controller *controller, const struct chord *chords, guint count)
{
	g_assert(count <= CHORDS_MAX);
	memcpy(controller->chords, chords, count * sizeof(*chords));
	controller->n_chords = count;
	send_chords(controller);
}

void controller_move(struct controller *controller, guint side)
{
	send_number(controller, RELAY_MOVE, side);
}

void controller_watch(struct controller *controller, gboolean on)
{
	controller->told = TRUE;
	controller->watching = on;
	send_number(controller, RELAY_WATCH, on);
}

gboolean chord_parse(const char *text, struct chord *chord, GError **error)
{
	g_auto(GStrv) names = g_strsplit(text, "+", -1);
	struct chord parsed = { .action = CHORD_NEXT };
	const char *why;

	for (guint i = 0; names[i] != NULL; i++) {
		g_autofree char *upper = g_ascii_strup(names[i], -1);
		g_autofree char *name = g_strconcat("KEY_", upper, NULL);
		int code = libevdev_event_code_from_name(EV_KEY, name);

		if (code < 0 || i >= CHORD_KEYS) {
			g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_USAGE,
				    code < 0 ? "%s: no key is called \"%s\"; names are those of "
					       "the kernel, as in leftctrl+rightctrl"
					     : "%s: four keys are the most, without \"%s\"",
				    text, names[i]);
			return FALSE;
		}
		parsed.keys[parsed.n_keys++] = (unsigned int)code;
	}
	why = chords_check(&parsed, 1);
	if (why != NULL) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_USAGE, "%s: %s", text, why);
		return FALSE;
	}
	*chord = parsed;
	return TRUE;
}
