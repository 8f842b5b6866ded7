/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "fix/edit.h"
#include "fix/fix.h"

/* What mends go by, and where they note what is to be done. */
struct mending {
	const struct fix_wish *wish;
	struct document *document;
	struct edit *edit;
	const struct element *element; /* at fault */
};

struct mend {
	const char *rule; /* "ST-02#2": the second rule of that id */
	gboolean choice;  /* only if asked for: somebody may want it as it is, or Windows minds */
	const char *did;  /* what is done, for people */
	/* what an element at fault gets, if that is all there is to do */
	enum {
		MEND_CALL,
		MEND_REMOVE,
		MEND_SET,
		MEND_PUT
	} how;
	const char *name;  /* MEND_SET: attribute; MEND_PUT: parent, as edit_put() takes it */
	const char *value; /* MEND_SET: its value, NULL takes it out; MEND_PUT: XML */
	/* mend - for MEND_CALL. FALSE: not in this case */
	gboolean (*mend)(struct mending *mending);
};

struct mends {
	const struct mend *mends;
	gsize n_mends;
};

#define MENDS(table)                                                                               \
	{                                                                                          \
		table, G_N_ELEMENTS(table)                                                         \
	}

extern const struct mends mends_processor, mends_devices, mends_inputs;

/* mend_of - the mend of a rule; NULL: there is none */
const struct mend *mend_of(const struct rule *rule);

/* mend_next - each mend there is, by number from 0; NULL: no more */
const struct mend *mend_next(gsize number);
