/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <libxml/tree.h>

#include "rules/document.h"

/* Inside the document reader: libxml2's side of a document. */

/* document_xml - the document as libxml2 has it, stays the document's; NULL: no element at all */
xmlDoc *document_xml(const struct document *document);

/* element_of_node - a node of that, as everybody else knows it */
const struct element *element_of_node(const xmlNode *node);
