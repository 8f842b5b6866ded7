/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "core/autoptr.h"
#include "core/root.h"

/*
 * What "hotseat setup" has changed on this machine: var/lib/hotseat/setup/ledger, with the former
 * bytes of each file beside it. Reading it is a fact like any other, for the rules; it is written
 * by the room setup alone, which says how in setup/apply.c.
 */
#define LEDGER_FOLDER "var/lib/hotseat/setup"
#define LEDGER_PATH LEDGER_FOLDER "/ledger"

struct ledger_file {
	char *path;   /* below the root, without a leading slash */
	char *former; /* SHA-256 of the bytes it had, and the name of their copy; NULL: no file */
	GPtrArray *ours;      /* SHA-256 of each version that we wrote, the newest last */
	guint mode, uid, gid; /* of the former file */
	char **attributes;    /* extended ones: name, value in base64, name, value, ... */
};

struct ledger {
	GPtrArray *files;     /* struct ledger_file */
	GPtrArray *folders;   /* that we made, outermost first */
	GPtrArray *arguments; /* that the kernel is to be started with: "vfio-pci.ids=10de:1b80" */
	GPtrArray *products;  /* names of what is generated from the files: "grub" */
	gboolean made;        /* the products are as the files want them */
	char *boot;           /* id of the boot in which they were made; NULL: not known */
};

struct ledger *ledger_new(void);
void ledger_free(struct ledger *ledger);
AUTOPTR_DEFINE(ledger)

/**
 * ledger_read - what setup has changed
 *
 * Return: a new ledger; NULL with HOTSEAT_ERROR_ABSENT if setup has changed nothing, or with
 * HOTSEAT_ERROR_UNREADABLE or _DENIED.
 */
struct ledger *ledger_read(const struct root *root, GError **error);

/**
 * ledger_parse - a ledger from its text
 *
 * It makes root write and remove files, so nothing is taken that setup would not have written:
 * paths that lead elsewhere, sums that are none. HOTSEAT_ERROR_UNREADABLE.
 */
struct ledger *ledger_parse(const char *text, gsize length, GError **error);

/* ledger_text - the text that ledger_parse() reads */
char *ledger_text(const struct ledger *ledger);

/* ledger_file - the file with this path, or NULL; ledger_add_file - the same, made if missing */
struct ledger_file *ledger_file(const struct ledger *ledger, const char *path);
struct ledger_file *ledger_add_file(struct ledger *ledger, const char *path);

/* ledger_wrote - is this sum one of those that we wrote? */
gboolean ledger_wrote(const struct ledger_file *file, const char *sum);

/* ledger_has, ledger_add - lists of texts, each once */
gboolean ledger_has(const GPtrArray *texts, const char *text);
void ledger_add(GPtrArray *texts, const char *text);
