/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "guest/domain.h"
#include "guest/virt.h"
#include "handover/handover.h"

/*
 * Where a guest and its handover meet: what `up`, `down`, `recover`, `confirm` and libvirt's hook
 * do. The room of guests does not touch /sys, the room of handovers does not know libvirt.
 *
 * hotseatd runs these, each call on a thread of its own; where it is not there, the command line
 * run by root does, in its own process. Both write the same journals under the same locks. So
 * nothing in here prints, keeps anything between two calls, or belongs on a main loop.
 */

/* What is being done, for people; may be called from the thread that does it. */
enum lend_line {
	LEND_STEP,    /* "bind 0000:01:00.0": done */
	LEND_BEGIN,   /* "starting win11": begins, and takes its time */
	LEND_SAID,    /* a sentence that is the answer */
	LEND_WARNING, /* a sentence about what the user should know or do */
};

struct lend_report {
	void (*line)(enum lend_line kind, const char *text, void *data);
	void *data;
};

/* lend_say - one line of a report; nothing if @report is NULL */
void lend_say(const struct lend_report *report, enum lend_line kind, const char *format, ...)
	G_GNUC_PRINTF(3, 4);

/* lend_report_step - a handover_progress; its data is a struct lend_report */
void lend_report_step(const char *what, gboolean done, void *data);

#define LEND_DOWN_SECONDS 120     /* Windows with updates to install takes longer */
#define LEND_DEAD_MAN_SECONDS 300 /* a first start installs drivers, and starts once more */
#define LEND_SECONDS_MOST (24 * 3600)

/* What a caller may ask for, besides the guest's name. */
struct lend_options {
	gboolean take_last_display;
	guint dead_man; /* seconds until the dead man's switch acts; 0: without it */
	gboolean force; /* pull the plug of a guest that does not shut down */
	guint timeout;  /* seconds that a guest has for its shutdown */
	gboolean end_guest;
	gboolean dead_man_acts; /* as end_guest, unless somebody has seen the guest */
	gboolean alone;         /* hotseatd is not there, so that nobody makes a seat's devices */
};

/* LEND_OPTIONS_DEFAULT - what the command line does without options */
#define LEND_OPTIONS_DEFAULT                                                                       \
	((struct lend_options){ .dead_man = LEND_DEAD_MAN_SECONDS, .timeout = LEND_DOWN_SECONDS })

/**
 * lend_read_guest - what libvirt knows of a guest that hotseat made
 *
 * HOTSEAT_ERROR_REFUSED for a domain that is not ours.
 */
struct domain_facts *lend_read_guest(struct virt *virt, const char *name, GError **error);

/* lend_needs - what a guest wants of the host beside its cards; points into @facts */
struct handover_needs lend_needs(const struct domain_facts *facts);

/* lend_allowed - handover_check()'s flags: a desktop that is to be stopped may have the card */
unsigned int lend_allowed(const struct domain_facts *facts, gboolean take_last_display);

/**
 * lend_find_cards - the cards that a guest is to have, on this machine as it is now
 *
 * Found by their fingerprints; HOTSEAT_ERROR_REFUSED if the addresses in the domain are not those
 * of the cards' functions any more, or two fingerprints have become one card.
 *
 * Return: array of struct card, at least one, owned by the caller.
 */
GPtrArray *lend_find_cards(const struct machine *machine, const struct domain_facts *facts,
			   GError **error);

/* lend_chord - the chord of a guest for people: "left Ctrl + right Ctrl" */
const char *lend_chord(const struct domain_facts *facts);

/**
 * lend_up - hand a guest's cards over and start it
 *
 * Idempotent: a guest that runs is said to. Arms the dead man's switch where the last display goes
 * (see deadman.h). Errors are those of handover_check() and handover_up(), and of libvirt's start.
 */
gboolean lend_up(const char *guest, const struct lend_options *options,
		 const struct lend_report *report, GError **error);

/**
 * lend_down - ask a guest to shut down, wait, and take its cards back
 *
 * HOTSEAT_ERROR_BUSY if it still runs after options->timeout.
 */
gboolean lend_down(const char *guest, const struct lend_options *options,
		   const struct lend_report *report, GError **error);

/**
 * lend_recover - put back what guests had that are gone
 * @guest: name or UUID; NULL or "": all
 *
 * Works without libvirt. HOTSEAT_ERROR_NOT_BACK if something is still not back,
 * HOTSEAT_ERROR_UNREADABLE for a damaged journal.
 */
gboolean lend_recover(const char *guest, const struct lend_options *options,
		      const struct lend_report *report, GError **error);

/* lend_confirm - the guest was seen: disarm its dead man's switch, now and from now on */
gboolean lend_confirm(const char *guest, const struct lend_report *report, GError **error);

/**
 * lend_prepare - the guest of a domain's XML is about to start: its cards must be lent
 * @xml: what libvirt gave our hook
 *
 * For the hook, which libvirt waits for: never asks libvirt. Idempotent: a complete journal answers
 * at once. Strangers' domains are fine. HOTSEAT_ERROR_REFUSED if a card is not what it was.
 */
gboolean lend_prepare(const char *xml, const struct lend_report *report, GError **error);

/* lend_release - the guest of a domain's XML has ended; for the hook, as lend_prepare() */
gboolean lend_release(const char *xml, const struct lend_report *report, GError **error);

/* lend_read_states - all open journals of this machine; see handover_read_states() */
GPtrArray *lend_read_states(GError **error);

/**
 * lend_take_back - undo a guest's journal and disarm its dead man's switch; idempotent
 * @seconds: how long to wait for QEMU to let go of the card's group
 */
gboolean lend_take_back(struct host *host, const char *uuid, const char *name, guint seconds,
			const struct lend_report *report, GError **error);
