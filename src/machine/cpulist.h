/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <glib.h>

/*
 * Numbers of processors as the kernel and libvirt write them: "0-3,8", and "^2" for all but 2. One
 * reader for every such text, which a stranger's recording or domain may have made up.
 */

/* One more than the highest number taken: more than Linux can have, and few enough to allocate. */
#define CPULIST_MAX 8192u

/* cpulist_read - guint in ascending order, each once; NULL: the text is no such list */
GArray *cpulist_read(const char *text);

/* cpulist_has - FALSE too for a list that is NULL */
gboolean cpulist_has(const GArray *list, guint cpu);
