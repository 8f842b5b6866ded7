/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <glib.h>

#include "core/autoptr.h"

/*
 * The way to speak to monitors: in earnest libddcutil (monitor/ddcutil.h), in tests a model. All of
 * it waits for the monitor, up to seconds, so that none of it is for a main loop; and all of it is
 * called from one thread, because libddcutil keeps settings for each.
 */
#define DDC_EDID_SIZE 128

/* A monitor at the end of a cable. */
struct ddc_cable {
	int bus;                    /* of /dev/i2c-BUS */
	guint8 edid[DDC_EDID_SIZE]; /* first block */
	gboolean answers;           /* DDC/CI too, when it was looked for */
	gpointer handle;            /* the implementation's */
};

struct ddc {
	/**
	 * scan - look for monitors anew; what was found before is void
	 *
	 * Return: new array of struct ddc_cable, those that tell an EDID and nothing more included.
	 */
	GPtrArray *(*scan)(struct ddc *ddc, GError **error);

	/**
	 * listed - the values of feature 60 that the monitor's capabilities string has
	 *
	 * Return: newly allocated bytes, empty if the string has no feature 60 or no values for
	 * it; NULL if the monitor does not tell.
	 */
	GBytes *(*listed)(struct ddc *ddc, const struct ddc_cable *cable, GError **error);

	/**
	 * get - read a feature; only the low byte of a list's value means something
	 *
	 * Return: TRUE; HOTSEAT_ERROR_REFUSED: the monitor says that it has no such feature;
	 * HOTSEAT_ERROR_ABSENT: no answer that makes sense.
	 */
	gboolean (*get)(struct ddc *ddc, const struct ddc_cable *cable, guint8 feature,
			guint8 *value, GError **error);

	/**
	 * set - write a feature; a makers' own (not MONITOR_FEATURE_INPUT) from LG's source address
	 *
	 * That it was taken says nothing of its being heeded.
	 */
	gboolean (*set)(struct ddc *ddc, const struct ddc_cable *cable, guint8 feature,
			guint8 value, GError **error);

	/* time as g_get_monotonic_time() */
	gint64 (*now)(struct ddc *ddc);
	void (*sleep)(struct ddc *ddc, guint milliseconds);

	void (*free)(struct ddc *ddc);
};

static inline void ddc_free(struct ddc *ddc)
{
	if (ddc != NULL)
		ddc->free(ddc);
}
AUTOPTR_DEFINE(ddc)
