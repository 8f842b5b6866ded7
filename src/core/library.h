/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <glib.h>

/*
 * A library that is loaded when it is first needed, and not with the program: one that may be
 * missing, or that brings dozens of others along.
 */
struct library_function {
	const char *name;
	gsize offset; /* of its pointer in the table that is filled */
};

/**
 * library_load - load a library and fill a table of its functions
 * @file:    "libvirt.so.0"; searched for as the dynamic linker does
 * @name:    the project's, for messages: "libvirt"
 * @advice:  what to do if it is not there
 * @table:   struct of function pointers
 *
 * The library stays loaded. Return: TRUE, or FALSE with HOTSEAT_ERROR_ABSENT.
 */
gboolean library_load(const char *file, const char *name, const char *advice,
		      const struct library_function *functions, gsize count, void *table,
		      GError **error);
