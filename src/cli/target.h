/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "cli/disk-move.h"
#include "cli/seat-file.h"
#include "guest/domain.h"

/* What a guest is to be, which begins with what it is; and what users can say of it, KEY=VALUE. */
struct target {
	char *name;
	char **gpus;     /* fingerprints, or what was asked for */
	char *gpu_shown; /* addresses */
	guint vcpus;
	guint64 memory_kib, page_kib;
	struct domain_lend lend;
	char **usb;         /* "046d:c52b", NULL-terminated */
	const char *toggle; /* NULL: as it is */
	const char *seat;   /* NULL: none */
	gboolean passthrough;
	int window; /* -1: as it is */
	struct disk_move disk;
	struct seat_file *file; /* of @seat; NULL: not asked for yet */
};

struct setting {
	const char *key;
	gboolean (*apply)(const char *value, struct target *target, GError **error);
	char *(*show)(struct target *target);
	const char *paths[8]; /* elements that it changes, NULL-terminated */
	gboolean when_off;    /* refused while the guest runs */
};

/*
 * All of them, ended by one without a key, in the order in which they are to be applied: what
 * others ask for comes first.
 */
extern const struct setting target_settings[];

/* setting_find - the one of "KEY=VALUE"; NULL with HOTSEAT_ERROR_USAGE, which names all */
const struct setting *setting_find(const char *text, GError **error);

void target_init(struct target *target, const struct domain_facts *facts);
void target_clear(struct target *target);
