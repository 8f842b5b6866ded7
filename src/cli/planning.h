/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "cli/command.h"
#include "plan/plan.h"

/*
 * What "plan" and "map" have in common: the options of a wish, a machine of which a part may be
 * missing, and one plan or several.
 */
struct planning {
	char **gpus, *memory;
	int vcpus, guests;
};

/* VCPUS_UNSAID - what an option of this kind holds until the user says something */
#define VCPUS_UNSAID (-1)

/* planning_vcpus - what "--vcpus N" wishes: 0, the plan chooses, where it was not said */
gboolean planning_vcpus(int said, guint *vcpus, GError **error);

/* The options, to be put into a command's table; @wanted is where they store. */
#define PLANNING_OPTIONS(wanted)                                                                   \
	{ "gpu",                                                                                   \
	  0,                                                                                       \
	  0,                                                                                       \
	  G_OPTION_ARG_STRING_ARRAY,                                                               \
	  &(wanted).gpus,                                                                          \
	  "Card to lend, by address; may be repeated (default: choose one)",                       \
	  "ADDRESS" },                                                                             \
		{ "vcpus",                                                                         \
		  0,                                                                               \
		  0,                                                                               \
		  G_OPTION_ARG_INT,                                                                \
		  &(wanted).vcpus,                                                                 \
		  "Virtual processors of a guest (default: choose)",                               \
		  "N" },                                                                           \
		{ "memory",                                                                        \
		  0,                                                                               \
		  0,                                                                               \
		  G_OPTION_ARG_STRING,                                                             \
		  &(wanted).memory,                                                                \
		  "Memory of a guest (default: choose)",                                           \
		  "SIZE" },                                                                        \
	{                                                                                          \
		"guests", 0, 0, G_OPTION_ARG_INT, &(wanted).guests,                                \
			"Divide the machine between this many guests (default: 1)", "N"            \
	}

/**
 * planning_read_machine - what a plan needs, where memory and devices may be missing
 *
 * Snapshots of processors alone are machines too. HOTSEAT_ERROR_UNREADABLE without processors.
 */
struct machine *planning_read_machine(const char *root_path, GError **error);

/**
 * planning_make - the plans that were asked for
 *
 * Return: array of struct plan, one for each guest, or NULL with HOTSEAT_ERROR_USAGE or what
 * plan_make() and plan_divide() say. Takes the texts out of @wanted and frees them.
 */
GPtrArray *planning_make(struct planning *wanted, const struct machine *machine, GError **error);
