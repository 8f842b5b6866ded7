/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <glib.h>

/*
 * GLib's g_autoptr() wants a type of one word, and our structs keep their "struct". So:
 *
 *	AUTOPTR_DEFINE(root)                  once, in the header that declares root_free()
 *	autoptr(root) root = root_open(...);  owns it until the end of the scope
 *
 * Hand over with g_steal_pointer(). NOUN_free() must take NULL.
 */
#define AUTOPTR_DEFINE(noun)                                                                       \
	static inline void noun##_autoptr(struct noun **owned)                                     \
	{                                                                                          \
		noun##_free(*owned);                                                               \
	}

#define autoptr(noun) __attribute__((cleanup(noun##_autoptr))) struct noun *
