/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "core/root.h"

/*
 * What has to be after a guest as it was before it, as the kernel shows it: drivers and overrides
 * of the card, its screens and sound cards, consoles, and what a guest may want of the machine.
 * Things that the kernel numbers anew are known by their names without the number.
 */
struct fact {
	char *what;  /* "driver of 0000:01:00.0", "/sys/class/vtconsole/.../bind" */
	char *value; /* "none" for what is not there */
};

/**
 * facts_read - look now
 * @functions: addresses of the card's functions, NULL-terminated
 *
 * Return: array of struct fact, always the same ones in the same order.
 */
GPtrArray *facts_read(const struct root *root, const char *const *functions);

/* facts_compare - a sentence for each that differs; empty: all is as before */
GPtrArray *facts_compare(const GPtrArray *before, const GPtrArray *now);
