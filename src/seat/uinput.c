/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "seat/uinput.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/uinput.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "core/error.h"

#define UINPUT_NODE "/dev/uinput"
#define VENDOR 0x4853

static const char *const kind_names[SINK_KINDS] = { "keyboard", "mouse" };

/* The d-pad of a keyboard would make a game pad of it for whoever guesses by capabilities. */
static gboolean keyboard_has(unsigned int code)
{
	return code != KEY_RESERVED && code != KEY_SCROLLLOCK && !evdev_is_button(code) &&
	       !(code >= BTN_DPAD_UP && code <= BTN_DPAD_RIGHT);
}

/* Up to sixteen, of which eight have names; what comes then would make a joystick of it. */
static gboolean mouse_has(unsigned int code)
{
	return (code >= BTN_0 && code <= BTN_9) || (code >= BTN_MOUSE && code < BTN_JOYSTICK);
}

gboolean uinput_has(enum sink_kind kind, unsigned int code)
{
	return kind == SINK_KEYBOARD ? keyboard_has(code) : mouse_has(code);
}

static int set_capabilities(int fd, enum sink_kind kind)
{
	int result = ioctl(fd, UI_SET_EVBIT, EV_KEY);

	for (unsigned int code = 0; code < KEY_CNT && result >= 0; code++) {
		if (uinput_has(kind, code))
			result = ioctl(fd, UI_SET_KEYBIT, code);
	}
	if (result >= 0)
		result = ioctl(fd, UI_SET_EVBIT, kind == SINK_KEYBOARD ? EV_LED : EV_REL);
	for (unsigned int led = LED_NUML; led <= LED_SCROLLL && result >= 0; led++) {
		if (kind == SINK_KEYBOARD)
			result = ioctl(fd, UI_SET_LEDBIT, led);
	}
	for (unsigned int axis = 0; axis <= REL_HWHEEL_HI_RES && result >= 0; axis++) {
		if (kind == SINK_MOUSE && axis != REL_RESERVED)
			result = ioctl(fd, UI_SET_RELBIT, axis);
	}
	return result;
}

static gboolean create(int fd, enum sink_kind kind, const char *place, GError **error)
{
	g_autofree char *phys = g_strdup_printf("hotseat/%s-%s", place, kind_names[kind]);
	struct uinput_setup setup = {
		.id = { BUS_VIRTUAL, VENDOR, (__u16)(kind + 1), 1 },
	};

	g_snprintf(setup.name, sizeof(setup.name), "Hotseat %s %s", place, kind_names[kind]);
	if (set_capabilities(fd, kind) < 0 || ioctl(fd, UI_SET_PHYS, phys) < 0 ||
	    ioctl(fd, UI_DEV_SETUP, &setup) < 0 || ioctl(fd, UI_DEV_CREATE) < 0) {
		hotseat_error_set_errno(error, errno, "cannot make the input device \"%s\"",
					setup.name);
		return FALSE;
	}
	return TRUE;
}

/* "/dev/input/event7" of "/sys/devices/virtual/input/input12". */
static char *find_node(int fd)
{
	char name[64] = "";
	g_autofree char *folder = NULL;
	g_autoptr(GDir) dir = NULL;
	const char *entry;

	if (ioctl(fd, UI_GET_SYSNAME(sizeof(name) - 1), name) < 0)
		return NULL;
	folder = g_build_filename("/sys/devices/virtual/input", name, NULL);
	dir = g_dir_open(folder, 0, NULL);
	while (dir != NULL && (entry = g_dir_read_name(dir)) != NULL) {
		if (g_str_has_prefix(entry, "event"))
			return g_build_filename("/dev/input", entry, NULL);
	}
	return NULL;
}

gboolean uinput_create(enum sink_kind kind, const char *place, struct uinput *uinput,
		       GError **error)
{
	int fd = open(UINPUT_NODE, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	int node = -1;
	g_autofree char *path = NULL;

	if (fd < 0) {
		hotseat_error_set_errno(error, errno,
					"cannot open " UINPUT_NODE " (modprobe uinput)");
		return FALSE;
	}
	if (!create(fd, kind, place, error)) {
		close(fd);
		return FALSE;
	}
	path = find_node(fd);
	if (path != NULL)
		node = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (node < 0) {
		hotseat_error_set_errno(error, path == NULL ? ENODEV : errno,
					"cannot open the event node of our own input device %s",
					path == NULL ? "" : path);
		close(fd);
		return FALSE;
	}
	*uinput = (struct uinput){ fd, node, g_steal_pointer(&path) };
	return TRUE;
}

void uinput_clear(struct uinput *uinput)
{
	if (uinput->path == NULL)
		return;
	close(uinput->fd);
	close(uinput->node);
	g_clear_pointer(&uinput->path, g_free);
}
