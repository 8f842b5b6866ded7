/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "guest/domain.h"
#include "guest/virt.h"
#include "handover/handover.h"

/*
 * Where a guest and its handover meet: what up, down, recover and the hook have in common. The
 * room of guests does not touch /sys, the room of handovers does not know libvirt.
 */

/* lend_require_root - HOTSEAT_ERROR_DENIED, with the command to type instead, for ordinary users */
gboolean lend_require_root(const char *command_line, GError **error);

/**
 * lend_read_guest - what libvirt knows of a guest that hotseat made
 *
 * HOTSEAT_ERROR_REFUSED for a domain that is not ours.
 */
struct domain_facts *lend_read_guest(struct virt *virt, const char *name, GError **error);

/**
 * lend_find_card - the card that a guest is to have, on this machine as it is now
 *
 * Found by its fingerprint; HOTSEAT_ERROR_REFUSED if the addresses in the domain are not those of
 * the card's functions any more.
 */
const struct card *lend_find_card(const struct machine *machine, const struct domain_facts *facts,
				  GError **error);

/* lend_needs - what a guest wants of the host; points into @facts */
struct handover_needs lend_needs(const struct domain_facts *facts);

/* lend_take_back - undo a guest's journal; prints steps and what was left. Idempotent. */
gboolean lend_take_back(struct host *host, const char *uuid, const char *name, guint seconds,
			GError **error);

/* lend_print_step - a handover_progress that prints to standard error */
void lend_print_step(const char *what, gboolean done, void *data);

/* lend_chord - the chord of a guest for people: "left Ctrl + right Ctrl" */
const char *lend_chord(const struct domain_facts *facts);
