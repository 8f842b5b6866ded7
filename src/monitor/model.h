/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <glib.h>

#include "core/autoptr.h"
#include "core/known.h"
#include "machine/edid.h"

/*
 * What is known of one model of monitor: its inputs and how they are told. It comes from three
 * sides, each better than the one before: what the monitor lists in its capabilities string, what
 * data/monitors.tsv says of it, and what "monitor learn" found out with the user. Monitors list
 * inputs that they do not have and leave out some that they do, so no input counts as known to work
 * before a user has seen it.
 *
 * A monitor gets no value that is not in here: a wrong one has left a monitor power cycling.
 */
#define MONITOR_FEATURE_INPUT 0x60 /* MCCS 2.2a, 8.3: Input Select */

enum input_origin {
	INPUT_LISTED,  /* the monitor says so */
	INPUT_SHIPPED, /* data/monitors.tsv says so */
	INPUT_TAUGHT,  /* a user has seen it work */
	INPUT_OFFERED, /* a maker's own feature: for "monitor learn" alone */
};

struct monitor_input {
	char *name; /* "hdmi1"; of standard values as in the standard, else as taught or "x1b" */
	guint8 feature; /* what is told: MONITOR_FEATURE_INPUT or a maker's own */
	guint8 told;    /* the value that selects it */
	guint8 reads;   /* what MONITOR_FEATURE_INPUT says while it shows */
	gboolean blind; /* it says the same whatever shows: not worth reading */
	enum input_origin origin;
	enum known back; /* while it shows, the host can switch away from it; from learning only */
};

struct model {
	char manufacturer[4];
	guint16 product;
	char *name;        /* as in the EDID; NULL: it has none */
	GPtrArray *inputs; /* of struct monitor_input */
};

void model_free(struct model *model);
AUTOPTR_DEFINE(model)

/**
 * model_new - what is known of a monitor before anybody was asked
 * @listed:  values of feature 60 in the capabilities string; NULL if it does not have any
 * @n_listed: how many
 */
struct model *model_new(const struct edid *edid, const guint8 *listed, gsize n_listed);

/* model_teach - add an input, in place of one with its name; takes @input's name */
void model_teach(struct model *model, const struct monitor_input *input);

/**
 * model_find_input - the input that a user means
 * @text: its name, in any case and with or without dashes and blanks; without its number if there
 *        is only one of the kind ("hdmi"); or its value ("0x11")
 *
 * Return: an input of @model, or NULL with HOTSEAT_ERROR_ABSENT, which names those it has.
 */
const struct monitor_input *model_find_input(const struct model *model, const char *text,
					     GError **error);

/* model_input_shown - the input of which feature 60 says @value; NULL: none that is known */
const struct monitor_input *model_input_shown(const struct model *model, guint8 value);

/* model_format_inputs - "dp1, hdmi1", newly allocated; those that are only offered left out */
char *model_format_inputs(const struct model *model);

/* input_origin_name - "listed", "shipped", "taught", "offered" */
const char *input_origin_name(enum input_origin origin);

/* input_name - the standard's name of a value of feature 60, newly allocated: "hdmi1" or "x1b" */
char *input_name(guint8 value);

/* A row of data/monitors.tsv; numbers are hexadecimal. */
struct quirk {
	const char *manufacturer, *first, *last, *feature, *input, *told, *reads, *source, *date;
};

/* quirks_table - all of them, for the linter */
const struct quirk *quirks_table(gsize *n);
