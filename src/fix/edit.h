/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "rules/document.h"

/*
 * Changes of a document's text, element by element. What is not touched stays byte for byte as its
 * author wrote it: comments, order, quotes, blanks, and all that we do not understand. Changes are
 * noted first and done at once; no two may be about the same bytes.
 */
struct edit;

/* edit_new - @document must outlive it */
struct edit *edit_new(struct document *document);
void edit_free(struct edit *edit);
AUTOPTR_DEFINE(edit)

/* edit_document - the document that is changed */
struct document *edit_document(const struct edit *edit);

/* edit_set - give an attribute another value, or add it at the end of its tag; NULL: take it out */
void edit_set(struct edit *edit, const struct element *element, const char *name,
	      const char *value);

/* edit_text - put other text in place of what an element holds */
void edit_text(struct edit *edit, const struct element *element, const char *text);

/* edit_remove - take an element out with all that is in it, and its line if nothing else is there
 */
void edit_remove(struct edit *edit, const struct element *element);

/* edit_remove_content - take out what is between an element's tags */
void edit_remove_content(struct edit *edit, const struct element *element);

/**
 * edit_append - add a new last child
 * @xml: one element, in one line; several by "\n" between them, with two blanks for each depth
 *
 * It gets a line of its own where the other children have one.
 */
void edit_append(struct edit *edit, const struct element *element, const char *xml);

/* edit_insert_before - the same in front of a sibling */
void edit_insert_before(struct edit *edit, const struct element *element, const char *xml);

/**
 * edit_put - append to the child of the domain that has this name, made if there is none
 * @parent: "features", "features/hyperv"
 */
void edit_put(struct edit *edit, const char *parent, const char *xml);

/**
 * edit_apply - the text with all changes
 *
 * Return: newly allocated, or NULL if changes are about the same bytes or the text had to be
 * mended to be read.
 */
char *edit_apply(struct edit *edit);
