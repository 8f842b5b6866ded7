/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <glib.h>

/**
 * diff_unified - the difference of two texts, as diff -u shows it and patch takes it
 * @old_name: for the line that begins with ---
 * @new_name: for the line that begins with +++
 *
 * Three lines around each change. Texts that have very little in common are shown as all of one
 * taken out and all of the other put in.
 *
 * Return: newly allocated; "" if the texts are equal.
 */
char *diff_unified(const char *old_text, const char *new_text, const char *old_name,
		   const char *new_name);
