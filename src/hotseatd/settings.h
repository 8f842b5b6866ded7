/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "core/autoptr.h"
#include "core/error.h"
#include "seat/chord.h"

#include <glib.h>

/*
 * What the user has settled for a seat, in /etc/hotseat/SEAT.conf. Nothing needs to be: without
 * the file a seat has every keyboard and mouse that logind gives it, both Ctrl keys, and no monitor
 * that moves.
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
#define SETTINGS_CHORDS "chords"    /* group of direct chords */
#define SETTINGS_MONITOR "monitor " /* beginning of the groups of monitors */
#define SETTINGS_SEAT "seat0"       /* the one that there always is */

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

/* A monitor that goes with a guest. */
struct settings_follow {
	char *monitor;      /* as in "hotseat monitor list" */
	char *host, *guest; /* names of inputs */
};

/**
 * settings_put_chord - the same file, with a guest's direct chord
 * @text: of the file; "" where there is none
 * @path: for messages
 * @chord: NULL: it has none
 *
 * Return: newly allocated text that settings_parse() takes; NULL with its error.
 */
char *settings_put_chord(const char *text, const char *path, const char *guest, const char *chord,
			 GError **error);

/**
 * settings_put_monitors - the same file, in which these monitors go with a guest, and no others
 * @follow: array of struct settings_follow
 *
 * Return: as settings_put_chord()
 */
char *settings_put_monitors(const char *text, const char *path, const char *guest,
			    const GPtrArray *follow, GError **error);
