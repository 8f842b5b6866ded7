/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <glib.h>

#include "lend/lend.h"

/* Which of the options a method takes; also what a command line asks for. A mask. */
enum arguments_method {
	ARGUMENTS_UP = 1 << 0,
	ARGUMENTS_DOWN = 1 << 1,
	ARGUMENTS_RECOVER = 1 << 2,
	ARGUMENTS_CONFIRM = 1 << 3,
};

/**
 * arguments_parse - the arguments of a call that anybody may have made
 * @parameters: of type (sa{sv})
 * @guest: gets the name, which can be a guest's; "" only for ARGUMENTS_RECOVER, and means all
 *
 * HOTSEAT_ERROR_USAGE for a name that no guest can have, an option that is not known, given twice,
 * of another type or out of bounds.
 */
gboolean arguments_parse(GVariant *parameters, enum arguments_method method, char **guest,
			 struct lend_options *options, GError **error);

/* arguments_pack - (sa{sv}), floating; options that are as by default are left out */
GVariant *arguments_pack(enum arguments_method method, const char *guest,
			 const struct lend_options *options);
