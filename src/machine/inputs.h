/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "core/autoptr.h"
#include "core/root.h"

/*
 * Keyboards and mice as the input core shows them. One device has several event nodes; what is
 * wanted is the node that carries its keys or its motion, by a path that survives a reboot.
 */
enum input_kind {
	INPUT_OTHER,
	INPUT_KEYBOARD, /* a full one, so no power button and no remote control */
	INPUT_MOUSE,    /* relative axes and a left button */
	INPUT_MORE,     /* what else such a device has: media keys, a wheel for the volume */
};

struct input {
	char *name;
	char *event; /* "event3" */
	/* "/dev/input/by-id/...-event-kbd", else by-path or, made by a program, by-program, else
	 * own_path; NULL: none */
	char *stable_path;
	/* "/dev/input/by-device/...": udev gives the others to one node of several; NULL: none */
	char *own_path;
	char *phys; /* where it is plugged in, shared by the nodes of one device; may be NULL */
	char *uniq; /* of Bluetooth devices, whose phys is that of the host's radio; may be NULL */
	enum input_kind kind;
	gboolean virtual_device; /* below sys/devices/virtual: made by a program through uinput */
};

void input_free(struct input *input);
AUTOPTR_DEFINE(input)

/* input_same_device - are they nodes of one piece of hardware? */
gboolean input_same_device(const struct input *a, const struct input *b);

/**
 * inputs_programs - keyboards and mice that programs have made, if there is a keyboard among them
 *
 * Return: their names below /dev/input/by-program with ';' between, as seat0.conf takes them; or
 * NULL.
 */
char *inputs_programs(const GPtrArray *inputs);

/* inputs_read - array of struct input, in order of event number; empty if there are none */
GPtrArray *inputs_read(const struct root *root, GError **error);
