/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "guest/xml.h"

/* What the edits of a definition share: domain-edit.c and disk-bus.c. */

/* domain_edit_open - parse; NULL with HOTSEAT_ERROR_UNREADABLE if it is no domain with devices */
xmlDoc *domain_edit_open(const char *xml, GError **error);
/* domain_edit_dump - as text, newly allocated */
char *domain_edit_dump(xmlDoc *document);
/* domain_edit_context - for XPath; knows the prefix hotseat */
xmlXPathContext *domain_edit_context(xmlDoc *document);
xmlNode *domain_edit_child(xmlNode *parent, const char *name);
/* domain_edit_remove - with the blanks before it */
void domain_edit_remove(xmlNode *node);
/* domain_edit_append - a copy, last in <devices>; frees @node */
void domain_edit_append(xmlNode *devices, xmlNode *node);
