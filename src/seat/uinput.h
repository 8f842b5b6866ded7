/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <glib.h>

#include "seat/seat.h"

/*
 * Making the two devices of a guest, which takes root. They live as long as somebody has the
 * descriptor: that is why they are made with plain requests and not with libevdev, whose object
 * takes the device away with it.
 *
 * Their place is named in what udev knows as "phys": hotseat/SEAT/GUEST-keyboard. By that name
 * the rules in data/ hide them, and make /dev/hotseat/SEAT/GUEST-keyboard, which is what a guest's
 * <input type='evdev'> names.
 *
 * They offer every key and button that QEMU has a use for, and all relative axes. Not ScrollLock,
 * so that QEMU's own toggle (ctrl-scrolllock) can never be typed; it would not pass it on either
 * (ui/input-linux.c, input_linux_should_skip). No EV_MSC: a keyboard with
 * MSC_SCAN that was passed through to a guest stormed. No EV_REP: who gets a key repeats it.
 */
struct uinput {
	int fd;   /* the device */
	int node; /* its event node, for reading */
	char *path;
};

/**
 * uinput_create - make one device
 * @place: "seat0/1"
 *
 * Return: FALSE with HOTSEAT_ERROR_DENIED, _ABSENT (no uinput in this kernel) or _FAILED.
 */
gboolean uinput_create(enum sink_kind kind, const char *place, struct uinput *uinput,
		       GError **error);

/* uinput_has - does such a device offer a key or button? What it does not, the kernel drops. */
gboolean uinput_has(enum sink_kind kind, unsigned int code);

/* uinput_clear - close; the device stays while others have it open */
void uinput_clear(struct uinput *uinput);
