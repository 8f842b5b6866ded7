/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "plan/plan.h"

/* The single decisions of plan_make(), one file each. All add to @reasons. */

/**
 * choose_own_cards - the cards that were asked for, or the one that is best lent
 * @gpus: as wish::gpus
 *
 * Return: array of struct card of @machine, owned by the caller, or NULL: HOTSEAT_ERROR_ABSENT
 * (there is none, or none like that), HOTSEAT_ERROR_REFUSED (one cannot be lent; names the device
 * and driver in the way; or is named twice).
 */
GPtrArray *choose_own_cards(const struct machine *machine, const char *const *gpus,
			    GPtrArray *reasons, GError **error);

/**
 * choose_memory - the guest's memory in KiB, a multiple of 2 MiB
 * @wanted_kib: 0 chooses
 *
 * VFIO pins all of it when the guest starts (MM-01), so it must be had in full. Return: KiB, or 0
 * with HOTSEAT_ERROR_REFUSED and numbers, HOTSEAT_ERROR_UNREADABLE if the size of the machine's
 * memory is not known.
 */
guint64 choose_memory(const struct memory *memory, guint64 wanted_kib, GPtrArray *reasons,
		      GError **error);

/* The most that a guest gets without asking: beyond it games gain nothing and starting takes longer
 * (MM-09). The least that any guest can have. */
#define MEMORY_DEFAULT_MOST_KIB ((guint64)16 << 20)
#define MEMORY_LEAST_KIB ((guint64)64 << 10)

/* memory_most - KiB that all guests together can have now; 0: none, or nothing is known */
guint64 memory_most(const struct memory *memory);

/* memory_round - down to whole GiB, or to 2 MiB below two of them */
guint64 memory_round(guint64 kib);

/**
 * choose_pages - page size and NUMA node of the memory: sets plan::page_kib, plan::memory_node
 * @pools: struct hugepages, what is still free; those that are chosen are taken off. NULL: none
 */
void choose_pages(const struct machine *machine, GArray *pools, struct plan *plan);

/**
 * choose_cards - cards for several guests, each in an IOMMU group of its own
 *
 * Return: array of @guests struct card, spread over NUMA nodes; empty if nothing is known of the
 * machine's devices; NULL with HOTSEAT_ERROR_REFUSED if there are too few.
 */
GPtrArray *choose_cards(const struct machine *machine, guint guests, GError **error);

/* choose_lendable_count - cards that can be lent at the same time, each to another guest */
guint choose_lendable_count(const struct machine *machine);

/**
 * card_obstacle - why a card cannot be lent as things are; NULL: nothing is in the way
 * @in_full: with what is to be done about each device
 */
char *card_obstacle(const struct card *card, gboolean in_full);

/* card_loss - what the desktop would lose with it; NULL: nothing, or it is not known */
char *card_loss(const struct machine *machine, const struct card *card);

/* card_merit - how well a card is suited, more is better */
guint card_merit(const struct card *card);

/**
 * choose_monitors - which monitors move, go and stay, by which cables, and what each side gets
 * @lent: struct card of all guests, of which the host's monitors are none; NULL: the plan's alone
 *
 * Adds to plan::reasons, and sets plan::cable if the guest would have no picture.
 */
void choose_monitors(const struct machine *machine, GPtrArray *lent, struct plan *plan);

/**
 * choose_input - the keyboard or mouse that moves to the guest
 * @inputs: struct input
 *
 * Return: one with a stable path (IN-04), or NULL, which is not an error: a reason says so.
 */
const struct input *choose_input(const GPtrArray *inputs, enum input_kind kind, GPtrArray *reasons);

/* choose_input_from - choose_input() for inputs of which other guests have taken some away */
const struct input *choose_input_from(const GPtrArray *inputs, enum input_kind kind,
				      GPtrArray *reasons);

/* choose_remove_device - take away what another guest got: all nodes of that kind of the device */
void choose_remove_device(GPtrArray *inputs, const struct input *input, enum input_kind kind);
