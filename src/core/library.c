/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/library.h"

#include <dlfcn.h>

#include "core/error.h"

gboolean library_load(const char *file, const char *name, const char *advice,
		      const struct library_function *functions, gsize count, void *table,
		      GError **error)
{
	void *library = dlopen(file, RTLD_NOW | RTLD_LOCAL);

	if (library == NULL) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_ABSENT,
			    "%s is not installed (%s); %s", name, dlerror(), advice);
		return FALSE;
	}
	for (gsize i = 0; i < count; i++) {
		void **place = (void **)((char *)table + functions[i].offset);

		*place = dlsym(library, functions[i].name);
		if (*place == NULL) {
			g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_ABSENT,
				    "this %s is too old: it has no %s()", name, functions[i].name);
			return FALSE;
		}
	}
	return TRUE;
}
