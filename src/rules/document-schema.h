/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "rules/document.h"

/*
 * libvirt's own schema for domains, as it is installed: what "virsh define --validate", "virsh
 * edit" and virt-manager's editor ask before anything else.
 */
#define SCHEMA_INSTALLED "/usr/share/libvirt/schemas/domain.rng"

struct schema;

/**
 * schema_open - load a schema, once for any number of documents
 *
 * Nothing is fetched from a network. Return: a schema, or NULL with HOTSEAT_ERROR_ABSENT if it is
 * not there, HOTSEAT_ERROR_UNREADABLE if it is none.
 */
struct schema *schema_open(const char *path, GError **error);
void schema_free(struct schema *schema);
AUTOPTR_DEFINE(schema)

/* schema_accepts - does it take this well-formed text of ours? */
gboolean schema_accepts(const struct schema *schema, const char *text);

/* What a schema does not take. */
struct misfit {
	const struct element *element;
	char *attribute; /* of the element, which would pass without it; NULL: the element */
	char *what;      /* "the attribute pool='yes' of <disk>", "<kvm> in <domain>" */
};

/* document_fits - does the schema take it? FALSE as well for what is not well-formed */
gboolean document_fits(const struct document *document, const struct schema *schema);

/**
 * document_misfits - what of a document its schema does not take
 *
 * The smallest parts without which the rest would pass. Empty as well for what has no domain at
 * its root, and for text that had to be mended to be read at all: document_defect() tells those.
 * Return: array of struct misfit, which it owns.
 */
GPtrArray *document_misfits(const struct document *document, const struct schema *schema);
