/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "handover/host.h"
#include "machine/machine.h"

/*
 * Lending a guest its cards and taking them back. A guest has one card or several: they are lent
 * one after the other under one journal, and come back together.
 *
 * A handover is a list of steps. Before a step changes anything its old values are in the guest's
 * journal; undo restores only what is still as we left it, and names what somebody else changed
 * meanwhile. Whatever is killed at whatever instant, the journal knows enough to go back.
 *
 * One journal for each guest, <run_dir>/<uuid>.journal, and one lock for each, held while steps
 * run and never while a domain is being started: libvirt calls our hook from inside
 * virDomainCreate.
 */
struct handover_guest {
	const char *uuid;
	const char *name;
	const struct handover_needs *needs; /* NULL: its cards, and that the host stays awake */
};

/*
 * What a guest wants of the host beside its cards. Much of it belongs to the machine: with several
 * guests the baseline is saved for the first and comes back after the last (share.h).
 */
struct handover_needs {
	guint64 memory_kib, page_kib;  /* huge pages for so much memory; page_kib 0: none */
	int node;                      /* where its memory is to be; -1: it does not matter */
	gboolean transparent;          /* the kernel's own large pages */
	const char *governor;          /* of all cores: "performance"; NULL: as it is */
	const char *cpus;              /* "2-5": the guest's alone; NULL: the host may use all */
	char *const *usb;              /* "046d:c52b", NULL-terminated; NULL: none */
	gboolean stop_display_manager; /* lend the desktop's own card; the desktop ends */
};

/* What happened to whom, for people; called for each step before and after. */
typedef void (*handover_progress)(const char *what, gboolean done, void *data);

struct handover_options {
	handover_progress progress; /* may be NULL */
	void *data;
	guint seconds; /* how long to wait for a busy group, and for another process; 0: not */
};

/* What handover_check() is not to refuse. */
enum handover_allow {
	HANDOVER_ALLOW_LAST_DISPLAY = 1 << 0, /* the user asked for that by name */
	HANDOVER_ALLOW_HOLDERS = 1 << 1,      /* they end with the display manager */
};

/**
 * handover_check - may these cards be lent now, together?
 * @cards: struct card, at least one
 * @allow: of enum handover_allow
 *
 * HOTSEAT_ERROR_REFUSED or HOTSEAT_ERROR_BUSY, naming device, process and reason, when a group is
 * not viable (GR-02), the cards drive the only display, or somebody has one open (UB-01);
 * HOTSEAT_ERROR_DENIED when only root could tell. Each card's group is judged alone.
 */
gboolean handover_check(const struct machine *machine, GPtrArray *cards, unsigned int allow,
			GError **error);

/**
 * handover_wait_idle - wait until nobody has any of the cards open
 * @seconds: at most
 *
 * HOTSEAT_ERROR_BUSY names who has. Where it cannot be told, it counts as idle: handover_check()
 * has refused that.
 */
gboolean handover_wait_idle(struct host *host, const GPtrArray *cards, guint seconds,
			    GError **error);

/**
 * handover_up - do all steps for a guest
 * @machine: for what else its drivers serve; may be NULL: nothing
 * @cards: struct card, at least one, checked just before; all their functions are bound to vfio-pci
 *
 * Idempotent: a complete journal for the same cards answers at once.
 * Return: TRUE when everything was read back; FALSE with HOTSEAT_ERROR_FAILED (and the host as it
 * was), HOTSEAT_ERROR_NOT_BACK (it is not: the journal stays), HOTSEAT_ERROR_BUSY (another process
 * works on this guest, or another guest has a card), HOTSEAT_ERROR_REFUSED (the guest has other
 * cards, or a card is not what it was), HOTSEAT_ERROR_DENIED, HOTSEAT_ERROR_UNREADABLE (a damaged
 * journal, named). Loads vfio-pci if it is not there, which is not undone.
 */
gboolean handover_up(struct host *host, const struct handover_guest *guest,
		     const struct machine *machine, const GPtrArray *cards,
		     const struct handover_options *options, GError **error);

/**
 * handover_down - undo a guest's journal
 * @uuid: or JOURNAL_MACHINE: what handover_read_states() says of it
 * @left: if not NULL, gets an array of sentences about what somebody else had changed and was left
 *
 * Waits up to options->seconds for the cards' groups to be free: vfio-pci is never unbound from a
 * busy group. Idempotent: no journal is success.
 * Return: TRUE when the host is as before (but for @left); FALSE with HOTSEAT_ERROR_BUSY (the
 * guest runs, or another process works on it; nothing was changed), HOTSEAT_ERROR_NOT_BACK (the
 * journal stays: call again), HOTSEAT_ERROR_DENIED or HOTSEAT_ERROR_UNREADABLE (a damaged journal,
 * named; nothing was changed).
 */
gboolean handover_down(struct host *host, const char *uuid, const struct handover_options *options,
		       GPtrArray **left, GError **error);

/* What an open journal says, for status and recover. */
struct handover_state {
	char *uuid, *name;
	gboolean complete;  /* all steps are done: the cards are lent */
	gboolean hook_seen; /* libvirt has called our hook for this start */
	int pid;            /* process that runs the handover now; 0: none */
	GPtrArray *steps;   /* struct handover_step_state */
};

struct handover_step_state {
	char *what;   /* "bind 0000:01:00.0" */
	char *former; /* "bochs-drm" */
	char *wanted; /* "vfio-pci" */
	char *now;    /* read back this moment */
};

void handover_state_free(struct handover_state *state);
AUTOPTR_DEFINE(handover_state)

/**
 * handover_read_states - all open journals, sorted by guest name
 *
 * At their end, under a name that no guest can have and JOURNAL_MACHINE as its uuid, what belongs
 * to the machine and was wanted by guests whose journals are gone.
 *
 * A damaged journal is an error that names it, never skipped. Does not disturb a process at work.
 * Return: array of struct handover_state, or NULL with HOTSEAT_ERROR_UNREADABLE or _DENIED.
 */
GPtrArray *handover_read_states(struct host *host, GError **error);

/* handover_note_hook - remember in the journal that libvirt called our hook; fine without journal,
 * or with one that is not complete */
gboolean handover_note_hook(struct host *host, const char *uuid, GError **error);
