/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "rules/document-schema.h"
#include "rules/rules.h"

/* What a text is, found by looking at it: people call these files what they like. */
enum lint_kind {
	LINT_DOMAIN,
	LINT_SCRIPT,     /* a hook, or what starts a guest */
	LINT_MODPROBE,   /* modprobe.d */
	LINT_ARGUMENTS,  /* kernel arguments: grub, loader entries, /proc/cmdline */
	LINT_QEMU_CONF,  /* libvirt's qemu.conf */
	LINT_MKINITCPIO, /* mkinitcpio.conf */
	LINT_DRACUT,     /* dracut.conf.d */
	LINT_MODULES,    /* initramfs-tools/modules, modules-load.d */
	LINT_NOTHING,    /* none of them: nothing is said about it */
};

/* lint_kind_name - "domain XML", "script", for people */
const char *lint_kind_name(enum lint_kind kind);

enum lint_kind lint_kind_of(const char *text, gsize length);

/**
 * lint_judge - what the rules say about a text
 * @machine: MACHINE_ALL of it is looked at; NULL: only what the text alone decides
 * @schema:  libvirt's, for the form of domains; NULL: our own rules have to do
 *
 * Return: array of struct finding, worst first; NULL with HOTSEAT_ERROR_UNREADABLE if the text is
 * too large.
 */
GPtrArray *lint_judge(const char *text, gsize length, const struct machine *machine,
		      const struct schema *schema, GError **error);

/* findings_print_text - for people: a heading with what was counted, then the findings; why too */
void findings_print_text(const GPtrArray *findings, const char *subject, enum lint_kind kind,
			 gboolean why, FILE *out);
