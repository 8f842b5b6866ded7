/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "core/autoptr.h"
#include "core/error.h"
#include "seat/chord.h"

#include <glib.h>

/*
 * What the user has settled for a seat, in /etc/hotseat/SEAT.conf. Nothing needs to be: without
 * the file a seat has every keyboard and mouse, both Ctrl keys, and no monitor that moves.
 *
 *	[seat]
 *	inputs=/dev/input/by-id/usb-Maker_Keyboard-event-kbd;/dev/input/by-id/usb-Maker_Mouse-event-mouse
 *	programs=keyd_virtual_keyboard
 *	chord=leftctrl+rightctrl
 *	panic=leftshift+rightshift+esc
 *
 *	[chords]
 *	win11=leftmeta+f1
 *
 *	[monitor Dell S2716DG]
 *	host=hdmi1
 *	win11=dp1
 */
#define SETTINGS_FOLDER "/etc/hotseat"
#define SETTINGS_PROGRAMS "/dev/input/by-program"
#define SETTINGS_SEAT "seat0" /* the one that there always is */

struct settings_monitor {
	char *name;         /* as in "hotseat monitor list" */
	GHashTable *inputs; /* name of a guest, or "host", to name of an input */
};

struct settings {
	char **inputs;   /* paths, NULL-terminated; NULL: every keyboard and mouse */
	char **programs; /* names below SETTINGS_PROGRAMS of what programs make; NULL: none */
	struct chord chord, panic;
	GHashTable *direct;  /* name of a guest to its struct chord */
	GPtrArray *monitors; /* struct settings_monitor */
};

void settings_free(struct settings *settings);
AUTOPTR_DEFINE(settings)

/* settings_default - what holds without a file */
struct settings *settings_default(void);

/**
 * settings_read - of one file
 *
 * Return: NULL with HOTSEAT_ERROR_UNREADABLE, naming file, group and key. A file that is not there
 * is the same as an empty one.
 */
struct settings *settings_read(const char *path, GError **error);

/* settings_parse - of its text; @path is for messages */
struct settings *settings_parse(const char *text, gsize length, const char *path, GError **error);
