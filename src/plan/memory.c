/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/error.h"
#include "core/size.h"
#include "plan/choose.h"
#include "plan/reason.h"

/*
 * A guest with a VFIO device gets all its memory at once, pinned: no ballooning, no swapping, no
 * merging (MM-01). What it takes is gone for the host until it ends, and if it is not there the
 * guest does not start or the host's programs are killed. So there are two limits: what the host
 * must always keep, and what is free now.
 */
#define KIB_PER_MIB ((guint64)1024)
#define KIB_PER_GIB ((guint64)1024 * 1024)
#define ALIGN_KIB (2 * KIB_PER_MIB) /* huge pages, transparent ones too (MM-06) */

/* A desktop wants 4 GiB for itself, a small machine a third. */
#define HOST_KEEPS_KIB (4 * KIB_PER_GIB)
/* QEMU itself, page tables, the card's mappings. */
#define OVERHEAD_KIB (256 * KIB_PER_MIB)

guint64 memory_round(guint64 kib)
{
	guint64 step = kib >= 2 * KIB_PER_GIB ? KIB_PER_GIB : ALIGN_KIB;

	return kib / step * step;
}

static guint64 host_keeps(const struct memory *memory)
{
	return MIN(HOST_KEEPS_KIB, memory->total_kib / 3);
}

/* The most that may be had now; available_kib is 0 where an old kernel does not tell. */
static guint64 most_now(const struct memory *memory)
{
	guint64 ever = memory->total_kib - host_keeps(memory);

	if (memory->available_kib == 0)
		return ever;
	if (memory->available_kib <= OVERHEAD_KIB)
		return 0;
	return MIN(ever, memory->available_kib - OVERHEAD_KIB);
}

guint64 memory_most(const struct memory *memory)
{
	return memory->total_kib != 0 ? most_now(memory) / ALIGN_KIB * ALIGN_KIB : 0;
}

static gboolean check_wanted(const struct memory *memory, guint64 wanted_kib, GError **error)
{
	g_autofree char *wanted = size_format(wanted_kib << 10);
	g_autofree char *total = size_format(memory->total_kib << 10);
	g_autofree char *available = size_format(memory->available_kib << 10);
	g_autofree char *keeps = size_format(host_keeps(memory) << 10);
	g_autofree char *most = size_format((most_now(memory) / ALIGN_KIB * ALIGN_KIB) << 10);

	if (wanted_kib < MEMORY_LEAST_KIB) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED,
			    "%s of memory is too little for any guest: ask for 64 MiB or more",
			    wanted);
		return FALSE;
	}
	if (wanted_kib > memory->total_kib - host_keeps(memory)) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED,
			    "%s of memory is more than this host can pin: it has %s, and %s must "
			    "stay with it. Ask for --memory %" G_GUINT64_FORMAT "M or less (MM-01)",
			    wanted, total, keeps,
			    (memory->total_kib - host_keeps(memory)) / ALIGN_KIB * 2);
		return FALSE;
	}
	if (wanted_kib > most_now(memory)) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED,
			    "%s of memory is more than can be pinned now: of %s only %s is "
			    "available. Close programs, or ask for %s or less (MM-01)",
			    wanted, total, available, most);
		return FALSE;
	}
	return TRUE;
}

static guint64 choose_default(const struct memory *memory, GPtrArray *reasons, GError **error)
{
	guint64 kib = memory_round(
		MIN(MIN(memory->total_kib / 2, MEMORY_DEFAULT_MOST_KIB), most_now(memory)));
	g_autofree char *chosen = size_format(kib << 10);
	g_autofree char *total = size_format(memory->total_kib << 10);
	g_autofree char *available = size_format(memory->available_kib << 10);

	if (kib < MEMORY_LEAST_KIB) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_REFUSED,
			    "there is no memory for a guest: of %s only %s is available. Close "
			    "programs and try again (MM-01)",
			    total, available);
		return 0;
	}
	reason_add(reasons, "memory", g_strdup("more, which the host would miss while it runs"),
		   "%s of %s: half of it, at most 16 GiB and what is available now, since a card "
		   "pins all of it (MM-01)",
		   chosen, total);
	return kib;
}

guint64 choose_memory(const struct memory *memory, guint64 wanted_kib, GPtrArray *reasons,
		      GError **error)
{
	g_autofree char *wanted = NULL;
	guint64 rounded_kib;

	if (memory->total_kib == 0) {
		g_set_error(error, HOTSEAT_ERROR, HOTSEAT_ERROR_UNREADABLE,
			    "how much memory this machine has could not be read");
		return 0;
	}
	if (wanted_kib == 0)
		return choose_default(memory, reasons, error);
	/* Not rounded up: a guest must not get more than was checked. */
	if (!check_wanted(memory, wanted_kib, error))
		return 0;
	rounded_kib = wanted_kib / ALIGN_KIB * ALIGN_KIB;
	wanted = size_format(rounded_kib << 10);
	reason_add(reasons, "memory", NULL, "%s, as asked%s", wanted,
		   rounded_kib < wanted_kib ? ", in whole pages of 2 MiB" : "");
	return rounded_kib;
}
