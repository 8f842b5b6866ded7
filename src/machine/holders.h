/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "core/autoptr.h"
#include "machine/card.h"

/* A process that has one of a card's device nodes open: DRM, framebuffer, sound, I2C, NVIDIA's. */
struct holder {
	int pid;
	char *process;   /* its comm */
	char *node;      /* "/dev/dri/card1" */
	gboolean yields; /* a sound server: lets go when it is told */
};

void holder_free(struct holder *holder);
AUTOPTR_DEFINE(holder)

/**
 * holders_read - who has the card open (UB-01)
 * @complete: set to FALSE if some processes' descriptors could not be read, which needs root
 *
 * Nodes are compared by device number, not by name. What only the kernel holds (UB-02: consoles,
 * nvidia_drm) does not show here.
 *
 * Return: array of struct holder, one for each process and node; not who only has a node open for
 * another that is there too, as logind has.
 */
GPtrArray *holders_read(const struct root *root, const struct card *card, gboolean *complete);

/**
 * holders_text - "firefox (812), obs (900)", each process once
 * @is_meant: which of them; one process can be a holder several times
 *
 * Return: a new text; NULL if none is meant.
 */
char *holders_text(const GPtrArray *holders, gboolean (*is_meant)(const struct holder *holder));
