/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "core/autoptr.h"
#include "core/root.h"

/* Machines as small texts, readable in a diff; core/manifest.h has the form. */
struct manifest {
	char *folder; /* where the machine was built */
	struct root *root;
};

/* manifest_build - build a machine in a new temporary folder; any mistake in the text aborts */
struct manifest *manifest_build(const char *text);

/* manifest_build_file - the same from tests/machines/NAME.manifest */
struct manifest *manifest_build_file(const char *name);

/* manifest_add - more lines for a machine that was built */
void manifest_add(struct manifest *manifest, const char *text);

/* manifest_remove - take a file, link or folder away */
void manifest_remove(struct manifest *manifest, const char *path);

/* manifest_free - remove the folder too */
void manifest_free(struct manifest *manifest);
AUTOPTR_DEFINE(manifest)
