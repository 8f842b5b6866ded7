/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "setup/setup.h"

/* A plan in the making: what the files of this room that add to it have in common. */
struct draft {
	const struct machine *machine;
	const struct ledger *ledger; /* NULL: setup has changed nothing yet */
	const struct setup_wish *wish;
	struct setup *setup;
};

/* draft_item - a thing that is done; both texts are taken over */
void draft_item(struct draft *draft, char *what, char *why);

/* draft_by_hand - something for the user to do, with the commands; taken over */
void draft_by_hand(struct draft *draft, char *text);

/* draft_product - something is to be generated from the files */
void draft_product(struct draft *draft, const char *name);

/**
 * draft_file - a file is to have this text
 * @product: what is generated from it; NULL: nothing
 *
 * Nothing happens if it has that text already. HOTSEAT_ERROR_REFUSED for what is no ordinary file.
 */
gboolean draft_file(struct draft *draft, const char *path, const char *text, gboolean program,
		    const char *product, GError **error);

/* draft_line - a file is to have this line; the rest of it stays */
gboolean draft_line(struct draft *draft, const char *path, const char *line, const char *product,
		    GError **error);

/* The first lines of a file that is ours alone; @mark is what a comment begins with. */
#define DRAFT_HEADER(mark)                                                                         \
	mark " Written by hotseat setup. Taken away by: sudo hotseat setup --undo\n"

/* The parts of a plan. */
gboolean draft_findings(struct draft *draft, const GPtrArray *findings, GError **error);
gboolean draft_gpu(struct draft *draft, GError **error);
gboolean draft_keep_free(struct draft *draft, GError **error);
gboolean draft_hugepages(struct draft *draft, GError **error);
/* draft_loader - after all others: how the kernel gets its arguments */
gboolean draft_loader(struct draft *draft, GError **error);

/* draft_given - the arguments in the loader's own files, without ours; owned by the caller */
GPtrArray *draft_given(const struct draft *draft);

/**
 * draft_cards - the cards of a wish, which may be lent: viable, and not the desktop's display
 * @addresses: NULL-terminated
 *
 * Return: array of struct card, owned by the caller.
 */
GPtrArray *draft_cards(const struct draft *draft, const char *const *addresses, GError **error);

/* draft_same_kind - nothing but their places tells these two apart, as far as the kernel's ids and
 * udev's attributes go: vendor, device, subsystem, class */
gboolean draft_same_kind(const struct pcidev *a, const struct pcidev *b);
