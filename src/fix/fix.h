/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "rules/domain.h"

/*
 * Mends what lint finds in a domain. Each mend belongs to one rule and is looked at before it
 * stays: the finding must be gone, nothing else may have become broken or risky, and what libvirt's
 * schema took before it must take after. One that does not hold that is taken back and left to the
 * user. So what fix() returns needs no fix, and doing it twice changes nothing.
 */
struct fix_wish {
	const struct machine *machine; /* NULL: the text alone */
	const struct schema *schema;   /* NULL: the form is not checked */
	char **also;     /* ids of rules whose mend is a choice, and wanted; "all"; may be NULL */
	char **never;    /* ids of rules that are left alone; "all"; may be NULL */
	gboolean images; /* the images that disks name may be read: this is their machine */
};

struct fix_change {
	const struct rule *rule;
	guint line; /* where it stood, after the changes before this one */
	char *did;  /* "gave the disk its real type, qcow2" */
};

enum fix_left_why {
	FIX_LEFT_CHOICE, /* would be mended if asked for */
	FIX_LEFT_USER,   /* nothing here mends it */
};

struct fix_left {
	const struct rule *rule;
	enum fix_left_why why;
	guint line; /* in the text that came out */
	char *said; /* what would be done, or what the user can do; may be NULL */
};

struct fixed {
	char *text;
	GPtrArray *changes; /* struct fix_change, in the order they were made */
	GPtrArray *left;    /* struct fix_left, in the order of lint */
};

/**
 * fix - mend a domain's XML
 *
 * Return: what came of it, equal to what was given where nothing was to be mended; NULL with
 * HOTSEAT_ERROR_UNREADABLE if it is no well-formed XML of a domain.
 */
struct fixed *fix(const char *text, gsize length, const struct fix_wish *wish, GError **error);
void fixed_free(struct fixed *fixed);
AUTOPTR_DEFINE(fixed)
