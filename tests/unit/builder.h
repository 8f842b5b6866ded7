/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <glib.h>

/*
 * Manifests of large machines, whose hundreds of lines nobody would read: so many sockets, each a
 * NUMA node with a share of caches, memory and cards. A service processor has a display of its own
 * on node 0. Siblings are numbered after all cores.
 */
struct builder {
	guint sockets;
	guint caches; /* L3 domains of a socket */
	guint cores;  /* of an L3 domain */
	guint threads;
	guint gib;       /* of memory, of a socket */
	guint cards;     /* dealt to the sockets in turn, each in a group of its own */
	guint blocked;   /* so many of them, from the last: a disk's controller in the group */
	guint keyboards; /* and as many mice */
	guint huge_gib;  /* of each socket's memory in reserved pages of 1 GiB */
};

/* builder_text - the manifest; newly allocated */
char *builder_text(const struct builder *machine);
