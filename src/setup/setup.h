/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "machine/ledger.h"
#include "machine/machine.h"

/*
 * What setup would do on this machine: files to write, what is generated from them, and the
 * reasons; and what it leaves to the user, with the commands. Deciding is pure: setup_plan() reads
 * a machine and writes nothing. setup_apply() and setup_undo() write.
 */
struct setup_wish {
	const char *const *gpus;    /* cards that guests get from the boot on; NULL: none */
	const char *keep_free;      /* card that the desktop is to leave alone; NULL: none */
	const char *hugepages;      /* memory to set aside at boot: "16G"; NULL: none */
	gboolean take_last_display; /* the user knows that the screen may stay dark */
};

/* One thing that is done, for people. */
struct setup_item {
	char *what; /* "start the kernel with vfio-pci.ids=10de:1b80" */
	char *why;
};

struct setup_file {
	char *path;
	GBytes *wanted;
	gboolean program; /* is executed: mode 0755 where it is new */
};

struct setup {
	GPtrArray *items;     /* struct setup_item */
	GPtrArray *files;     /* struct setup_file, in the order in which they are written */
	GPtrArray *products;  /* names of what is generated from them, in order: setup/product.h */
	GPtrArray *arguments; /* of the kernel: all that setup gives it, former ones too */
	GPtrArray *by_hand;   /* texts with commands: what this program has not been tried at */
};

void setup_free(struct setup *setup);
AUTOPTR_DEFINE(setup)

/**
 * setup_plan - what is to be done
 * @machine:  read with MACHINE_JUDGED
 * @findings: what the rules say of it: nothing is done that they did not ask for, but what @wish
 *            says
 * @ledger:   what was done before; NULL: nothing
 *
 * Return: a new plan; nothing to do is one too. NULL with HOTSEAT_ERROR_ABSENT (no such card) or
 * HOTSEAT_ERROR_REFUSED: a card that cannot be lent, that shows the desktop, or whose ids another
 * device has as well.
 */
struct setup *setup_plan(const struct machine *machine, const GPtrArray *findings,
			 const struct ledger *ledger, const struct setup_wish *wish,
			 GError **error);

/* setup_changes - is there anything to write? */
gboolean setup_changes(const struct setup *setup);

/* The machine that is changed. */
struct setup_host {
	struct root *root;

	/* run - a program with its arguments, to its end; HOTSEAT_ERROR_FAILED with its words */
	gboolean (*run)(struct setup_host *host, char **argv, GError **error);

	void (*progress)(const char *what, void *data); /* before each thing; may be NULL */
	void *data;
};

/* setup_host_run - setup_host::run of the machine that we run on */
gboolean setup_host_run(struct setup_host *host, char **argv, GError **error);

/**
 * setup_apply - do it
 *
 * Return: TRUE when it is done and was read back; FALSE with HOTSEAT_ERROR_REFUSED or _BUSY
 * (nothing was changed), HOTSEAT_ERROR_FAILED (all is as before), HOTSEAT_ERROR_NOT_BACK (it is
 * not: setup_undo() goes on).
 */
gboolean setup_apply(struct setup_host *host, const struct setup *setup, GError **error);

/* A file that was left because somebody has edited it since. */
struct setup_left {
	char *path;
	char *copy; /* path of the former bytes; NULL: the file was not there */
};

/**
 * setup_undo - put everything back that setup has changed
 * @left: gets an array of struct setup_left, empty if all is back
 *
 * Idempotent, and goes on where a killed setup or undo stopped. What is left stays in the ledger.
 * Return: FALSE with HOTSEAT_ERROR_ABSENT (setup has changed nothing), _BUSY, _NOT_BACK.
 */
gboolean setup_undo(struct setup_host *host, GPtrArray **left, GError **error);

/**
 * setup_diff - the difference between a file and its new bytes, as diff -u
 * @path: of the file, below the root
 * @then: NULL: it will not be there
 */
char *setup_diff(const struct root *root, const char *path, GBytes *then, GError **error);
