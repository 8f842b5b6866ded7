/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "core/autoptr.h"
#include "core/known.h"
#include "core/root.h"

/*
 * The programs and consoles between a desktop and its cards, keyboards and sound. Known by the
 * names that the kernel shows, which are cut after 15 characters.
 */
enum process_role {
	PROCESS_COMPOSITOR,  /* X servers and Wayland compositors */
	PROCESS_PERSISTENCE, /* keeps NVIDIA's cards open for ever */
	PROCESS_GRABBER,     /* takes keyboards for itself and makes a virtual one (IN-08) */
	PROCESS_DDC,         /* talks to monitors as we do (DD-11) */
	PROCESS_SOUND,       /* PipeWire, PulseAudio and who manages their devices */
	PROCESS_SCREAM,      /* plays a guest's sound from the network (AU-11) */
};

struct process {
	int pid;
	char *name;
	enum process_role role;
};

struct console {
	char *name;           /* "vtcon1" */
	gboolean framebuffer; /* draws on a card, rather than being the dummy */
	enum known bound;
};

/* The sound servers of a user who is logged in. */
struct audio {
	guint uid;
	enum known pipewire, pulse;
};

struct desktop {
	GPtrArray *processes;   /* struct process: those whose role is known */
	enum known listed;      /* proc could be listed */
	GPtrArray *consoles;    /* struct console */
	char *boot_framebuffer; /* "efi-framebuffer.0": the firmware's, still there; NULL: none */
	GArray *audio;          /* struct audio */
};

void desktop_free(struct desktop *desktop);
AUTOPTR_DEFINE(desktop)

/* desktop_read - never fails: what cannot be read is not known */
struct desktop *desktop_read(const struct root *root);

/* desktop_process - the first process of this role, or NULL */
const struct process *desktop_process(const struct desktop *desktop, enum process_role role);

/* desktop_is_compositor - does a process of this name show the desktop? */
gboolean desktop_is_compositor(const char *name);

/* desktop_is_sound_server - does one of this name look after the user's sound cards? */
gboolean desktop_is_sound_server(const char *name);
