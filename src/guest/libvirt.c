/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest/libvirt.h"

#include <dlfcn.h>
#include <stddef.h>

#define LIBRARY "libvirt.so.0"

struct libvirt libvirt;

static const struct {
	const char *name;
	gsize offset;
} functions[] = {
#define LIBVIRT_ROW(function) { #function, offsetof(struct libvirt, function) },
	LIBVIRT_FUNCTIONS(LIBVIRT_ROW)
#undef LIBVIRT_ROW
};

static gboolean load(GError **error)
{
	void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);

	if (library == NULL) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_ABSENT,
			    "libvirt is not installed (%s); hotseat check has the command",
			    dlerror());
		return FALSE;
	}
	for (gsize i = 0; i < G_N_ELEMENTS(functions); i++) {
		void **place = (void **)((char *)&libvirt + functions[i].offset);

		*place = dlsym(library, functions[i].name);
		if (*place == NULL) {
			g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_ABSENT,
				    "this libvirt is too old: it has no %s()", functions[i].name);
			return FALSE;
		}
	}
	return TRUE;
}

/* Threads may come at the same time. */
gboolean libvirt_load(GError **error)
{
	static GMutex mutex;
	static gboolean loaded;
	g_autoptr(GMutexLocker) locked G_GNUC_UNUSED = g_mutex_locker_new(&mutex);

	loaded = loaded || load(error);
	return loaded;
}
