/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <glib.h>

/*
 * Kernel arguments in the texts that people and distributions write. Reading only: what is not
 * understood is left out, and is never written back.
 */

/* words_of_line - the arguments of a command line, separated by blanks; quotes stay */
GPtrArray *words_of_line(const char *text);

/**
 * words_of_grub - what a file such as /etc/default/grub gives the kernel
 *
 * The shell reads it; here are understood assignments to GRUB_CMDLINE_LINUX and
 * GRUB_CMDLINE_LINUX_DEFAULT, with = or +=, whose value is one quoted word.
 * @words: gets the arguments added
 */
void words_of_grub(const char *text, GPtrArray *words);

/**
 * words_value - the value of a parameter among arguments
 * @name: "vfio-pci.ids"; dash and underscore are the same, as for the kernel
 *
 * Return: borrowed; the last one's, which is the one that counts; NULL: none.
 */
const char *words_value(const GPtrArray *words, const char *name);

/* words_set - give a parameter this value: replace what has the same name, else add; @word is
 * "name=value" */
void words_set(GPtrArray *words, const char *word);

/* words_join_ids - two lists of ids, "10de:1b80,10de:10f0", each id once; either may be NULL */
char *words_join_ids(const char *a, const char *b);
