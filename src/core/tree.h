/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <glib.h>
#include <sys/stat.h>

#include "core/autoptr.h"

/*
 * What is known of some files below a root, by their paths without links: the trace of what was
 * read, and what an unpacked recording cannot say with files alone.
 */
struct tree_entry {
	char *target;   /* of a symbolic link; NULL: it is none */
	GBytes *data;   /* what was read of it; NULL: nothing */
	gboolean text;  /* data was wanted as text, so that white space at its end is no matter */
	gboolean there; /* it exists */
	gboolean folder;
	gboolean entered; /* a folder that was listed, or in which something was looked for */
	int failure;      /* errno of reading or listing it; 0: none */
	mode_t mode;      /* with the type, as in st_mode; 0: was not asked */
	dev_t device;     /* of a device node with mode */
	gint64 changed;   /* seconds since 1970, of a plain file's content; 0: was not asked */
};

struct tree {
	GHashTable *entries; /* path to struct tree_entry */
};

struct tree *tree_new(void);
void tree_free(struct tree *tree);
AUTOPTR_DEFINE(tree)

/* tree_find - the entry of a path; NULL if there is none */
struct tree_entry *tree_find(const struct tree *tree, const char *path);

/* tree_need - the entry of a path, made if there is none */
struct tree_entry *tree_need(struct tree *tree, const char *path);

/**
 * tree_paths - all paths, sorted step by step in natural order, so that a folder comes right
 * before what is below it
 *
 * Return: borrowed paths, valid until the tree changes.
 */
GPtrArray *tree_paths(const struct tree *tree);
