/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest/libvirt.h"

#include <stddef.h>

#include "core/library.h"

struct libvirt libvirt;

static const struct library_function functions[] = {
#define LIBVIRT_ROW(function) { #function, offsetof(struct libvirt, function) },
	LIBVIRT_FUNCTIONS(LIBVIRT_ROW)
#undef LIBVIRT_ROW
};

static gboolean load(GError **error)
{
	return library_load("libvirt.so.0", "libvirt", "hotseat check has the command", functions,
			    G_N_ELEMENTS(functions), &libvirt, error);
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
